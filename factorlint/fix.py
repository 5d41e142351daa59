"""Automatic fixes: the edits that findings carry, put into the text; everything else stays as it was, byte for byte.

A file whose text would no longer parse is left alone. Notebooks are not edited.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import libcst as cst

from factorlint import guard
from factorlint.model import Finding, Site, Status
from factorlint.page import Edit, Page, applied


class Fixed(NamedTuple):
    """A file before and after, and how many findings that ends."""

    path: str
    before: str
    after: str
    ended: int


def wanted(found: Iterable[Finding], unsafe: bool) -> list[Site]:
    """The sites of FOUND that can be fixed: new ones whose fix is safe, or any with UNSAFE."""
    return [
        one.site
        for one in found
        if one.status is Status.NEW and one.site.fix is not None and (unsafe or one.site.fix.safe)
    ]


def fixes(root: Path, sites: Sequence[Site], unsaved: Mapping[str, bytes] = MappingProxyType({})) -> Iterator[Fixed]:
    """The files under ROOT that SITES are in, as fixing them would leave them, what is UNSAVED by its path; those that
    it would not change are left out."""
    for path in sorted({site.path for site in sites}):
        here = [site for site in sites if site.path == path]
        try:
            text = (unsaved[path] if path in unsaved else (root / path).read_bytes()).decode("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        newline = "\r\n" if "\r\n" in text else "\n"
        plain = text.replace("\r\n", "\n")
        if "\r" in plain or plain.replace("\n", newline) != text:
            continue  # mixed ends of lines would not survive
        lines = plain.removeprefix("\ufeff").split("\n")
        after, count = fixed(plain, [site for site in here if _stands(lines, site)])
        if count:
            yield Fixed(path, text, after.replace("\n", newline), count)


def diff(change: Fixed) -> str:
    """CHANGE as a unified diff."""
    name = change.path if change.path.isprintable() else json.dumps(change.path)  # a name must not begin another file
    rows = difflib.unified_diff(change.before.splitlines(), change.after.splitlines(), name, name, lineterm="")
    return "".join(f"{row}\n" for row in rows)


def fixed(text: str, sites: Sequence[Site]) -> tuple[str, int]:
    """TEXT with SITES (all of this file) fixed, and how many were; the text as it is where that would break it."""
    bare = text.removeprefix("\ufeff")
    if guard.refuse(bare) is not None:
        return text, 0
    try:
        module = cst.parse_module(bare)
        page = Page(module, bare)
        edits: list[Edit] = []
        count = 0
        for site in sorted(sites, key=lambda one: one.span):
            made = list(page.edits(site))
            if made and not any(_overlap(one, other) for one in made for other in edits):
                edits += [one for one in made if one not in edits]
                count += 1
        after = applied(bare, edits)
        cst.parse_module(after)
    except cst.ParserSyntaxError:
        return text, 0
    return text[: len(text) - len(bare)] + after, count


def _stands(lines: Sequence[str], site: Site) -> bool:
    """Whether what was found is still where it was: somebody may have written to the file since it was read."""
    span = site.span
    piece = list(lines[span.line - 1 : span.end_line])
    if not piece:
        return False
    piece[-1] = piece[-1][: span.end_column - 1]
    piece[0] = piece[0][span.column - 1 :]
    return " ".join(" ".join(piece).split()).startswith(" ".join(site.source.split()))


def _overlap(one: Edit, other: Edit) -> bool:
    return one != other and one.start < other.end and other.start < one.end
