"""Sites → Findings: number them, and mark what the settings put below the bar. Nothing is ever dropped."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from factorlint.config import Persona, Settings
from factorlint.factors import BY_NUMBER
from factorlint.model import Confidence, Finding, RuleInfo, Severity, Site, Status
from factorlint.perfile import Row

_CONFIDENCE = {Confidence.LOW: 0, Confidence.MEDIUM: 1, Confidence.HIGH: 2}
_SEVERITY = {Severity.INFO: 0, Severity.WARNING: 1, Severity.ERROR: 2}


def findings(sites: Iterable[Site]) -> tuple[Finding, ...]:
    """SITES in order of place, each with its fingerprint and status new."""
    ordered = sorted(sites, key=_place)
    seen: Counter[tuple[str, ...]] = Counter()
    numbered = []
    for site in ordered:
        key = _key(site)
        seen[key] += 1
        numbered.append(Finding(site, fingerprint(key, seen[key])))
    return tuple(numbered)


def fingerprint(key: Sequence[str], nth: int) -> str:
    """16 hex digits for the NTH occurrence of KEY; a function of neither line nor severity, so code above may move."""
    text = "\0".join((*key, str(nth)))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def sift(found: Iterable[Finding], settings: Settings, rows: Sequence[Row] = ()) -> tuple[Finding, ...]:
    """FOUND with status below, and the reason, on everything new that SETTINGS or the per-file ignores ROWS hide."""
    return tuple(_sifted(one, settings, rows) for one in found)


def severed(site: Site, settings: Settings) -> Site:
    """SITE with the severity that SETTINGS give to its check; the most specific word wins, of equals the last."""
    said = [(_reach(one.rule, site), number, one.severity) for number, one in enumerate(settings.severity)]
    reach, _, severity = max(said, default=(0, 0, site.check.severity))
    if not reach or site.check.code is None:
        return site
    return replace(site, check=replace(site.check, severity=severity))


def chosen(site: Site, settings: Settings) -> tuple[Severity | None, str]:
    """The severity that SETTINGS leave to SITE, and why they hide it (empty if they do not)."""
    known = severed(site, settings)
    return known.check.severity, _below(known, settings, ())


def ignoring(found: Iterable[Finding], rows: Sequence[Row]) -> set[str]:
    """The globs of those ROWS that have something of FOUND to ignore."""
    return {row.entry.glob for one in found if one.site.check.code for row in rows if _spared(one.site, row)}


def place(finding: Finding) -> tuple[object, ...]:
    """What findings are ordered by."""
    return _place(finding.site)


def strangers(words: Iterable[str], rules: Iterable[RuleInfo]) -> list[str]:
    """Those of WORDS (of ``select`` and ``ignore``) that mean no rule or check of RULES."""
    rules = tuple(rules)
    codes = {info.code for info in rules} | {one.code for info in rules for one in info.checks if one.code}
    names = {"ALL"} | {info.name for info in rules} | {one.name for info in rules for one in info.checks}
    return [word for word in words if word not in names and not any(code.startswith(word) for code in codes)]


def _sifted(finding: Finding, settings: Settings, rows: Sequence[Row]) -> Finding:
    if finding.status is not Status.NEW:
        return finding
    why = _below(finding.site, settings, rows)
    return replace(finding, status=Status.BELOW, why=why) if why else finding


def _below(site: Site, settings: Settings, rows: Sequence[Row]) -> str:
    if not _selected(site, settings):
        return "not selected"
    if site.check.code and any(_spared(site, row) for row in rows):
        return "ignored in their files"
    if _CONFIDENCE[site.confidence] < _CONFIDENCE[settings.min_confidence]:
        return f"{site.confidence.value} confidence"
    severity = site.check.severity
    if severity is not None and _SEVERITY[severity] < _SEVERITY[settings.min_severity]:
        return f"severity {severity.value}"
    if site.check.absence and settings.persona is not Persona.AUDITOR:
        return "only for auditors"
    return ""


def _selected(site: Site, settings: Settings) -> bool:
    """The more specific word wins; of two equally specific ones, ``ignore``."""
    wanted = max((_reach(word, site) for word in settings.select), default=1)
    wanted = max(max((_reach(word, site) for word in settings.extend_select), default=0), wanted)
    return wanted > max((_reach(word, site) for word in settings.ignore), default=0)


def _spared(site: Site, row: Row) -> bool:
    return row.means(site.path) and any(_reach(word, site) for word in row.entry.rules)


def _reach(word: str, site: Site) -> int:
    """How specifically WORD means SITE: 0 not at all, up to 7 for its check."""
    factor = BY_NUMBER[site.factor]
    if word == "ALL":
        return 1
    if word in (site.check.code, site.check.name):
        return 7
    if word == factor.name:
        return len(factor.code)
    code = site.check.code or factor.code
    return len(word) if word and code.startswith(word) else 0


def _key(site: Site) -> tuple[str, ...]:
    return (site.check.id, site.path, site.scope, site.content or " ".join(site.source.split()))


def _place(site: Site) -> tuple[object, ...]:
    return (site.path, site.cell or 0, site.span, site.factor, site.check.id, site.symbol or "", site.message)
