"""Bad input through the installed command: a Problem or the right answer, and everything else still reported."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

PROGRAM = shutil.which("factorlint", path=sysconfig.get_path("scripts")) or "factorlint"
PATIENCE = 60  # seconds: more is a hang

HEALTHY = "from crewai import Crew\n\nCrew(agents=[], tasks=[]).kickoff()\n"
START = "from crewai import Crew\n"
RUN = "Crew(agents=[], tasks=[]).kickoff()\n"


class Told(NamedTuple):
    """What the command said of one folder."""

    code: int
    report: dict[str, Any]

    def lines(self, path: str, check: str = "FL0801") -> list[tuple[int | None, int]]:
        """Cell and line of every finding of CHECK in PATH."""
        found = [one for one in self.report["sites"] if (one["path"], one["code"]) == (path, check)]
        return [(one["cell"], one["line"]) for one in found]

    def problems(self, path: str) -> list[tuple[str, int | None]]:
        return [(one["kind"], one["line"]) for one in self.report["problems"] if one["path"] == path]


def check(*paths: Path, folder: Path | None = None) -> Told:
    given = [PROGRAM, "check", *map(str, paths), "--isolated", "--no-cache", "--output", "json"]
    done = subprocess.run(given, capture_output=True, cwd=folder, timeout=PATIENCE, check=False)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return Told(done.returncode, json.loads(done.stdout))


def beside_a_healthy_file(folder: Path, files: Mapping[str, bytes | str]) -> Told:
    """The report on a folder of FILES (name → content), after the healthy one among them has been found whole."""
    for name, content in {"healthy.py": HEALTHY, **files}.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    told = check(folder)
    assert told.lines("healthy.py") == [(None, 3)]
    assert told.problems("healthy.py") == []
    assert told.code == 1
    return told


def notebook(*cells: str) -> str:
    rows = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": cell} for cell in cells]
    return json.dumps({"cells": rows, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


# Name → content, and the line of the finding in it.
READ: dict[str, tuple[bytes | str, int]] = {
    "a byte order mark": (b"\xef\xbb\xbf" + HEALTHY.encode(), 3),
    "a Latin-1 cookie": (f"# coding: latin-1\n{START}WORD = 'café'\n{RUN}".encode("latin-1"), 4),
    "a cookie and a mark": (b"\xef\xbb\xbf# coding: utf-8\n" + HEALTHY.encode(), 4),
    "carriage returns and newlines": (HEALTHY.replace("\n", "\r\n"), 3),
    "carriage returns alone": (HEALTHY.replace("\n", "\r"), 3),
    "mixed newlines": (f"{START[:-1]}\r\nX = 1\rY = 2\n{RUN}", 4),
    "form feeds": (f"{START}\f\n\fX = 1\n\f\n{RUN}", 5),
    "other line separators in a string": (f"{START}X = 'a\x0b\x1c\x85\u2028b'\n{RUN}", 3),
    "no newline at the end": (HEALTHY.rstrip(), 3),
    "nested same quotes": (f'{START}X = f"{{d["a"]}} {{f"{{d["b"]}}"}}"\n{RUN}', 3),
    "a newline in a field": (f'{START}X = f"{{\n  d["a"]\n}}"\n{RUN}', 5),
    "a backslash in a field": (f"{START}X = f\"{{'\\n'.join(a)}}\"\n{RUN}", 3),
    "a template string": (f'{START}X = t"a {{b}} {{c!r:>{{d}}}}"\n{RUN}', 3),
    "handlers without parentheses": (f"{START}try:\n    {RUN}except A, B:\n    pass\n", 3),
    "type parameters": (f"{START}type X[T] = list[T]\ndef f[T](a: T) -> T:\n    return {RUN}", 4),
    "a group of exceptions": (f"{START}try:\n    {RUN}except* ValueError:\n    pass\n", 3),
    "await outside a function": (f"{START}await g()\n{RUN}", 3),
    "half a character in a string": (f"{START}X = '\\ud800'\n{RUN}", 3),
    "an invalid escape": (f"{START}X = '\\d'\n{RUN}", 3),
    "a limit as text": (f"{START}from crewai import Agent\nA = Agent(max_iter=int('9e999'))\n{RUN}", 4),
    "a limit beyond all numbers": (f"{START}from crewai import Agent\nA = Agent(max_iter={'9' * 400})\n{RUN}", 4),
    "a long sum": (f"{START}X = {' + '.join(['a'] * 900)}\n{RUN}", 3),
    "many strings side by side": (f"{START}X = (" + "'a'\n" * 3_000 + f")\n{RUN}", 3_003),
    "many lines": (START + "X = [\n" + "  1,\n" * 20_000 + "]\n" + RUN, 20_004),
}

# Early releases of 3.12 count the frames of C too, and allow few: there these are problems, but no crashes.
DEEP = ("a long sum", "many strings side by side") if sys.version_info[:2] == (3, 12) else ()

# Name → content, the kind and line of the problem in it, and whether the finding in its last line is still there.
COMPLAINED: dict[str, tuple[bytes | str, str, int | None, bool]] = {
    "a null byte in a string": (f"{START}X = '\0'\n{RUN}", "encoding", 2, True),
    "an unknown encoding": (f"# coding: klingon\n{START}{RUN}", "encoding", 1, True),
    "a byte that is no UTF-8": (f"{START}X = 'café'\n{RUN}".encode("latin-1"), "encoding", 2, True),
    "UTF-16": (HEALTHY.encode("utf-16"), "encoding", 1, True),
    "a null byte in the code": (f"{START}X = \0\n{RUN}", "parse-error", 2, False),
    "a syntax error": (f"{START}def f(:\n{RUN}", "parse-error", 2, False),
    "Python 2": (f"{START}print 'x'\n{RUN}", "parse-error", 2, False),
    "Python 2's exceptions": (f"{START}try:\n    pass\nfinally:\n    raise A, e\n{RUN}", "parse-error", 5, False),
    "an unfinished string": (f'{START}X = """a\n{RUN}', "parse-error", 2, False),
    "a wrong indent": (f"{START}if a:\n        b\n    {RUN}", "parse-error", 4, False),
    "binary": (START.encode() + bytes(range(256)) * 50, "parse-error", 2, False),
    "brackets": (f"{START}X = {'[' * 3_000}{']' * 3_000}\n{RUN}", "not-analysed", None, False),
    "open parentheses": (f"{START}X = {'(' * 100_000}\n{RUN}", "not-analysed", None, False),
    "calls in calls": (f"{START}X = {'f(' * 3_000}{')' * 3_000}\n{RUN}", "not-analysed", None, False),
    "dicts in dicts": (f"{START}X = {'{1: ' * 3_000}1{'}' * 3_000}\n{RUN}", "not-analysed", None, False),
    "not": (f"{START}X = {'not ' * 20_000}a\n{RUN}", "not-analysed", None, False),
    "branches": (f"{START}if a: pass\n" + "elif b: pass\n" * 20_000 + RUN, "not-analysed", None, False),
    "and": (f"{START}X = {' and '.join(['a'] * 20_000)}\n{RUN}", "not-analysed", None, False),
    "sums": (f"{START}X = {' + '.join(['a'] * 20_000)}\n{RUN}", "not-analysed", None, False),
    "a chain of calls": (f"{START}X = a{'.b()' * 5_000}\n{RUN}", "not-analysed", None, False),
    "patterns in parentheses": (f"{START}match a:\n case {'(' * 25}b{')' * 25}: 1\n{RUN}", "not-analysed", None, False),
    "patterns in brackets": (f"{START}match a:\n case {'[' * 25}b{']' * 25}: 1\n{RUN}", "not-analysed", None, False),
    "a list of nine megabytes": (f"{START}X = [{'1, ' * 3_000_000}]\n{RUN}", "not-analysed", None, False),
    "a list of ten megabytes": (f"{START}X = [{'1, ' * 3_400_000}]\n{RUN}", "too-large", None, False),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """One run over all of them: no file may take another with it."""
    rows = [*((name, row[0]) for name, row in READ.items()), *((name, row[0]) for name, row in COMPLAINED.items())]
    return beside_a_healthy_file(tmp_path_factory.mktemp("hostile"), {f"{name}.py": content for name, content in rows})


