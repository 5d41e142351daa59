"""What the body of a `try` does that an agent depends on: it asks a model, runs a tool, parses an answer."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Attr, Expr, Name, last_name, walk
from factorlint.facts import Called
from factorlint.origin import Kind, Origin, Where
from factorlint.provenance.answers import answers_in, is_transport
from factorlint.provenance.known_calls import parses as parses_text
from factorlint.provenance.known_calls import text_of
from factorlint.rule import Here, View

ASKS = frozenset(("call-model", "run", "run-graph"))
PARSE = "the parse of the model's answer"
TOOL, TOOL_CALL = "the tool", "the tool call"
_PARSERS = ("parse", "validate")
_REWORDS = ("sub", "split")  # of a pattern: the text becomes another text


def what(here: Here) -> str | None:
    """What the body of the `try` does that an agent depends on."""
    path = here.where.path
    inside = body(here)
    if here.view.reach.statements_do(path, inside[0], inside[-1], ASKS, within=3, own=here.where.scope):
        return "the model call"
    if _in_a_tool(here):
        return TOOL
    found = {what_of(here, called) for called in here.view.reach.calls(path, inside[0], inside[-1])}
    return TOOL_CALL if TOOL_CALL in found else PARSE if PARSE in found else None


def parses(here: Here, first: int, last: int) -> Iterator[Called]:
    """The calls written in statements FIRST to LAST that parse an answer."""
    for called in here.view.reach.calls(here.where.path, first, last):
        if what_of(here, called) == PARSE:
            yield called


def _in_a_tool(here: Here) -> bool:
    """Inside a tool's body, or inside a method of its class that the body calls."""
    function, path, view = here.function(), here.where.path, here.view
    if function is None:
        return False
    if (path, function.id) in view.agents.bodies:
        return True
    while view.facts.scopes[function.parent].kind == "function":
        function = view.facts.scopes[function.parent]  # what a tool hands to a thread stands inside it
        if (path, function.id) in view.agents.bodies:
            return True
    holder = view.project.class_of(Where(path, function.id, function.order))
    for method in view.project.methods(path, holder.id) if holder is not None else ():
        if (path, method.id) in view.agents.bodies:
            below = [one for one in view.reach.below(Where(path, method.id, method.order)) if one.depth == 0]
            bodies = (body for one in below for body in view.reach.bodies(one.callee))
            if any((body.path, body.scope) == (path, function.id) for body in bodies):
                return True
    return False


def gives_back(handler: Here) -> bool:
    """Whether the lists that HANDLER puts the error into are the function's own and go into what it returns."""
    scope = handler.scope
    returned = {one.id for _, value in scope.returns for one in walk(value) if isinstance(one, Name)}
    put = [inner.call(inner.node).func for inner in handler.inside(cst.Call)]
    lists = {func.base.id for func in put if isinstance(func, Attr) and isinstance(func.base, Name)}
    return bool(lists & returned)


def served(view: View) -> Iterator[tuple[str, int]]:
    """The functions (file, scope) of the tree that a server of tools offers to agents."""
    return (place for place, kind in view.surfaces.handlers.items() if kind == "mcp")


def in_a_served_tool(here: Here) -> bool:
    """Inside the body of a tool that a server of this tree offers."""
    function = here.function()
    return function is not None and here.view.surfaces.handlers.get((here.where.path, function.id)) == "mcp"


def what_of(here: Here, called: Called) -> str | None:
    """What one call does that an agent depends on, a model call apart."""
    path, agents = here.where.path, here.view.agents
    where = Where(path, called.scope, called.order)
    if agents.chosen_by_model(called.call, where):
        return TOOL_CALL
    callees = here.view.reach.callees(path, called)
    if any(_reads_data(here, one, called, where) for one in callees):
        if any(one.shape in ("parsed", "arguments") for one in answers_in(here.view.tracer, called.call, where)):
            return PARSE
    for callee in callees:
        if callee.place is not None and (callee.place.path, callee.place.scope) in agents.bodies:
            return TOOL_CALL
        does = callee.symbol.does if callee.symbol is not None else None
        if does == "execute-tool":
            return TOOL_CALL
        if last_name(called.call.func) in _REWORDS:
            continue
        if does in _PARSERS and any(True for arg in text_of(called.call) for _ in _answers(here, arg, where)):
            return PARSE
    return None


def _reads_data(here: Here, callee: Origin, called: Called, where: Where) -> bool:
    """Whether CALLEE makes data of a text: a parser, or a function of the tree that is given the answer's words.

    Asking data that was parsed before for a field, or wording it anew, parses no answer.
    """
    if callee.kind is not Kind.DEFINITION:
        return parses_text(callee.path)
    return any(one.shape not in ("parsed", "typed") for arg in called.call.args for one in _found(here, arg, where))


def _found(here: Here, expr: Expr, where: Where) -> Iterator[Origin]:
    return (one for one in answers_in(here.view.tracer, expr, where) if one.shape != "envelope")


def body(here: Here) -> list[int]:
    """The statements in the `try` arm of the node."""
    first = here.where.order + 1
    last = here.view.reach.end(here.where.path, here.where.order)
    return [order for order in range(first, last + 1) if _in_body(here, order)]


def _answers(here: Here, expr: Expr, where: Where) -> Iterator[object]:
    for one in answers_in(here.view.tracer, expr, where):
        if not is_transport(one) and one.shape != "envelope":
            yield one


def _in_body(here: Here, order: int) -> bool:
    """Whether a statement stands in the `try` arm of the node."""
    statements = here.view.facts.statements
    while order >= 0:
        one = statements[order]
        if one.parent == here.where.order:
            return one.arm == "body"
        order = one.parent
    return False
