"""Calls that run what the model chose: the step from "the model chose a tool" to "it ran", as the tree writes it."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint.expr import Attr, Call, Const, Expr, Item, Name, Op, Seq, last_name
from factorlint.origin import Kind, Where
from factorlint.project import Seen
from factorlint.provenance import Tracer


def runs_choice(tracer: Tracer, call: Call, where: Where) -> bool:
    """Whether CALL runs what the model chose.

    Looked up by its word, given its arguments as keywords or one by one, or called in a branch on its word and given
    what it filled in.
    """
    looked_up = call.func.base if isinstance(call.func, Attr) else call.func
    spread = [value for keyword, value in call.keywords if keyword is None]
    keys = [looked_up.key] if isinstance(looked_up, Item) else []
    if any(_has_shape(tracer, expr, where, _CHOICE) for expr in (*keys, *spread)):
        return True
    values = (*call.args, *(value for keyword, value in call.keywords if keyword is not None))
    if any(_has_shape(tracer, one.base, where, _FILLED_IN) for one in values if isinstance(one, Item)):
        return True
    if isinstance(call.func, Name) and _looked_up_before(tracer, call.func, where):
        return True
    if not _stands_under_choice(tracer, where):
        return False
    alike = [one for one in tracer.project.calls_in(where.path, where.scope) if one.call.func == call.func]
    if len(alike) > 1:
        return False  # what several branches call helps them
    return any(_comes_of_arguments(tracer, one, where, set()) for one in values)


def _looked_up_before(tracer: Tracer, func: Name, where: Where) -> bool:
    """``run = TABLE.get(name)``, ``run = TABLE[name]``, where the model gave the name."""
    for value, at in tracer.project.given(func.id, where):
        key = None
        if isinstance(value, Item):
            key = value.key
        elif isinstance(value, Call) and last_name(value.func) == "get" and value.args:
            key = value.args[0]
        if key is not None and _has_shape(tracer, key, at, ("name",)):
            return True
    return False


def _stands_under_choice(tracer: Tracer, where: Where) -> bool:
    """Whether the statement at WHERE stands in a branch that is taken for one name of a tool."""
    project, below = tracer.project, where.order
    statements = project.files[where.path].statements
    for order in project.chain(where.path, where.order)[1:]:
        taken = statements[order].kind == "Match" or (
            statements[order].kind == "If" and statements[below].arm == "body"
        )
        for test in project.tests_at(where.path, order) if taken else ():
            for side in _sides(test.expr) if statements[order].kind == "If" else (test.expr,):
                if _has_shape(tracer, side, Where(where.path, test.scope, order), ("name",)):
                    return True
        below = order
    return False


def _sides(test: Expr) -> Iterator[Expr]:
    """What is held against words: ``name == "search"``, ``name in ("read", "list")``."""
    if isinstance(test, Op) and test.op in ("==", "in") and len(test.operands) == 2:
        left, right = test.operands
        if isinstance(right, (Const, Seq)):
            yield left
        elif isinstance(left, Const):
            yield right


def _comes_of_arguments(tracer: Tracer, expr: Expr, where: Where, seen: Seen) -> bool:
    """Whether EXPR is what the model filled in, a field of it, or what a call made of it: ``Query(**args).text``."""
    while True:
        if _has_shape(tracer, expr, where, _FILLED_IN):
            return True
        if not isinstance(expr, (Attr, Item)):
            break
        expr = expr.base
    if isinstance(expr, Call):
        inside = [*expr.args, *(value for _, value in expr.keywords)]
        inside += [expr.func.base] if isinstance(expr.func, Attr) else []
        return any(_comes_of_arguments(tracer, one, where, seen) for one in inside)
    if isinstance(expr, Name):
        before = tracer.project.given_once(expr.id, where, seen)
        return any(_comes_of_arguments(tracer, value, at, seen) for value, at in before)
    return False


def _has_shape(tracer: Tracer, expr: Expr, where: Where, shapes: tuple[str, ...]) -> bool:
    return any(one.kind is Kind.ANSWER and one.shape in shapes for one in tracer.origins(expr, where))


_CHOICE = ("name", "arguments", "parsed", "calls", "response", "text")
_FILLED_IN = ("arguments",)
