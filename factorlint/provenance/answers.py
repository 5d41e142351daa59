"""Answers of a model: what a call gives, which piece of it a member is, and answers among the pieces of something else.

What an answer is made of stands in the catalogue's ``shapes``.
"""

from __future__ import annotations

from collections.abc import Iterator

from factorlint.expr import Call, Const, Dict, Expr, Name, Op, Seq, Star, Text, argument
from factorlint.origin import UNKNOWN, Kind, Origin, Where
from factorlint.provenance.tracing import Tracing

_SHAPES = {
    "text": ("content", "text", "output_text", "raw"),
    "calls": ("tool_calls", "function_call"),
    "arguments": ("arguments", "args", "input"),
    "name": ("name",),
    "typed": ("parsed",),
}
_NESTED = 5  # levels of a text or list that are looked into
_WHOLE = ("response", "text", "part")
_TEXT_METHODS = frozenset(name for name in dir(str) if not name.startswith("__"))
# What the service says about an answer, not the model in it.
_ENVELOPE = frozenset(
    "type role object status finish_reason stop_reason event kind index mime_type id model provider created usage "
    "system_fingerprint headers response_headers additional_headers _hidden_params response_cost response_ms".split()
)
_TEXTS = frozenset("content text output output_text raw result answer response message completion reply".split())


def of_call(tracer: Tracing, callee: Origin, expr: Call, where: Where) -> Origin:
    """What a model call or a run gives."""
    symbol = callee.symbol
    shape = (symbol.answer if symbol else None) or "response"
    names = symbol.typed_by if symbol else ()
    signature = symbol.signature if symbol else ()
    given = (argument(expr, name, signature) for name in names)
    if any(one is not None and one != Const(None, "NoneType") for one in given):
        shape = "typed"
    elif callee.call is not None and symbol is not None:
        maker = callee.receiver.symbol if callee.receiver else None
        passed = (argument(callee.call, name) for name in (maker.typed_by if maker else ()))
        if any(one is not None and not _plain_text(one) for one in passed):
            shape = "typed"
    return Origin(
        Kind.ANSWER, callee.path, symbol, callee.confidence, call=expr, made=where, shape=shape, receiver=callee
    )


def _plain_text(expr: Expr) -> bool:
    return (isinstance(expr, Name) and expr.id in ("str",)) or expr == Const(None, "NoneType")


def answers_in(tracer: Tracing, expr: Expr, where: Where) -> Iterator[Origin]:
    """The model's answers among the pieces of EXPR, the nearest first: itself, or put into a text, list or operation.

    Each piece is looked at once: lists that are joined to one another hold the same ones again and again.
    """
    level, seen = [(expr, where)], {(id(expr), where)}
    for _ in range(_NESTED):
        below = []
        for piece, at in level:
            for one in tracer.origins(piece, at):
                if one.kind is Kind.ANSWER:
                    yield one
                elif one.kind in (Kind.VALUE, Kind.CONTAINER):
                    below += [more for held in (one, *one.parts) for more in _pieces_of(held)]
        level = []
        for piece, at in below:
            if (id(piece), at) not in seen:
                seen.add((id(piece), at))
                level.append((piece, at))


def _pieces_of(held: Origin) -> Iterator[tuple[Expr, Where]]:
    if held.expr is not None and held.place is not None:
        for piece in _pieces(held.expr):
            yield piece, held.place


def _pieces(expr: Expr) -> tuple[Expr, ...]:
    if isinstance(expr, Text):
        return expr.parts
    if isinstance(expr, Seq):
        return expr.items
    if isinstance(expr, Dict):
        return tuple(value for _, value in expr.items)
    if isinstance(expr, Op):
        return expr.operands
    if isinstance(expr, Star):
        return (expr.value,)
    if isinstance(expr, Call):
        return (*expr.args, *(value for _, value in expr.keywords))
    return ()


def member(tracer: Tracing, base: Origin, name: str | None) -> Origin:
    """``answer.name``: which piece of the answer that is, by the shapes of its library."""
    if name is None or base.shape in ("parsed", "envelope"):
        return base
    library = tracer.catalog.library_of(base.symbol.path) if base.symbol else None
    shapes = library.shapes if library is not None else _SHAPES
    if name.startswith("__") and name != "__dict__":
        return UNKNOWN  # what Python says of the object, not the model in it
    if base.shape == "message":
        return base._replace(shape="calls") if name in shapes.get("calls", ()) else UNKNOWN
    for shape, names in shapes.items():
        if name in names:
            if base.shape == "typed" and shape in ("text", "typed"):
                return base
            return base._replace(shape=shape)
    if base.shape not in _WHOLE or name in _TEXT_METHODS or name == "__dict__":
        return base
    if name in _ENVELOPE:
        return base._replace(shape="envelope")
    declared = _declared(tracer, base, name)
    return base if name in _TEXTS and not declared else base._replace(shape=declared or "part")


def _declared(tracer: Tracing, base: Origin, name: str) -> str | None:
    """What the schema says of field NAME that the object which was asked was made with: text, or typed."""
    maker = base.receiver.receiver if base.receiver is not None else None
    if maker is None or maker.symbol is None or maker.call is None or maker.made is None:
        return None
    for up in tracer.catalog.lineage(maker.symbol):
        for schema in up.parameter("schema"):
            passed = argument(maker.call, schema, maker.symbol.signature)
            for one in tracer.origins(passed, maker.made) if passed is not None else ():
                if one.kind is not Kind.DEFINITION or one.place is None:
                    continue
                for row in tracer.project.scope(one.place).bindings.get(name, ()):
                    return "text" if row.annotation in (None, Name("str")) else "typed"
    return None


def element(base: Origin) -> Origin:
    """One element of an answer that is iterated: a chunk of a stream, a message, a tool call, a block of a content."""
    if base.shape == "stream":
        return base._replace(shape="response")
    return base._replace(shape="part") if base.shape == "text" else base


def is_transport(answer: Origin) -> bool:
    """Whether ANSWER is still what came over HTTP, in which the model's words are a part."""
    posted = answer.symbol is not None and bool(answer.symbol.parameter("url"))
    return posted and answer.shape not in ("text", "arguments", "parsed")
