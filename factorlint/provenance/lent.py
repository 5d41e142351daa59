"""Functions of the tree that hand back what a function gives which they are passed: ``in_a_thread(f, x)``.

Whoever passes f gets what f gives: not what the functions give that others pass.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from factorlint.expr import Call, Const, Expr, Lambda, Name, Star, last_name
from factorlint.facts import Scope
from factorlint.origin import Where
from factorlint.provenance import parameters
from factorlint.provenance.handover import HANDS_OVER
from factorlint.provenance.tracing import Tracing

_WAITS = frozenset((*HANDS_OVER, "run", "wait_for", "shield", "create_task", "ensure_future", "run_until_complete"))
_DEPTH = 4  # local names between a `return` and the call


def call_made(tracer: Tracing, call: Call, body: Where) -> Call | None:
    """The call that the function BODY makes of what CALL passes and whose result it hands back, or None."""
    key = (body.path, body.scope)
    if key not in tracer.lent:
        tracer.lent[key] = _handed_back(tracer.project.files[body.path].scopes, tracer.project.scope(body))
    name = tracer.lent[key]
    given = parameters.passed(tracer, call, body, name) if name is not None else None
    if given is None or type(given) is Star:
        return None
    first = next((number for number, one in enumerate(call.args, 1) if id(one) == id(given)), 0)
    keywords = tuple((keyword, value) for keyword, value in call.keywords if keyword != name)
    made = tracer.same((id(call), name), Call(given, call.args[first:], keywords))
    assert isinstance(made, Call)
    return made


def _handed_back(scopes: Sequence[Scope], scope: Scope) -> str | None:
    """The parameter that SCOPE calls and whose result is all that it returns."""
    rows = (row.name for row in scope.parameters if row.kind in ("positional", "keyword"))
    names = {name for name in rows if len(scope.bindings.get(name, ())) == 1}
    return _returned(scopes, scope, names, 0) if names and not scope.yields else None


def _returned(scopes: Sequence[Scope], scope: Scope, names: Collection[str], depth: int) -> str | None:
    values = [value for _, value in scope.returns if not (isinstance(value, Const) and value.value is None)]
    found = {_called(scopes, scope, value, names, depth) for value in values}
    return found.pop() if len(found) == 1 else None


def _called(scopes: Sequence[Scope], scope: Scope, expr: Expr, names: Collection[str], depth: int) -> str | None:
    """Which of NAMES is called for EXPR: by itself, in a thread, in another loop."""
    if depth > _DEPTH:
        return None
    if isinstance(expr, Name):
        values = [row.value for row in scope.bindings.get(expr.id, ()) if row.value is not None]
        found = {_called(scopes, scope, value, names, depth + 1) for value in values}
        return found.pop() if len(found) == 1 else None
    if not isinstance(expr, Call):
        return None
    if isinstance(expr.func, Name) and expr.func.id not in _WAITS:
        return _run(scopes, scope, expr.func, names, depth + 1)
    if last_name(expr.func) not in _WAITS:
        return None
    ways = (_waited_for(scopes, scope, arg, names, depth + 1) for arg in expr.args)
    return next((one for one in ways if one is not None), None)


def _run(scopes: Sequence[Scope], scope: Scope, func: Name, names: Collection[str], depth: int) -> str | None:
    """Which of NAMES is called by FUNC: itself, or what is called in a function that is written here."""
    if func.id in names:
        return func.id
    inner = next((one for one in scopes if one.parent == scope.id and one.name == func.id), None)
    return _returned(scopes, inner, names, depth) if inner is not None and inner.kind == "function" else None


def _waited_for(scopes: Sequence[Scope], scope: Scope, expr: Expr, names: Collection[str], depth: int) -> str | None:
    """Which of NAMES is called by EXPR, which a call waits for: a call, a lambda, a function, or a name for one."""
    if isinstance(expr, Lambda):
        return _called(scopes, scope, expr.body, set(names) - set(expr.params), depth)
    if isinstance(expr, Name):
        return _run(scopes, scope, expr, names, depth) or _called(scopes, scope, expr, names, depth)
    return _called(scopes, scope, expr, names, depth)
