"""The model's arguments on their way to a tool: as they came, or read through a schema first."""

from __future__ import annotations

import libcst as cst

from factorlint.expr import Attr, Call, Expr, Item, Name, Star, last_name, walk
from factorlint.origin import Kind, Origin, Where
from factorlint.project import Seen
from factorlint.rule import Here

from ._tables import looked_up, runs_tree_code


def picked(call: Call, here: Here) -> Origin | None:
    """The model's arguments among what CALL passes: spread, or picked out one by one, unchecked."""
    tracer = here.view.tracer
    for keyword, value in (*((None, one) for one in call.args if isinstance(one, Star)), *call.keywords):
        spread = value.value if isinstance(value, Star) else value
        if keyword is None:
            for one in tracer.origins(spread, here.where):
                if one.shape in ("arguments", "parsed") and not _validated(spread, here):
                    return one
    for value in (*call.args, *(value for keyword, value in call.keywords if keyword is not None)):
        if isinstance(value, Item) or (isinstance(value, Call) and last_name(value.func) in ("get", "pop")):
            base = value.base if isinstance(value, Item) else getattr(value.func, "base", None)
            if base is None or _are_the_tools_own(base, here):
                continue
            for one in tracer.origins(base, here.where):
                if one.shape == "arguments" and not _validated(base, here):
                    return one
    return None


def _are_the_tools_own(base: Expr, here: Here) -> bool:
    """Whether a function is given the arguments and no name of a tool: it is the tool, and they have reached it."""
    found = here.view.tracer.parameter_of(base, here.where) if isinstance(base, Name) else None
    if found is None:
        return False
    names = (one for row in found[0].parameters for one in here.view.tracer.origins(Name(row.name), here.where))
    return not any(one.shape == "name" for one in names)


def whole(call: Call, here: Here) -> Origin | None:
    """The model's arguments if the tool that it chose is given them as they came, and does not check them itself."""
    if not runs_tree_code(call, here):
        return None
    if not here.view.agents.chosen_by_model(call, here.where) and looked_up(call, here) is None:
        return None
    for value in (*call.args, *(value for keyword, value in call.keywords if keyword is not None)):
        found = _as_it_came(value, here, here.where, set())
        if found is not None and not _validated(value, here) and not _checked_inside(call, value, here):
            return found
    return None


def _as_it_came(expr: Expr, here: Here, where: Where, seen: Seen) -> Origin | None:
    """The model's arguments if EXPR is all of them, or one that was picked out and whose type nobody asked for."""
    tracer = here.view.tracer
    if isinstance(expr, Name) and _asked_for_type(expr, here, where):
        return None
    if isinstance(expr, Name) and any(True for _ in here.view.project.given(expr.id, where)):
        before = here.view.project.given_once(expr.id, where, seen)
        found = (_as_it_came(value, here, at, seen) for value, at in before)
        return next((one for one in found if one is not None), None)
    if isinstance(expr, Item):
        return None if _are_the_tools_own(expr.base, here) else _arguments(here, expr.base, where)
    if isinstance(expr, Call) and isinstance(expr.func, Attr):
        if expr.func.name == "get":
            return None if _are_the_tools_own(expr.func.base, here) else _arguments(here, expr.func.base, where)
        loads = any(one.kind is Kind.LIBRARY for one in tracer.origins(expr.func, where))
        return _arguments(here, expr, where) if loads else None
    if isinstance(expr, Attr):
        held = tracer.origin(expr.base, where)
        if held.kind is not Kind.ANSWER or held.shape == "arguments":
            return None  # a field of what a schema made of them
    return _arguments(here, expr, where) if isinstance(expr, (Attr, Name)) else None


def _arguments(here: Here, expr: Expr, where: Where) -> Origin | None:
    return next((one for one in here.view.tracer.origins(expr, where) if one.shape == "arguments"), None)


def _asked_for_type(name: Name, here: Here, where: Where) -> bool:
    """Whether the function asks of what class NAME is."""
    return any(
        called.call.args[:1] == (name,) and last_name(called.call.func) == "isinstance"
        for called in here.view.project.calls_in(where.path, where.scope)
    )


def _checked_inside(call: Call, value: Expr, here: Here) -> bool:
    """Whether a function that CALL runs gives what it is passed for VALUE to a validator."""
    view = here.view
    for callee in view.tracer.origins(call.func, here.where):
        for body in view.reach.bodies(callee):
            scope = view.project.scope(body)
            passed = {one.name for one in scope.parameters if view.tracer.passed(call, body, one.name) == value}
            for called in view.project.calls_in(body.path, body.scope):
                where = Where(body.path, called.scope, called.order)
                given = {one.id for one in walk(called.call) if isinstance(one, Name)}
                if given & passed and any(
                    one.symbol is not None and one.symbol.does == "validate"
                    for one in view.tracer.origins(called.call.func, where)
                ):
                    return True
    return False


def is_worked_into(here: Here) -> bool:
    """Whether what the call visited HERE gives is an argument of a call of the tree: ``click(x=scaled(a["x"]))``."""
    for node in here.ancestors():
        if isinstance(node, cst.BaseStatement):
            break
        if isinstance(node, cst.Call) and runs_tree_code(here.call(node), here):
            return True
    return False


def _validated(expr: Expr, here: Here) -> bool:
    """Whether a validator of a library is given EXPR in the same function."""
    for called in here.view.project.calls_in(here.where.path, here.where.scope):
        if expr not in (*called.call.args, *(value for _, value in called.call.keywords)):
            continue
        where = Where(here.where.path, called.scope, called.order)
        if any(
            one.symbol is not None and one.symbol.does == "validate"
            for one in here.view.tracer.origins(called.call.func, where)
        ):
            return True
    return False
