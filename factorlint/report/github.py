"""The `github` format: workflow commands, which become annotations on the lines of a pull request.

GitHub shows ten errors, ten warnings and ten notices of a step and silently drops the rest: the most severe findings
come first, no more are written than are shown, and the last notice counts what was cut.
"""

from __future__ import annotations

from factorlint.model import Finding, Problem, Report, Severity
from factorlint.report import Look
from factorlint.report import _text as text

SHOWN = 10  # annotations of each level in a step
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice", None: "notice"}


def render(report: Report, look: Look) -> str:
    """Errors, warnings, notices; problems stand among the warnings, before the findings."""
    rows: dict[str, list[str]] = {"error": [], "warning": [], "notice": []}
    for problem in sorted(report.problems, key=text.problem_order):
        rows["error" if problem.kind == "rule-crash" else "warning"].append(_problem(problem, look))
    for finding in text.shown(report, look):
        rows[_LEVELS[finding.site.check.severity]].append(_finding(finding, look))
    most = {"error": SHOWN, "warning": SHOWN, "notice": SHOWN - 1}
    cut = {level: len(lines) - most[level] for level, lines in rows.items() if len(lines) > most[level]}
    lines = [f"::{level} {line}" for level, found in rows.items() for line in found[: most[level]]]
    if cut:
        counts = ", ".join(text.counted(count, level) for level, count in cut.items())
        lines.append(f"::notice title=factorlint::{_data(f'{counts} more, not shown here')}")
    return "".join(f"{line}\n" for line in lines)


def _finding(finding: Finding, look: Look) -> str:
    site = finding.site
    place = {"file": text.near(site.path, look)}
    where = ""
    if site.cell is None:
        place["line"] = str(site.span.line)
        place["endLine"] = str(site.span.end_line)
        if site.span.line == site.span.end_line:
            place |= {"col": str(site.span.column), "endColumn": str(max(site.span.end_column - 1, site.span.column))}
    else:
        where = f"cell {site.cell}, line {site.span.line}: "
    place["title"] = f"{site.check.id} {site.check.name}"
    advice = f"\n{text.folded(site.advice)}" if site.advice else ""
    return f"{_properties(place)}::{_data(where + text.folded(site.message) + advice)}"


def _problem(problem: Problem, look: Look) -> str:
    place = {"file": text.near(problem.path, look)}
    if problem.line is not None:
        place["line"] = str(problem.line)
    place["title"] = f"factorlint {problem.kind}"
    return f"{_properties(place)}::{_data(text.folded(problem.message))}"


def _properties(values: dict[str, str]) -> str:
    return ",".join(
        f"{name}={_data(text.safe(value)).replace(':', '%3A').replace(',', '%2C')}" for name, value in values.items()
    )


def _data(words: str) -> str:
    """WORDS so that nothing in them ends the command or begins another."""
    return words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
