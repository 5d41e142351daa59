"""A ranking of many trees as text, Markdown or JSON: the worst first, and what is most often the matter."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

from factorlint.factors import BY_NUMBER, DECISIVE
from factorlint.model.trees import Rank, Ranking, Tally
from factorlint.report import Look
from factorlint.report._paint import Line, paint, wrapped
from factorlint.report._text import clipped, counted, problem, safe
from factorlint.report.markdown import plain

FORMATS = ("text", "markdown", "json")
SCHEMA = "factorlint-fleet/1"
_CHECKS = 3  # of a tree, in a table; all of them are in JSON
_TOP = 10  # of the fleet


def render(name: str, ranking: Ranking, look: Look) -> str:
    """RANKING in the format NAME. Raises KeyError for an unknown NAME."""
    if name == "text":
        return paint(_text(ranking, look), look)
    return {"markdown": _markdown, "json": _json}[name](ranking)


def _json(ranking: Ranking) -> str:
    """The ranking whole; ``schema`` is versioned, fields are only ever added."""
    data: dict[str, object] = {"schema": SCHEMA, "tool": {"name": "factorlint", "version": ranking.version}}
    rows = dataclasses.asdict(ranking)
    for row in rows["ranks"]:
        row["checks"] = {one["code"]: one["findings"] for one in row["checks"]}
    data["ranking"] = [{"rank": number, **row} for number, row in enumerate(rows["ranks"], 1)]
    data["without_agent_code"] = list(ranking.silent)
    data["not_audited"] = [{"repo": p.path, "kind": p.kind, "message": p.message} for p in ranking.problems]
    data["decisive_owned_by_framework"] = {BY_NUMBER[number].code: count for number, count in _lost(ranking)}
    data["checks"] = rows["checks"]
    return json.dumps(data, indent=2) + "\n"


def _lost(ranking: Ranking) -> Iterator[tuple[int, int]]:
    """Each decisive factor, and in how many trees a framework owns it."""
    for number in sorted(DECISIVE):
        yield number, sum(number in one.framework for one in ranking.ranks)


def _head(ranking: Ranking) -> str:
    total = len(ranking.ranks) + len(ranking.silent) + len(ranking.problems)
    parts = (
        f"{len(ranking.ranks)} scored",
        f"{len(ranking.silent)} without agent code" if ranking.silent else "",
        f"{len(ranking.problems)} not audited" if ranking.problems else "",
    )
    return f"{counted(total, 'tree')}: {', '.join(part for part in parts if part)}"


def _owned(rank: Rank) -> str:
    return " ".join(f"F{number}" for number in rank.framework) or "none"


def _most(rank: Rank) -> str:
    return ", ".join(f"{one.findings} {one.code}" for one in rank.checks[:_CHECKS])


def _where(one: Tally) -> str:
    return f"{counted(one.findings, 'finding')} in {counted(one.trees, 'tree')}"


# -- text --------------------------------------------------------------------------------------------------------------


def _text(ranking: Ranking, look: Look) -> Iterator[Line]:
    yield Line((_head(ranking), "title"))
    yield from _table(ranking, look)
    if ranking.ranks:
        words = ", ".join(f"F{number} {BY_NUMBER[number].name} in {count}" for number, count in _lost(ranking))
        yield Line()
        yield from wrapped(words, look.width, lead="Owned by a framework: ", hang=2)
    if ranking.checks:
        yield Line()
        yield Line((f"Found most often{_of(ranking)}", "strong"))
        width = max(len(_where(one)) for one in ranking.checks[:_TOP])
        for one in ranking.checks[:_TOP]:
            yield Line((f"  {_where(one):{width}}  ", ""), (f"{one.code} {one.name}", "place"))
    if ranking.problems:
        yield Line()
        yield Line(("Not audited", "strong"))
        for bad in ranking.problems:
            yield Line((f"  {problem(bad, Look())}", "problem"))
    if ranking.silent:
        yield Line()
        yield from wrapped(safe(", ".join(ranking.silent)), look.width, lead="Without agent code: ", hang=2)


def _table(ranking: Ranking, look: Look) -> Iterator[Line]:
    if not ranking.ranks:
        return
    width = min(max(len("tree"), *(len(safe(one.repo)) for one in ranking.ranks)), max(20, look.width - 50))
    yield Line()
    yield Line((f"   #  score  {'tree':{width}}  framework owns  found most often", "dim"))
    for number, one in enumerate(ranking.ranks, 1):
        yield Line(
            (f"{number:4}  {one.score:5.1f}  ", ""),
            (f"{clipped(one.repo, width):{width}}  ", "strong"),
            (f"{_owned(one):14}  ", "framework" if one.framework else "code"),
            (_most(one), ""),
            (f" ({counted(one.failed, 'file')} not read)" if one.failed else "", "problem"),
        )


def _of(ranking: Ranking) -> str:
    return f" ({_TOP} of {len(ranking.checks)} checks)" if len(ranking.checks) > _TOP else ""


# -- Markdown ----------------------------------------------------------------------------------------------------------


def _markdown(ranking: Ranking) -> str:
    blocks = ["## factorlint: " + _head(ranking), *_sections(ranking)]
    return "\n\n".join(blocks) + "\n"


def _sections(ranking: Ranking) -> Iterator[str]:
    if ranking.ranks:
        rows = ["| # | score | tree | framework owns | found most often |", "| ---: | ---: | --- | --- | --- |"]
        for number, one in enumerate(ranking.ranks, 1):
            unread = f" ({counted(one.failed, 'file')} not read)" if one.failed else ""
            rows.append(f"| {number} | {one.score:.1f} | {plain(one.repo)}{unread} | {_owned(one)} | {_most(one)} |")
        yield "\n".join(rows)
        lost = [f"| F{number} {BY_NUMBER[number].title} | {count} |" for number, count in _lost(ranking)]
        yield "\n".join(["| decisive factor | trees in which a framework owns it |", "| --- | ---: |", *lost])
    if ranking.checks:
        rows = [f"| {one.code} {one.name} | {one.findings} | {one.trees} |" for one in ranking.checks[:_TOP]]
        yield "\n".join(
            [f"### Found most often{_of(ranking)}", "", "| check | findings | trees |", "| --- | ---: | ---: |", *rows]
        )
    if ranking.problems:
        yield "\n".join(["### Not audited", "", *(f"- {plain(problem(bad, Look()))}" for bad in ranking.problems)])
    if ranking.silent:
        yield f"Without agent code: {plain(', '.join(ranking.silent))}."
