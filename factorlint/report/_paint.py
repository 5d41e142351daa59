"""Lines with styles → text: plain for pipes and files, coloured through Rich for terminals; the words are the same."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from factorlint.report import Look

STYLES: Mapping[str, str] = {
    "": "",
    "strong": "bold",
    "dim": "dim",
    "place": "bold cyan",
    "title": "bold underline",
    "error": "bold red",
    "warning": "yellow",  # bold turns it bright in many terminals, which a light ground swallows
    "info": "bold blue",
    "note": "bold blue",
    "problem": "magenta",
    "code": "green",
    "shared": "cyan",
    "framework": "red",
    "nobody": "yellow",
}


@dataclass(frozen=True, init=False)
class Line:
    """One line of output: pieces of text, each with the name of its style."""

    pieces: tuple[tuple[str, str], ...]

    def __init__(self, *pieces: tuple[str, str]) -> None:
        object.__setattr__(self, "pieces", pieces)


def wrapped(
    words: str, width: int, *, indent: int = 0, lead: str = "", hang: int | None = None, style: str = ""
) -> Iterator[Line]:
    """WORDS folded at WIDTH after LEAD, later lines at column HANG (by default under the first); paths stay whole."""
    first = " " * indent + lead
    later = " " * (len(first) if hang is None else hang)
    folder = textwrap.TextWrapper(
        width, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )
    for number, line in enumerate(folder.wrap(words) or [first.rstrip()]):
        edge = first if number == 0 else later
        yield Line((edge, "dim"), (line[len(edge) :], style))


def paint(lines: Iterable[Line], look: Look) -> str:
    """LINES as text for LOOK."""
    if not look.color:
        return "".join("".join(text for text, _ in line.pieces).rstrip() + "\n" for line in lines)
    import io

    from rich.console import Console
    from rich.text import Text

    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=10_000, highlight=False)
    with console.capture() as captured:
        for line in lines:
            console.print(Text.assemble(*((text, STYLES[style]) for text, style in line.pieces)), soft_wrap=True)
    return captured.get()
