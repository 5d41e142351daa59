"""Whether ``package==version file:line`` exists, and shows what it is quoted for."""

from __future__ import annotations

import ast
import functools
import gzip
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from proving.modules import FUNCTIONS, Value
from proving.wheels import Missing, Package, Shelf, standard
from proving.world import Found

_SOURCE = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[\w.+!]+) (?P<file>[^\s:]+)(:(?P<line>\d+))?")
_AROUND = 12  # lines that may stand between the quoted one and the word


class Shown(NamedTuple):
    """The release that shows it; or what is wrong; or why it cannot be looked at."""

    seen: tuple[Package, ...] = ()
    wrong: str = ""
    dark: str = ""


def shown(shelf: Shelf, source: str, words: frozenset[str], spans: Iterable[tuple[str, Found]]) -> Shown:
    """Hold SOURCE against its release: one of WORDS stands there, or one of SPANS (file, definition) covers it."""
    told = _SOURCE.match(source)
    if told is None:
        return Shown(dark="it is no release of a package")
    package = _package(shelf, told["name"], told["version"])
    if isinstance(package, Shown):
        return package
    text = _text(package.folder.path / told["file"])
    if text is None:
        return Shown(wrong=f"{package} has no {told['file']}")
    if told["line"] is None:
        lines = text
    else:
        line = int(told["line"])
        if line > len(text.splitlines()):
            return Shown(wrong=f"{told['file']} has only {len(text.splitlines())} lines")
        if any(file == told["file"] and _covers(found, line) for file, found in spans):
            return Shown((package,))
        lines = _region(told["file"], text, line)
    if any(re.search(rf"(?<![A-Za-z0-9]){re.escape(word)}", lines, re.IGNORECASE) for word in words):
        return Shown((package,))
    return Shown(wrong=f"nothing there speaks of {', '.join(sorted(words)[:4])}")


def _package(shelf: Shelf, name: str, version: str) -> Package | Shown:
    if name == "python":
        running = standard()
        if str(running.version).startswith(f"{version}."):
            return running
        return Shown(dark=f"this is Python {running.version}")
    try:
        return shelf.get(name, version)
    except Missing as error:
        return Shown(wrong=str(error))


def _covers(found: Found, line: int) -> bool:
    node = found.node.node if isinstance(found.node, Value) else found.node
    if node is None:
        return True
    first = min((one.lineno for one in getattr(node, "decorator_list", ())), default=node.lineno)
    return first <= line <= (node.end_lineno or node.lineno)


def _region(file: str, text: str, line: int) -> str:
    """The function that LINE stands in, and the lines around it."""
    lines = text.splitlines()
    first, last = line - _AROUND, line + _AROUND
    if file.endswith(".py"):
        for start, end in _functions(text):
            if start <= line <= end:
                first, last = min(first, start), max(last, end)
    return "\n".join(lines[max(0, first - 1) : last])


@functools.lru_cache(maxsize=64)
def _functions(text: str) -> list[tuple[int, int]]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    return [(one.lineno, one.end_lineno or one.lineno) for one in ast.walk(tree) if isinstance(one, FUNCTIONS)]


@functools.lru_cache(maxsize=64)
def _text(path: Path) -> str | None:
    if not path.is_file():
        return None
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes()).decode("utf-8", errors="replace")
    return path.read_text(encoding="utf-8", errors="replace")
