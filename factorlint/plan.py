"""Report → Plan: the manifesto's order, this tree's findings in it, and the score after each step.

A score after a step is the score of the same sites with those of the step, and of the steps before it, owned by the
code, implied factors included: `score.py` again, nothing guessed. What a rewrite adds in sites of its own is not known
today and not counted.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from factorlint import score
from factorlint.factors import BY_NUMBER
from factorlint.model import Confidence, Finding, Owner, Report, Role, Site, Status, Verdict
from factorlint.model.plan import Plan, Promise, Step
from factorlint.neighbours import Neighbours, nearness
from factorlint.retrofit import BOUND, ELSEWHERE, LOOPS, PROMISES, STAGES, STOP, Stage
from factorlint.rewrite import sketch

PROJECT = 2  # folders that lead to one project of a tree that holds several: crews/newsroom, src/newsroom
_LOOP = re.compile(r"(?:async\s+)?(?:for|while|def)\b")
_ROLES = {Role.APP: 0, Role.NOTEBOOK: 1, Role.EXAMPLE: 2, Role.TEST: 3}
_SURE = {Confidence.HIGH: 0, Confidence.MEDIUM: 1, Confidence.LOW: 2}


def plan(report: Report) -> Plan:
    """The steps from REPORT to owned code; every new finding of a factor is in one of them."""
    found = [one for one in report.sites if _open(one)]
    leaves = any(one.site.check.code in LOOPS for one in found)
    groups = {stage.name: [one for one in found if _stage(one, leaves) == stage.name] for stage in STAGES}
    todo = [stage for stage in STAGES if groups[stage.name]]
    return Plan(
        version=report.version,
        summary=report.summary,
        steps=tuple(_steps(report, todo, groups)),
        idle=tuple(stage.title for stage in STAGES if not groups[stage.name]),
        aside=sum(bool(one.site.check.code) and one.status in _ASIDE for one in report.sites),
        problems=report.problems,
    )


_ASIDE = (Status.SUPPRESSED, Status.BASELINED)


def _steps(report: Report, todo: Sequence[Stage], groups: dict[str, list[Finding]]) -> Iterator[Step]:
    near = Neighbours(report.sites)
    pilot = _pilot(report.sites)
    owned: set[str] = set()
    before = report.verdicts
    for number, stage in enumerate(todo, 1):
        found = groups[stage.name]
        owned |= {one.fingerprint for one in found}
        after = _judged(report, owned)
        yield Step(
            number=number,
            name=stage.name,
            title=stage.title,
            why=stage.why,
            purpose=stage.purpose,
            findings=tuple(found),
            sketch=sketch(min(found, key=lambda one: _lead(one, stage, pilot)), near),
            promises=tuple(_promises(found)),
            score=after.summary.score,
            moved=tuple(_moved(before, after.verdicts)),
        )
        before = after.verdicts


def _open(finding: Finding) -> bool:
    return bool(finding.site.check.code) and finding.status is Status.NEW and BY_NUMBER[finding.site.factor].weight > 0


def _stage(finding: Finding, leaves: bool) -> str:
    """The stage that FINDING belongs to; LEAVES says whether a framework's loop is to come out at all."""
    code = finding.site.check.code or ""
    if code == BOUND and leaves and finding.site.framework and not _LOOP.match(finding.site.source):
        return "own-loop"  # the limit of a framework's loop goes with that loop: the own one counts
    return ELSEWHERE.get(code) or next(stage.name for stage in STAGES if finding.site.factor in stage.factors)


def _judged(report: Report, owned: Collection[str]) -> score.Judgement:
    """The figures of REPORT with the sites of the fingerprints OWNED in the hands of the code."""
    sites = [
        _owned(one.site) if one.fingerprint in owned else one.site for one in report.sites if one.site.factor <= 13
    ]
    files = report.summary.files
    return score.judge(sites, files, agent_code=report.summary.score is not None)


def _owned(site: Site) -> Site:
    implied = tuple((factor, Owner.CODE) for factor, _ in site.implied)
    return replace(site, owner=Owner.CODE, implied=implied)


def _moved(before: Sequence[Verdict], after: Sequence[Verdict]) -> Iterator[tuple[int, float, float]]:
    for old, new in zip(before, after, strict=True):
        if old.score is not None and new.score is not None and new.score - old.score > 1e-9:
            yield new.factor, old.score, new.score


def _promises(found: Sequence[Finding]) -> Iterator[Promise]:
    """What holds of the factors of FOUND; a stop before tools is a promise of its own."""
    stops = any(one.site.check.code in ELSEWHERE for one in found)
    factors = {one.site.factor for one in found if one.site.check.code not in ELSEWHERE}
    yield from (one for one in PROMISES if one.factor in factors)
    if stops:
        yield STOP


def _pilot(sites: Sequence[Finding]) -> Finding | None:
    """The run that the first moves stay near to, so that they belong to one agent: where least is to be done."""
    open_ones = [one for one in sites if _open(one)]
    runs = [one for one in open_ones if one.site.check.code in ("FL0801", "FL0601")]
    loops = [one for one in sites if one.site.check.name in ("owned-loop", "declared-graph")]
    weight: dict[str, int] = {}
    for one in open_ones:
        folder = one.site.path.rpartition("/")[0]
        weight[folder] = weight.get(folder, 0) + 1
    return min(
        runs or loops,
        key=lambda one: (_ROLES[one.site.role], weight.get(one.site.path.rpartition("/")[0], 0), _place(one)),
        default=None,
    )


def _lead(finding: Finding, stage: Stage, pilot: Finding | None) -> tuple[object, ...]:
    """Lowest for the site to begin with: in the pilot's part of the tree, by its check, near the pilot, the surest."""
    code = finding.site.check.code
    rank = stage.lead.index(code) if code in stage.lead else len(stage.lead)
    project = nearness(finding, pilot, folders=True) if pilot else 0
    close = nearness(finding, pilot) if pilot else 0
    role, sure = _ROLES[finding.site.role], _SURE[finding.site.confidence]
    return role, -min(project, PROJECT), rank, -close, sure, _place(finding)


def _place(finding: Finding) -> tuple[object, ...]:
    site = finding.site
    return site.path, site.cell or 0, site.span, site.check.id, finding.fingerprint
