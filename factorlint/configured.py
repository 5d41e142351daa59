"""What `factorlint config` prints: the settings and where each came from, the files and checks they leave."""

from __future__ import annotations

import enum
import json
from collections import Counter
from collections.abc import Iterable, Iterator

from factorlint.config import NAMES, Settings
from factorlint.discover import Found
from factorlint.keys import KEYS, Output
from factorlint.model import Check, Confidence, Owner, Role, RuleInfo, Site, Span
from factorlint.report._text import safe
from factorlint.sift import chosen

SCHEMA = "factorlint.schema.json"


def page(settings: Settings, found: Found, rules: Iterable[RuleInfo]) -> str:
    """SETTINGS key by key, then which of the FOUND files are read and which RULES report."""
    lines = [f"configuration: {settings.source or 'none'}", ""]
    lines += (f"{name:18} {_shown(_value(settings, name)):40} {_origin(settings, name)}".rstrip() for name in NAMES)
    lines += ["", *_files(settings, found), "", *_rules(settings, rules)]
    return "".join(f"{safe(line)}\n" for line in lines)


def schema() -> str:
    """The JSON Schema of ``factorlint.toml`` and of ``[tool.factorlint]``."""
    properties = {name: {"description": KEYS[name].help, **KEYS[name].kind.schema} for name in NAMES}
    told = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "factorlint",
        "description": "The settings in factorlint.toml, or under tool.factorlint in pyproject.toml.",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }
    return json.dumps(told, indent=2) + "\n"


def _value(settings: Settings, name: str) -> object:
    return getattr(settings, name.replace("-", "_"))


def _shown(value: object) -> str:
    if value is None or value == ():
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, Output):
        return f"{value.format}:{value.file}" if value.file else value.format
    if isinstance(value, tuple):
        return (":" if hasattr(value, "_fields") else ", ").join(map(_shown, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _origin(settings: Settings, name: str) -> str:
    if name in settings.flags:
        return "the command line"
    if name in settings.keys and settings.source:
        return settings.source.name
    return "default"


def _files(settings: Settings, found: Found) -> Iterator[str]:
    roles = Counter(one.role for one in found.files)
    tests = 0 if settings.include_tests else roles.pop(Role.TEST, 0)
    split = ", ".join(f"{roles[role]} {role.value}" for role in Role if roles[role])
    yield f"files read: {roles.total()}{f' ({split})' if split else ''}"
    if tests:
        yield f"  left out: {tests} test (include-tests)"
    for reason, count in found.others.items():
        yield f"  left out: {count} {reason}"


def _rules(settings: Settings, rules: Iterable[RuleInfo]) -> Iterator[str]:
    for info in rules:
        yield f"{info.code} {info.name}"
        for check in info.checks:
            if check.code:
                yield f"  {check.code} {check.name:32} {_state(info, check, settings)}"


def _state(info: RuleInfo, check: Check, settings: Settings) -> str:
    """What becomes of a sure finding of CHECK."""
    site = Site(check, info.factor, Owner.NOBODY, "", None, Span(1, 1, 1, 1), "", None, None, Confidence.HIGH, "", "")
    severity, why = chosen(site, settings)
    return f"off: {why}" if why else f"on, {severity.value if severity else 'note'}"
