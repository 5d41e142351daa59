"""The `.gitignore` files that speak for a tree: found, read, and asked about a path."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from factorlint import ignore
from factorlint.files import no_detour
from factorlint.ignore import Patterns

NAME = ".gitignore"
_SIZE = 200_000  # bytes: more is no list that anybody keeps


class Rules(NamedTuple):
    """Patterns, and how a path of the tree reads from their folder: without STRIP characters, after PREFIX."""

    patterns: Patterns
    strip: int = 0
    prefix: str = ""

    def ignores(self, path: str, folder: bool) -> bool | None:
        """As `Patterns.ignores`, for a PATH relative to the root of the tree."""
        if len(path) <= self.strip:
            return None
        return self.patterns.ignores(self.prefix + path[self.strip :], folder)


def ignored(rules: Sequence[Rules], path: str, folder: bool) -> bool:
    """Whether the last of RULES (the nearest) that speaks of PATH takes it out."""
    for one in reversed(rules):
        verdict = one.ignores(path, folder)
        if verdict is not None:
            return verdict
    return False


def seen_from(folder: str, root: str, patterns: Patterns) -> Rules:
    """PATTERNS that FOLDER holds, for paths relative to ROOT; one of the two lies in the other."""
    below = relative(folder, root)
    if below is not None:
        return Rules(patterns, strip=len(below) + 1 if below else 0)
    above = relative(root, folder)
    return Rules(patterns, prefix=f"{above}/" if above else "")


def relative(path: str, root: str) -> str | None:
    """PATH from ROOT (both absolute), posix, "" for the root itself; None outside of it."""
    if path == root:
        return ""
    start = root if root.endswith(os.sep) else root + os.sep
    return path[len(start) :].replace(os.sep, "/") if path.startswith(start) else None


def inside(folder: str, root: str) -> list[Rules]:
    """What the `.gitignore` of FOLDER says, if it has one. A link is none, as for git."""
    try:
        with open(os.path.join(folder, NAME), "rb", opener=no_detour) as file:  # noqa: PTH118
            text = file.read(_SIZE)
    except OSError:
        return []
    patterns = ignore.read(text.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape").split("\n"))
    return [seen_from(folder, root, patterns)] if patterns else []


def above(root: str, start: str) -> list[Rules]:
    """What the `.gitignore` files above START (a folder of the tree) say, from the top of ROOT's repository on.

    A tree that the repository around it ignores is no part of it, and not bound by what it ignores elsewhere.
    """
    folders = _repository(root)
    if _outcast(folders, root):
        folders = []
    parts = start.split("/") if start else []
    folders += [os.path.join(root, *parts[:end]) for end in range(len(parts))]  # noqa: PTH118
    return [rules for folder in folders for rules in inside(folder, root)]


def _repository(root: str) -> list[str]:
    """The folders above ROOT, outermost first, from the top of the repository it lies in; none without one."""
    folders: list[str] = []
    here = root
    while not os.path.exists(os.path.join(here, ".git")):  # noqa: PTH110, PTH118
        here, last = os.path.dirname(here), here  # noqa: PTH120
        if here == last:
            return []
        folders.insert(0, here)
    return folders


def _outcast(folders: Sequence[str], root: str) -> bool:
    """Whether the repository that begins with the first of FOLDERS ignores ROOT, or a folder on the way to it."""
    seen: list[Rules] = []
    for folder, inner in zip(folders, [*folders, root][1:], strict=True):
        seen += inside(folder, folders[0])
        if ignored(seen, relative(inner, folders[0]) or "", folder=True):
            return True
    return False
