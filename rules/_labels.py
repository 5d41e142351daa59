"""A label ahead of an answer that is looked for only to be left out: what stands behind it goes on as the answer."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Attr, Call, Const, Expr, Item, Name, Op
from factorlint.rule import Here

_TRIMS = ("strip", "lstrip", "rstrip")
_CUTS = ("split", "partition")
_FINDS = ("find", "index")
_BEHIND = (Const(1, "int"), Const(2, "int"), Const(-1, "int"))


def only_left_out(here: Here) -> bool:
    """``if label in text: text = text.split(label)[1].strip()``, or a function that gives the text back both ways."""
    around = next((one for one in here.ancestors() if isinstance(one, cst.If)), None)
    if around is None or around.orelse is not None:
        return False
    test = here.expr(around.test)
    if not isinstance(test, Op) or test.op != "in" or not isinstance(test.operands[-1], (Name, Attr)):
        return False
    label, text = test.operands[0], test.operands[-1]
    lines = list(_lines(around.body))
    last = lines[-1]
    if isinstance(last, cst.Assign) and len(lines) == 1:
        return here.expr(last.targets[0].target) == text and _is_behind(last.value, label, text, here)
    if not isinstance(last, cst.Return) or last.value is None or not _given_back_below(around, text, here):
        return False
    if len(lines) == 1:
        return _is_behind(last.value, label, text, here)
    found = lines[0] if len(lines) == 2 and isinstance(lines[0], cst.Assign) else None
    return found is not None and _finds(found.value, label, text, here) and _is_cut(last.value, text, here)


def _lines(block: cst.BaseSuite) -> Iterator[cst.CSTNode]:
    for line in block.body:
        yield from line.body if isinstance(line, cst.SimpleStatementLine) else (line,)


def _is_behind(value: cst.BaseExpression, label: Expr, text: Expr, here: Here) -> bool:
    """``text.split(label)[1]``, ``text[text.find(label) + len(label):]``."""
    expr = _trimmed(here.expr(value))
    cut = expr.base if isinstance(expr, Item) else None
    if isinstance(expr, Item) and isinstance(cut, Call) and isinstance(cut.func, Attr):
        return cut.func.name in _CUTS and cut.func.base == text and cut.args[:1] == (label,) and expr.key in _BEHIND
    return _is_cut(value, text, here) and _finds(value, label, text, here)


def _is_cut(value: cst.BaseExpression, text: Expr, here: Here) -> bool:
    """``text[start:]``, trimmed or not."""
    expr = _trimmed(here.expr(value))
    return isinstance(expr, Item) and expr.base == text


def _finds(value: cst.BaseExpression, label: Expr, text: Expr, here: Here) -> bool:
    """Whether VALUE says where LABEL stands in TEXT."""
    queue: list[cst.CSTNode] = [value]
    while queue:
        one = queue.pop()
        expr = here.expr(one) if isinstance(one, cst.Call) else None
        if isinstance(expr, Call) and isinstance(expr.func, Attr) and expr.func.name in _FINDS:
            if expr.func.base == text and expr.args[:1] == (label,):
                return True
        queue += one.children
    return False


def _trimmed(expr: Expr) -> Expr:
    while isinstance(expr, Call) and isinstance(expr.func, Attr) and expr.func.name in _TRIMS:
        expr = expr.func.base
    return expr


def _given_back_below(around: cst.If, text: Expr, here: Here) -> bool:
    """Whether the one statement behind AROUND, the last of its function, gives back the TEXT."""
    function = next((one for one in here.ancestors() if isinstance(one, cst.FunctionDef)), None)
    lines = list(_lines(function.body)) if function is not None else []
    last = lines[-1] if lines[-2:-1] == [around] else None
    value = last.value if isinstance(last, cst.Return) else None
    return value is not None and _trimmed(here.expr(value)) == text
