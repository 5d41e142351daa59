"""PATH:LINE → the package's text, from a folder, another Python or a wheel, none of which is ever imported."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from factorlint.cli import app

TEXTS = {
    "slices": {
        "role_playing": "Be {role}, who lived so: {backstory}\nAim: {goal}",
        "no_tools": "",
        "tools": "Call {tools}.",
        "task": "Do {input}",
        "expected_output": "Give {expected_output}",
    }
}
PACKAGE = {
    "crewai/__init__.py": "raise SystemExit('imported')\n",
    "crewai/translations/en.json": json.dumps(TEXTS, indent=2),
    "crewai-9.9.dist-info/METADATA": "Name: crewai\n",
}
APP = """from crewai import Agent, Task

GOAL = "win"
agent = Agent(
    role="a judge",
    goal=GOAL,
    backstory=input(),
)
print("nothing here")
"""


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests themselves run in must not be found."""
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    put(root, {"pyproject.toml": "", "app.py": APP})
    return root


def put(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def environment(folder: Path, files: dict[str, str] = PACKAGE) -> Path:
    put(folder, {"pyvenv.cfg": "", "bin/python": ""})
    put(folder / "lib" / "python3.11" / "site-packages", files)
    return folder


def wheel(file: Path, files: dict[str, str] = PACKAGE) -> Path:
    with zipfile.ZipFile(file, "w") as out:
        for name, text in files.items():
            out.writestr(name, text)
    return file


def call(*words: object) -> Result:
    return CliRunner().invoke(app, ["reveal", *map(str, words)])


def test_the_nearest_virtual_environment_is_read(tree: Path) -> None:
    environment(tree / ".venv")
    done = call(f"{tree / 'app.py'}:4")
    assert done.exit_code == 0
    assert "crewai 9.9, read in" in done.stdout
    assert "crewai/translations/en.json:3 slices.role_playing" in done.stdout
    assert "Be «a judge», who lived so: {backstory}\n    Aim: «win»" in done.stdout
    assert "3 of 10 words are yours" in done.stdout
    assert "To own it: system_template=" in done.stdout


def test_any_line_of_the_call_will_do(tree: Path) -> None:
    environment(tree / ".venv")
    assert call(f"{tree / 'app.py'}:7").stdout == call(f"{tree / 'app.py'}:4").stdout


def test_an_environment_above_the_project_and_the_active_one(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    active = environment(tree.parent / "elsewhere")
    assert "was not found" in call(f"{tree / 'app.py'}:4").stdout
    monkeypatch.setenv("VIRTUAL_ENV", str(active))
    assert "Aim: «win»" in call(f"{tree / 'app.py'}:4").stdout
    environment(tree.parent / "venv", {**PACKAGE, "crewai-9.9.dist-info/METADATA": ""})
    assert str(tree.parent / "venv") in call(f"{tree / 'app.py'}:4").stdout


def test_a_wheel_or_a_python_by_name(tree: Path) -> None:
    for words in (
        ("--wheel", wheel(tree.parent / "crewai-9.9-py3-none-any.whl")),
        ("--python", environment(tree.parent / "other") / "bin" / "python"),
        ("--python", tree.parent / "other"),
    ):
        done = call(f"{tree / 'app.py'}:4", *words)
        assert "Aim: «win»" in done.stdout, words


def test_json_keeps_the_two_apart(tree: Path) -> None:
    environment(tree / ".venv")
    data = json.loads(call(f"{tree / 'app.py'}:4", "--output", "json").stdout)
    assert data["schema"] == "factorlint-reveal/1"
    (one,) = data["calls"]
    assert one["words"] == {"yours": 3, "all": 10}
    assert [piece["text"] for piece in one["passages"][0]["pieces"] if piece["yours"]] == ["a judge", "win"]


def test_a_text_that_moved_is_found_by_its_first_words(tree: Path) -> None:
    moved = {"slices": {}, "prompts": {"persona": "You are {role}. {backstory} and {goal}"}}
    environment(tree / ".venv", {**PACKAGE, "crewai/translations/en.json": "{}", "crewai/new.json": json.dumps(moved)})
    done = call(f"{tree / 'app.py'}:4")
    assert "crewai/new.json:1 prompts.persona" in done.stdout


@pytest.mark.parametrize(
    ("place", "words", "code"),
    [
        ("app.py:9", "nothing is known to be sent", 1),
        ("app.py:3", "no call stands there", 1),
        ("app.py", "give a file and a line", 2),
        ("gone.py:3", "no such file", 3),
    ],
)
def test_there_may_be_nothing_to_reveal(tree: Path, place: str, words: str, code: int) -> None:
    done = call(f"{tree}/{place}")
    assert (done.exit_code, done.stdout) == (code, "")
    assert words in done.stderr


def test_a_wheel_that_is_none_is_a_usage_error(tree: Path) -> None:
    (tree / "x.whl").write_text("no zip", encoding="utf-8")
    for wheel_ in (tree / "x.whl", tree / "gone.whl"):
        done = call(f"{tree / 'app.py'}:4", "--wheel", wheel_)
        assert done.exit_code == 2
        assert "whl" in done.stderr


def test_a_hostile_package_ends_in_words(tree: Path) -> None:
    environment(tree / ".venv", {**PACKAGE, "crewai/translations/en.json": "[" * 100_000})
    done = call(f"{tree / 'app.py'}:4")
    assert done.exit_code == 0
    assert "was not found" in done.stdout


def test_the_findings_point_here(tree: Path) -> None:
    done = CliRunner().invoke(app, ["check", str(tree), "--select", "FL0201", "--isolated"])
    assert "factorlint reveal" in " ".join(done.stdout.split())