@pytest.mark.parametrize("name", READ)
def test_what_is_odd_is_read(told: Told, name: str) -> None:
    if name in DEEP and told.problems(f"{name}.py") == [("not-analysed", None)]:
        return
    assert told.lines(f"{name}.py") == [(None, READ[name][1])]
    assert told.problems(f"{name}.py") == []


@pytest.mark.parametrize("name", COMPLAINED)
def test_what_cannot_be_read_is_a_problem(told: Told, name: str) -> None:
    _, kind, line, found = COMPLAINED[name]
    assert (kind, line) in told.problems(f"{name}.py")
    assert bool(told.lines(f"{name}.py")) is found


def test_files_that_cannot_be_read_are_counted(told: Told) -> None:
    files = told.report["summary"]["files"]
    assert files["seen"] == len(READ) + len(COMPLAINED) + 1
    assert files["failed"] - len(COMPLAINED) == sum(bool(told.problems(f"{name}.py")) for name in DEEP)


def test_an_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text(HEALTHY)
    (tmp_path / "odd.py").chmod(0)
    if os.access(tmp_path / "odd.py", os.R_OK):
        pytest.skip("this user may read everything")
    (tmp_path / "healthy.py").write_text(HEALTHY)
    told = check(tmp_path)
    assert told.lines("healthy.py") == [(None, 3)]
    assert told.problems("odd.py") == [("unreadable", None)]


