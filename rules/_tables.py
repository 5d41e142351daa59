"""Look-ups of the model's choice: in a table of the tree, or among everything that there is."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Call, Const, Expr, Name, last_name
from factorlint.origin import Kind, Origin, Where
from factorlint.rule import Here

from ._choice import chosen, lookups

_WHOLE_NAMESPACES = frozenset(("globals", "locals", "vars"))


def first_lookup(here: Here, scope: int) -> tuple[Here, Origin] | None:
    """The first call in SCOPE of what a table of the tree holds under the model's choice."""
    for inner in here.inside(cst.Call):
        if inner.where.scope != scope:
            continue
        answer = looked_up(inner.call(inner.node), inner)
        if answer is not None:
            return inner, answer
    return None


def looked_up(call: Call, here: Here) -> Origin | None:
    """The model's choice, where CALL runs what a table of the tree holds under it."""
    for one in lookups(here, call.func, here.where):
        if isinstance(one.table, Call) and last_name(one.table.func) in _WHOLE_NAMESPACES:
            continue
        tables = here.view.tracer.origins(one.table, one.where)
        answer = chosen(here, one.key, one.where)
        if answer is None and not any(origin.kind is Kind.DEFINITION for origin in tables):
            answer = _read_out_of_text(call, one.key, one.where, here)  # who makes an agent for a text picks none
        if answer is None:
            continue
        if not any(origin.kind in (Kind.ANSWER, Kind.LIBRARY, Kind.INSTANCE) for origin in tables):
            return answer
    return None


def _read_out_of_text(call: Call, key: Expr, where: Where, here: Here) -> Origin | None:
    """The answer if KEY is a word taken out of its text, and CALL runs what a table of the tree holds under it."""
    found = here.view.tracer.origins(key, where)
    answer = next((one for one in found if one.shape in ("parsed", "text")), None)
    return answer if answer is not None and runs_tree_code(call, here) else None


def open_lookups(here: Here, func: Expr, where: Where) -> Iterator[tuple[Expr | None, Expr, Where, str]]:
    """Look-ups among everything that there is: (object, name, where, in words)."""
    for one in lookups(here, func, where):
        if isinstance(one.table, Call) and last_name(one.table.func) in _WHOLE_NAMESPACES:
            yield None, one.key, one.where, f"a look-up in {last_name(one.table.func)}()"
    for value, at in _values(here, func, where):
        if isinstance(value, Call) and isinstance(value.func, Name) and value.func.id == "getattr":
            if len(value.args) > 1 and not isinstance(value.args[1], Const):
                yield value.args[0], value.args[1], at, "getattr by the name"


def _values(here: Here, expr: Expr, where: Where) -> Iterator[tuple[Expr, Where]]:
    """EXPR itself, and what it was given if it is a local name."""
    yield expr, where
    if isinstance(expr, Name):
        yield from here.view.project.given(expr.id, where)


def runs_tree_code(call: Call, here: Here) -> bool:
    """Whether CALL runs a function of the tree; making an object of a class that checks its fields is none."""
    for one in here.view.tracer.origins(call.func, here.where):
        if one.kind is Kind.OBJECT:
            return True
        if one.kind is Kind.DEFINITION and one.place is not None:
            if here.view.project.scope(one.place).kind == "function":
                return True
    return False
