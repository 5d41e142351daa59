"""What to do first: the kinds of finding whose places, owned by the code, would lift the score most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from factorlint.factors import BY_NUMBER
from factorlint.model import Check, Finding, Report, Severity, Status
from factorlint.report._text import order

MOST = 3
_LOUDNESS = {Severity.ERROR: 2, Severity.WARNING: 1, Severity.INFO: 0}


@dataclass(frozen=True)
class Move:
    """One kind of finding, all its new places, and the points that owning them would bring together."""

    check: Check
    advice: str
    findings: tuple[Finding, ...]
    gain: float


def moves(report: Report) -> list[Move]:
    """At most three, the best first; a run that worked out no gains orders them by severity and the factor's weight."""
    groups: dict[str, list[Finding]] = {}
    for one in sorted(report.sites, key=order):
        if one.site.check.code and one.status is Status.NEW and BY_NUMBER[one.site.factor].weight:
            groups.setdefault(one.site.check.code, []).append(one)
    found = [_move(group, _gains(report)) for group in groups.values()]
    return sorted(found, key=_rank)[:MOST]


def _move(group: list[Finding], gains: Mapping[str, float]) -> Move:
    first = group[0].site
    return Move(first.check, first.advice, tuple(group), sum(gains.get(one.fingerprint, 0.0) for one in group))


def _rank(move: Move) -> tuple[object, ...]:
    factor = move.findings[0].site.factor
    severity = move.check.severity
    return (
        -round(move.gain, 6),
        -(_LOUDNESS[severity] if severity else 0),
        -BY_NUMBER[factor].weight,
        move.check.id,
    )


def _gains(report: Report) -> Mapping[str, float]:
    """Points by fingerprint, where the run has put them."""
    gains = report.extra.get("gains")
    return gains if isinstance(gains, Mapping) else {}
