"""The prompts of a tree: every text on its way to a model, traced back to where it is written.

A prompt is one site wherever it is used: at its constant, its prompt function, its template file, or at the literal
inside the call. So the question is asked once for the whole tree, from the calls that take prompts back to the texts.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from factorlint import arguments
from factorlint.entries import Symbol
from factorlint.expr import Attr, Call, Const, Dict, Expr, Name, Seq, Star, Text, argument, last_name
from factorlint.facts import Called, Scope
from factorlint.origin import Kind, Origin, Where
from factorlint.provenance import Tracer, containers
from factorlint.written import FEW_WORDS, Home, Seen, Sources, bare, words

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


_Met = dict[tuple[int, Where, str], int]  # what was opened for one call, and how far from it


class Prompts:
    """All prompts of a tree, found when first asked for."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer
        self.sources = Sources(tracer)

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
            if _is_told(called.call) and self.tracer.catalog.is_a(symbol, "message"):
                return
            given = arguments.of(self.tracer, symbol, called.call, where)
            for role, part in (("prompt", SYSTEM), ("messages", WHOLE), ("input", USER)):
                for name in _names(self.tracer, symbol, role):
                    for row in given.every(name):
                        if part == USER and self._is_handed(*row):
                            continue
                        at = where if name in given.given else row[1]
                        found = list(self._found(row[0], row[1], part, called, where, symbol, at))
                        if not found and role == "prompt" and isinstance(row[0], (Name, Attr)):
                            origin = self.tracer.origin(*row)
                            found = [Prompt("passed", part, row[0], row[1], called, where, symbol, origin, where)]
                        yield from found
            return

    def _found(
        self, expr: Expr, where: Where, part: str, called: Called, at: Where, symbol: Symbol, caller: Where
    ) -> Iterator[Prompt]:
        seen: Seen = set()
        if symbol.does == "run" and isinstance(expr, Dict):  # an agent's state: its messages are what it is told
            told = [value for key, value in expr.items if isinstance(key, Const) and key.value == "messages"]
            expr = told[0] if told else expr
        rows = [
            (says, home.call, one)
            for text, home, says in self._texts(expr, Home(where, caller), part, 0, {})
            for one in self.sources.of(text, home.text, home, seen)
            if not home.put or words(one.expr) >= FEW_WORDS  # a word on what happened
        ]
        beside = any(one.kind == "function" and not one.share for *_, one in rows)
        for says, near, (kind, written, found_at, origin, share) in rows:
            if beside and kind == "literal" and not share and isinstance(written, Text) and words(written) < FEW_WORDS:
                share = "frame"  # a word or two around what the person asks, sent with a prompt
            yield Prompt(kind, says, written, found_at, called, at, symbol, origin, near, share)

    def _texts(self, expr: Expr, home: Home, part: str, depth: int, met: _Met) -> Iterator[tuple[Expr, Home, str]]:
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
        trimmed = bare(expr)
        if trimmed is not expr:
            inside = self._texts(trimmed, home, part, depth + 1, met)
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

    def _contained(self, expr: Expr, home: Home) -> Iterator[tuple[Expr, Home]]:
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

    def _handed_in(self, expr: Name, scope: Scope, at: Where, home: Home) -> Iterator[tuple[Expr, Home]]:
        """What the parameter EXPR of SCOPE stands for, and what SCOPE puts into it itself."""
        for passed, place in self.tracer.passed_exprs(scope, expr.id, at, _CALLERS):
            yield passed, Home(place, place)
        empty = Origin(Kind.CONTAINER, expr=Seq("list", ()), place=at)
        for held in containers.filled(self.tracer, empty, expr, scope, at.path).parts:
            if held.place is not None and held.expr is not None:
                yield held.expr, home._replace(text=held.place, put=True)

    def _is_observation(self, one: Origin) -> bool:
        """A message that brings a tool's result or the model's own words: no prompt."""
        symbol = one.symbol
        if symbol is None or not self.tracer.catalog.is_a(symbol, "message"):
            return False
        return (one.call is not None and _is_told(one.call)) or not any(
            symbol.parameter(role) for role in ("messages", "prompt")
        )

    def _message(self, expr: Dict, home: Home, depth: int, met: _Met) -> Iterator[tuple[Expr, Home, str]]:
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
        if said in _SAID:
            return
        part = SYSTEM if said in ("system", "developer") else USER
        if isinstance(content, Seq):
            for item in content.items:
                yield from self._texts(item, home, part, depth + 1, met)
        elif isinstance(bare(content), Name):
            yield from self._texts(content, home, part, depth + 1, met)
        else:
            yield content, home, part

    def _is_read(self, expr: Expr, where: Where) -> bool:
        """Whether EXPR is what was read somewhere: trimmed and sent as it is, it is what a person wrote."""
        return any(
            one.kind is Kind.INSTANCE and one.path.rpartition(".")[2].rstrip("()") in ("read", "read_text")
            for one in self.tracer.origins(expr, where)
        )

    def _is_handed(self, expr: Expr, where: Where) -> bool:
        """Whether EXPR reads what a run was given to work on: ``ctx.deps.page`` is data, whoever wrote it."""
        while isinstance(expr, Attr):
            found = self.tracer.origins(expr.base, where)
            if any(one.symbol is not None and expr.name in one.symbol.parameter("hands") for one in found):
                return True
            expr = expr.base
        return False


_SAID = ("assistant", "tool", "function", "model")  # roles of those who only say what happened
_OF_A_CALL = frozenset(("tool_call_id", "tool_use_id", "call_id"))  # a message or block that answers a tool's call
_RESULTS = tuple(Const(one, "str") for one in ("tool_result", "function_call_output"))
_CALLERS = 64  # calls of one wrapper that are followed


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


def _is_told(message: Call) -> bool:
    """``ChatMessage(role="tool", …)``, ``role=MessageRole.ASSISTANT``: a word of one who only says what happened."""
    role = argument(message, "role")
    return (role.value if isinstance(role, Const) else last_name(role).lower() if role is not None else "") in _SAID
