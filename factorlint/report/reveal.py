"""Revelations as text or JSON: the package's words, the user's between them, and where each passage lies."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from factorlint.model.library import Passage, Piece, Revelation
from factorlint.report import Look
from factorlint.report._paint import Line, paint, wrapped
from factorlint.report._text import folded, path, safe

FORMATS = ("text", "json")


def render(name: str, told: Sequence[Revelation], look: Look) -> str:
    """TOLD in the format NAME. Raises KeyError for an unknown NAME."""
    if name == "json":
        rows = [{**dataclasses.asdict(one), "words": words(one)} for one in told]
        return json.dumps({"schema": "factorlint-reveal/1", "calls": rows}, indent=2, ensure_ascii=False) + "\n"
    if name != "text":
        raise KeyError(name)
    return paint((line for one in told for line in _lines(one, look)), look)


def words(one: Revelation) -> dict[str, int]:
    """How many words of the text are the user's, of how many."""
    pieces = [piece for passage in one.passages for piece in passage.pieces]
    count = [(len(piece.text.split()), piece.yours) for piece in pieces]
    return {"yours": sum(number for number, yours in count if yours), "all": sum(number for number, _ in count)}


def _lines(one: Revelation, look: Look) -> Iterator[Line]:
    yield Line(
        (f"{path(one.path, look)}:{one.line}", "place"), (f" {safe(one.symbol)}", "strong"), (f" {one.check}", "dim")
    )
    if one.package or one.place:
        yield Line((f"{safe(one.package or one.library)}, read in {safe(one.place)}", "dim"))
    yield from wrapped(folded(one.what), look.width)
    for note in one.notes:
        yield from wrapped(folded(note), look.width, lead="! ", style="problem")
    for passage in one.passages:
        yield Line()
        yield _head(passage)
        yield from _text(passage, look)
    yield Line()
    if one.passages:
        count = words(one)
        marks = "" if look.color else " (between « »)" if not look.ascii else " (between << >>)"
        yield Line((f"{count['yours']} of {count['all']} words are yours{marks}", "strong"))
    if one.gives_back:
        yield from wrapped("; ".join(map(folded, one.gives_back)), look.width, lead="To own it: ", style="code")
    yield Line()


def _head(passage: Passage) -> Line:
    key = f" {safe(passage.key)}" if passage.key else ""
    when = f", if {passage.when} asks for it" if passage.when else ""
    return Line((f"--- {safe(passage.file)}:{passage.line}{key}{when}", "title"))


def _text(passage: Passage, look: Look) -> Iterator[Line]:
    """The passage line by line; what depends on a condition stands between brackets that name it."""
    row: list[tuple[str, str]] = []
    for text, style in _marked(passage.pieces, look):
        first, *rest = text.split("\n")
        row.append((safe(first), style))
        for more in rest:
            yield Line(("    ", ""), *row)
            row = [(safe(more), style)]
    if any(text for text, _ in row):
        yield Line(("    ", ""), *row)


def _marked(pieces: Sequence[Piece], look: Look) -> Iterator[tuple[str, str]]:
    opening, closing = ("<<", ">>") if look.ascii else ("«", "»")
    for when, group in groupby(_trimmed(pieces), key=lambda piece: piece.when):
        if when:
            yield f"[if {when}: ", "dim"
        for piece in group:
            if not piece.yours:
                yield piece.text, ""
            elif look.color:
                yield piece.text, "code"
            else:
                yield f"{opening}{piece.text}{closing}", ""
        if when:
            yield "]", "dim"


def _trimmed(pieces: Sequence[Piece]) -> list[Piece]:
    """PIECES without the blank edges of the whole text."""
    held = [piece for piece in pieces if piece.text]
    if held:
        held[0] = dataclasses.replace(held[0], text=held[0].text.lstrip("\n"))
        held[-1] = dataclasses.replace(held[-1], text=held[-1].text.rstrip())
    return held
