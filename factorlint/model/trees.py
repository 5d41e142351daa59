"""Trees compared: two side by side, one over time, many in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from factorlint.model import Owner, Problem, Summary, Verdict


@dataclass(frozen=True)
class Spot:
    """A site as it is known again in another tree. ``content`` is empty where a report of an old version is silent."""

    check: str  # the code, or the name of evidence
    name: str
    factor: int
    owner: Owner
    path: str
    cell: int | None
    line: int
    column: int
    scope: str
    symbol: str
    content: str
    fingerprint: str


@dataclass(frozen=True)
class Side:
    """One of two things compared, under the name that it was given. Scores are rounded as in the json format."""

    label: str
    score: float | None
    owners: Mapping[Owner, float]
    verdicts: tuple[Verdict, ...]
    spots: tuple[Spot, ...]
    problems: int


@dataclass(frozen=True)
class Comparison:
    """Two sides, and what became of the sites of the first. ``passed`` are pairs of one place whose owner changed."""

    before: Side
    after: Side
    new: tuple[Spot, ...]
    gone: tuple[Spot, ...]
    passed: tuple[tuple[Spot, Spot], ...]
    same: int


@dataclass(frozen=True)
class Moment:
    """A tree at one commit; ``when`` is the committer's date in ISO 8601, ``problems`` how many there were."""

    commit: str
    when: str
    subject: str
    summary: Summary
    verdicts: tuple[Verdict, ...]
    problems: int


@dataclass(frozen=True)
class History:
    """A tree over its commits, oldest first; ``every`` is how many commits one step takes."""

    label: str
    every: int
    moments: tuple[Moment, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tally:
    """A check and its findings; ``trees`` have one of them."""

    code: str
    name: str
    findings: int
    trees: int = 1


@dataclass(frozen=True)
class Rank:
    """One scored tree among many; ``framework`` are the decisive factors that a framework owns."""

    repo: str
    score: float
    verdict: str
    framework: tuple[int, ...]
    findings: int
    checks: tuple[Tally, ...]  # most findings first
    failed: int  # files that were not read


@dataclass(frozen=True)
class Ranking:
    """Many trees, worst first; those without agent code and those that could not be audited by their names."""

    version: str
    ranks: tuple[Rank, ...]
    silent: tuple[str, ...]
    problems: tuple[Problem, ...]  # the path of each is the tree's name
    checks: tuple[Tally, ...]  # over all trees, most findings first
