"""Values that were loaded rather than made, and the fields of the tree's classes that they fill.

A value is loaded when a store of the catalogue, a query or a parsed file gave it whole: a row, a list of messages, an
object built from either. A text that was only read (a prompt, a document) is none, nor is a list literal around one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from factorlint.expr import (
    Attr,
    Call,
    Const,
    Dict,
    Each,
    Enter,
    Expr,
    Item,
    Name,
    Op,
    Param,
    Part,
    Seq,
    Star,
    argument,
    walk,
)
from factorlint.expr import last_name as last
from factorlint.facts import Scope
from factorlint.flows import ADD_ALL, ADD_ONE, PARSE, Flows
from factorlint.origin import Kind, Origin, Where
from factorlint.reach import Reach
from factorlint.threads import Threads

_MOST = 4000  # expressions looked at for one question
_TEXT = frozenset("read read_text read_bytes readline readlines".split())
_TEXTS = frozenset("format format_map join render substitute dumps str repr".split())  # what they give is a text
_ASKS = ("call-model", "run", "run-graph", "step")
_RUNS = (*_ASKS, "route", "serve")
_THREAD_KEYS = frozenset("messages history chat_history conversation thread events input_items".split())


_Key = tuple[int, Where, bool]


@dataclass(frozen=True)
class _Asked:
    """One question under way: what was looked at, and the functions whose parameters are not followed.

    One way to a store is enough. So what was looked at need not be looked at again for the same question, and where
    the whole question ends in "no", all of it is "no".

    A question about one function has it, and those it enters on the way, in ``entered``: of what they are passed, only
    what they pass each other is followed. It is asked for evidence, so a file that is parsed where nothing of a thread
    is ever saved is no store, and what a function that asks a model gives is an answer.
    """

    seen: dict[_Key, Expr] = field(default_factory=dict)
    fields: set[tuple[str, int, str]] = field(default_factory=set)
    closed: frozenset[tuple[str, int]] = frozenset()
    entered: set[tuple[str, int]] = field(default_factory=set)
    empty: set[Where] = field(default_factory=set)  # classes of which an object was made there with nothing in it


class Loads:
    """Questions about what stores give. Holds only its memory."""

    def __init__(self, threads: Threads, reach: Reach) -> None:
        self.threads, self.reach = threads, reach
        self.tracer, self.project = threads.tracer, threads.project
        self.flows = Flows(threads.tracer)
        self._yes: dict[_Key, Expr] = {}
        self._no: dict[_Key, Expr] = {}
        self._filled: dict[tuple[str, int, str], bool] = {}
        self._under_way: _Asked | None = None

    def loaded(self, expr: Expr, where: Where) -> bool:
        """Whether EXPR may be something that a store gave whole."""
        key = (id(expr), where, False)
        if key in self._yes:
            return True
        found = self._ask(lambda asked: self._value(expr, where, False, asked))
        if found:
            self._yes[key] = expr
        return found

    def _ask(self, question: Callable[[_Asked], bool]) -> bool:
        """QUESTION as a part of the one that is under way, or as one of its own."""
        if self._under_way is not None:
            return question(self._under_way)
        self._under_way = asked = _Asked()
        try:
            found = question(asked)
        finally:
            self._under_way = None
        if not found and len(asked.seen) < _MOST:
            self._no.update(asked.seen)
            self._filled.update(dict.fromkeys(asked.fields, False))
        return found

    def loaded_in(self, function: Scope, expr: Expr, where: Where) -> bool:
        """Whether EXPR was loaded in FUNCTION or below it, not where the parameters of FUNCTION come from."""
        scopes = self.project.files[where.path].scopes
        inner = frozenset((where.path, one.id) for one in scopes if function.order <= one.order <= function.end)
        return self._value(expr, where, False, _Asked(closed=inner, entered=set(inner)))

    def fills(self, path: str, number: int, name: str) -> bool:
        """Whether field NAME of a class of the tree is, somewhere, filled from a store."""
        key = (path, number, name)
        if key in self._filled:
            return self._filled[key]
        found = self._ask(lambda asked: key not in asked.fields and self._fills(path, number, name, asked))
        if found:
            self._filled[key] = True
        return found

    # -- the walk back ---------------------------------------------------------------------------------------------

    def _value(self, expr: Expr, where: Where, text: bool, asked: _Asked) -> bool:
        """TEXT: a text that was read will do, because it is being parsed."""
        key = (id(expr), where, text)
        if key in asked.seen or key in self._no or len(asked.seen) >= _MOST:
            return False
        asked.seen[key] = expr
        if isinstance(expr, Name):
            return self._name(expr, where, text, asked)
        if isinstance(expr, Attr):
            return self._value(expr.base, where, text, asked) or self._attribute(expr, where, asked)
        if isinstance(expr, Call):
            return self._call(expr, where, text, asked)
        if isinstance(expr, Item):
            return self._value(expr.base, where, text, asked)
        if isinstance(expr, Each) and text and self._is_stored(asked) and self._is_file(expr.source, where):
            return True
        if isinstance(expr, (Each, Star, Part)):
            return self._value(expr.source if not isinstance(expr, Star) else expr.value, where, text, asked)
        if isinstance(expr, Op):
            operands = expr.operands[:2] if expr.op == "if" else expr.operands
            return expr.op in ("+", "or", "and", "if") and any(self._value(one, where, text, asked) for one in operands)
        if isinstance(expr, Seq):
            return self._sequence(expr, where, asked)
        if isinstance(expr, Dict):
            return any(
                self._value(value, where, False, asked)
                for key_, value in expr.items
                if key_ is None or (isinstance(key_, Const) and key_.value in _THREAD_KEYS)
            )
        return False

    def _sequence(self, expr: Seq, where: Where, asked: _Asked) -> bool:
        if expr.kind == "gen":
            return any(self._taken_from(one, where, None, asked) for one in expr.items)
        if expr.kind == "tuple":
            return any(self._value(one, where, False, asked) for one in expr.items)
        return any(self._value(one, where, False, asked) for one in expr.items if isinstance(one, Star))

    def _name(self, expr: Name, where: Where, text: bool, asked: _Asked) -> bool:
        scope = self.flows.scope_of(expr.id, where)
        if scope is None:
            return False
        rows = self.project.reaching(
            where.path, scope.bindings[expr.id], where.order if scope.id == where.scope else -1
        )
        for row in rows:
            at = Where(where.path, scope.id, row.order)
            if isinstance(row.value, Param):
                if (where.path, scope.id) in asked.closed:
                    continue
                for value, place in self.flows.passed(scope, expr.id, at):
                    if self._is_entered(place, asked) and self._value(value, place, text, asked):
                        return True
            elif row.value is not None and not isinstance(row.value, Enter):
                if self._value(row.value, at, text, asked):
                    return True
        made = min((row.order for row in rows), default=-1)
        return self._grown(expr, where.path, scope, made, asked)

    def _is_entered(self, place: Where, asked: _Asked) -> bool:
        function = self.project.inside(place, "function")
        return not asked.closed or (function is not None and (place.path, function.id) in asked.entered)

    def _grown(self, holder: Expr, path: str, scope: Scope, made: int, asked: _Asked) -> bool:
        """Whether SCOPE puts what was loaded into HOLDER, whole or one by one."""
        for called in self.project.calls_on(path, scope.id, holder):
            func, at = called.call.func, Where(path, scope.id, called.order)
            if not isinstance(func, Attr):
                continue
            if func.name in ADD_ALL and any(self._value(one, at, False, asked) for one in called.call.args):
                return True
            if func.name in ADD_ONE and any(self._taken_from(one, at, made, asked) for one in called.call.args):
                return True
        return False

    def _taken_from(self, expr: Expr, where: Where, made: int | None, asked: _Asked) -> bool:
        """Whether EXPR holds an element of what was loaded; the loop over that must not have begun before MADE."""
        for one in walk(expr):
            if not isinstance(one, Name):
                continue
            scope = self.flows.scope_of(one.id, where)
            for row in scope.bindings[one.id] if scope is not None else ():
                value = row.value.source if isinstance(row.value, Part) else row.value
                if scope is None or not isinstance(value, Each) or (made is not None and row.order <= made):
                    continue
                if self._value(value.source, Where(where.path, scope.id, row.order), False, asked):
                    return True
        return False

    def _attribute(self, expr: Attr, where: Where, asked: _Asked) -> bool:
        for base in self.tracer.origins(expr.base, where):
            if base.kind is Kind.LIBRARY:
                rows = self.flows.put_on(base, expr.name)
                if any(self._is_entered(at, asked) and self._value(one, at, False, asked) for one, at in rows):
                    return True
            if base.kind is not Kind.OBJECT or base.place is None:
                continue
            method = self.tracer.method(base, expr.name)
            if method is not None and self._returns(method, False, asked):
                return True
            if method is None and not (self._is_empty(base, asked) and self._set_by_constructor(base, expr.name)):
                path, number = base.place[:2]
                if (
                    self._filled_below(path, number, expr.name, asked)
                    if asked.closed
                    else self.fills(path, number, expr.name)
                ):
                    return True
        return False

    def _filled_below(self, path: str, number: int, name: str, asked: _Asked) -> bool:
        """Whether a function that was entered fills field NAME of an object of the class."""
        return any(
            self._is_entered(where, asked)
            and self.flows.is_of(base, where, path, number)
            and (self._value(value, where, False, asked) if whole else self._taken_from(value, where, -1, asked))
            for base, value, where, whole in self.flows.into.get(name, ())
        )

    def _is_empty(self, base: Origin, asked: _Asked) -> bool:
        """Whether BASE was made in the very function that is asked about, with nothing in it that was loaded."""
        if base.call is None or base.made is None:
            return base.place in asked.empty
        if base.place is None or (base.made.path, base.made.scope) not in asked.closed:
            return False
        passed = (*base.call.args, *(value for _, value in base.call.keywords))
        return not any(self._value(one, base.made, False, asked) for one in passed)

    def _set_by_constructor(self, base: Origin, name: str) -> bool:
        """Whether field NAME is set where the object is made and nowhere else; what joins it later is no setting."""
        for holder, _, where, whole in self.flows.into.get(name, ()):
            function = self.project.inside(where, "function")
            if whole and base.place is not None and (function is None or function.name != "__init__"):
                if self.flows.is_of(holder, where, base.place.path, base.place.scope):
                    return False
        return True

    def _call(self, expr: Call, where: Where, text: bool, asked: _Asked) -> bool:
        name = last(expr.func) or ""
        values = (*expr.args, *(value for _, value in expr.keywords))
        if any(_is_query(one) for one in values):
            return True
        if name in _TEXTS:
            return False
        for callee in self.tracer.callees(expr.func, where):
            does = callee.symbol.does if callee.symbol is not None else None
            if callee.kind is Kind.ANSWER or does in _RUNS:
                return False
            if does == "load":
                file = name in _TEXT or callee.kind is Kind.LIBRARY
                return (text or name not in _TEXT) and (not file or self._is_stored(asked))
            if callee.kind is Kind.DEFINITION and callee.place is not None:
                if self.project.scope(callee.place).kind == "class":
                    return any(self._value(one, where, False, asked) for one in values)
                held = callee.receiver
                if held is not None and held.place is not None and self._is_empty(held, asked):
                    asked.empty.add(held.place)
                return self._returns(callee, text, asked)
        read = text or name in PARSE
        if isinstance(expr.func, Attr) and self._value(expr.func.base, where, text, asked):
            return True
        return any(self._value(one, where, read, asked) for one in values)

    def _is_file(self, expr: Expr, where: Where) -> bool:
        """Whether EXPR is an open file, whose lines are read one by one."""
        return any(
            one.kind is Kind.INSTANCE and self.tracer.catalog.is_a(one.symbol, "store")
            for one in self.tracer.origins(expr, where)
        )

    def _is_stored(self, asked: _Asked) -> bool:
        """Whether a file may be a store: for evidence only where a part of a thread is ever saved."""
        return not asked.closed or self.threads.are_saved

    def _returns(self, function: Origin, text: bool, asked: _Asked) -> bool:
        for body in self.tracer.bodies(function):
            place = body.place
            if place is None or self.project.scope(place).kind != "function":
                continue
            if asked.closed and self.reach.function_does(place, _ASKS):
                continue
            scope = self.project.scope(place)
            asked.entered.add((place.path, scope.id))
            for order, value in (*scope.returns, *scope.yields):
                if self._value(value, Where(place.path, scope.id, order), text, asked):
                    return True
        return False

    # -- fields ----------------------------------------------------------------------------------------------------

    def _fills(self, path: str, number: int, name: str, asked: _Asked) -> bool:
        asked.fields.add((path, number, name))
        for base, value, where, whole in self.flows.into.get(name, ()):
            if not self.flows.is_of(base, where, path, number):
                continue
            if self.loaded(value, where) if whole else self._taken_from(value, where, -1, asked):
                return True
        scope = self.project.files[path].scopes[number]
        if (path, number) in self.flows.asked_for:
            return True
        fields = [one for one, rows in scope.bindings.items() if any(row.annotation is not None for row in rows)]
        if name not in fields:
            return False
        for call, where, parsed in self.flows.made(path, scope):
            given = argument(call, name, fields)
            spread = [value for key, value in call.keywords if key is None]
            values = call.args if parsed else (*spread, *([given] if given is not None else []))
            if any(self._value(one, where, parsed, asked) for one in values):
                return True
        return False


def _is_query(expr: Expr) -> bool:
    """A text of SQL that reads."""
    return isinstance(expr, Const) and isinstance(expr.value, str) and bool(_SELECT.match(expr.value))


_SELECT = re.compile(r"\s*(select|with)\b.+\bfrom\b", re.IGNORECASE | re.DOTALL)
