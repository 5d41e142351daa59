"""Every rule over one file in one pass → sites, and a Problem where something went wrong."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import libcst as cst

from factorlint.content import normal
from factorlint.cut import cut
from factorlint.model import Confidence, Fix, Problem, Site, Span
from factorlint.origin import Kind, Origin
from factorlint.position import spans
from factorlint.rule import Here, Mark, Rule, View, Visitor, symbol_name
from factorlint.source import Source
from factorlint.walk import Misnumbered, Walk
from factorlint.worker import TOO_DEEP

_TEXT = 400  # characters of a node's own text kept for formats that show it
# What is found at a whole block is recognised by its first line: the lines inside may change, and are found themselves.
_COMPOUND = (
    cst.FunctionDef,
    cst.ClassDef,
    cst.For,
    cst.While,
    cst.If,
    cst.With,
    cst.Try,
    cst.TryStar,
    cst.ExceptHandler,
)


class Visited(NamedTuple):
    """What came of one file."""

    sites: tuple[Site, ...]
    problems: tuple[Problem, ...]


class Parsed(NamedTuple):
    """What of a file was parsed, and the line in the file of each of its lines where that is not all."""

    module: cst.Module
    walk: Walk
    lines: Sequence[int] | None


def visit(view: View, source: Source, rules: Sequence[Rule], wanted: frozenset[int] | None = None) -> Visited:
    """Visit one file that the guard let pass, or of its top-level statements those that are WANTED.

    A rule's crash is a Problem of kind ``rule-crash``; the others go on.
    """
    try:
        parsed = (_parts(view, source, wanted) if wanted is not None else None) or _whole(view, source)
    except cst.ParserSyntaxError as error:
        return Visited((), (_parse_error(source, error),))
    marks: list[Mark] = []
    problems: list[Problem] = []
    walk = parsed.walk
    asked: dict[type, list[tuple[Rule, Visitor]]] = {}
    for rule in rules:
        for kind, visitor in rule.visitors.items():
            asked.setdefault(kind, []).append((rule, visitor))
    for step in walk.all(*asked):
        here = Here(view, walk, step)
        for rule, visitor in asked[type(step.node)]:
            try:
                marks += visitor(step.node, here)
            except Exception as error:  # a rule's fault must cost its own site only
                problems.append(_crash(source, rule, error))
    try:
        sites = _sites(parsed, source, view, _once(marks), rules)
    except RecursionError:  # LibCST writes the module anew to tell where things stand in it
        return Visited((), (Problem(source.path, None, "not-analysed", TOO_DEEP),))
    return Visited(sites, tuple(dict.fromkeys(problems)))


def _whole(view: View, source: Source) -> Parsed:
    module = cst.parse_module(source.text)
    return Parsed(module, Walk(module, view.scopes), None)


def _parts(view: View, source: Source, wanted: frozenset[int]) -> Parsed | None:
    """What is wanted of a file, or None where it is all of it or cannot be taken out of it."""
    shorter = cut(source.text, view.facts.statements, wanted)
    if shorter is None:
        return None
    try:
        module = cst.parse_module(shorter.text)
        return Parsed(module, Walk(module, view.scopes, shorter.numbers), shorter.lines)
    except (cst.ParserSyntaxError, Misnumbered):
        return None


def _once(marks: Sequence[Mark]) -> list[Mark]:
    """Each check once at a node: the surest mark stays."""
    kept: dict[tuple[str, int], Mark] = {}
    for mark in marks:
        key = (mark.check.id, id(mark.node))
        if key not in kept or _RANK[mark.confidence] < _RANK[kept[key].confidence]:
            kept[key] = mark
    return list(kept.values())


_RANK = {Confidence.HIGH: 0, Confidence.MEDIUM: 1, Confidence.LOW: 2}


def _sites(
    parsed: Parsed, source: Source, view: View, marks: Sequence[Mark], rules: Sequence[Rule]
) -> tuple[Site, ...]:
    factors = {check.id: rule.factor for rule in rules for check in rule.checks}
    places = spans(parsed.module, [node for mark in marks for node in (mark.node, mark.fix_at) if node is not None])
    if parsed.lines is not None:
        places = {node: _moved(span, parsed.lines) for node, span in places.items()}
    lines = source.text.split("\n")
    return tuple(_site(mark, places, factors, source, view, lines) for mark in marks)


def _moved(span: Span, lines: Sequence[int]) -> Span:
    """SPAN in the whole file."""
    down = lines[span.line - 1] - span.line
    return Span(span.line + down, span.column, span.end_line + down, span.end_column)


def _site(
    mark: Mark,
    places: Mapping[int, Span],
    factors: dict[str, int],
    source: Source,
    view: View,
    lines: Sequence[str],
) -> Site:
    span = places[id(mark.node)]
    cell, line = source.locate(span.line)
    text = _text(lines, span)
    end_line = line + span.end_line - span.line
    return Site(
        check=mark.check,
        factor=factors[mark.check.id],
        owner=mark.owner,
        path=source.path,
        cell=cell,
        span=Span(line, span.column, end_line, span.end_column),
        scope=_scope(source.path, mark.scope),
        symbol=symbol_name(mark.origin) or None if mark.origin else None,
        framework=_framework(view, mark.origin),
        confidence=mark.confidence,
        message=mark.message,
        advice=mark.advice,
        also=tuple(sorted({factor for factor, _ in mark.also})),
        implied=tuple(sorted(set(mark.also))),
        source=" ".join(text.split())[:_TEXT],
        content=normal(text, header=isinstance(mark.node, _COMPOUND)),
        role=source.role,
        fix=_fix(mark, places) if cell is None else None,
        stranger=_stranger(view, mark),
    )


def _fix(mark: Mark, places: Mapping[int, Span]) -> Fix | None:
    return replace(mark.fix, at=places[id(mark.fix_at)]) if mark.fix and mark.fix_at else mark.fix


def _scope(path: str, qualname: str) -> str:
    stem = path.rpartition("/")[2].rpartition(".")[0]
    return f"{stem}.{qualname}" if qualname else stem


def _framework(view: View, origin: Origin | None) -> str | None:
    if origin is None:
        return None
    if origin.symbol is not None:
        return origin.symbol.library
    library = view.catalog.library_of(origin.path)
    return library.name if library else None


def _stranger(view: View, mark: Mark) -> str:
    """The package of a guess about a library that the catalogue does not know; a surer mark is about a known one."""
    origin = mark.origin
    if mark.confidence is not Confidence.LOW or origin is None or origin.symbol is not None:
        return ""
    if origin.kind not in (Kind.LIBRARY, Kind.INSTANCE) or view.catalog.library_of(origin.path) is not None:
        return ""
    return origin.path.partition(".")[0]


def _text(lines: Sequence[str], span: Span) -> str:
    """The node's own text."""
    piece = list(lines[span.line - 1 : span.end_line])
    if not piece:
        return ""
    piece[-1] = piece[-1][: span.end_column - 1]
    piece[0] = piece[0][span.column - 1 :]
    return "\n".join(piece)


def _parse_error(source: Source, error: cst.ParserSyntaxError) -> Problem:
    cell, line = source.locate(error.raw_line)
    where = f" (cell {cell})" if cell is not None else ""
    return Problem(source.path, line, "parse-error", f"{error.message.partition('.')[0]}{where}")


def _crash(source: Source, rule: Rule, error: Exception) -> Problem:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    at = f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
    return Problem(source.path, None, "rule-crash", f"{rule.code} {rule.name}: {type(error).__name__}: {error} ({at})")
