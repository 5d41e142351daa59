"""Functions and classes of the tree that a durable runtime runs: what they hold outlives the process."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint.expr import Call
from factorlint.facts import Scope
from factorlint.origin import Origin, Where
from factorlint.rule import View


def is_kept(view: View, path: str, number: int) -> bool:
    """Whether the runtime plays the class, with all that its fields hold, once more where a process ends."""
    return any(True for _ in _durable(view, path, view.project.files[path].scopes[number]))


def waits_for_news(view: View, place: Where) -> bool:
    """Whether the durable function at PLACE goes on with what is sent to it later: it waits, or its class is told."""
    scope = view.project.scope(place)
    if not any(True for _ in _durable(view, place.path, scope)):
        return False
    if any(waits(view, one.callee) for one in view.reach.below(place)):
        return True
    holder = view.project.class_of(place)
    methods = view.project.methods(place.path, holder.id) if holder is not None else ()
    told = (one for method in methods for one in _durable(view, place.path, method))
    return any(one.symbol is not None and one.symbol.does == "route" for one in told)


def waits(view: View, callee: Origin) -> bool:
    """Whether a call of CALLEE lets the runtime wait for the outside."""
    return view.catalog.is_a(callee.symbol, "durable") and view.catalog.is_a(callee.symbol, "interrupt")


def _durable(view: View, path: str, scope: Scope) -> Iterator[Origin]:
    """The durable decorators of a function or class."""
    outside = Where(path, scope.parent, scope.order)
    for decorator in scope.decorators:
        func = decorator.func if isinstance(decorator, Call) else decorator
        for one in view.tracer.origins(func, outside):
            if view.catalog.is_a(one.symbol, "durable"):
                yield one
