"""Entries: the functions that start or continue an agent, as apart from the steps inside its run."""

from __future__ import annotations

from factorlint.expr import Attr, Name
from factorlint.facts import Called, Facts
from factorlint.origin import Kind, Origin, Where
from factorlint.reach import Reached
from factorlint.rule import View

from ._loops import counts_up
from ._people import calls_of

_STARTS = ("run", "run-graph", "step")
_MODEL = ("call-model", "run")
_LOOPS = ("While", "For", "AsyncFor")
_ONCE = ("chain", "engine", "retriever", "prompt-template", "parser")
_MANY = ("team", "executor", "graph", "workflow")
_DEPTH = 5


def starts(view: View, callee: Origin, called: Called, where: Where) -> bool:
    """Whether a call starts an agent of a library; one that can only answer once is none."""
    if not _may_start(callee):
        return False
    makers = makers_of(view, callee, called, where)
    return not makers or any(_is_agent(view, one) for one in makers)


def _may_start(callee: Origin) -> bool:
    return callee.symbol is not None and callee.symbol.does in _STARTS and callee.kind is not Kind.ANSWER


def started(view: View, called: Called, where: Where) -> Origin | None:
    """What CALLED starts, if an agent of a library; one that was seen made says more than an annotation."""
    callees = view.reach.callees(where.path, called)
    if not any(map(_may_start, callees)):
        return None
    known = [one for one in callees if any(maker.call is not None for maker in makers_of(view, one, called, where))]
    return next((one for one in known or callees if starts(view, one, called, where)), None)


def makers_of(view: View, callee: Origin, called: Called, where: Where) -> list[Origin]:
    """The agents that a run is of: what its method belongs to, and what it is given."""
    passed = view.agents.agents_passed(callee.symbol, called.call, where) if callee.symbol is not None else ()
    found = [*passed] or ([callee.receiver] if callee.receiver is not None else [])
    if found and all(one.call is None for one in found):
        found = _handed_in(view, called, where) or found
    return [one for one in found if one.kind in (Kind.INSTANCE, Kind.LIBRARY, Kind.OBJECT)]


def _handed_in(view: View, called: Called, where: Where) -> list[Origin]:
    """The agents behind a parameter, of which the annotation says no more than that they are agents."""
    func = called.call.func
    names = [func.base, *called.call.args] if isinstance(func, Attr) else [*called.call.args]
    found: list[Origin] = []
    for name in names:
        if not isinstance(name, Name):
            continue
        bound = view.tracer.parameter_of(name, where)
        if bound is None:
            continue
        scope, at = bound
        row = next(one for one in scope.parameters if one.name == name.id)
        if row.default is not None:
            found += view.tracer.origins(row.default, Where(at.path, scope.parent, scope.order))
        for value, place in view.tracer.passed_exprs(scope, name.id, at):
            found += view.tracer.origins(value, place)
    return [one for one in found if one.kind is Kind.INSTANCE and one.call is not None]


def _is_agent(view: View, maker: Origin) -> bool:
    symbol = maker.symbol
    if symbol is None:
        return True
    plays = view.catalog.is_a
    if any(plays(symbol, role) for role in _MANY):
        return True
    if any(plays(symbol, role) for role in _ONCE):
        return False
    if not plays(symbol, "agent") or maker.call is None or maker.made is None:
        return True
    lineage = list(view.catalog.lineage(symbol))
    others = {name for one in lineage for role in ("agents", "toolsets") for name in one.parameter(role)}
    if any(name in others for name, _ in maker.call.keywords) or not any(one.parameter("tools") for one in lineage):
        return True
    tools = view.agents.toolset(symbol, maker.call, maker.made)
    return bool(tools.tools) or not tools.known


def is_inside(view: View, place: Where, depth: int = 0, seen: frozenset[tuple[str, int]] = frozenset()) -> bool:
    """Whether the function at PLACE is a step of a run that something else holds."""
    key = (place.path, place.scope)
    if key in view.callbacks.open or depth >= _DEPTH:
        return False
    if key in view.callbacks.inner:
        return True
    for path, called in calls_of(view, place):
        function = view.project.inside(Where(path, called.scope, called.order), "function")
        if function is None or (path, function.id) in seen | {key}:
            continue
        caller = Where(path, function.id, function.order)
        if holds(view, caller) or is_inside(view, caller, depth + 1, seen | {key}):
            return True
    outer = view.project.files[place.path].scopes[view.project.scope(place).parent]
    if outer.kind == "function":
        return is_inside(view, Where(place.path, outer.id, outer.order), depth + 1, seen | {key})
    return False


