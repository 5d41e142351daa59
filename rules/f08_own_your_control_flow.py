"""FL08 own-your-control-flow."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Expr, Name, walk
from factorlint.model import Check, Confidence, Fix, Owner, Severity
from factorlint.origin import Where
from factorlint.project import Seen
from factorlint.rule import Here, Mark, Rule, symbols_of
from factorlint.strange import SIGNS

from . import _tools
from ._asked_again import only_corrects
from ._loops import asks_itself, model_call, only_retries, recursion, steps_below, sure
from ._people import asks
from ._steered import branches_on_answer
from ._strangers import unknown_run

OPAQUE_AGENT_RUN = Check(
    "FL0801",
    "opaque-agent-run",
    Owner.FRAMEWORK,
    Severity.ERROR,
    "{symbol} runs the loop of model and tools to its end: {what}",
    "Write the loop yourself: one model call that returns the next step, a switch on it, and your own decision when to "
    "go on, stop, ask or save.",
)
PREBUILT_LOOP = Check(
    "FL0802",
    "prebuilt-loop",
    Owner.FRAMEWORK,
    Severity.WARNING,
    "{symbol} owns the loop that this agent runs in: {what}",
    "Keep the library's model call and tool schemas if you like them; take the loop around them into this tree.",
)
NO_INTERRUPT_BEFORE_TOOLS = Check(
    "FL0803",
    "no-interrupt-before-tools",
    Owner.FRAMEWORK,
    Severity.INFO,
    "{symbol} could stop between the choice of a tool and its run ({detail}), a tool here writes, and nothing stops it",
    "Use the stop before tools that write, and let a person or a policy decide.",
    absence=True,
    fix="unsafe",
)
OWNED_LOOP = Check(
    None, "owned-loop", Owner.CODE, None, "the loop around the model call is written here and branches on its answer"
)
OWNED_PIPELINE = Check(
    None, "owned-pipeline", Owner.CODE, None, "a sequence of model calls is written here, a later one using an earlier"
)
DECLARED_GRAPH = Check(
    None, "declared-graph", Owner.SHARED, None, "{symbol}: the steps are written here, a library steps them"
)
STEPPED_RUN = Check(None, "stepped-run", Owner.SHARED, None, "{symbol} hands each step to this loop")

_DEFERRED = frozenset(
    ("to_thread", "run_in_executor", "submit", "create_task", "add_task", "Thread", "Process", "partial")
)


class OwnYourControlFlow(Rule):
    """Who takes the next step: your loop, or the framework's?

    ## What it looks at

    The loop that alternates between model and tools, and fixed sequences of model calls. A run method of an object
    that was traced to a framework's agent, crew, executor or prebuilt graph is opaque; the construction of an object
    that owns such a loop is reported beside it. A `for`, `while` or recursion around a model call that branches on its
    answer is your own loop; a graph whose nodes you wrote is shared.

    ## Why it matters

    With the loop in your own code you can stop between the choice of a tool and its run, wait for a person for a day,
    count, compact, retry, switch models. Inside `agent.run()` you can only wait for it to end.

    ## What breaks at 80 %

    It works until the one case that needs something else between two steps: an approval, a second model, a stop
    after three failures. The loop has no such place, so you subclass, patch and read the framework's source, and
    then write the loop that you could have begun with.

    ## Framework-owned

    ```python
    from crewai import Agent, Crew, Task

    researcher = Agent(role="Researcher", goal="Find facts", backstory="You are curious.")
    crew = Crew(agents=[researcher], tasks=[Task(description="Look", expected_output="Facts", agent=researcher)])
    result = crew.kickoff()
    ```

    ## Owned

    ```python
    from openai import OpenAI

    client = OpenAI()


    def answer(messages: list, tools: dict) -> str:
        while True:
            reply = client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message
            if not reply.tool_calls:
                return reply.content
            for call in reply.tool_calls:
                messages.append({"role": "tool", "tool_call_id": call.id, "content": tools[call.function.name]()})
    ```

    ## What it cannot see

    Graphs that are started by name through a server, agents that a plugin or a configuration file builds, and objects
    whose type no assignment, annotation or call in the tree tells.
    """

    factor = 8
    name = "own-your-control-flow"
    checks = (
        OPAQUE_AGENT_RUN,
        PREBUILT_LOOP,
        NO_INTERRUPT_BEFORE_TOOLS,
        OWNED_LOOP,
        OWNED_PIPELINE,
        DECLARED_GRAPH,
        STEPPED_RUN,
    )
    signs = SIGNS

    def visit_Call(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        for held in here.held(node, "FL0801"):
            yield here.mark_held(OPAQUE_AGENT_RUN, node, held)
        for held in here.held(node, "FL0802"):
            yield here.mark_held(PREBUILT_LOOP, node, held)
        for check in (DECLARED_GRAPH, STEPPED_RUN):
            for held in here.held(node, check.id):
                yield here.mark_held(check, node, held)
        yield from self._unknown_run(node, here)
        yield from self._no_stop(node, here)
        yield from self._graph_run(node, here)
        yield from self._deferred_run(node, here)

    def _unknown_run(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        """A guess, so that an agent of a library nobody has read is not passed over in silence."""
        for callee in here.callees(node):
            if unknown_run(callee, here.expr(node.func), here):
                what = "it looks like an agent of a package that the catalogue does not know"
                yield here.mark(OPAQUE_AGENT_RUN, node, callee, confidence=Confidence.LOW, what=what)
                return

    def _no_stop(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        """An agent with a tool that writes, whose library has a stop before tools that nobody uses."""
        call = here.call(node)
        for callee in here.callees(node):
            for symbol, origin in symbols_of(here.view.tracer, callee):
                if not here.plays(origin, "agent", "executor", "graph"):
                    continue
                tools = here.toolset(node, symbol)
                if not tools.tools or _tools.writing_tool(here.view, tools) is None:
                    continue
                stop = _tools.unused_stop(here.view, symbol, call, here.where, tools)
                if stop is not None:
                    before = stop.startswith(
                        "interrupt_before"
                    )  # elsewhere the stop is a function that nobody has written
                    fix = Fix("interrupt_before", '["tools"]') if before else None
                    yield here.mark(NO_INTERRUPT_BEFORE_TOOLS, node, origin, detail=stop, fix=fix)
                return

    def _graph_run(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        for callee in here.callees(node):
            symbol = callee.symbol
            if symbol is not None and symbol.does == "run-graph":
                yield here.mark(DECLARED_GRAPH, node, callee)
                return
            if symbol is not None and symbol.does == "step":
                yield here.mark(STEPPED_RUN, node, callee)
                return

    def _deferred_run(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        """``executor.submit(agent.run, question)``: the run method goes in uncalled."""
        func = node.func
        name = func.attr.value if isinstance(func, cst.Attribute) else getattr(func, "value", None)
        if name not in _DEFERRED:
            return
        for arg in node.args:
            if not isinstance(arg.value, cst.Attribute):
                continue
            for origin in here.origins(arg.value):
                if origin.symbol is None or origin.symbol.does != "run":
                    continue
                for fact in here.view.catalog.facts(origin.symbol):
                    if fact.check == "FL0801":
                        yield here.mark(OPAQUE_AGENT_RUN, node, origin.weaker(), also=fact.also, what=fact.what)

    def visit_ClassDef(self, node: cst.ClassDef, here: Here) -> Iterator[Mark]:
        """A flow or workflow of the tree: its steps are methods written here."""
        for base in node.bases:
            value = base.value.value if isinstance(base.value, cst.Subscript) else base.value
            for origin in here.origins(value):
                if here.plays(origin, "workflow"):
                    yield here.mark(DECLARED_GRAPH, node, origin)
                    return

    # -- owned loops -----------------------------------------------------------------------------------------------

    def visit_While(self, node: cst.While, here: Here) -> Iterator[Mark]:
        yield from self._loop(node, here)

    def visit_For(self, node: cst.For, here: Here) -> Iterator[Mark]:
        if not here.answers(node.iter):  # a loop over one answer takes no further step
            yield from self._loop(node, here)

    def _loop(self, node: cst.While | cst.For, here: Here) -> Iterator[Mark]:
        reached = model_call(here)
        if reached is None or only_retries(node, here) or only_corrects(here):
            return
        if branches_on_answer(here) or (isinstance(node, cst.While) and steps_below(here, reached)):
            yield here.mark(OWNED_LOOP, node, confidence=sure(reached))

    def visit_FunctionDef(self, node: cst.FunctionDef, here: Here) -> Iterator[Mark]:
        place = here.where._replace(scope=here.view.scopes[here.where.order])
        again = recursion(here, place)
        if again is not None and branches_on_answer(here):
            yield here.mark(OWNED_LOOP, again, confidence=Confidence.MEDIUM)
        if _feeds_forward(here, place) and not _inside_a_pipeline(here, place):
            yield here.mark(OWNED_PIPELINE, node, confidence=Confidence.MEDIUM)


def _feeds_forward(here: Here, place: Where) -> bool:
    """Whether a model call written in the function uses what came of an earlier one written there."""
    reach = here.view.reach
    scope = here.view.project.scope(place)
    calls = [
        (called, Where(place.path, called.scope, called.order))
        for called in reach.calls(place.path, scope.order + 1, scope.end)
        if called.scope == place.scope
    ]
    asked = [(called, where) for called, where in calls if asks_itself(here.view, place.path, called)]
    made = {id(called.call) for called, _ in asked}
    if len(made) < 2:
        return False
    for called, where in asked:
        if _when_a_person_says_so(here, where, scope.order) or _in_a_while(here, where, scope.order):
            continue
        passed = (*called.call.args, *(value for _, value in called.call.keywords))
        if any(_comes_from(here, value, where, made - {id(called.call)}, set()) for value in passed):
            return True
    return False


def _inside_a_pipeline(here: Here, place: Where) -> bool:
    """Whether the function is a part of another one's sequence, written inside it."""
    outer = here.view.facts.scopes[here.view.project.scope(place).parent]
    return outer.kind == "function" and _feeds_forward(here, Where(place.path, outer.id, outer.order))


def _in_a_while(here: Here, where: Where, top: int) -> bool:
    """Whether the call stands in a `while`: an agent's loop, whose tools may ask a model as well."""
    chain = here.view.project.chain(where.path, where.order)
    return any(one > top and here.view.facts.statements[one].kind == "While" for one in chain)


def _when_a_person_says_so(here: Here, where: Where, top: int) -> bool:
    """Whether the call stands in a loop in which a person is asked what to do: no sequence of the code."""
    reach, statements = here.view.reach, here.view.facts.statements
    loops = [one for one in here.view.project.chain(where.path, where.order) if one > top]
    return any(
        asks(callee)
        for order in loops
        if statements[order].kind in ("While", "For", "AsyncFor")
        for called in reach.calls(where.path, order, reach.end(where.path, order))
        for callee in reach.callees(where.path, called)
    )


def _comes_from(here: Here, expr: Expr, where: Where, made: set[int], seen: Seen) -> bool:
    """Whether EXPR is built, in this function, from what one of the calls MADE gave."""
    for one in walk(expr):
        if id(one) in made:
            return True
        if isinstance(one, Name):
            before = here.view.project.given_once(one.id, where, seen)
            if any(_comes_from(here, value, at, made, seen) for value, at in before):
                return True
    return False
