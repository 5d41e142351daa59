"""Parameters: what they are by annotation, by default and by what the tree's own calls pass for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from factorlint.expr import Call, Defined, Expr, Name, Param, Seq, Star, argument, last_name
from factorlint.facts import Scope
from factorlint.origin import UNKNOWN, Kind, Origin, Where
from factorlint.provenance import classes, handover, hints, options
from factorlint.provenance.tracing import FAN, Origins, Tracing, informative

_WRAPPED = 64  # calls of one wrapper that are followed


def parameter(tracer: Tracing, expr: Param, where: Where) -> Iterable[Origin]:
    """What a parameter holds, seen from inside its function."""
    scope = tracer.project.scope(where)
    place = next((row for row in scope.parameters if row.name == expr.name), None)
    if place is None:
        return (UNKNOWN,)
    me = receiver(tracer, scope, expr.name, where)
    if me is not None:
        return (me,)
    said: Origins = ()
    if place.annotation is not None and place.kind not in ("args", "kwargs"):
        said = hints.instances(tracer, place.annotation, where)
    answer = _answer(tracer, scope, expr.name, where)
    if answer is not None:
        return (answer, *said)
    state = tracer.states.get((where.path, scope.id, expr.name))
    if any(_telling(tracer, one) for one in said):
        return said if state is None else (*said, state)
    found: list[Origin] = [] if state is None else [state]
    if place.default is not None:
        outside = Where(where.path, scope.parent, scope.order)
        found += (one.weaker() for one in tracer.origins(place.default, outside))
    found += options.declared(tracer, scope, expr.name, where.path)
    found += (one.weaker() for one in _passed(tracer, scope, expr.name, where))
    return (*found, *said) if informative(found) or said else (UNKNOWN,)


def _answer(tracer: Tracing, scope: Scope, name: str, where: Where) -> Origin | None:
    """The typed answer that a library hands to a function of the tree which is to check it, as its last argument."""
    if not scope.decorators or scope.parameters[-1].name != name:
        return None
    outside = Where(where.path, scope.parent, scope.order)
    for decorator in scope.decorators:
        call = decorator if isinstance(decorator, Call) else Call(decorator, (), ())
        for one in tracer.origins(call.func, outside):
            if one.symbol is not None and one.symbol.does == "validate" and one.symbol.roles == ("hook",):
                said = (one.path, one.symbol, one.confidence)
                return Origin(Kind.ANSWER, *said, call=call, made=outside, shape="typed", receiver=one)
    return None


def _telling(tracer: Tracing, one: Origin) -> bool:
    """Whether an annotation says all: a class of the tree, or a library's class that is no mere result.

    A record of the tree that nobody makes only says how something looks that comes from elsewhere.
    """
    if one.kind is Kind.OBJECT and one.place is not None:
        record = tracer.project.scope(one.place)
        made = tracer.project.calls_of(record.name) or tracer.project.methods(one.place.path, one.place.scope)
        return bool(made) or record.name in tracer.project.base_names
    return one.kind is Kind.INSTANCE and one.symbol is not None and not tracer.catalog.is_a(one.symbol, "result")


def receiver(tracer: Tracing, scope: Scope, name: str, where: Where) -> Origin | None:
    """``self`` and ``cls``: the first parameter of a function in a class body."""
    if scope.parent < 0 or not scope.parameters or scope.parameters[0].name != name:
        return None
    holder = tracer.project.files[where.path].scopes[scope.parent]
    marks = {last_name(one) for one in scope.decorators}
    if holder.kind != "class" or "staticmethod" in marks:
        return None
    kind = Kind.DEFINITION if "classmethod" in marks or scope.name == "__new__" else Kind.OBJECT
    return classes.of_scope(where.path, holder, kind)


def _passed(tracer: Tracing, scope: Scope, name: str, where: Where) -> Iterable[Origin]:
    """What the tree's own calls pass for parameter NAME of the function SCOPE."""
    for value, at in passed_exprs(tracer, scope, name, where):
        yield from tracer.origins(value, at)


