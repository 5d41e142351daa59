"""FL04 tools-are-structured-outputs."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Call, Const, Dict, Name, Seq, last_name
from factorlint.model import Check, Confidence, Owner, Severity
from factorlint.origin import Kind, Where
from factorlint.rule import Held, Here, Mark, Rule, facts_at

from . import _decorators, _unchecked
from ._choice import chosen, dispatch, is_checked, names_model_answer
from ._tables import first_lookup, looked_up, open_lookups, runs_tree_code

FRAMEWORK_EXECUTED_TOOLS = Check(
    "FL0401",
    "framework-executed-tools",
    Owner.FRAMEWORK,
    Severity.WARNING,
    "{symbol} runs the tool that the model chose: {what}",
    "Take the chosen tool and its arguments as data, and run it in a switch of your own; or guard the run with a hook "
    "that may refuse the call.",
)
DYNAMIC_TOOL_DISPATCH = Check(
    "FL0402",
    "dynamic-tool-dispatch",
    Owner.NOBODY,
    Severity.ERROR,
    "the model's word picks what runs, out of everything: {what}",
    "Look the name up in a table that is written down, and refuse any other.",
)
UNVALIDATED_TOOL_ARGUMENTS = Check(
    "FL0403",
    "unvalidated-tool-arguments",
    Owner.NOBODY,
    Severity.WARNING,
    "the model's arguments reach {what} as they came, no schema checks them",
    "Read them through a schema first (a Pydantic model, a JSON schema), and give the model the error that it raises.",
)
GUARDED_TOOL_EXECUTION = Check(
    None, "guarded-tool-execution", Owner.SHARED, None, "a hook of this tree stands before each tool call: {what}"
)
OWNED_TOOL_DISPATCH = Check(
    None, "owned-tool-dispatch", Owner.CODE, None, "this code decides what runs for the tool that the model chose"
)

_GUARDED = "guarded-tool-execution"


class ToolsAreStructuredOutputs(Rule):
    """The model chose a tool: does your code run it, or does a library?

    ## What it looks at

    The step from "the model chose a tool" to "it ran". Callables given to an agent, a tool runner or a client that
    calls them by itself are the framework's, one site per agent, at the argument or at its first decorated tool. A
    branch on the chosen name, or a look-up in a table of the tree, is your own.

    ## Why it matters

    A tool call is a piece of JSON. Between the JSON and the side effect is the place to check, ask, refuse, count and
    record; who runs the tool holds that place.

    ## What breaks at 80 %

    The first tool that writes goes live, and legal wants a check between the model's choice and the deed. The
    library calls your function the moment it is chosen: there is no place for the check but inside every tool, once
    for each.

    ## Framework-owned

    ```python
    from agents import Agent, function_tool


    @function_tool
    def refund(order: str) -> str:
        return f"refunded {order}"


    support = Agent(name="Support", instructions="Help the customer.", tools=[refund])
    ```

    ## Owned

    ```python
    from anthropic import Anthropic

    from pydantic import BaseModel

    client = Anthropic()


    class Refund(BaseModel):
        order: str


    def step(messages: list, schemas: list) -> str:
        answer = client.messages.create(model="claude", max_tokens=900, messages=messages, tools=schemas)
        for block in answer.content:
            if block.name == "refund":
                return Refund.model_validate(block.input).order
        return "nothing to do"
    ```

    ## What it cannot see

    Tools that a server of the framework runs, tools that a configuration file names, and the state of a graph whose
    nodes are added out of sight.
    """

    factor = 4
    name = "tools-are-structured-outputs"
    checks = (
        FRAMEWORK_EXECUTED_TOOLS,
        DYNAMIC_TOOL_DISPATCH,
        UNVALIDATED_TOOL_ARGUMENTS,
        GUARDED_TOOL_EXECUTION,
        OWNED_TOOL_DISPATCH,
    )

    def visit_Call(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        if not _decorators.registers(node, here):
            yield from self._handed_over(node, here)
        dynamic = list(self._dynamic(node, here))
        yield from dynamic
        yield from self._run_of_choice(node, here, anything=bool(dynamic))

    def _handed_over(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        """Tools that go to whoever runs them, at the argument; a hook before each call makes that shared."""
        guards = [held for held in here.held(node, _GUARDED) if not _maybe_none(held)]
        for held in guards:
            yield here.mark_held(GUARDED_TOOL_EXECUTION, node, held)
        if guards or here.view.agents.is_handed_on(here.call(node), here.where):
            return
        for held in here.held(node, "FL0401"):
            if _no_tools(held) or _guarded_by_hook(held, here) or _only_told(held, here):
                continue
            yield here.mark_held(FRAMEWORK_EXECUTED_TOOLS, node, held)
            return

    # -- the model's word as code ----------------------------------------------------------------------------------

    def _dynamic(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        """``globals()[name](…)``, ``getattr(obj, name)(…)``, ``eval(name)``, where the model gave the name."""
        call = here.call(node)
        if last_name(call.func) == "eval" and isinstance(call.func, Name) and call.args:
            answer = chosen(here, call.args[0])
            if answer is not None and not is_checked(node, call.args[0], here):
                yield here.mark(DYNAMIC_TOOL_DISPATCH, node, answer, what="eval of the tool's name")
            return
        for base, key, where, what in open_lookups(here, call.func, here.where):
            answer = names_model_answer(here, key, where)
            if answer is None or is_checked(node, key, here):
                continue
            if base is not None and any(one.kind is Kind.ANSWER for one in here.view.tracer.origins(base, where)):
                continue
            yield here.mark(DYNAMIC_TOOL_DISPATCH, node, answer, what=what)
            return

    # -- the tree's own dispatch -----------------------------------------------------------------------------------

    def _run_of_choice(self, node: cst.Call, here: Here, *, anything: bool) -> Iterator[Mark]:
        """``table[name](**arguments)``: the look-up is the tree's; its arguments may be unchecked."""
        call = here.call(node)
        if _unchecked.is_worked_into(here):
            return
        unchecked = _unchecked.picked(call, here)
        if unchecked is None:
            unchecked = _unchecked.whole(call, here)
        elif not (anything or looked_up(call, here) is not None or runs_tree_code(call, here)):
            return
        if unchecked is not None:
            what = last_name(call.func) or "a function that the name picks"
            yield here.mark(UNVALIDATED_TOOL_ARGUMENTS, node, unchecked, what=what)

    def visit_FunctionDef(self, node: cst.FunctionDef, here: Here) -> Iterator[Mark]:
        number = here.view.scopes[here.where.order]
        yield from self._registered(node, here, number)
        if not any(_decorators.checks_answers(one.decorator, here) for one in node.decorators):
            yield from self._own(here, number)

    def visit_Module(self, node: cst.Module, here: Here) -> Iterator[Mark]:
        yield from self._own(here, 0)

    def _own(self, here: Here, scope: int) -> Iterator[Mark]:
        """The first branch or look-up by which the function SCOPE decides what runs: one function, one decision."""
        branch, table = dispatch(here, scope), first_lookup(here, scope)
        if table is not None and (branch is None or table[0].where.order <= branch.where.order):
            yield table[0].mark(OWNED_TOOL_DISPATCH, table[0].node, table[1])
        elif branch is not None:
            yield branch.mark(OWNED_TOOL_DISPATCH, branch.node, confidence=Confidence.MEDIUM)

    def _registered(self, node: cst.FunctionDef, here: Here, number: int) -> Iterator[Mark]:
        """``@agent.tool``: the first function that is registered so stands for the agent."""
        for decorator in node.decorators:
            inner = decorator.decorator
            if _decorators.makes_agent(inner, here):
                continue
            for check in (GUARDED_TOOL_EXECUTION, OWNED_TOOL_DISPATCH):
                for held in here.held(inner, check.id):
                    yield here.mark(check, decorator, held.origin, owner=held.fact.owner, what=held.fact.what)
            for held in here.held(inner, "FL0401"):
                maker = held.origin.receiver
                if maker is not None and maker.symbol and maker.call is not None and maker.made is not None:
                    rows = here.view.agents.registered(maker.call, maker.made)
                    if rows and rows[0][:2] != (here.where.path, number):
                        continue
                    if here.view.agents.toolset(maker.symbol, maker.call, maker.made).argument is not None:
                        continue  # the constructor is given tools as well, and is reported
                yield here.mark(
                    FRAMEWORK_EXECUTED_TOOLS,
                    decorator,
                    held.origin,
                    confidence=held.confidence,
                    also=held.fact.also,
                    what=held.fact.what,
                )
                return


