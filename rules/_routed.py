"""Rounds of a graph that a router counts: ``if state["retries"] >= 3: return END``."""

from __future__ import annotations

import libcst as cst

from factorlint.expr import Attr, Const, Expr, Item, Name, Op, walk
from factorlint.origin import Where
from factorlint.rule import Here, View

from . import _carried
from ._loops import is_counter

_ASKS = frozenset(("call-model", "run", "run-graph"))
_BOUNDS = ("<", "<=", ">", ">=")


def ends_the_attempts(node: cst.If, here: Here) -> bool:
    """Whether a function of a graph that asks a model looks at how often it was tried, and says there where to go."""
    if not any(isinstance(one, cst.Return) for one in _statements(node)):
        return False
    if not any(_counts(one) for one in walk(here.expr(node.test)) if isinstance(one, Op) and one.op in _BOUNDS):
        return False
    return _asks(here.view, (here.where.path, here.where.scope))


def _statements(node: cst.If) -> list[cst.BaseSmallStatement]:
    lines = node.body.body if isinstance(node.body, cst.IndentedBlock) else ()
    return [small for one in lines if isinstance(one, cst.SimpleStatementLine) for small in one.body]


def _counts(test: Op) -> bool:
    """Whether one side is a count of attempts in the state, not a name of this call alone."""
    return any(_is_kept(one) for side in test.operands for one in walk(side))


def _is_kept(expr: Expr) -> bool:
    if isinstance(expr, Attr):
        return is_counter(expr.name) and isinstance(expr.base, (Name, Attr))
    if isinstance(expr, Item):
        return isinstance(expr.key, Const) and is_counter(str(expr.key.value))
    return isinstance(expr, Const) and isinstance(expr.value, str) and is_counter(expr.value)  # state.get("retries", 0)


def _asks(view: View, place: tuple[str, int]) -> bool:
    """Whether the function says where a graph goes that asks a model."""
    graphs = view.steps.graphs
    if place not in graphs.routers and place not in view.steps.nodes:
        return False
    others = graphs.together.get(place) or _carried.others(view, place)
    return any(view.reach.function_does(Where(*one, 0), _ASKS) for one in sorted(others))
