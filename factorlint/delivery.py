"""The pages of commands that say one thing in several formats: which are asked for, and where each goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from factorlint import console
from factorlint.keys import Color, ConfigError, Output
from factorlint.report import Look


def asked(formats: Sequence[str], words: Sequence[str] | None) -> list[Output]:
    """The pages that the WORDS of --output ask for, `text` without any; known before the work begins."""
    found = [_output(word) for word in words or ["text"]]
    for one in found:
        if one.format not in formats:
            raise ConfigError(f"--output: there is no format {one.format!r} here: {', '.join(formats)}")
    return found


def _output(word: str) -> Output:
    name, _, file = word.partition(":")
    return Output(name, Path(file) if file and file != "-" else None)


def deliver(
    pages: Sequence[Output],
    color: Color | None,
    render: Callable[[str, Look], str],
    base: str = "",
    here: str = "",
) -> None:
    """Write each of PAGES as RENDER makes it; paths on standard output start at HERE, those of a file at BASE."""
    for one in pages:
        if one.file:
            console.save(render(one.format, Look()), one.file)
        else:
            look = replace(console.look(color or Color.AUTO), base=base, here=here)
            console.write(render(one.format, look))
