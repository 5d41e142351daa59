"""Classes of the tree: what they extend, their members and methods, and which bodies may run for a method."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from factorlint.expr import Attr, Call, Defined, Item, Name, Star
from factorlint.facts import Scope
from factorlint.model import Confidence
from factorlint.modules import module_name
from factorlint.origin import Kind, Origin, Where
from factorlint.provenance.tracing import FAN, Origins, Tracing, named


def of_scope(path: str, scope: Scope, kind: Kind) -> Origin:
    """What SCOPE of the file PATH defines: itself (DEFINITION), or an instance of it (OBJECT)."""
    return Origin(kind, f"{module_name(path)}.{scope.qualname}", place=Where(path, scope.id, scope.end))


def defined(tracer: Tracing, expr: Defined, where: Where) -> Iterable[Origin]:
    """The function or class that a ``def`` or ``class`` makes."""
    return (of_scope(where.path, tracer.project.files[where.path].scopes[expr.scope], Kind.DEFINITION),)


def lineage(tracer: Tracing, origin: Origin) -> Origins:
    """The class of ORIGIN and its bases, nearest first: DEFINITIONs of the tree and LIBRARY symbols."""
    return tracer.remembered((origin.path, origin.place), lambda: _lineage(tracer, origin))


def _lineage(tracer: Tracing, origin: Origin) -> Iterable[Origin]:
    seen: set[tuple[str, Where | None]] = set()
    queue = [Origin(Kind.DEFINITION, origin.path, place=origin.place)]
    while queue:
        one = queue.pop(0)
        if (one.path, one.place) in seen:
            continue
        seen.add((one.path, one.place))
        yield one
        if one.kind is not Kind.DEFINITION or one.place is None:
            continue
        scope = tracer.project.scope(one.place)
        outside = Where(one.place.path, scope.parent, scope.order)
        for base in scope.bases:
            bare = base.base if isinstance(base, Item) else base
            queue += [
                found
                for found in map(_made_class, tracer.origins(bare, outside))
                if found.kind is Kind.LIBRARY
                or (
                    found.kind is Kind.DEFINITION
                    and found.place is not None
                    and tracer.project.scope(found.place).kind == "class"
                )
            ]


def _made_class(base: Origin) -> Origin:
    """A base that a library made is a class of it: ``Base = declarative_base()``."""
    made = base.kind is Kind.INSTANCE and base.symbol is not None and base.symbol.path == base.path
    return base._replace(kind=Kind.LIBRARY) if made else base


def member(tracer: Tracing, origin: Origin, name: str) -> Iterable[Origin]:
    """A member looked up on the class: its body, its bases; an inherited library member last."""
    return _first_with(tracer, lineage(tracer, origin), origin, name)


def inherited(tracer: Tracing, name: str, where: Where) -> Iterable[Origin]:
    """``super().name`` in a method at WHERE, where a library wrote it; its constructor is the library's class itself.

    A method of the tree's own base is told where it is written: an override adds nothing by calling it.
    """
    me, above = _above(tracer, where)
    if me is None:
        return
    if name == "__init__":
        nearest = next((one for one in above if one.place is None or _constructor(tracer, one.place)), None)
        if nearest is not None and nearest.kind is Kind.LIBRARY:
            yield nearest.weaker()
            return
    if not any(one.place is not None and name in tracer.project.scope(one.place).bindings for one in above):
        yield from _first_with(tracer, above, me, name)


def overridden(tracer: Tracing, name: str, where: Where) -> Origin | None:
    """The method of the tree's own base that ``super().name`` calls at WHERE, where it is written out there."""
    _, above = _above(tracer, where)
    for one in above:
        found = [] if one.place is None else tracer.project.methods(one.place.path, one.place.scope)
        for method in found:
            if one.place is not None and method.name == name:
                place = Where(one.place.path, method.id, method.end)
                stub = tracer.project.is_stub(place)
                return None if stub else Origin(Kind.DEFINITION, name, None, Confidence.MEDIUM, place)
    return None


def _above(tracer: Tracing, where: Where) -> tuple[Origin | None, Origins]:
    """An object of the class whose method WHERE is in, and what that class extends."""
    scope = tracer.project.scope(where)
    while scope.kind == "function" and scope.parent >= 0:
        scope = tracer.project.files[where.path].scopes[scope.parent]
    if scope.kind != "class":
        return None, ()
    me = of_scope(where.path, scope, Kind.OBJECT)
    return me, lineage(tracer, me)[1:]


