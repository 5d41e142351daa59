"""The tree's own loops: what they come to, whether they only try again, whether a person begins each round."""

from __future__ import annotations

import libcst as cst

from factorlint.expr import Attr, Call, Each, Expr, Name, Op, last_name, walk
from factorlint.facts import Binding, Called
from factorlint.holders import GROW
from factorlint.model import Confidence
from factorlint.origin import Kind, Origin, Where
from factorlint.reach import Reached
from factorlint.rule import Here, View
from factorlint.walk import children

from ._durable import waits
from ._people import asks, written_in

MODEL = ("call-model", "run")
_DEPTH = 5  # functions between a loop and its model call: run → step → query → a class for all models → one → its retry
_ATTEMPTS = frozenset("attempt attempts retry retries try tries trial trials".split())
_COMPARES = ("<", "<=", ">", ">=", "!=")


def model_call(here: Here) -> Reached | None:
    """The model call or run that the loop comes to, one written in it before one below it."""
    return here.view.once(_model_call, here.where.path, here.where.order)


def _model_call(view: View, path: str, order: int) -> Reached | None:
    reach = view.reach
    end = reach.end(path, order)
    first = order if view.project.files[path].statements[order].kind == "While" else order + 1  # asked once, before it
    if not reach.statements_do(path, first, end, MODEL):
        return None  # as most loops: the ways there are not looked for
    found = [one for one in reach.inside(path, first, end) if one.does in MODEL and one.depth <= _DEPTH]
    return min(found, key=lambda one: one.depth, default=None)


def sure(reached: Reached) -> Confidence:
    return Confidence.HIGH if reached.depth == 0 else Confidence.MEDIUM


def only_retries(node: cst.While | cst.For, here: Here) -> bool:
    """Whether the loop takes no further steps: it repeats one call until it succeeds, or asks about one thing each."""
    if isinstance(node, cst.For):
        named = isinstance(node.target, cst.Name) and is_counter(node.target.value)
        return named or _tries_first(node) or _ends_on_success(node) or _is_batch(node, here)
    if _ends_on_success(node) or counts_attempts(here.expr(node.test)):
        return True
    body = node.body.body
    if len(body) != 1 or not isinstance(body[0], cst.Try):
        return False
    counted = not (isinstance(node.test, cst.Name) and node.test.value == "True")
    return counted or not (_grows(here) or _steps_object(here))


def is_counter(name: str) -> bool:
    """Whether NAME says that attempts are counted."""
    return not _ATTEMPTS.isdisjoint(name.lower().split("_"))


def compares(test: Expr) -> bool:
    """``while rounds < 3``."""
    return any(isinstance(one, Op) and one.op in _COMPARES for one in walk(test))


def counts_attempts(test: Expr) -> bool:
    """``while attempts < 3``."""
    return compares(test) and any(isinstance(one, Name) and is_counter(one.id) for one in walk(test))


def _tries_first(node: cst.For) -> bool:
    """``for _ in range(3): try: …`` and nothing else."""
    body = node.body.body
    return len(body) == 1 and isinstance(body[0], cst.Try)


def _ends_on_success(node: cst.While | cst.For) -> bool:
    """``while True: …; try: x = ask(); break; except …: count += 1``: only an error leads into another round."""
    lines = node.body.body
    tries = [one for one in lines if isinstance(one, cst.Try)]
    if len(tries) != 1 or any(isinstance(one, (cst.For, cst.While, cst.With, cst.Match)) for one in lines):
        return False
    tried = tries[0]
    ending = (tried.orelse.body if tried.orelse is not None else tried.body).body[-1]
    small = ending.body[-1] if isinstance(ending, cst.SimpleStatementLine) else None
    return isinstance(small, (cst.Return, cst.Break)) and not _goes_round(tried.body)


