"""The `markdown` format: for a step summary or a comment on a pull request, short enough for both."""

from __future__ import annotations

import re
from collections.abc import Iterator

from factorlint.factors import BY_NUMBER, DECISIVE
from factorlint.model import Finding, Report, Severity, Status
from factorlint.report import Look, _chart
from factorlint.report import _text as text
from factorlint.report._moves import moves

PLACES = 3  # named of each first move
MOST = 50  # findings and problems named; a comment may have 65,536 characters
_LOUDNESS = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2, None: 3}
_ACTIVE = re.compile(r"(^\d+)(?=[.)])|[\\`*_\[\]#|~]|^[-+]")


def render(report: Report, look: Look) -> str:
    """The verdict, the score a factor, what to do first, the findings by severity, the problems."""
    parts = [_head(report), _factors(report), _first(report, look), _findings(report, look), _problems(report, look)]
    blocks = ["\n".join(lines) for part in parts if (lines := list(part))]
    return "\n\n".join(blocks) + "\n"


def _head(report: Report) -> Iterator[str]:
    summary = report.summary
    score = f": {summary.score:.0f} of 100" if summary.score is not None else ""
    yield f"## factorlint{score}"
    yield ""
    yield plain(summary.verdict[:1].upper() + summary.verdict[1:]) + "."
    if report.gates:
        yield ""
        yield "**Not met:** " + plain("; ".join(report.gates)) + "."


def _factors(report: Report) -> Iterator[str]:
    rows = _chart.scored(report.verdicts)
    if not rows:
        return
    yield "| factor | score | who owns it | code | shared | framework | nobody |"
    yield "| --- | ---: | --- | ---: | ---: | ---: | ---: |"
    for one in rows:
        known = BY_NUMBER[one.factor]
        star = " ★" if one.factor in DECISIVE else ""
        counts = " | ".join(f"{one.owners.get(owner, 0):g}" for owner in _chart.OWNERS)
        bar = _chart.blocks(one.owners, 10)
        yield f"| [F{one.factor} {known.title}]({known.url}){star} | {one.score:.0f} | {bar} | {counts} |"


def _first(report: Report, look: Look) -> Iterator[str]:
    found = moves(report)
    if not found:
        return
    yield "### What to do first"
    yield ""
    for number, move in enumerate(found, 1):
        sites = text.counted(len(move.findings), "site")
        gain = f", {move.gain:+.1f} points" if move.gain >= 0.05 else ""
        yield f"{number}. **{move.check.id} {move.check.name}** ({sites}{gain}): {plain(move.advice)}"
        named = ", ".join(plain(text.place(one, look)) for one in move.findings[:PLACES])
        more = len(move.findings) - PLACES
        yield f"   {named}{f' and {more} more' if more > 0 else ''}"
    yield ""
    yield "The whole way, step by step: `factorlint plan`"


def _findings(report: Report, look: Look) -> Iterator[str]:
    found = sorted(text.shown(report, look), key=lambda one: (_LOUDNESS[one.site.check.severity], text.order(one)))
    yield f"### {plain(text.tally(found)).capitalize()}"
    aside = text.hidden(report, look)
    if aside:
        yield ""
        yield f"Not shown: {plain(aside)}."
    if not found:
        return
    yield ""
    yield "| severity | check | place | finding |"
    yield "| --- | --- | --- | --- |"
    yield from (_row(one, look) for one in found[:MOST])
    if len(found) > MOST:
        yield ""
        yield f"And {len(found) - MOST} more."


def _row(finding: Finding, look: Look) -> str:
    site = finding.site
    severity = site.check.severity.value if site.check.severity else "note"
    status = f" ({finding.status.value})" if finding.status is not Status.NEW else ""
    return (
        f"| {severity}{status} | {site.check.id} {site.check.name} | {plain(text.place(finding, look))} "
        f"| {plain(site.message)} |"
    )


def _problems(report: Report, look: Look) -> Iterator[str]:
    if not report.problems:
        return
    yield f"### {text.counted(len(report.problems), 'problem')}: not read or not judged"
    yield ""
    ordered = sorted(report.problems, key=text.problem_order)
    yield from (f"- {plain(text.problem(one, look))}" for one in ordered[:MOST])
    if len(ordered) > MOST:
        yield f"- and {len(ordered) - MOST} more"


def plain(words: str) -> str:
    """WORDS with nothing that Markdown, HTML or a mention would take for its own."""
    line = _ACTIVE.sub(lambda found: f"{found[0]}\\" if found[1] else f"\\{found[0]}", text.folded(words))
    for raw, shown in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("@", "&#64;")):
        line = line.replace(raw, shown)
    return line.replace("://", ":&#8203;//")
