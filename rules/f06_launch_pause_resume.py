"""FL06 launch-pause-resume."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Call
from factorlint.model import Check, Confidence, Owner, Severity
from factorlint.origin import Origin, Where
from factorlint.reach import Reached
from factorlint.rule import Here, Mark, Rule, View, facts_at

from . import _durable, _entries, _resume, _waits
from ._asked_again import only_corrects
from ._loops import model_call, only_retries, recursion, steps_below
from ._steered import branches_on_answer

NO_RESUME_PATH = Check(
    "FL0601",
    "no-resume-path",
    Owner.NOBODY,
    Severity.WARNING,
    "{what} goes to its end, and nothing in the tree continues it from a stored thread",
    "Save the thread after each step, and add an entry that loads it by id, appends what came in, and goes on.",
    absence=True,
)
IN_MEMORY_PAUSE = Check(
    "FL0602",
    "in-memory-pause",
    Owner.NOBODY,
    Severity.WARNING,
    "the agent waits for the outside in this process: {what}",
    "Save the thread and end the run; let the event from outside load the thread and continue it.",
)
RESUME_API = Check(None, "resume-api", Owner.CODE, None, "a stored thread goes on: {what}")


class LaunchPauseResume(Rule):
    """Can a run stop, and go on later from what was stored?

    ## What it looks at

    The functions that start an agent or hold its loop. For each: whether the messages, the state or the session that
    its model calls see are ever loaded from a file, a database or a checkpoint. And the waits inside a run: a sleep in
    a loop that polls, an event, a future.

    ## Why it matters

    An agent waits for people and for other systems, longer than a process lives. If the only way on is the call stack,
    a deployment or a crash between two steps loses the run.

    ## What breaks at 80 %

    The first step that needs a person takes a day, and the first deployment falls into that day. Everything that
    was waiting is lost, begins again from the first step, and sends its mails a second time.

    ## Framework-owned

    ```python
    from agents import Agent, Runner, function_tool


    @function_tool
    def stock(item: str) -> int:
        return 3


    clerk = Agent(name="Clerk", instructions="Answer questions about the stock.", tools=[stock])


    def answer(question: str) -> str:
        return Runner.run_sync(clerk, question).final_output
    ```

    ## Owned

    ```python
    import json
    from pathlib import Path

    from openai import OpenAI

    client = OpenAI()


    def resume(thread: Path, answer: str, tools: dict) -> str:
        messages = json.loads(thread.read_text())
        messages.append({"role": "user", "content": answer})
        while True:
            reply = client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message
            messages.append(reply.model_dump())
            thread.write_text(json.dumps(messages))
            if not reply.tool_calls:
                return reply.content
            for call in reply.tool_calls:
                messages.append({"role": "tool", "tool_call_id": call.id, "content": tools[call.function.name]()})
    ```

    ## What it cannot see

    Stores behind a service, threads that a server or a durable runtime outside the tree continues, and resuming by
    replaying a program.
    """

    factor = 6
    name = "launch-pause-resume"
    checks = (NO_RESUME_PATH, IN_MEMORY_PAUSE, RESUME_API)

    def leads(self, view: View) -> Iterator[tuple[str, int]]:
        yield from _resume.wrappers(view)
        yield from _waits.statements(view)

    def visit_Call(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        for held in here.held(node, "resume-api"):
            yield here.mark_held(RESUME_API, node, held)
        for held in here.held(node, "FL0602"):
            yield here.mark_held(IN_MEMORY_PAUSE, node, held)
        why = _waits.why_it_waits(here, node)
        if why is not None:
            yield here.mark(IN_MEMORY_PAUSE, node, confidence=Confidence.MEDIUM, what=why)
        order = here.where.order
        for called in here.view.reach.calls(here.where.path, order, order):
            if called.call != here.expr(node):
                continue
            callee = _entries.started(here.view, called, here.where)
            if callee is not None:
                reached = Reached(callee, called, here.where.path, 0)
                what = f"the run {callee.path.rpartition('.')[2]}()"
                yield from self._entry(node, here, (reached,), what, callee)
            return

    def visit_Await(self, node: cst.Await, here: Here) -> Iterator[Mark]:
        if _waits.is_future(here, node.expression) and _waits.on_the_way(here.view, here.where):
            yield here.mark(IN_MEMORY_PAUSE, node, confidence=Confidence.MEDIUM, what="a future that another part sets")

    def visit_While(self, node: cst.While, here: Here) -> Iterator[Mark]:
        yield from self._loop(node, here)

    def visit_For(self, node: cst.For, here: Here) -> Iterator[Mark]:
        if not here.answers(node.iter):
            yield from self._loop(node, here)

    def _loop(self, node: cst.While | cst.For, here: Here) -> Iterator[Mark]:
        reached = model_call(here)
        if (
            reached is None
            or only_retries(node, here)
            or only_corrects(here)
            or _entries.belongs_elsewhere(here.view, here.where, reached)
        ):
            return
        if branches_on_answer(here) or (isinstance(node, cst.While) and steps_below(here, reached)):
            path, order = here.where.path, here.where.order
            below = tuple(here.view.reach.inside(path, order, here.view.reach.end(path, order)))
            yield from self._entry(node, here, below, "the loop")

    def visit_FunctionDef(self, node: cst.FunctionDef, here: Here) -> Iterator[Mark]:
        number = here.view.scopes[here.where.order]
        place = Where(here.where.path, number, here.where.order)
        if recursion(here, place) is not None and branches_on_answer(here):
            yield from self._of_function(node, here, place, here.view.reach.below(place), "the recursion")
        if here.view.once(_entries.conducts, place):
            yield from self._of_function(node, here, place, here.view.reach.below(place), "the row of runs")
        if _resume.continues_here(here.view, place):
            yield here.mark(RESUME_API, node, confidence=Confidence.MEDIUM, what=f"{node.name.value} loads it")

    def _entry(
        self, node: cst.CSTNode, here: Here, reached: tuple[Reached, ...], what: str, of: Origin | None = None
    ) -> Iterator[Mark]:
        """The finding at the function around NODE; in a script's own body, at the first that starts there."""
        function = here.function()
        if function is not None:
            around = next((one for one in here.ancestors() if isinstance(one, cst.FunctionDef)), None)
            if around is not None:
                place = Where(here.where.path, function.id, function.order)
                yield from self._of_function(around, here, place, reached, what, of)
            return
        if _entries.is_first(here.view, here.where) and not _resume.is_continued(here.view, reached):
            yield here.mark(NO_RESUME_PATH, node, of, confidence=Confidence.MEDIUM, what=what)

    def _of_function(
        self,
        node: cst.FunctionDef,
        here: Here,
        place: Where,
        reached: tuple[Reached, ...],
        what: str,
        of: Origin | None = None,
    ) -> Iterator[Mark]:
        view = here.view
        if _durable.waits_for_news(view, place):
            return
        if any(True for one in _calls_of(view, place) for _ in facts_at(view, *one, (RESUME_API.id,))):
            return  # it lets a stored run go on itself
        if _entries.is_inside(view, place) or _resume.is_continued(view, reached) or _resume.is_wrapped(view, place):
            return
        yield here.mark(NO_RESUME_PATH, node, of, confidence=Confidence.MEDIUM, what=f"{what} in {node.name.value}()")


def _calls_of(view: View, place: Where) -> Iterator[tuple[Call, Where]]:
    """The calls that the function at PLACE makes itself, each with where it stands."""
    for called in view.project.calls_in(place.path, place.scope):
        yield called.call, Where(place.path, called.scope, called.order)
