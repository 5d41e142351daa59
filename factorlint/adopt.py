"""What was known before: a report against a baseline or an earlier revision. Findings are marked, never dropped."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from factorlint import baseline
from factorlint.baseline import Entry, Match
from factorlint.model import Problem, Report

_NAMED = 3  # stale entries of one file that are spelt out


@dataclass(frozen=True)
class Examined:
    """The report on a tree by itself, and which files it is about: those that were there, those that were asked for."""

    report: Report
    present: frozenset[str]
    wanted: frozenset[str]


def forget(report: Report, present: Collection[str], known: Sequence[Entry], why: str) -> Report:
    """REPORT with status baselined, and WHY, on what an earlier revision had already."""
    told = baseline.match(report.sites, known, present)
    return replace(report, sites=baseline.marked(report.sites, told, why))


def compare(told: Examined, known: Sequence[Entry], prefix: str) -> Report:
    """The report with status baselined on what the baseline KNOWS, and a Problem for each file with stale entries."""
    report = told.report
    match = _match(told, known, prefix)
    idle = _stale(told, match, prefix)
    problems = sorted((*report.problems, *_problems(idle, prefix)), key=problem_order)
    sites = baseline.marked(report.sites, match, "in the baseline")
    return replace(report, sites=sites, problems=tuple(problems), stale=len(idle))


def update(told: Examined, known: Sequence[Entry], prefix: str) -> tuple[Entry, ...]:
    """What an update leaves of KNOWN: nothing that is stale, and the present names of files that were renamed."""
    match = _match(told, known, prefix)
    gone = set(_stale(told, match, prefix))
    now = (replace(one, path=prefix + told.report.sites[index].site.path) for index, one in match.known.items())
    return baseline.numbered((*now, *(one for one in match.idle if one not in gone)))


def problem_order(one: Problem) -> tuple[object, ...]:
    """What problems are ordered by."""
    return (one.path, one.line or 0, one.kind, one.message)


def _match(told: Examined, known: Sequence[Entry], prefix: str) -> Match:
    return baseline.match(told.report.sites, known, {prefix + path for path in told.present}, prefix)


def _stale(told: Examined, match: Match, prefix: str) -> tuple[Entry, ...]:
    """The idle entries of files that were looked at and found without what they say.

    That of a file which is not there is one only when everything was asked for; of a file with a problem, none is.
    """
    doubtful = {one.path for one in told.report.problems}
    whole = told.present <= told.wanted

    def stale(path: str) -> bool:
        inside = path.startswith(prefix)
        name = path.removeprefix(prefix)
        return inside and name not in doubtful and (name in told.wanted or (whole and name not in told.present))

    return tuple(one for one in match.idle if stale(one.path))


def _problems(rows: Iterable[Entry], prefix: str) -> Iterator[Problem]:
    files: dict[str, list[str]] = {}
    for one in rows:
        files.setdefault(one.path, []).append(f"{one.check} in {one.scope}" if one.scope else one.check)
    for path, said in sorted(files.items()):
        more = f" and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
        what = f"no longer found: {', '.join(said[:_NAMED])}{more}"
        message = f"{what}; 'factorlint baseline update' removes what is fixed"
        yield Problem(path.removeprefix(prefix), None, "stale-baseline", message)
