"""Functions of the tree that run inside an agent's run: its tools, nodes of its graph, hooks, steps of a flow."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from factorlint.agents import Agents
from factorlint.expr import Attr, Call, Expr, Name, Seq
from factorlint.facts import Called, Scope
from factorlint.origin import Kind, Origin, Where
from factorlint.reach import Reach
from factorlint.surfaces import Surfaces

_INNER = ("agent", "team", "executor", "workflow", "chain", "graph", "tool", "hook", "guardrail")
_OPENS = ("route", "serve", "run", "run-graph", "step", "call-model")


class Callbacks:
    """Questions about what a library calls back. Holds only its memory."""

    def __init__(self, reach: Reach, agents: Agents, surfaces: Surfaces) -> None:
        self.reach, self.agents, self.surfaces = reach, agents, surfaces
        self.tracer, self.project = reach.tracer, reach.project

    @functools.cached_property
    def inner(self) -> frozenset[tuple[str, int]]:
        """The functions (file, scope) that a library of agents calls in the middle of a run."""
        found = set(self.agents.bodies)
        for path in sorted(self.project.files):
            facts = self.project.files[path]
            for scope in facts.scopes:
                if scope.kind == "class" and self._extends(path, scope):
                    found |= {(path, one.id) for one in self.project.methods(path, scope.id) if _is_step(one)}
                elif scope.kind == "function" and self._decorated(path, scope):
                    found.add((path, scope.id))
            for called in facts.calls:
                found |= set(self._handed(path, called))
        return frozenset(found - self.open)

    @functools.cached_property
    def open(self) -> frozenset[tuple[str, int]]:
        """The functions that the outside starts (routes, commands, tasks), or that a durable runtime continues."""
        found = set(self.surfaces.handlers)
        for path in sorted(self.project.files):
            for scope in self.project.files[path].scopes:
                if any(self.tracer.catalog.is_a(one.symbol, "durable") for one in self._decorators(path, scope)):
                    found.add((path, scope.id))
        return frozenset(found)

    def _decorators(self, path: str, scope: Scope) -> Iterator[Origin]:
        outside = Where(path, scope.parent, scope.order)
        for decorator in scope.decorators:
            func = decorator.func if isinstance(decorator, Call) else decorator
            yield from self.tracer.origins(func, outside)

    def _decorated(self, path: str, scope: Scope) -> bool:
        """Whether a library of agents takes the function by a decorator: a validator, a prompt, a step."""
        return any(
            (one.symbol is None or one.symbol.does not in _OPENS) and self._agentic(one)
            for one in self._decorators(path, scope)
        )

    def _agentic(self, one: Origin) -> bool:
        library = self.tracer.catalog.library_of(one.symbol.path if one.symbol is not None else one.path)
        return library is not None and library.agentic and library.kind in ("agent-framework", "structured-output")

    def _extends(self, path: str, scope: Scope) -> bool:
        origin = Origin(Kind.DEFINITION, place=Where(path, scope.id, scope.end))
        return any(self.tracer.catalog.is_a(one.symbol, role) for one in self.tracer.lineage(origin) for role in _INNER)

    def _handed(self, path: str, called: Called) -> Iterator[tuple[str, int]]:
        """The functions that one call of a library of agents is given uncalled: ``graph.add_node(step)``."""
        where = Where(path, called.scope, called.order)
        passed = list(_functions((*called.call.args, *(value for _, value in called.call.keywords))))
        if not passed or not any(
            one.kind in (Kind.LIBRARY, Kind.INSTANCE) and self._agentic(one)
            for one in self.tracer.callees(called.call.func, where)
        ):
            return
        for value in passed:
            for one in self.tracer.origins(value, where):
                definition = one.kind is Kind.DEFINITION and one.place is not None
                if definition or one.kind is Kind.OBJECT:
                    for place in self.reach.bodies(one):
                        if self.project.scope(place).name != "__init__":
                            yield place.path, place.scope


def _functions(values: tuple[Expr, ...]) -> Iterator[Expr]:
    for value in values:
        if isinstance(value, (Name, Attr, Call)):
            yield value
        elif isinstance(value, Seq):
            yield from (item for item in value.items if isinstance(item, (Name, Attr)))


def _is_step(method: Scope) -> bool:
    """Whether a library's base class would call the method: decorated, or one that overrides."""
    return bool(method.decorators) or method.name in _OVERRIDDEN


_OVERRIDDEN = frozenset("run _run arun _arun forward aforward __call__ step _step execute prep exec post".split())
