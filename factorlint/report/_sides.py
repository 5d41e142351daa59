"""What the formats of a comparison share: which factors moved and by how much, and its changes in groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from factorlint.factors import BY_NUMBER
from factorlint.model import Owner, Verdict
from factorlint.model.trees import Comparison, Side, Spot
from factorlint.report import _chart
from factorlint.report import _text as text

Pair = tuple[Spot | None, Spot | None]


class Move(NamedTuple):
    """One factor on both sides; ``sites`` are the owners whose number of sites differs, and by how many."""

    before: Verdict
    after: Verdict
    sites: Mapping[Owner, float]

    @property
    def points(self) -> str:
        return points(self.before.score, self.after.score)


class Group(NamedTuple):
    """Changes of one kind: the sites of the first side, of the second, or pairs."""

    factor: int
    title: str
    pairs: tuple[Pair, ...]


def moves(told: Comparison) -> tuple[list[Move], list[Verdict]]:
    """The factors that moved, and those that did not though they have sites; by number."""
    after = {one.factor: one for one in told.after.verdicts}
    moved, still = [], []
    for one in sorted(told.before.verdicts, key=lambda verdict: verdict.factor):
        other = after.get(one.factor, one)
        sites = differences(one.owners, other.owners)
        if sites or one.score != other.score:
            moved.append(Move(one, other, sites))
        elif one.score is not None:
            still.append(one)
    return moved, still


def differences(before: Mapping[Owner, float], after: Mapping[Owner, float]) -> dict[Owner, float]:
    """By how much the number of sites of each owner differs; owners without a difference are left out."""
    found = {owner: after.get(owner, 0) - before.get(owner, 0) for owner in _chart.OWNERS}
    return {owner: number for owner, number in found.items() if number}


def groups(told: Comparison) -> Iterator[tuple[str, list[Group]]]:
    """``Changed owner``, ``New`` and ``Gone``, each by factor and check; empty ones are left out."""
    kinds: Sequence[tuple[str, Sequence[Pair]]] = (
        ("Changed owner", told.passed),
        ("New", [(None, one) for one in told.new]),
        ("Gone", [(one, None) for one in told.gone]),
    )
    for name, pairs in kinds:
        if pairs:
            ordered = sorted(pairs, key=_key)
            yield name, [Group(*key, tuple(group)) for key, group in groupby(ordered, key=_key)]


def _key(pair: Pair) -> tuple[int, str]:
    return _spot(pair).factor, _title(pair)


def _spot(pair: Pair) -> Spot:
    found = pair[1] or pair[0]
    assert found is not None
    return found


def _title(pair: Pair) -> str:
    before, after = pair
    spot = _spot(pair)
    if before is None or after is None:
        return f"{called(spot)}, {spot.owner.value}"
    if before.check == after.check:
        return f"{called(spot)}, {before.owner.value} to {after.owner.value}"
    return f"{called(before)}, {before.owner.value}, to {called(after)}, {after.owner.value}"


def called(spot: Spot) -> str:
    """``FL0801 opaque-agent-run``, or the name alone of what has no code."""
    return spot.name if spot.check == spot.name else f"{spot.check} {spot.name}"


def place(pair: Pair) -> str:
    """Where it is now, and where it was if that is another place."""
    before, after = pair
    if before is None or after is None:
        return where(_spot(pair))
    was = where(before)
    return where(after) if was == where(after) else f"{where(after)} (was {was})"


def where(spot: Spot) -> str:
    """``path:line:col``, as its side tells it."""
    cell = f"cell {spot.cell}:" if spot.cell is not None else ""
    return f"{text.safe(spot.path)}:{cell}{spot.line}:{spot.column}"


def points(before: float | None, after: float | None) -> str:
    """``+4.2``; ``new`` or ``gone`` where one of them is none; empty where nothing moved."""
    if before is None or after is None:
        return "" if before is after else ("new" if before is None else "gone")
    return f"{after - before:+.1f}" if round(after - before, 1) else ""


def score(number: float | None) -> str:
    return "-" if number is None else f"{number:.1f}"


def heading(factor: int) -> str:
    return f"F{factor} {BY_NUMBER[factor].title}"


def headline(told: Comparison) -> str:
    """What moved, in one line."""
    before, after = told.before.score, told.after.score
    if before is None and after is None:
        return "no agent code found on either side"
    moved = points(before, after)
    return f"{score(before)} to {score(after)} of 100" + (f" ({moved})" if moved else ", unchanged")


def unmoved(still: Sequence[Verdict]) -> str:
    return f"Unmoved: {', '.join(f'F{one.factor}' for one in still)}"


def count(groups: Sequence[Group]) -> str:
    return text.counted(sum(len(one.pairs) for one in groups), "site")


def unread(side: Side) -> str:
    """A word on what a side is silent about."""
    return f"{text.folded(side.label)}: {text.counted(side.problems, 'problem')}, not read or not judged"