def parameter_of(tracer: Tracing, name: Name, where: Where) -> tuple[Scope, Where] | None:
    """The function whose parameter NAME is, and where it is bound; None for any other name."""
    facts = tracer.project.files[where.path]
    number = where.scope
    while number >= 0:
        scope = facts.scopes[number]
        rows = scope.bindings.get(name.id)
        if rows and name.id not in scope.outer and (scope.kind != "class" or number == where.scope):
            local = tracer.project.reaching(where.path, rows, where.order if number == where.scope else -1)
            bound = next((row for row in local if isinstance(row.value, Param)), None)
            return (scope, Where(where.path, number, bound.order)) if bound is not None else None
        number = scope.parent
    return None


def passed_exprs(
    tracer: Tracing, scope: Scope, name: str, where: Where, most: int = FAN
) -> Iterator[tuple[Expr, Where]]:
    """The expressions that the tree's own calls pass for parameter NAME of the function SCOPE, at MOST so many."""
    holder = tracer.project.files[where.path].scopes[scope.parent] if scope.parent >= 0 else None
    for call, at in calls_of(tracer, scope, where, most):
        passed = argument(call, name, positional(scope, holder))
        if passed is None and any((one.name, one.kind) == (name, "args") for one in scope.parameters):
            passed = _rest(tracer, call, len(positional(scope, holder)))
        if passed is not None:
            yield passed, at
    if positional(scope, holder)[:1] == (name,):
        yield from _decorated(tracer, scope, where.path)
    for path, called in tracer.project.calls_passing(scope.name):
        at = Where(path, called.scope, called.order)
        inner = _handed_over(tracer, called.call, at)
        if inner is None or not _calls(tracer, inner, at, scope, where.path):
            continue
        passed = argument(inner, name, positional(scope, holder))
        if passed is not None:
            yield passed, at


def calls_of(tracer: Tracing, scope: Scope, where: Where, most: int = FAN) -> Iterator[tuple[Call, Where]]:
    """The tree's own calls of the function SCOPE, at MOST so many; of a constructor, those of its class."""
    asked = 0
    holder = tracer.project.files[where.path].scopes[scope.parent] if scope.parent >= 0 else None
    made = holder is not None and scope.name == "__init__"
    callees = (holder.name, "cls") if made and holder is not None else (scope.name,)
    for path, called in (row for callee in callees for row in tracer.project.calls_of(callee)):
        at = Where(path, called.scope, called.order)
        if asked >= most:
            return
        if _calls(tracer, called.call, at, scope, where.path):
            asked += 1
            yield called.call, at


def passed_on(
    tracer: Tracing, expr: Expr, where: Where, first: int = 0, seen: frozenset[tuple[str, int]] = frozenset()
) -> Iterator[tuple[int | str, Expr, Where]]:
    """What a ``*args`` or ``**kwargs`` that a function of the tree hands on carries, call by call: by name or place.

    FIRST is the place at which ``*args`` is handed on. A wrapper of a wrapper is seen through, one of itself is not.
    """
    found = parameter_of(tracer, expr, where) if isinstance(expr, Name) else None
    if found is None or not isinstance(expr, Name) or (found[1].path, found[0].id) in seen:
        return
    scope, at = found
    seen |= {(at.path, scope.id)}
    kind = next((row.kind for row in scope.parameters if row.name == expr.id), "")
    named = {row.name for row in scope.parameters}
    holder = tracer.project.files[at.path].scopes[scope.parent] if scope.parent >= 0 else None
    taken = len(positional(scope, holder))
    for call, outside in calls_of(tracer, scope, at, _WRAPPED) if kind in ("args", "kwargs") else ():
        for place, value in enumerate(call.args[taken:] if kind == "args" else (), first):
            if isinstance(value, Star):
                yield from passed_on(tracer, value.value, outside, place, seen)
                break
            yield place, value, outside
        for keyword, value in call.keywords if kind == "kwargs" else ():
            if keyword is None:
                yield from passed_on(tracer, value, outside, 0, seen)
            elif keyword not in named:
                yield keyword, value, outside


