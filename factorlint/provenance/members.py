"""Members: what ``base.name`` is, whatever the base, and what an import brings from a module."""

from __future__ import annotations

from collections.abc import Iterable

from factorlint.expr import Attr, Call, Const, Expr, Imported, Name, Op, last_name
from factorlint.model import Confidence
from factorlint.origin import CARRIED, UNKNOWN, Kind, Origin, Where
from factorlint.provenance import answers, classes, containers, libraries, objects, options, parameters
from factorlint.provenance.tracing import Origins, Tracing, informative, named

_RUNS = ("run", "call-model", "step", "resume")

_SUPER = Name("super")
_OF_A_DICT = frozenset(name for name in dir(dict) if not name.startswith("__"))


def attribute(tracer: Tracing, expr: Attr, where: Where) -> Iterable[Origin]:
    if isinstance(expr.base, Call) and expr.base.func == _SUPER:
        yield from tuple(classes.inherited(tracer, expr.name, where)) or (UNKNOWN,)
        return
    found = _set_above(tracer, expr, where)
    if found:
        yield from found
        return
    for base in tracer.origins(expr.base, where):
        above = classes.inherited(tracer, expr.name, where) if expr.name == "__init__" else ()
        same = [one for one in above if (one.kind, one.path) == (base.kind, base.path)]
        yield from same or member(tracer, base, expr.name)  # ``Base.__init__(self, …)``: as by ``super()``


def _set_above(tracer: Tracing, expr: Attr, where: Where) -> Origins:
    """What the method itself has just given ``self.name``: not what is put there further down, or by other methods.

    A list has a life of its own: whatever is put into it stays.
    """
    rows = tracer.project.field_writes(where.path, where.scope, expr) if where.order >= 0 else ()
    if not rows or not isinstance(expr.base, Name):
        return ()
    scope = tracer.project.scope(where)
    if parameters.receiver(tracer, scope, expr.base.id, where) is None:
        return ()
    last = tracer.project.set_above(where.path, rows, where.order)
    values = [one for row in last for one in tracer.origins(row.value, Where(where.path, row.scope, row.order))]
    if not informative(values) or any(one.kind is Kind.CONTAINER for one in values):
        return ()
    return tuple(one.weaker() for one in values)


def member(tracer: Tracing, base: Origin, name: str) -> Iterable[Origin]:
    """``base.name``."""
    if base.kind is Kind.LIBRARY:
        yield libraries.find(tracer, f"{base.path}.{name}", base.confidence)
    elif base.kind is Kind.MODULE:
        found = tuple(export(tracer, base.path, name))
        yield from found or (UNKNOWN,)
    elif base.kind is Kind.INSTANCE and base.parts and base.symbol and name in base.symbol.parameter("hands"):
        yield from base.parts
    elif base.kind is Kind.INSTANCE:
        yield from options.parsed(tracer, base, name)
        yield libraries.member(tracer, base, name)
    elif base.kind is Kind.OBJECT:
        found = tuple(objects.member(tracer, base, name))
        getter = None if informative(found) or name.startswith("__") else classes.method(tracer, base, "__getattr__")
        if getter is not None and getter.place is not None:
            found = tuple(one.weaker() for one in _forwarded(tracer, getter.place, name, base))
        yield from found or (UNKNOWN,)
    elif base.kind is Kind.DEFINITION:
        yield from _definition_member(tracer, base, name)
    elif base.kind is Kind.PIPE:
        yield Origin(Kind.PIPE, name, confidence=base.confidence, parts=base.parts, receiver=base)
    elif base.kind is Kind.ANSWER:
        yield _asked_again(tracer, base, name) or answers.member(tracer, base, name)
    elif base.shape == CARRIED and name not in _OF_A_DICT:
        yield from containers.elements(tracer, base, Const(name, "str"))
    elif base.kind in (Kind.CONTAINER, Kind.VALUE):
        yield Origin(base.kind, name, None, base.confidence, base.place, base.expr, receiver=base, shape="method")
    else:
        yield UNKNOWN


def _asked_again(tracer: Tracing, answer: Origin, name: str) -> Origin | None:
    """``reply.ask(…)``: what a run gives back is an object of the library too, which may run the agent again."""
    for path in answer.symbol.returns if answer.symbol is not None else ():
        found = tracer.catalog.find(f"{path}.{name}")
        if found is not None and found.does in _RUNS:
            kind, confidence = Kind.INSTANCE, answer.confidence
            reply = Origin(kind, path, tracer.catalog.find(path), confidence, call=answer.call, made=answer.made)
            return libraries.member(tracer, reply, name)
    return None


