"""The `sarif` format, 2.1.0: for code scanning, editors, and whatever else collects results.

Lines of a notebook are counted inside its cells, which the format cannot say: such a result has no region, and the
cell and the line stand in its message.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from factorlint.factors import BY_NUMBER
from factorlint.model import Check, Finding, Problem, Report, RuleInfo, Severity, Site, Status
from factorlint.report import Look
from factorlint.report import _doc as doc
from factorlint.report import _text as text

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note", None: "none"}
_ROOT = "SRCROOT"
_BROKEN = "rule-crash"


def render(report: Report, look: Look) -> str:
    """REPORT as one SARIF log of one run; suppressed and baselined findings only if LOOK asks for them."""
    checks = [(info, check) for info in report.rules for check in info.checks if check.code]
    index = {check.code: number for number, (_, check) in enumerate(checks)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "factorlint",
                "version": report.version,
                "rules": [_rule(info, check) for info, check in checks],
            }
        },
        "automationDetails": {"id": "factorlint/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "the folder that factorlint was started in"}}},
        "invocations": [
            {
                "executionSuccessful": not any(one.kind == _BROKEN for one in report.problems),
                "toolExecutionNotifications": [
                    _notification(one, look) for one in sorted(report.problems, key=text.problem_order)
                ],
            }
        ],
        "results": [_result(one, index, look) for one in text.shown(report, look)],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(info: RuleInfo, check: Check) -> dict[str, Any]:
    parts = doc.sections(info.doc)
    pages = [f"## {name}\n\n{parts[name]}" for name in doc.HEADINGS if parts.get(name)]
    advice = f"Instead: {check.advice}\n\n" if check.advice else ""
    rule: dict[str, Any] = {
        "id": check.code,
        "name": check.name,
        "shortDescription": {"text": f"{BY_NUMBER[info.factor].title}: {check.name.replace('-', ' ')}"},
        "fullDescription": {"text": doc.why(info) or check.name},
        "help": {
            "text": f"{check.advice or check.name} See: factorlint explain {check.code}",
            "markdown": advice + "\n\n".join(pages) or check.name,
        },
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "properties": {"tags": ["agents", info.code, info.name]},
    }
    if BY_NUMBER[info.factor].url:
        rule["helpUri"] = BY_NUMBER[info.factor].url
    return rule


def _result(finding: Finding, index: dict[str | None, int], look: Look) -> dict[str, Any]:
    site = finding.site
    result: dict[str, Any] = {
        "ruleId": site.check.code,
        "level": _LEVELS[site.check.severity],
        "message": {"text": _message(site)},
        "locations": [
            {
                "physicalLocation": _place(site, look),
                "logicalLocations": [{"fullyQualifiedName": site.scope}],
            }
        ],
        "partialFingerprints": {"factorlint/v1": finding.fingerprint},
        "properties": {
            "owner": site.owner.value,
            "confidence": site.confidence.value,
            "factor": site.factor,
            "also": sorted(site.also),
            "symbol": site.symbol,
            "framework": site.framework,
            "cell": site.cell,
        },
    }
    if site.check.code in index:
        result["ruleIndex"] = index[site.check.code]
    if finding.status is not Status.NEW:
        kind = "inSource" if finding.status is Status.SUPPRESSED else "external"
        result["suppressions"] = [{"kind": kind, "justification": finding.why or finding.status.value}]
    return result


def _message(site: Site) -> str:
    where = f"cell {site.cell}, line {site.span.line}: " if site.cell is not None else ""
    return where + text.folded(site.message)


def _place(site: Site, look: Look) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": _file(site.path, look)}
    if site.cell is None:
        place["region"] = {
            "startLine": site.span.line,
            "startColumn": site.span.column,
            "endLine": site.span.end_line,
            "endColumn": site.span.end_column,
        }
        if site.source:
            place["region"]["snippet"] = {"text": text.safe(site.source)}
    return place


def _file(name: str, look: Look) -> dict[str, Any]:
    path = text.near(name, look)
    uri = quote(path.encode("utf-8", "surrogateescape"))
    return {"uri": f"file://{uri}"} if path.startswith("/") else {"uri": uri, "uriBaseId": _ROOT}


def _notification(problem: Problem, look: Look) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": _file(problem.path, look)}
    if problem.line is not None:
        place["region"] = {"startLine": max(problem.line, 1)}
    return {
        "descriptor": {"id": problem.kind},
        "level": "error" if problem.kind == _BROKEN else "warning",
        "message": {"text": text.folded(problem.message)},
        "locations": [{"physicalLocation": place}],
    }
