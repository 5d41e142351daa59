"""What a call sends to a model, and what that is made of."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint import arguments
from factorlint.expr import Attr, Call, Const, Dict, Each, Enter, Expr, Name, Part, children
from factorlint.facts import Called
from factorlint.origin import Kind, Origin, Where
from factorlint.rule import View

_DEPTH = 12
_OF_DATA = frozenset(
    "get items values keys strip lower upper title join format replace split splitlines decode encode read read_text "
    "json text to_string to_markdown to_json to_dict model_dump model_dump_json dict all first one scalar scalars "
    "fetchall fetchone copy strftime isoformat head tail render dumps limit filter order_by where".split()
)
_ASKS = ("call-model", "run", "run-graph")


def in_function(view: View, path: str, number: int) -> tuple[tuple[int, Expr, Where], ...]:
    """What the calls of a function send, those of the functions in it too, each with the call's statement."""
    scope = view.project.files[path].scopes[number]
    calls = view.reach.calls(path, scope.order + 1, scope.end)
    return tuple((called.order, *sent) for called in calls for sent in by_call(view, path, called))


def by_call(view: View, path: str, called: Called) -> Iterator[tuple[Expr, Where]]:
    """What a call sends: to a model, into the prompt of an agent, to a function of the tree that asks a model."""
    where = Where(path, called.scope, called.order)
    for callee in view.tracer.callees(called.call.func, where):
        yield from (
            view.threads.context(callee, called.call, where)
            or _into_agent(view, callee, called.call, where)
            or _into_sender(view, callee, called.call, where)
            or _into_maker(view, callee, called.call, where)
        )


def _into_agent(
    view: View, callee: Origin, call: Call, where: Where, roles: tuple[str, ...] = ("prompt",)
) -> list[tuple[Expr, Where]]:
    """The prompt that an agent is constructed with."""
    if callee.symbol is None or callee.kind not in (Kind.LIBRARY, Kind.INSTANCE):
        return []
    given = arguments.of(view.tracer, callee.symbol, call, where).given
    names = [name for one in view.catalog.lineage(callee.symbol) for role in roles for name in one.parameter(role)]
    return [given[name] for name in names if name in given]


def _into_sender(view: View, callee: Origin, call: Call, where: Where) -> list[tuple[Expr, Where]]:
    """What is passed to a function of the tree that asks a model: a wrapper around the model call."""
    if callee.kind is not Kind.DEFINITION:
        return []
    for body in view.reach.bodies(callee):
        if view.reach.function_does(body, _ASKS, within=2):
            told = [row.name for row in view.project.scope(body).parameters]
            sent = [name for name in told if (body.path, body.scope, name) in view.threads.parameters]
            passed = [view.tracer.passed(call, body, name) for name in sent]
            if sent:
                return [(one, where) for one in passed if one is not None]
            return [(one, where) for one in (*call.args, *(value for _, value in call.keywords))]
    return []


def _into_maker(view: View, callee: Origin, call: Call, where: Where) -> list[tuple[Expr, Where]]:
    """What is passed to a function of the tree that puts it into the agent or the task that it makes."""
    found: list[tuple[Expr, Where]] = []
    for body in view.reach.bodies(callee) if callee.kind is Kind.DEFINITION else ():
        names = {one.name for one in view.project.scope(body).parameters}
        for called in view.project.calls_in(body.path, body.scope):
            inside = Where(body.path, body.scope, called.order)
            for maker in view.tracer.callees(called.call.func, inside):
                for expr, at in _into_agent(view, maker, called.call, inside, ("prompt", "pieces")):
                    told = {one.id for one in within(view, expr, at) if isinstance(one, Name)} & names
                    passed = (view.tracer.passed(call, body, name) for name in sorted(told))
                    found += [(one, where) for one in passed if one is not None]
    return found


def carries(view: View, expr: Expr, where: Where, call: Call) -> bool:
    """Whether what CALL gives is part of EXPR, through local names, texts and lists."""
    return any(one is call for one in within(view, expr, where))


def is_said(expr: Expr) -> bool:
    """``{"role": row.role, "content": row.text}``: a message that was said before, no context."""
    if not isinstance(expr, Dict):
        return False
    keys = {key.value: value for key, value in expr.items if isinstance(key, Const)}
    return "content" in keys and not isinstance(keys.get("role", Const("user", "str")), Const)


def within(view: View, expr: Expr, where: Where) -> Iterator[Expr]:
    """EXPR and what it is made of, through local names, texts and lists."""
    return _within(view, expr, where, set(), 0)


def _within(view: View, expr: Expr, where: Where, seen: set[tuple[int, Where]], depth: int) -> Iterator[Expr]:
    yield expr
    key = (id(expr), where)
    if depth > _DEPTH or key in seen:
        return
    seen.add(key)
    if isinstance(expr, Name):
        scope = view.project.scope(where)
        if expr.id not in scope.bindings:
            return
        for value, at in view.project.given(expr.id, where):
            made = value.source if isinstance(value, (Each, Enter, Part)) else value
            yield from _within(view, made, at, seen, depth + 1)
        for grown in view.threads.grown(Name(expr.id), where.path, scope):
            at = Where(where.path, grown.scope, grown.order)
            for arg in grown.call.args:
                yield from _within(view, arg, at, seen, depth + 1)
        return
    if is_said(expr):
        return
    inner = children(expr)
    if isinstance(expr, Call) and isinstance(expr.func, Attr) and expr.func.name not in _OF_DATA:
        inner = inner[1:]  # what another object is asked is not what the object itself says
    for child in inner:
        yield from _within(view, child, where, seen, depth + 1)
