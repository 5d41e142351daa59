"""Functions of the tree that are parts of a pipe, ahead of its model: ``{"notes": find | render} | prompt | model``."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint.expr import Dict, Expr, Op
from factorlint.origin import Kind, Origin, Where
from factorlint.provenance import Tracer
from factorlint.provenance.operators import pipe_model

_NESTED = 4  # levels of parts within parts


def ahead_of_models(tracer: Tracer) -> frozenset[tuple[str, int]]:
    """The functions (file, scope) that make what the model of a pipe is sent."""
    found: set[tuple[str, int]] = set()
    for pipe in _pipes(tracer):
        model = pipe_model(tracer, pipe)
        for part in pipe.parts[: pipe.parts.index(model)] if model is not None else ():
            found.update(_functions(tracer, part, 0))
    return frozenset(found)


def _pipes(tracer: Tracer) -> Iterator[Origin]:
    """The pipes that are given a name or given back."""
    for path, facts in tracer.project.files.items():
        for scope in facts.scopes:
            named = [(row.order, row.value) for rows in scope.bindings.values() for row in rows]
            for order, value in (*named, *scope.returns):
                if isinstance(value, Op) and value.op == "|":
                    found = tracer.origins(value, Where(path, scope.id, order))
                    yield from (one for one in found if one.kind is Kind.PIPE)


def _functions(tracer: Tracer, part: Origin, depth: int) -> Iterator[tuple[str, int]]:
    """The functions behind a part: itself, what a library wraps, what fills the slots of a prompt."""
    if part.kind is Kind.DEFINITION and part.place is not None:
        if tracer.project.scope(part.place).kind == "function":
            yield part.place.path, part.place.scope
    elif depth < _NESTED:
        held = (one for value, at in _held(tracer, part) for one in tracer.origins(value, at))
        for one in part.parts if part.kind is Kind.PIPE else held:
            yield from _functions(tracer, one, depth + 1)


def _held(tracer: Tracer, part: Origin) -> Iterator[tuple[Expr, Where]]:
    if part.kind is Kind.CONTAINER and isinstance(part.expr, Dict) and part.place is not None:
        yield from ((value, part.place) for _, value in part.expr.items)
    elif part.kind is Kind.INSTANCE and part.call is not None and part.made is not None:
        if tracer.catalog.is_a(part.symbol, "pipe"):
            made = part.made
            yield from ((value, made) for value in (*part.call.args, *(one for _, one in part.call.keywords)))
