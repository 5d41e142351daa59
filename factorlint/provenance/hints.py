"""Type hints: what a value may be by what is said of its type."""

from __future__ import annotations

from collections.abc import Iterable

from factorlint.expr import Caught, Const, Dict, Expr, Item, Op, Other, Seq, last_name
from factorlint.expressions import quoted
from factorlint.model import Confidence
from factorlint.origin import UNKNOWN, Kind, Origin, Where
from factorlint.provenance.tracing import Origins, Tracing

_PLAIN = frozenset(("builtins.str", "builtins.bytes", "builtins.int", "builtins.dict", "builtins.list"))
_SEQUENCES = frozenset(
    "list sequence iterable iterator tuple set frozenset asynciterator asynciterable generator asyncgenerator deque "
    "collection mutablesequence".split()
)
_MAPPINGS = frozenset("dict mapping mutablemapping defaultdict ordereddict".split())


def instances(tracer: Tracing, annotation: Expr, where: Where) -> Origins:
    """What a value annotated so may be."""
    if isinstance(annotation, Const):
        if not isinstance(annotation.value, str) or not annotation.value.isascii():
            return ()
        meant = quoted(annotation.value)
        return () if isinstance(meant, Const) else instances(tracer, meant, where)
    if isinstance(annotation, Op):
        return tuple(one for part in annotation.operands for one in instances(tracer, part, where))
    if isinstance(annotation, Item):
        return _generic(tracer, annotation, where)
    out = []
    for one in tracer.origins(annotation, where):
        if one.kind is Kind.LIBRARY and one.path.partition(".")[0] not in ("builtins", "typing"):
            out.append(Origin(Kind.INSTANCE, one.path, one.symbol, Confidence.MEDIUM))
        elif one.kind is Kind.LIBRARY and one.path in _PLAIN:
            out.append(Origin(Kind.UNKNOWN, one.path, confidence=Confidence.LOW))
        elif one.kind is Kind.DEFINITION and tracer.project.scope(one.place).kind == "class":  # type: ignore[arg-type]
            out.append(Origin(Kind.OBJECT, one.path, confidence=Confidence.MEDIUM, place=one.place))
    return tuple(out)


def _generic(tracer: Tracing, annotation: Item, where: Where) -> Origins:
    """``Base[inner]``: one of INNER, a container of them, or a BASE that hands them on."""
    base = last_name(annotation.base)
    inner = annotation.key.items if isinstance(annotation.key, Seq) else (annotation.key,)
    if base in ("Optional", "Union", "Final", "ClassVar", "Awaitable", "Required", "NotRequired", "Mapped"):
        return tuple(one for part in inner for one in instances(tracer, part, where))
    if base in ("Annotated", "Coroutine", "ContextManager", "AsyncContextManager") and inner:
        return instances(tracer, inner[-1] if base == "Coroutine" else inner[0], where)
    if base in ("Type", "type") and inner:
        return tuple(one for one in tracer.origins(inner[0], where) if one.kind in (Kind.LIBRARY, Kind.DEFINITION))
    if base.lower() in _SEQUENCES and inner:
        made = Seq("gen", (Other("instance", (inner[0],)),))
        return (Origin(Kind.CONTAINER, expr=made, place=where, confidence=Confidence.MEDIUM),)
    if base.lower() in _MAPPINGS and len(inner) > 1:
        made_of = Dict(((Other("key"), Other("instance", (inner[1],))),))
        return (Origin(Kind.CONTAINER, expr=made_of, place=where, confidence=Confidence.MEDIUM),)
    found = instances(tracer, annotation.base, where)
    return tuple(
        one._replace(parts=instances(tracer, inner[0], where))
        if inner and one.symbol is not None and one.symbol.parameter("hands")
        else one
        for one in found
    )


def marked(tracer: Tracing, expr: Other, where: Where) -> Iterable[Origin]:
    """What is known by its class alone: an element of ``list[Agent]``, what a pattern of ``match`` captures."""
    if expr.kind == "instance":
        return instances(tracer, expr.parts[0], where)
    if expr.kind == "captured":
        return (one.weaker() for one in tracer.origins(expr.parts[0], where) if one.kind is Kind.ANSWER)
    return (UNKNOWN,)


def caught(tracer: Tracing, expr: Caught, where: Where) -> Iterable[Origin]:
    """``except A as x``, ``except (A, B) as x``."""
    if expr.type is None:
        return (UNKNOWN,)
    kinds = expr.type.items if isinstance(expr.type, Seq) else (expr.type,)
    return tuple(one for kind in kinds for one in instances(tracer, kind, where))
