"""What lies below a piece of code: the model calls, runs and tools that it comes to, through the tree's own functions.

Followed to a bounded depth, so that "this helper calls a model" is known without walking a monorepo.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from factorlint.expr import Call, Name
from factorlint.facts import Called
from factorlint.origin import Kind, Origin, Where
from factorlint.project import Project
from factorlint.provenance import Tracer
from factorlint.provenance.handover import handed_over
from factorlint.provenance.operators import pipe_model

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


class Lent(NamedTuple):
    """The call of what was passed to a function of the tree."""

    path: str
    called: Called


class Below(NamedTuple):
    """What a function of the tree comes to, however: what is done, how many functions lie between, and which do."""

    does: Mapping[str, int]
    functions: frozenset[tuple[str, int]]


class Step(NamedTuple):
    """What calls do themselves, and the functions of the tree that they run."""

    does: frozenset[str]
    bodies: tuple[Where, ...]


class Reach:
    """Questions about what calls come to. Holds only its memory."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer
        self.project: Project = tracer.project
        self._below: dict[tuple[str, int], tuple[Reached, ...]] = {}
        self._summaries: dict[tuple[str, int], Below] = {}
        self._callees: dict[int, tuple[Called, tuple[Origin, ...]]] = {}
        self._orders: dict[str, list[int]] = {}
        self._deep_summaries: dict[tuple[str, int], Below] = {}
        self._own_steps: dict[tuple[str, int], Step] = {}
        self._lent: dict[tuple[str, int], Mapping[str, Lent]] = {}

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
        held = self._callees.get(id(called))
        if held is None:
            held = self._callees[id(called)] = (called, self._called(path, called))
        return held[1]

    def _called(self, path: str, called: Called) -> tuple[Origin, ...]:
        where = Where(path, called.scope, called.order)
        found: list[Origin] = []
        callees = self.tracer.callees(called.call.func, where)
        inner = [handed_over(one, called.call) for one in callees]
        for call in (one for one in inner if one is not None):
            found += self.tracer.callees(call.func, where)
        for one in callees:
            if one.kind is Kind.PIPE and one.receiver is not None:
                for answer in self.tracer.origins(called.call, where):
                    if answer.kind is Kind.ANSWER and answer.call is called.call:
                        found.append(Origin(Kind.INSTANCE, answer.path, answer.symbol, answer.confidence))
                if pipe_model(self.tracer, one.receiver) is None:
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
            yield from self._of(callee, Lent(path, called), depth, seen)

    def _of(self, callee: Origin, at: Lent, depth: int, seen: set[tuple[str, int]]) -> Iterator[Reached]:
        yield Reached(callee, at.called, at.path, depth)
        for place in self.bodies(callee):
            if depth >= _DEPTH:
                continue
            for passed, there in self._passed(at, place, deep=depth > 0):
                yield from self._of(passed, there, depth + 1, seen)
            if (place.path, place.scope) in seen:
                continue
            seen.add((place.path, place.scope))
            for inner in self._own(place):
                yield from self._from(place.path, inner, depth + 1, seen)

    def lent(self, place: Where) -> Mapping[str, Lent]:
        """The parameters that a function calls, itself or through another: what they do lies with who passes them."""
        key = (place.path, place.scope)
        if key not in self._lent:
            self._lent[key] = {}  # a circle lends nothing
            self._lent[key] = dict(self._lends(place))
        return self._lent[key]

    def _lends(self, place: Where) -> Iterator[tuple[str, Lent]]:
        scope = self.project.scope(place)
        names = {one.name for one in scope.parameters}
        for called in self.calls(place.path, scope.order + 1, scope.end) if names else ():
            where = Where(place.path, called.scope, called.order)
            func = called.call.func
            if isinstance(func, Name):
                if func.id in names and self._is_parameter(func, where, place):
                    yield func.id, Lent(place.path, called)
            if not any(isinstance(one, Name) and one.id in names for one in called.call.args):
                continue
            for callee in self.callees(place.path, called):
                for body in self.bodies(callee):
                    for name, there in self.lent(body).items():
                        passed = self.tracer.passed(called.call, body, name)
                        if isinstance(passed, Name) and self._is_parameter(passed, where, place):
                            yield passed.id, there

    def _is_parameter(self, name: Name, where: Where, place: Where) -> bool:
        found = self.tracer.parameter_of(name, where)
        return found is not None and found[1][:2] == place[:2]

    def _own(self, place: Where) -> Iterator[Called]:
        """The calls written in a function, without those of what it is passed."""
        scope, lent = self.project.scope(place), {id(one.called) for one in self.lent(place).values()}
        return (one for one in self.calls(place.path, scope.order + 1, scope.end) if id(one) not in lent)

    def _passed(self, at: Lent, body: Where, *, deep: bool) -> Iterator[tuple[Origin, Lent]]:
        """What a call passes for the parameters that the function BODY calls, and where they are called.

        In the depth, what the caller was passed itself is left to its own callers.
        """
        where = Where(at.path, at.called.scope, at.called.order)
        for name, there in self.lent(body).items():
            passed = self.tracer.passed(at.called.call, body, name)
            if passed is None or (
                deep and isinstance(passed, Name) and self.tracer.parameter_of(passed, where) is not None
            ):
                continue
            for callee in self.tracer.callees(passed, where):
                yield callee, there

    def bodies(self, callee: Origin) -> tuple[Where, ...]:
        """The functions of the tree that a call of CALLEE may run."""
        found: Origin | None = None
        if callee.kind is Kind.OBJECT:
            found = self.tracer.method(callee, "__call__")
        elif callee.kind is Kind.DEFINITION and callee.place is not None:
            if self.project.scope(callee.place).kind != "function":
                found = self.tracer.method(callee, "__init__")
            elif self.project.is_stub(callee.place):
                found = callee
            else:
                return (callee.place,)
        if found is None:
            return ()
        return tuple(one.place for one in self.tracer.bodies(found) if one.place is not None)

    def function_does(self, place: Where, kinds: Collection[str], within: int = _DEPTH) -> bool:
        """Whether a function of the tree does one of KINDS, with at most WITHIN functions between."""
        return _within(self.summary(place), kinds, within)

    def statements_do(
        self, path: str, first: int, last: int, kinds: Collection[str], within: int = _DEPTH, own: int | None = None
    ) -> bool:
        """The same of statements FIRST to LAST of a file, or of those of the scope OWN among them."""
        for called in self.calls(path, first, last):
            if own is not None and called.scope != own:
                continue
            for callee in self.callees(path, called):
                if _does(callee) in kinds:
                    return True
                for body in self.bodies(callee) if within else ():
                    if _within(self._deep_summary(body), kinds, within - 1):
                        return True
                    for passed, _ in self._passed(Lent(path, called), body, deep=False):
                        if _does(passed) in kinds:
                            return True
                        if any(_within(self._deep_summary(one), kinds, within - 2) for one in self.bodies(passed)):
                            return True
        return False

    def summary(self, place: Where) -> Below:
        """What a function of the tree comes to, nearest first, without the ways there."""
        key = (place.path, place.scope)
        if key not in self._summaries:
            self._summaries[key] = self._summary(place, self._calls_of(place), deep=False)
        return self._summaries[key]

    def _deep_summary(self, place: Where) -> Below:
        """The same without what it is passed: that lies with who calls it."""
        if not self.lent(place):
            return self.summary(place)
        key = (place.path, place.scope)
        if key not in self._deep_summaries:
            self._deep_summaries[key] = self._summary(place, self._own(place), deep=True)
        return self._deep_summaries[key]

    def _calls_of(self, place: Where) -> Iterator[Called]:
        scope = self.project.scope(place)
        return self.calls(place.path, scope.order + 1, scope.end)

    def _summary(self, place: Where, calls: Iterator[Called], *, deep: bool) -> Below:
        does: dict[str, int] = {}
        seen: set[tuple[str, int]] = set()
        level = [self._step(place.path, calls, deep=deep)]
        for depth in range(_DEPTH + 1):
            following: list[Step] = []
            for step in level:
                for kind in step.does:
                    does.setdefault(kind, depth)
                for body in step.bodies:
                    if (body.path, body.scope) not in seen:
                        seen.add((body.path, body.scope))
                        following.append(self._own_step(body))
            level = following
        return Below(does, frozenset(seen))

    def _own_step(self, place: Where) -> Step:
        """One step from a function of the tree, without what it is passed."""
        key = (place.path, place.scope)
        if key not in self._own_steps:
            self._own_steps[key] = self._step(place.path, self._own(place), deep=True)
        return self._own_steps[key]

    def _step(self, path: str, calls: Iterator[Called], *, deep: bool) -> Step:
        """What CALLS do and which functions of the tree they run, those that they pass on included."""
        does: set[str | None] = set()
        bodies: dict[Where, None] = {}
        for called in calls:
            for callee in self.callees(path, called):
                does.add(_does(callee))
                for body in self.bodies(callee):
                    bodies[body] = None
                    for passed, _ in self._passed(Lent(path, called), body, deep=deep):
                        does.add(_does(passed))
                        bodies.update(dict.fromkeys(self.bodies(passed)))
        return Step(frozenset(one for one in does if one is not None), tuple(bodies))

    def first(self, path: str, first: int, last: int, *does: str) -> Reached | None:
        """The first call among or below the statements that DOES one of these (call-model, run, …)."""
        return next((one for one in self.inside(path, first, last) if one.does in does), None)


def _within(below: Below, kinds: Collection[str], most: int) -> bool:
    return any(below.does.get(kind, most + 1) <= most for kind in kinds)


def _does(callee: Origin) -> str | None:
    return callee.symbol.does if callee.symbol is not None and callee.kind is not Kind.ANSWER else None
