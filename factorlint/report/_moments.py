"""What the formats of a history share: which commits moved a score, and what they moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from factorlint.factors import BY_NUMBER
from factorlint.model.trees import History, Moment
from factorlint.report import _text as text
from factorlint.report._sides import points, score


class Turn(NamedTuple):
    """A commit that moved a score, or the first or last one; ``moved`` the factors, as ``F8 0 to 50``."""

    moment: Moment
    points: str
    moved: tuple[str, ...]


def turns(told: History) -> list[Turn]:
    """The commits worth a line, oldest first."""
    first, *_ = told.moments
    found = [Turn(first, "", tuple(_standing(first)))]
    for before, after in pairwise(told.moments):
        moved = tuple(_moved(before, after))
        change = points(_rounded(before), _rounded(after))
        if moved or change or after is told.moments[-1]:
            found.append(Turn(after, change, moved))
    return found


def _standing(moment: Moment) -> Iterator[str]:
    for one in moment.verdicts:
        if one.score is not None:
            yield f"F{one.factor} {one.score:.0f}"


def _moved(before: Moment, after: Moment) -> Iterator[str]:
    for one, other in zip(before.verdicts, after.verdicts, strict=True):
        if one.score is None and other.score is not None:
            yield f"F{one.factor} new at {other.score:.0f}"
        elif one.score is not None and other.score is None:
            yield f"F{one.factor} gone"
        elif one.score is not None and other.score is not None and round(one.score) != round(other.score):
            yield f"F{one.factor} {one.score:.0f} to {other.score:.0f}"


def _rounded(moment: Moment) -> float | None:
    return None if moment.summary.score is None else round(moment.summary.score, 1)


def headline(told: History) -> str:
    """Where it began and where it is, in one line."""
    first, last = told.moments[0].summary.score, told.moments[-1].summary.score
    known = [one.summary.score for one in told.moments if one.summary.score is not None]
    if not known:
        return "no agent code found at any commit"
    if len(told.moments) == 1:
        return f"{score(last)} of 100"
    began = score(known[0] if first is None else first)
    return f"{began} to {score(last)} of 100, between {min(known):.1f} and {max(known):.1f}"


def span(told: History) -> str:
    """``NAME, 216 commits from 2023-05-12 to 2026-07-14, each 5th``."""
    first, last = told.moments[0], told.moments[-1]
    step = "" if told.every == 1 else f", every {told.every}{_ending(told.every)}"
    dates = f"from {day(first)} to {day(last)}" if len(told.moments) > 1 else f"of {day(last)}"
    return f"{text.folded(told.label)}, {text.counted(len(told.moments), 'commit')} {dates}{step}"


def _ending(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def day(moment: Moment) -> str:
    return moment.when[:10]


def short(moment: Moment) -> str:
    return moment.commit[:8]


def left_out(told: History, shown: Sequence[Turn]) -> str:
    """A word on the commits without a line; empty if there are none."""
    count = len(told.moments) - len(shown)
    return f"{text.counted(count, 'commit')} that moved no score are not listed" if count else ""


def scored(told: History) -> list[int]:
    """The factors that have a score at some commit."""
    return sorted({one.factor for moment in told.moments for one in moment.verdicts if one.score is not None})


def named(factor: int) -> str:
    return f"F{factor} {BY_NUMBER[factor].title}"