def _no_tools(held: Held) -> bool:
    """An empty list of tools, passed or traced."""
    found = held.arguments.values(held.fact.at)
    return bool(found) and all(one in ((), None) for one in found)


def _only_told(held: Held, here: Here) -> bool:
    """Whether a client that runs functions is given none: descriptions, and tools that the service runs itself."""
    catalog, agents = here.view.catalog, here.view.agents
    library = catalog.library_of(held.symbol.path)
    if library is None or library.kind != "model-client":
        return False
    row = held.arguments.given.get(held.fact.at or "")
    if row is None:
        return False
    for one in here.view.tracer.origins(*row):
        listed = [(one.expr, one.place)]
        if isinstance(one.expr, Dict):  # a configuration written as a dict
            listed = [(value, one.place) for key, value in one.expr.items if key == Const("tools", "str")]
        for expr, place in listed:
            for tool in agents.tools_in(expr, place) if expr is not None and place is not None else ():
                own = tool is not None and catalog.library_of(tool.origin.path) is library
                if tool is not None and (tool.body is not None or (tool.origin.kind is Kind.INSTANCE and not own)):
                    return False
    return True


def _guarded_by_hook(held: Held, here: Here) -> bool:
    """Whether a hook that is passed along is a function of the tree whose decorator stands before each call."""
    for name in held.symbol.parameter("hook"):
        row = held.arguments.given.get(name)
        if row is None:
            continue
        for item in row[0].items if isinstance(row[0], Seq) else (row[0],):
            for one in here.view.tracer.origins(item, row[1]):
                if one.place is not None and _decorated_guard(one.place, here):
                    return True
    return False


def _decorated_guard(place: Where, here: Here) -> bool:
    scope = here.view.project.scope(place)
    outside = Where(place.path, scope.parent, scope.order)
    decorators = (one if isinstance(one, Call) else Call(one, (), ()) for one in scope.decorators)
    return any(True for one in decorators for _ in facts_at(here.view, one, outside, (_GUARDED,)))


def _maybe_none(held: Held) -> bool:
    """A hook that is only handed through from a parameter whose default is none."""
    names = {held.fact.at, *(name for one in held.fact.when for name in one)}
    return any(None in held.arguments.values(name) for name in names)
