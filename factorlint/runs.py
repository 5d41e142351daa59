"""What runs when a model's choice is called: a function of the tree, and those that an object was given to call."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint.expr import Attr, Name
from factorlint.origin import Kind, Origin, Where
from factorlint.provenance import Tracer


def behind(tracer: Tracer, callee: Origin) -> Iterator[tuple[str, int]]:
    """The functions (file, scope) of the tree that a call of CALLEE runs, through an object that wraps them too."""
    for path, number in _bodies(tracer, callee):
        yield path, number
        yield from wrapped(tracer, path, number)


def _bodies(tracer: Tracer, callee: Origin) -> Iterator[tuple[str, int]]:
    found = tracer.method(callee, "__call__") if callee.kind is Kind.OBJECT else callee
    if found is None or found.kind is not Kind.DEFINITION:
        return
    for body in tracer.bodies(found):
        place = body.place
        if place is not None and tracer.project.scope(place).kind == "function":
            yield place.path, place.scope


def wrapped(tracer: Tracer, path: str, number: int) -> Iterator[tuple[str, int]]:
    """The functions that the object of a method was given, and that the method calls: ``self.function(**given)``."""
    scope = tracer.project.files[path].scopes[number]
    holder = tracer.project.class_of(Where(path, number, scope.order))
    if holder is None or not scope.parameters:
        return
    own = {one.name for one in tracer.project.methods(path, holder.id)}
    for called in tracer.project.calls_in(path, number):
        func = called.call.func
        if isinstance(func, Attr) and func.base == Name(scope.parameters[0].name) and func.name not in own:
            for one in tracer.callees(func, Where(path, number, called.order)):
                if one.kind is Kind.DEFINITION and one.receiver is None:
                    yield from _bodies(tracer, one)
