"""Patterns as in .gitignore → one matcher that is fast for long lists and linear for hostile ones.

What git does, without git: the last pattern that matches a path decides, `!` takes back, a trailing `/` means folders
only, a `/` elsewhere ties the pattern to the folder that it is written for. Whether a parent is excluded is for the
caller to know, who does not enter it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_POSIX = {"alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "digit": "0-9", "lower": "a-z", "upper": "A-Z", "space": r"\s"}
_SPECIAL = frozenset("*?[\\")


class Matcher(NamedTuple):
    """Some patterns as one question: these names, or names or paths like these."""

    literal: frozenset[str]
    name: re.Pattern[str] | None
    path: re.Pattern[str] | None

    def hits(self, path: str, name: str) -> bool:
        if name in self.literal:
            return True
        if self.name is not None and self.name.fullmatch(name):
            return True
        return self.path is not None and self.path.fullmatch(path) is not None


class Run(NamedTuple):
    """Neighbouring patterns that all exclude, or all take back."""

    excludes: bool
    files: Matcher
    folders: Matcher


class Patterns(NamedTuple):
    """Runs of patterns, the last one first."""

    runs: tuple[Run, ...]

    def excludes(self, path: str, name: str, folder: bool) -> bool | None:
        """Whether PATH (relative to the patterns' folder, ending in NAME) is excluded; None if no pattern speaks."""
        for run in self.runs:
            if (run.folders if folder else run.files).hits(path, name):
                return run.excludes
        return None


class _Pattern(NamedTuple):
    excludes: bool
    folders_only: bool
    literal: str | None
    name: str | None
    path: str | None


def compile_patterns(lines: Iterable[str]) -> Patterns:
    """The matcher for LINES. A line that can never match (an unclosed bracket, say) is left out."""
    groups = itertools.count()
    parsed = [one for line in lines if (one := _parse(line, groups)) is not None]
    runs = [_run(excludes, list(some)) for excludes, some in itertools.groupby(parsed, lambda one: one.excludes)]
    return Patterns(tuple(reversed(runs)))


def _run(excludes: bool, patterns: list[_Pattern]) -> Run:
    return Run(excludes, _matcher(one for one in patterns if not one.folders_only), _matcher(patterns))


def _matcher(patterns: Iterable[_Pattern]) -> Matcher:
    patterns = list(patterns)
    literal = frozenset(one.literal for one in patterns if one.literal is not None)
    names = dict.fromkeys(one.name for one in patterns if one.name is not None)
    paths = dict.fromkeys(one.path for one in patterns if one.path is not None)
    return Matcher(
        literal,
        re.compile("|".join(names), re.DOTALL) if names else None,
        re.compile("|".join(paths), re.DOTALL) if paths else None,
    )


def _parse(line: str, groups: Iterator[int]) -> _Pattern | None:
    text = re.sub(r"(?<!\\) +$", "", line.rstrip("\r\n"))
    if not text or text.startswith("#"):
        return None
    excludes = not text.startswith("!")
    text = text if excludes else text[1:]
    folders_only = text.endswith("/")
    text = text[:-1] if folders_only else text
    anchored = "/" in text
    text = text.removeprefix("/")
    if not text:
        return None
    if not anchored and not _SPECIAL & set(text):
        return _Pattern(excludes, folders_only, text, None, None)
    try:
        if anchored:
            return _Pattern(excludes, folders_only, None, None, _path(text.split("/"), groups))
        return _Pattern(excludes, folders_only, None, _component(text, groups), None)
    except ValueError:
        return None


def _path(components: list[str], groups: Iterator[int]) -> str:
    """COMPONENTS as a regular expression; `**` among them stands for any number of folders."""
    segments: list[list[str]] = [[]]
    for component in components:
        if component == "**":
            segments.append([])
        else:
            segments[-1].append(_component(component, groups))
    first, rest = segments[0], segments[1:]
    if not rest:
        return "/".join(first)
    regex = "".join(f"{one}/" for one in first)
    for segment in filter(None, rest[:-1]):
        regex += _atomic("(?:[^/]+/)*?" + "".join(f"{one}/" for one in segment), groups)
    return regex + ("(?:[^/]+/)*" + "/".join(rest[-1]) if rest[-1] else ".+")


def _component(text: str, groups: Iterator[int]) -> str:
    """One name with wildcards. Each star but the last takes the nearest match for good, so time stays linear."""
    pieces = _pieces(text)
    if len(pieces) == 1:
        return pieces[0]
    middle = "".join(_atomic(f"[^/]*?{piece}", groups) for piece in pieces[1:-1] if piece)
    return f"{pieces[0]}{middle}[^/]*{pieces[-1]}"


def _atomic(regex: str, groups: Iterator[int]) -> str:
    """What Python 3.11 writes `(?>…)`."""
    name = f"g{next(groups)}"
    return f"(?=(?P<{name}>{regex}))(?P={name})"


def _pieces(text: str) -> list[str]:
    """TEXT as regular expressions, split at its stars. Raises ValueError for an unclosed bracket."""
    pieces = [""]
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "*":
            pieces.append("")
        elif char == "?":
            pieces[-1] += "[^/]"
        elif char == "[":
            regex, at = _bracket(text, at)
            pieces[-1] += regex
        elif char == "\\":
            if at == len(text):
                raise ValueError("nothing is escaped")
            pieces[-1] += re.escape(text[at])
            at += 1
        else:
            pieces[-1] += re.escape(char)
    return pieces


def _bracket(text: str, at: int) -> tuple[str, int]:
    """The bracket that opened before AT: its regular expression, and where it ends."""
    negated = text[at : at + 1] in ("!", "^")
    start = at = at + negated
    inside = ""
    while at < len(text) and (text[at] != "]" or at == start):
        posix = re.compile(r"\[:(\w+):\]").match(text, at)
        if posix:
            if posix[1] not in _POSIX:
                raise ValueError("unknown class")
            inside += _POSIX[posix[1]]
            at = posix.end()
            continue
        low, at = _char(text, at)
        high = low
        if text[at : at + 1] == "-" and text[at + 1 : at + 2] not in ("", "]"):
            high, at = _char(text, at + 1)
        if low <= high:
            inside += f"{re.escape(low)}-{re.escape(high)}"
    if at >= len(text):
        raise ValueError("the bracket is not closed")
    if not inside:
        return ("[^/]" if negated else "(?!)"), at + 1
    return (f"(?!/)[^{inside}]" if negated else f"(?!/)[{inside}]"), at + 1


def _char(text: str, at: int) -> tuple[str, int]:
    at += text[at] == "\\"
    if at >= len(text):
        raise ValueError("nothing is escaped")
    return text[at], at + 1
