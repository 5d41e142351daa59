"""What one step of a graph or workflow reads, and another puts before a model: the state carries it there."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint.expr import Attr, Call, Const, Dict, Expr, Item, Name
from factorlint.facts import Scope
from factorlint.origin import Kind, Origin, Where
from factorlint.rule import Here, View

from . import _sent

_THREAD = frozenset("messages history chat_history conversation".split())  # what is in them has its own factor


def reaches_a_later_prompt(here: Here, call: Call) -> bool:
    """Whether a step puts what CALL gives into the state, and another step of the same graph sends it to a model."""
    function = here.function()
    if function is None:
        return False
    place = (here.where.path, function.id)
    beside = others(here.view, place)
    slots = set(_filled(here.view, place, call)) - _THREAD if beside else set()
    return any(slots & _sent_slots(here.view, one) for one in sorted(beside if slots else ()))


def others(view: View, place: tuple[str, int]) -> frozenset[tuple[str, int]]:
    """The other functions of the graph, or the other methods of the workflow, that PLACE is a step of."""
    graphs = view.steps.graphs
    if place in graphs.steps:
        return graphs.together[place] - {place}
    holder = view.project.class_of(Where(*place, 0))
    if holder is None or not is_workflow(view, place[0], holder):
        return frozenset()
    return frozenset((place[0], one.id) for one in view.project.methods(place[0], holder.id)) - {place}


def is_workflow(view: View, path: str, holder: Scope) -> bool:
    """Whether a class of the tree is a library's workflow, whose steps share its object."""
    made = Origin(Kind.DEFINITION, place=Where(path, holder.id, holder.end))
    return any(view.catalog.is_a(one.symbol, "workflow") for one in view.tracer.lineage(made))


def _filled(view: View, place: tuple[str, int], call: Call) -> Iterator[str]:
    """The slots of the state that the function PLACE fills with what CALL gives."""
    path, number = place
    for part in (part for state in view.tracer.states.values() for part in state.parts):
        if isinstance(part.expr, Dict) and part.place is not None and part.place[:2] == place:
            for key, value in part.expr.items:
                if isinstance(key, Const) and _sent.carries(view, value, part.place, call):
                    yield str(key.value)
    for write in view.project.writes(path, number):  # ``self.state.mails = mails``
        slot = _on_the_object(Attr(write.base, write.name), view, place) if write.name is not None else None
        if slot is not None and _sent.carries(view, write.value, Where(path, number, write.order), call):
            yield slot


def _sent_slots(view: View, place: tuple[str, int]) -> set[str]:
    """The slots of the state that the function PLACE sends to a model."""
    path, number = place
    given = {name for at, one, name in view.tracer.states if (at, one) == place}
    found: set[str] = set()
    for _, expr, where in view.once(_sent.in_function, path, number):
        for one in _sent.within(view, expr, where):
            slot = _in_the_state(one, given) or _on_the_object(one, view, place)
            if slot is not None:
                found.add(slot)
    return found


def _in_the_state(expr: Expr, given: set[str]) -> str | None:
    """``documents`` of ``state["documents"]``, ``state.documents``, and ``state.get("documents")`` or ``pop``."""
    if isinstance(expr, Call) and isinstance(expr.func, Attr) and expr.args:
        base, key = expr.func.base, expr.args[0]
    elif isinstance(expr, Item):
        base, key = expr.base, expr.key
    elif isinstance(expr, Attr):
        base, key = expr.base, Const(expr.name, "str")
    else:
        return None
    return str(key.value) if isinstance(base, Name) and base.id in given and isinstance(key, Const) else None


def _on_the_object(expr: Expr, view: View, place: tuple[str, int]) -> str | None:
    """``state.mails`` of ``self.state.mails`` in a method, ``mails`` of ``state.mails`` in a step that is given it."""
    names: list[str] = []
    while isinstance(expr, Attr):
        names.append(expr.name)
        expr = expr.base
    first = view.project.files[place[0]].scopes[place[1]].parameters[:1]
    own = isinstance(expr, Name) and expr.id in {one.name for one in first}
    return ".".join(reversed(names)) if own else None
