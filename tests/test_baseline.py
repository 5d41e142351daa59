"""A baseline and ``--since`` through the installed command: what is known stays silent, what is new does not."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from installed import PROGRAM, Done, call, notebook, put

APP = """from crewai import Agent, Crew


def answer(crew: Crew, question: str):
    return crew.kickoff(inputs={"question": question})


def again(crew: Crew):
    crew.kickoff()
    crew.kickoff()
"""
RUNS = ("--isolated", "--select", "FL0801,FL90", "-o", "json")


def check(folder: Path, *words: str) -> Done:
    return call(folder, "check", *RUNS, "--baseline", "factorlint-baseline.json", *words)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose findings are in its baseline."""
    put(tmp_path, {"pyproject.toml": "", "app/main.py": APP})
    done = call(tmp_path, "baseline", "create", "--isolated")
    assert (done.code, done.out) == (0, "")
    assert check(tmp_path).code == 0
    return tmp_path


def edit(folder: Path, old: str, new: str, name: str = "app/main.py") -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_baseline_is_sorted_with_one_entry_a_line(project: Path) -> None:
    text = (project / "factorlint-baseline.json").read_text(encoding="utf-8")
    first, *rows, last = text.splitlines()
    assert (first, last) == ('{"schema": "factorlint-baseline/1", "findings": [', "]}")
    entries = [json.loads(row.rstrip(",")) for row in rows]
    assert [list(one) for one in entries] == [["check", "path", "scope", "source", "nth"]] * len(entries)
    told = [tuple(one.values()) for one in entries if one["check"] == "FL0801"]
    assert told == [
        ("FL0801", "app/main.py", "again", "crew.kickoff", 1),
        ("FL0801", "app/main.py", "again", "crew.kickoff", 2),
        ("FL0801", "app/main.py", "answer", 'crew.kickoff inputs={"question":question}', 1),
    ]
    assert entries == sorted(entries, key=lambda one: list(one.values()))
    assert json.loads(text)["findings"] == entries


def test_known_findings_are_marked_and_counted(project: Path) -> None:
    done = check(project)
    assert (done.lines("FL0801", "baselined"), done.err) == ([5, 9, 10], "")
    plain = call(project, "check", "--isolated", "--baseline", "factorlint-baseline.json", "-o", "concise")
    assert (plain.code, "baselined" in plain.out) == (0, True)
    shown = call(project, "check", "--isolated", "--baseline", "factorlint-baseline.json", "--show-suppressed")
    assert "baselined: in the baseline" in " ".join(shown.out.split())


def test_moved_reformatted_and_renamed_code_stays_known(project: Path) -> None:
    edit(project, "from crewai", '"""A module."""\n\nimport os\n\nfrom crewai')
    edit(project, '{"question": question}', "{\n        'question': question,  # as asked\n    },\n")
    (project / "app" / "main.py").rename(project / "app" / "desk.py")
    assert check(project).code == 0


def test_one_more_of_the_same_is_seen(project: Path) -> None:
    edit(project, "def again(crew: Crew):\n", "def again(crew: Crew):\n    crew.kickoff()\n")
    done = check(project)
    assert (done.code, done.lines("FL0801")) == (1, [11])
    assert done.err == "factorlint: exit 1: 1 finding of severity warning or above\n"


def test_fixing_one_and_adding_another_is_seen(project: Path) -> None:
    edit(project, 'return crew.kickoff(inputs={"question": question})', "return None")
    edit(project, "def again", "def other(crew: Crew):\n    crew.kickoff()\n\n\ndef again")
    done = check(project)
    assert (done.code, done.lines("FL0801")) == (1, [9])


def test_what_is_fixed_is_told_and_update_only_removes(project: Path) -> None:
    edit(project, 'return crew.kickoff(inputs={"question": question})', "return None")
    edit(project, "    crew.kickoff()\n", "")
    done = check(project)
    assert done.code == 0
    (problem,) = done.report["problems"]
    assert (problem["kind"], problem["path"]) == ("stale-baseline", "app/main.py")
    assert "FL0801 in again, FL0801 in answer" in problem["message"]
    strict = check(project, "--strict-baseline")
    assert (strict.code, strict.err) == (1, "factorlint: exit 1: 3 baseline entries are stale (--strict-baseline)\n")
    edit(project, "def again", "def other(crew: Crew):\n    crew.kickoff()\n\n\ndef again")
    updated = call(project, "baseline", "update", "--isolated")
    assert updated.code == 0
    assert "3 removed from" in updated.err
    assert (check(project, "--strict-baseline").code, check(project).lines("FL0801")) == (1, [9])


