"""Operators: alternatives, joined texts and lists, and pipes of parts, which are run like a model."""

from __future__ import annotations

from collections.abc import Iterable

from factorlint.expr import Attr, Call, Expr, Op
from factorlint.model import Confidence
from factorlint.origin import UNKNOWN, Kind, Origin, Where
from factorlint.provenance.tracing import Tracing

_PARTS = 100  # pieces of one list that are told apart


def operation(tracer: Tracing, expr: Op, where: Where) -> Iterable[Origin]:
    """What an operator makes of its operands."""
    if expr.op in ("or", "and"):
        for operand in expr.operands:
            yield from tracer.origins(operand, where)
    elif expr.op == "if":
        for operand in expr.operands[:2]:
            yield from tracer.origins(operand, where)
    elif expr.op == "|":
        yield from _piped(tracer, expr, where)
    elif expr.op in ("+", "%"):
        yield from _joined(tracer, expr, where)
    elif expr.op == "/":  # paths are joined so
        left = tracer.origins(expr.operands[0], where)
        yield from (one for one in left if one.kind is Kind.INSTANCE)
        yield Origin(Kind.VALUE, expr=expr, place=where)
    else:
        yield Origin(Kind.VALUE, expr=expr, place=where)


def _piped(tracer: Tracing, expr: Op, where: Where) -> Iterable[Origin]:
    """``prompt | model | parser``: a pipe where a part is known to compose; else a union of values."""
    parts: list[Origin] = []
    for operand in expr.operands:
        found = tracer.origin(operand, where)
        if found.kind is Kind.UNKNOWN and parts:
            found = _behind_a_prompt(tracer, parts[-1], operand, where)
        parts += found.parts if found.kind is Kind.PIPE else (found,)
    if any(one.kind is Kind.PIPE or _composes(tracer, one) for one in parts):
        return (Origin(Kind.PIPE, confidence=_weakest(parts), parts=tuple(parts), place=where, expr=expr),)
    return tuple(one for one in parts if one.kind in (Kind.CONTAINER, Kind.VALUE, Kind.LIBRARY)) or (UNKNOWN,)


def _behind_a_prompt(tracer: Tracing, before: Origin, operand: Expr, where: Where) -> Origin:
    """A part of a pipe that cannot be traced, a parameter for one. Only a model takes what a prompt template gives."""
    symbol = before.symbol
    if symbol is None or not symbol.pipes or not tracer.catalog.is_a(symbol, "prompt-template"):
        return UNKNOWN
    model = tracer.catalog.piped_models.get(symbol.library)
    if model is None:
        return UNKNOWN
    made = None
    if isinstance(operand, Call) and isinstance(operand.func, Attr):  # ``model.bind_tools(tools)``
        made = tracer.catalog.find(f"{model.path}.{operand.func.name}")
        made = None if made is None or made.does == "same" else made
    found = made or model
    if found.does == "call-model":
        return UNKNOWN
    return Origin(
        Kind.INSTANCE,
        found.path,
        found,
        Confidence.MEDIUM,
        call=operand if isinstance(operand, Call) else None,
        made=where,
    )


def _composes(tracer: Tracing, one: Origin) -> bool:
    """Whether ``|`` on ONE makes a pipe."""
    return one.symbol is not None and any(symbol.pipes for symbol in tracer.catalog.lineage(one.symbol))


def _weakest(parts: Iterable[Origin]) -> Confidence:
    known = [one.confidence for one in parts if one.kind is not Kind.UNKNOWN]
    return Confidence.MEDIUM if Confidence.MEDIUM in known else Confidence.HIGH


def pipe_model(tracer: Tracing, pipe: Origin) -> Origin | None:
    """The part of a pipe that calls a model, or None."""
    for part in reversed(pipe.parts):
        symbol = part.symbol
        if symbol is None:
            continue
        if any(tracer.catalog.is_a(symbol, role) for role in ("chat-model", "completion-model", "structured-client")):
            return part
    return None


def pipe_answer(tracer: Tracing, callee: Origin, expr: Call, where: Where) -> Origin:
    """What running a pipe gives: the model's answer, read by the parser behind it."""
    pipe = callee.receiver or callee
    if callee.path in ("bind", "with_config", "with_retry", "with_fallbacks", "assign", "with_types", "pipe"):
        return pipe
    model = pipe_model(tracer, pipe)
    if model is None:
        return Origin(Kind.UNKNOWN, "pipe", confidence=Confidence.LOW)
    shape = "response"
    typed = tracer.catalog.is_a(model.symbol, "structured-client")
    for part in pipe.parts[pipe.parts.index(model) + 1 :]:
        symbol = part.symbol
        if symbol is not None and tracer.catalog.is_a(symbol, "parser"):
            invoke = tracer.catalog.find(f"{symbol.path}.invoke")
            shape = (invoke.answer if invoke else None) or symbol.answer or "text"
    if callee.path in ("stream", "astream"):
        shape = "stream"
    symbol = tracer.catalog.find(f"{model.symbol.path}.invoke") if model.symbol else None
    return Origin(
        Kind.ANSWER,
        f"{model.path}.{callee.path or 'invoke'}",
        symbol or model.symbol,
        callee.confidence,
        call=expr,
        made=where,
        shape="typed" if typed else shape,
        receiver=callee,
    )


def _joined(tracer: Tracing, expr: Op, where: Where) -> Iterable[Origin]:
    """``a + b``: lists and texts joined keep what is in them; an answer's text joined stays an answer's text."""
    found = [one for operand in expr.operands for one in tracer.origins(operand, where)]
    answers = tuple(one for one in found if one.kind is Kind.ANSWER)
    containers = [one for one in found if one.kind is Kind.CONTAINER]
    if containers:
        first, *others = containers
        more = (part for one in others for part in (one._replace(parts=()), *one.parts))
        return (first._replace(parts=_each_once((*first.parts, *more))), *answers)
    return (*answers, Origin(Kind.VALUE, expr=expr, place=where))


def _each_once(parts: Iterable[Origin]) -> tuple[Origin, ...]:
    """A list that is joined to itself again and again would double each time."""
    seen: dict[tuple[object, ...], Origin] = {}
    for one in parts:
        seen.setdefault((one.kind, one.path, one.place, id(one.expr), one.shape), one)
        if len(seen) == _PARTS:
            break
    return tuple(seen.values())
