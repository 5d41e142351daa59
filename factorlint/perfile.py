"""``per-file-ignores``: globs of files and the rules that are not reported of them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from factorlint import gitignore, ignore
from factorlint.config import Settings
from factorlint.gitignore import Rules
from factorlint.keys import PerFile


@dataclass(frozen=True)
class Row:
    """One entry, its glob ready to match paths from the root (None: a glob that can match nothing)."""

    entry: PerFile
    rules: Rules | None

    def means(self, path: str) -> bool:
        """Whether the file at PATH, or a folder above it, is meant."""
        if self.rules is None:
            return False
        parts = path.split("/")
        folders = ("/".join(parts[:end]) for end in range(1, len(parts)))
        return bool(self.rules.ignores(path, False)) or any(self.rules.ignores(one, True) for one in folders)


def rows(root: Path, settings: Settings) -> tuple[Row, ...]:
    """The entries of SETTINGS for the tree at ROOT."""
    return tuple(_row(root, settings, entry) for entry in settings.per_file_ignores)


def _row(root: Path, settings: Settings, entry: PerFile) -> Row:
    patterns = ignore.read([entry.glob.removeprefix("./")])
    top = os.path.abspath(root)  # noqa: PTH100 - resolve() would follow links
    base = os.path.abspath(settings.base) if settings.base else top  # noqa: PTH100
    return Row(entry, gitignore.seen_from(base, top, patterns) if patterns else None)


def idle(made: Iterable[Row], used: Collection[str], present: Collection[str]) -> Iterator[str]:
    """What to say of entries that did nothing; USED are the globs that something was ignored by."""
    for row in made:
        if row.entry.glob in used:
            continue
        if not any(row.means(path) for path in present):
            yield f"per-file-ignores: no file that is read matches {row.entry.glob!r}"
        else:
            yield f"per-file-ignores: {row.entry.glob!r} has no finding of {', '.join(row.entry.rules)} to ignore"