def _definition_member(tracer: Tracing, base: Origin, name: str) -> Iterable[Origin]:
    """A member of a class as such; of a function nothing is known."""
    if base.place is None or tracer.project.scope(base.place).kind != "class":
        yield Origin(Kind.UNKNOWN, f"{base.path}.{name}", receiver=base, confidence=Confidence.LOW)
        return
    found = tuple(classes.member(tracer, base, name))
    yield from found
    if not informative(found):
        yield from objects.assigned(tracer, base, name)


def imported(tracer: Tracing, expr: Imported, where: Where) -> Iterable[Origin]:
    """What an import binds: a module or a name of the tree, or of a library."""
    target = tracer.project.modules.module(expr.module, where.path, expr.level)
    if expr.name is None:
        return (Origin(Kind.MODULE, target) if target else libraries.find(tracer, expr.module),)
    if target is not None:
        found = tuple(export(tracer, target, expr.name))
        return found or (UNKNOWN,)
    if expr.level:
        return (libraries.generated(tracer, expr.module, expr.name),)
    inner = tracer.project.modules.module(f"{expr.module}.{expr.name}", where.path)
    if inner is not None:
        return (Origin(Kind.MODULE, inner),)
    return (libraries.find(tracer, f"{expr.module}.{expr.name}"),)


def export(tracer: Tracing, path: str, name: str) -> Iterable[Origin]:
    """What NAME is, imported from the file PATH: its own binding, or a submodule of the package."""
    facts = tracer.project.files.get(path)
    if facts is not None and (name in facts.scopes[0].bindings or tracer.project.declared(path, 0, name)):
        yield from tracer.origins(named(name), Where(path, 0, -1))
        return
    inner = tracer.project.modules.submodule(path, name)
    if inner is not None:
        yield Origin(Kind.MODULE, inner)
    elif facts is not None:
        yield from starred(tracer, name, Where(path, 0, -1)) or _brought(tracer, path, name)


def starred(tracer: Tracing, name: str, where: Where) -> Origins:
    """What NAME is if a ``from module import *`` of the file brings it; else nothing."""
    rows = tracer.project.files[where.path].scopes[0].bindings.get("*", ())
    for row in rows:
        if isinstance(row.value, Imported):
            target = tracer.project.modules.module(row.value.module, where.path, row.value.level)
            if target and target in tracer.project.files:
                found = tuple(export(tracer, target, name))
                if informative(found):
                    return found
            elif not row.value.level and tracer.catalog.find(f"{row.value.module}.{name}"):
                return (libraries.find(tracer, f"{row.value.module}.{name}"),)
    return ()


def _brought(tracer: Tracing, path: str, name: str) -> Iterable[Origin]:
    """What a module's own ``__getattr__`` brings when NAME is asked of it."""
    for scope in tracer.project.methods(path, 0):
        if scope.name == "__getattr__":
            yield from _forwarded(tracer, Where(path, scope.id, scope.end), name)


def _forwarded(tracer: Tracing, getter: Where, name: str, base: Origin = UNKNOWN) -> Iterable[Origin]:
    """What a ``__getattr__`` of the tree (of BASE) gives for NAME: a member of another, or what it calls so."""
    key = (getter, name)
    if tracer.forwarding[-1:] == [key]:
        return  # ``getattr(self, name)``: it asks itself
    if key in tracer.forwarding:  # two that ask each other: what is found depends on where the walk began
        tracer.unsettled()
        return
    tracer.forwarding.append(key)
    try:
        yield from tuple(_asked_behind(tracer, getter, name, base))
    finally:
        tracer.forwarding.pop()


def _asked_behind(tracer: Tracing, getter: Where, name: str, base: Origin) -> Iterable[Origin]:
    """What the ``__getattr__`` GETTER returns when it is asked for NAME."""
    scope = tracer.project.scope(getter)
    asked = scope.parameters[-1].name if scope.parameters else ""
    me = Name(scope.parameters[0].name) if base is not UNKNOWN else None
    for order, value in scope.returns:
        at = Where(getter.path, scope.id, order)
        for one in value.operands[:2] if isinstance(value, Op) and value.op in ("or", "if") else (value,):
            if isinstance(one, Call) and one.func == Name("getattr") and one.args[1:2] == (Name(asked),):
                for inner in _behind(tracer, one.args[0], at, me, base):
                    yield from member(tracer, inner, name)
            elif last_name(one) == name:
                yield from tracer.origins(one, at)


def _behind(tracer: Tracing, expr: Expr, at: Where, me: Expr | None, base: Origin) -> Iterable[Origin]:
    """What a ``__getattr__`` asks in its turn; ``self.inner`` is this very object's."""
    if isinstance(expr, Attr) and expr.base == me:
        return objects.member(tracer, base, expr.name)
    return tracer.origins(expr, at)
