"""What outlives a call, on the receiver of a method or in a global of a module: the way to it, and what changes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from factorlint.expr import (
    Attr,
    Call,
    Defined,
    Each,
    Enter,
    Expr,
    Imported,
    Item,
    Name,
    Op,
    Other,
    Param,
    Part,
    last_name,
    walk,
)
from factorlint.facts import Scope, Write
from factorlint.holders import GROW, TRIM
from factorlint.origin import Kind, Where
from factorlint.provenance import Tracer

Link = tuple[Expr, Where]

_DEPTH = 6
_HANDS_OUT = frozenset("get setdefault values items copy".split())
_NO_VALUES = (Defined, Imported, Param)  # what is defined or imported is code, and code does not change


@dataclass(frozen=True)
class Change:
    """A statement by which a function changes something that outlives the call.

    ``target`` is what is changed, ``chain`` the way to it from ``self`` or a global, ``value`` what it is set to
    (None where it grows or shrinks), ``at`` the statement that does so, in the function or in a helper of it.
    """

    where: Where
    target: Expr
    chain: tuple[Link, ...]
    value: Expr | None
    at: Where


def links(tracer: Tracer, expr: Expr, where: Where, depth: int = 0) -> tuple[Link, ...] | None:
    """The attributes and names by which EXPR is come to from ``self`` or a global, outermost first.

    ``self.threads[key].events`` gives ``self.threads`` and ``self.threads[key].events``; a local name is followed to
    what it stands for. None where EXPR starts anywhere else: at a parameter, a new object, a library.
    """
    if depth > _DEPTH:
        return None
    if isinstance(expr, Item):
        return links(tracer, expr.base, where, depth)
    if isinstance(expr, (Each, Enter, Part)):
        return links(tracer, expr.source, where, depth)
    if isinstance(expr, Attr):
        if is_receiver(tracer, expr.base, where):
            return ((expr, where),)
        below = links(tracer, expr.base, where, depth)
        return None if below is None else (*below, (expr, where))
    if isinstance(expr, Call):
        return _handed_out(tracer, expr, where, depth)
    return _named(tracer, expr, where, depth) if isinstance(expr, Name) else None


def is_receiver(tracer: Tracer, expr: Expr, where: Where) -> bool:
    """Whether EXPR is the ``self`` or ``cls`` of a method around WHERE."""
    bound = tracer.parameter_of(expr, where) if isinstance(expr, Name) else None
    if bound is None or not isinstance(expr, Name):
        return False
    scope, at = bound
    holder = tracer.project.files[at.path].scopes[scope.parent]
    static = any(last_name(one) == "staticmethod" for one in scope.decorators)
    return holder.kind == "class" and not static and scope.parameters[0].name == expr.id


def _handed_out(tracer: Tracer, call: Call, where: Where, depth: int) -> tuple[Link, ...] | None:
    """What a call hands out of a lasting thing: ``self.threads.get(key)``, or a function of the tree that does so."""
    func = call.func
    if isinstance(func, Attr):
        if not is_receiver(tracer, func.base, where):
            outer = links(tracer, func.base, where, depth + 1)
            if outer is None or func.name in _HANDS_OUT:
                return outer
    for one in tracer.origins(func, where):
        if one.kind is not Kind.DEFINITION or one.place is None:
            continue
        scope = tracer.project.scope(one.place)
        if scope.kind != "function" or scope.name == "__init__":
            continue
        for order, value in scope.returns:
            found = links(tracer, value, Where(one.place.path, scope.id, order), depth + 1)
            if found:
                return found
    return None


def _named(tracer: Tracer, expr: Name, where: Where, depth: int) -> tuple[Link, ...] | None:
    scope = binder(tracer, expr.id, where)
    if scope is None:
        return None
    rows = scope.bindings[expr.id]
    if scope.kind == "module":
        made = not any(isinstance(row.value, _NO_VALUES) for row in rows)
        return ((expr, where),) if made else _imported(tracer, expr, where, rows[0].value)
    if where.scope == scope.id:
        rows = tuple(tracer.project.reaching(where.path, rows, where.order))
    for row in rows:
        if row.value is None:
            continue
        found = links(tracer, row.value, Where(where.path, scope.id, row.order), depth + 1)
        if found:
            return found
    return None


def _imported(tracer: Tracer, expr: Name, where: Where, value: Expr | None) -> tuple[Link, ...] | None:
    """A global of another module of the tree, seen from there."""
    if not isinstance(value, Imported) or value.name is None:
        return None
    path = tracer.project.modules.module(value.module, where.path, value.level)
    if path is None or path not in tracer.project.files:
        return None
    rows = tracer.project.files[path].scopes[0].bindings.get(value.name, ())
    if not rows or any(isinstance(row.value, _NO_VALUES) for row in rows):
        return None
    return ((Name(value.name), Where(path, 0, len(tracer.project.files[path].statements))),)


def binder(tracer: Tracer, name: str, where: Where) -> Scope | None:
    """The scope of the file in which NAME, as seen at WHERE, gets its value; None for a builtin."""
    scopes = tracer.project.files[where.path].scopes
    number = where.scope
    while number >= 0:
        scope = scopes[number]
        hidden = scope.kind == "class" and number != where.scope
        if not hidden and name in scope.bindings and name not in scope.outer:
            return scope
        number = scope.parent
    return None


# -- changes -----------------------------------------------------------------------------------------------------------


def changes(tracer: Tracer, place: Where) -> Iterator[Change]:
    """What the statements of a function itself change of the things that outlive it."""
    scope = tracer.project.scope(place)
    for write in tracer.project.writes(place.path, place.scope):
        if _fills_once(tracer, place, write):
            continue
        key = write.key if write.key is not None else Other("key")
        target: Expr = Attr(write.base, write.name) if write.name is not None else Item(write.base, key)
        grows = write.name is None or write.augmented or any(one == target for one in walk(write.value))
        yield from _change(tracer, target, place._replace(order=write.order), None if grows else write.value)
    for called in tracer.project.calls_in(place.path, place.scope):
        func = called.call.func
        if isinstance(func, Attr) and func.name in GROW | TRIM:
            yield from _change(tracer, func.base, place._replace(order=called.order), None)
    for name in sorted(scope.outer & set(scope.bindings)):
        for row in scope.bindings[name]:
            if row.value is not None:
                grows = any(one == Name(name) for one in walk(row.value))
                yield from _change(tracer, Name(name), place._replace(order=row.order), None if grows else row.value)


def _fills_once(tracer: Tracer, place: Where, write: Write) -> bool:
    """``if key not in self.known: self.known[key] = look_up(key)``: a later call would make the same itself."""
    if write.key is None or not isinstance(write.base, Attr):
        return False
    facts = tracer.project.files[place.path]
    around = (write.order, *tracer.project.chain(place.path, write.order))
    branches = {facts.statements[one].parent for one in around if facts.statements[one].arm == "body"}
    for test in facts.tests:
        if test.order in branches and isinstance(test.expr, Op) and test.expr.op == "not in":
            kept = test.expr.operands[-1]
            if test.expr.operands[0] == write.key and isinstance(kept, Attr) and kept.base == write.base.base:
                return True
    return False


def _change(tracer: Tracer, target: Expr, where: Where, value: Expr | None) -> Iterator[Change]:
    chain = links(tracer, target, where)
    if chain:
        yield Change(where, target, chain, value, where)
