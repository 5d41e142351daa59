"""The prompts of a tree: every text on its way to a model, traced back to where it is written.

A prompt is one site wherever it is used: at its constant, its prompt function, its template file, or at the literal
inside the call. So the question is asked once for the whole tree, from the calls that take prompts back to the texts.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from factorlint import arguments
from factorlint.catalog import Symbol
from factorlint.expr import Attr, Call, Const, Dict, Expr, Item, Name, Op, Seq, Star, Text, argument, walk
from factorlint.facts import Called, Scope
from factorlint.origin import Kind, Origin, Where
from factorlint.provenance import Tracer, containers

SYSTEM, USER, WHOLE = "system", "user", "whole"  # the part a text plays: a system prompt, a message, the whole prompt


@dataclass(frozen=True)
class Prompt:
    """One text on its way to a model.

    ``expr`` is the text as written at ``place`` (or the expression that brings it where its text is not in the tree),
    ``sink`` the call that takes it, ``caller`` where that call is, or the call of a wrapper that hands it there.
    """

    kind: str  # literal, constant, function, file, passed (verbatim, from out of the tree), answer
    part: str
    expr: Expr
    place: Where
    sink: Called
    sink_at: Where
    symbol: Symbol
    origin: Origin
    caller: Where
    share: str = ""  # "added" behind a prompt that is a site of its own, or the "frame" around such prompts


_Seen = set[tuple[str, int, Where]]  # what was asked for one call, and what was found to be put together
_Met = dict[tuple[int, Where, str], int]  # what was opened for one call, and how far from it


class _Home(NamedTuple):
    """Whose text it is: where it was found on its way to a call, and where that call, or one that leads to it, is.

    ``put`` where it was put into a list that somebody else handed in.
    """

    text: Where
    call: Where
    put: bool = False


class _Written(NamedTuple):
    """A text that goes to a model, where it is written."""

    kind: str
    expr: Expr
    place: Where
    origin: Origin
    share: str = ""


class Prompts:
    """All prompts of a tree, found when first asked for."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer

    @functools.cached_property
    def every(self) -> tuple[Prompt, ...]:
        """Each prompt at each sink, in file order."""
        files = self.tracer.project.files
        return tuple(one for path in sorted(files) for called in files[path].calls for one in self._at(path, called))

    @functools.cached_property
    def by_statement(self) -> Mapping[tuple[str, int], tuple[Prompt, ...]]:
        """Where a prompt is written (file, statement) → the prompts there."""
        rows: dict[tuple[str, int], list[Prompt]] = {}
        for one in self.every:
            order = one.place.order
            if one.kind == "function":
                order = self.tracer.project.scope(one.place).order
            rows.setdefault((one.place.path, order), []).append(one)
        return {key: tuple(found) for key, found in rows.items()}

    @functools.cached_property
    def by_sink(self) -> Mapping[tuple[str, int], tuple[Prompt, ...]]:
        """Where a prompt is sent (file, statement) → the prompts sent there."""
        rows: dict[tuple[str, int], list[Prompt]] = {}
        for one in self.every:
            rows.setdefault((one.sink_at.path, one.sink_at.order), []).append(one)
        return {key: tuple(found) for key, found in rows.items()}

    def _at(self, path: str, called: Called) -> Iterator[Prompt]:
        where = Where(path, called.scope, called.order)
        for callee in self.tracer.callees(called.call.func, where):
            symbol = callee.symbol
            if symbol is None or callee.kind not in (Kind.LIBRARY, Kind.INSTANCE):
                continue
            given = arguments.of(self.tracer, symbol, called.call, where)
            for role, part in (("prompt", SYSTEM), ("messages", WHOLE), ("input", USER)):
                for name in _names(self.tracer, symbol, role):
                    for row in given.every(name):
                        if part == USER and self._is_handed(*row):
                            continue
                        found = list(self._found(row[0], row[1], part, called, where, symbol))
                        if not found and role == "prompt" and isinstance(row[0], (Name, Attr)):
                            origin = self.tracer.origin(*row)
                            found = [Prompt("passed", part, row[0], row[1], called, where, symbol, origin, where)]
                        yield from found
            return

    def _found(
        self, expr: Expr, where: Where, part: str, called: Called, at: Where, symbol: Symbol
    ) -> Iterator[Prompt]:
        seen: _Seen = set()
        if symbol.does == "run" and isinstance(expr, Dict):  # an agent's state: its messages are what it is told
            told = [value for key, value in expr.items if isinstance(key, Const) and key.value == "messages"]
            expr = told[0] if told else expr
        rows = [
            (says, home.call, one)
            for text, home, says in self._texts(expr, _Home(where, at), part, 0, {})
            for one in self._sources(text, home.text, home, seen)
            if not home.put or _words(one.expr) >= _FEW_WORDS  # a word on what happened
        ]
        beside = any(one.kind == "function" and not one.share for *_, one in rows)
        for says, caller, (kind, written, found_at, origin, share) in rows:
            if (
                beside
                and kind == "literal"
                and not share
                and isinstance(written, Text)
                and _words(written) < _FEW_WORDS
            ):
                share = "frame"  # a word or two around what the person asks, sent with a prompt
            yield Prompt(kind, says, written, found_at, called, at, symbol, origin, caller, share)

    def _texts(self, expr: Expr, home: _Home, part: str, depth: int, met: _Met) -> Iterator[tuple[Expr, _Home, str]]:
        """The texts inside a message list, a message, or EXPR itself.

        Wrappers call one another by many roads: what was MET as near to the call is not opened again.
        """
        where = home.text
        key = (id(expr), where, part)
        if depth > 9 or met.get(key, depth + 1) <= depth:
            return
        met[key] = depth
        if isinstance(expr, Star):
            expr = expr.value
        bare = _bare(expr)
        if bare is not expr:
            inside = self._texts(bare, home, part, depth + 1, met)
            yield from (one for one in inside if not self._is_read(one[0], one[1].text))
            return
        if isinstance(expr, Dict):
            yield from self._message(expr, home, depth, met)
            return
        if isinstance(expr, Seq) and expr.kind != "gen":
            pair = _pair(expr)
            if pair is not None:
                yield pair[1], home, SYSTEM if pair[0] in ("system", "developer") else USER
                return
            for item in expr.items:
                yield from self._texts(item, home, part, depth + 1, met)
            return
        inner = list(self._contained(expr, home))
        if not inner:
            yield expr, home, part
        for text, place in inner:
            yield from self._texts(text, place, part, depth + 1, met)

    def _contained(self, expr: Expr, home: _Home) -> Iterator[tuple[Expr, _Home]]:
        """The literals that EXPR is traced to, what is put into them later, and the text of a content block.

        A parameter is followed to every call of the tree: a wrapper around the model call has many.
        """
        where = home.text
        parameter = self.tracer.parameter_of(expr, where) if isinstance(expr, Name) else None
        if parameter is not None and isinstance(expr, Name):
            yield from self._handed_in(expr, *parameter, home)
            return
        for one in self.tracer.origins(expr, where):
            if self._is_observation(one):
                continue
            if one.kind is Kind.INSTANCE and one.call is not None and one.made is not None and not one.receiver:
                for name in ("text", "content"):
                    value = argument(one.call, name)
                    if value is not None and value is not expr:
                        yield value, home._replace(text=one.made)
            if one.kind is not Kind.CONTAINER:
                continue
            for held in (one, *one.parts):
                if held.place is None or held.expr is None or held.expr is expr:
                    continue
                yield held.expr, home._replace(text=held.place)

    def _handed_in(self, expr: Name, scope: Scope, at: Where, home: _Home) -> Iterator[tuple[Expr, _Home]]:
        """What the parameter EXPR of SCOPE stands for, and what SCOPE puts into it itself."""
        for passed, place in self.tracer.passed_exprs(scope, expr.id, at, _CALLERS):
            yield passed, _Home(place, place)
        empty = Origin(Kind.CONTAINER, expr=Seq("list", ()), place=at)
        for held in containers.filled(self.tracer, empty, expr, scope, at.path).parts:
            if held.place is not None and held.expr is not None:
                yield held.expr, home._replace(text=held.place, put=True)

    def _is_observation(self, one: Origin) -> bool:
        """A message that brings a tool's result or the model's own words: no prompt."""
        symbol = one.symbol
        if symbol is None or not self.tracer.catalog.is_a(symbol, "message"):
            return False
        return not any(symbol.parameter(role) for role in ("messages", "prompt"))

    def _message(self, expr: Dict, home: _Home, depth: int, met: _Met) -> Iterator[tuple[Expr, _Home, str]]:
        keys = {key.value: value for key, value in expr.items if isinstance(key, Const)}
        content = keys.get("content", keys.get("parts", keys.get("text")))
        if content is None and "role" not in keys:  # the body of a request
            for key in ("system", "messages", "contents", "input", "prompt"):
                if key in keys:
                    yield from self._texts(keys[key], home, SYSTEM if key == "system" else USER, depth + 1, met)
        if content is None or keys.keys() & _OF_A_CALL or keys.get("type") in _RESULTS:
            return
        role = keys.get("role")
        said = role.value if isinstance(role, Const) else None
        if said in ("assistant", "tool", "function", "model"):
            return
        part = SYSTEM if said in ("system", "developer") else USER
        if isinstance(content, Seq):
            for item in content.items:
                yield from self._texts(item, home, part, depth + 1, met)
        elif isinstance(_bare(content), Name):
            yield from self._texts(content, home, part, depth + 1, met)
        else:
            yield content, home, part

    def _is_read(self, expr: Expr, where: Where) -> bool:
        """Whether EXPR is what was read somewhere: trimmed and sent as it is, it is what a person wrote."""
        return any(
            one.kind is Kind.INSTANCE and one.path.rpartition(".")[2].rstrip("()") in ("read", "read_text")
            for one in self.tracer.origins(expr, where)
        )

    def _sources(self, expr: Expr, where: Where, home: _Home, seen: _Seen) -> Iterator[_Written]:
        """Where the text of EXPR is written."""
        expr = _bare(expr)
        if ("asked", id(expr), where) in seen:
            return
        seen.add(("asked", id(expr), where))
        beside = False
        for origin in self.tracer.origins(expr, where):
            place = origin.place
            if origin.kind is Kind.VALUE and place is not None and isinstance(origin.expr, (Op, Text)):
                if ("made", id(origin.expr), place) in seen:
                    continue
                seen.add(("made", id(origin.expr), place))
                share = yield from self._put_together(origin.expr, place, home, seen)
            else:
                share = ""
            if _words(origin.expr) < _FEW_WORDS and self._is_carried(expr, where):
                continue  # a word that the steps of a graph hand on
            made = self._source(origin, expr, where, home) if share != _NONE else None
            if made is not None:
                few = isinstance(origin.expr, Text) and _words(origin.expr) < _FEW_WORDS
                yield _Written(*made, origin, "frame" if beside and few else share)  # a word that is filled in
                beside = True

    def _is_handed(self, expr: Expr, where: Where) -> bool:
        """Whether EXPR reads what a run was given to work on: ``ctx.deps.page`` is data, whoever wrote it."""
        while isinstance(expr, Attr):
            found = self.tracer.origins(expr.base, where)
            if any(one.symbol is not None and expr.name in one.symbol.parameter("hands") for one in found):
                return True
            expr = expr.base
        return False

    def _is_carried(self, expr: Expr, where: Where) -> bool:
        """Whether EXPR is read out of the state that a graph carries."""
        base = expr
        while isinstance(base, (Item, Attr)):
            base = base.base
        if not isinstance(base, Name) or base is expr:
            return False
        found = self.tracer.parameter_of(base, where)
        return found is not None and (found[1].path, found[0].id, base.id) in self.tracer.states

    def _put_together(self, expr: Expr, place: Where, home: _Home, seen: _Seen) -> Generator[_Written, None, str]:
        """The texts written elsewhere that EXPR joins or frames; what share of a prompt EXPR then is itself.

        What is added to a prompt is part of it, and what is added behind an answer is none.
        """
        if isinstance(expr, Text):
            inside = list(self._framed(expr, place, home, seen))
            yield from inside
            return "frame" if inside and _words(expr) < _FEW_WORDS else ""
        pieces = _joined(expr)
        brought = [one for one in pieces if not _is_text(one)]
        ahead = itertools.takewhile(lambda one: not _is_text(one), pieces)
        if any(one.kind is Kind.ANSWER for piece in ahead for one in self.tracer.origins(piece, place)):
            return _NONE
        found = [one for piece in brought for one in self._sources(piece, place, home, seen)]
        yield from found
        known = any(
            ("made", id(one.expr), one.place) in seen
            for piece in brought
            for one in self.tracer.origins(piece, place)
            if one.place is not None
        )
        if not known and not any(one.kind in ("literal", "constant", "function") for one in found):
            return ""
        for piece in pieces:
            if _is_text(piece):
                origin = Origin(Kind.VALUE, expr=piece, place=place)
                made = self._source(origin, piece, place, home)
                if made is not None:
                    yield _Written(*made, origin, "added")
        return "frame"

    def _framed(self, text: Text, place: Where, home: _Home, seen: _Seen) -> Iterator[_Written]:
        """The prompts of the tree, written elsewhere, that are put into TEXT."""
        frame = _words(text) < _FEW_WORDS
        for piece in text.parts:
            if not isinstance(piece, (Name, Attr, Call)):
                continue
            for one in self._sources(piece, place, home, seen):
                long = _words(one.expr) >= _FEW_WORDS or "\n" in _said(one.expr).strip()
                near = self._is_in(one.place, place)
                whole = one.kind == "literal" or (one.kind == "function" and (near or isinstance(piece, Call)))
                if long and (one.kind == "constant" or (frame and whole)):
                    yield one

    def _joins_lines(self, text: Expr, place: Where) -> bool:
        """Whether TEXT joins lines that say much themselves; what lists what was read says little."""
        if not isinstance(text, Text):
            return False
        found = [one for part in text.parts if isinstance(part, Name) for one in self.tracer.origins(part, place)]
        lists = [held.expr for one in found if one.kind is Kind.CONTAINER for held in (one, *one.parts)]
        lines = [item for held in lists if isinstance(held, Seq) for item in held.items if _is_text(item)]
        return sum(map(_words, lines)) >= _MANY_WORDS

    def _is_in(self, place: Where, other: Where) -> bool:
        """Whether both stand in one function, or in one module outside of any."""
        return (place.path, place.scope) == (other.path, other.scope)

    def _source(self, origin: Origin, expr: Expr, where: Where, home: _Home) -> tuple[str, Expr, Where] | None:
        if origin.kind is Kind.VALUE and origin.expr is not None and origin.place is not None:
            scope = self.tracer.project.scope(origin.place)
            here = self._is_in(origin.place, where)
            if not _is_text(origin.expr) and (here or not self._joins_lines(origin.expr, origin.place)):
                return None
            if scope.kind != "function":
                kind = "literal" if origin.place == home.text else "constant"
                return kind, origin.expr, origin.place
            return ("literal" if self._is_in(origin.place, home.text) else "function"), origin.expr, origin.place
        if origin.kind is Kind.ANSWER:
            return "answer", expr, where
        if origin.kind is Kind.INSTANCE and (
            origin.path.rpartition(".")[2].rstrip("()") in _READERS or _RENDERED.search(origin.path)
        ):
            return "file", expr, where
        if origin.kind is Kind.DEFINITION and origin.place is not None:
            if self.tracer.project.scope(origin.place).kind == "function":
                return "function", expr, origin.place
        return None


