"""A comparison as text, Markdown, JSON or one HTML page."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

from factorlint.factors import BY_NUMBER, DECISIVE
from factorlint.model import Owner
from factorlint.model.trees import Comparison, Side, Spot
from factorlint.report import Look, _chart
from factorlint.report import _sides as sides
from factorlint.report import _text as text
from factorlint.report._paint import Line, paint, wrapped
from factorlint.report._sides import Move
from factorlint.report.markdown import plain

FORMATS = ("text", "markdown", "json", "html")
SCHEMA = "factorlint-compare/1"
MOST = 50  # places of each kind in Markdown; a comment may have 65,536 characters
_WIDTHS = {Owner.CODE: 5, Owner.SHARED: 7, Owner.FRAMEWORK: 7, Owner.NOBODY: 7}
_HEADS = {Owner.CODE: "code", Owner.SHARED: "shared", Owner.FRAMEWORK: "framew", Owner.NOBODY: "nobody"}


def render(name: str, told: Comparison, look: Look) -> str:
    """TOLD in the format NAME. Raises KeyError for an unknown NAME."""
    if name == "json":
        return json.dumps(document(told), indent=2) + "\n"
    if name == "html":
        from factorlint.report._compare_html import render as html

        return html(told)
    if name == "markdown":
        return "\n".join(_markdown(told)) + "\n"
    if name != "text":
        raise KeyError(name)
    return paint(_text(told, look), look)


# -- text --------------------------------------------------------------------------------------------------------------


def _text(told: Comparison, look: Look) -> Iterator[Line]:
    yield from wrapped(f"{text.folded(told.before.label)} → {text.folded(told.after.label)}", look.width, style="dim")
    yield from wrapped(f"Score {sides.headline(told)}", look.width, style="strong")
    moved, still = sides.moves(told)
    if moved:
        yield Line()
        heads = "".join(f"{_HEADS[owner]:>{_WIDTHS[owner]}}" for owner in _chart.OWNERS)
        yield Line((f"{'':35}before after  moved{heads}", "dim"))
        yield from (_row(one) for one in moved)
        yield _total(told)
    if still:
        yield from wrapped(sides.unmoved(still), look.width, indent=5, style="dim")
    for name, groups in sides.groups(told):
        yield Line()
        yield Line((f"{name}: {sides.count(groups)}", "title"))
        for group in groups:
            yield from wrapped(f"F{group.factor} {group.title}", look.width, indent=2, hang=4, style="strong")
            yield from (Line((f"    {sides.place(pair)}", "place")) for pair in group.pairs)
    yield Line()
    yield Line((f"{text.counted(told.same, 'site')} on both sides with the same owner", ""))
    for side in (told.before, told.after):
        if side.problems:
            yield from wrapped(sides.unread(side), look.width, style="problem", hang=2)


def _row(one: Move) -> Line:
    star = "*" if one.after.factor in DECISIVE else " "
    return Line(
        (f"{f'F{one.after.factor}':>3}{star} {one.after.name:30}", "strong" if star == "*" else ""),
        (f"{sides.score(one.before.score):>6}{sides.score(one.after.score):>6}{one.points:>7}", ""),
        *_counts(one.sites),
    )


def _total(told: Comparison) -> Line:
    before, after = told.before, told.after
    moved = sides.points(before.score, after.score)
    return Line(
        (f"     {'all':30}{sides.score(before.score):>6}{sides.score(after.score):>6}{moved:>7}", "strong"),
        *_counts(sides.differences(before.owners, after.owners)),
    )


def _counts(differences: Mapping[Owner, float]) -> Iterator[tuple[str, str]]:
    for owner in _chart.OWNERS:
        number = f"{differences[owner]:+g}" if owner in differences else ""
        yield f"{number:>{_WIDTHS[owner]}}", owner.value


# -- Markdown ----------------------------------------------------------------------------------------------------------


def _markdown(told: Comparison) -> Iterator[str]:
    yield f"## factorlint: {plain(sides.headline(told))}"
    yield ""
    yield f"{plain(told.before.label)} → {plain(told.after.label)}"
    moved, still = sides.moves(told)
    if moved:
        yield ""
        yield "| factor | before | after | moved | code | shared | framework | nobody |"
        yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
        yield from (_markdown_row(one) for one in moved)
    if still:
        yield ""
        yield f"{sides.unmoved(still)}."
    for name, groups in sides.groups(told):
        yield ""
        yield f"### {name}: {sides.count(groups)}"
        yield ""
        rows = [
            f"- F{one.factor} {plain(one.title)}: {plain(sides.place(pair))}" for one in groups for pair in one.pairs
        ]
        yield from rows[:MOST]
        if len(rows) > MOST:
            yield f"- and {len(rows) - MOST} more"
    yield ""
    yield f"{text.counted(told.same, 'site')} on both sides with the same owner."
    for side in (told.before, told.after):
        if side.problems:
            yield ""
            yield plain(sides.unread(side)) + "."


def _markdown_row(one: Move) -> str:
    known = BY_NUMBER[one.after.factor]
    star = " ★" if one.after.factor in DECISIVE else ""
    counts = " | ".join(f"{one.sites[owner]:+g}" if owner in one.sites else "" for owner in _chart.OWNERS)
    scores = f"{sides.score(one.before.score)} | {sides.score(one.after.score)} | {one.points}"
    return f"| [F{known.number} {known.title}]({known.url}){star} | {scores} | {counts} |"


# -- JSON --------------------------------------------------------------------------------------------------------------


def document(told: Comparison) -> dict[str, Any]:
    """TOLD as plain data; ``schema`` is versioned, fields are only ever added."""
    moved, _ = sides.moves(told)
    return {
        "schema": SCHEMA,
        "before": _side(told.before),
        "after": _side(told.after),
        "factors": [
            {
                "factor": one.after.factor,
                "code": one.after.code,
                "name": one.after.name,
                "before": one.before.score,
                "after": one.after.score,
                "sites": {owner.value: number for owner, number in one.sites.items()},
            }
            for one in moved
        ],
        "changed_owner": [{"before": _spot(before), "after": _spot(after)} for before, after in told.passed],
        "new": [_spot(one) for one in told.new],
        "gone": [_spot(one) for one in told.gone],
        "same": told.same,
    }


def _side(side: Side) -> dict[str, Any]:
    owners = {owner.value: side.owners.get(owner, 0) for owner in Owner}
    return {"label": side.label, "score": side.score, "owners": owners, "problems": side.problems}


def _spot(spot: Spot) -> dict[str, Any]:
    held = dataclasses.asdict(spot)
    return {**held, "owner": spot.owner.value}
