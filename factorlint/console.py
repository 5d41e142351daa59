"""Standard output, standard error and files, written so that neither an encoding nor a reader that left ends a run."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from factorlint import files, gates
from factorlint.entries import CatalogError
from factorlint.keys import Color, ConfigError
from factorlint.report import Look
from factorlint.report._text import safe


def look(color: Color) -> Look:
    """How standard output is written to: NO_COLOR and FORCE_COLOR count where COLOR is left to them."""
    terminal = sys.stdout.isatty()
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    forced = bool(os.environ.get("FORCE_COLOR")) and not os.environ.get("NO_COLOR")
    return Look(
        color=color is Color.ALWAYS or (color is Color.AUTO and (forced or (terminal and not plain))),
        width=max(60, min(120, shutil.get_terminal_size().columns)) if terminal else 80,
        ascii=not (sys.stdout.encoding or "").lower().startswith("utf"),
    )


def save(text: str, file: Path) -> None:
    """Write TEXT to FILE, all of it or nothing. Raises ConfigError."""
    try:
        files.write(file, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from None


def write(text: str) -> None:
    """To standard output, whatever it can encode; a reader that went away ends the writing, not the run."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def quoted(text: str) -> str:
    """TEXT of a stranger's file: as it is for a program, and with nothing that a terminal would obey for a person."""
    if not sys.stdout.isatty():
        return text
    return "\n".join("\t".join(map(safe, line.split("\t"))) for line in text.split("\n"))


def say(text: str) -> None:
    """One line of our own to standard error."""
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")
    sys.stderr.write(f"factorlint: {safe(text)}\n")
    sys.stderr.flush()


@contextlib.contextmanager
def plainly() -> Iterator[None]:
    """Expected failures end in one line and their exit code, not in a traceback."""
    try:
        yield
    except KeyboardInterrupt:
        say(f"exit {gates.INTERRUPTED}: interrupted")
        raise SystemExit(gates.INTERRUPTED) from None
    except (CatalogError, ConfigError, OSError) as error:
        say(f"exit {gates.BROKEN}: {error}")
        raise SystemExit(gates.BROKEN) from None
