"""Calls: what they give, by what is called."""

from __future__ import annotations

from collections.abc import Iterable

from factorlint.expr import Attr, Call, Enter, Name, argument
from factorlint.origin import UNKNOWN, Kind, Origin, Where
from factorlint.provenance import answers, classes, functions, known_calls, lent, libraries, operators
from factorlint.provenance.tracing import Tracing


def call(tracer: Tracing, expr: Call, where: Where) -> Iterable[Origin]:
    """What a call gives.

    ``super().ask()`` of the tree's own base gives what is returned there, though the override runs nothing by it.
    """
    if isinstance(expr.func, Attr) and isinstance(expr.func.base, Call) and expr.func.base.func == Name("super"):
        above = classes.overridden(tracer, expr.func.name, where)
        if above is not None:
            yield from (one.weaker() for one in functions.results(tracer, above))
            return
    if isinstance(expr.func, Attr) and expr.func.name in _ENTERED and not expr.args:
        yield from tracer.origins(tracer.same(("entered", id(expr)), Enter(expr.func.base)), where)
        return
    for callee in tracer.callees(expr.func, where):
        yield from _called(tracer, callee, expr, where)


_ENTERED = ("__enter__", "__aenter__")  # called by hand, without a `with`


def _called(tracer: Tracing, callee: Origin, expr: Call, where: Where) -> Iterable[Origin]:
    """What calling CALLEE as EXPR at WHERE gives."""
    special = known_calls.result(tracer, callee, expr, where)
    if special is not None:
        yield from special
    elif callee.kind in (Kind.LIBRARY, Kind.INSTANCE):
        yield from _library_result(tracer, callee, expr, where)
    elif callee.kind is Kind.PIPE:
        yield operators.pipe_answer(tracer, callee, expr, where)
    elif callee.kind is Kind.DEFINITION:
        yield from _tree_result(tracer, callee, expr, where)
    elif callee.kind is Kind.OBJECT:
        found = classes.method(tracer, callee, "__call__")
        if found is not None:
            yield from (one.weaker() for one in functions.results(tracer, found))
        else:
            for one in classes.member(tracer, callee, "__call__"):
                yield from _library_result(tracer, one, expr, where)
    elif callee.kind is Kind.ANSWER:
        yield callee
    else:
        yield UNKNOWN


def _tree_result(tracer: Tracing, callee: Origin, expr: Call, where: Where) -> Iterable[Origin]:
    """What a function of the tree returns, or the object that a class of the tree makes."""
    if callee.place is None:
        return (UNKNOWN,)
    scope = tracer.project.scope(callee.place)
    if scope.kind == "class":
        return (Origin(Kind.OBJECT, callee.path, None, callee.confidence, callee.place, call=expr, made=where),)
    made = lent.call_made(tracer, expr, callee.place)
    found = tracer.origins(made, where) if made is not None else functions.results(tracer, callee)
    return tuple(one.weaker() for one in found)


def _library_result(tracer: Tracing, callee: Origin, expr: Call, where: Where) -> Iterable[Origin]:
    """What a library gives back, by its catalogue."""
    symbol = callee.symbol
    if symbol is None:
        return (Origin(Kind.INSTANCE, libraries.made_path(callee), None, callee.confidence, call=expr, made=where),)
    if symbol.does in ("call-model", "run"):
        return (answers.of_call(tracer, callee, expr, where),)
    if symbol.does == "same" and callee.receiver is not None:
        return (callee.receiver,)
    out: list[Origin] = []
    for target in symbol.returns:
        if target == "self" and callee.receiver is not None:
            out.append(callee.receiver)
        elif target.startswith("argument:"):
            passed = argument(expr, target.partition(":")[2], symbol.signature)
            out += tracer.origins(passed, where) if passed is not None else ()
        else:
            made = tracer.catalog.find(target)
            out.append(Origin(Kind.INSTANCE, target, made, callee.confidence, call=expr, made=where))
    if out:
        return out
    path = libraries.made_path(callee) if callee.kind is Kind.INSTANCE else symbol.path
    return (Origin(Kind.INSTANCE, path, symbol, callee.confidence, call=expr, made=where),)
