"""The rows of many trees → which of them is worst, and what is most often the matter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from factorlint import __version__
from factorlint.factors import BY_NUMBER, DECISIVE
from factorlint.model import Owner, Problem
from factorlint.model.trees import Rank, Ranking, Tally

Checks = Counter[tuple[str, str]]  # by code and name


class Told(Protocol):
    """What the tables say of one tree."""

    @property
    def score(self) -> Mapping[str, Any]: ...
    @property
    def checks(self) -> Checks: ...


def rank(rows: Sequence[Told]) -> Ranking:
    """ROWS ranked by their score, the lowest first; equals by the decisive factors lost, then by name."""
    ranks = [_rank(one) for one in rows if one.score["outcome"] == "audited"]
    failed = [one.score for one in rows if one.score["outcome"] == "failed"]
    findings: Checks = Counter()
    trees: Checks = Counter()
    for one in rows:
        findings.update(one.checks)
        trees.update(one.checks.keys())
    return Ranking(
        version=__version__,
        ranks=tuple(sorted(ranks, key=lambda one: (one.score, -len(one.framework), one.repo))),
        silent=tuple(one.score["repo"] for one in rows if one.score["outcome"] == "no-agent-code"),
        problems=tuple(Problem(one["repo"], None, one["problem_kind"], one["problem"]) for one in failed),
        checks=_tallies(findings, trees),
    )


def _rank(one: Told) -> Rank:
    row = one.score
    owned = [f for f in sorted(DECISIVE) if row[f"{BY_NUMBER[f].code.lower()}_owner"] == Owner.FRAMEWORK.value]
    return Rank(
        repo=row["repo"],
        score=row["score"],
        verdict=row["verdict"],
        framework=tuple(owned),
        findings=sum(one.checks.values()),
        checks=_tallies(one.checks, Counter(one.checks.keys())),
        failed=row["files_failed"],
    )


def _tallies(findings: Checks, trees: Checks) -> tuple[Tally, ...]:
    made = [Tally(code, name, count, trees[code, name]) for (code, name), count in findings.items()]
    return tuple(sorted(made, key=lambda one: (-one.findings, one.code)))