def test_update_follows_a_renamed_file(project: Path) -> None:
    (project / "app" / "main.py").rename(project / "app" / "desk.py")
    assert call(project, "baseline", "update", "--isolated").code == 0
    text = (project / "factorlint-baseline.json").read_text(encoding="utf-8")
    assert "main.py" not in text
    assert text.count("app/desk.py") == text.count('"check"') > 0


def test_a_part_of_the_tree_makes_nothing_else_stale(project: Path) -> None:
    put(project, {"other.py": "x = 1\n", "third.py": "x = 1\n"})
    assert check(project, "--strict-baseline", "other.py").code == 0
    (project / "app" / "main.py").unlink()
    assert check(project, "--strict-baseline", "other.py").code == 0
    assert check(project, "--strict-baseline").code == 1


def test_a_file_that_cannot_be_read_makes_nothing_stale(project: Path) -> None:
    edit(project, "def again", "def (")
    done = check(project, "--strict-baseline")
    assert (done.code, [one["kind"] for one in done.report["problems"]]) == (0, ["parse-error"])


def test_the_baseline_of_the_configuration_counts_from_everywhere(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.factorlint]\nbaseline = "factorlint-baseline.json"\n')
    for folder, words in ((project, ("app",)), (project / "app", ()), (project, ("audit", "app"))):
        command = words if words[:1] == ("audit",) else ("check", *words)
        assert call(folder, *command, "--select", "FL0801").code == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        ("{", "is no JSON"),
        ("[]", "is no baseline of schema factorlint-baseline/1"),
        ('{"schema": "factorlint-baseline/1", "findings": [{"check": 1}]}', "an entry needs check, path"),
        (
            '{"schema": "factorlint-baseline/1", "findings": '
            '[{"check": "FL0801", "path": "a", "scope": "", "source": "", "nth": true}]}',
            "nth of an entry is True",
        ),
    ],
)
def test_a_baseline_that_is_none_is_exit_2(tmp_path: Path, content: str | None, said: str) -> None:
    put(tmp_path, {"a.py": APP})
    if content is not None:
        put(tmp_path, {"known.json": content})
    done = call(tmp_path, "check", "--isolated", "--baseline", "known.json")
    assert done.code == 2
    assert said in done.err
    assert done.out == ""


def test_create_never_overwrites(project: Path) -> None:
    before = (project / "factorlint-baseline.json").read_bytes()
    put(project, {"new.py": APP})
    done = call(project, "baseline", "create", "--isolated")
    assert (done.code, "exists: 'factorlint baseline update'" in done.err) == (2, True)
    assert (project / "factorlint-baseline.json").read_bytes() == before


def test_suppressed_findings_are_not_for_a_baseline(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "a.py": "from crewai import Crew\n\n\n"
            "def f(crew: Crew):\n    crew.kickoff()  # factorlint: ignore[FL08] why\n"
        },
    )
    call(tmp_path, "baseline", "create", "--isolated", "--baseline", "known.json")
    assert '"FL0801"' not in (tmp_path / "known.json").read_text(encoding="utf-8")


# -- since -------------------------------------------------------------------------------------------------------------


