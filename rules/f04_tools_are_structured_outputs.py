"""FL04 tools-are-structured-outputs."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Attr, Call, Const, Dict, Expr, Item, Name, Seq, Star, last_name, walk
from factorlint.model import Check, Confidence, Owner, Severity
from factorlint.origin import Kind, Origin, Where
from factorlint.project import Seen
from factorlint.rule import Held, Here, Mark, Rule, facts_at

from . import _decorators
from ._choice import chosen, dispatch, is_checked, lookups, names_model_answer

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
_WHOLE_NAMESPACES = frozenset(("globals", "locals", "vars"))


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
        for base, key, where, what in _open_lookups(here, call.func, here.where):
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
        if _is_worked_into(here):
            return
        unchecked = _unchecked(call, here)
        if unchecked is None:
            unchecked = _whole(call, here)
        elif not (anything or _looked_up(call, here) is not None or _runs_tree_code(call, here)):
            return
        if unchecked is not None:
            what = last_name(call.func) or "a function that the name picks"
            yield here.mark(UNVALIDATED_TOOL_ARGUMENTS, node, unchecked, what=what)

    def visit_FunctionDef(self, node: cst.FunctionDef, here: Here) -> Iterator[Mark]:
        number = here.view.scopes[here.where.order]
        yield from self._registered(node, here, number)
        yield from self._own(here, number)

    def visit_Module(self, node: cst.Module, here: Here) -> Iterator[Mark]:
        yield from self._own(here, 0)

    def _own(self, here: Here, scope: int) -> Iterator[Mark]:
        """The first branch or look-up by which the function SCOPE decides what runs: one function, one decision."""
        branch, looked_up = dispatch(here, scope), _first_lookup(here, scope)
        if looked_up is not None and (branch is None or looked_up[0].where.order <= branch.where.order):
            yield looked_up[0].mark(OWNED_TOOL_DISPATCH, looked_up[0].node, looked_up[1])
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


def _first_lookup(here: Here, scope: int) -> tuple[Here, Origin] | None:
    """The first call in SCOPE of what a table of the tree holds under the model's choice."""
    for inner in here.inside(cst.Call):
        if inner.where.scope != scope:
            continue
        answer = _looked_up(inner.call(inner.node), inner)
        if answer is not None:
            return inner, answer
    return None


def _looked_up(call: Call, here: Here) -> Origin | None:
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
    return answer if answer is not None and _runs_tree_code(call, here) else None


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


def _open_lookups(here: Here, func: Expr, where: Where) -> Iterator[tuple[Expr | None, Expr, Where, str]]:
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


def _unchecked(call: Call, here: Here) -> Origin | None:
    """The model's arguments among what CALL passes: spread, or picked out one by one, unchecked."""
    tracer = here.view.tracer
    for keyword, value in (*((None, one) for one in call.args if isinstance(one, Star)), *call.keywords):
        spread = value.value if isinstance(value, Star) else value
        if keyword is None:
            for one in tracer.origins(spread, here.where):
                if one.shape in ("arguments", "parsed") and not _validated(spread, here):
                    return one
    for value in (*call.args, *(value for keyword, value in call.keywords if keyword is not None)):
        if isinstance(value, Item) or (isinstance(value, Call) and last_name(value.func) in ("get", "pop")):
            base = value.base if isinstance(value, Item) else getattr(value.func, "base", None)
            if base is None or _are_the_tools_own(base, here):
                continue
            for one in tracer.origins(base, here.where):
                if one.shape == "arguments" and not _validated(base, here):
                    return one
    return None


def _are_the_tools_own(base: Expr, here: Here) -> bool:
    """Whether a function is given the arguments and no name of a tool: it is the tool, and they have reached it."""
    found = here.view.tracer.parameter_of(base, here.where) if isinstance(base, Name) else None
    if found is None:
        return False
    names = (one for row in found[0].parameters for one in here.view.tracer.origins(Name(row.name), here.where))
    return not any(one.shape == "name" for one in names)


