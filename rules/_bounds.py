"""What ends a loop of the tree: a number of steps, something else that counts, or only the model's word."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import NamedTuple

import libcst as cst

from factorlint.arguments import literals
from factorlint.expr import Attr, Call, Const, Expr, Name, Op, dotted, last_name, walk
from factorlint.facts import Called
from factorlint.origin import Kind, Where
from factorlint.project import LOOPS
from factorlint.rule import Here

from ._elsewhere import given_below, handed_out, withheld
from ._loops import RECEIVES, takes_the_next
from ._people import asks

_LESS = frozenset(("<", "<=", ">", ">=", "=="))
_OTHER = ("time", "cost", "token", "deadline", "budget", "second", "usd", "price", "len_")
_STOPS = ("limit", "max", "exceed", "toomany", "exhaust", "budget")
_COUNTS = (
    "step",
    "turn",
    "iter",
    "round",
    "attempt",
    "count",
    "depth",
    "max",
    "limit",
    "tries",
    "call",
    "loop",
    "remaining",
)


class Ends(enum.Enum):
    STEPS = "steps"  # a number of steps, which can be told
    OTHERWISE = "otherwise"  # something bounds it: a time, a cost, a number that cannot be told, a finite list
    WORD = "word"  # only the model's word


class Bound(NamedTuple):
    ends: Ends
    steps: float = 0


def of_loop(here: Here) -> Bound:
    """What ends the `for` or `while` visited HERE."""
    node = here.node
    if isinstance(node, cst.For):
        return _of_for(here.expr(node.iter), here)
    found = list(_comparisons(here.expr(node.test), here, {"and"}))
    found += _leaving(here, node)
    for inner in withheld(here):
        found += _comparisons(inner.expr(inner.node.test), inner, {"and", "or", "not"})
    if not found and (handed_out(node, here) or _folds(here)):
        return Bound(Ends.OTHERWISE)
    return _best(found) or _below(here) or Bound(Ends.WORD)


def _folds(here: Here) -> bool:
    """``while len(rows) > 1: rows = [join(rows[i : i + 2]) for i in range(0, len(rows), 2)]``: fewer every round."""
    lengths = [one for one in walk(here.expr(here.node.test)) if isinstance(one, Call) and last_name(one.func) == "len"]
    for inner in here.inside(cst.Call):
        counted = inner.call(inner.node)
        if last_name(counted.func) == "range" and len(counted.args) == 3 and counted.args[1] in lengths:
            return counted.args[2] != Const(1, "int")
    return False


def of_recursion(here: Here, again: cst.Call) -> Bound:
    """What ends the recursion of the function visited HERE, which calls itself at AGAIN."""
    expr = here.call(again)
    for value in (*expr.args, *(value for _, value in expr.keywords)):
        if isinstance(value, Op) and value.op in ("+", "-", "//", "/"):
            return Bound(Ends.OTHERWISE)  # a depth that is handed down
    tests = ((inner.expr(inner.node.test), inner) for inner in here.inside(cst.If, cst.IfExp, cst.While))
    found = [bound for test, inner in tests for bound in _comparisons(test, inner, {"and", "or", "not"})]
    return _best(found) or Bound(Ends.WORD)


def _of_for(iterated: Expr, here: Here) -> Bound:
    if isinstance(iterated, Call):
        name = last_name(iterated.func)
        if name == "enumerate" and iterated.args:
            return _of_for(iterated.args[0], here)
        if name == "range" and iterated.args:
            stop = iterated.args[min(1, len(iterated.args) - 1)]
            steps = _number(stop, here)
            return Bound(Ends.STEPS, steps) if steps else Bound(Ends.OTHERWISE)
        if name in ("count", "cycle", "repeat") and len(iterated.args) < 2:
            return Bound(Ends.WORD)
    return Bound(Ends.OTHERWISE)


def _leaving(here: Here, loop: cst.CSTNode) -> Iterator[Bound]:
    """The `if`s inside the loop that leave it because something was counted: not failures alone, in an `except`."""
    for inner in here.inside(cst.If):
        if _counts_failures(inner, here):
            continue
        if any(isinstance(one, (cst.Break, cst.Return, cst.Raise)) for one in _statements(inner.node.body, loop)):
            yield from _comparisons(inner.expr(inner.node.test), inner, {"and", "or", "not"})


def _counts_failures(here: Here, loop: Here) -> bool:
    """Whether an `if` stands in an `except` of the LOOP: rounds that go well are not counted there."""
    around = here.outer(cst.ExceptHandler)
    return around is not None and any(one is loop.node for one in around.ancestors())


def _statements(body: cst.BaseSuite, loop: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for one in body.body:
        if isinstance(one, cst.SimpleStatementLine):
            yield from one.body


def _comparisons(test: Expr, here: Here, through: set[str], *, held: bool = False) -> Iterator[Bound]:
    """The comparisons of a counter with a number in TEST, looking THROUGH these operators.

    A name is looked up once: TEST may be what one stands for (HELD).
    """
    if isinstance(test, Op) and test.op == "not" and "not" not in through:  # not (a or b): neither a nor b
        yield from _comparisons(test.operands[0], here, {"or"} if through == {"and"} else {"and"}, held=held)
    elif isinstance(test, Op) and test.op in through:
        for operand in test.operands:
            yield from _comparisons(operand, here, through, held=held)
    elif isinstance(test, Op) and all(sign in _LESS for sign in test.op.split()):
        yield from _comparison(test, here)
    elif isinstance(test, Name):  # a counter that runs down: while remaining
        runs_down = any(word in test.id.lower() for word in ("remaining", "left", "budget"))
        if runs_down or any(_limits(value, lengths=False) for value, _ in given_below(test, here)):
            yield Bound(Ends.OTHERWISE)
        for value in _held(test, here) if not held else ():
            yield from _comparisons(value, here, through, held=True)
    elif isinstance(test, Call):
        yield from _told_by(test, here)


def _held(name: Name, here: Here) -> Iterator[Op]:
    """What the round itself says for NAME: ``done = said == "yes" or turns > limit``."""
    view, path = here.view, here.where.path
    statements = view.project.files[path].statements

    def loop(order: int) -> int | None:
        return next((one for one in view.project.chain(path, order) if statements[one].kind in LOOPS), None)

    for value, at in view.project.given(name.id, here.where):
        if isinstance(value, Op) and loop(at.order) == loop(here.where.order):
            yield value


def _comparison(test: Op, here: Here) -> Iterator[Bound]:
    said = " ".join((dotted(one) or "").lower() for part in test.operands for one in walk(part))
    if any(isinstance(one, Const) and isinstance(one.value, str) for one in test.operands):
        return
    lengths = any(
        isinstance(one, Call) and last_name(one.func) == "len" for part in test.operands for one in walk(part)
    )
    if any(word in said for word in _OTHER):
        yield Bound(Ends.OTHERWISE)
        return
    if not any(word in said for word in _COUNTS) and not _counted(test, here):
        return
    if _walks_through(test, here):
        yield Bound(Ends.OTHERWISE)
        return
    if lengths and not any(word in said for word in _COUNTS):
        return  # whether there is anything at all: no count of steps
    numbers = [steps for part in test.operands if (steps := _number(part, here)) is not None]
    positive = [one for one in numbers if one > 0]
    if positive:
        yield Bound(Ends.STEPS, max(positive))
    elif not numbers or any(_number(one, here) is None and _may_limit(one, test, here) for one in test.operands):
        yield Bound(Ends.OTHERWISE)


def _may_limit(operand: Expr, test: Op, here: Here) -> bool:
    """Whether something whose number is not known ends what is counted: a name, or what a call gives for a counter."""
    return isinstance(operand, (Attr, Name)) or _counted(test, here)


def _walks_through(test: Op, here: Here) -> bool:
    """``i < len(items)`` with an ``i`` that is counted up: a walk through what is there."""
    at, stop = test.operands[0], test.operands[-1]
    over = isinstance(stop, Call) and last_name(stop.func) == "len" and test.op == "<"
    return over and isinstance(at, Name) and _counted(test, here)


def _counted(test: Op, here: Here) -> bool:
    """Whether an operand is a local name that the code counts up or down."""
    scope = here.scope
    for part in test.operands:
        rows = scope.bindings.get(part.id, ()) if isinstance(part, Name) else ()
        if any(isinstance(row.value, Op) and row.value.op in ("+", "-") for row in rows):
            return True
    return False


def _number(expr: Expr, here: Here) -> float | None:
    """The greatest number that EXPR may be; None where none is known."""
    if isinstance(expr, Op) and expr.op in ("+", "-", "if", "or"):
        known = [one for part in expr.operands[:2] if (one := _number(part, here)) is not None]
        return max(known, default=None)
    return _known(expr, here, here.where)


def _known(expr: Expr, here: Here, where: Where) -> float | None:
    found = literals(here.view.tracer, expr, where)
    numbers = [one for one in found if isinstance(one, (int, float)) and not isinstance(one, bool)]
    return max(numbers, default=None)


def _told_by(call: Call, here: Here, where: Where | None = None) -> Iterator[Bound]:
    """A function of the tree that says whether to go on, by counting, or asks one that does."""
    for one in here.view.tracer.origins(call.func, where or here.where):
        if one.kind is not Kind.DEFINITION or one.place is None:
            continue
        scope = here.view.project.scope(one.place)
        for order, value in scope.returns:
            for part in walk(value):
                if isinstance(part, Call) and where is None:
                    yield from _told_by(part, here, Where(one.place.path, scope.id, order))
            if _limits(value):
                yield Bound(Ends.OTHERWISE)
                return
        yield from _refused(here, one.place)


def _refused(here: Here, place: Where) -> Iterator[Bound]:
    """``if self.rounds >= self.most: return False`` in the function at PLACE, which says whether to go on."""
    project, scope = here.view.project, here.view.project.scope(place)
    no = {order for order, value in scope.returns if value == Const(False, "bool")}
    for order in sorted(no):
        parent = project.files[place.path].statements[order].parent
        for test in project.tests_at(place.path, parent):
            expr, at = test.expr, Where(place.path, scope.id, parent)
            if isinstance(expr, Op) and expr.op in (">", ">=") and _limits(expr, lengths=False):
                steps = _known(expr.operands[-1], here, at)
                yield Bound(Ends.STEPS, steps) if steps else Bound(Ends.OTHERWISE)


def _limits(value: Expr, *, lengths: bool = True) -> bool:
    """Whether a comparison in VALUE counts steps; LENGTHS: one of a length with something will do."""
    for part in walk(value):
        if isinstance(part, Op) and part.op in _LESS:
            said = " ".join((dotted(inner) or "").lower() for inner in walk(part))
            length = any(isinstance(inner, Call) and last_name(inner.func) == "len" for inner in walk(part))
            if lengths if length else any(word in said for word in _COUNTS):
                return True
    return False


def _below(here: Here) -> Bound | None:
    """A function below the loop that raises because a limit is reached."""
    path, order = here.where.path, here.where.order
    reach = here.view.reach
    for one in reach.inside(path, order, reach.end(path, order)):
        name = last_name(one.called.call.func).lower().replace("_", "")
        statement = here.view.project.files[one.path].statements[one.called.order]
        if statement.kind == "Raise" and any(word in name for word in _STOPS):
            return Bound(Ends.OTHERWISE)
    return None


def _best(found: list[Bound]) -> Bound | None:
    """The tightest number of steps, else whatever else ends it."""
    steps = [one for one in found if one.ends is Ends.STEPS]
    if steps:
        return min(steps, key=lambda one: one.steps)
    return found[0] if found else None


def asks_each_time(here: Here) -> bool:
    """Whether every round of the loop visited HERE waits for a person or for work: a REPL, a worker at a queue."""
    return _asks_always(here, Where(here.where.path, here.where.scope, here.where.order), ("body",), _FAR)


def _asks_always(here: Here, top: Where, arms: tuple[str, ...], far: int) -> bool:
    """Whether whoever comes through the ARMS of statement TOP comes to a person, at most FAR functions below."""
    statements, reach = here.view.project.files[top.path].statements, here.view.reach
    for order in range(top.order + 1, reach.end(top.path, top.order) + 1):
        one = statements[order]
        if one.parent != top.order or one.arm not in arms:
            continue
        if any(_asks(here, top.path, called, far) for called in reach.calls(top.path, order, order)):
            return True
        inside = top._replace(order=order)
        if one.kind == "If":
            if all(_asks_always(here, inside, (arm,), far) for arm in ("body", "orelse")):
                return True
        elif one.kind not in _ASIDE and _asks_always(here, inside, ("body", "finalbody"), far):
            return True
    return False


def _asks(here: Here, path: str, called: Called, far: int) -> bool:
    """Whether a call asks a person, itself or always below it, or takes the next piece of work."""
    if takes_the_next(called) or last_name(called.call.func) in RECEIVES - {"get_nowait"}:
        return True
    for callee in here.view.reach.callees(path, called):
        if asks(callee):
            return True
        for place in here.view.reach.bodies(callee) if far else ():
            scope = here.view.project.scope(place)
            if _asks_always(here, Where(place.path, scope.id, scope.order), ("body",), far - 1):
                return True
    return False


_FAR = 3  # the agent's own question → the interface's → the widget
_ASIDE = ("Match", "For", "AsyncFor", "FunctionDef", "AsyncFunctionDef", "ClassDef")
