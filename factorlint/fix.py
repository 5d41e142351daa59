"""Automatic fixes: the edits that findings carry, put into the text; everything else stays as it was, byte for byte.

LibCST says where a call and its arguments stand; the text itself is edited, so that no layout is lost. A file whose
text would no longer parse is left alone. Notebooks are not edited.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import libcst as cst

from factorlint import guard
from factorlint.model import Finding, Fix, Site, Span, Status
from factorlint.position import spans
from factorlint.walk import Walk

_HOLDERS = frozenset((cst.Call, cst.Decorator, cst.Arg))


class Edit(NamedTuple):
    """Characters START to END of a text give way to NEW."""

    start: int
    end: int
    new: str


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
        after, count = fixed(plain, here)
        if count:
            yield Fixed(path, text, after.replace("\n", newline), count)


def diff(change: Fixed) -> str:
    """CHANGE as a unified diff."""
    rows = difflib.unified_diff(
        change.before.splitlines(), change.after.splitlines(), change.path, change.path, lineterm=""
    )
    return "".join(f"{row}\n" for row in rows)


def fixed(text: str, sites: Sequence[Site]) -> tuple[str, int]:
    """TEXT with SITES (all of this file) fixed, and how many were; the text as it is where that would break it."""
    bare = text.removeprefix("\ufeff")
    if guard.refuse(bare) is not None:
        return text, 0
    try:
        module = cst.parse_module(bare)
        page = _Page(module, bare)
        edits: list[Edit] = []
        count = 0
        for site in sorted(sites, key=lambda one: one.span):
            made = list(page.edits(site))
            if made and not any(_overlap(one, other) for one in made for other in edits):
                edits += [one for one in made if one not in edits]
                count += 1
        after = _applied(bare, edits)
        cst.parse_module(after)
    except cst.ParserSyntaxError:
        return text, 0
    return text[: len(text) - len(bare)] + after, count


class _Page:
    """A parsed text and where its calls stand."""

    def __init__(self, module: cst.Module, text: str) -> None:
        self.module, self.text = module, text
        self.starts = [0]
        for line in text.split("\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)
        nodes = [step.node for step in Walk(module, {}).all(*_HOLDERS)]
        self.places = spans(module, nodes)
        self.nodes = {(type(node), self.places[id(node)]): node for node in reversed(nodes)}

    def offset(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column - 1

    def edits(self, site: Site) -> Iterator[Edit]:
        """What SITE's fix changes; nothing where the text is not what the finding was about."""
        assert site.fix is not None
        if not site.fix.argument:
            yield from self.comment(site.span, site.fix.value)
            return
        value = self.brought(site.fix)
        arg = self.nodes.get((cst.Arg, site.span))
        node = self.nodes.get((cst.Call, site.span)) or self.nodes.get((cst.Decorator, site.span))
        if isinstance(arg, cst.Arg) and arg.keyword is not None and arg.keyword.value == site.fix.argument:
            yield self.replaced(arg, value.expression)
        elif isinstance(node, cst.Decorator) and not isinstance(node.decorator, cst.Call):
            end = self.offset(site.span.end_line, site.span.end_column)
            yield Edit(end, end, f"({site.fix.argument}={value.expression})")
        else:
            call = node.decorator if isinstance(node, cst.Decorator) else node
            if not isinstance(call, cst.Call):
                return
            given = [one for one in call.args if one.keyword and one.keyword.value == site.fix.argument]
            new = f"{site.fix.argument}={value.expression}"
            if given:
                yield self.replaced(given[0], value.expression)
            else:
                yield from self.added(call, new)
        yield from value.edits

    def comment(self, span: Span, new: str) -> Iterator[Edit]:
        start, end = self.offset(span.line, span.column), self.offset(span.end_line, span.end_column)
        if new:
            yield Edit(start, end, new)
            return
        line = self.starts[span.line - 1]
        before = self.text[line:start]
        if before.strip():
            yield Edit(line + len(before.rstrip()), end, "")
        elif self.text[end : end + 1] in ("\n", ""):
            yield Edit(line, min(end + 1, len(self.text)), "")

    def replaced(self, arg: cst.Arg, value: str) -> Edit:
        place = self.places[id(arg)]
        start, end = self.offset(place.line, place.column), self.offset(place.end_line, place.end_column)
        assert arg.keyword is not None
        equal = self.text.index("=", start + len(arg.keyword.value))
        return Edit(equal + 1 + len(self.text[equal + 1 : end]) - len(self.text[equal + 1 : end].lstrip()), end, value)

    def added(self, call: cst.Call, new: str) -> Iterator[Edit]:
        """A further argument: on a line of its own, before the remark of none, where the last one has its own."""
        place = self.places[id(call)]
        close = self.offset(place.end_line, place.end_column) - 1
        close -= sum(len(self.module.code_for_node(one)) for one in call.rpar)
        if not call.args:
            yield Edit(close, close, new)
            return
        last = self.places[id(call.args[-1])]
        end = self.offset(last.end_line, last.end_column)
        comma = isinstance(call.args[-1].comma, cst.Comma)
        at = self.text.index(",", end) + 1 if comma else end
        if "\n" not in self.text[end:close]:
            yield Edit(at, at, f" {new}," if comma else f", {new}")
            return
        row = self.text[self.starts[last.line - 1] :]
        indent = row[: len(row) - len(row.lstrip(" \t"))]
        line = self.text.index("\n", at)
        if not comma and line > end:
            yield Edit(end, end, ",")
        yield Edit(line, line, f"{',' if not comma and line == end else ''}\n{indent}{new},")

    def brought(self, fix: Fix) -> _Value:
        """The value of FIX as this file can write it, with the import that it needs."""
        name = fix.value.partition("(")[0]
        if not fix.brings:
            return _Value(fix.value)
        last: cst.SimpleStatementLine | None = None
        for line in self.module.body:
            for one in line.body if isinstance(line, cst.SimpleStatementLine) else ():
                if isinstance(one, cst.Import) and (alias := _imported(one, fix.brings)):
                    return _Value(f"{alias}.{fix.value}")
                if isinstance(one, cst.ImportFrom) and isinstance(one.names, Sequence) and _module(one) == fix.brings:
                    if any(
                        isinstance(row.name, cst.Name) and row.name.value == name and not row.asname
                        for row in one.names
                    ):
                        return _Value(fix.value)
                    place = spans(self.module, [one.names[-1]])[id(one.names[-1])]
                    at = self.offset(place.end_line, place.end_column)
                    return _Value(fix.value, (Edit(at, at, f", {name}"),))
                if isinstance(one, (cst.Import, cst.ImportFrom)):
                    last = line if isinstance(line, cst.SimpleStatementLine) else last
        if last is None:
            return _Value(f"__import__({fix.brings!r}).{fix.value}")
        at = self.starts[spans(self.module, [last])[id(last)].end_line]
        return _Value(fix.value, (Edit(at, at, f"from {fix.brings} import {name}\n"),))


class _Value(NamedTuple):
    expression: str
    edits: tuple[Edit, ...] = ()


def _imported(node: cst.Import, module: str) -> str:
    """The name under which NODE brings MODULE; empty if it does not."""
    for one in node.names:
        if isinstance(one.name, cst.Name) and one.name.value == module:
            return one.asname.name.value if one.asname and isinstance(one.asname.name, cst.Name) else module
    return ""


def _module(node: cst.ImportFrom) -> str:
    return node.module.value if isinstance(node.module, cst.Name) and not node.relative else ""


def _overlap(one: Edit, other: Edit) -> bool:
    return one != other and one.start < max(other.end, other.start + 1) and other.start < max(one.end, one.start + 1)


def _applied(text: str, edits: Iterable[Edit]) -> str:
    for one in sorted(edits, reverse=True):
        text = text[: one.start] + one.new + text[one.end :]
    return text
