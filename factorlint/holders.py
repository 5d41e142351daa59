"""The walk back from a context: through assignments, returns, parameters and attributes to the things that hold it."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from factorlint.expr import (
    Attr,
    Call,
    Const,
    Dict,
    Each,
    Enter,
    Expr,
    Imported,
    Item,
    Name,
    Param,
    Part,
    Seq,
    Star,
    children,
)
from factorlint.facts import Called, Scope
from factorlint.origin import Kind, Origin, Where
from factorlint.project import Project
from factorlint.provenance import Tracer

_KINDS = frozenset(("role", "type"))  # what a message or a block of one says of itself
_PIECES = frozenset("content parts blocks text thinking input arguments output".split())
_OF_A_CALL = frozenset(("tool_calls", "arguments"))
_DEPTH = 14
_ASIDE = ("tools", "toolsets", "agents", "model", "hook")
_CALLERS = 64  # calls of one wrapper around the model call that are followed
_PUT = 24  # places at which something is put into one field that are followed
GROW = frozenset("append extend add insert appendleft push put add_message add_messages add_user_message".split())
TRIM = frozenset("pop popleft clear remove truncate trim trim_messages compact summarize summarise prune".split())


@dataclass(frozen=True)
class Holder:
    """Something that holds a part of a thread.

    ``kind`` is field (attribute of a class of the tree), object (one of such a class, whole), global, local, or library
    (an attribute of a library's object, such as a UI session). ``scope`` is the class, module or function that it
    belongs to.
    """

    kind: str
    path: str
    scope: int
    name: str


class Way:
    """What a walk back from a context has met. A deep one looks into what is put into fields, and at pieces too."""

    def __init__(self, *, deep: bool = False) -> None:
        self.deep = deep
        self.holders: set[Holder] = set()
        self.functions: set[tuple[str, int]] = set()
        self.parameters: set[tuple[str, int, str]] = set()
        self.seen: set[tuple[int, Where]] = set()


class Back:
    """The walk, over one tree. Holds only its memory."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer, self.project = tracer, tracer.project

    def walk(self, expr: Expr, where: Where, way: Way, depth: int = 0) -> None:
        """Note in WAY what EXPR at WHERE is built from."""
        key = (id(expr), where)
        if key in way.seen or depth > _DEPTH:
            return
        way.seen.add(key)
        if isinstance(expr, Name):
            self._name(expr, where, way, depth)
            return
        if isinstance(expr, (Const, Imported)):
            return
        if way.deep and isinstance(expr, Item) and isinstance(expr.key, Const):
            held = [one for base in self.tracer.origins(expr.base, where) for one in self._under(base, expr.key)]
            for value, at in held:
                self.walk(value, at, way, depth + 1)
            if held:
                return
        if isinstance(expr, Attr):
            self._attribute(expr, where, way, depth)
        if isinstance(expr, Call):
            for callee in self.tracer.origins(expr.func, where):
                self._through(callee, way, depth)
        for child in self._parts(expr, where):
            self.walk(child, where, way, depth + 1)

    def _under(self, base: Origin, key: Const) -> Iterator[tuple[Expr, Where]]:
        """What a dict written in the tree holds under KEY."""
        for held in (base, *base.parts):
            if held.kind is Kind.CONTAINER and isinstance(held.expr, Dict) and held.place is not None:
                yield from ((value, held.place) for name, value in held.expr.items if name == key)

    def _parts(self, expr: Expr, where: Where) -> Iterator[Expr]:
        """What EXPR is made of; of a call of a library, not the tools and the model that it is given."""
        if not isinstance(expr, Call):
            yield from children(expr)
            return
        symbols = [one.symbol for one in self.tracer.origins(expr.func, where) if one.symbol is not None]
        lineage = [kin for symbol in symbols for kin in self.tracer.catalog.lineage(symbol)]
        aside = {name for one in lineage for role in _ASIDE for name in one.parameter(role)}
        if isinstance(expr.func, Attr):
            yield expr.func  # of what stands under a name only what it gives is in the thread, not where it was found
        yield from expr.args
        yield from (value for name, value in expr.keywords if name not in aside)

    def _through(self, callee: Origin, way: Way, depth: int) -> None:
        """Into what a function of the tree returns."""
        if callee.kind is not Kind.DEFINITION or callee.place is None:
            return
        for body in self.tracer.bodies(callee):
            place = body.place
            if place is None or self.project.scope(place).kind != "function":
                continue
            way.functions.add((place.path, place.scope))
            scope = self.project.scope(place)
            for order, value in (*scope.returns, *scope.yields):
                self.walk(value, Where(place.path, scope.id, order), way, depth + 1)

    def _name(self, expr: Name, where: Where, way: Way, depth: int) -> None:
        facts = self.project.files[where.path]
        number = where.scope
        while number >= 0:
            scope = facts.scopes[number]
            hidden = scope.kind == "class" and number != where.scope
            if not hidden and expr.id in scope.bindings and expr.id not in scope.outer:
                break
            number = scope.parent
        else:
            return
        rows = self.project.reaching(where.path, scope.bindings[expr.id], where.order if number == where.scope else -1)
        if scope.kind == "module":
            if not any(isinstance(row.value, Imported) for row in rows):
                way.holders.add(Holder("global", where.path, scope.id, expr.id))
        elif not any(isinstance(row.value, Param) for row in rows):
            way.holders.add(Holder("local", where.path, scope.id, expr.id))
        for row in rows:
            at = Where(where.path, scope.id, row.order)
            if isinstance(row.value, Param):
                self._parameter(scope, expr.id, at, way, depth)
            elif row.value is not None:
                for value, inner in self._given(row.value, at, way.functions):
                    self.walk(value, inner, way, depth + 1)
        for called in grown(self.project, Name(expr.id), where.path, scope):
            for arg in called.call.args:
                self.walk(arg, Where(where.path, called.scope, called.order), way, depth + 3)

    def _given(self, value: Expr, at: Where, functions: set[tuple[str, int]]) -> Iterator[tuple[Expr, Where]]:
        """What a name holds: of a tuple that a function of the tree returns, only the element at its place."""
        if isinstance(value, Part) and value.place >= 0:
            parts = list(self._returned(value, at))
            functions |= {(place.path, place.scope) for _, place in parts}
            if parts:
                yield from parts
                return
        yield (value.source if isinstance(value, (Each, Enter, Part)) else value), at

    def _returned(self, part: Part, at: Where) -> Iterator[tuple[Expr, Where]]:
        """The elements at the place of PART in all tuples that a call gives; nothing where one cannot be told."""
        call = part.source
        callees = self.tracer.origins(call.func, at) if isinstance(call, Call) else ()
        if any(one.kind is not Kind.DEFINITION for one in callees):
            return
        found = []
        for body in (body for one in callees for body in self.tracer.bodies(one)):
            scope = self.project.scope(body.place) if body.place is not None else None
            if body.place is None or scope is None or scope.kind != "function" or scope.yields:
                return
            for order, value in scope.returns:
                plain = isinstance(value, Seq) and not any(isinstance(one, Star) for one in value.items)
                if not plain or not isinstance(value, Seq) or part.place >= len(value.items):
                    return
                found.append((value.items[part.place], Where(body.place.path, scope.id, order)))
        yield from found

    def _parameter(self, scope: Scope, name: str, at: Where, way: Way, depth: int) -> None:
        way.parameters.add((at.path, scope.id, name))
        for value, where in self.tracer.passed_exprs(scope, name, at, _CALLERS):
            self.walk(value, where, way, depth + 1)
        for one in self.tracer.origins(Name(name), at._replace(order=scope.end)):
            if one.kind is Kind.OBJECT and one.place is not None:
                way.holders.add(Holder("object", one.place.path, one.place.scope, ""))

    def _attribute(self, expr: Attr, where: Where, way: Way, depth: int) -> None:
        if expr.name in self._transactions:
            return
        for base in self.tracer.origins(expr.base, where):
            if base.kind is Kind.OBJECT and base.place is not None:
                if self.tracer.method(base, expr.name) is None:
                    owner = self._declares(base, expr.name) or base.place
                    if not self._is_of_one_message(owner, expr.name):
                        way.holders.add(Holder("field", owner.path, owner.scope, expr.name))
                    if way.deep:
                        self._kept(base, expr.name, way, depth)
                else:
                    for found in self.tracer.class_member(base, expr.name):
                        self._through(found, way, depth)
            elif (base.kind is Kind.LIBRARY and base.symbol is None) or base.kind is Kind.INSTANCE:
                way.holders.add(Holder("library", where.path, where.scope, f"{base.path}.{expr.name}"))

    def _is_of_one_message(self, owner: Where, name: str) -> bool:
        """Whether a field holds the pieces of one message, or the calls in it: what grows with it is no thread."""
        scope = self.project.files[owner.path].scopes[owner.scope]
        return name in _OF_A_CALL or (name in _PIECES and not _KINDS.isdisjoint(scope.bindings))

    @functools.cached_property
    def _transactions(self) -> frozenset[str]:
        """The fields whose transactions the tree ends: a database session is no part of the thread that it saves."""
        funcs = (called.call.func for facts in self.project.files.values() for called in facts.calls)
        ended = (one.base for one in funcs if isinstance(one, Attr) and one.name in ("commit", "rollback"))
        return frozenset(one.name for one in ended if isinstance(one, Attr))

    def _kept(self, base: Origin, name: str, way: Way, depth: int) -> None:
        """Into what is put into the list that is an object's attribute NAME."""
        for at, holder, put in self.project.fillings(name)[:_PUT]:
            if any(
                one.place in (base.place, None) and one.kind is Kind.OBJECT for one in self.tracer.origins(holder, at)
            ):
                self.walk(put, at, way, depth + 1)

    def _declares(self, base: Origin, name: str) -> Where | None:
        """The class of the tree, among BASE's lineage, that declares or assigns the attribute."""
        for one in self.tracer.lineage(base):
            if one.place is None:
                continue
            scope = self.project.scope(one.place)
            if name in scope.bindings:
                return one.place
            for method in self.project.methods(one.place.path, one.place.scope):
                if any(write.name == name for write in self.project.writes(one.place.path, method.id)):
                    return one.place
        return None


def grown(project: Project, holder: Expr, path: str, scope: Scope) -> Iterator[Called]:
    """The calls in SCOPE that put something into HOLDER."""
    for called in project.calls_on(path, scope.id, holder):
        func = called.call.func
        if isinstance(func, Attr) and func.name in GROW:
            yield called


def classes(holders: Iterable[Holder]) -> frozenset[tuple[str, int]]:
    """The classes of the tree among HOLDERS."""
    return frozenset((one.path, one.scope) for one in holders if one.kind in ("field", "object"))
