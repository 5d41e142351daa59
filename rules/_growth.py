"""Contexts that only ever grow: what grows from call to call, whole, and that nothing trims or summarises it."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Call, Expr, Item, Name, Op, Other, walk
from factorlint.facts import Called, Scope
from factorlint.holders import TRIM, Holder
from factorlint.origin import Kind, Origin, Where
from factorlint.project import LOOPS, Seen
from factorlint.rule import Here, View
from factorlint.threads import Sent

from . import _bounds, _state

_MODULE = 0  # the number of a file's own scope
_FEW_STEPS = 20  # from the specification of FL0303
_TRIMMERS = ("trim", "trunc", "compact", "summar", "prune", "filter", "shorten", "condense", "limit", "window")


def unbounded(here: Here, sent: Sent) -> str | None:
    """The name of what is sent whole and only grows, or None."""
    for name in (*_parameters_back(here, sent), *_longer_each_time(here, sent)):
        return name
    for holder in sorted(sent.holders, key=lambda one: (one.kind, one.path, one.scope, one.name)):
        what = _growing(here, holder)
        if what is None and not limited(sent):
            what = _handed_back(here, holder, sent)
        if what is None or _trimmed(here, holder, sent) or _deletes(here, holder) or _bounded(here, holder):
            continue
        return what
    return None


def _growing(here: Here, holder: Holder) -> str | None:
    """The name of what grows from call to call, or None: a field that is appended to, a list that a loop fills."""
    view = here.view
    if holder.kind == "field":
        found = _state.growing(view, holder.path, holder.scope)
        owner = view.project.files[holder.path].scopes[holder.scope].name
        return f"{owner}.{holder.name}" if found == holder.name and _each_turn(here, holder) else None
    loop = here.outer(cst.While, cst.For)
    if loop is None or holder.path != here.where.path or holder.scope not in (_MODULE, here.where.scope):
        return None
    if not _is_in_the_call(here, holder.name, here.call(here.node), here.where, set()):
        return None
    end = view.reach.end(holder.path, loop.where.order)
    scope = view.facts.scopes[here.where.scope]
    orders = [called.order for called in view.threads.grown(Name(holder.name), holder.path, scope)]
    orders += [at.order for value, at in _given(scope, holder.path, holder.name) if _adds_to_itself(value, holder.name)]
    return holder.name if any(loop.where.order < order <= end for order in orders) else None


def _given(scope: Scope, path: str, name: str) -> Iterator[tuple[Expr, Where]]:
    """What a function binds NAME to, and where."""
    for row in scope.bindings.get(name, ()):
        if row.value is not None:
            yield row.value, Where(path, scope.id, row.order)


def _is_in_the_call(here: Here, name: str, expr: Expr, where: Where, seen: Seen) -> bool:
    """Whether the list NAME of this function is in what it sends itself, not in what an earlier call of it gave."""
    for one in walk(expr):
        if isinstance(one, Name):
            before = here.view.project.given_once(one.id, where, seen)
            if one.id == name or any(_is_in_the_call(here, name, value, at, seen) for value, at in before):
                return True
    return False


def _handed_back(here: Here, holder: Holder, sent: Sent) -> str | None:
    """The name of a history that is given back longer by the very run that it is sent to, for the next turn."""
    scope = here.view.project.files[holder.path].scopes[holder.scope]
    for value, where in _given(scope, holder.path, holder.name):
        if _in_a_loop(here, where) and _all_messages(here, value, where, sent):
            return holder.name
    return None


def _parameters_back(here: Here, sent: Sent) -> Iterator[str]:
    """The parameters that are sent as history and then set to all that was said: whoever calls again passes it on."""
    scope = here.view.project.scope(sent.where)
    if limited(sent):
        return
    for one in scope.parameters:
        passed = any(value == Name(one.name) for _, value in sent.called.call.keywords)
        for value, where in _given(scope, sent.where.path, one.name) if passed else ():
            if _all_messages(here, value, where, sent):
                yield one.name


def _longer_each_time(here: Here, sent: Sent) -> Iterator[str]:
    """The parameters that are sent, made longer, and handed to the same function again: recursion is a loop."""
    view, path = here.view, sent.where.path
    scope = view.project.scope(sent.where)
    if scope.kind != "function":
        return
    passed = {value.id for _, value in sent.called.call.keywords if isinstance(value, Name)}
    names = [one.name for one in scope.parameters if one.name in passed]
    calls = view.project.calls_in(path, scope.id)
    for name in names:
        again = [one.call for one in calls if _hands_on(here, one, name, (path, scope.id)) is not None]
        if not again or any(isinstance(arg, Op) for call in again for arg in (*call.args, *_values(call))):
            continue  # not called again, or with a count
        if any(_lengthens(here, one, name) for one in calls) and not _cut_on_the_way(here, scope, name):
            yield name


def _values(call: Call) -> tuple[Expr, ...]:
    return tuple(value for _, value in call.keywords)


def _hands_on(here: Here, called: Called, name: str, to: tuple[str, int] | None = None) -> tuple[Where, str] | None:
    """The function of the tree (the one at TO, if given) that CALLED gives NAME to, and what it calls it."""
    call = called.call
    if Name(name) not in (*call.args, *_values(call)):
        return None
    for callee in here.view.reach.callees(here.where.path, called):
        for body in here.view.reach.bodies(callee):
            if to is not None and (body.path, body.scope) != to:
                continue
            for one in here.view.project.scope(body).parameters:
                if here.view.tracer.passed(call, body, one.name) == Name(name):
                    return body, one.name
    return None


def _lengthens(here: Here, called: Called, name: str) -> bool:
    given = _hands_on(here, called, name)
    if given is None:
        return False
    body, inner = given
    scope = here.view.project.scope(body)
    return any(True for _ in here.view.threads.grown(Name(inner), body.path, scope))


def _cut_on_the_way(here: Here, scope: Scope, name: str) -> bool:
    return any(cuts(one.call, name) for one in here.view.project.calls_in(here.where.path, scope.id))


def _in_a_loop(here: Here, where: Where) -> bool:
    statements = here.view.project.files[where.path].statements
    return any(statements[order].kind in LOOPS for order in here.view.project.chain(where.path, where.order))


def _all_messages(here: Here, value: Expr, where: Where, sent: Sent) -> bool:
    """Whether VALUE is all that was said in the run that SENT is, its history included."""
    if any(isinstance(one, Item) for one in walk(value)):
        return False
    return any(
        one.shape == "messages" and one.call == sent.called.call for one in here.view.tracer.origins(value, where)
    )


def limited(sent: Sent) -> bool:
    """Whether the run is given a limit, or its agent a hook that reworks the history."""
    made = sent.origin.call
    hooks = [name for name, _ in made.keywords if name] if made is not None else []
    if any("limit" in name for name, _ in sent.called.call.keywords if name):
        return True
    return any(word in name for name in hooks for word in (*_TRIMMERS, "processor"))


def _each_turn(here: Here, holder: Holder) -> bool:
    """Whether the function that sends it, or one that it calls, also makes it longer: then every turn does."""
    function = here.function()
    if function is None:
        return here.outer(cst.While, cst.For) is not None
    place = Where(here.where.path, function.id, function.order)
    below = here.view.reach.summary(place).functions | {(place.path, place.scope)}
    return any(how == "grow" and (path, scope) in below for path, scope, _, how in here.view.threads.changes(holder))


def _adds_to_itself(value: Expr, name: str) -> bool:
    return isinstance(value, Op) and value.op == "+" and Name(name) in walk(value)


def _trimmed(here: Here, holder: Holder, sent: Sent) -> bool:
    """Whether any part of it is ever dropped, cut or summarised on the way."""
    view = here.view
    for path, scope, order, how in view.threads.changes(holder):
        if how == "trim" and not _state.of_another_class(
            view, path, scope, order, holder.name, holder.path, holder.scope
        ):
            return True
    places = {(sent.where.path, sent.where.scope), *sent.functions}
    if holder.kind == "field":
        places |= {(holder.path, one.id) for one in view.project.methods(holder.path, holder.scope)}
    if holder.kind == "global":
        places |= {(holder.path, one.id) for one in view.project.files[holder.path].scopes}
    for path, scope in places:
        name = view.project.files[path].scopes[scope].name.lower()
        if (path, scope) in sent.functions and any(word in name for word in _TRIMMERS):
            return True
        if any(cuts(called.call, holder.name) for called in view.project.calls_in(path, scope)):
            return True
        facts = view.project.files[path]
        values = [row.value for rows in facts.scopes[scope].bindings.values() for row in rows if row.value is not None]
        values += [value for _, value in facts.scopes[scope].returns]
        values += [write.value for write in view.project.writes(path, scope)]
        if any(slices(value, holder.name) for value in values):
            return True
    return False


def _deletes(here: Here, holder: Holder) -> bool:
    """``del messages[0]`` in the loop that sends it, in the class that holds it, or in the module."""
    around = [here.outer(cst.While, cst.For), _around(here, _HOLDERS.get(holder.kind, ()))]
    targets = (inner.expr(inner.node.target) for one in around if one is not None for inner in one.inside(cst.Del))
    return any(isinstance(one, Item) and _mentions(one.base, holder.name) for one in targets)


_HOLDERS: dict[str, type[cst.CSTNode] | tuple[()]] = {"field": cst.ClassDef, "global": cst.Module}


def _around(here: Here, kind: type[cst.CSTNode] | tuple[()]) -> Here | None:
    step = here.step.up
    while step is not None and not isinstance(step.node, kind):
        step = step.up
    return Here(here.view, here.walk, step) if step is not None else None


def cuts(expr: Expr, name: str) -> bool:
    func = getattr(expr, "func", None)
    said = str(getattr(func, "name", getattr(func, "id", ""))).lower()
    if said in TRIM and getattr(func, "base", None) == Name(name):
        return True
    return slices(expr, name) or (any(word in said for word in _TRIMMERS) and _mentions(expr, name))


def slices(expr: Expr, name: str) -> bool:
    return any(isinstance(one, Item) and isinstance(one.key, Other) and _mentions(one.base, name) for one in walk(expr))


def _mentions(expr: Expr, name: str) -> bool:
    return any(name in (getattr(one, "id", None), getattr(one, "name", None)) for one in walk(expr))


def _bounded(here: Here, holder: Holder) -> bool:
    """Whether a limit of at most twenty steps ends the growth: only of a list that lives no longer than its loop."""
    loop = here.outer(cst.While, cst.For)
    if loop is None:
        return False
    bound = _bounds.of_loop(loop)
    if bound.ends is not _bounds.Ends.STEPS or bound.steps > _FEW_STEPS:
        return False
    return holder.kind != "field" or _made_for_the_loop(here, loop, holder)


def _made_for_the_loop(here: Here, loop: Here, holder: Holder) -> bool:
    """Whether the object that the list belongs to is made in a function each time: no second run goes on with it."""
    view, path = here.view, here.where.path
    calls = view.reach.calls(path, loop.where.order, view.reach.end(path, loop.where.order))
    named = {
        (one, Where(path, called.scope, called.order))
        for called in calls
        for one in walk(called.call)
        if isinstance(one, Name)
    }
    made = [one.made for name, where in named for one in _objects(view, name, where) if _is_of(view, one, holder)]
    return bool(made) and all(one is not None and view.project.scope(one).kind == "function" for one in made)


def _is_of(view: View, one: Origin, holder: Holder) -> bool:
    kin = (up.place[:2] for up in view.tracer.lineage(one) if up.place is not None)
    return one.kind is Kind.OBJECT and (holder.path, holder.scope) in kin


def _objects(view: View, name: Name, where: Where) -> Iterator[Origin]:
    """What NAME may be; of a parameter, what the tree's own calls pass."""
    parameter = view.tracer.parameter_of(name, where)
    given: list[tuple[Expr, Where]] = [(name, where)]
    if parameter is not None:
        given = list(view.tracer.passed_exprs(parameter[0], name.id, parameter[1]))
    return (one for expr, at in given for one in view.tracer.origins(expr, at))