def git(folder: Path, *words: str) -> str:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        **{f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        "GIT_CONFIG_GLOBAL": "/dev/null",
    }
    done = subprocess.run(["git", *words], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit; the project lies in a folder of it."""
    put(tmp_path, {"proj/pyproject.toml": "", "proj/app/main.py": APP, "proj/book.ipynb": notebook(APP)})
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    return tmp_path / "proj"


def since(folder: Path, *words: str, env: dict[str, str] | None = None) -> Done:
    return call(folder, "check", *RUNS, "--since", "HEAD", *words, env=env)


def test_since_reports_what_was_not_there(repository: Path) -> None:
    assert since(repository).code == 0
    edit(repository, "from crewai", "import os\n\nfrom crewai")
    edit(repository, "def again", "def other(crew: Crew):\n    crew.kickoff()\n\n\ndef again")
    put(repository, {"untracked.py": APP})
    (repository / "book.ipynb").rename(repository / "paper.ipynb")
    done = since(repository)
    told = [
        (one["path"], one["line"]) for one in done.report["sites"] if (one["code"], one["status"]) == ("FL0801", "new")
    ]
    assert told == [("app/main.py", 11), ("untracked.py", 5), ("untracked.py", 9), ("untracked.py", 10)]
    assert done.code == 1
    known = [one for one in done.report["sites"] if one["status"] == "baselined" and one["code"] == "FL0801"]
    assert {one["path"] for one in known} == {"app/main.py", "paper.ipynb"}


def test_since_counts_what_other_files_and_pins_were_then(repository: Path) -> None:
    put(repository, {"kit.py": "def make():\n    return None\n", "use.py": "import kit\n\nkit.make().kickoff()\n"})
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "two")
    put(repository, {"kit.py": "from crewai import Crew\n\n\ndef make() -> Crew:\n    return Crew()\n"})
    done = since(repository)
    assert [one["path"] for one in done.report["sites"] if one["code"] == "FL0801" and one["status"] == "new"] == [
        "use.py"
    ]


def test_since_shows_what_lost_its_comment(repository: Path) -> None:
    edit(repository, "    crew.kickoff()\n", "    crew.kickoff()  # factorlint: ignore[FL0801] why\n")
    git(repository, "commit", "-q", "-a", "-m", "two")
    assert since(repository).code == 0
    edit(repository, "  # factorlint: ignore[FL0801] why", "")
    assert since(repository).code == 1


def test_since_follows_a_renamed_file_that_was_edited_a_little(repository: Path) -> None:
    git(repository, "mv", "app/main.py", "app/desk.py")
    edit(
        repository,
        "    crew.kickoff()\n    crew.kickoff()\n",
        "    x = 1\n    crew.kickoff()\n    crew.kickoff()\n",
        "app/desk.py",
    )
    git(repository, "add", "-A")
    assert "rename" in git(repository, "diff", "-M", "--cached", "--summary"), "git sees a renamed file too"
    assert since(repository).code == 0
    edit(repository, "    x = 1\n", "    crew.kickoff_async()\n", "app/desk.py")
    done = since(repository)
    assert (done.code, done.lines("FL0801")) == (1, [9])


def test_since_inside_a_hook(repository: Path) -> None:
    """A hook runs with the variables of the repository that calls it, which must lead to no other."""
    hook = repository.parent / ".git" / "hooks" / "pre-commit"
    hook.write_text(
        '#!/bin/sh\nenv | grep ^GIT_INDEX_FILE= > "$PWD/seen"\ncd proj\n'
        f'exec "{PROGRAM}" check --isolated --since HEAD -o concise\n'
    )
    hook.chmod(0o755)
    edit(repository, "def again", "def other(crew: Crew):\n    crew.kickoff()\n\n\ndef again")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        git(repository, "commit", "-q", "-m", "two", "--", "app/main.py")
    assert "app/main.py:9:5: FL0801" in refused.value.stderr + refused.value.stdout
    assert "GIT_INDEX_FILE" in (repository.parent / "seen").read_text()
    git(repository, "checkout", "-q", "app/main.py")
    edit(repository, "from crewai", "import os\n\nfrom crewai")
    git(repository, "commit", "-q", "-a", "-m", "two")


def test_git_is_given_nothing_of_the_repository_to_run(repository: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "core.sshCommand", "core.pager", "filter.x.smudge", "diff.external", "core.askPass"):
        git(repository, "config", key, str(trap))
    put(repository, {".gitattributes": "*.py filter=x diff=x\n"})
    edit(repository, "def again", "def other(crew: Crew):\n    crew.kickoff()\n\n\ndef again")
    wrong = {"GIT_DIR": "/nowhere", "GIT_INDEX_FILE": "/nowhere", "GIT_EXTERNAL_DIFF": str(trap)}
    assert since(repository, env=wrong).lines("FL0801") == [9]
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("revision", ["nope", "--help", "HEAD:proj", "HEAD~5"])
def test_a_revision_that_is_none_is_exit_2(repository: Path, revision: str) -> None:
    done = call(repository, "check", "--isolated", f"--since={revision}")
    assert (done.code, done.out) == (2, "")
    assert f"--since {revision}: " in done.err


def test_no_repository_is_exit_2(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": APP})
    done = call(tmp_path, "check", "--isolated", "--since", "HEAD", env={"GIT_CEILING_DIRECTORIES": str(tmp_path)})
    assert (done.code, "not a git repository" in done.err) == (2, True)
