"""Report + Settings → which gates are not met, and the exit code: the same for every format."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from factorlint.config import Settings
from factorlint.keys import Bar, ConfigError, Demand
from factorlint.model import Finding, Owner, Report, Severity, Status

CLEAN, UNMET, BROKEN, NOTHING, INTERRUPTED = 0, 1, 2, 3, 130
LIMIT = 500_000_000  # bytes of an earlier report
_LOUDNESS = {Bar.INFO: 0, Bar.WARNING: 1, Bar.ERROR: 2, Bar.NEVER: 3}


Scores = Mapping[str, float]  # by factor code, and "" for the whole; factors without a site are left out


def unmet(report: Report, settings: Settings, before: Scores | None = None) -> tuple[str, ...]:
    """The gates of SETTINGS that REPORT does not meet, each in the words of the last line.

    BEFORE are the scores that none may fall below.
    """
    lines = (
        _findings(report.sites, settings.fail_on),
        _score(report, settings.fail_under),
        *(_demand(report, one) for one in settings.require),
        *(_fallen(scores(report), before or {})),
        _stale(report.stale, settings.strict_baseline),
    )
    return tuple(line for line in lines if line)


def scores(report: Report) -> dict[str, float]:
    """The scores of REPORT as its JSON says them."""
    rows = {one.code: one.score for one in report.verdicts} | {"": report.summary.score}
    return {code: round(score, 1) for code, score in rows.items() if score is not None}


def read_scores(path: Path) -> dict[str, float]:
    """The scores in the JSON report at PATH. Raises ConfigError."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(LIMIT + 1)
        if len(raw) > LIMIT:
            raise ConfigError(f"--no-regress {path}: over {LIMIT:,} bytes")
        data = json.loads(raw)
        rows = {one["code"]: one["score"] for one in data["factors"]} | {"": data["summary"]["score"]}
        return {str(code): float(score) for code, score in rows.items() if score is not None}
    except OSError as error:
        raise ConfigError(f"--no-regress {path}: {error.strerror}") from None
    except ConfigError:
        raise
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise ConfigError(f"--no-regress {path}: no report of the json format") from None


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


def _demand(report: Report, wanted: Demand) -> str:
    """A factor without a site is owned by nobody else, and so meets every demand."""
    enough = (Owner.CODE, Owner.SHARED) if wanted.owner is Owner.SHARED else (Owner.CODE,)
    for one in report.verdicts:
        if one.code == wanted.code and one.owner is not None and one.owner not in enough:
            return f"{one.code} {one.name} is owned by {one.owner.value}, not by {wanted.owner.value} (--require)"
    return ""


def _fallen(now: Scores, before: Scores) -> Iterator[str]:
    for code, score in sorted(before.items()):
        if code in now and now[code] < score:
            yield f"{code or 'the score'} fell from {score:.1f} to {now[code]:.1f} (--no-regress)"


def _stale(count: int, strict: bool) -> str:
    if not count or not strict:
        return ""
    return f"{count} baseline {'entry is' if count == 1 else 'entries are'} stale (--strict-baseline)"


def _some(paths: Sequence[str]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
