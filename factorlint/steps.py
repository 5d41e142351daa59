"""The step: which functions of the tree take a step of an agent, and which lasting state of its thread they change.

A step is a function that comes to a model call or run, a node of a graph, a step method of a workflow, or a function
that acts on the answer it is handed. Tools, constructors and user interfaces are none.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace

from factorlint import lasting
from factorlint.agents import Agents
from factorlint.expr import Attr, Call, Expr, Name, last_name, walk
from factorlint.facts import Called, Scope
from factorlint.graphs import Graphs
from factorlint.holders import Holder
from factorlint.lasting import Change, binder, links
from factorlint.origin import Kind, Origin, Where
from factorlint.provenance.answers import answers_in
from factorlint.reach import Reach
from factorlint.surfaces import Surfaces
from factorlint.threads import Threads

ASKS = ("call-model", "run", "run-graph", "step")
_KEEPSAKES = ("cache", "memo_", "memoize")
_HELPERS = 2  # calls of helpers that change the state for a step


class Steps:
    """Questions about the steps of the agents of a tree. Holds only its memory."""

    def __init__(self, reach: Reach, agents: Agents, threads: Threads, surfaces: Surfaces, graphs: Graphs) -> None:
        self.reach, self.agents, self.threads, self.surfaces = reach, agents, threads, surfaces
        self.graphs = graphs
        self.tracer = reach.tracer
        self.project = reach.project
        self._changed: dict[tuple[str, int], tuple[Change, ...]] = {}
        self._written: dict[tuple[str, int], tuple[Change, ...]] = {}
        self._acts: dict[tuple[str, int], bool] = {}

    # -- which functions are steps ---------------------------------------------------------------------------------

    def is_step(self, place: Where) -> bool:
        """Whether a function takes a step of an agent."""
        if not self.may_be(place):
            return False
        return self.is_node(place) or self.asks(place) is not None or self.acts(place)

    def is_node(self, place: Where) -> bool:
        """Whether a library calls the function as a node of a graph or a step of a workflow."""
        return (place.path, place.scope) in self.nodes

    def asks(self, place: Where) -> int | None:
        """How many functions lie between a function and the model that it comes to; None where it comes to none."""
        does = self.reach.summary(place).does
        return min((does[kind] for kind in ASKS if kind in does), default=None)

    def acts(self, place: Where) -> bool:
        """Whether a function hands pieces of an answer that it was given to another function of the tree."""
        key = (place.path, place.scope)
        if key not in self._acts:
            self._acts[key] = self._hands_on(place)
        return self._acts[key]

    def _hands_on(self, place: Where) -> bool:
        if not self.takes_answer(place):
            return False
        whole = {Name(one.name) for one in self.project.scope(place).parameters}
        for called in self.project.calls_in(place.path, place.scope):
            where = Where(place.path, place.scope, called.order)
            given = (*called.call.args, *(value for _, value in called.call.keywords))
            if not any(value not in whole and self._is_answer(value, where) for value in given):
                continue
            for callee in self.tracer.callees(called.call.func, where):
                if any(not self._own(body) for body in self.reach.bodies(callee)):
                    return True
        return False

    def takes_answer(self, place: Where) -> bool:
        """Whether a function is handed a model's answer, by its own callers or by those of the method it overrides."""
        return any(
            self._is_answer(Name(one.name), Where(path, scope.id, scope.order + 1))
            for path, scope in self._overridden(place)
            for one in scope.parameters
        )

    def _overridden(self, place: Where) -> Iterator[tuple[str, Scope]]:
        """The function, and the methods of base classes of the tree that it stands in for."""
        scope = self.project.scope(place)
        yield place.path, scope
        holder = self.project.files[place.path].scopes[scope.parent]
        if holder.kind != "class":
            return
        for one in self.tracer.lineage(Origin(Kind.DEFINITION, place=Where(place.path, holder.id, holder.end))):
            if one.place is None or one.place[:2] == (place.path, holder.id):
                continue
            for method in self.project.methods(one.place.path, one.place.scope):
                if method.name == scope.name:
                    yield one.place.path, method

    def _is_answer(self, expr: Expr, where: Where) -> bool:
        return any(one.kind is Kind.ANSWER for one in answers_in(self.tracer, expr, where))

    def may_be(self, place: Where) -> bool:
        """Whether a function is none of what can be no step: a tool, a constructor, a handler of a user interface."""
        key = (place.path, place.scope)
        scope = self.project.scope(place)
        dunder = scope.name.startswith("__") and scope.name != "__call__"
        return not (dunder or key in self.agents.bodies or self.surfaces.handlers.get(key) == "ui")

    @functools.cached_property
    def nodes(self) -> frozenset[tuple[str, int]]:
        """The functions (file, scope) that a graph or workflow of the tree has as its steps."""
        found = set(self.graphs.steps)
        for path in sorted(self.project.files):
            for scope in self.project.files[path].scopes:
                outside = Where(path, scope.parent, scope.order)
                if scope.kind == "function" and any(self._marks(one, outside) for one in scope.decorators):
                    found.add((path, scope.id))
        return frozenset(found)

    def _marks(self, decorator: Expr, where: Where) -> bool:
        func = decorator.func if isinstance(decorator, Call) else decorator
        return any(self.tracer.catalog.is_a(one.symbol, "step") for one in self.tracer.origins(func, where))

    # -- what they change ------------------------------------------------------------------------------------------

    def changed(self, place: Where) -> tuple[Change, ...]:
        """What a function changes of the things that outlive it, itself or through helpers that are no steps."""
        key = (place.path, place.scope)
        if key not in self._changed:
            self._changed[key] = tuple(self._changes(place, 0))
        return self._changed[key]

    def _changes(self, place: Where, depth: int) -> Iterator[Change]:
        yield from self._own(place)
        if depth < _HELPERS:
            yield from self._through(place, depth)

    def _own(self, place: Where) -> tuple[Change, ...]:
        key = (place.path, place.scope)
        if key not in self._written:
            self._written[key] = tuple(lasting.changes(self.tracer, place))
        return self._written[key]

    def _through(self, place: Where, depth: int) -> Iterator[Change]:
        """The changes that helpers make to what this function reaches."""
        for called in self.project.calls_in(place.path, place.scope):
            where = Where(place.path, place.scope, called.order)
            for one in self.tracer.origins(called.call.func, where):
                if one.kind is not Kind.DEFINITION or not self._lasts(called.call.func, where):
                    continue
                for body in self.reach.bodies(one):
                    if self.project.scope(body).name == "__init__" or self.asks(body) is not None or self.acts(body):
                        continue
                    for change in self._changes(body, depth + 1):
                        yield replace(change, where=where)

    def _lasts(self, func: Expr, where: Where) -> bool:
        """Whether a method is called on something that outlives the call; a plain function changes only globals."""
        if not isinstance(func, Attr):
            return True
        if isinstance(func.base, Call):  # super().step()
            return isinstance(func.base.func, Name) and func.base.func.id == "super"
        return links(self.tracer, func, where) is not None

    # -- which of that is the thread -------------------------------------------------------------------------------

    def thread_change(self, place: Where) -> tuple[Change, str] | None:
        """The first change by which a function alters a thread that lives on between calls, and the thread's name."""
        for change in self.changed(place):
            for holder in self._holders(change):
                if change.value is None or self._carried(place, change, holder):
                    return change, holder.name
        return None

    def _holders(self, change: Change) -> Iterator[Holder]:
        """The parts of a thread that a change touches; of a plain assignment the last link alone."""
        chain = change.chain if change.value is None else change.chain[-1:]
        for expr, where in chain:
            if any(word in _name(expr) for word in _KEEPSAKES):
                continue  # asked for again, it would be the same
            if isinstance(expr, Name):
                scope = binder(self.tracer, expr.id, where)
                holder = Holder("global", where.path, scope.id if scope else 0, expr.id)
                if holder in self.threads.holders:
                    yield holder
            elif isinstance(expr, Attr):
                for base in self.tracer.origins(expr.base, where):
                    if base.kind is Kind.OBJECT:
                        yield from self._fields(base, expr.name)

    def _fields(self, base: Origin, name: str) -> Iterator[Holder]:
        for one in self.tracer.lineage(base):
            if one.place is not None:
                holder = Holder("field", one.place.path, one.place.scope, name)
                if holder in self.threads.holders:
                    yield holder

    def _carried(self, place: Where, change: Change, holder: Holder) -> bool:
        """Whether what is assigned came of a model and is sent to one by a later call, not by this one."""
        if change.value is None or not self._came_of_model(change.value, change.at, 0):
            return False
        below = self.reach.below(place)
        for sent in self.threads.sent:
            if holder not in sent.holders:
                continue
            inside = any(one.called is sent.called for one in below)
            if not inside or self._before(place, sent.called, change.where.order):
                return True
        return False

    def _before(self, place: Where, sent: Called, order: int) -> bool:
        """Whether the function comes to the call SENT by statement ORDER."""
        for called in self.project.calls_in(place.path, place.scope):
            if called.order <= order:
                if any(one.called is sent for one in self.reach.inside(place.path, called.order, called.order)):
                    return True
        return False

    def _came_of_model(self, expr: Expr, where: Where, depth: int) -> bool:
        """Whether a value is made of what a model answered in this function or below it."""
        if self._is_answer(expr, where):
            return True
        scope: Scope = self.project.scope(where)
        for one in walk(expr):
            if isinstance(one, Call):
                for callee in self.tracer.callees(one.func, where):
                    if any(self.asks(body) is not None for body in self.reach.bodies(callee)):
                        return True
            if not isinstance(one, Name) or depth > 5 or one.id not in scope.bindings:
                continue
            for row in self.project.reaching(where.path, scope.bindings[one.id], where.order):
                if row.value is not None and self._came_of_model(row.value, where._replace(order=row.order), depth + 1):
                    return True
            for called in self.threads.grown(one, where.path, scope):
                at = where._replace(order=called.order)
                if called.order < where.order and any(
                    self._came_of_model(arg, at, depth + 2) for arg in called.call.args
                ):
                    return True
        return False


def _name(expr: Expr) -> str:
    return last_name(expr).lower()
