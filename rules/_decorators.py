"""Decorators that make an agent, ``@app.agent(instruction=…)``: a constructor's call, written above a function."""

from __future__ import annotations

import libcst as cst

from factorlint.rule import Here

_AGENTS = ("agent", "team")


def registers(node: cst.Call, here: Here) -> bool:
    """Whether the call at NODE only decorates: what it says is said of the function below it, not of an agent."""
    return isinstance(next(here.ancestors()), cst.Decorator) and not makes_agent(node, here)


def makes_agent(node: cst.BaseExpression, here: Here) -> bool:
    """Whether the decorator NODE makes an agent of its arguments; the function below only lends its place."""
    return isinstance(node, cst.Call) and any(here.plays(one, *_AGENTS) for one in here.origins(node.func))


def checks_answers(node: cst.BaseExpression, here: Here) -> bool:
    """Whether the decorator NODE has a library hand the function each answer to be checked: it chooses nothing."""
    func = node.func if isinstance(node, cst.Call) else node
    return any(here.plays(one, "hook") and one.symbol and one.symbol.does == "validate" for one in here.origins(func))
