"""Report + Settings → which gates are not met, and the exit code: the same for every format."""

from __future__ import annotations

from collections.abc import Sequence

from factorlint.config import Bar, Settings
from factorlint.model import Finding, Report, Severity, Status

CLEAN, UNMET, BROKEN, NOTHING, INTERRUPTED = 0, 1, 2, 3, 130
_LOUDNESS = {Bar.INFO: 0, Bar.WARNING: 1, Bar.ERROR: 2, Bar.NEVER: 3}


def unmet(report: Report, settings: Settings) -> tuple[str, ...]:
    """The gates of SETTINGS that REPORT does not meet, each in the words of the last line."""
    lines = (
        _findings(report.sites, settings.fail_on),
        _score(report, settings.fail_under),
        _stale(report.stale, settings.strict_baseline),
    )
    return tuple(line for line in lines if line)


def ending(report: Report, settings: Settings) -> tuple[int, str]:
    """The exit code and the line that says why it is not 0 (empty where it is)."""
    crashed = sorted({one.path for one in report.problems if one.kind == "rule-crash"})
    if crashed:
        return BROKEN, f"a rule crashed on {_some(crashed)}"
    if report.gates:
        return (CLEAN, "") if settings.exit_zero else (UNMET, "; ".join(report.gates))
    missing = sorted({one.path for one in report.problems if one.kind == "missing"})
    if missing:
        return NOTHING, f"no such file or folder: {_some(missing)}"
    if report.summary.files.seen == 0:
        return NOTHING, "nothing to check: no Python file found"
    return CLEAN, ""


def _findings(sites: Sequence[Finding], bar: Bar) -> str:
    loud = [one for one in sites if one.status is Status.NEW and _reaches(one.site.check.severity, bar)]
    if not loud:
        return ""
    return f"{len(loud)} finding{'s' * (len(loud) != 1)} of severity {bar.value}{' or above' * (bar is not Bar.ERROR)}"


def _reaches(severity: Severity | None, bar: Bar) -> bool:
    return severity is not None and _LOUDNESS[Bar(severity.value)] >= _LOUDNESS[bar]


def _score(report: Report, least: float | None) -> str:
    score = report.summary.score
    if least is None or score is None or score >= least:
        return ""
    return f"the score {score:.1f} is under {least:g} (--fail-under)"


def _stale(count: int, strict: bool) -> str:
    if not count or not strict:
        return ""
    return f"{count} baseline {'entry is' if count == 1 else 'entries are'} stale (--strict-baseline)"


def _some(paths: Sequence[str]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
