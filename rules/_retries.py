"""Second attempts: which functions, loops and handlers ask a model again, and what bounds them."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Call, Const, Expr, Name, walk
from factorlint.origin import Kind, Where
from factorlint.provenance.handover import handed_over
from factorlint.rule import Here

from . import _tries, _waits
from ._loops import begins_anew, compares
from ._people import asked_before


def is_site(here: Here, place: Where) -> bool:
    """A function that asks a model, or that is a tool: elsewhere a retry is no business of an agent."""
    if (place.path, place.scope) in here.view.agents.bodies:
        return True
    if here.view.reach.function_does(place, _tries.ASKS, within=3):
        return True
    scope = here.view.project.scope(place)
    for path, called in here.view.project.calls_of(scope.name):  # a helper that makes the retry for its callers
        caller = here.view.project.inside(Where(path, called.scope, called.order), "function")
        if caller is not None:
            below = here.view.reach.summary(Where(path, caller.id, caller.order))
            if (place.path, place.scope) in below.functions and not _tries.ASKS.isdisjoint(below.does):
                return True
    return False


def is_no_matter(here: Here) -> bool:
    """Whether the policy visited HERE is for a call that is also given the time in which all retries must end, or for
    a function that asks no model.
    """
    around = next((node for node in here.ancestors() if isinstance(node, cst.Call)), None)
    for callee in here.callees(around) if around is not None else ():
        symbol = callee.symbol
        if around is None or symbol is None or not symbol.parameter("calls"):
            continue
        if any(name in here.arguments(around, symbol).given for name in symbol.parameter("bound")):
            return True
        call = here.expr(around)
        inner = handed_over(callee, call) if isinstance(call, Call) else None
        origins = here.view.tracer.callees(inner.func, here.where) if inner is not None else ()
        bodies = [body for one in origins for body in here.view.reach.bodies(one)]
        return bool(bodies) and not any(is_site(here, body) for body in bodies)
    return False


def asks(here: Here) -> bool:
    """Whether what is visited comes to a model."""
    path, order = here.where.path, here.where.order
    end = here.view.reach.end(path, order)
    return here.view.reach.statements_do(path, order, end, _tries.ASKS, within=3)


def asks_in_body(here: Here) -> bool:
    """Whether the body of the `try` itself comes to a model."""
    body = _tries.body(here)
    return here.view.reach.statements_do(here.where.path, body[0], body[-1], _tries.ASKS, within=3)


def starts_anew(here: Here) -> bool:
    """Whether each round of the loop waits for something new from outside: a conversation, no second attempt."""
    waits = any(_waits.is_future(inner, inner.node.expression) for inner in here.inside(cst.Await))
    return waits or begins_anew(here)


def is_bounded(node: cst.While, here: Here) -> bool | None:
    """Whether a loop that goes on after an error has a bound; None where it stops, or where that cannot be told."""
    if not any(_goes_on(one) and not _may_refuse(one) for one in here.inside(cst.ExceptHandler)):
        return None
    endless = isinstance(node.test, cst.Name) and node.test.value == "True"
    if _counts(here) or (not endless and compares(here.expr(node.test))):
        return True
    return False if endless or _only_success_ends(node, here) else None


def _only_success_ends(node: cst.While, here: Here) -> bool:
    """``while reply is None: try: reply = ask(); except: sleep()``: what the test looks at is set there alone."""
    tried = {order for inner in here.inside(cst.Try) for order in _tries.body(inner)}
    names = {one.id for one in walk(here.expr(node.test)) if isinstance(one, Name)}
    end = here.view.reach.end(here.where.path, here.where.order)
    rows = [row for name in names for row in here.scope.bindings.get(name, ()) if here.where.order < row.order <= end]
    leaves = any(inner.where.order not in tried for inner in here.inside(cst.Break, cst.Return, cst.Raise))
    return bool(rows) and not leaves and all(row.order in tried for row in rows)


def again_from_an_except(here: Here, place: Where) -> Iterator[tuple[cst.Call, bool]]:
    """Where the function at PLACE calls itself from an except, and whether something that it passes counts."""
    for inner in here.inside(cst.ExceptHandler):
        for call in inner.inside(cst.Call):
            again = any(
                one.kind is Kind.DEFINITION and one.place is not None and one.place[:2] == place[:2]
                for one in call.callees(call.node)
            )
            if again and asks(here) and not _may_refuse(inner, call) and not asked_before(call):
                yield call.node, _passes_a_count(call) or _says_it_is_the_last(call)


def inside_a_counted_loop(here: Here) -> bool:
    """The error of one attempt among several: what the last one does is what counts.

    A count around the calls that the model asked for counts steps: what fails in one of them is not tried again.
    """
    for node in here.ancestors():
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            return False
        if isinstance(node, cst.For) and here.answers(node.iter):
            return False
        if isinstance(node, cst.For) and isinstance(node.iter, cst.Call):
            if isinstance(node.iter.func, cst.Name) and node.iter.func.value == "range":
                return True
    return False


def _goes_on(handler: Here) -> bool:
    """An except that lets the loop go round again, at least until a count is reached."""
    block = handler.node.body.body
    small = [one for line in block if isinstance(line, cst.SimpleStatementLine) for one in line.body]
    return not any(isinstance(one, (cst.Raise, cst.Return, cst.Break)) for one in small)


def _may_refuse(handler: Here, again: Here | None = None) -> bool:
    """``if not self.switch_model(error): raise``: a function of the tree says whether there is another attempt.

    What leaves with the attempt AGAIN itself refuses nothing.
    """
    above = set(map(id, again.ancestors())) if again is not None else set()
    for inner in handler.inside(cst.If):
        body = inner.node.body.body
        small = [one for line in body if isinstance(line, cst.SimpleStatementLine) for one in line.body]
        if not any(isinstance(one, (cst.Raise, cst.Return, cst.Break)) and id(one) not in above for one in small):
            continue
        if any(_asks_the_tree(inner, expr, handler.where.order) for expr in walk(inner.expr(inner.node.test))):
            return True
    return False


def _asks_the_tree(here: Here, expr: Expr, since: int) -> bool:
    """Whether EXPR calls a function of the tree, or is a name that was given what one gave since statement SINCE."""
    if isinstance(expr, Name):
        rows = here.scope.bindings.get(expr.id, ())
        given = [row.value for row in rows if since <= row.order < here.where.order]
        return any(isinstance(one, Call) and _asks_the_tree(here, one, since) for one in given)
    if not isinstance(expr, Call):
        return False
    found = here.view.tracer.origins(expr.func, here.where)
    return any(one.kind is Kind.DEFINITION or one.kind is Kind.UNKNOWN for one in found)


def _counts(here: Here) -> bool:
    """Whether a counter is raised or lowered in the loop and compared in it."""
    grown = {
        inner.expr(inner.node.target)
        for inner in here.inside(cst.AugAssign)
        if isinstance(inner.node.operator, (cst.AddAssign, cst.SubtractAssign))
    }
    if not grown:
        return False
    return any(any(one in grown for one in walk(inner.expr(inner.node))) for inner in here.inside(cst.Comparison))


def _says_it_is_the_last(call: Here) -> bool:
    """``if not again: … return ask(question, again=True)``: the second attempt knows that it is one."""
    told = {name for name, value in call.call(call.node).keywords if isinstance(value, Const) and value.type == "bool"}
    tests = (call.expr(one.test) for one in call.ancestors() if isinstance(one, cst.If))
    return any(isinstance(one, Name) and one.id in told for test in tests for one in walk(test))


def _passes_a_count(call: Here) -> bool:
    """``again(n + 1)``: something that grows or shrinks is passed on, or a name for it."""
    passed = call.call(call.node)
    names = [one.id for one in (*passed.args, *(value for _, value in passed.keywords)) if isinstance(one, Name)]
    grown = [row.value for name in names for row in call.scope.bindings.get(name, ()) if row.value is not None]
    return any(getattr(one, "op", "") in ("+", "-") for expr in (passed, *grown) for one in walk(expr))
