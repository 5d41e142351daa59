"""Which routes, handlers, tasks, commands and scripts start an agent.

A surface is where something outside starts the program: a function that a library calls (`handlers.py`) or a script
(`scripts.py`). Its body is read once for the calls that come to a model: its own, and those through the tree.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from factorlint import handlers, locks, scripts
from factorlint.agents import Agents
from factorlint.expr import Attr
from factorlint.facts import Called
from factorlint.locks import Start, Surface
from factorlint.origin import Kind, Origin, Where
from factorlint.reach import Reach, Reached
from factorlint.scripts import Span

_ACTS = ("call-model", "run", "run-graph", "step")
_HOPS = 2  # tasks that start one another
_MADE = ("agent", "team", "executor", "chain", "engine", "workflow", "graph-builder")
_CLIENTS = ("client", "chat-model", "completion-model", "structured-client")


@dataclass(frozen=True)
class Started:
    """A surface that starts an agent: the call that tells, and what the surface keeps to itself, if anything."""

    surface: Surface
    start: Start
    kept: str = ""


class Surfaces:
    """Questions about what starts the agents of a tree. Holds only its memory."""

    def __init__(self, reach: Reach, agents: Agents) -> None:
        self.reach = reach
        self.agents = agents
        self.tracer = reach.tracer
        self.project = reach.project
        self._put: dict[tuple[str, int], tuple[Where, ...]] = {}

    @functools.cached_property
    def handlers(self) -> Mapping[tuple[str, int], str]:
        """Every handler (file, scope) and the kind of its surface; a function that is registered twice is one."""
        found: dict[tuple[str, int], str] = {}
        for place, kind in handlers.every(self.tracer):
            found.setdefault((place.path, place.scope), kind)
        return found

    @functools.cached_property
    def every(self) -> tuple[Surface, ...]:
        """Every surface of the tree, in file order."""
        found = []
        for (path, number), kind in self.handlers.items():
            scope = self.project.files[path].scopes[number]
            found.append(Surface(kind, path, scope.qualname, (Span(scope.order + 1, scope.end),)))
        for script in scripts.every(self.reach, self.handlers.keys()):
            found.append(Surface(script.kind, script.path, "", script.spans, script.importable))
        return tuple(sorted(found, key=lambda one: (one.path, one.spans[0].first, one.name)))

    @functools.cached_property
    def started(self) -> tuple[Started, ...]:
        """The surfaces that keep an agent to themselves, and the first of a kind and file that starts one outside."""
        found: list[Started] = []
        seen: set[tuple[str, str, Where]] = set()
        for surface in self.every:
            starts = tuple(self._starts(surface))
            held = locks.lock(self.tracer, surface, starts)
            if held is not None:
                found.append(Started(surface, held.start, held.what))
                continue
            start = locks.elsewhere(surface, starts, seen)
            if start is not None:
                found.append(Started(surface, start))
                seen |= {(surface.kind, surface.path, agent) for one in starts for agent in one.agent}
        return tuple(found)

    @functools.cached_property
    def by_statement(self) -> Mapping[tuple[str, int], tuple[Started, ...]]:
        """Where an agent is started (file, statement) → the surfaces that do so there."""
        rows: dict[tuple[str, int], list[Started]] = {}
        for one in self.started:
            rows.setdefault((one.start.where.path, one.start.where.order), []).append(one)
        return {key: tuple(found) for key, found in rows.items()}

    def _starts(self, surface: Surface) -> Iterator[Start]:
        first, last = min(one.first for one in surface.spans), max(one.last for one in surface.spans)
        for called in self.reach.calls(surface.path, first, last):
            where = Where(surface.path, called.scope, called.order)
            if surface.holds(where):
                found = self._own(called, where) or self._through(surface, called, where) or self._make(called, where)
                if found is not None:
                    yield found

    # -- what one call starts --------------------------------------------------------------------------------------

    def _own(self, called: Called, where: Where) -> Start | None:
        """A model call or run that the surface makes itself. A decorator (``@prompt("…")``) makes a function of one."""
        if self.project.files[where.path].statements[where.order].kind in ("FunctionDef", "AsyncFunctionDef"):
            return None
        for one in self.tracer.callees(called.call.func, where):
            if one.kind is Kind.PIPE and one.receiver is not None and one.receiver.place is not None:
                return Start("run", called, where, one, made=(one.receiver.place,))
        for one in self.reach.callees(where.path, called):
            if Reached(one, called, where.path, 0).does not in _ACTS or one.symbol is None:
                continue
            holder = self._root(one.receiver)
            asked = one.symbol.does == "call-model" and not one.symbol.wildcard
            if asked and (holder is None or any(self.tracer.catalog.is_a(holder.symbol, role) for role in _CLIENTS)):
                return Start("ask", called, where, one)
            if holder is not None and self.tracer.catalog.is_a(holder.symbol, "client"):
                hosted = one.symbol.does == "run-graph" and holder.made is not None
                return Start("hosted" if hosted else "ask", called, where, one, made=_place(holder))
            given = self.agents.agents_passed(one.symbol, called.call, where)
            made = (seat for maker in (holder, *given) for seat in _place(maker))
            return Start("run", called, where, one, made=tuple(made))
        return None

    def _root(self, holder: Origin | None) -> Origin | None:
        """The agent whose run it is: what an agent hands out to be asked (an app, a session) is no agent of its own."""
        for _ in range(_HOPS):
            while holder is not None and holder.receiver is not None:
                holder = holder.receiver
            if holder is None or holder.call is None or holder.made is None:
                return holder
            makers = (one.receiver for one in self.tracer.callees(holder.call.func, holder.made))
            above = next((one for one in makers if one is not None and self._is_made(one)), None)
            if above is None:
                return holder
            holder = above
        return holder

    def _is_made(self, origin: Origin) -> bool:
        return any(self.tracer.catalog.is_a(origin.symbol, role) for role in _MADE)

    def _through(self, surface: Surface, called: Called, where: Where) -> Start | None:
        """A call of the tree's own that comes to a model: of a function, of an object, handed over to be called."""
        for callee, body, target in self._targets(called, where):
            entered = body._replace(order=self.project.scope(body).order + 1)
            if not surface.holds(entered) and self._acts(body):
                return Start("through", called, where, callee, target)
        return None

    def _targets(self, called: Called, where: Where) -> Iterator[tuple[Origin, Where, Where]]:
        """What a call comes to in the tree: the callee, the function that runs, the function or class that is meant."""
        func = called.call.func
        callees = self.tracer.callees(func, where)
        for callee in callees:
            for body in self.reach.bodies(callee):
                yield callee, body, callee.place or body
            task = self._task(callee)
            if task is not None and callee.receiver is not None:
                yield callee.receiver.weaker(), task, task
        for body in self._handed_over(callees, called, where):
            yield Origin(Kind.DEFINITION, self.project.scope(body).qualname, place=body), body, body
        if not isinstance(func, Attr):
            return
        for base in self.tracer.origins(func.base, where):
            if base.place is None:
                continue
            if base.kind is Kind.OBJECT and self.tracer.method(base, func.name) is None:
                for method in self._overridden(base):
                    yield base, method, base.place

    def _handed_over(self, callees: Sequence[Origin], called: Called, where: Where) -> Iterator[Where]:
        """The functions given to a library's call, to be run by it: one that is registered as a handler is not."""
        for one in callees:
            if one.kind not in (Kind.LIBRARY, Kind.INSTANCE, Kind.UNKNOWN):
                return
            if one.symbol is not None and one.symbol.does != "route":
                return
        for body in handlers.functions(self.tracer, called.call, where):
            if (body.path, body.scope) not in self.handlers:
                yield body

    def _overridden(self, base: Origin) -> Iterator[Where]:
        """The methods of an object of the tree that the library class above it may call."""
        if any(one.kind is Kind.LIBRARY for one in self.tracer.lineage(base)) and base.place is not None:
            for method in self.project.methods(base.place.path, base.place.scope):
                if not method.name.startswith("_"):
                    yield Where(base.place.path, method.id, method.end)

    def _task(self, callee: Origin) -> Where | None:
        """The handler that is meant by a member of it: whatever is called on a task puts it on its way."""
        place = callee.receiver.place if callee.kind is Kind.UNKNOWN and callee.receiver is not None else None
        return place if place is not None and (place.path, place.scope) in self.handlers else None

    def _acts(self, body: Where, hops: int = _HOPS) -> bool:
        """Whether a function comes to a model, through tasks that it puts on their way too."""
        if self.reach.function_does(body, _ACTS):
            return True
        functions = {(body.path, body.scope), *self.reach.summary(body).functions} if hops and self.handlers else ()
        return any(
            self._acts(task, hops - 1) for path, number in sorted(functions) for task in self._puts(path, number)
        )

    def _puts(self, path: str, number: int) -> tuple[Where, ...]:
        """The tasks that a function of the tree puts on their way."""
        key = (path, number)
        if key not in self._put:
            scope = self.project.files[path].scopes[number]
            calls = self.reach.calls(path, scope.order + 1, scope.end)
            tasks = (self._task(callee) for called in calls for callee in self.reach.callees(path, called))
            self._put[key] = tuple(one for one in tasks if one is not None)
        return self._put[key]

    def _make(self, called: Called, where: Where) -> Start | None:
        """The construction of an agent."""
        for one in self.tracer.callees(called.call.func, where):
            symbol = one.symbol
            if one.kind is Kind.LIBRARY and symbol is not None and symbol.does in (None, "make"):
                if self._is_made(one):
                    return Start("make", called, where, one, made=(where,))
        return None


def _place(maker: Origin | None) -> tuple[Where, ...]:
    """Where an object was made, as far as that is known."""
    return (maker.made,) if maker is not None and maker.made is not None else ()
