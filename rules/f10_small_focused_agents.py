"""FL10 small-focused-agents."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint import limits
from factorlint.agents import DESCRIBED, Run
from factorlint.entries import Symbol
from factorlint.expr import Call
from factorlint.limits import Limit
from factorlint.model import Check, Confidence, Fix, Owner, Severity
from factorlint.origin import Kind, Origin
from factorlint.prompts import SYSTEM
from factorlint.rule import Here, Mark, Rule, View, symbols_of

from . import _bounds, _own_tools
from ._asked_again import only_corrects
from ._bounds import Ends
from ._loops import model_call, only_retries, recursion, steps_below, sure
from ._people import asked_before
from ._steered import branches_on_answer
from ._texts import texts

TOO_MANY_TOOLS = Check(
    "FL1001",
    "too-many-tools",
    Owner.NOBODY,
    Severity.WARNING,
    "this agent chooses among {detail} tools",
    "Give it the handful that its one task needs, and let other agents have the rest.",
)
UNBOUNDED_STEPS = Check(
    "FL1002",
    "unbounded-steps",
    Owner.NOBODY,
    Severity.WARNING,
    "{what}",
    "Set a limit of at most 20 steps, and say what happens when it is reached.",
    fix="unsafe",
)
MONOLITHIC_PROMPT = Check(
    "FL1003",
    "monolithic-prompt",
    Owner.NOBODY,
    Severity.INFO,
    "this system prompt has {detail} words",
    "Split the task: smaller agents, each with a prompt that can be read at one go.",
)
BOUNDED_STEPS = Check(None, "bounded-steps", Owner.CODE, None, "at most {detail} steps")
FOCUSED_TOOLSET = Check(None, "focused-toolset", Owner.CODE, None, "{detail} to choose from")

MAX_TOOLS = 10
MAX_STEPS = 20
MAX_WORDS = 1_500
_AGENTS = ("agent", "executor", "engine", "chain", "config")
_RUNS = ("run", "run-graph", "step")


class SmallFocusedAgents(Rule):
    """How many tools, how many steps, how long a prompt?

    ## What it looks at

    Each agent: the tools it is given as far as they can be counted, the limit on its steps (your own loop's, the one
    passed to a framework, or the default that the pinned version of the framework has), and its system prompt.

    ## Why it matters

    A model gets lost in a long context. An agent of three to ten steps with a few tools stays in the part that it
    does well; one without a limit goes on, and spends, until the model says that it is done.

    ## What breaks at 80 %

    Each request of a customer became one more tool and one more paragraph. Somewhere past ten tools and twenty
    steps it takes the wrong tool, forgets the beginning, goes round in circles; and no change of the prompt helps
    one case without breaking another.

    ## Framework-owned

    ```python
    from agents import Agent, Runner, function_tool


    @function_tool
    def look_up(term: str) -> str:
        return term.upper()


    agent = Agent(name="Reader", instructions="Explain the term.", tools=[look_up])
    result = Runner.run_sync(agent, "What is RAG?", max_turns=200)
    ```

    ## Owned

    ```python
    from agents import Agent, Runner, function_tool


    @function_tool
    def look_up(term: str) -> str:
        return term.upper()


    agent = Agent(name="Reader", instructions="Explain the term.", tools=[look_up])
    result = Runner.run_sync(agent, "What is RAG?", max_turns=5)
    ```

    ## What it cannot see

    Tools that a server offers, limits that a configuration file sets, and limits that are checked far below the loop.
    """

    factor = 10
    name = "small-focused-agents"
    checks = (TOO_MANY_TOOLS, UNBOUNDED_STEPS, MONOLITHIC_PROMPT, BOUNDED_STEPS, FOCUSED_TOOLSET)

    def leads(self, view: View) -> Iterator[tuple[str, int]]:
        return _own_tools.statements(view)

    def visit_Call(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        yield from self._told(node, here)
        for callee in here.callees(node):
            for symbol, origin in symbols_of(here.view.tracer, callee):
                yield from self._tools(node, here, symbol, origin)
                yield from self._constructor(node, here, symbol, origin)
                yield from self._run(node, here, symbol, origin)
                return

    # -- tools -----------------------------------------------------------------------------------------------------

    def _tools(self, node: cst.Call, here: Here, symbol: Symbol, origin: Origin) -> Iterator[Mark]:
        call = here.call(node)
        if not _chooses(here, symbol) or here.view.agents.is_handed_on(call, here.where):
            return
        runs = any(one.parameter("tools") for one in here.view.catalog.lineage(symbol))
        held = here.toolset(node, symbol) if runs else here.view.agents.described(symbol, call, here.where)
        at = here.argument_node(node, held.argument, symbol) if held.argument else None
        count = len(held.tools)
        if count > MAX_TOOLS:
            yield here.mark(
                TOO_MANY_TOOLS, at or node, origin, detail=str(count) if held.known else f"over {count - 1}"
            )
        elif held.known and count:
            yield here.mark(FOCUSED_TOOLSET, at or node, origin, detail="one tool" if count == 1 else f"{count} tools")

    def _told(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        """The tools that an agent of the tree's own is given."""
        for passed, count in _own_tools.given(here, here.call(node)):
            at = next((one for one in node.args if here.expr(one.value) == passed), node)
            if count <= MAX_TOOLS:  # of more, some may be left out on the way
                said = "one tool" if count == 1 else f"{count} tools"
                yield here.mark(FOCUSED_TOOLSET, at, confidence=Confidence.MEDIUM, detail=said)

    # -- limits given to a framework -------------------------------------------------------------------------------

    def _constructor(self, node: cst.Call, here: Here, symbol: Symbol, origin: Origin) -> Iterator[Mark]:
        tracer, call = here.view.tracer, here.call(node)
        if not here.plays(origin, *_AGENTS) or symbol.does in _RUNS:
            return
        limit = limits.passed(tracer, symbol, call, here.where)
        if limit is not None:
            yield from self._given(node, here, symbol, origin, limit)
            return
        if not _has_tools(node, here, symbol) or limits.hidden(here.arguments(node, symbol), tracer, symbol):
            return
        runs = here.view.agents.runs(call, here.where)
        if any(limits.passed(tracer, run.symbol, run.called.call, run.where) for run in runs):
            return
        stands = limits.default(tracer, symbol, here.view.versions, here.where.path)
        if stands is None or stands.argument not in limits.own_names(tracer, symbol):
            return  # the run decides
        yield from _by_default(node, here, symbol, origin, stands)

    def _run(self, node: cst.Call, here: Here, symbol: Symbol, origin: Origin) -> Iterator[Mark]:
        """A limit at a run; or none, at the first run of an agent with tools."""
        tracer, call = here.view.tracer, here.call(node)
        if symbol.does not in _RUNS:
            return
        limit = limits.passed(tracer, symbol, call, here.where)
        if limit is not None:
            no_agent = symbol.does == "run-graph" and not here.view.once(_own_tools.offered)  # steps of a pipeline
            if not (no_agent or _said_before(here, call, symbol, origin, limit)):
                yield from self._given(node, here, symbol, origin, limit)
            return
        if limits.hidden(here.arguments(node, symbol), tracer, symbol):
            return
        for maker in _makers(here, call, symbol, origin):
            if maker.symbol is None or maker.call is None or maker.made is None:
                continue
            every = here.view.agents.runs(maker.call, maker.made)
            given = [
                (maker.symbol, maker.call, maker.made),
                *((one.symbol, one.called.call, one.where) for one in every),
            ]
            limited = any(limits.passed(tracer, *one) is not None for one in given)
            if limited or not _first_of([one for one in every if one.symbol.does in _RUNS], call, here):
                continue
            made = limits.default(tracer, maker.symbol, here.view.versions, here.where.path)
            if made is not None and made.argument in limits.own_names(tracer, maker.symbol):
                continue  # reported at the constructor
            stands = limits.default(tracer, symbol, here.view.versions, here.where.path) or made
            tools = here.view.agents.toolset(maker.symbol, maker.call, maker.made)
            if stands is not None and (tools.tools or tools.argument):
                yield from _by_default(node, here, symbol, origin, stands)
                return

    def _given(self, node: cst.Call, here: Here, symbol: Symbol, origin: Origin, limit: Limit) -> Iterator[Mark]:
        at = here.argument_node(node, limit.argument, symbol) or node
        if limit.steps is None:
            fix = _fix(here, symbol, limit)
            yield here.mark(UNBOUNDED_STEPS, at, origin, what=f"{limit.argument} is set to no limit", fix=fix)
        elif limit.steps > MAX_STEPS:
            what = f"{limit.argument} lets the agent take {limit.steps:g} steps"
            yield here.mark(UNBOUNDED_STEPS, at, origin, what=what, fix=_fix(here, symbol, limit))
        elif limit.steps > 0:
            yield here.mark(BOUNDED_STEPS, at, origin, detail=f"{limit.steps:g}")

    # -- the tree's own loops --------------------------------------------------------------------------------------

    def visit_While(self, node: cst.While, here: Here) -> Iterator[Mark]:
        yield from self._loop(node, here)

    def visit_For(self, node: cst.For, here: Here) -> Iterator[Mark]:
        if not here.answers(node.iter):
            yield from self._loop(node, here)

    def _loop(self, node: cst.While | cst.For, here: Here) -> Iterator[Mark]:
        reached = model_call(here)
        if reached is None or only_retries(node, here) or only_corrects(here):
            return
        if reached.does != "call-model":
            yield from self._around_runs(node, here)
            return
        steered = branches_on_answer(here)
        if not steered and not (isinstance(node, cst.While) and steps_below(here, reached)):
            return
        if _bounds.asks_each_time(here):
            return
        yield from _ends(node, here, _bounds.of_loop(here), sure(reached))

    def _around_runs(self, node: cst.While | cst.For, here: Here) -> Iterator[Mark]:
        """A loop around runs that a library ends: only that it is counted is said."""
        bound = _bounds.of_loop(here)
        if isinstance(node, cst.While) and bound.ends is Ends.STEPS and bound.steps <= MAX_STEPS:
            if branches_on_answer(here):
                yield here.mark(BOUNDED_STEPS, node, confidence=Confidence.MEDIUM, detail=f"{bound.steps:g}")

    def visit_FunctionDef(self, node: cst.FunctionDef, here: Here) -> Iterator[Mark]:
        again = recursion(here, here.where._replace(scope=here.view.scopes[here.where.order]))
        if again is not None and branches_on_answer(here) and not _asks_first(again, here):
            yield from _ends(again, here, _bounds.of_recursion(here, again), Confidence.MEDIUM)
        yield from self._prompts(node, here)

    # -- prompts ---------------------------------------------------------------------------------------------------

    def visit_Assign(self, node: cst.Assign, here: Here) -> Iterator[Mark]:
        yield from self._prompts(node, here)

    def visit_AnnAssign(self, node: cst.AnnAssign, here: Here) -> Iterator[Mark]:
        yield from self._prompts(node, here)

    def visit_Return(self, node: cst.Return, here: Here) -> Iterator[Mark]:
        yield from self._prompts(node, here)

    def visit_Expr(self, node: cst.Expr, here: Here) -> Iterator[Mark]:
        yield from self._prompts(node, here)

    def _prompts(self, node: cst.CSTNode, here: Here) -> Iterator[Mark]:
        """A system prompt, where it is written."""
        for prompt in here.view.prompts.by_statement.get((here.where.path, here.where.order), ()):
            if prompt.part != SYSTEM:
                continue
            words = max((len(one.split()) for one in texts(here.view, prompt)), default=0)
            if words > MAX_WORDS:
                yield here.mark(MONOLITHIC_PROMPT, node, confidence=Confidence.HIGH, detail=f"{words:,}")
                return