def _whole(call: Call, here: Here) -> Origin | None:
    """The model's arguments if the tool that it chose is given them as they came, and does not check them itself."""
    if not _runs_tree_code(call, here):
        return None
    if not here.view.agents.chosen_by_model(call, here.where) and _looked_up(call, here) is None:
        return None
    for value in (*call.args, *(value for keyword, value in call.keywords if keyword is not None)):
        found = _as_it_came(value, here, here.where, set())
        if found is not None and not _validated(value, here) and not _checked_inside(call, value, here):
            return found
    return None


def _as_it_came(expr: Expr, here: Here, where: Where, seen: Seen) -> Origin | None:
    """The model's arguments if EXPR is all of them, or one that was picked out and whose type nobody asked for."""
    tracer = here.view.tracer
    if isinstance(expr, Name) and _asked_for_type(expr, here, where):
        return None
    if isinstance(expr, Name) and any(True for _ in here.view.project.given(expr.id, where)):
        before = here.view.project.given_once(expr.id, where, seen)
        found = (_as_it_came(value, here, at, seen) for value, at in before)
        return next((one for one in found if one is not None), None)
    if isinstance(expr, Item):
        return None if _are_the_tools_own(expr.base, here) else _arguments(here, expr.base, where)
    if isinstance(expr, Call) and isinstance(expr.func, Attr):
        if expr.func.name == "get":
            return None if _are_the_tools_own(expr.func.base, here) else _arguments(here, expr.func.base, where)
        loads = any(one.kind is Kind.LIBRARY for one in tracer.origins(expr.func, where))
        return _arguments(here, expr, where) if loads else None
    if isinstance(expr, Attr):
        held = tracer.origin(expr.base, where)
        if held.kind is not Kind.ANSWER or held.shape == "arguments":
            return None  # a field of what a schema made of them
    return _arguments(here, expr, where) if isinstance(expr, (Attr, Name)) else None


def _arguments(here: Here, expr: Expr, where: Where) -> Origin | None:
    return next((one for one in here.view.tracer.origins(expr, where) if one.shape == "arguments"), None)


def _asked_for_type(name: Name, here: Here, where: Where) -> bool:
    """Whether the function asks of what class NAME is."""
    return any(
        called.call.args[:1] == (name,) and last_name(called.call.func) == "isinstance"
        for called in here.view.project.calls_in(where.path, where.scope)
    )


def _checked_inside(call: Call, value: Expr, here: Here) -> bool:
    """Whether a function that CALL runs gives what it is passed for VALUE to a validator."""
    view = here.view
    for callee in view.tracer.origins(call.func, here.where):
        for body in view.reach.bodies(callee):
            scope = view.project.scope(body)
            passed = {one.name for one in scope.parameters if view.tracer.passed(call, body, one.name) == value}
            for called in view.project.calls_in(body.path, body.scope):
                where = Where(body.path, called.scope, called.order)
                given = {one.id for one in walk(called.call) if isinstance(one, Name)}
                if given & passed and any(
                    one.symbol is not None and one.symbol.does == "validate"
                    for one in view.tracer.origins(called.call.func, where)
                ):
                    return True
    return False


def _is_worked_into(here: Here) -> bool:
    """Whether what the call visited HERE gives is an argument of a call of the tree: ``click(x=scaled(a["x"]))``."""
    for node in here.ancestors():
        if isinstance(node, cst.BaseStatement):
            break
        if isinstance(node, cst.Call) and _runs_tree_code(here.call(node), here):
            return True
    return False


def _validated(expr: Expr, here: Here) -> bool:
    """Whether a validator of a library is given EXPR in the same function."""
    for called in here.view.project.calls_in(here.where.path, here.where.scope):
        if expr not in (*called.call.args, *(value for _, value in called.call.keywords)):
            continue
        where = Where(here.where.path, called.scope, called.order)
        if any(
            one.symbol is not None and one.symbol.does == "validate"
            for one in here.view.tracer.origins(called.call.func, where)
        ):
            return True
    return False


def _runs_tree_code(call: Call, here: Here) -> bool:
    """Whether CALL runs a function of the tree; making an object of a class that checks its fields is none."""
    for one in here.view.tracer.origins(call.func, here.where):
        if one.kind is Kind.OBJECT:
            return True
        if one.kind is Kind.DEFINITION and one.place is not None:
            if here.view.project.scope(one.place).kind == "function":
                return True
    return False
