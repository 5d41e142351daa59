"""Tests of an answer's text of which nothing comes but that a mark of the tree's own is put to it, or taken off."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Attr, Call, Expr, Op, Text, dotted
from factorlint.rule import Here

_TAKES_OFF = frozenset("replace removeprefix removesuffix strip lstrip rstrip".split())


def only_completes(here: Here) -> bool:
    """``if not text.startswith(mark): text = mark + text``; whatever else came of it, the words decided."""
    test = here.node
    for around in here.ancestors():
        if isinstance(around, (cst.UnaryOperation, cst.BooleanOperation)):
            test = around
            continue
        if not isinstance(around, cst.If) or around.test is not test or around.orelse is not None:
            return False
        done = [_completes(one, here) for one in _lines(around.body)]
        return True in done and False not in done
    return False


def _lines(block: cst.BaseSuite) -> Iterator[cst.BaseSmallStatement | None]:
    for line in block.body:
        if isinstance(line, cst.SimpleStatementLine):
            yield from line.body
        else:
            yield line if isinstance(line, cst.BaseSmallStatement) else None


def _completes(line: cst.BaseSmallStatement | None, here: Here) -> bool | None:
    """Whether LINE puts something to the text that is asked about, or takes it off; None where it only prints."""
    if isinstance(line, cst.Expr) and isinstance(line.value, cst.Call):
        func = here.expr(line.value.func)
        return None if dotted(func) == "print" or "log" in (dotted(func) or "").lower() else False
    if isinstance(line, cst.AugAssign):
        return isinstance(line.operator, cst.AddAssign) and here.expr(line.target) in _asked(here)
    if not isinstance(line, cst.Assign):
        return False
    target, value = here.expr(line.targets[0].target), here.expr(line.value)
    if target not in _asked(here):
        return False
    if isinstance(value, Op) and value.op == "+":
        return target in value.operands
    if isinstance(value, Call) and isinstance(value.func, Attr) and value.func.name in _TAKES_OFF:
        return value.func.base == target
    return isinstance(value, Text) and target in value.parts


def _asked(here: Here) -> tuple[Expr, ...]:
    """The texts that the test may ask about."""
    expr = here.expr(here.node)
    if isinstance(expr, Op):
        return expr.operands
    return (expr.func.base,) if isinstance(expr, Call) and isinstance(expr.func, Attr) else ()
