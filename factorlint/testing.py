"""Fixtures with expectations on their lines: what `tests/` runs, and what rule authors run on theirs.

``# expect: FL0801, owned-loop`` names exactly the sites of a line; ``# ok: FL0801`` says that the line looks like one
and is none; ``# todo: FL0801`` is a known miss, counted and no failure. The line is the first of the reported node.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from factorlint.config import Bar, Persona, Settings
from factorlint.model import Confidence, Report

_MARK = re.compile(r"#.*?\b(expect|ok|todo):\s*([A-Za-z0-9_,\- ]+)")


@dataclass(frozen=True, order=True)
class Expectation:
    """One check on one line of one file."""

    path: str
    line: int
    check: str
    kind: str = "expect"


@dataclass(frozen=True)
class Outcome:
    """What one folder came to. It holds when ``missing`` and ``surplus`` are empty."""

    missing: tuple[Expectation, ...]
    surplus: tuple[Expectation, ...]
    todo: tuple[Expectation, ...]
    problems: tuple[str, ...]


def expectations(root: Path) -> tuple[Expectation, ...]:
    """The expectations written in the Python files under ROOT."""
    found = []
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
            match = _MARK.match(token.string) if token.type == tokenize.COMMENT else None
            if match:
                checks = [one.strip() for one in match[2].split(",") if one.strip()]
                found += [Expectation(name, token.start[0], check, match[1]) for check in checks]
    return tuple(found)


def run(root: Path, checks: Collection[str] | None = None, plugins: Sequence[str] = ()) -> Outcome:
    """Audit ROOT and hold the report against the expectations; CHECKS limits both to some codes and slugs.

    PLUGINS bring further rules. Raises as ``run.audit`` does.
    """
    from factorlint import run as story

    settings = Settings(
        persona=Persona.AUDITOR, fail_on=Bar.NEVER, include_tests=True, exclude=(), jobs=1, plugin=tuple(plugins)
    )
    report = story.audit(root, [root], settings)
    return compare(expectations(root), sites(report), checks, report)


def lines(outcome: Outcome) -> Iterator[str]:
    """What `factorlint test` prints of OUTCOME, one thing a line."""
    for one in outcome.missing:
        yield f"{one.path}:{one.line}: expected {one.check}, which was not found"
    for one in outcome.surplus:
        yield f"{one.path}:{one.line}: found {one.check}, which was not expected"
    yield from outcome.problems


def sites(report: Report) -> list[Expectation]:
    """The sites of a report above low confidence, as expectations."""
    return [
        Expectation(one.site.path, one.site.span.line, one.site.check.id)
        for one in report.sites
        if one.site.confidence is not Confidence.LOW
    ]


def compare(
    wanted: Iterable[Expectation], found: Iterable[Expectation], checks: Collection[str] | None, report: Report
) -> Outcome:
    """Expectations against sites, each counted as often as it stands."""
    rows = [one for one in wanted if checks is None or one.check in checks]
    todo = {Expectation(one.path, one.line, one.check) for one in rows if one.kind == "todo"}
    missing = [Expectation(one.path, one.line, one.check) for one in rows if one.kind == "expect"]
    surplus = []
    for site in sorted(found):
        if checks is not None and site.check not in checks:
            continue
        if site in missing:
            missing.remove(site)
        elif site not in todo:
            surplus.append(site)
    problems = tuple(f"{one.path}: {one.kind}: {one.message}" for one in report.problems)
    return Outcome(tuple(missing), tuple(surplus), tuple(sorted(todo)), problems)
