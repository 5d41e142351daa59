"""The pattern language of `.gitignore`: which of a folder's entries a list of patterns takes out.

Written here because a pattern is text of the audited tree: matching has to be linear, and translating `*a*a*a*a*b`
to one regular expression (as libraries do) hangs on a single long file name. A pattern is cut into its segments, each
of which `fnmatch` translates without backtracking, and only the entry itself is matched, as git does, never what
lies below it: who walks a tree has already left out the folders that are ignored.
"""

from __future__ import annotations

import fnmatch
import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_TO_END = "**"
_LONGEST = 1_000  # characters of a line that can be meant as a pattern
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "digit": "0-9",
    "lower": "a-z",
    "punct": "!-/:-@\\[-`{-~",
    "space": " \t\r\n\v\f",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}


class Pattern(NamedTuple):
    """One line. ``segments`` are matched one to one, but for ``**``, which stands for any number of folders."""

    segments: tuple[str, ...]
    negated: bool
    folders_only: bool


class Patterns(NamedTuple):
    """A list of patterns, the last match decides. ``names`` and ``globs`` tell cheaply that nothing can match."""

    patterns: tuple[Pattern, ...]
    names: frozenset[str]
    globs: re.Pattern[str] | None

    def ignores(self, path: str, folder: bool) -> bool | None:
        """Whether PATH (relative to the folder of the patterns, posix) is taken out; None if no pattern speaks."""
        name = path.rpartition("/")[2]
        if name not in self.names and (self.globs is None or not self.globs.match(name)):
            return None
        parts = path.split("/")
        for pattern in reversed(self.patterns):
            if (folder or not pattern.folders_only) and _match(pattern.segments, parts):
                return not pattern.negated
        return None


def read(lines: Iterable[str]) -> Patterns | None:
    """The patterns of LINES; None if there are none. A line that cannot match anything is left out, as git does."""
    patterns = tuple(_patterns(lines))
    if not patterns:
        return None
    last = {pattern.segments[-1] for pattern in patterns}
    wild = sorted(segment for segment in last if _wild(segment))
    globs = re.compile("|".join(_translated(segment) for segment in wild)) if wild else None
    return Patterns(patterns, frozenset(last - set(wild)), globs)


def _patterns(lines: Iterable[str]) -> Iterator[Pattern]:
    for line in lines:
        text = _unpadded(line.removesuffix("\r"))
        if not text or text.startswith("#") or len(text) > _LONGEST:
            continue
        negated = text.startswith("!")
        text = text[1:] if negated else text
        folders_only = text.endswith("/")
        text = text.removesuffix("/")
        segments = text.removeprefix("/").split("/")
        if "/" not in text:
            segments = [_TO_END, *segments]
        if all(segments):
            yield Pattern(tuple(_plain(segment) for segment in segments), negated, folders_only)


def _unpadded(line: str) -> str:
    """LINE without the spaces at its end, but for one that a backslash keeps."""
    text = line.rstrip(" ")
    kept = len(text) - len(text.rstrip("\\"))
    return text + " " if kept % 2 and len(text) < len(line) else text


def _plain(segment: str) -> str:
    """SEGMENT without its backslashes where it has no wildcard: then it is compared, not matched."""
    return segment if _wild(segment) else re.sub(r"\\(.)", r"\1", segment)


def _wild(segment: str) -> bool:
    return any(mark in segment for mark in "*?[")


def _match(segments: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether PARTS fit SEGMENTS. Goes back to the last ``**`` only, which is enough, and keeps it polynomial."""
    at = here = 0
    star, tried = -1, 0
    while here < len(parts):
        if at < len(segments) and segments[at] == _TO_END:
            if at == len(segments) - 1:
                return True
            star, tried, at = at, here, at + 1
        elif at < len(segments) and _fits(segments[at], parts[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            tried += 1
            at, here = star + 1, tried
        else:
            return False
    return at == len(segments)


def _fits(segment: str, name: str) -> bool:
    return _compiled(segment).match(name) is not None if _wild(segment) else segment == name


@functools.lru_cache(maxsize=4096)
def _compiled(segment: str) -> re.Pattern[str]:
    return re.compile(_translated(segment))


@functools.lru_cache(maxsize=4096)
def _translated(segment: str) -> str:
    """SEGMENT as a regular expression for a whole name."""
    pieces: list[str] = []
    at = 0
    while at < len(segment):
        one = segment[at]
        if one == "\\":
            pieces.append(_literal(segment[at + 1 : at + 2] or "\\"))
            at += 2
        elif one == "[":
            at, piece = _bracket(segment, at)
            pieces.append(piece)
        else:
            pieces.append(one)
            at += 1
    return fnmatch.translate("".join(pieces))


def _literal(one: str) -> str:
    return f"[{one}]" if one in "*?[" else one


def _bracket(segment: str, start: int) -> tuple[int, str]:
    """The bracket expression that begins at START, for fnmatch, and where it ends; one without an end is literal."""
    at = start + 1
    negated = segment[at : at + 1] in ("!", "^")
    at += negated
    first, body = at, ""
    while at < len(segment):
        if segment[at] == "]" and at > first:
            return at + 1, f"[{'!' if negated else ''}{body}]"
        named = re.match(r"\[:(\w+):\]", segment[at:])
        if named:
            body += _CLASSES.get(named.group(1), "")
            at += named.end()
        else:
            at += segment[at] == "\\" and at + 1 < len(segment)
            body += segment[at]
            at += 1
    return start + 1, "[[]"