def hands_up(tracer: Tracing, origin: Origin) -> bool:
    """Whether a class of the tree has a constructor that calls that of its base: what it passes counts.

    One that only passes on what it was given (``*args, **kwargs``) says nothing: what it was given counts.
    """
    for one in lineage(tracer, origin):
        own = _constructor(tracer, one.place) if one.place is not None else None
        if own is not None and one.place is not None:
            calls = [called.call for called in tracer.project.calls_in(one.place.path, own.id)]
            above = [call for call in calls if isinstance(call.func, Attr) and call.func.name == "__init__"]
            return any(not _passes_on(call, own) for call in above)
    return False


def _passes_on(call: Call, own: Scope) -> bool:
    """Whether CALL in the constructor OWN passes its ``**kwargs`` and nothing of its own."""
    rest = {one.name for one in own.parameters if one.kind in ("args", "kwargs")}
    spread = [one.value for one in call.args if isinstance(one, Star)]
    spread += [value for keyword, value in call.keywords if keyword is None]
    whole = all(isinstance(one, Name) and one.id in rest for one in spread)
    named = [keyword for keyword, _ in call.keywords if keyword is not None]
    plain = [one for one in call.args if not isinstance(one, Star)]
    return bool(call.keywords) and whole and not named and all(one == Name(own.parameters[0].name) for one in plain)


def _constructor(tracer: Tracing, place: Where) -> Scope | None:
    """The ``__init__`` written in the body of the class at PLACE."""
    return next((one for one in tracer.project.methods(place.path, place.scope) if one.name == "__init__"), None)


def _first_with(tracer: Tracing, line: Origins, origin: Origin, name: str) -> Iterable[Origin]:
    for one in line:
        if one.kind is Kind.LIBRARY:
            symbol = tracer.catalog.find(f"{one.path}.{name}")
            if symbol is not None:
                receiver = Origin(Kind.INSTANCE, one.path, one.symbol, Confidence.MEDIUM, call=origin.call)
                yield Origin(
                    Kind.INSTANCE,
                    f"{one.path}.{name}",
                    symbol,
                    Confidence.MEDIUM,
                    receiver=receiver,
                    call=origin.call,
                    made=origin.made,
                )
                return
            continue
        place = one.place
        if place is None:
            continue
        scope = tracer.project.scope(place)
        if name in scope.bindings:
            for found in tracer.origins(named(name), place):
                yield _bind_method(tracer, found, origin)
            return


def _bind_method(tracer: Tracing, found: Origin, receiver: Origin) -> Origin:
    """What FOUND in a class body is when it is asked of RECEIVER: a function remembers whose method it is."""
    if found.kind is not Kind.DEFINITION or found.place is None:
        return found.weaker()
    if tracer.project.scope(found.place).kind != "function":
        return found
    return Origin(Kind.DEFINITION, found.path, None, receiver.confidence, found.place, receiver=receiver)


def method(tracer: Tracing, origin: Origin, name: str) -> Origin | None:
    """The tree's own function behind method NAME of an object or class, or None."""
    for found in member(tracer, origin, name):
        if found.kind is Kind.DEFINITION:
            return found
    return None


def bodies(tracer: Tracing, function: Origin) -> Origins:
    """FUNCTION itself, or where it is a stub what may run for it: overriding methods, classes that fit a protocol."""
    place = function.place
    if place is None or not tracer.project.is_stub(place):
        return (function,)
    found = tracer.remembered(("bodies", place.path, place.scope), lambda: _bodies(tracer, function))
    return tuple(one._replace(receiver=function.receiver) for one in found) or (function,)


def _bodies(tracer: Tracing, stub: Origin) -> Iterator[Origin]:
    place = stub.place
    assert place is not None
    name = tracer.project.scope(place).name
    holder = tracer.project.scope(place).parent
    protocol = tracer.project.is_protocol(place.path, holder)
    found = 0
    for path, scope in tracer.project.classes_with(name):
        if (path, scope.id) == (place.path, holder):
            continue
        one = of_scope(path, scope, Kind.DEFINITION)
        kin = any(
            base.place and (base.place.path, base.place.scope) == (place.path, holder) for base in lineage(tracer, one)
        )
        if not kin and not (protocol and _fits(tracer, one, place.path, holder)):
            continue
        own = method(tracer, one, name)
        if own is not None and own.place is not None and not tracer.project.is_stub(own.place):
            found += 1
            yield Origin(Kind.DEFINITION, own.path, None, Confidence.MEDIUM, own.place)
            if found == FAN:
                return


def _fits(tracer: Tracing, one: Origin, path: str, protocol: int) -> bool:
    """Whether a class has every method that the protocol names, its own or inherited."""
    return all(method(tracer, one, each.name) is not None for each in tracer.project.methods(path, protocol))
