"""The `junit` format: for CI systems that show test results. Errors and warnings fail, notes pass, problems are errors.

A run without findings is one test that passes, because an empty suite is an error to some readers.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from factorlint.model import Finding, Problem, Report, Severity
from factorlint.report import Look
from factorlint.report import _text as text


def render(report: Report, look: Look) -> str:
    """One suite, one test a finding or problem."""
    found = text.shown(report, look)
    problems = sorted(report.problems, key=text.problem_order)
    cases = [_finding(one, look) for one in found] + [_problem(one, look) for one in problems]
    cases = cases or ['    <testcase classname="factorlint" name="no findings"/>']
    counts = f'tests="{len(cases)}" failures="{sum(map(_fails, found))}" errors="{len(problems)}"'
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuites name="factorlint" {counts}>',
            f'  <testsuite name="factorlint" {counts}>',
            *cases,
            "  </testsuite>",
            "</testsuites>",
            "",
        )
    )


def _fails(finding: Finding) -> bool:
    return finding.site.check.severity in (Severity.ERROR, Severity.WARNING)


def _finding(finding: Finding, look: Look) -> str:
    site = finding.site
    message = text.folded(site.message)
    body = [f"{text.place(finding, look)}: {site.check.id} {message}", text.safe(site.source)]
    body += [f"Instead: {text.folded(site.advice)}"] if site.advice else []
    outcome = (
        _element("failure", body, type=site.check.id, message=message)
        if _fails(finding)
        else _element("system-out", body)
    )
    name = f"{site.check.id} {site.check.name} at {text.place(finding, look)}"
    return _case(name, site.path, site.span.line if site.cell is None else None, outcome, look)


def _problem(problem: Problem, look: Look) -> str:
    said = text.problem(problem, look)
    outcome = _element("error", [said], type=problem.kind, message=text.folded(problem.message))
    return _case(said, problem.path, problem.line, outcome, look)


def _case(name: str, path: str, line: int | None, outcome: str, look: Look) -> str:
    file = text.path(path, look)
    at = f' line="{line}"' if line is not None else ""
    head = f"    <testcase classname={quoteattr(file)} name={quoteattr(name)} file={quoteattr(file)}{at}>"
    return f"{head}\n      {outcome}\n    </testcase>"


def _element(tag: str, body: Iterable[str], **attributes: str) -> str:
    given = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    inner = escape("\n".join(line for line in body if line))
    return f"<{tag}{given}>{inner}</{tag}>"