def _bare(expr: Expr) -> Expr:
    """EXPR without the white space that is taken off it: ``prompt`` in ``prompt.strip()``."""
    while isinstance(expr, Call) and isinstance(expr.func, Attr) and expr.func.name in _TRIMS and not expr.args:
        expr = expr.func.base
    return expr


_OF_A_CALL = frozenset(("tool_call_id", "tool_use_id", "call_id"))  # a message or block that answers a tool's call
_RESULTS = tuple(Const(one, "str") for one in ("tool_result", "function_call_output"))
_MARKUP = re.compile(r"</?[^<>]*>?")  # tags, or the half of one before its name is filled in: no words to a model
_TRIMS = ("strip", "rstrip", "lstrip")
_RENDERED = re.compile(r"\.render\(\)(?:\.[lr]?strip\(\))+$")
_NONE = "none"
_FEW_WORDS = 8  # a text with fewer of its own is a frame around those that it is filled with
_MANY_WORDS = 40
_CALLERS = 64  # calls of one wrapper that are followed
_READERS = frozenset(("read_text", "read", "safe_load", "load", "loads", "render", "get_template"))


def _names(tracer: Tracer, symbol: Symbol, role: str) -> Iterable[str]:
    for one in tracer.catalog.lineage(symbol):
        if one.arguments.get(role):
            return one.arguments[role]
    return ()


