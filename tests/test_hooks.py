"""The pre-commit hooks and the GitHub Action, run for real: they install a copy of the checkout."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from installed import put

CHECKOUT = Path(__file__).parent.parent
FILES = (".pre-commit-hooks.yaml", "action.yml", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in")
AGENT = "from crewai import Crew\n\n\ndef go(crew: Crew):\n    crew.kickoff()\n"
CLEAN = "x = 1\n"
BASH = ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c")


def run(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
    people = {f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return subprocess.run(
        words,
        cwd=folder,
        env={**plain, **people, "GIT_CONFIG_GLOBAL": os.devnull, **env},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def repository(folder: Path) -> Path:
    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "one")):
        done = run(folder, "git", *words)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout as somebody else would clone it."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in FILES:
        shutil.copy(CHECKOUT / name, folder / name)
    for name in ("factorlint", "rules"):
        shutil.copytree(CHECKOUT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return repository(folder)


@pytest.mark.skipif(importlib.util.find_spec("pre_commit") is None, reason="pre-commit is not installed")
def test_the_hooks_as_pre_commit_runs_them(copy: Path, tmp_path: Path) -> None:
    put(tmp_path, {"pyproject.toml": "", "old.py": AGENT, "notes.md": "x\n"})
    repository(tmp_path)
    put(tmp_path, {"new.py": AGENT.replace("go", "run"), "clean.py": CLEAN})
    assert run(tmp_path, "git", "add", "new.py", "clean.py").returncode == 0

    def hook(name: str, *words: str) -> tuple[int, str]:
        command = (sys.executable, "-m", "pre_commit", "try-repo", str(copy), name, "--verbose", *words)
        done = run(tmp_path, *command, PRE_COMMIT_HOME=str(copy.parent / "pre-commit"))
        return done.returncode, done.stdout + done.stderr

    code, said = hook("factorlint")
    assert (code, "new.py:5:5" in said, "old.py" in said) == (1, True, False), said
    assert hook("factorlint", "--files", "clean.py")[0] == 0
    code, said = hook("factorlint", "--files", "notes.md")
    assert (code, "no files to check" in said) == (0, True)
    code, said = hook("factorlint-audit")
    assert (code, "old.py:5:5" in said, "Score" in said) == (1, True, True), said


def steps() -> list[dict[str, Any]]:
    action: dict[str, Any] = yaml.safe_load((CHECKOUT / "action.yml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = action["runs"]["steps"]
    return found


def test_what_a_workflow_passes_in_is_never_part_of_a_script() -> None:
    assert [step["id"] for step in steps()] == ["install", "run"]
    assert all("${{" not in step["run"] for step in steps())


@pytest.fixture(scope="module")
def runner(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A machine on which the action's first step has run."""
    folder = tmp_path_factory.mktemp("runner")
    names = {"RUNNER_TEMP": folder, "GITHUB_STEP_SUMMARY": folder / "summary", "GITHUB_OUTPUT": folder / "output"}
    told = {name: str(path) for name, path in names.items()}
    done = run(folder, *BASH, steps()[0]["run"], ACTION=str(copy), **told)
    assert done.returncode == 0, done.stderr
    return told


def test_the_steps_of_the_action(runner: dict[str, str], tmp_path: Path) -> None:
    put(tmp_path, {"pyproject.toml": "", "app/a b.py": AGENT, "clean/c.py": CLEAN})
    script = steps()[1]["run"]
    inputs = {"COMMAND": "check", "TARGET": "app/a b.py", "ARGS": "", "SARIF": "out.sarif"}
    done = run(tmp_path, *BASH, script, **inputs, **runner)
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=app/a b.py,line=5,")
    assert Path(runner["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8").startswith("## factorlint")
    assert Path(runner["GITHUB_OUTPUT"]).read_text(encoding="utf-8") == "sarif=out.sarif\n"
    results = json.loads((tmp_path / "out.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert {one["ruleId"] for one in results} >= {"FL0801"}
    quiet = {**inputs, "ARGS": "--fail-on never --select FL08"}
    assert run(tmp_path, *BASH, script, **quiet, **runner).returncode == 0
    broken = {**inputs, "ARGS": "--no-such-flag"}
    assert run(tmp_path, *BASH, script, **broken, **runner).returncode == 2


def test_a_plugin_is_written_installed_and_used(runner: dict[str, str], tmp_path: Path) -> None:
    programs = Path(runner["RUNNER_TEMP"]) / "factorlint" / "bin"
    factorlint = str(programs / "factorlint")
    assert run(tmp_path, factorlint, "new-rule", "FL0850", "sleeping-tool", "--into", "plug").returncode == 0
    done = run(tmp_path, str(programs / "pip"), "install", "--quiet", "--no-deps", "./plug")
    assert done.returncode == 0, done.stderr
    fixtures = ("test", "plug/fixtures", "--select", "FL0850")
    done = run(tmp_path, factorlint, *fixtures, "--plugin", "sleeping-tool")
    assert (done.returncode, done.stdout) == (0, ""), done.stdout
    put(tmp_path, {"a.py": "import time\n\nfrom agents import Runner\n\n\ndef go():\n    time.sleep(1)\n"})
    done = run(tmp_path, factorlint, "check", "a.py", "-o", "concise", "--plugin", "sleeping-tool")
    assert (done.returncode, "a.py:7:5: FL0850" in done.stdout) == (1, True)
    assert (
        "blocks the whole process" in run(tmp_path, factorlint, "explain", "FL0850", "--plugin", "sleeping-tool").stdout
    )
    assert "FL0850" not in run(tmp_path, factorlint, "check", "a.py", "-o", "concise").stdout, "never without its name"
    put(tmp_path, {"pyproject.toml": '[tool.factorlint]\nplugin = ["sleeping-tool"]\n'})
    assert run(tmp_path, factorlint, "check", "a.py").returncode == 2
