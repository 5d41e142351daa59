"""Sites → Verdicts and Summary: the arithmetic of the score, and nothing else.

Per factor ``100 × Σ w·v / Σ w`` over its sites, v being 1 for code, ½ for shared and 0 for framework and nobody;
overall the mean of the factors that have sites, weighted as in ``factors.py``. A site counts for its own factor with
its check's weight and for every factor it implies with weight 1. Sites of low confidence and in tests never count,
so a guess can neither raise nor lower a figure; a suppressed or hidden finding counts like any other.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from factorlint.factors import DECISIVE, FACTORS, Factor
from factorlint.model import Confidence, Files, Owner, Role, Site, Summary, Verdict

VALUE = {Owner.CODE: 1.0, Owner.SHARED: 0.5, Owner.FRAMEWORK: 0.0, Owner.NOBODY: 0.0}
# Ties go to the worse owner. Framework stands before nobody: what nobody decides a line of the tree can still decide,
# what a framework decides has to be taken out of it first.
WORST_FIRST = (Owner.FRAMEWORK, Owner.NOBODY, Owner.SHARED, Owner.CODE)
REVERSE_ENGINEERING = 3  # of the four decisive factors


@dataclass(frozen=True)
class Share:
    """What one site, itself or by implication, says about one factor."""

    factor: int
    owner: Owner
    weight: float


@dataclass(frozen=True)
class Judgement:
    """All the figures of one run.

    ``gains`` holds, for every site by its place in the given order, by how many points the overall score would rise
    if the site and all it implies were the code's own, everything else being as it is.
    """

    verdicts: tuple[Verdict, ...]
    summary: Summary
    gains: tuple[float, ...]


def judge(sites: Sequence[Site], files: Files, *, agent_code: bool, unknown: Collection[int] = ()) -> Judgement:
    """Judge SITES, all that were found, whatever became of them later.

    ``agent_code`` says whether any model call, framework symbol or prompt was met; without one there is no score.
    ``unknown`` are factors that nothing looked at (no rule installed, or it crashed): without a site they are
    unknown, not inapplicable, as are factors of which only low-confidence sites were found.
    """
    shares = [share for site in sites if counts(site) for share in shares_of(site)]
    guessed = {share.factor for site in sites if site.confidence is Confidence.LOW for share in shares_of(site)}
    unsure = guessed | set(unknown)
    verdicts = tuple(
        _verdict(one, [share for share in shares if share.factor == one.number], unsure) for one in FACTORS
    )
    return Judgement(verdicts, _summary(verdicts, files, agent_code), tuple(_gains(sites, shares, verdicts)))


def counts(site: Site) -> bool:
    """Whether SITE takes part in the score."""
    return site.confidence is not Confidence.LOW and site.role is not Role.TEST


def shares_of(site: Site) -> Iterator[Share]:
    """What SITE says about its own factor, then about those it implies."""
    yield Share(site.factor, site.owner, site.check.weight)
    for factor, owner in site.implied:
        yield Share(factor, owner, 1.0)


def _verdict(factor: Factor, shares: Sequence[Share], unsure: Collection[int]) -> Verdict:
    weights = {owner: math.fsum(one.weight for one in shares if one.owner is owner) for owner in Owner}
    total = math.fsum(weights.values())
    return Verdict(
        factor=factor.number,
        code=factor.code,
        name=factor.name,
        weight=factor.weight,
        score=100 * math.fsum(VALUE[owner] * weights[owner] for owner in Owner) / total if total else None,
        owner=max(WORST_FIRST, key=weights.__getitem__) if total else None,
        owners={owner: sum(one.owner is owner for one in shares) for owner in Owner},
        sites=len(shares),
        unknown=not shares and factor.number in unsure,
    )


def _summary(verdicts: Sequence[Verdict], files: Files, agent_code: bool) -> Summary:
    scored = [verdict for verdict in verdicts if verdict.score is not None]
    unsure = sum(verdict.unknown for verdict in verdicts)
    lost = [one for one in scored if one.factor in DECISIVE and one.owner is Owner.FRAMEWORK]
    return Summary(
        score=_mean(scored) if agent_code else None,
        scored=len(scored),
        not_applicable=len(verdicts) - len(scored) - unsure,
        unknown=unsure,
        decisive_owned_by_framework=len(lost),
        verdict=_words(scored, lost, agent_code),
        owners={owner: int(sum(one.owners[owner] for one in verdicts)) for owner in Owner},
        files=files,
    )


def _mean(scored: Iterable[Verdict]) -> float | None:
    pairs = [(one.score, one.weight) for one in scored if one.score is not None]
    total = math.fsum(weight for _, weight in pairs)
    return math.fsum(score * weight for score, weight in pairs) / total if total else None


def _words(scored: Sequence[Verdict], lost: Sequence[Verdict], agent_code: bool) -> str:
    if not agent_code:
        return "no agent code found"
    if not scored:
        return "agent code found, but no place where a factor is decided"
    names = f" ({', '.join(f'F{one.factor} {one.name}' for one in lost)})" if lost else ""
    line = f"the framework owns {len(lost) or 'none'} of the four decisive factors{names}"
    return f"{line}: expect to reverse-engineer it" if len(lost) >= REVERSE_ENGINEERING else line


def _gains(sites: Sequence[Site], shares: Sequence[Share], verdicts: Sequence[Verdict]) -> Iterator[float]:
    totals = {one.factor: math.fsum(s.weight for s in shares if s.factor == one.factor) for one in verdicts}
    worth = _worth(verdicts)
    for site in sites:
        if not counts(site):
            yield 0.0
            continue
        rises = (
            worth[one.factor] * one.weight * (1 - VALUE[one.owner]) / totals[one.factor]
            for one in shares_of(site)
            if totals[one.factor]
        )
        yield 100 * math.fsum(rises)


def _worth(verdicts: Sequence[Verdict]) -> Mapping[int, float]:
    """Each scored factor's part of the overall score; the parts add up to 1."""
    total = math.fsum(one.weight for one in verdicts if one.score is not None)
    return {one.factor: one.weight / total if total else 0.0 for one in verdicts}