def _asks_first(again: cst.Call, here: Here) -> bool:
    """Whether a person is asked before the function calls itself AGAIN: a round of a talk, no step of the agent."""
    return any(asked_before(inner) for inner in here.inside(cst.Call) if inner.node is again)


def _chooses(here: Here, symbol: Symbol) -> bool:
    """Whether SYMBOL gives a model tools to choose from: an agent's constructor, a model call, a bound model."""
    if any(here.view.catalog.is_a(symbol, role) for role in ("toolkit", "tool")):
        return False
    return any(one.parameter(role) for one in here.view.catalog.lineage(symbol) for role in ("tools", DESCRIBED))


def _has_tools(node: cst.Call, here: Here, symbol: Symbol) -> bool:
    held = here.toolset(node, symbol)
    return bool(held.tools) or (held.argument is not None and not held.known)


def _makers(here: Here, call: Call, symbol: Symbol, origin: Origin) -> Iterator[Origin]:
    """The agents that a run is a run of."""
    if origin.receiver is not None:
        yield origin.receiver
    given = here.view.agents.agents_passed(symbol, call, here.where)
    yield from (one for one in given if one.kind is Kind.INSTANCE)


def _first_of(runs: list[Run], call: Call, here: Here) -> bool:
    return any(one.called.call == call and one.where == here.where for one in runs[:1])


