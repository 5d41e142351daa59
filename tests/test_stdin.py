"""``-``: a file from standard input, as editors and pipes hand it in."""

from __future__ import annotations

from pathlib import Path

from installed import call, notebook, put

RUN = "from crewai import Crew\n\nCrew().kickoff()\n"
IDLE = "x = 1  # factorlint: ignore[FL0801] gone\n"


def test_what_is_typed_stands_for_the_file_of_its_name(tmp_path: Path) -> None:
    put(tmp_path, {"pyproject.toml": "", "app/a.py": "x = 1\n", "other.py": RUN})
    done = call(tmp_path, "check", "-", "--stdin-filename", "app/a.py", "-o", "json", stdin=RUN)
    assert (done.code, done.lines("FL0801"), {one["path"] for one in done.report["sites"]}) == (1, [3], {"app/a.py"})
    assert done.report["summary"]["files"]["seen"] == 2
    assert (tmp_path / "app" / "a.py").read_text(encoding="utf-8") == "x = 1\n"


def test_it_sees_the_tree_around_it_and_need_not_exist(tmp_path: Path) -> None:
    put(tmp_path, {"pyproject.toml": "", "team.py": "from crewai import Crew\n\ncrew = Crew()\n"})
    words = ("check", "-", "--stdin-filename", "new/b.py", "-o", "json")
    done = call(tmp_path, *words, stdin="from team import crew\n\ncrew.kickoff()\n")
    assert (done.code, done.lines("FL0801"), done.report["problems"]) == (1, [3], [])
    assert not (tmp_path / "new").exists()
    assert call(tmp_path, "check", "-", "-o", "concise", stdin=RUN).out.startswith("stdin.py:3:1: ")
    assert call(tmp_path, "check", "-", stdin="").code == 0


def test_settings_and_comments_hold_for_it(tmp_path: Path) -> None:
    put(tmp_path, {"factorlint.toml": 'ignore = ["FL0802"]\n[per-file-ignores]\n"gen/" = ["FL08"]\n'})
    assert call(tmp_path, "check", "-", "--stdin-filename", "gen/a.py", stdin=RUN).code == 0
    assert call(tmp_path, "check", "-", "--stdin-filename", "a.py", stdin=RUN).code == 1
    aside = RUN.replace("kickoff()", "kickoff()  # factorlint: ignore[FL0801] until May")
    assert call(tmp_path, "check", "-", "--stdin-filename", "a.py", stdin=aside).code == 0


def test_a_fix_comes_back_on_standard_output(tmp_path: Path) -> None:
    put(tmp_path, {"pyproject.toml": ""})
    done = call(tmp_path, "check", "-", "--fix", "-o", "concise", stdin=IDLE + RUN)
    assert (done.code, done.out) == (1, "x = 1\n" + RUN)
    assert "stdin.py:4:1: FL0801" in done.err
    assert call(tmp_path, "check", "-", "--fix", stdin=RUN[:24]).out == RUN[:24]
    shown = call(tmp_path, "check", "-", "--diff", "--stdin-filename", "a.py", stdin=IDLE)
    assert (shown.code, "-x = 1  # factorlint: ignore[FL0801] gone\n+x = 1\n" in shown.out) == (1, True)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["pyproject.toml"]


def test_a_notebook_and_a_broken_text(tmp_path: Path) -> None:
    put(tmp_path, {"pyproject.toml": ""})
    done = call(tmp_path, "check", "-", "--stdin-filename", "n.ipynb", "-o", "json", stdin=notebook(RUN))
    assert (done.code, done.lines("FL0801")) == (1, [3])
    done = call(tmp_path, "check", "-", "-o", "concise", stdin=RUN + "x = (\n")
    assert (done.code, "stdin.py" in done.out, "parse-error" in done.out) == (0, True, True)


def test_what_cannot_be_meant_is_told(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": ""})
    assert call(tmp_path, "check", "-", "a.py", stdin="").code == 2
    assert call(tmp_path, "check", "a.py", "--stdin-filename", "b.py").code == 2
