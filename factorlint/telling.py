"""What the rules found in a tree → a Report: judged, set aside where a comment says so, chosen by the settings."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from factorlint import __version__, adopt, catalog, perfile, score, sift, suppress
from factorlint.config import Settings
from factorlint.discover import Found
from factorlint.model import Files, Problem, Report, RuleInfo, Site
from factorlint.reading import Read

if TYPE_CHECKING:
    from factorlint.pins import Pins

Comments = tuple[suppress.Comment, ...]


def judge(
    texts: Read,
    analysed: int,
    sites: Sequence[Site],
    comments: Mapping[str, Comments],
    problems: Sequence[Problem],
    infos: Sequence[RuleInfo],
    pinned: Pins,
) -> Report:
    """Sites → verdicts and findings, marked where a comment sets them aside."""
    found = sift.findings(sites)
    failed = len({problem.path for problem in problems})
    files = Files(seen=len(texts.sources), analysed=analysed, failed=failed)
    crashed = {int(problem.message[2:4]) for problem in problems if problem.kind == "rule-crash"}
    unknown = (set(range(1, 14)) - {one.factor for one in infos}) | crashed
    strangers = tuple(sorted({site.stranger for site in sites if site.stranger}))
    agent_code = bool(texts.direct & texts.wanted or strangers)
    told = score.judge([one.site for one in found], files, agent_code=agent_code, unknown=unknown)
    marked, complaints = suppress.apply(found, comments, texts.sources, {one.path for one in problems})
    everything = sorted((*marked, *sift.findings(complaints)), key=sift.place)
    return Report(
        root=".",
        version=__version__,
        summary=replace(told.summary, strangers=strangers),
        verdicts=told.verdicts,
        sites=tuple(everything),
        problems=tuple(sorted(set(problems), key=adopt.problem_order)),
        rules=(*infos, suppress.INFO),
        notes=notes(sites, pinned),
        extra={"gains": dict(zip((one.fingerprint for one in found), told.gains, strict=True))},
    )


def choose(report: Report, root: Path, found: Found, texts: Read, settings: Settings) -> Report:
    """REPORT with what the settings hide marked, and a Problem for each of their globs that means nothing."""
    rows = perfile.rows(root, settings)
    severed = (replace(one, site=sift.severed(one.site, settings)) for one in report.sites)
    chosen = replace(report, sites=sift.sift(severed, settings, rows))
    if not settings.source or texts.wanted < texts.sources.keys():
        return chosen  # only a run over the whole tree can tell what a setting is good for
    dead = [one for one in found.idle if one in (*(settings.exclude or ()), *settings.extend_exclude)]
    said = [f"exclude: nothing matches {one!r}" for one in dead]
    said += perfile.idle(rows, sift.ignoring(report.sites, rows), texts.sources)
    name = os.path.relpath(settings.source, root).replace(os.sep, "/")
    told = (Problem(name, None, "configuration", one) for one in said)
    return replace(chosen, problems=tuple(sorted((*report.problems, *told), key=adopt.problem_order)))


def notes(sites: Sequence[Site], pinned: Pins) -> tuple[str, ...]:
    """What had to be assumed: the newest version of every framework that the tree pins nowhere."""
    versioned = {library.name for library in catalog.builtin().libraries if library.packages}  # the standard one is not
    assumed: dict[str, None] = {}
    for site in sites:
        if site.framework in versioned and site.framework and pinned.assumes(site.framework, site.path):
            assumed.setdefault(site.framework)
    if not assumed:
        return ()
    return (f"no version pinned for {', '.join(sorted(assumed))}: the newest known is taken",)
