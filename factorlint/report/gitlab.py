"""The `gitlab` format: a Code Quality report, shown in merge requests."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from factorlint.model import Finding, Problem, Report, Severity
from factorlint.report import Look
from factorlint.report import _text as text

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info", None: "info"}


def render(report: Report, look: Look) -> str:
    """Findings in the order of place, then problems, as one JSON list."""
    rows = [_finding(one, look) for one in text.shown(report, look)]
    rows += [_problem(one, look) for one in sorted(report.problems, key=text.problem_order)]
    return json.dumps(rows, indent=2) + "\n"


def _finding(finding: Finding, look: Look) -> dict[str, Any]:
    site = finding.site
    where = f"cell {site.cell}, line {site.span.line}: " if site.cell is not None else ""
    lines = {"begin": site.span.line, "end": site.span.end_line} if site.cell is None else {"begin": 1}
    return {
        "description": f"{site.check.id} {where}{text.folded(site.message)}",
        "check_name": f"{site.check.id} {site.check.name}",
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[site.check.severity],
        "location": {"path": text.path(site.path, look), "lines": lines},
    }


def _problem(problem: Problem, look: Look) -> dict[str, Any]:
    parts = (problem.path, problem.kind, problem.message)
    name = hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return {
        "description": f"{problem.kind}: {text.folded(problem.message)}",
        "check_name": f"problem {problem.kind}",
        "fingerprint": name,
        "severity": "critical" if problem.kind == "rule-crash" else "minor",
        "location": {"path": text.path(problem.path, look), "lines": {"begin": problem.line or 1}},
    }
