"""The `concise` format: one line a finding, as editors and `grep` like it."""

from __future__ import annotations

from factorlint.model import Finding, Report, Status
from factorlint.report import Look
from factorlint.report import _text as text


def render(report: Report, look: Look) -> str:
    """``path:line:col: FL0801 [high] message`` a finding, then the problems, then a count."""
    found = text.shown(report, look)
    lines = [_line(one, look) for one in found]
    lines += [text.problem(one, look) for one in sorted(report.problems, key=text.problem_order)]
    if look.verbose >= 0:
        lines.append(text.closing(report, look))
    return "".join(f"{line}\n" for line in lines)


def _line(finding: Finding, look: Look) -> str:
    site = finding.site
    aside = f" ({finding.status.value}{': ' + text.folded(finding.why) if finding.why else ''})"
    return (
        f"{text.place(finding, look)}: {site.check.id} [{site.confidence.value}] {text.folded(site.message)}"
        f"{aside if finding.status is not Status.NEW else ''}"
    )
