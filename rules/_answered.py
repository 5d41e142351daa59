"""Where the answer of a person, asked by a tool call, comes back: a handler makes it the result of that call."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint.expr import Attr, Const, Dict, Expr, Name, walk
from factorlint.rule import Here, View

_CALLS = frozenset("call_id tool_call_id tool_use_id".split())
_SAID = ("output", "content")
_PEOPLE = ("answer", "human", "approv", "decision", "feedback", "confirm", "response", "reply")


def statements(view: View) -> Iterator[tuple[str, int]]:
    """The statements of handlers in which the result of a tool call is put together."""
    for (path, number), kind in view.surfaces.handlers.items():
        if kind in ("http", "chat"):
            scope = view.project.files[path].scopes[number]
            rows = [(row.order, row.value) for rows in scope.bindings.values() for row in rows if row.value is not None]
            rows += [(one.order, one.call) for one in view.project.calls_in(path, number)]
            yield from ((path, order) for order, value in rows if any(_result(one) is not None for one in walk(value)))


def by_a_person(here: Here) -> bool:
    """Whether the dict visited HERE is the result of a tool call, and what a person sent to a handler stands in it."""
    function = here.function()
    said = _result(here.expr(here.node))
    if said is None or function is None:
        return False
    if here.view.surfaces.handlers.get((here.where.path, function.id)) not in ("http", "chat"):
        return False
    given = {one.name for one in function.parameters}
    words = [one.name if isinstance(one, Attr) else one.id for one in walk(said) if isinstance(one, (Attr, Name))]
    sent = any(isinstance(one, Name) and one.id in given for one in walk(said))
    return sent and any(person in word.lower() for word in words for person in _PEOPLE)


def _result(expr: Expr) -> Expr | None:
    """What a dict that is the result of a tool call says; None for any other expression."""
    if not isinstance(expr, Dict):
        return None
    keys = {key.value: value for key, value in expr.items if isinstance(key, Const)}
    return next((keys[name] for name in _SAID if name in keys), None) if _CALLS & keys.keys() else None
