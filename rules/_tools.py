"""What a tool of a model is given, whom it asks, and who stands between its choice and its run."""

from __future__ import annotations

import re

import libcst as cst

from factorlint import arguments
from factorlint.agents import Tool, Toolset
from factorlint.entries import Symbol
from factorlint.expr import Call, Expr, last_name, walk
from factorlint.origin import Where
from factorlint.rule import Here, View, facts_at

from ._effects import below, effect
from ._people import asks


def required(view: View, place: Where) -> list[str]:
    """The parameters that the model must fill: no receiver, no context of the framework, no default."""
    scope = view.project.scope(place)
    found = []
    bound = view.project.class_of(place) is not None
    for number, one in enumerate(scope.parameters):
        if one.default is not None or one.kind in ("args", "kwargs"):
            continue
        if number == 0 and one.name in ("self", "cls") and bound:
            continue
        if one.name in _CONTEXT or _context_type(one.annotation):
            continue
        found.append(one.name)
    return found


def _context_type(annotation: Expr | None) -> bool:
    """``RunContext[Deps]``, ``ToolContext``: what the framework passes, not the model."""
    if annotation is None:
        return False
    names = [last_name(one) for one in walk(annotation)]
    return any(name.endswith(("Context", "ContextWrapper", "RunnableConfig", "ToolRuntime")) for name in names)


_CONTEXT = frozenset("ctx context run_context wrapper tool_context runtime config state tool_call_id".split())


def changes_state(view: View, place: Where) -> bool:
    """Whether the function writes into what it was given, or into something global."""
    scope = view.project.scope(place)
    return bool(scope.outer) or bool(view.project.writes(place.path, place.scope))


def asks_model(view: View, place: Where) -> bool:
    """Whether the function is an agent itself, or comes to one."""
    return view.reach.function_does(place, ("call-model", "run", "run-graph"))


def asks_person(view: View, place: Where) -> bool:
    """Whether the function, or one below it, asks a person or stops for one."""
    for path, called, _ in below(view, place):
        for one in view.reach.callees(path, called):
            if asks(one, "interrupt", "approve"):
                return True
        if _APPROVES.search(last_name(called.call.func).lower()):
            return True
    return False


def approved_by_decorator(view: View, place: Where) -> bool:
    """Whether a decorator of the function demands an approval."""
    scope = view.project.scope(place)
    outside = Where(place.path, scope.parent, scope.order)
    for decorator in scope.decorators:
        call = decorator if isinstance(decorator, Call) else Call(decorator, (), ())
        if _APPROVES.search(last_name(call.func).lower()):
            return True
        for one in view.tracer.origins(call.func, outside):
            if view.catalog.is_a(one.symbol, "approval"):
                return True
            if one.symbol is not None and _approval_given(view, call, outside, one.symbol):
                return True
    return False


def _approval_given(view: View, call: Call, where: Where, symbol: Symbol) -> bool:
    given = arguments.of(view.tracer, symbol, call, where)
    names = [name for one in view.catalog.lineage(symbol) for name in one.parameter("approval")]
    asks = {fact.at: fact.when for fact in view.catalog.facts(symbol) if fact.check == "human-as-tool" and fact.when}
    return any(
        name in given.given
        and False not in given.values(name)
        and (name not in asks or given.holds(asks[name]) is not False)
        for name in names
    )


_APPROVES = re.compile(r"approv|confirm|permission|consent|authoriz|human_in_the_loop")


def writing_tool(view: View, tools: Toolset) -> Tool | None:
    """The first of TOOLS that does something to the world and asks nobody."""
    for tool in tools.tools:
        if tool.body is not None:
            if effect(view, tool.body, tool.name) is not None and not asks_person(view, tool.body):
                return tool
        elif tool.origin.call is not None and tool.origin.made is not None:
            if any(True for _ in facts_at(view, tool.origin.call, tool.origin.made, ("FL0703",))):
                return tool
    return None


def unused_stop(view: View, symbol: Symbol, call: Call, where: Where, tools: Toolset) -> str | None:
    """The argument by which the library would stop before a tool, if it has one and no call here uses any."""
    stops = [(symbol, call, where)]
    for tool in tools.tools:
        stops += _wrappers(view, tool)
    for run in view.agents.runs(call, where):
        stops.append((run.symbol, run.called.call, run.where))
    names: list[str] = []
    for one, at_call, at in stops:
        given = arguments.of(view.tracer, one, at_call, at)
        own = [name for kin in view.catalog.lineage(one) for name in kin.parameter("approval")]
        if given.open or any(name in given.given for name in own):
            return None
        names += own
    return f"{names[0]}=" if names else None


def _wrappers(view: View, tool: Tool) -> list[tuple[Symbol, Call, Where]]:
    """The decorators of a tool's function, and the call that wraps it, each as a call."""
    found: list[tuple[Symbol, Call, Where]] = []
    if tool.body is not None:
        scope = view.project.scope(tool.body)
        outside = Where(tool.body.path, scope.parent, scope.order)
        for decorator in scope.decorators:
            call = decorator if isinstance(decorator, Call) else Call(decorator, (), ())
            for one in view.tracer.origins(call.func, outside):
                if one.symbol is not None:
                    found.append((one.symbol, call, outside))
    if tool.origin.symbol is not None and tool.origin.call is not None and tool.origin.made is not None:
        found.append((tool.origin.symbol, tool.origin.call, tool.origin.made))
    return found


def element_node(argument: cst.CSTNode, item: Expr, here: Here) -> cst.CSTNode:
    """The node of an element inside the argument, else the argument."""
    value = argument.value if isinstance(argument, cst.Arg) else argument
    if isinstance(value, (cst.List, cst.Tuple)):
        for element in value.elements:
            if here.expr(element.value) == item:
                return element.value
    return argument