def _said_before(here: Here, call: Call, symbol: Symbol, origin: Origin, limit: Limit) -> bool:
    """Whether the agent, or an earlier run of it in this file, was given the same limit: an agent is counted once."""
    for maker in _makers(here, call, symbol, origin):
        if maker.call is None or maker.made is None:
            continue
        if maker.symbol is not None:
            made = limits.passed(here.view.tracer, maker.symbol, maker.call, maker.made)
            if made is not None and made.steps == limit.steps:
                return True
        for one in here.view.agents.runs(maker.call, maker.made):
            if one.where.path != here.where.path or one.where.order >= here.where.order:
                continue
            if limits.passed(here.view.tracer, one.symbol, one.called.call, one.where) == limit:
                return True
    return False


def _by_default(node: cst.Call, here: Here, symbol: Symbol, origin: Origin, stands: Limit) -> Iterator[Mark]:
    if stands.steps is None:
        what = f"no {stands.argument} is set, and the default is none: only the model's word ends the run"
    elif stands.steps > MAX_STEPS:
        what = f"no {stands.argument} is set, and the default is {stands.steps:g} steps"
    else:
        return
    yield here.mark(UNBOUNDED_STEPS, node, origin, what=what, fix=_fix(here, symbol, stands))


def _fix(here: Here, symbol: Symbol, limit: Limit) -> Fix | None:
    """The limit set to the most that counts as one: by the call's own argument, or by the configuration of a run."""
    if limit.argument in limits.own_names(here.view.tracer, symbol):
        return Fix(limit.argument, str(MAX_STEPS))
    if limit.argument == "recursion_limit" and "config" in symbol.parameter("config"):
        if "config" not in here.arguments(here.node, symbol).given:
            return Fix("config", f'{{"recursion_limit": {MAX_STEPS}}}')
    return None


def _ends(node: cst.CSTNode, here: Here, bound: _bounds.Bound, confidence: Confidence) -> Iterator[Mark]:
    if bound.ends is Ends.WORD:
        what = "only the model's word ends this loop"
        yield here.mark(UNBOUNDED_STEPS, node, confidence=confidence, what=what)
    elif bound.ends is Ends.STEPS and bound.steps > MAX_STEPS:
        what = f"this loop may take {bound.steps:g} steps"
        yield here.mark(UNBOUNDED_STEPS, node, confidence=confidence, what=what)
    elif bound.ends is Ends.STEPS:
        yield here.mark(BOUNDED_STEPS, node, confidence=confidence, detail=f"{bound.steps:g}")
