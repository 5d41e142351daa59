"""The `full` format: a frame a finding, with the code, why it matters, what to do instead, and where to read on."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint.factors import BY_NUMBER
from factorlint.model import Finding, Report, RuleInfo, Status
from factorlint.report import Look
from factorlint.report import _text as text
from factorlint.report._doc import why
from factorlint.report._paint import Line, paint, wrapped


def render(report: Report, look: Look) -> str:
    """The frames in order of place, then the problems, then a count."""
    rules = {info.factor: info for info in report.rules}
    lines: list[Line] = []
    for one in text.shown(report, look):
        lines += [*_frame(one, rules.get(one.site.factor), look), Line()]
    for problem in sorted(report.problems, key=text.problem_order):
        lines += wrapped(text.problem(problem, look), look.width, style="problem", hang=2)
    if report.problems and look.verbose >= 0:
        lines.append(Line())
    if look.verbose >= 0:
        lines += wrapped(text.closing(report, look), look.width)
    return paint(lines, look)


def _frame(finding: Finding, info: RuleInfo | None, look: Look) -> Iterator[Line]:
    site = finding.site
    severity = site.check.severity.value if site.check.severity else "note"
    status = "" if finding.status is Status.NEW else f", {finding.status.value}"
    yield Line(
        (f"{site.check.id} ", severity),
        (site.check.name, "strong"),
        (f" [{severity}, {site.confidence.value} confidence{status}]", "dim"),
    )
    yield from wrapped(text.folded(site.message), look.width, indent=2)
    number = str(site.span.line)
    margin = " " * len(number)
    yield Line((f"{margin}--> ", "dim"), (text.place(finding, look), "place"))
    if site.source:
        yield Line((f"{margin} |", "dim"))
        yield Line((f"{number} | ", "dim"), (text.clipped(site.source, look.width - len(number) - 3), ""))
        yield Line((f"{margin} |", "dim"))
    for label, words in _facts(finding, info):
        yield from wrapped(words, look.width, lead=f"{margin} = {label}: ", hang=len(margin) + 5)


def _facts(finding: Finding, info: RuleInfo | None) -> Iterator[tuple[str, str]]:
    site = finding.site
    if site.symbol:
        yield "symbol", text.symbol(site)
    if site.also:
        yield "also", text.also(site)
    if reason := why(info):
        yield "why", text.folded(reason)
    if site.advice:
        yield "instead", text.folded(site.advice)
    if finding.why:
        yield finding.status.value, text.folded(finding.why)
    yield "see", ", ".join(filter(None, (f"factorlint explain {site.check.id}", BY_NUMBER[site.factor].url)))
