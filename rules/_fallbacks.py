"""Handlers whose error is not the last word: another way is tried, or the caller is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeGuard

import libcst as cst

from factorlint.expr import Attr, Call, Caught, Const, Expr, Item, Name, Op, Seq, last_name, walk
from factorlint.facts import Called, Facts
from factorlint.holders import GROW
from factorlint.origin import Kind, Where
from factorlint.rule import Here, View

from . import _no_loss, _waits
from ._no_loss import in_arm, last_statement
from ._people import calls_of

_ASKS = frozenset(("call-model", "run", "run-graph"))


def excuses(handler: Here, tried: Here, what: str) -> bool:
    """Whether HANDLER, of the `try` visited at TRIED, drops an error that is no loss, or of which somebody hears."""
    if any(_waits.is_future(inner, inner.node.expression) for inner in handler.inside(cst.Await)):
        return True  # a person is asked how to go on
    if _goes_another_way(handler, tried):
        return True
    if what == "the tool":
        return _no_loss.excuses(handler, tried)
    if _another_way(handler, tried):
        return True
    return _tells_caller(handler)


def asks_again(handler: Here, tried: Here) -> bool:
    """Whether HANDLER calls once more what the `try` called, in another form: an attempt behind the attempt."""
    statements = tried.view.facts.statements
    first = [
        inner.call(inner.node)
        for inner in tried.inside(cst.Call)
        if in_arm(statements, inner.where.order, tried.where.order, "body") and _comes_to_a_model(inner)
    ]
    for inner in handler.inside(cst.Call):
        again = inner.call(inner.node)
        if any(one.func == again.func for one in first) or (
            _asks_itself(inner) and any(_same(one, again) for one in first)
        ):
            return True
    return False


def _asks_itself(call: Here) -> bool:
    return any(one.symbol is not None and one.symbol.does in _ASKS for one in call.callees(call.node))


def _same(call: Call, again: Call) -> bool:
    """Whether another model is asked the same: ``first.invoke(question)``, and then ``second.invoke(question)``."""
    asked = {one for one in (*again.args, *(value for _, value in again.keywords)) if not isinstance(one, Const)}
    before = [one for one in (*call.args, *(value for _, value in call.keywords)) if not isinstance(one, Const)]
    return last_name(call.func) == last_name(again.func) and any(one in asked for one in before)


def _comes_to_a_model(call: Here) -> bool:
    return call.view.reach.statements_do(call.where.path, call.where.order, call.where.order, _ASKS, within=3)


# -- another way -------------------------------------------------------------------------------------------------------


def _another_way(handler: Here, tried: Here) -> bool:
    """``x = loads(text)``, ``except: x = literal_eval(text)``: the same name is made of the same thing otherwise.

    Or of what was first made of it: ``except: clean = text.replace(odd, ""); x = loads(clean)``.
    """
    first = {target: passed for target, passed, _ in _made(tried, "body")}
    behind: dict[str, frozenset[str]] = {}
    for target, passed, asked in _made(handler, None):
        names = passed | asked
        behind[target] = names.union(*(behind.get(one, frozenset()) for one in names))
        if behind[target] & first.get(target, frozenset()):
            return True
    return False


def _goes_another_way(handler: Here, tried: Here) -> bool:
    """``return self.search_slowly(pattern)``: a function of the tree does what the `try` could not, for the same.

    Where the function is given nothing, so may be the other way.
    """
    last = last_statement(handler.node.body)
    value = last.value if isinstance(last, cst.Return) else None
    value = value.expression if isinstance(value, cst.Await) else value
    passed = [one.value for one in value.args] if isinstance(value, cst.Call) else []  # `asyncio.run(search())`
    ways = [one for one in handler.inside(cst.Call) if one.node is value or one.node in passed]
    function = tried.function()
    names = {row.name for row in function.parameters} - {"self", "cls"} if function is not None else set()
    for inner in ways:
        if any(one.kind is Kind.DEFINITION and one.place is not None for one in inner.callees(inner.node)):
            given = {one.id for one in walk(inner.call(inner.node)) if isinstance(one, Name)} - {"self", "cls"}
            return bool(given & names) or not names
    return False


def _made(here: Here, arm: str | None) -> Iterator[tuple[str, frozenset[str], frozenset[str]]]:
    """The names that assignments of a call bind inside the node; those that the call is passed, and of what it asks."""
    statements = here.view.facts.statements
    for inner in here.inside(cst.Assign):
        target, value = inner.node.targets[0].target, inner.expr(inner.node.value)
        while isinstance(value, (Attr, Item)):  # a part of what the call gives
            value = value.base
        if not isinstance(target, cst.Name) or not isinstance(value, Call):
            continue
        if arm is not None and not in_arm(statements, inner.where.order, here.where.order, arm):
            continue
        passed = (*value.args, *(one for _, one in value.keywords))
        yield target.value, _names(passed), _names((value.func,))


def _names(exprs: Iterable[Expr]) -> frozenset[str]:
    return frozenset(one.id for expr in exprs for one in walk(expr) if isinstance(one, Name))


# -- the caller --------------------------------------------------------------------------------------------------------


def _tells_caller(handler: Here) -> bool:
    """Whether HANDLER answers False or None, or leads to the end that does, and every caller has a branch for that."""
    function = handler.function()
    if function is None or not _ends_with_nothing(handler):
        return False
    place = Where(handler.where.path, function.id, function.order)
    callers = calls_of(handler.view, place)
    return bool(callers) and all(_has_a_branch(handler, path, called) for path, called in callers)


def _ends_with_nothing(handler: Here) -> bool:
    """``return None`` at the end of HANDLER; or it goes on, and the function that it stands in ends so."""
    last = last_statement(handler.node.body)
    if isinstance(last, cst.Return):
        return _is_nothing_given(last)
    around = handler.enclosing(cst.FunctionDef)
    if not isinstance(around, cst.FunctionDef) or any(True for _ in handler.inside(cst.Return, cst.Assign)):
        return False
    ending = last_statement(around.body)
    return isinstance(ending, cst.Return) and _is_nothing_given(ending)


def _is_nothing_given(given: cst.Return) -> bool:
    return given.value is None or (isinstance(given.value, cst.Name) and given.value.value in ("None", "False"))


def _has_a_branch(here: Here, path: str, called: Called) -> bool:
    """Whether what CALLED gave is tested where it is called, with something done when it is nothing."""
    facts = here.view.project.files[path]
    if facts.statements[called.order].kind in ("If", "While", "Assert"):
        return True
    scope = facts.scopes[called.scope]
    names = {name for name, rows in scope.bindings.items() if any(row.order == called.order for row in rows)}
    if not names:
        return False
    for test in facts.tests:
        if test.scope == called.scope and test.order > called.order and _asks_for_nothing(test.expr, names):
            if test.expr.op in ("is", "==") or _says_otherwise(facts, test.order):
                return True
    return path == here.where.path and _tests_in_file(here, called, names)


def _asks_for_nothing(test: Expr, names: set[str]) -> TypeGuard[Op]:
    """``x is None``, ``x == False``, ``x is not None``."""
    if not isinstance(test, Op) or test.op not in ("is", "==", "is not", "!="):
        return False
    left, right = test.operands[0], test.operands[-1]
    return isinstance(left, Name) and left.id in names and right in (Const(None, "NoneType"), Const(False, "bool"))


def _says_otherwise(facts: Facts, order: int) -> bool:
    """Whether something is done where the test at statement ORDER fails: `assert`, an `else`, a way out before more."""
    statements = facts.statements
    if statements[order].kind == "Assert":
        return True
    inside = [one for one in statements if one.parent == order]
    if statements[order].kind != "If" or not inside:
        return False
    if any(one.arm == "orelse" for one in inside):
        return True
    beside = [number for number, one in enumerate(statements) if one.parent == statements[order].parent]
    return inside[-1].kind in _WAYS_OUT and any(
        number > order and statements[number].arm == statements[order].arm for number in beside
    )


_WAYS_OUT = ("Return", "Raise", "Continue", "Break")


def _tests_in_file(here: Here, called: Called, names: set[str]) -> bool:
    """``if not x: …``, or ``if x: … else: …``, below the call in the file that is visited."""
    for step in here.walk.all(cst.If):
        node = step.node
        if step.scope != called.scope or step.order <= called.order or not isinstance(node, cst.If):
            continue
        tested, refused = node.test, False
        if isinstance(tested, cst.UnaryOperation) and isinstance(tested.operator, cst.Not):
            tested, refused = tested.expression, True
        if isinstance(tested, cst.Name) and tested.value in names and (refused or node.orelse is not None):
            return True
    return False


# -- exceptions of the tree that become messages -----------------------------------------------------------------------


def thrown_into_thread(handler: Here, names: tuple[str, ...]) -> bool:
    """Whether HANDLER raises, or a later `raise` carries what it keeps in NAMES, an error that joins the thread."""
    caught = handler.view.once(_caught_for_thread)
    if not caught:
        return False
    if not names:
        return any(inner.node.exc is not None and _is_one_of(inner, caught) for inner in handler.inside(cst.Raise))
    function = handler.function()
    if function is None:
        return False
    for step in handler.walk.all(cst.Raise):
        if step.scope == function.id and step.order > handler.where.order:
            later = Here(handler.view, handler.walk, step)
            if later.node.exc is None or not _is_one_of(later, caught):
                continue
            if any(isinstance(one, Name) and one.id in names for one in walk(later.expr(later.node.exc))):
                return True
    return False


def _is_one_of(raised: Here, caught: frozenset[tuple[str, int]]) -> bool:
    made = raised.node.exc.func if isinstance(raised.node.exc, cst.Call) else raised.node.exc
    return any(
        up.place is not None and (up.place.path, up.place.scope) in caught
        for one in raised.origins(made)
        if one.kind is Kind.DEFINITION
        for up in raised.view.tracer.lineage(one)
    )


def _caught_for_thread(view: View) -> frozenset[tuple[str, int]]:
    """The exception classes of the tree that some handler puts into a thread: ``messages.extend(error.messages)``."""
    found: set[tuple[str, int]] = set()
    for path in sorted(view.project.files):
        facts = view.project.files[path]
        for scope in facts.scopes:
            for name, rows in scope.bindings.items():
                for row in rows:
                    if isinstance(row.value, Caught) and row.value.type is not None:
                        if _put_into_thread(view, path, scope.id, name, row.order):
                            found |= _classes(view, row.value.type, Where(path, scope.id, row.order))
    return frozenset(found)


def _put_into_thread(view: View, path: str, scope: int, name: str, order: int) -> bool:
    """Whether the handler whose first statement is ORDER puts the error that it binds to NAME into a thread."""
    statements = view.project.files[path].statements
    if not statements[order].arm.startswith("handler"):
        return False
    top, arm = statements[order].parent, statements[order].arm
    for called in view.reach.calls(path, order, view.reach.end(path, top)):
        if called.scope == scope and last_name(called.call.func) in GROW and in_arm(statements, called.order, top, arm):
            if any(isinstance(one, Name) and one.id == name for arg in called.call.args for one in walk(arg)):
                return True
    return False


def _classes(view: View, expr: Expr, where: Where) -> set[tuple[str, int]]:
    kinds = expr.items if isinstance(expr, Seq) else (expr,)
    found: set[tuple[str, int]] = set()
    for kind in kinds:
        for one in view.tracer.origins(kind, where):
            if one.place is not None:
                found.add((one.place.path, one.place.scope))
    return found
