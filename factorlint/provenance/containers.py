"""Containers: what is put into them, what is inside, and what a loop or a subscript takes out of anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from factorlint.expr import Attr, Call, Const, Dict, Each, Enter, Expr, Item, Name, Other, Part, Seq, Star
from factorlint.facts import Scope
from factorlint.model import Confidence
from factorlint.origin import CARRIED, KEPT, UNKNOWN, Kind, Origin, Where
from factorlint.project import ADDERS
from factorlint.provenance import answers, classes, functions, libraries
from factorlint.provenance.tracing import Tracing


def filled(tracer: Tracing, origin: Origin, holder: Name, scope: Scope, path: str) -> Origin:
    """The container with what is later put into it through the same name: append, add, ``x[k] = v``."""
    if origin.expr is None:
        return origin
    key = ("put", path, scope.id, holder.id)
    more = tracer.remembered(key, lambda: _put(tracer, holder, scope, path))
    if scope.parent < 0:
        more = (*more, *_registered(tracer, holder, path))
    if not more:
        return origin
    parts = (*origin.parts, *more) if origin.parts else more
    return Origin(Kind.CONTAINER, origin.path, None, origin.confidence, origin.place, origin.expr, parts=parts)


def _put(tracer: Tracing, holder: Name, scope: Scope, path: str) -> Iterator[Origin]:
    """What the function SCOPE itself puts into the container that it calls HOLDER, a piece each time."""
    for called in tracer.project.calls_on(path, scope.id, holder):
        func = called.call.func
        if isinstance(func, Attr) and called.call.args and func.name in ADDERS:
            value = called.call.args[-1]
            put = Seq("list", (Star(value) if func.name in ("extend", "update") else value,))
            yield Origin(Kind.CONTAINER, expr=put, place=Where(path, scope.id, called.order))
    for key, write in tracer.project.puts(path, scope.id, holder.id):
        under = Dict(((key, write.value),))
        yield Origin(Kind.CONTAINER, expr=under, place=Where(path, scope.id, write.order))


def _registered(tracer: Tracing, holder: Name, path: str) -> list[Origin]:
    """The functions of the tree that functions of the file put under a key into a dict of the module: its tools."""
    found = []
    for number, write in tracer.project.filled_tables(path, holder.id):
        at = Where(path, number, write.order)
        if any(one.kind is Kind.DEFINITION for one in tracer.origins(write.value, at)):
            made = tracer.same((id(write.key), id(write.value)), Dict(((write.key, write.value),)))
            found.append(Origin(Kind.CONTAINER, expr=made, place=at))
    return found


def elements(tracer: Tracing, origin: Origin, key: Expr | None = None) -> Iterable[Origin]:
    """What is inside a container; with a literal KEY, only what stands under it where that can be told."""
    for held in (origin, *origin.parts):
        if held.expr is None or held.place is None:
            continue
        kept = CARRIED in (origin.shape, held.shape) or KEPT in (origin.shape, held.shape)
        for inner, at in items(tracer, held, key):
            found = tracer.origins(_each_of(tracer, inner.value) if isinstance(inner, Star) else inner, at)
            yield from (_kept(one) for one in found) if kept else found


def _kept(one: Origin) -> Origin:
    """What comes out of a state that a graph carries: of a list there, not all need be what a step put in."""
    if one.kind is Kind.CONTAINER and not one.shape:
        return one._replace(shape=KEPT)
    if one.kind is Kind.ANSWER and one.shape in ("response", "messages"):
        return one._replace(shape="message")
    return one


def _each_of(tracer: Tracing, value: Expr) -> Expr:
    """The elements of VALUE as an expression, one and the same each time: a container may hold its own elements."""
    return tracer.same(id(value), Each(value))


def items(tracer: Tracing, held: Origin, key: Expr | None = None) -> Iterable[tuple[Expr, Where]]:
    """The element expressions of a container's own literal."""
    expr, place = held.expr, held.place
    if place is None:
        return
    if isinstance(expr, Seq):
        index = key.value if isinstance(key, Const) and type(key.value) is int else None
        plain = expr.kind in ("list", "tuple") and not any(isinstance(one, Star) for one in expr.items)
        if index is not None and plain and -len(expr.items) <= index < len(expr.items):
            yield expr.items[index], place
            return
        for item in expr.items:
            yield item, place
    elif isinstance(expr, Dict):
        exact = [value for name, value in expr.items if name is not None and name == key]
        if isinstance(key, Const) and exact:
            for value in exact:
                yield value, place
            return
        for name, value in expr.items:
            if isinstance(key, Const) and isinstance(name, Const):
                continue
            yield (Star(value) if name is None and _spreads(value) else value), place