def holds(view: View, place: Where) -> bool:
    """Whether the function at PLACE starts an agent, loops around a model call of its own, or conducts such methods."""
    return view.once(_starts_or_loops, place) or view.once(conducts, place)


def conducts(view: View, place: Where) -> bool:
    """Whether a method calls several methods of its own class that are parts of a run: it is the entry, not they.

    Such a part starts an agent, or goes through the rounds of one that lies below it. Runs of agents without tools are
    parts as well, where another part comes to one with tools.
    """
    owner = view.project.class_of(place)
    if owner is None:
        return False
    found: set[int] = set()
    for called in view.project.calls_in(place.path, place.scope):
        for callee in view.reach.callees(place.path, called):
            for body in view.reach.bodies(callee):
                if body.scope != place.scope and view.project.class_of(body) is owner:
                    found.add(body.scope)
    steps = [Where(place.path, one, view.project.files[place.path].scopes[one].order) for one in sorted(found)]
    if sum(view.once(_starts_or_loops, one) or view.once(_goes_round, one) for one in steps) > 1:
        return True
    running = [one for one in steps if view.reach.function_does(one, ("run",))]
    return len(running) > 1 and any(_starts_below(view, one) for one in running)


def _starts_below(view: View, place: Where) -> bool:
    below = (one for one in view.reach.below(place) if one.does in _STARTS)
    return any(started(view, one.called, one.where) is not None for one in below)


def _goes_round(view: View, place: Where) -> bool:
    """Whether the function at PLACE asks, in a `while` or a counted loop, through a function of the tree."""
    scope = view.project.scope(place)
    statements = view.project.files[place.path].statements
    counted = {row.order for rows in scope.bindings.values() for row in rows if counts_up(row)}
    return any(
        (order in counted or statements[order].kind == "While")
        and not _retries(view.project.files[place.path], order)
        and view.reach.statements_do(place.path, order, view.reach.end(place.path, order), _MODEL, _DEPTH)
        for order in range(scope.order + 1, scope.end + 1)
    )


def _starts_or_loops(view: View, place: Where) -> bool:
    for called in view.project.calls_in(place.path, place.scope):
        where = Where(place.path, called.scope, called.order)
        if started(view, called, where) is not None:
            return True
        for callee in view.reach.callees(place.path, called):
            asks = callee.kind is not Kind.ANSWER and callee.symbol is not None and callee.symbol.does == "call-model"
            if asks and loop_around(view, where, place) is not None:
                return True
    return False


def loop_around(view: View, where: Where, place: Where) -> int | None:
    """The outermost loop of the function around a statement that is no mere retry; None without one."""
    facts = view.project.files[where.path]
    top = view.project.scope(place).order
    around = [order for order in view.project.chain(where.path, where.order) if order > top]
    found = [one for one in around if facts.statements[one].kind in _LOOPS and not _retries(facts, one)]
    return min(found, default=None)


def _retries(facts: Facts, loop: int) -> bool:
    """A loop with nothing but a `try` in it, or the `with` of a retrying library."""
    inside = [one for one in facts.statements if one.parent == loop and one.arm == "body"]
    return len(inside) == 1 and inside[0].kind in ("Try", "With", "AsyncWith")


def belongs_elsewhere(view: View, place: Where, reached: Reached) -> bool:
    """Whether what a loop comes to below it is an agent of its own: a run, or a loop in another class or module."""
    if reached.depth == 0:
        return False
    if reached.does == "run":
        return True
    function = view.project.inside(reached.where, "function")
    if function is None:
        return False
    inner = Where(reached.path, function.id, function.order)
    return loop_around(view, reached.where, inner) is not None and _owner(view, inner) != _owner(view, place)


def _owner(view: View, place: Where) -> tuple[str, int | None]:
    scope = view.project.inside(place, "class")
    return place.path, scope.id if scope is not None else None


def is_first(view: View, where: Where) -> bool:
    """Whether no statement of the script's own body before WHERE starts an agent."""
    for called in view.project.calls_in(where.path, where.scope):
        if called.order >= where.order:
            continue
        at = Where(where.path, called.scope, called.order)
        if started(view, called, at) is not None:
            return False
    return True
