"""Functions of the tree: what they return and yield, and what a decorator makes of them."""

from __future__ import annotations

from collections.abc import Iterable

from factorlint.expr import Call, Seq
from factorlint.facts import Scope
from factorlint.origin import UNKNOWN, Kind, Origin, Where
from factorlint.provenance import answers, classes, hints
from factorlint.provenance.tracing import Tracing, informative


def results(tracer: Tracing, callee: Origin) -> Iterable[Origin]:
    """What a function of the tree returns; what it yields, as a container."""
    place = callee.place
    if place is None:
        return (UNKNOWN,)
    scope = tracer.project.scope(place)
    replaced = _replaced_by_decorator(tracer, scope, place.path)
    if replaced is not None:
        return (replaced,)
    if scope.yields:
        made = Seq("gen", tuple(value for _, value in scope.yields))
        at = Where(place.path, scope.id, scope.end)
        return (Origin(Kind.CONTAINER, expr=made, place=at),)
    found: list[Origin] = []
    for body in classes.bodies(tracer, callee):
        inner = body.place or place
        for order, value in tracer.project.scope(inner).returns:
            found += tracer.origins(value, Where(inner.path, inner.scope, order))
    if not informative(found) and scope.annotation is not None:
        found += hints.instances(tracer, scope.annotation, Where(place.path, scope.parent, scope.order))
    return found or (UNKNOWN,)


def _replaced_by_decorator(tracer: Tracing, scope: Scope, path: str) -> Origin | None:
    """A decorator of a library that turns the function into a model call or into an object of its own."""
    outside = Where(path, scope.parent, scope.order)
    for decorator in scope.decorators:
        call = decorator if isinstance(decorator, Call) else None
        for one in tracer.origins(call.func if call else decorator, outside):
            if one.symbol is not None and one.symbol.does == "call-model":
                return answers.of_call(tracer, one, call or Call(decorator, (), ()), outside)
    return None
