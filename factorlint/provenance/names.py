"""Names: which bindings a name may have where it is read, and what these give it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from factorlint.expr import Name, Param
from factorlint.facts import Binding, Scope
from factorlint.origin import Kind, Origin, Where
from factorlint.provenance import containers, hints, libraries, members
from factorlint.provenance.tracing import Tracing, informative, named


def name(tracer: Tracing, expr: Name, where: Where) -> Iterable[Origin]:
    """What a name means where it is read: the innermost scope that binds it, a starred import, a builtin."""
    facts = tracer.project.files[where.path]
    number = where.scope
    while number >= 0:
        scope = facts.scopes[number]
        hidden = scope.kind == "class" and number != where.scope
        if not hidden and expr.id not in scope.outer:
            rows = scope.bindings.get(expr.id, ())
            declared = tracer.project.declared(where.path, scope.id, expr.id)
            if (rows or declared) and number != where.scope:  # from inside, all that it may be: asked once
                return tracer.origins(named(expr.id), Where(where.path, number, -1))
            if rows or declared:
                return (*_bound(tracer, expr.id, rows, scope, where), *_declared(tracer, declared, where.path))
        number = scope.parent
    return members.starred(tracer, expr.id, where) or (libraries.find(tracer, f"builtins.{expr.id}"),)


def _bound(tracer: Tracing, name: str, rows: Sequence[Binding], scope: Scope, where: Where) -> Iterable[Origin]:
    """What those of ROWS give NAME of SCOPE that can be seen at WHERE."""
    local = scope.id == where.scope
    bindings = tracer.project.reaching(where.path, rows, where.order if local else -1)
    for row in bindings:
        at = Where(where.path, scope.id, row.order)
        if row.value is not None:
            found = tracer.origins(row.value, at)
            for one in found:
                if one.kind is Kind.CONTAINER:
                    one = containers.filled(tracer, one, named(name), scope, where.path)
                yield one
            if row.annotation is not None and not informative(found) and not isinstance(row.value, Param):
                yield from hints.instances(tracer, row.annotation, at)
        elif row.annotation is not None:
            yield from hints.instances(tracer, row.annotation, at)


def _declared(tracer: Tracing, rows: Iterable[tuple[int, Binding]], path: str) -> Iterable[Origin]:
    """What other functions give a name that they declare ``global`` or ``nonlocal``."""
    for number, row in rows:
        if row.value is not None:
            yield from (one.weaker() for one in tracer.origins(row.value, Where(path, number, row.order)))
