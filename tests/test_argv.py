"""Plain command lines mean what typer would have read in them; all others are left to it."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Any

import pytest
import typer.main

from factorlint import argv
from factorlint.cli import app

COMMANDS: Any = typer.main.get_command(app)


def plain(value: Any) -> Any:
    """VALUE as it was typed."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    return [plain(one) for one in value] if isinstance(value, (list, tuple)) else value


@pytest.mark.parametrize(
    "line",
    [
        "check",
        "audit",
        "audit src",
        "check a.py b.py --select FL01,FL02 --select FL08 c.py",
        "check --exit-zero --no-cache -o json -o sarif:out.sarif --output-format html:out.html",
        "check --cache --no-cache --cache --notebooks --no-notebooks",
        "check --min-confidence=low --min-severity warning --persona auditor --fail-on never",
        "check -q -q -v --quiet --verbose --color always --jobs 3 -j 4",
        "check --cache-dir kept --baseline known.json --no-regress before.json --since HEAD~1",
        "check --per-file-ignores tests/*:FL01 --severity FL0101=error --require FL03,FL08=code",
        "check --fix --unsafe-fixes --diff --isolated --config conf.toml --no-progress --show-suppressed",
        "audit --plugin mine --strict-baseline --include-tests --force-exclude",
    ],
)
def test_as_typer_reads_it(line: str) -> None:
    words = line.split()
    command = COMMANDS.commands[words[0]]
    read = command.make_context(words[0], words[1:]).params
    asked = argv.read(words)
    assert asked is not None
    given = read.pop("paths") if words[0] == "check" else [read.pop("path")]
    read.pop("stdin_filename", None)
    assert {name: plain(value) for name, value in asked.params.items()} == {
        name: plain(value) or (None if isinstance(value, (list, tuple)) else plain(value))
        for name, value in read.items()
    }
    assert plain(asked.paths) == [one for one in plain(given or []) if one != "." or asked.paths]


@pytest.mark.parametrize(
    "line",
    [
        *(
            "",
            "plan",
            "--help",
            "check --help",
            "check -h",
            "audit a b",
            "check -",
            "check -- a.py",
            "check --nonsense",
        ),
        *("check --select", "check --select --fix", "check --jobs x", "check --jobs -1", "check --persona nobody"),
        *(
            "check --fix=yes",
            "check --exclude= a.py",
            "check -qq",
            "check -ojson",
            "check --fail-under 80",
            "check --stdin-filename a.py -",
        ),
    ],
)
def test_what_is_not_plain_is_left_to_typer(line: str) -> None:
    assert argv.read(line.split()) is None


def test_a_shell_that_completes_is_answered_by_typer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_FACTORLINT_COMPLETE", "complete_bash")
    assert argv.read(["check"]) is None


def test_on_windows_patterns_are_left_to_typer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert argv.read(["check", "*.py"]) is not None
    monkeypatch.setattr(argv.sys, "platform", "win32")  # type: ignore[attr-defined]
    assert argv.read(["check", "*.py"]) is None
    assert argv.read(["check", "a.py"]) is not None


def test_no_flag_but_those_of_typer() -> None:
    """A flag that typer has not, or has no more, is none here."""
    theirs = {one for row in COMMANDS.commands["check"].params for one in (*row.opts, *row.secondary_opts)}
    assert {*argv._VALUED, *argv._KEYED, *argv._SWITCHES, *argv._COUNTED} == theirs - {"paths", "--stdin-filename"}
