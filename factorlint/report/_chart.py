"""Who owns a factor as a bar: cut in proportion to its sites, in characters or as SVG, the same everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from factorlint.model import Owner, Verdict

OWNERS = (Owner.CODE, Owner.SHARED, Owner.FRAMEWORK, Owner.NOBODY)
BLOCKS = {Owner.CODE: "█", Owner.SHARED: "▓", Owner.FRAMEWORK: "░", Owner.NOBODY: "·"}
LETTERS = {Owner.CODE: "#", Owner.SHARED: "+", Owner.FRAMEWORK: "-", Owner.NOBODY: "."}
LIGHT = {Owner.CODE: "#2b7a4b", Owner.SHARED: "#3b7fc4", Owner.FRAMEWORK: "#c23b3b", Owner.NOBODY: "#b07a12"}
DARK = {Owner.CODE: "#4fb377", Owner.SHARED: "#6aa9e8", Owner.FRAMEWORK: "#ec6f6f", Owner.NOBODY: "#dba63f"}


def scored(verdicts: tuple[Verdict, ...]) -> list[Verdict]:
    """Those with a score, by factor."""
    return sorted((one for one in verdicts if one.score is not None), key=lambda one: one.factor)


def cells(owners: Mapping[Owner, float], length: int) -> Iterator[tuple[Owner, int]]:
    """How much of LENGTH each owner has; an owner ends where the running share of sites ends, so the sum is LENGTH."""
    total, done, drawn = sum(owners.get(owner, 0) for owner in OWNERS), 0.0, 0
    for owner in OWNERS:
        done += owners.get(owner, 0)
        upto = round(length * done / total) if total else 0
        yield owner, upto - drawn
        drawn = upto


def blocks(owners: Mapping[Owner, float], length: int) -> str:
    """The bar in characters."""
    return "".join(BLOCKS[owner] * count for owner, count in cells(owners, length))


def rects(owners: Mapping[Owner, float], x: int, y: int, width: int, height: int) -> str:
    """The bar as SVG rectangles, each with its owner as class."""
    drawn: list[str] = []
    for owner, count in cells(owners, width):
        if count:
            drawn.append(f'<rect class="{owner.value}" x="{x}" y="{y}" width="{count}" height="{height}"/>')
        x += count
    return "".join(drawn)


def bar(owners: Mapping[Owner, float], width: int, height: int) -> str:
    """The bar as an SVG of its own, which stretches with the page, and says itself to those who do not see it."""
    return (
        f'<svg class="bar" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'preserveAspectRatio="none" role="img" aria-label="{words(owners)}">{rects(owners, 0, 0, width, height)}</svg>'
    )


def legend() -> str:
    """The owners and their colours, as HTML."""
    return " ".join(
        f'<span><svg width="12" height="12" aria-hidden="true"><rect class="{owner.value}" width="12" height="12"/>'
        f"</svg> {owner.value}</span>"
        for owner in OWNERS
    )


def heads() -> str:
    """The heads of an HTML table's columns, one an owner."""
    return "".join(f'<th scope="col" class="number count">{owner.value}</th>' for owner in OWNERS)


def words(owners: Mapping[Owner, float]) -> str:
    """``3 code, 1 framework``: what a bar shows, for those who do not see it."""
    return ", ".join(f"{owners[owner]:g} {owner.value}" for owner in OWNERS if owners.get(owner, 0)) or "no site"