def _pair(expr: Seq) -> tuple[str, Expr] | None:
    """``("system", text)``, as some libraries write a message."""
    if expr.kind == "tuple" and len(expr.items) == 2 and isinstance(expr.items[0], Const):
        said = expr.items[0].value
        if isinstance(said, str) and said in ("system", "developer", "human", "user", "ai", "assistant"):
            return said, expr.items[1]
    return None


def _words(expr: Expr | None) -> int:
    """The words that stand in a text itself, not in what it is filled with."""
    return len(_said(expr).split()) if expr is not None else 0


def _said(expr: Expr) -> str:
    pieces = (one.value for one in walk(expr) if isinstance(one, Const))
    return "".join(one for one in pieces if isinstance(one, str))


def _joined(expr: Expr | None) -> tuple[Expr, ...]:
    """The pieces of ``a + b + c``, where some of them are written elsewhere."""
    if not isinstance(expr, Op) or expr.op != "+":
        return ()
    pieces = [inner for one in expr.operands for inner in (_joined(one) or (one,))]
    return tuple(pieces) if any(isinstance(one, (Name, Attr)) for one in pieces) else ()


def _is_text(expr: Expr) -> bool:
    if isinstance(expr, Const):
        return isinstance(expr.value, str) and any(map(str.isalpha, _MARKUP.sub("", expr.value)))
    if isinstance(expr, Op):
        return expr.op in ("+", "%") and any(_is_text(one) for one in expr.operands)
    if isinstance(expr, Call):
        return False
    return isinstance(expr, Text) and any(_is_text(one) for one in expr.parts)
