"""Objects of the tree: their attributes, by what methods assign, what the class says, and what others set or put in."""

from __future__ import annotations

from collections.abc import Iterable

from factorlint.expr import Expr, Name, argument, last_name
from factorlint.facts import Write
from factorlint.model import Confidence
from factorlint.origin import Kind, Origin, Where
from factorlint.provenance import classes, functions, hints, parameters
from factorlint.provenance.tracing import FAN, Origins, Tracing, informative


def member(tracer: Tracing, base: Origin, name: str) -> Iterable[Origin]:
    """An attribute of an object of the tree, and where it is a container what anybody puts into it."""
    found = [*_own_member(tracer, base, name), *_set_from_outside(tracer, base, name)]
    filled = _filled(tracer, base, name)
    if filled and not any(one.kind is Kind.CONTAINER for one in found):
        yield filled[0]._replace(parts=filled[1:])
    for one in found:
        yield one._replace(parts=(*one.parts, *filled)) if one.kind is Kind.CONTAINER else one


def _own_member(tracer: Tracing, base: Origin, name: str) -> Iterable[Origin]:
    """What the methods of its class assign, what its class says, what it inherits."""
    given = list(assigned(tracer, base, name))
    if informative(given):
        yield from given
        return
    said = list(classes.member(tracer, base, name))
    for found in said:
        if found.kind is Kind.DEFINITION and found.place is not None and found.receiver is not None:
            marks = {last_name(one) for one in tracer.project.scope(found.place).decorators}
            if marks & {"property", "cached_property", "computed_field"}:
                yield from (one.weaker() for one in functions.results(tracer, found))
                continue
        yield found
    if not informative(said):
        yield from (one.weaker() for one in _field(tracer, base, name))
    yield from given


def assigned(tracer: Tracing, base: Origin, name: str) -> Iterable[Origin]:
    """What the methods of a class give its attribute NAME: that of an object, or of the class itself."""
    for one in classes.lineage(tracer, base):
        if one.place is None:
            continue
        path = one.place.path
        for write in tracer.project.own_writes(path, one.place.scope, name):
            at = Where(path, write.scope, write.order)
            found = _given(tracer, base, write, at) or tracer.origins(write.value, at)
            yield from (origin.weaker() for origin in found)
            if write.annotation is not None and not informative(found):
                yield from hints.instances(tracer, write.annotation, at)


def _given(tracer: Tracing, base: Origin, write: Write, at: Where) -> Origins:
    """What the very call that made BASE passed, where its constructor keeps a parameter: not what others pass."""
    if base.call is None or base.made is None or not isinstance(write.value, Name):
        return ()
    maker = classes.method(tracer, base, "__init__")
    if maker is None or maker.place is None or (maker.place.path, maker.place.scope) != (at.path, at.scope):
        return ()
    if parameters.parameter_of(tracer, write.value, at) is None:
        return ()
    passed = parameters.passed(tracer, base.call, maker.place, write.value.id)
    return tracer.origins(passed, base.made) if passed is not None else ()


def _set_from_outside(tracer: Tracing, base: Origin, name: str) -> Iterable[Origin]:
    """``state.answer = …`` in a function that is given the object."""
    for path, write in tracer.project.settings(name)[:FAN]:
        at = Where(path, write.scope, write.order)
        if isinstance(write.base, Name) and parameters.parameter_of(tracer, write.base, at) is not None:
            if _is_one(tracer, base, write.base, at) and not _is_me(tracer, write.base, at):
                yield from (one.weaker() for one in tracer.origins(write.value, at))


def _is_me(tracer: Tracing, base: Name, at: Where) -> bool:
    """Whether BASE is ``self``: what a method sets is told by `assigned`."""
    scope = tracer.project.scope(at)
    return parameters.receiver(tracer, scope, base.id, at) is not None


def _filled(tracer: Tracing, base: Origin, name: str) -> Origins:
    """What is put into the container that is attribute NAME of BASE, by its own methods and by others."""
    if base.place is None:
        return ()
    return tuple(
        Origin(Kind.CONTAINER, expr=put, place=at, confidence=Confidence.MEDIUM)
        for at, holder, put in tracer.project.fillings(name)[: 2 * FAN]
        if _is_one(tracer, base, holder, at)
    )


def _is_one(tracer: Tracing, base: Origin, holder: Expr, at: Where) -> bool:
    """Whether HOLDER may be the object BASE: of its class, or of one that is kin to it."""
    for one in tracer.origins(holder, at):
        if one.kind is Kind.OBJECT and one.place is not None and base.place is not None:
            if one.place == base.place or base.place in _kin(tracer, one) or one.place in _kin(tracer, base):
                return True
    return False


def _kin(tracer: Tracing, origin: Origin) -> frozenset[Where]:
    return frozenset(one.place for one in classes.lineage(tracer, origin) if one.place is not None)


def _field(tracer: Tracing, base: Origin, name: str) -> Iterable[Origin]:
    """A field without a value: what the tree's own constructor calls pass for it."""
    if base.place is None:
        return
    if base.call is not None and base.made is not None:
        passed = argument(base.call, name)
        if passed is not None:
            yield from tracer.origins(passed, base.made)
            return
    scope = tracer.project.scope(base.place)
    for path, called in tracer.project.calls_of(scope.name)[:FAN]:
        passed = argument(called.call, name)
        if passed is not None:
            at = Where(path, called.scope, called.order)
            if any(one.place == base.place for one in tracer.origins(called.call.func, at)):
                yield from tracer.origins(passed, at)
