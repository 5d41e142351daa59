"""Which functions of the tree are handlers: those that a decorator or a call registers, or a library calls by name."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint.entries import Symbol
from factorlint.expr import Call, Const, Expr, Imported, walk
from factorlint.facts import Called, Scope
from factorlint.origin import Kind, Origin, Where
from factorlint.project import Project
from factorlint.provenance import Tracer

_TASKS = ("queue", "cron")


def every(tracer: Tracer) -> Iterator[tuple[Where, str]]:
    """Every handler of the tree and the kind of its surface, file by file; the surest way of registering first."""
    paths = sorted(tracer.project.files)
    for find in (_decorated, _named, _registered):
        for path in paths:
            yield from find(tracer, path)


def routed(tracer: Tracer, called: Called, where: Where) -> str | None:
    """The kind of surface on which a call registers a handler, given as an argument; None for any other call."""
    return _route(tracer, called.call.func, where)


def functions(tracer: Tracer, call: Call, where: Where) -> Iterator[Where]:
    """The functions of the tree that CALL is given."""
    for value in (*call.args, *(value for _, value in call.keywords)):
        for one in tracer.origins(value, where):
            if one.kind is Kind.DEFINITION and one.place is not None:
                if tracer.project.scope(one.place).kind == "function":
                    yield one.place


def takes(project: Project, place: Where) -> bool:
    """Whether a function can be given anything by its callers."""
    scope = project.scope(place)
    bound = scope.parent >= 0 and project.files[place.path].scopes[scope.parent].kind == "class"
    return len(scope.parameters) > int(bound)


def roots(project: Project, path: str) -> frozenset[str]:
    """The top names of what a file imports from outside its own folder."""
    scopes = project.files[path].scopes
    values = (row.value for scope in scopes for rows in scope.bindings.values() for row in rows)
    return frozenset(
        value.module.partition(".")[0] for value in values if isinstance(value, Imported) and not value.level
    )


def _kind(tracer: Tracer, symbol: Symbol | None) -> str | None:
    """The kind of surface that SYMBOL registers handlers on, by itself or by the class whose method it is."""
    path = symbol.path if symbol is not None and symbol.does == "route" else ""
    while path:
        found = tracer.catalog.find(path)
        kinds = found.parameter("surface") if found is not None else ()
        if kinds:
            return "task" if kinds[0] in _TASKS else kinds[0]
        path = path.rpartition(".")[0]
    return None


def _route(tracer: Tracer, func: Expr, where: Where) -> str | None:
    """The kind of surface behind a decorator, ``app.get`` or ``app.get("/")``, or behind a function that is called."""
    inner = func.func if isinstance(func, Call) else func
    kinds = (_kind(tracer, one.symbol) for one in tracer.origins(inner, where))
    return next((kind for kind in kinds if kind), None)


def _decorated(tracer: Tracer, path: str) -> Iterator[tuple[Where, str]]:
    for scope in tracer.project.files[path].scopes:
        if scope.kind != "function":
            continue
        outside = Where(path, scope.parent, scope.order)
        for decorator in scope.decorators:
            kind = _route(tracer, decorator, outside)
            if kind:
                yield Where(path, scope.id, scope.end), _webhook(kind, scope, decorator)
                break


def _webhook(kind: str, scope: Scope, decorator: Expr) -> str:
    """A route that another program calls says so in its address or its name: nothing else tells it from any other."""
    said = [
        scope.name,
        *(one.value for one in walk(decorator) if isinstance(one, Const) and isinstance(one.value, str)),
    ]
    return "webhook" if kind == "http" and any("webhook" in text.lower() for text in said) else kind


def _named(tracer: Tracer, path: str) -> Iterator[tuple[Where, str]]:
    """Methods that a library calls by their name on a class of the tree, and serverless functions by their shape."""
    project = tracer.project
    for scope in project.files[path].scopes:
        place = Where(path, scope.id, scope.end)
        if scope.kind == "class" and scope.bases:
            for base in tracer.lineage(Origin(Kind.DEFINITION, place=place)):
                kinds = base.symbol.parameter("surface") if base.symbol is not None else ()
                names = base.symbol.parameter("handlers") if base.symbol is not None else ()
                for method in project.methods(path, scope.id):
                    if kinds and method.name in names:
                        yield Where(path, method.id, method.end), kinds[0]
        elif scope.kind == "function" and scope.parent == 0 and "handler" in scope.name.lower():
            if [one.name for one in scope.parameters] == ["event", "context"]:
                yield place, "function"


def _registered(tracer: Tracer, path: str) -> Iterator[tuple[Where, str]]:
    """Functions handed to a call that registers them, where their own file knows the surface.

    A job of a queue that takes arguments is a function like any other: whoever has them can call it.
    """
    facts = tracer.project.files[path]
    decorators = {(scope.order, one) for scope in facts.scopes for one in scope.decorators}
    for called in facts.calls:
        where = Where(path, called.scope, called.order)
        if (called.order, called.call) in decorators:
            continue
        kind = routed(tracer, called, where)
        for place in functions(tracer, called.call, where) if kind else ():
            known = _library(tracer, called, where) & roots(tracer.project, place.path)
            if kind and known and not (kind == "task" and takes(tracer.project, place)):
                yield place, kind


def _library(tracer: Tracer, called: Called, where: Where) -> frozenset[str]:
    func = called.call.func.func if isinstance(called.call.func, Call) else called.call.func
    return frozenset(one.path.partition(".")[0] for one in tracer.origins(func, where))
