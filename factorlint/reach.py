"""What lies below a piece of code: the model calls, runs and tools that it comes to, through the tree's own functions.

Followed to a bounded depth, so that "this helper calls a model" is known without walking a monorepo.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from factorlint.expr import Call
from factorlint.facts import Called
from factorlint.origin import Kind, Origin, Where
from factorlint.project import Project
from factorlint.provenance import Tracer

_DEPTH = 5


class Reached(NamedTuple):
    """A call that is come to: what it calls, where it stands, how many functions of the tree lie between."""

    callee: Origin
    called: Called
    path: str
    depth: int

    @property
    def where(self) -> Where:
        return Where(self.path, self.called.scope, self.called.order)

    @property
    def does(self) -> str | None:
        """What the catalogue says the call does: call-model, run, run-graph, … A method of an answer does nothing."""
        return _does(self.callee)


class Below(NamedTuple):
    """What a function of the tree comes to, however: what is done, how many functions lie between, and which do."""

    does: Mapping[str, int]
    functions: frozenset[tuple[str, int]]


class Reach:
    """Questions about what calls come to. Holds only its memory."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer
        self.project: Project = tracer.project
        self._below: dict[tuple[str, int], tuple[Reached, ...]] = {}
        self._summaries: dict[tuple[str, int], Below] = {}
        self._callees: dict[tuple[str, int], tuple[Called, tuple[Origin, ...]]] = {}
        self._orders: dict[str, list[int]] = {}

    def calls(self, path: str, first: int, last: int) -> Iterator[Called]:
        """The calls written in statements FIRST to LAST of a file, nested definitions included."""
        calls = self.project.files[path].calls
        orders = self._orders.get(path)
        if orders is None:
            orders = self._orders[path] = [called.order for called in calls]
        yield from calls[bisect_left(orders, first) : bisect_right(orders, last)]

    def same(self, path: str, order: int, call: Call) -> Call:
        """The call of statement ORDER that is written as CALL is, or CALL itself where the facts have none."""
        return next((one.call for one in self.calls(path, order, order) if one.call == call), call)

    def end(self, path: str, order: int) -> int:
        """The last statement inside statement ORDER."""
        statements = self.project.files[path].statements
        last = order
        while last + 1 < len(statements) and order in self.project.chain(path, last + 1):
            last += 1
        return last

    def callees(self, path: str, called: Called) -> tuple[Origin, ...]:
        """What one call calls; a pipe that holds a model counts as its model's call."""
        key = (path, id(called))
        if key not in self._callees:
            self._callees[key] = (called, self._called(path, called))
        return self._callees[key][1]

    def _called(self, path: str, called: Called) -> tuple[Origin, ...]:
        from factorlint import known_calls

        where = Where(path, called.scope, called.order)
        found = []
        for one in self.tracer.callees(called.call.func, where):
            if one.kind is Kind.PIPE and one.receiver is not None:
                for answer in self.tracer.origins(called.call, where):
                    if answer.kind is Kind.ANSWER and answer.call is called.call:
                        found.append(Origin(Kind.INSTANCE, answer.path, answer.symbol, answer.confidence))
                if known_calls.pipe_model(self.tracer, one.receiver) is None:
                    found.append(one)
            else:
                found.append(one)
        return tuple(found)

    def inside(self, path: str, first: int, last: int) -> Iterator[Reached]:
        """Everything that statements FIRST to LAST come to: the calls written there, then those below."""
        seen: set[tuple[str, int]] = set()
        for called in self.calls(path, first, last):
            yield from self._from(path, called, 0, seen)

    def below(self, place: Where) -> tuple[Reached, ...]:
        """Everything that a function of the tree comes to."""
        key = (place.path, place.scope)
        if key not in self._below:
            scope = self.project.scope(place)
            self._below[key] = tuple(self.inside(place.path, scope.order + 1, scope.end))
        return self._below[key]

    def _from(self, path: str, called: Called, depth: int, seen: set[tuple[str, int]]) -> Iterator[Reached]:
        for callee in self.callees(path, called):
            yield Reached(callee, called, path, depth)
            for place in self.bodies(callee):
                if depth >= _DEPTH or (place.path, place.scope) in seen:
                    continue
                seen.add((place.path, place.scope))
                scope = self.project.scope(place)
                for inner in self.calls(place.path, scope.order + 1, scope.end):
                    yield from self._from(place.path, inner, depth + 1, seen)

    def bodies(self, callee: Origin) -> tuple[Where, ...]:
        """The functions of the tree that a call of CALLEE may run."""
        found: Origin | None = None
        if callee.kind is Kind.OBJECT:
            found = self.tracer.method(callee, "__call__")
        elif callee.kind is Kind.DEFINITION and callee.place is not None:
            function = self.project.scope(callee.place).kind == "function"
            found = callee if function else self.tracer.method(callee, "__init__")
        if found is None:
            return ()
        return tuple(one.place for one in self.tracer.bodies(found) if one.place is not None)

    def function_does(self, place: Where, kinds: Collection[str], within: int = _DEPTH) -> bool:
        """Whether a function of the tree does one of KINDS, with at most WITHIN functions between."""
        does = self.summary(place).does
        return any(does.get(kind, within + 1) <= within for kind in kinds)

    def statements_do(self, path: str, first: int, last: int, kinds: Collection[str], within: int = _DEPTH) -> bool:
        """The same of statements FIRST to LAST of a file."""
        for called in self.calls(path, first, last):
            for callee in self.callees(path, called):
                if _does(callee) in kinds:
                    return True
                if within and any(self.function_does(body, kinds, within - 1) for body in self.bodies(callee)):
                    return True
        return False

    def summary(self, place: Where) -> Below:
        """What a function of the tree comes to, nearest first, without the ways there."""
        key = (place.path, place.scope)
        if key not in self._summaries:
            self._summaries[key] = self._summary(place)
        return self._summaries[key]

    def _summary(self, place: Where) -> Below:
        does: dict[str, int] = {}
        seen: set[tuple[str, int]] = set()
        level = [place]
        for depth in range(_DEPTH + 1):
            following: list[Where] = []
            for one in level:
                scope = self.project.scope(one)
                for called in self.calls(one.path, scope.order + 1, scope.end):
                    for callee in self.callees(one.path, called):
                        kind = _does(callee)
                        if kind is not None:
                            does.setdefault(kind, depth)
                        following += self.bodies(callee)
            level = []
            for body in following:
                if (body.path, body.scope) not in seen:
                    seen.add((body.path, body.scope))
                    level.append(body)
        return Below(does, frozenset(seen))

    def first(self, path: str, first: int, last: int, *does: str) -> Reached | None:
        """The first call among or below the statements that DOES one of these (call-model, run, …)."""
        return next((one for one in self.inside(path, first, last) if one.does in does), None)


def _does(callee: Origin) -> str | None:
    return callee.symbol.does if callee.symbol is not None and callee.kind is not Kind.ANSWER else None
