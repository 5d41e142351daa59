"""The pattern language of `.gitignore`: which of a folder's entries a list of patterns takes out.

Written here because a pattern is text of the audited tree: one regular expression for all of `*a*a*a*a*b`, as
libraries make it, hangs on a single long file name. Here a pattern is cut into its segments, each of which matches
without going back, and only the entry itself is matched, as git does, never what lies below it: who walks a tree has
already left out the folders that are ignored.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

LONGEST = 1_000  # characters of a line that can be meant as a pattern

_ANY_FOLDERS = "**"
_NOTHING = "(?!)"
_NUMBERS = itertools.count()  # groups in one expression need names of their own
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \\t",
    "digit": "0-9",
    "lower": "a-z",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\s",
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
    """The patterns of LINES; None if there are none. Lines that can match nothing are left out."""
    patterns = tuple(_patterns(lines))
    if not patterns:
        return None
    last = {pattern.segments[-1] for pattern in patterns}
    wild = sorted(segment for segment in last if _wild(segment))
    globs = re.compile("|".join(_expression(segment) for segment in wild)) if wild else None
    return Patterns(patterns, frozenset(last - set(wild)), globs)


def _patterns(lines: Iterable[str]) -> Iterator[Pattern]:
    for line in lines:
        text = _trimmed(line)
        if not text or text.startswith("#") or len(text) > LONGEST:
            continue
        negated = text.startswith("!")
        text = text[1:] if negated else text
        folders_only = text.endswith("/")
        text = text.removesuffix("/")
        segments = text.removeprefix("/").split("/")
        if "/" not in text:
            segments = [_ANY_FOLDERS, *segments]
        if all(segments) and not _cut_short(text):
            yield Pattern(tuple(_plain(segment) for segment in segments), negated, folders_only)


def _trimmed(line: str) -> str:
    """LINE without the spaces at its end, but for one that a backslash keeps."""
    line = line.removesuffix("\r")
    text = line.rstrip(" ")
    return f"{text} " if len(text) < len(line) and _cut_short(text) else text


def _cut_short(text: str) -> bool:
    """Whether TEXT ends in a backslash that takes the meaning of nothing."""
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1


def _plain(segment: str) -> str:
    """SEGMENT without its backslashes if it has no wildcard: then it is compared, not matched."""
    return segment if _wild(segment) else re.sub(r"\\(.)", r"\1", segment)


def _wild(segment: str) -> bool:
    return any(mark in segment for mark in "*?[")


def _match(segments: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether PARTS fit SEGMENTS. Going back to the last ``**`` alone is enough, and keeps the time bounded."""
    at = here = tried = 0
    again = -1
    while here < len(parts):
        if at < len(segments) and segments[at] == _ANY_FOLDERS:
            if at == len(segments) - 1:
                return True
            at, again, tried = at + 1, at + 1, here
        elif at < len(segments) and _fits(segments[at], parts[here]):
            at, here = at + 1, here + 1
        elif again >= 0:
            tried += 1
            at, here = again, tried
        else:
            return False
    return at == len(segments)


def _fits(segment: str, name: str) -> bool:
    return _compiled(segment).match(name) is not None if _wild(segment) else segment == name


@functools.lru_cache(maxsize=4096)
def _compiled(segment: str) -> re.Pattern[str]:
    return re.compile(_expression(segment))


def _expression(segment: str) -> str:
    """SEGMENT as a regular expression for a whole name; it never goes back over a ``*`` that has found its end."""
    first, *rest = _chunks(segment)
    if not rest:
        return rf"(?s:{first})\Z"
    *middle, last = rest
    found = "".join(_first(chunk, next(_NUMBERS)) for chunk in middle)
    return rf"(?s:{first}{found}.*{last})\Z"


def _first(chunk: str, number: int) -> str:
    """The nearest CHUNK, for good: a look ahead is not tried again."""
    return f"(?=(?P<n{number}>.*?{chunk}))(?P=n{number})"


def _chunks(segment: str) -> list[str]:
    """What stands between the stars of SEGMENT, as regular expressions."""
    chunks = [""]
    at = 0
    while at < len(segment):
        one = segment[at]
        if one == "*":
            chunks.append("")
        elif one == "?":
            chunks[-1] += "."
        elif one == "[":
            at, expression = _choice(segment, at + 1)
            chunks[-1] += expression
            continue
        else:
            at += one == "\\"
            chunks[-1] += re.escape(segment[at : at + 1])
        at += 1
    return [chunks[0], *filter(None, chunks[1:-1]), *chunks[1:][-1:]]


def _choice(segment: str, at: int) -> tuple[int, str]:
    """The bracket expression whose inside begins at AT, and where it ends. One that never ends matches nothing."""
    negated = segment[at : at + 1] in ("!", "^")
    at += negated
    start, body = at, ""
    while at < len(segment):
        if segment[at] == "]" and at > start:
            return at + 1, f"[{'^' if negated else ''}{body}]" if body else _NOTHING
        named = re.compile(r"\[:(\w+):\]").match(segment, at)
        if named:
            body += _CLASSES.get(named[1], "")
            at = named.end()
            continue
        at, low = _character(segment, at)
        high = low
        if segment[at : at + 1] == "-" and segment[at + 1 : at + 2] not in ("]", ""):
            at, high = _character(segment, at + 1)
        body += f"{re.escape(low)}-{re.escape(high)}" if low <= high else ""
    return len(segment), _NOTHING


def _character(segment: str, at: int) -> tuple[int, str]:
    at += segment[at] == "\\" and at + 1 < len(segment)
    return at + 1, segment[at]