NOTEBOOKS = ["", "{", "[]", "nothing", '{"cells": 3}', "[" * 100_000]


def test_notebooks(tmp_path: Path) -> None:
    """Broken ones, one with a broken cell between two that are whole, and one in newer syntax."""
    files = {f"broken{at}.ipynb": content for at, content in enumerate(NOTEBOOKS)}
    files["cell.ipynb"] = notebook(START, "def f(:\n    pass", f"%pip install x\n\n{RUN}")
    files["newer.ipynb"] = notebook(START, f'X = f"{{d["a"]}}"\n{RUN}')
    told = beside_a_healthy_file(tmp_path, files)
    assert [told.problems(f"broken{at}.ipynb")[0][0] for at in range(len(NOTEBOOKS))] == ["notebook"] * len(NOTEBOOKS)
    assert (told.lines("cell.ipynb"), told.problems("cell.ipynb")) == ([(2, 3)], [("parse-error", 1)])
    assert (told.lines("newer.ipynb"), told.problems("newer.ipynb")) == ([(1, 2)], [])


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_loop_of_links(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self.py").symlink_to(tmp_path / "self.py")
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")
    told = beside_a_healthy_file(tmp_path, {})
    assert [one["path"] for one in told.report["sites"] if one["code"] == "FL0801"] == ["healthy.py"]


def test_an_empty_folder(tmp_path: Path) -> None:
    told = check(tmp_path)
    assert (told.code, told.report["sites"], told.report["problems"]) == (3, [], [])


def test_a_missing_path(tmp_path: Path) -> None:
    told = check(tmp_path / "nowhere.py")
    assert told.code == 3
    assert [one["kind"] for one in told.report["problems"]] == ["missing"]


def test_a_missing_path_beside_a_healthy_file(tmp_path: Path) -> None:
    (tmp_path / "healthy.py").write_text(HEALTHY)
    told = check(tmp_path / "healthy.py", tmp_path / "nowhere.py")
    assert told.lines("healthy.py") == [(None, 3)]
    assert [one["kind"] for one in told.report["problems"]] == ["missing"]
    assert told.code == 1
