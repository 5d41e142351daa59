"""Progress: said to terminals alone, after a while, on a line that is taken away again."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from installed import PROGRAM, call

from factorlint.progress import Progress, wanted

FIXTURES = Path(__file__).parent.parent / "fixtures"
AGENT = "from crewai import Crew\n\n\ndef go(crew: Crew):\n    crew.kickoff()\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_who_is_told() -> None:
    assert wanted(Terminal(), {"TERM": "xterm"}, False)
    assert wanted(Terminal(), {"CI": "false"}, False)
    for stream, environment, quiet in (
        (io.StringIO(), {}, False),
        (Terminal(), {"CI": "true"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (Terminal(), {}, True),
    ):
        assert not wanted(stream, environment, quiet)


def told(steps: Iterator[tuple[float, str, int, int]]) -> tuple[str, str]:
    """What is on the terminal after STEPS (the time, and what the watch hears), and what is said at the end."""
    times = [0.0]
    stream = Terminal()
    watch = Progress(stream, lambda: times[-1])
    for now, what, done, total in steps:
        times.append(now)
        watch(what, done, total)
    return stream.getvalue(), watch.end()


def test_a_short_run_says_nothing() -> None:
    assert told(iter([(0.1, "finding", 5, 0), (0.5, "checking", 1, 5), (0.9, "checking", 5, 5)])) == ("", "")


def test_a_long_one_counts_and_says_when_finding_was_the_cost() -> None:
    shown, said = told(iter([(0.5, "finding", 1000, 0), (4.0, "finding", 20000, 0), (4.5, "checking", 7, 9)]))
    assert shown.count("\r\x1b[2K") == 2
    assert "finding files, 20,000 so far" in shown
    assert "checking 7 of 9 files" in shown
    assert said.startswith("4 of 4 seconds went into finding 20,000 files: extend-exclude")
    shown, said = told(iter([(0.5, "finding", 1000, 0), (2.0, "checking", 7, 9)]))
    assert ("checking 7 of 9 files" in shown, said) == (True, "")


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals")
def test_the_command_on_a_terminal(tmp_path: Path) -> None:
    import pty

    for number in range(3):
        shutil.copytree(FIXTURES, tmp_path / "tree" / f"n{number}")

    def seen(*words: str, **env: str) -> str:
        ours, theirs = pty.openpty()
        around = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR", "TERM")}
        command = [PROGRAM, "audit", "tree", "--isolated", "--no-cache", "--exit-zero", "-o", "json:out.json", *words]
        running = subprocess.Popen(command, cwd=tmp_path, stderr=theirs, env={"TERM": "xterm", **around, **env})
        os.close(theirs)
        said = b""
        try:
            while chunk := os.read(ours, 4096):
                said += chunk
        except OSError:
            pass  # how Linux says that nobody is left on the other side
        os.close(ours)
        assert running.wait(120) == 0
        return said.decode()

    said = seen()
    assert "factorlint: checking " in said
    assert " files" in said
    assert said.endswith("\r\x1b[2K")
    assert seen("--no-progress") == seen("-q") == seen(CI="true") == ""


def test_nothing_in_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(AGENT, encoding="utf-8")
    assert call(tmp_path, "check", "--isolated", "--progress", "--exit-zero").err == ""
