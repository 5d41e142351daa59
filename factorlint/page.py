"""A parsed text whose every node has a place, and the edits that put a fix into it.

LibCST says where things stand; the text itself is edited, so that no layout is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import libcst as cst

from factorlint.model import Fix, Repair, Site, Span
from factorlint.position import spans
from factorlint.walk import Walk

_NODES = (
    *(cst.Call, cst.Decorator, cst.Arg, cst.Pass, cst.Return, cst.Expr, cst.Assign, cst.AugAssign, cst.AnnAssign),
    *(cst.SimpleString, cst.ConcatenatedString, cst.FormattedString, cst.BinaryOperation),
)
_INDENT = "    "


class Edit(NamedTuple):
    """Characters START to END of a text give way to NEW."""

    start: int
    end: int
    new: str


def applied(text: str, edits: Iterable[Edit]) -> str:
    """TEXT after EDITS, none of which overlap; of two at one place the first stays the first."""
    for one in sorted(edits, key=lambda edit: edit[:2])[::-1]:
        text = text[: one.start] + one.new + text[one.end :]
    return text


class Page:
    """A parsed text and where its nodes stand."""

    def __init__(self, module: cst.Module, text: str) -> None:
        self.module, self.text = module, text
        self.starts = [0]
        for line in text.split("\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)
        nodes = [step.node for step in Walk(module, {}).all(*_NODES)]
        self.places = spans(module, [*nodes, *module.body])
        self.nodes = {(type(node), self.places[id(node)]): node for node in reversed(nodes)}
        self.words = set(re.findall(r"\w+", text))

    def edits(self, site: Site) -> Iterator[Edit]:
        """What SITE's fix changes; nothing where the text is not what the finding was about."""
        fix = site.fix
        assert fix is not None
        span = fix.at or site.span
        if fix.how is Repair.COMMENT:
            yield from self.comment(span, fix.value)
        elif fix.how is Repair.ARGUMENT:
            yield from self.argument(span, fix)
        elif fix.how is Repair.EXPRESSION and self.node(span) is not None:
            yield Edit(*self.range(span), fix.value)
        elif fix.how is Repair.ENDING and self.node(span) is not None:
            yield self.ending(span, fix.value)
        elif fix.how is Repair.CONSTANT:
            yield from self.constant(span, fix)

    # -- places ----------------------------------------------------------------------------------------------------

    def node(self, span: Span, *kinds: type[cst.CSTNode]) -> cst.CSTNode | None:
        """The outermost node of KINDS (any without) that stands at SPAN."""
        return next((self.nodes[kind, span] for kind in kinds or _NODES if (kind, span) in self.nodes), None)

    def offset(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column - 1

    def range(self, span: Span) -> tuple[int, int]:
        return self.offset(span.line, span.column), self.offset(span.end_line, span.end_column)

    def indent(self, line: int) -> str:
        row = self.text[self.starts[line - 1] :]
        return row[: len(row) - len(row.lstrip(" \t"))]

    # -- comments and statements -----------------------------------------------------------------------------------

    def comment(self, span: Span, new: str) -> Iterator[Edit]:
        start, end = self.range(span)
        if new:
            yield Edit(start, end, new)
            return
        line = self.starts[span.line - 1]
        before = self.text[line:start]
        if before.strip():
            yield Edit(line + len(before.rstrip()), end, "")
        elif self.text[end : end + 1] in ("\n", ""):
            yield Edit(line, min(end + 1, len(self.text)), "")

    def ending(self, span: Span, new: str) -> Edit:
        """A further statement after the one at SPAN, and after the remark beside that."""
        at = self.starts[span.end_line] - 1
        return Edit(at, at, f"\n{self.indent(span.line)}{new}")

    # -- arguments -------------------------------------------------------------------------------------------------

    def argument(self, span: Span, fix: Fix) -> Iterator[Edit]:
        value = self.brought(fix)
        arg = self.node(span, cst.Arg)
        node = self.node(span, cst.Call, cst.Decorator)
        if isinstance(arg, cst.Arg) and arg.keyword is not None and arg.keyword.value == fix.argument:
            yield self.replaced(arg, value.expression)
        elif isinstance(node, cst.Decorator) and not isinstance(node.decorator, cst.Call):
            end = self.offset(span.end_line, span.end_column)
            yield Edit(end, end, f"({fix.argument}={value.expression})")
        else:
            call = node.decorator if isinstance(node, cst.Decorator) else node
            if not isinstance(call, cst.Call):
                return
            given = [one for one in call.args if one.keyword and one.keyword.value == fix.argument]
            if given:
                yield self.replaced(given[0], value.expression)
            else:
                yield from self.added(call, f"{fix.argument}={value.expression}")
        yield from value.edits

    def replaced(self, arg: cst.Arg, value: str) -> Edit:
        start, end = self.range(self.places[id(arg)])
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
        line = self.text.index("\n", at)
        if not comma and line > end:
            yield Edit(end, end, ",")
        yield Edit(line, line, f"{',' if not comma and line == end else ''}\n{self.indent(last.line)}{new},")

    def brought(self, fix: Fix) -> Value:
        """The value of FIX as this file can write it, with the import that it needs."""
        name = fix.value.partition("(")[0]
        if not fix.brings:
            return Value(fix.value)
        last: cst.SimpleStatementLine | None = None
        for line in self.module.body:
            for one in line.body if isinstance(line, cst.SimpleStatementLine) else ():
                if isinstance(one, cst.Import) and (alias := _imported(one, fix.brings)):
                    return Value(f"{alias}.{fix.value}")
                if isinstance(one, cst.ImportFrom) and isinstance(one.names, Sequence) and _module(one) == fix.brings:
                    if any(
                        isinstance(row.name, cst.Name) and row.name.value == name and not row.asname
                        for row in one.names
                    ):
                        return Value(fix.value)
                    place = spans(self.module, [one.names[-1]])[id(one.names[-1])]
                    at = self.offset(place.end_line, place.end_column)
                    return Value(fix.value, (Edit(at, at, f", {name}"),))
                if isinstance(one, (cst.Import, cst.ImportFrom)):
                    last = line if isinstance(line, cst.SimpleStatementLine) else last
        if last is None:
            return Value(f"__import__({fix.brings!r}).{fix.value}")
        at = self.starts[self.places[id(last)].end_line]
        return Value(fix.value, (Edit(at, at, f"from {fix.brings} import {name}\n"),))

    # -- constants -------------------------------------------------------------------------------------------------

    def constant(self, span: Span, fix: Fix) -> Iterator[Edit]:
        """The text at SPAN becomes a constant before the definition or statement of the module that it stands in."""
        node = self.node(span, cst.BinaryOperation, cst.ConcatenatedString, cst.FormattedString, cst.SimpleString)
        if node is None:
            return
        at, gap = self.before(span.line)
        name = self.free(fix.value)
        start, end = self.range(span)
        text = self.unfilled(start, end) if fix.argument else self.text[start:end]
        if not isinstance(node, (cst.SimpleString, cst.FormattedString)) and "\n" in text:
            lines = text.split("\n") if '"""' in text or "'''" in text else [row.strip() for row in text.split("\n")]
            text = "\n".join(("(", *(f"{_INDENT * (row == row.strip())}{row}" for row in lines), ")"))
        yield Edit(at, at, f"{name} = {text}{gap}")
        yield Edit(*self.bracketed(node, start, end), f"{name}.format({fix.argument})" if fix.argument else name)

    def unfilled(self, start: int, end: int) -> str:
        """The text from START to END with its f-strings as plain ones, for ``format`` to fill."""
        formatted = [node for node in self.nodes.values() if isinstance(node, cst.FormattedString)]
        edits = [
            Edit(at, at + len(node.start), node.start.lower().replace("f", ""))
            for node in formatted
            if start <= (at := self.range(self.places[id(node)])[0]) < end
        ]
        ending = len(self.text) - end
        text = applied(self.text, edits)
        return text[start : len(text) - ending]

    def before(self, line: int) -> tuple[int, str]:
        """Where a statement before that of the module around LINE belongs, above its decorators and remarks, and the
        space between the two."""
        for one in self.module.body:
            place = self.places[id(one)]
            decorators = one.decorators if isinstance(one, (cst.FunctionDef, cst.ClassDef)) else ()
            first = min([place.line, *(self.places[id(each)].line for each in decorators)])
            if first <= line <= place.end_line:
                above = first
                while above > 1 and self.text.startswith("#", self.starts[above - 2]):
                    above -= 1
                gap = "\n\n\n" if isinstance(one, (cst.FunctionDef, cst.ClassDef)) else "\n"
                return self.starts[(first if above == 1 else above) - 1], gap  # the head of the file stays its head
        raise AssertionError(f"line {line} lies in no statement")

    def free(self, wanted: str) -> str:
        """A name that the text does not use: WANTED, else with a number."""
        number, name = 1, wanted
        while name in self.words:
            number += 1
            name = f"{wanted}_{number}"
        self.words.add(name)
        return name

    def bracketed(self, node: cst.CSTNode, start: int, end: int) -> tuple[int, int]:
        """START and END moved around the parentheses of NODE that hold nothing but it."""
        for _ in getattr(node, "lpar", ()):
            before, after = self.text[:start].rstrip(), self.text[end:]
            rest = after.lstrip()
            if not before.endswith("(") or not rest.startswith(")"):
                break
            start, end = len(before) - 1, end + len(after) - len(rest) + 1
        return start, end


class Value(NamedTuple):
    """An expression, and the edits that make it mean something in its file."""

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
