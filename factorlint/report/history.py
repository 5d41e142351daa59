"""A history as text, Markdown, JSON, an SVG chart or one HTML page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from factorlint.model.trees import History, Moment
from factorlint.report import Look, json_
from factorlint.report import _moments as moments
from factorlint.report import _text as text
from factorlint.report._moments import Turn
from factorlint.report._paint import Line, paint, wrapped
from factorlint.report._sides import score
from factorlint.report.markdown import plain

FORMATS = ("text", "markdown", "json", "svg", "html")
SCHEMA = "factorlint-history/1"
_BLOCKS = "▁▂▃▄▅▆▇█"
_MOST = 60  # rows in Markdown


def render(name: str, told: History, look: Look) -> str:
    """TOLD, which has a moment at least, in the format NAME. Raises KeyError for an unknown NAME."""
    if name == "json":
        return json.dumps(document(told), indent=2) + "\n"
    if name == "svg":
        from factorlint.report._history_chart import picture

        return picture(told)
    if name == "html":
        from factorlint.report._history_html import render as html

        return html(told)
    if name == "markdown":
        return "\n".join(_markdown(told)) + "\n"
    if name != "text":
        raise KeyError(name)
    return paint(_text(told, look), look)


# -- text --------------------------------------------------------------------------------------------------------------


def _text(told: History, look: Look) -> Iterator[Line]:
    yield from wrapped(moments.span(told), look.width, style="dim")
    yield from wrapped(f"Score {moments.headline(told)}", look.width, style="strong")
    if not look.ascii:
        yield Line((_sparkline(told, look.width - 2), "code"))
    yield Line()
    shown = moments.turns(told)
    yield Line((f"{'commit':8}  {'date':10}  score  moved", "dim"))
    for turn in shown:
        yield from _turn(turn, look)
    for note in (moments.left_out(told, shown), *told.notes):
        if note:
            yield Line()
            yield from wrapped(note, look.width, style="dim")


def _turn(turn: Turn, look: Look) -> Iterator[Line]:
    one = turn.moment
    head = f"{moments.short(one)}  {moments.day(one)}  {score(one.summary.score):>5}  {turn.points:>5}  "
    words = ", ".join(turn.moved)
    lines = list(wrapped(words, look.width, indent=len(head))) if words else [Line()]
    first = "".join(piece for piece, _ in lines[0].pieces)[len(head) :]
    yield Line((head, "strong" if turn.points else ""), (first, ""))
    yield from lines[1:]
    if one.subject:
        yield Line(("          " + text.clipped(one.subject, look.width - 10), "dim"))
    if one.problems:
        yield Line((f"          {text.counted(one.problems, 'problem')}, not read or not judged", "problem"))


def _sparkline(told: History, width: int) -> str:
    """The score in as many characters as there are commits, WIDTH at most; a space where there is none."""
    count = len(told.moments)
    drawn = min(count, width)
    at = (told.moments[(number + 1) * count // drawn - 1].summary.score for number in range(drawn))
    return "".join(" " if one is None else _BLOCKS[min(7, int(one * 8 / 100))] for one in at)


# -- Markdown ----------------------------------------------------------------------------------------------------------


def _markdown(told: History) -> Iterator[str]:
    yield f"## factorlint: {plain(moments.headline(told))}"
    yield ""
    yield f"{plain(moments.span(told))}."
    yield ""
    yield "| commit | date | score | moved | factors | subject |"
    yield "| --- | --- | ---: | ---: | --- | --- |"
    shown = moments.turns(told)
    for turn in shown[-_MOST:]:
        one = turn.moment
        row = (f"`{moments.short(one)}`", moments.day(one), score(one.summary.score), turn.points)
        yield f"| {' | '.join(row)} | {', '.join(turn.moved)} | {plain(one.subject)} |"
    older = f"{len(shown) - _MOST} older rows are left out" if len(shown) > _MOST else ""
    for note in (older, moments.left_out(told, shown), *told.notes):
        if note:
            yield ""
            yield f"{plain(note)}."


# -- JSON --------------------------------------------------------------------------------------------------------------


def document(told: History) -> dict[str, Any]:
    """TOLD as plain data; ``schema`` is versioned, fields are only ever added."""
    return {
        "schema": SCHEMA,
        "tree": told.label,
        "every": told.every,
        "commits": [_commit(one) for one in told.moments],
        "notes": list(told.notes),
    }


def _commit(one: Moment) -> dict[str, Any]:
    return {
        "commit": one.commit,
        "date": one.when,
        "subject": one.subject,
        "summary": json_.summary(one.summary),
        "factors": [json_.factor(verdict) for verdict in sorted(one.verdicts, key=lambda verdict: verdict.factor)],
        "problems": one.problems,
    }