def _spreads(value: Expr) -> bool:
    """Whether ``**value`` may be a container whose elements can be asked for."""
    return isinstance(value, (Name, Attr, Dict, Call))


def iterate(tracer: Tracing, origin: Origin) -> Iterable[Origin]:
    """What a loop over ORIGIN gives."""
    if origin.kind is Kind.CONTAINER:
        if isinstance(origin.expr, Dict) and origin.shape != "values":
            yield Origin(Kind.VALUE, confidence=Confidence.MEDIUM)
            return
        yield from elements(tracer, origin)
    elif origin.kind is Kind.ANSWER:
        yield answers.element(origin)
    elif origin.kind is Kind.OBJECT:
        found = classes.method(tracer, origin, "__iter__") or classes.method(tracer, origin, "__aiter__")
        for one in functions.results(tracer, found) if found is not None else ():
            yield from _next(tracer, one) if one.kind is Kind.OBJECT else iterate(tracer, one)
    elif origin.kind is Kind.INSTANCE:
        yield Origin(Kind.INSTANCE, f"{origin.path}[]", None, origin.confidence.MEDIUM, receiver=origin)
    else:
        yield UNKNOWN


def _next(tracer: Tracing, origin: Origin) -> Iterable[Origin]:
    """What an iterator of the tree gives."""
    found = classes.method(tracer, origin, "__next__") or classes.method(tracer, origin, "__anext__")
    return functions.results(tracer, found) if found is not None else (UNKNOWN,)


def item(tracer: Tracing, expr: Item, where: Where) -> Iterable[Origin]:
    for base in tracer.origins(expr.base, where):
        yield from subscript(tracer, base, expr.key)


def subscript(tracer: Tracing, base: Origin, key: Expr) -> Iterable[Origin]:
    """``base[key]``."""
    if base.kind is Kind.CONTAINER:
        if isinstance(key, Other) and key.kind == "slice":
            yield base
            return
        yield from (one.weaker() for one in elements(tracer, base, key))
    elif base.kind is Kind.ANSWER:
        name = key.value if isinstance(key, Const) and isinstance(key.value, str) else None
        yield answers.member(tracer, base, name) if name else base
    elif base.kind in (Kind.LIBRARY, Kind.DEFINITION):
        yield base  # a generic class with its parameter
    elif base.kind is Kind.OBJECT:
        found = classes.method(tracer, base, "__getitem__")
        yield from functions.results(tracer, found) if found else (UNKNOWN,)
    elif base.kind is Kind.INSTANCE:
        name = key.value if isinstance(key, Const) and isinstance(key.value, str) else "[]"
        yield libraries.member(tracer, base, name)
    elif base.kind is Kind.VALUE:
        yield base
    else:
        yield UNKNOWN


def each(tracer: Tracing, expr: Each, where: Where) -> Iterable[Origin]:
    for one in tracer.origins(expr.source, where):
        yield from (element.weaker() for element in iterate(tracer, one))


def enter(tracer: Tracing, expr: Enter, where: Where) -> Iterable[Origin]:
    for one in tracer.origins(expr.source, where):
        if one.kind is Kind.CONTAINER:  # a generator made a context manager
            yield from iterate(tracer, one)
        elif one.kind is Kind.OBJECT:
            found = classes.method(tracer, one, "__enter__") or classes.method(tracer, one, "__aenter__")
            yield from functions.results(tracer, found) if found else (one,)
        else:
            yield one


def part(tracer: Tracing, expr: Part, where: Where) -> Iterable[Origin]:
    key: Expr = Const(expr.place, "int") if expr.place >= 0 else Other("slice")
    for one in tracer.origins(expr.source, where):
        yield from subscript(tracer, one, key)
