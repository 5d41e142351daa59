"""Errors of a tool that are no loss: a setting has its default, what could not be made better goes on as it was."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from factorlint.expr import Name, Seq, walk
from factorlint.facts import Statement
from factorlint.rule import Here

from ._clearing import names_behind, only_clears_up


def excuses(handler: Here, tried: Here) -> bool:
    """Whether nothing that the model asked for is lost with the error that HANDLER, of the `try` at TRIED, drops."""
    if only_clears_up(tried):
        return True
    return _only_a_setting(handler, tried) or _answers_no(handler) or _hands_back(handler, tried)


def _hands_back(handler: Here, tried: Here) -> bool:
    """``return parse(text)``, ``except: return text``: what could not be made better goes on as it was."""
    last = last_statement(handler.node.body)
    given = tried.expr(last.value) if isinstance(last, cst.Return) and last.value is not None else None
    pieces = given.items if isinstance(given, Seq) else (given,)
    names = {one.id for one in pieces if isinstance(one, Name)}
    statements, top = tried.view.facts.statements, tried.where.order
    passed = {
        one.id
        for inner in tried.inside(cst.Call)
        if in_arm(statements, inner.where.order, top, "body")
        for arg in inner.node.args
        for one in walk(inner.expr(arg.value))
        if isinstance(one, Name)
    }
    return all(isinstance(one, Name) for one in pieces) and not names.isdisjoint(passed)


def _answers_no(handler: Here) -> bool:
    """A function that is asked whether something holds: what cannot be read or reached does not."""
    function = handler.function()
    last = last_statement(handler.node.body)
    if function is None or not isinstance(last, cst.Return) or not isinstance(last.value, cst.Name):
        return False
    asked = function.annotation == Name("bool") or function.name.lstrip("_").startswith(("is_", "has_"))
    return asked and last.value.value in ("True", "False")


def _only_a_setting(handler: Here, tried: Here) -> bool:
    """Whether a tool's `try` only reads settings, which have a default: nothing that the model asked for has failed."""
    defaults = _constants(handler.node)
    body = tried.node.body
    if not defaults or not isinstance(body, cst.IndentedBlock):
        return False
    for line in body.body:
        small = line.body if isinstance(line, cst.SimpleStatementLine) else ()
        if not small or not all(isinstance(one, (cst.Assign, cst.Import, cst.ImportFrom)) for one in small):
            return False
    function = tried.function()
    if function is None:
        return False
    asked = {one.name for one in function.parameters} - {"self", "cls"}
    read = [inner.expr(inner.node.value) for inner in tried.inside(cst.Assign)]
    return asked.isdisjoint(names_behind(tried, read))


def _constants(handler: cst.ExceptHandler) -> set[str]:
    """The names that HANDLER gives a constant; empty if it does anything else."""
    found: set[str] = set()
    for line in handler.body.body:
        for one in line.body if isinstance(line, cst.SimpleStatementLine) else (None,):
            target = one.targets[0].target if isinstance(one, cst.Assign) else None
            if not isinstance(one, cst.Assign) or not isinstance(target, cst.Name):
                return set()
            if not isinstance(one.value, (cst.Integer, cst.Float, cst.SimpleString, cst.Name, cst.Attribute)):
                return set()
            found.add(target.value)
    return found


def in_arm(statements: Sequence[Statement], order: int, top: int, arm: str) -> bool:
    while order >= 0:
        if statements[order].parent == top:
            return statements[order].arm == arm
        order = statements[order].parent
    return False


def last_statement(block: cst.BaseSuite) -> cst.BaseSmallStatement | None:
    last = block.body[-1] if block.body else None
    return last.body[-1] if isinstance(last, cst.SimpleStatementLine) else None
