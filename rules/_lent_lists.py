"""A list that a function makes longer for its caller, which calls it in a loop: it grows there from turn to turn."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint.expr import Const, Expr, Name, Param, last_name, walk
from factorlint.origin import Where
from factorlint.rule import View
from factorlint.threads import Sent

from ._growth import cuts, limited, slices

_COUNTS = ("max", "limit", "turn", "step", "iter", "round", "count", "budget", "token", "len")


def grown_each_turn(view: View, sent: Sent) -> Iterator[str]:
    """The parameters that are sent whole and made longer, of a function that a loop without a number calls."""
    path, scope = sent.where.path, view.project.scope(sent.where)
    if scope.kind != "function" or limited(sent):
        return
    given = {*sent.called.call.args, *(value for _, value in sent.called.call.keywords)}
    for one in scope.parameters:
        name = Name(one.name)
        if name not in given or len(scope.bindings[one.name]) > 1 or _is_cut(view, path, scope.id, one.name):
            continue
        if not any(True for _ in view.threads.grown(name, path, scope)):
            continue
        passed = view.tracer.passed_exprs(scope, one.name, sent.where)
        if any(isinstance(value, Name) and _lives_in_a_loop(view, value, at) for value, at in passed):
            yield one.name


def _lives_in_a_loop(view: View, held: Name, where: Where) -> bool:
    """Whether the list is made before a `while` around the call at WHERE, and nothing there counts or cuts."""
    facts, scope = view.project.files[where.path], view.project.scope(where)
    around = view.project.chain(where.path, where.order)
    loop = next((one for one in around if facts.statements[one].kind == "While"), None)
    rows = scope.bindings.get(held.id, ())
    if loop is None or facts.statements[loop].scope != scope.id or not rows or held.id in scope.outer:
        return False
    if any(row.order > loop or isinstance(row.value, Param) for row in rows):
        return False
    end = view.reach.end(where.path, loop)
    inside = range(loop, end + 1)
    if any(facts.statements[order].kind == "Delete" for order in inside) or _is_cut(
        view, where.path, scope.id, held.id
    ):
        return False
    return not any(_counts(test.expr) for test in facts.tests if test.order in inside)


def _counts(test: Expr) -> bool:
    """Whether a test looks at a number, or at what is called one."""
    return any(
        (isinstance(one, Const) and isinstance(one.value, int) and one.type == "int")
        or any(word in last_name(one).lower() for word in _COUNTS)
        for one in walk(test)
    )


def _is_cut(view: View, path: str, number: int, name: str) -> bool:
    scope = view.project.files[path].scopes[number]
    values = [row.value for rows in scope.bindings.values() for row in rows if row.value is not None]
    values += [write.value for write in view.project.writes(path, number)]
    return any(cuts(one.call, name) for one in view.project.calls_in(path, number)) or any(
        slices(value, name) for value in values
    )
