"""Functions shaped thread → thread, and what they read on the way that is neither."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Attr, Call, Const, Dict, Expr, Item, Name, Op, Seq, Star, last_name, walk
from factorlint.facts import Scope
from factorlint.holders import classes
from factorlint.lasting import is_receiver
from factorlint.origin import Kind, Origin, Where
from factorlint.project import Seen
from factorlint.rule import Here, View

AMBIENT = {"clock": "the clock", "random": "randomness", "environment": "the environment"}
_PLAIN = frozenset("str int float bool bytes Path".split())
_AROUND = frozenset(
    "None Optional Union Literal Annotated list List Sequence Iterable set tuple typing pathlib".split()
)
_COPIES = ("replace", "model_copy", "copy", "deepcopy")
_LOGS = frozenset("print debug info warning warn error exception critical log".split())


def is_reducer(view: View, place: Where) -> bool:
    """Whether a function takes a thread and gives one: a node that returns an update, or its parameter comes back."""
    scope = view.project.scope(place)
    if view.steps.is_node(place):
        given = [one for one in scope.parameters if not is_receiver(view.tracer, Name(one.name), _inside(place, scope))]
        return bool(given) and any(not isinstance(value, Const) for _, value in scope.returns)
    return any(_comes_back(view, place, scope, order, value) for order, value in scope.returns)


def _is_plain(annotation: Expr | None) -> bool:
    """Whether a parameter is said to be a text, a number, a path or a list of such: none of them holds a thread."""
    said = {last_name(one) for one in walk(annotation) if isinstance(one, (Name, Attr))} if annotation else set()
    return bool(said & _PLAIN) and said <= _PLAIN | _AROUND


def _inside(place: Where, scope: Scope) -> Where:
    return Where(place.path, scope.id, scope.order + 1)


def _comes_back(view: View, place: Where, scope: Scope, order: int, value: Expr) -> bool:
    where = Where(place.path, scope.id, order)
    names = [
        one.name
        for one in scope.parameters
        if not is_receiver(view.tracer, Name(one.name), where) and not _is_plain(one.annotation)
    ]
    parts = value.items if isinstance(value, Seq) and value.kind == "tuple" else (value,)
    for part in parts:
        if any(one.shape == "messages" for one in view.tracer.origins(part, where)):
            return any(_goes_to_model(view, place, name) for name in names)
        for name in names:
            if not _is_made_of(view, part, name, where, set()) or not _is_thread(view, place, name):
                continue
            if view.steps.asks(place) is not None or _holds_thread(view, name, where):
                return True
        if _same_class(view, part, where, names):
            return True
    return False


def _is_made_of(view: View, expr: Expr, name: str, where: Where, seen: Seen) -> bool:
    """Whether EXPR is the parameter NAME, a copy of it, or a list or dict that it goes into whole."""
    if isinstance(expr, Name):
        if view.tracer.parameter_of(expr, where) is not None:
            return expr.id == name
        return any(
            _is_made_of(view, value, name, at, seen) for value, at in view.project.given_once(expr.id, where, seen)
        )
    if isinstance(expr, Op) and expr.op == "+":
        return any(_is_made_of(view, one, name, where, seen) for one in expr.operands)
    if isinstance(expr, Seq) and expr.kind == "list":
        return any(isinstance(one, Star) and _is_made_of(view, one.value, name, where, seen) for one in expr.items)
    if isinstance(expr, Dict):
        return any(key is None and _is_made_of(view, one, name, where, seen) for key, one in expr.items)
    if isinstance(expr, Call):
        func = expr.func
        called = func.name if isinstance(func, Attr) else getattr(func, "id", "")
        held = (func.base, *expr.args) if isinstance(func, Attr) else expr.args
        return called in _COPIES and any(_is_made_of(view, one, name, where, seen) for one in held)
    return False


def _same_class(view: View, part: Expr, where: Where, names: list[str]) -> bool:
    """Whether a new object of the class of a parameter is returned, with something of the old one in it."""
    if not isinstance(part, Call) or not any(one == Name(name) for one in walk(part) for name in names):
        return False
    made = {one.place[:2] for one in view.tracer.origins(part, where) if one.kind is Kind.OBJECT and one.place}
    for name in names:
        for one in view.tracer.origins(Name(name), where):
            if one.place is not None and one.place[:2] in made:
                return True
    return False


def _is_thread(view: View, place: Where, name: str) -> bool:
    """Whether what is behind a parameter grows or changes in the function, or is sent to a model by it."""
    scope = view.project.scope(place)
    grown = any(
        isinstance(one.call.func, Attr) and _starts_at(one.call.func.base, name)
        for one in view.project.calls_in(place.path, scope.id)
    )
    written = any(_starts_at(one.base, name) for one in view.project.writes(place.path, scope.id))
    return grown or written or _goes_to_model(view, place, name)


def _holds_thread(view: View, name: str, where: Where) -> bool:
    """Whether a parameter is an object of a class of the tree that holds a part of a thread."""
    held = classes(view.threads.holders)
    return any(
        one.kind is Kind.OBJECT and one.place is not None and one.place[:2] in held
        for one in view.tracer.origins(Name(name), where)
    )


def _starts_at(expr: Expr, name: str) -> bool:
    while isinstance(expr, (Attr, Item)):
        expr = expr.base
    return expr == Name(name)


def _goes_to_model(view: View, place: Where, name: str) -> bool:
    """Whether a parameter is a part of what a call that comes to a model is given, other than its model."""
    for called in view.project.calls_in(place.path, place.scope):
        where = place._replace(order=called.order)
        given = (*called.call.args, *(value for key, value in called.call.keywords if key != "model"))
        if any(_mentions(view, value, name, where, set()) for value in given) and _asks(view, place.path, called.order):
            return True
    return False


def _asks(view: View, path: str, order: int) -> bool:
    return any(one.does in ("call-model", "run", "run-graph") for one in view.reach.inside(path, order, order))


def _mentions(view: View, expr: Expr, name: str, where: Where, seen: Seen) -> bool:
    for one in walk(expr):
        if one == Name(name):
            return True
        if isinstance(one, Name):
            before = view.project.given_once(one.id, where, seen)
            if any(_mentions(view, value, name, at, seen) for value, at in before):
                return True
    return False


def written(expr: Expr) -> str:
    """A target as the source has it, as far as names go: ``self.state.events``."""
    if isinstance(expr, Attr):
        return f"{written(expr.base)}.{expr.name}"
    if isinstance(expr, Item):
        return written(expr.base)
    return expr.id if isinstance(expr, Name) else "…"


# -- what is read on the way -------------------------------------------------------------------------------------------


def ambient(here: Here) -> Iterator[tuple[cst.CSTNode, Origin, str]]:
    """Where a function reads the clock, randomness or the environment, other than for its log or to measure time."""
    own = here.view.scopes[here.where.order]
    for inner in here.inside(cst.Call, cst.Subscript):
        if inner.step.scope != own:
            continue
        node = inner.node
        read = inner.callees(node) if isinstance(node, cst.Call) else inner.origins(node.value)
        for one in read:
            role = _role(here.view, one) or _given_back(here.view, one)
            if role is not None and not _is_aside(inner, here):
                yield node, one, AMBIENT[role]
                break


def _role(view: View, one: Origin) -> str | None:
    return next((role for role in AMBIENT if view.catalog.is_a(one.symbol, role)), None)


def _given_back(view: View, one: Origin) -> str | None:
    """What a helper that is asked for nothing reads and gives back: ``def today(): return date.today()``."""
    if one.kind is not Kind.DEFINITION or one.place is None:
        return None
    scope = view.project.scope(one.place)
    if scope.kind != "function" or any(row.default is None for row in scope.parameters):
        return None
    for order, value in scope.returns:
        where = Where(one.place.path, scope.id, order)
        for call in (inner for inner in walk(value) if isinstance(inner, Call)):
            found = [_role(view, callee) for callee in view.tracer.callees(call.func, where)]
            if any(found):
                return next(role for role in found if role)
    return None


def _is_aside(read: Here, here: Here) -> bool:
    """Whether a reading goes only into a log line or a difference of times."""
    for node in read.ancestors():
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Subtract):
            return True
        if isinstance(node, cst.Call) and _last(node.func) in _LOGS:
            return True
        if isinstance(node, cst.BaseSmallStatement):
            return isinstance(node, cst.Assign) and _only_measures(node, here)
    return False


def _only_measures(node: cst.Assign, here: Here) -> bool:
    target = node.targets[0].target
    if not isinstance(target, cst.Name):
        return False
    for inner in here.inside(cst.BinaryOperation):
        if isinstance(inner.node.operator, cst.Subtract):
            sides = (inner.node.left, inner.node.right)
            if any(isinstance(one, cst.Name) and one.value == target.value for one in sides):
                return True
    return False


def _last(func: cst.BaseExpression) -> str:
    if isinstance(func, cst.Attribute):
        return func.attr.value
    return func.value if isinstance(func, cst.Name) else ""
