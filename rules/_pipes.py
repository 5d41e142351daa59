"""Pipes that end in a parser with a schema: ``prompt | model | PydanticOutputParser(pydantic_object=Plan)``."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Op
from factorlint.origin import Origin, Where
from factorlint.provenance.operators import pipe_model
from factorlint.rule import Here, View


def typed(node: cst.BinaryOperation, here: Here) -> Origin | None:
    """The parser that checks what the model of a pipe answers against a schema, or None. Asked of the whole pipe."""
    if not isinstance(node.operator, cst.BitOr):
        return None
    if isinstance(next(here.ancestors(), None), cst.BinaryOperation):
        return None
    for one in here.origins(node):
        if pipe_model(here.view.tracer, one) is not None:
            return next((part for part in one.parts if _checks(part)), None)
    return None


def _checks(part: Origin) -> bool:
    symbol = part.symbol
    return symbol is not None and symbol.answer == "typed" and bool(symbol.parameter("schema"))


def statements(view: View) -> Iterator[tuple[str, int]]:
    """The statements (file, number) that name a pipe with a model or give one back, though they may call nothing."""
    for path, facts in view.project.files.items():
        for scope in facts.scopes:
            rows = [(row.order, row.value) for found in scope.bindings.values() for row in found]
            for order, value in (*rows, *scope.returns):
                if isinstance(value, Op) and value.op == "|" and _is_pipe(view, value, Where(path, scope.id, order)):
                    yield path, order


def _is_pipe(view: View, value: Op, where: Where) -> bool:
    return any(pipe_model(view.tracer, one) is not None for one in view.tracer.origins(value, where))
