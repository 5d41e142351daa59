"""Tests of an answer's text of which nothing comes but that a mark of the tree's own is put to it, or taken off."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Attr, Call, Expr, Op, Text, dotted
from factorlint.rule import Here

_TAKES_OFF = frozenset("replace removeprefix removesuffix strip lstrip rstrip".split())


def only_completes(here: Here) -> bool:
    """``if not text.startswith(mark): text = mark + text``; whatever else came of it, the words decided."""
    joined = (cst.UnaryOperation, cst.BooleanOperation)
    around = next(one for one in here.ancestors() if not isinstance(one, joined))
    if not isinstance(around, cst.If) or around.orelse is not None:
        return False
    if _gives_back(around.body, here):
        return True
    done = [_completes(one, here) for one in _lines(around.body)]
    return True in done and False not in done


def _gives_back(block: cst.BaseSuite, here: Here) -> bool:
    """``if "|" not in text: return text``: there is nothing to mend; what is done with others stands behind."""
    lines = list(_lines(block))
    absent = isinstance(here.node, cst.Comparison) and isinstance(here.node.comparisons[0].operator, cst.NotIn)
    first = lines[0] if len(lines) == 1 else None
    returned = first.value if isinstance(first, cst.Return) else None
    return absent and returned is not None and here.expr(returned) in _asked(here)


def _lines(block: cst.BaseSuite) -> Iterator[cst.CSTNode]:
    for line in block.body:
        yield from line.body if isinstance(line, cst.SimpleStatementLine) else (line,)


def _completes(line: cst.CSTNode, here: Here) -> bool | None:
    """Whether LINE puts something to the text that is asked about, or takes it off; None where it only prints."""
    if isinstance(line, cst.Expr) and isinstance(line.value, cst.Call):
        name = dotted(here.expr(line.value.func)) or ""
        return None if name == "print" or "log" in name.lower() else False
    if isinstance(line, cst.AugAssign):
        return here.expr(line.target) in _asked(here)
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
