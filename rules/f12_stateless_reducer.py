"""FL12 stateless-reducer."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.model import Check, Confidence, Owner, Severity
from factorlint.origin import Where
from factorlint.project import LOOPS
from factorlint.rule import Here, Mark, Rule

from . import _carried, _reducers
from ._steered import tested

HIDDEN_STATE_MUTATION = Check(
    "FL1201",
    "hidden-state-mutation",
    Owner.NOBODY,
    Severity.WARNING,
    "{what} takes a step and changes {detail}, which carries the thread to the next call",
    "Take the thread as an argument and return the new one; let the caller keep it.",
)
IMPURE_STEP = Check(
    "FL1202",
    "impure-step",
    Owner.NOBODY,
    Severity.INFO,
    "{what} makes a new state out of a state and reads {detail} on the way: the same thread gives another answer",
    "Read it before the step and put it into the thread as an event, so that a step can be run again.",
)
STATEFUL_FRAMEWORK_AGENT = Check(
    "FL1203",
    "stateful-framework-agent",
    Owner.FRAMEWORK,
    Severity.INFO,
    "{symbol} keeps the conversation between runs: {what}",
    "Make a new agent for each run and hand it the messages of a thread of your own.",
)
REDUCER_STEP = Check(None, "reducer-step", Owner.CODE, None, "thread in, thread out, nothing else changed")


class StatelessReducer(Rule):
    """Is a step a function of the thread, or does it change something that nobody passes?

    ## What it looks at

    The functions and methods that take a step of an agent: those that come to a model, act on its answer, or are
    nodes of a graph or step methods of a workflow. Reported are steps that change `self` or a global from which the
    context of a later call is made, steps from state to state that read the clock, randomness or the environment,
    and agents of a framework that remember earlier runs.

    ## Why it matters

    A step that takes the thread and gives a new one can be run again, forked, tested with one line, and served to a
    thousand threads by one process. State on `self` mixes two conversations as soon as an object is shared.

    ## What breaks at 80 %

    It is right on one machine with one user. With two workers the second message of a conversation meets a process
    that has never heard the first, or one that still holds somebody else's; and the fault cannot be replayed, for
    the step had more inputs than its arguments.

    ## Framework-owned

    ```python
    from openai import OpenAI


    class Assistant:
        def __init__(self) -> None:
            self.client = OpenAI()
            self.messages: list = []

        def say(self, text: str) -> str:
            self.messages.append({"role": "user", "content": text})
            reply = self.client.chat.completions.create(model="gpt-4o", messages=self.messages).choices[0].message
            self.messages.append({"role": "assistant", "content": reply.content})
            return reply.content
    ```

    ## Owned

    ```python
    from openai import OpenAI

    client = OpenAI()


    def step(messages: list) -> list:
        reply = client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message
        return [*messages, {"role": "assistant", "content": reply.content}]
    ```

    ## What it cannot see

    State that a step changes in a database or a service, and threads that a library's object keeps for the tree.
    """

    factor = 12
    name = "stateless-reducer"
    checks = (HIDDEN_STATE_MUTATION, IMPURE_STEP, STATEFUL_FRAMEWORK_AGENT, REDUCER_STEP)

    def visit_FunctionDef(self, node: cst.FunctionDef, here: Here) -> Iterator[Mark]:
        number = here.view.scopes[here.where.order]
        place = Where(here.where.path, number, here.where.order)
        steps, name = here.view.steps, here.view.facts.scopes[number].qualname
        step = steps.is_step(place)
        if not step and not _branches_on_given_answer(here, place):
            return
        changed = _changed(here, place) if step else None
        if changed is not None:
            sure = Confidence.HIGH if steps.asks(place) == 0 else Confidence.MEDIUM
            yield here.mark(HIDDEN_STATE_MUTATION, node, confidence=sure, what=name, detail=changed)
        if not _reducers.is_reducer(here.view, place):
            return
        for read, origin, what in _reducers.ambient(here):
            yield here.mark(IMPURE_STEP, read, origin, confidence=Confidence.MEDIUM, what=name, detail=what)
            return
        comes = steps.asks(place) is not None or not steps.is_node(place)
        if comes and not steps.changed(place):
            yield here.mark(REDUCER_STEP, node, confidence=Confidence.MEDIUM)

    def visit_Call(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        for held in here.held(node, "FL1203"):
            if held.fact.at or _runs_again(here, node):
                yield here.mark_held(STATEFUL_FRAMEWORK_AGENT, node, held)


def _changed(here: Here, place: Where) -> str | None:
    """What a step changes that carries the thread: a part of it, or anything that a workflow's object holds."""
    steps = here.view.steps
    found = steps.thread_change(place)
    if found is not None:
        return found[1]
    holder = here.view.project.class_of(place)
    if holder is None or not _carried.is_workflow(here.view, place.path, holder):
        return None
    for change in steps.changed(place):
        if change.value is None or len(change.chain) > 1:
            return _reducers.written(change.target)
    return None


def _branches_on_given_answer(here: Here, place: Where) -> bool:
    """Whether a function is handed a model's answer and tests what it says."""
    if not here.view.steps.takes_answer(place) or not here.view.steps.may_be(place):
        return False
    for inner in here.inside(cst.If, cst.Match):
        test = inner.node.subject if isinstance(inner.node, cst.Match) else inner.node.test
        if inner.step.scope == place.scope and any(inner.answers(one) for one in tested(test)):
            return True
    return False


def _runs_again(here: Here, node: cst.Call) -> bool:
    """Whether the object made here is run more than once: at two places, in a loop, or by another function."""
    call = here.call(node)
    used = here.view.agents.runs(call, here.where)
    if any("reset" in one.symbol.path.rpartition(".")[2] for one in used):
        return False
    runs = [one for one in used if one.symbol.does == "run"]
    if len(runs) != 1:
        return len(runs) > 1
    where = runs[0].where
    if (where.path, where.scope) != (here.where.path, here.where.scope):
        return True
    around = set(here.view.project.chain(where.path, here.where.order))
    statements = here.view.facts.statements
    return any(
        statements[one].kind in LOOPS for one in here.view.project.chain(where.path, where.order) if one not in around
    )
