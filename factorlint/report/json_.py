"""The `json` format, schema ``factorlint/1``: fields are only ever added; sorted, the same bytes for the same input."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from factorlint.model import Finding, Owner, Problem, Report, Summary, Verdict
from factorlint.report import Look
from factorlint.report._text import order, problem_order

SCHEMA = "factorlint/1"


def render(report: Report, look: Look) -> str:
    """REPORT as one JSON document; pure ASCII, so that no path or symbol in it can steer a terminal."""
    return json.dumps(document(report), indent=2) + "\n"


def document(report: Report) -> dict[str, Any]:
    """REPORT as plain data in the shape of the schema."""
    return {
        "schema": SCHEMA,
        "tool": tool(report),
        "root": report.root,
        "summary": summary(report.summary),
        "factors": [factor(one) for one in sorted(report.verdicts, key=lambda one: one.factor)],
        "sites": [site(one) for one in sorted(report.sites, key=order)],
        "problems": [problem(one) for one in sorted(report.problems, key=problem_order)],
    }


def tool(report: Report) -> dict[str, Any]:
    """Who made the report."""
    return {"name": "factorlint", "version": report.version}


def summary(one: Summary) -> dict[str, Any]:
    """The tree in one object."""
    return {
        "score": _rounded(one.score),
        "coverage": {"scored": one.scored, "not_applicable": one.not_applicable, "unknown": one.unknown},
        "decisive_owned_by_framework": one.decisive_owned_by_framework,
        "verdict": one.verdict,
        "owners": _owners(one.owners),
        "files": {"seen": one.files.seen, "analysed": one.files.analysed, "failed": one.files.failed},
        "unknown_agent_libraries": list(one.strangers),
    }


def factor(verdict: Verdict) -> dict[str, Any]:
    """One factor."""
    return {
        "factor": verdict.factor,
        "code": verdict.code,
        "name": verdict.name,
        "weight": _whole(verdict.weight),
        "score": _rounded(verdict.score),
        "owner": verdict.owner.value if verdict.owner else "none",
        "owners": _owners(verdict.owners),
    }


def site(finding: Finding) -> dict[str, Any]:
    """One site, evidence included; the path starts at the report's root."""
    site = finding.site
    return {
        "code": site.check.code,
        "name": site.check.name,
        "factor": site.factor,
        "owner": site.owner.value,
        "severity": site.check.severity.value if site.check.severity else None,
        "confidence": site.confidence.value,
        "path": site.path,
        "cell": site.cell,
        "line": site.span.line,
        "column": site.span.column,
        "end_line": site.span.end_line,
        "end_column": site.span.end_column,
        "scope": site.scope,
        "symbol": site.symbol,
        "framework": site.framework,
        "also": sorted(site.also),
        "message": site.message,
        "advice": site.advice,
        "fingerprint": finding.fingerprint,
        "content": site.content,
        "status": finding.status.value,
        "fixable": site.fix is not None,
    }


def problem(one: Problem) -> dict[str, Any]:
    """One thing that was not read or not judged."""
    return {"path": one.path, "line": one.line, "kind": one.kind, "message": one.message}


def _owners(owners: Mapping[Owner, float]) -> dict[str, Any]:
    return {owner.value: _whole(owners.get(owner, 0)) for owner in Owner}


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 1)


def _whole(number: float) -> float:
    return int(number) if number == int(number) else number
