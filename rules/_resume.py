"""Where a stored thread goes on, and whether an entry's run ever does."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint.expr import Attr, Call, Expr, Item, Name, walk
from factorlint.facts import Called, Scope
from factorlint.flows import GROW, handed
from factorlint.origin import Kind, Origin, Where
from factorlint.reach import Reached
from factorlint.rule import View, facts_at

from ._entries import makers_of

_MODEL = ("call-model", "run", "run-graph", "step")
_KEPT = ("FL0302", "FL0502", "resume-api")
_DEPTH = 3


def is_continued(view: View, reached: tuple[Reached, ...]) -> bool:
    """Whether what an entry comes to is ever continued from a store: its thread, its session, its agent."""
    for one in reached:
        if one.does not in _MODEL:
            continue
        sent = view.resume.sent(one.path, one.called)
        if sent is not None and view.resume.continues(sent):
            return True
        if one.does != "call-model" and any(
            _kept_by_library(view, callee, one.called, one.where)
            for callee in (one.callee, *view.reach.callees(one.path, one.called))  # a field may hold it made otherwise
        ):
            return True
    return False


def _kept_by_library(view: View, callee: Origin, called: Called, where: Where) -> bool:
    """Whether the run is one of a session or checkpoint, or another run of the same agent continues it."""
    if _holds_thread(view, called, where):
        return True
    for maker in makers_of(view, callee, called, where):
        if maker.call is None or maker.made is None:
            continue
        if any(True for _ in facts_at(view, maker.call, maker.made, ("FL0502",))):
            return True
        if _options_resume(view, maker.call, maker.made):
            return True
        for run in view.agents.runs(maker.call, maker.made):
            if run.symbol.does == "resume":
                return True
            if any(True for _ in facts_at(view, run.called.call, run.where, _KEPT)):
                return True
            sent = view.resume.sent(run.where.path, run.called)
            if sent is not None and view.resume.continues(sent):
                return True
    return False


def _options_resume(view: View, call: Call, where: Where) -> bool:
    """Whether the agent is made with options by which a stored session goes on."""
    for value in (*call.args, *(value for _, value in call.keywords)):
        for one in view.tracer.origins(value, where):
            if one.kind is Kind.INSTANCE and one.call is not None and one.made is not None:
                if any(True for _ in facts_at(view, one.call, one.made, _KEPT)):
                    return True
    return False


def _holds_thread(view: View, called: Called, where: Where) -> bool:
    return any(True for _ in facts_at(view, called.call, where, _KEPT)) or _options_resume(view, called.call, where)


def continues_here(view: View, place: Where) -> bool:
    """Whether the function at PLACE loads a thread and lets the agent go on with it."""
    scope = view.project.scope(place)
    calls = list(view.reach.calls(place.path, scope.order + 1, scope.end))
    for called in calls:
        where = Where(place.path, called.scope, called.order)
        sent = view.resume.sent(place.path, called)
        if sent is not None and any(_loaded_here(view, expr, at, scope) for expr, at in view.resume.thread(sent)):
            return True
        for function, call in _runs(view, called, where):
            if _carries_loaded(view, function, call, where, scope):
                return True
    return _fills_and_runs(view, place, calls) or _wraps(view, place)


def _loaded_here(view: View, expr: Expr, where: Where, scope: Scope) -> bool:
    """Whether EXPR was loaded in the function SCOPE itself, not where its parameters come from."""
    inner = {one.id for one in view.project.files[where.path].scopes if scope.order <= one.order <= scope.end}
    if where.scope not in inner:
        return False
    if isinstance(expr, Name):
        holder = view.resume.loads.flows.scope_of(expr.id, where)
        if holder is None or holder.id not in inner:
            return False
        return view.resume.loads.loaded_in(scope, expr, where)
    if isinstance(expr, (Attr, Item)):
        return _loaded_here(view, expr.base, where, scope)
    return any(_loaded_here(view, one, where, scope) for one in walk(expr) if isinstance(one, Name)) or (
        isinstance(expr, Call) and view.resume.loads.loaded_in(scope, expr, where)
    )


def _runs(view: View, called: Called, where: Where) -> Iterator[tuple[Where, Call]]:
    """The functions of the tree that a call runs, now or later, with the call that is made of each."""
    for callee in view.reach.callees(where.path, called):
        for body in view.reach.bodies(callee):
            yield body, called.call
    for call in handed(called.call):
        for one in view.tracer.origins(call.func, where):
            if one.kind is Kind.DEFINITION:
                for body in view.reach.bodies(one):
                    yield body, call


def _carries_loaded(view: View, function: Where, call: Call, where: Where, scope: Scope) -> bool:
    target = view.project.scope(function)
    if not view.reach.function_does(function, _MODEL):
        return False
    for row in target.parameters:
        value = view.resume.loads.flows.argument(function.path, target, call, row.name)
        if value is not None and view.once(carries, function, row.name) and _loaded_here(view, value, where, scope):
            return True
    return False


def carries(view: View, function: Where, name: str, depth: int = 0) -> bool:
    """Whether parameter NAME of a function of the tree is a thread: it grows there, or goes to a model as messages."""
    scope = view.project.scope(function)
    if not view.reach.function_does(function, _MODEL):
        return False
    for called in view.project.calls_in(function.path, scope.id):
        where = Where(function.path, scope.id, called.order)
        func = called.call.func
        if isinstance(func, Attr) and func.name in GROW and _based_on(func.base, name):
            return True
        sent = view.resume.sent(function.path, called)
        if sent is not None and any(_based_on(expr, name) for expr, _ in view.resume.thread(sent)):
            return True
        if depth >= _DEPTH:
            continue
        for inner, call in _runs(view, called, where):
            target = view.project.scope(inner)
            for row in target.parameters:
                value = view.resume.loads.flows.argument(inner.path, target, call, row.name)
                if value is not None and _based_on(value, name) and view.once(carries, inner, row.name, depth + 1):
                    return True
    return False


def _based_on(expr: Expr, name: str) -> bool:
    return any(isinstance(one, Name) and one.id == name for one in walk(expr))


def _fills_and_runs(view: View, place: Where, calls: list[Called]) -> bool:
    """Whether the function has a thread's field filled from a store, and runs the agent as well."""
    scope = view.project.scope(place)
    if scope.name == "__init__" or not view.reach.function_does(place, _MODEL):
        return False
    if (place.path, place.scope) in view.resume.loaders:
        return True
    return any(
        (body.path, body.scope) in view.resume.loaders
        for called in calls
        for callee in view.reach.callees(place.path, called)
        for body in view.reach.bodies(callee)
    )