def _goes_round(block: cst.CSTNode) -> bool:
    """Whether a `continue` in BLOCK begins another round of the loop around it."""
    queue = [block]
    while queue:
        one = queue.pop()
        if isinstance(one, cst.Continue):
            return True
        if not isinstance(one, (cst.For, cst.While, cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            queue += children(one)
    return False


def _grows(here: Here) -> bool:
    """Whether the loop puts something into a list or thread."""
    return any(last_name(inner.expr(inner.node.func)) in GROW for inner in here.inside(cst.Call))


def _steps_object(here: Here) -> bool:
    """Whether the loop asks through a method of an object of the tree, which may keep what was said."""
    path, order = here.where.path, here.where.order
    calls = here.view.reach.calls(path, order, here.view.reach.end(path, order))
    return any(asks_itself(here.view, path, called) and _may_remember(here, called) for called in calls)


def _is_batch(node: cst.For, here: Here) -> bool:
    """Whether the loop asks about each element by itself: nothing that one round leaves behind is sent in the next."""
    over = here.expr(node.iter)
    if isinstance(over, Call) and last_name(over.func) in _NUMBERS:
        return False
    path, order, view = here.where.path, here.where.order, here.view
    end = view.reach.end(path, order)
    left = _left_behind(here, end)
    asked = False
    for called in view.reach.calls(path, order + 1, end):
        if not asks_itself(view, path, called):
            continue
        asked = True
        if _may_remember(here, called):
            return False
        passed = (*called.call.args, *(value for _, value in called.call.keywords))
        if any(_made_of(here, value, left, called.order) for value in passed):
            return False
    return asked


_NUMBERS = frozenset(("range", "count", "cycle", "repeat", "iter"))


def asks_itself(view: View, path: str, called: Called) -> bool:
    """Whether this very call, and not another of its statement, comes to a model; making an object asks nothing yet."""
    for one in view.reach.callees(path, called):
        if one.kind is Kind.ANSWER:
            continue
        if one.symbol is not None and one.symbol.does in MODEL:
            return True
        for body in view.reach.bodies(one):
            if view.project.scope(body).name != "__init__" and view.reach.function_does(body, MODEL, within=3):
                return True
    return False


def _may_remember(here: Here, called: Called) -> bool:
    """Whether what is called is a method of an object of the tree, which may keep what it was asked before.

    One that is made anew in each round of the loop has nothing to remember.
    """
    where = Where(here.where.path, called.scope, called.order)
    return isinstance(called.call.func, Attr) and any(
        here.view.project.class_of(one.place) is not None and not _made_each_round(one.receiver, here)
        for one in here.view.tracer.origins(called.call.func, where)
        if one.symbol is None
    )


def _made_each_round(made: Origin | None, here: Here) -> bool:
    path, first = here.where.path, here.where.order
    at = made.made if made is not None else None
    return at is not None and at.path == path and first < at.order <= here.view.reach.end(path, first)


def _left_behind(here: Here, end: int) -> set[str]:
    """The names that the loop binds or fills and that were there before it: a history, a running summary."""
    order, scope = here.where.order, here.scope
    found: set[str] = set()
    for name, rows in scope.bindings.items():
        before = any(row.order < order for row in rows)
        if before and any(order < row.order <= end for row in rows):
            found.add(name)
    for called in here.view.reach.calls(here.where.path, order + 1, end):
        func = called.call.func
        if isinstance(func, Attr) and func.name in GROW and isinstance(func.base, Name):
            if any(row.order < order for row in scope.bindings.get(func.base.id, ())):
                found.add(func.base.id)
    return found


def _made_of(here: Here, expr: Expr, names: set[str], order: int, depth: int = 0) -> bool:
    scope = here.scope
    for one in walk(expr):
        if not isinstance(one, Name):
            continue
        if one.id in names:
            return True
        rows = [row for row in scope.bindings.get(one.id, ()) if here.where.order < row.order < order]
        made = ((row.value, row.order) for row in rows if row.value is not None)
        if depth < 3 and any(_made_of(here, value, names, at, depth + 1) for value, at in made):
            return True
    return False


def steps_below(here: Here, reached: Reached) -> bool:
    """A `while` whose steps lie in functions of the tree, unless these loop themselves, or it only takes what comes."""
    if reached.depth == 0:
        return False
    return not begins_anew(here) and not _repeats_a_loop(here)


def _repeats_a_loop(here: Here) -> bool:
    """``while again: again = self.phase()``: all that asks in it is a function with an agent's loop of its own."""
    view, path, order = here.view, here.where.path, here.where.order
    asking = [one for one in view.reach.calls(path, order, view.reach.end(path, order)) if asks_itself(view, path, one)]
    found = [[body for one in view.reach.callees(path, called) for body in view.reach.bodies(one)] for called in asking]
    return bool(found) and all(any(_has_a_loop(here, body) for body in bodies) for bodies in found)


def _has_a_loop(here: Here, body: Where) -> bool:
    """Whether the function at BODY asks a model in a counted loop that is no mere retry."""
    view, scope = here.view, here.view.project.scope(body)
    statements = view.project.files[body.path].statements
    for order in sorted({row.order for rows in scope.bindings.values() for row in rows if counts_up(row)}):
        inside = [one.kind for one in statements if one.parent == order and one.arm == "body"]
        if inside != ["Try"] and view.reach.statements_do(body.path, order, view.reach.end(body.path, order), MODEL, 3):
            return True
    return False


RECEIVES = frozenset("recv receive receive_bytes receive_json receive_text get_nowait".split())


def begins_anew(here: Here) -> bool:
    """Whether the loop takes in something new from outside: a message that a person or a socket sends."""
    path, order = here.where.path, here.where.order
    for called in here.view.reach.calls(path, order, here.view.reach.end(path, order)):
        if last_name(called.call.func) in RECEIVES or takes_the_next(called):
            return True
        for callee in here.view.reach.callees(path, called):
            inner = [one.callee for body in here.view.reach.bodies(callee) for one in written_in(here.view, body)]
            if any(asks(one) for one in (callee, *inner)) or waits(here.view, callee):
                return True
    return False


def counts_up(row: Binding) -> bool:
    """``for step in range(n)``."""
    source = row.value.source if isinstance(row.value, Each) else None
    return isinstance(source, Call) and source.func == Name("range")


def takes_the_next(called: Called) -> bool:
    """``queue.get()``: of all that has a `get`, only a queue is asked for nothing in particular."""
    call = called.call
    waits = {keyword for keyword, _ in call.keywords} <= {"timeout", "block"}
    return isinstance(call.func, Attr) and call.func.name == "get" and not call.args and waits


def _counts_an_attempt(call: Call) -> bool:
    """``again(question, retry_count + 1)``: the same step once more, no further one."""
    passed = (*call.args, *(value for _, value in call.keywords))
    return any(
        isinstance(one, Op)
        and one.op == "+"
        and any(isinstance(part, Name) and is_counter(part.id) for part in one.operands)
        for one in passed
    )


def recursion(here: Here, place: Where) -> cst.Call | None:
    """The call by which the function comes back to itself after its own model call.

    From an `except`, or with a count of attempts, it retries.
    """
    if not here.view.reach.function_does(place, MODEL, within=1):
        return None
    for inner in here.inside(cst.Call):
        call: cst.Call = inner.node
        if inner.enclosing(cst.ExceptHandler) is not None or _counts_an_attempt(inner.call(call)):
            continue
        for one in inner.callees(call):
            if one.kind is Kind.DEFINITION and one.place is not None:
                if (one.place.path, one.place.scope) == (place.path, place.scope):
                    return call
    return None
