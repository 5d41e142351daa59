"""The thread as a value: what the context of a model call is built from, walked back to the things that hold it.

From every argument that carries messages or a prompt the walk goes back through assignments, returns, parameters and
attributes, and notes the holders on the way: fields of the tree's classes, module globals, local lists.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from factorlint import arguments, piped
from factorlint.expr import Attr, Call, Const, Expr, Op
from factorlint.facts import Called, Scope
from factorlint.holders import GROW, TRIM, Back, Way, classes, grown
from factorlint.holders import Holder as Holder
from factorlint.origin import Kind, Origin, Where
from factorlint.provenance import Tracer

_TOLD = ("prompt", "pieces")  # what an agent or a task is made with
_ROLES = ("messages", "messages_history", "prompt", "input", "session")


@dataclass(frozen=True)
class Sent:
    """One model call or run, what it is sent, and the holders behind that."""

    called: Called
    where: Where
    origin: Origin
    holders: frozenset[Holder]
    functions: frozenset[tuple[str, int]]  # functions of the tree that the context goes through
    parameters: frozenset[tuple[str, int, str]]  # parameters (file, scope, name) of the tree's that it comes by


class Threads:
    """Questions about the threads of a tree. Holds only its memory."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer
        self.project = tracer.project
        self.back = Back(tracer)

    @functools.cached_property
    def sent(self) -> tuple[Sent, ...]:
        """Every model call and run of the tree with the holders of its context, in file order."""
        files = self.project.files
        return tuple(one for path in sorted(files) for called in files[path].calls for one in self._sent(path, called))

    @functools.cached_property
    def by_statement(self) -> Mapping[tuple[str, int], tuple[Sent, ...]]:
        """Where a context is sent (file, statement) → what is sent there."""
        rows: dict[tuple[str, int], list[Sent]] = {}
        for one in self.sent:
            rows.setdefault((one.where.path, one.where.order), []).append(one)
        return {key: tuple(found) for key, found in rows.items()}

    @functools.cached_property
    def holders(self) -> frozenset[Holder]:
        """Everything that holds a part of any thread."""
        return frozenset(holder for one in self.sent for holder in one.holders)

    @functools.cached_property
    def renderers(self) -> frozenset[tuple[str, int]]:
        """The functions (file, scope) of the tree that the context of some model call goes through.

        What is put into a field that holds a context goes through them too, and what an agent is constructed with.
        """
        way = Way(deep=True)
        for path in sorted(self.project.files):
            for called in self.project.files[path].calls:
                where = Where(path, called.scope, called.order)
                for callee in self.tracer.callees(called.call.func, where):
                    told = self.context(callee, called.call, where)
                    for expr, at in told if told is not None else self._constructed(callee, called.call, where):
                        self.back.walk(expr, at, way)
        sent = frozenset(place for one in self.sent for place in one.functions)
        return sent | way.functions | piped.ahead_of_models(self.tracer)

    @functools.cached_property
    def parameters(self) -> frozenset[tuple[str, int, str]]:
        """The parameters (file, scope, name) of the tree's functions by which a context comes to a model call."""
        return frozenset(one for sent in self.sent for one in sent.parameters)

    def _constructed(self, callee: Origin, call: Call, where: Where) -> list[tuple[Expr, Where]]:
        """The texts that an agent or a task of a library is made with."""
        symbol = callee.symbol
        if symbol is None or callee.kind not in (Kind.LIBRARY, Kind.INSTANCE):
            return []
        names = [name for one in self.tracer.catalog.lineage(symbol) for role in _TOLD for name in one.parameter(role)]
        if not names:
            return []
        given = arguments.of(self.tracer, symbol, call, where).given
        return [given[name] for name in dict.fromkeys(names) if name in given]

    @functools.cached_property
    def saved(self) -> frozenset[tuple[str, int]]:
        """The classes (file, scope) of which some part goes into a file, a database or another store that lasts."""
        found: set[tuple[str, int]] = set()
        for value, where in self._stored:
            found |= classes(self.holders_of(value, where))
            for one in self.tracer.origins(value, where):
                if one.kind is Kind.OBJECT and one.place is not None:
                    found.add((one.place.path, one.place.scope))
        return frozenset(found)

    @functools.cached_property
    def are_saved(self) -> bool:
        """Whether a part of any thread goes into something that lasts."""
        parts = classes(self.holders)
        return not parts.isdisjoint(self.saved) or not self.holders.isdisjoint(self.kept)

    @functools.cached_property
    def kept(self) -> frozenset[Holder]:
        """Every holder of which something goes into a store that lasts."""
        return frozenset(one for value, where in self._stored for one in self.holders_of(value, where))

    @functools.cached_property
    def _stored(self) -> tuple[tuple[Expr, Where], ...]:
        """What the calls that save something are given."""
        found: list[tuple[Expr, Where]] = []
        for path in sorted(self.project.files):
            for called in self.project.files[path].calls:
                where = Where(path, called.scope, called.order)
                callees = self.tracer.callees(called.call.func, where)
                if any(one.symbol is not None and one.symbol.does == "save" for one in callees):
                    found += (
                        (value, where) for value in (*called.call.args, *(one for _, one in called.call.keywords))
                    )
        return tuple(found)

    def _sent(self, path: str, called: Called) -> Iterator[Sent]:
        where = Where(path, called.scope, called.order)
        for callee in self.tracer.callees(called.call.func, where):
            exprs = self.context(callee, called.call, where)
            if exprs is None:
                continue
            way = Way()
            for expr, at in exprs:
                self.back.walk(expr, at, way)
            found = frozenset(way.holders), frozenset(way.functions), frozenset(way.parameters)
            yield Sent(called, where, callee, *found)
            return

    def context(self, callee: Origin, call: Call, where: Where) -> list[tuple[Expr, Where]] | None:
        """The arguments of a model call or run that carry its context; None if it is neither."""
        symbol = callee.symbol
        if callee.kind is Kind.PIPE and callee.receiver is not None:
            return [(one, where) for one in call.args]
        if symbol is None or symbol.does not in ("call-model", "run", "step") or callee.kind is Kind.ANSWER:
            return None
        given = arguments.of(self.tracer, symbol, call, where)
        lineage = list(self.tracer.catalog.lineage(symbol))
        names = [name for role in _ROLES for one in lineage for name in one.parameter(role)]
        found = [row for name in dict.fromkeys(names) for row in given.every(name)]
        if found or names:
            return found
        return [(one, where) for one in (*call.args, *(value for _, value in call.keywords))]

    def holders_of(self, expr: Expr, where: Where) -> frozenset[Holder]:
        """The holders that EXPR is built from."""
        way = Way()
        self.back.walk(expr, where, way)
        return frozenset(way.holders)

    # -- growth ----------------------------------------------------------------------------------------------------

    def grown(self, holder: Expr, path: str, scope: Scope) -> Iterator[Called]:
        """The calls in SCOPE that put something into HOLDER."""
        return grown(self.project, holder, path, scope)

    def changes(self, holder: Holder) -> tuple[tuple[str, int, int, str], ...]:
        """Where a field is changed: (file, scope, statement, how), how being grow, trim or set."""
        return self._changes.get(holder.name, ()) if holder.kind == "field" else ()

    @functools.cached_property
    def _changes(self) -> Mapping[str, tuple[tuple[str, int, int, str], ...]]:
        """Attribute name → where some object's attribute of that name is changed."""
        rows: dict[str, list[tuple[str, int, int, str]]] = {}
        for path in sorted(self.project.files):
            facts = self.project.files[path]
            for write in facts.writes:
                if write.name is not None:
                    how = "grow" if write.augmented and not _counts(write.value) else "set"
                    rows.setdefault(write.name, []).append((path, write.scope, write.order, how))
                elif isinstance(write.base, Attr):
                    rows.setdefault(write.base.name, []).append((path, write.scope, write.order, "grow"))
            for called in facts.calls:
                func = called.call.func
                if isinstance(func, Attr) and isinstance(func.base, Attr) and func.name in GROW | TRIM:
                    how = "grow" if func.name in GROW else "trim"
                    rows.setdefault(func.base.name, []).append((path, called.scope, called.order, how))
        return {name: tuple(found) for name, found in rows.items()}


def _counts(value: Expr) -> bool:
    """``turns + 1``: what ``turns += 1`` makes."""
    added = value.operands[-1] if isinstance(value, Op) else None
    return isinstance(added, Const) and added.type in ("int", "float")