def _decorated(tracer: Tracing, scope: Scope, path: str) -> Iterator[tuple[Expr, Where]]:
    """The functions that SCOPE decorates, itself or as what ``@named("read")`` gives."""
    outer = tracer.project.files[path].scopes[scope.parent] if scope.parent >= 0 else None
    maker = outer if outer is not None and outer.kind == "function" else None
    for at_path, one in tracer.project.decorated_by((maker or scope).name)[:FAN]:
        outside = Where(at_path, one.parent, one.order)
        for decorator in one.decorators:
            func = decorator.func if isinstance(decorator, Call) else decorator
            if isinstance(decorator, Call) is (maker is not None) and any(
                found.place is not None and (found.place.path, found.place.scope) == (path, (maker or scope).id)
                for found in tracer.origins(func, outside)
            ):
                yield tracer.same(("decorated", at_path, one.id), Defined(one.id)), outside


def _handed_over(tracer: Tracing, call: Call, at: Where) -> Call | None:
    """The call that a thread makes of what CALL hands over to it, or None."""
    found = (handover.handed_over(one, call) for one in tracer.origins(call.func, at))
    return next((one for one in found if one is not None), None)


def _rest(tracer: Tracing, call: Call, first: int) -> Expr | None:
    """What ``*args`` takes of a call, one and the same expression each time."""
    rest = call.args[first:]
    return tracer.same((id(call), first), Seq("tuple", rest)) if rest else None


def _calls(tracer: Tracing, call: Call, at: Where, scope: Scope, path: str) -> bool:
    """Whether CALL may run the function SCOPE of the file PATH."""
    for one in tracer.origins(call.func, at):
        if one.place is None:
            continue
        if one.kind is Kind.DEFINITION and tracer.project.is_stub(one.place):
            if any(body.place and body.place[:2] == (path, scope.id) for body in classes.bodies(tracer, one)):
                return True
        if _overrides(tracer, path, scope, one):
            return True
        if one.place.path != path:
            continue
        if one.place.scope == scope.id or (one.kind is Kind.DEFINITION and one.place.scope == scope.parent):
            return True
        if one.kind is Kind.DEFINITION and scope.name == "__init__":
            found = classes.method(tracer, one, "__init__")
            if found is not None and found.place is not None and found.place.scope == scope.id:
                return True
    return False


def _overrides(tracer: Tracing, path: str, scope: Scope, called: Origin) -> bool:
    """Whether the method SCOPE may run where CALLED does: the method of its base that an object calls on itself."""
    own = called.receiver
    if own is None or own.kind is not Kind.OBJECT or own.call is not None or scope.parent < 0:
        return False
    holder = tracer.project.files[path].scopes[scope.parent]
    if holder.kind != "class" or called.place is None or tracer.project.scope(called.place).name != scope.name:
        return False
    base = (called.place.path, tracer.project.scope(called.place).parent)
    kin = classes.lineage(tracer, classes.of_scope(path, holder, Kind.DEFINITION))
    return any(one.place is not None and (one.place.path, one.place.scope) == base for one in kin[1:])


def positional(scope: Scope, holder: Scope | None) -> tuple[str, ...]:
    """The parameters of SCOPE, defined in HOLDER, that a call can pass by place."""
    names = tuple(row.name for row in scope.parameters if row.kind == "positional")
    bound = holder is not None and holder.kind == "class"
    static = any(last_name(one) == "staticmethod" for one in scope.decorators)
    return names[1:] if bound and not static else names


def passed(tracer: Tracing, call: Call, body: Where, name: str) -> Expr | None:
    """The expression that CALL passes for parameter NAME of the function BODY; None where it is not passed."""
    scope = tracer.project.scope(body)
    holder = tracer.project.files[body.path].scopes[scope.parent] if scope.parent >= 0 else None
    return argument(call, name, positional(scope, holder))
