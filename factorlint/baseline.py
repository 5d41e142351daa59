"""Findings that a team has decided to live with for now: written once, recognised by what they are, not by their line.

An entry names the check, the file, the enclosing definition, the normalised source and which of several like it; so
findings survive code that moves, reformatting, and a file that is renamed. A file that is fixed at one place and gains
the like at another still shows the new one, unless both read the same in the same definition.
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from factorlint import files
from factorlint.config import ConfigError
from factorlint.model import Finding, Site, Status

SCHEMA = "factorlint-baseline/1"
NAME = "factorlint-baseline.json"
LIMIT = 50_000_000  # bytes
_FIELDS = {"check": str, "path": str, "scope": str, "source": str, "nth": int}


class BaselineError(ConfigError):
    """A baseline that is not there, is there already, or is none; the message names the file."""


@dataclass(frozen=True, order=True)
class Entry:
    """One known finding. ``path`` starts at the folder of the baseline, ``scope`` is empty for the module itself."""

    check: str
    path: str
    scope: str
    source: str
    nth: int = 1

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.check, self.path, self.scope, self.source)

    @property
    def moved(self) -> tuple[str, str, str]:
        """What a renamed file leaves as it was."""
        return (self.check, self.scope, self.source)


@dataclass(frozen=True)
class Match:
    """Which findings (by index) are known, by what entry, and the entries that nothing answers to any more."""

    known: dict[int, Entry]
    idle: tuple[Entry, ...]


def entry(site: Site, prefix: str = "") -> Entry:
    """What SITE is recognised by; PREFIX leads from the baseline's folder to the report's root ("" or "a/b/")."""
    stem = site.path.rpartition("/")[2].rpartition(".")[0]
    scope = site.scope.removeprefix(stem).removeprefix(".")
    return Entry(site.check.id, prefix + site.path, scope, site.content or " ".join(site.source.split()))


def entries(found: Iterable[Finding], prefix: str = "") -> tuple[Entry, ...]:
    """What is to be known of FOUND: every finding that no comment sets aside, those below the bar too."""
    return numbered(entry(one.site, prefix) for one in found if _counts(one))


def numbered(rows: Iterable[Entry]) -> tuple[Entry, ...]:
    """ROWS sorted, those that are alike numbered from 1."""
    seen: Counter[tuple[str, ...]] = Counter()
    made = []
    for one in sorted(replace(row, nth=1) for row in rows):
        seen[one.key] += 1
        made.append(replace(one, nth=seen[one.key]))
    return tuple(made)


def match(found: Sequence[Finding], known: Iterable[Entry], present: Collection[str], prefix: str = "") -> Match:
    """FOUND against what is KNOWN; an entry whose file is not among PRESENT may answer for the same in another file."""
    left: defaultdict[tuple[str, ...], list[Entry]] = defaultdict(list)
    for one in sorted(known, reverse=True):
        left[one.key].append(one)
    hits: dict[int, Entry] = {}
    rows = [(index, entry(one.site, prefix)) for index, one in enumerate(found) if _counts(one)]
    for index, row in rows:
        if left[row.key]:
            hits[index] = left[row.key].pop()
    gone: defaultdict[tuple[str, ...], list[Entry]] = defaultdict(list)
    for one in sorted((one for rest in left.values() for one in rest), reverse=True):
        if one.path not in present:
            gone[one.moved].append(one)
    for index, row in rows:
        if index not in hits and gone[row.moved]:
            hits[index] = gone[row.moved].pop()
    used = set(hits.values())
    return Match(hits, tuple(sorted(one for rest in left.values() for one in rest if one not in used)))


def marked(found: Sequence[Finding], told: Match, why: str) -> tuple[Finding, ...]:
    """FOUND with status baselined on those new ones that are known, and WHY."""
    return tuple(
        replace(one, status=Status.BASELINED, why=why) if index in told.known and one.status is Status.NEW else one
        for index, one in enumerate(found)
    )


def prefix(root: Path, file: Path) -> str:
    """What leads from the folder of the baseline FILE to ROOT, before the path of a site: "" or "a/b/"."""
    between = os.path.relpath(os.path.realpath(root), os.path.realpath(file.parent))
    return "" if between == "." else f"{between}/".replace(os.sep, "/")


def read(path: Path) -> tuple[Entry, ...]:
    """The entries of the baseline at PATH. Raises BaselineError."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(LIMIT + 1)
    except OSError as error:
        raise BaselineError(f"the baseline {path} cannot be read: {error.strerror}") from None
    if len(raw) > LIMIT:
        raise BaselineError(f"the baseline {path} has more than {LIMIT:,} bytes")
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"the baseline {path} is no JSON: {error}") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA or not isinstance(data.get("findings"), list):
        raise BaselineError(f"{path} is no baseline of schema {SCHEMA}")
    return tuple(_loaded(path, row) for row in data["findings"])


def text(rows: Iterable[Entry]) -> str:
    """ROWS as a baseline: sorted, one a line, so that a version control system shows and merges them well."""
    lines = ",\n".join(json.dumps(asdict(one)) for one in numbered(rows))
    return f'{{"schema": "{SCHEMA}", "findings": [\n{lines}{chr(10) if lines else ""}]}}\n'


def write(path: Path, rows: Iterable[Entry]) -> None:
    """Write ROWS over the baseline at PATH. Raises BaselineError."""
    try:
        files.write(path, text(rows).encode())
    except OSError as error:
        raise BaselineError(f"{path} cannot be written: {error.strerror}") from None


def create(path: Path, rows: Iterable[Entry]) -> None:
    """Write a new baseline; one that is there already is never overwritten. Raises BaselineError."""
    try:
        files.create(path, text(rows).encode())
    except FileExistsError:
        raise BaselineError(f"{path} exists: 'factorlint baseline update' removes from it what is fixed") from None
    except OSError as error:
        raise BaselineError(f"{path} cannot be written: {error.strerror}") from None


def _counts(finding: Finding) -> bool:
    return bool(finding.site.check.code) and finding.status is not Status.SUPPRESSED


def _loaded(path: Path, row: object) -> Entry:
    if not isinstance(row, dict) or set(row) != set(_FIELDS):
        raise BaselineError(f"{path}: an entry needs {', '.join(_FIELDS)}, not {str(row)[:80]}")
    wrong = [name for name, kind in _FIELDS.items() if type(row[name]) is not kind]
    if wrong:
        raise BaselineError(f"{path}: {wrong[0]} of an entry is {row[wrong[0]]!r}")
    return Entry(**row)