def _wraps(view: View, place: Where) -> bool:
    """A decorator's inner function that puts a loaded thread into the call of what it decorates."""
    scope = view.project.scope(place)
    outer = view.project.files[place.path].scopes[scope.parent]
    if outer.kind != "function":
        return False
    taken = {row.name for row in outer.parameters}
    for called in view.project.calls_in(place.path, scope.id):
        func, where = called.call.func, Where(place.path, scope.id, called.order)
        if not isinstance(func, Name) or func.id not in taken or func.id in scope.bindings:
            continue
        values = [*called.call.args, *(value for _, value in called.call.keywords)]
        for write in view.project.writes(place.path, scope.id):
            if any(key is None and value == write.base for key, value in called.call.keywords):
                values.append(write.value)
        if any(_loaded_here(view, value, where, scope) for value in values):
            return True
    return False


def wrappers(view: View) -> Iterator[tuple[str, int]]:
    """The statements (file, number) that define a decorator's inner function which continues stored threads."""
    return (
        (path, scope.order)
        for path, facts in view.project.files.items()
        for scope in facts.scopes
        if scope.kind == "function"
        if _wraps(view, Where(path, scope.id, scope.order))
    )


def is_wrapped(view: View, place: Where) -> bool:
    """Whether a decorator of the tree, on the function or on one that overrides it, continues stored threads."""
    project = view.project
    scope = project.scope(place)
    rows = [(place.path, scope)]
    for path, holder in project.classes_with(scope.name):
        rows += [(path, one) for one in project.methods(path, holder.id) if one.name == scope.name]
    for path, one in rows:
        if (path, one.id) != (place.path, place.scope) and not _overrides(view, path, one, place):
            continue
        for decorator in one.decorators:
            func = decorator.func if isinstance(decorator, Call) else decorator
            for origin in view.tracer.origins(func, Where(path, one.parent, one.order)):
                for body in view.reach.bodies(origin):
                    inner = [row for row in project.files[body.path].scopes if row.parent == body.scope]
                    if any(_wraps(view, Where(body.path, row.id, row.order)) for row in inner):
                        return True
    return False


def _overrides(view: View, path: str, method: Scope, place: Where) -> bool:
    holder = view.project.files[path].scopes[method.parent]
    base = view.project.class_of(place)
    if base is None:
        return False
    origin = Origin(Kind.DEFINITION, place=Where(path, holder.id, holder.end))
    return any(
        one.place is not None and (one.place.path, one.place.scope) == (place.path, base.id)
        for one in view.tracer.lineage(origin)
    )
