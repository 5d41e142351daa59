"""What surrounds a run beside the tree and the settings: texts that nobody saved yet, and who watches how far it is."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, TypeVar

from factorlint.discover import File, Found, role_of
from factorlint.model import Problem
from factorlint.packed import Packed

_Item = TypeVar("_Item")


class Watch(Protocol):
    """Hears how far a run is: WHAT is done to how many files; TOTAL is 0 while nobody knows."""

    def __call__(self, what: str, done: int, total: int) -> None: ...


def nobody(what: str, done: int, total: int) -> None:
    """Watches nothing."""


@dataclass(frozen=True)
class Around:
    """``unsaved`` are texts by path (posix, relative to the root) that stand for what is on the disk, or is not.

    ``told`` is what files (by path and digest) told in earlier runs; with ``remembers``, this one adds to it, and names
    in ``learned`` those that nobody had told of.
    """

    unsaved: Mapping[str, bytes] = field(default_factory=dict)
    watch: Watch = nobody
    told: dict[tuple[str, str], Packed | Problem] = field(default_factory=dict)
    learned: set[tuple[str, str]] = field(default_factory=set)
    remembers: bool = False

    def over(self, what: str, items: Iterable[_Item], total: int) -> Iterator[_Item]:
        """ITEMS, and the watch told of each that is done."""
        for done, one in enumerate(items):
            self.watch(what, done, total)
            yield one
        self.watch(what, total, total)

    def laid(self, found: Found, root: Path, asked: Collection[Path]) -> Found:
        """FOUND with the unsaved files that are not on the disk yet; those of ASKED (all without any) are wanted."""
        fresh = [path for path in self.unsaved if not os.path.lexists(root / path)]
        if not fresh:
            return found
        named = {os.path.relpath(one, root).replace(os.sep, "/") for one in asked}
        made = [File(path, root / path, role_of(path, path in named), not named or path in named) for path in fresh]
        return replace(
            found,
            files=tuple(sorted((*found.files, *made), key=lambda one: one.path)),
            problems=tuple(one for one in found.problems if one.kind != "missing" or one.path not in fresh),
        )


ALONE = Around()
