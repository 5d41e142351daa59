"""FL03 own-your-context-window."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.facts import Scope
from factorlint.model import Check, Confidence, Owner, Severity
from factorlint.origin import Where
from factorlint.rule import Here, Mark, Rule, View

from . import _context, _cuts, _growth, _lent_lists

FRAMEWORK_MEMORY = Check(
    "FL0301",
    "framework-memory",
    Owner.FRAMEWORK,
    Severity.WARNING,
    "{symbol} decides what the model remembers: {what}",
    "Keep the events yourself, and write the function that renders them for the next call.",
)
SERVER_SIDE_CONTEXT = Check(
    "FL0302",
    "server-side-context",
    Owner.FRAMEWORK,
    Severity.WARNING,
    "{symbol} leaves the history with the provider: {what}",
    "Send the context you want the model to see, whole, with every call.",
)
UNBOUNDED_CONTEXT = Check(
    "FL0303",
    "unbounded-context",
    Owner.NOBODY,
    Severity.WARNING,
    "{what} grows from call to call and is sent whole: nothing trims or summarises it",
    "Render what the next step needs: drop, cut or summarise what is old.",
)
OWNED_CONTEXT = Check(None, "owned-context", Owner.CODE, None, "the context is built here from the tree's own state")


class OwnYourContextWindow(Rule):
    """Who decides what one model call sees?

    ## What it looks at

    The messages and prompts of every model call, walked back to the fields, globals and lists that hold them. A memory
    object of a framework and a history kept by the provider are reported, and so is a list that only ever grows.
    Functions of the tree that build, render, cut or join the context are evidence that it is yours.

    ## Why it matters

    Everything that the model knows stands in its context. What is in it, in which form and order, is the largest lever
    on quality that you have, and a memory object takes it out of your hands.

    ## What breaks at 80 %

    Long conversations begin to fail: an old instruction wins over a new one, a tool result fills the window, the
    bill grows with every turn. The cure is to drop, shorten or reorder, and the history that you would have to
    touch is not yours.

    ## Framework-owned

    ```python
    from langchain.chains import ConversationChain
    from langchain.memory import ConversationBufferMemory
    from langchain_openai import ChatOpenAI

    memory = ConversationBufferMemory()
    chat = ConversationChain(llm=ChatOpenAI(model="gpt-4o"), memory=memory)
    ```

    ## Owned

    ```python
    from openai import OpenAI


    def render(events: list) -> str:
        return "\\n".join(f"<{event['kind']}>{event['data']}</{event['kind']}>" for event in events[-20:])


    def next_step(events: list) -> str:
        messages = [{"role": "user", "content": render(events)}]
        return OpenAI().chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content
    ```

    ## What it cannot see

    What a provider cuts on its side, and lists that a framework trims through a hook that another tree passes in.
    """

    factor = 3
    name = "own-your-context-window"
    checks = (FRAMEWORK_MEMORY, SERVER_SIDE_CONTEXT, UNBOUNDED_CONTEXT, OWNED_CONTEXT)

    def leads(self, view: View) -> Iterator[tuple[str, int]]:
        return _cuts.trimmers(view)

    def visit_Call(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        for check in (FRAMEWORK_MEMORY, SERVER_SIDE_CONTEXT, OWNED_CONTEXT):
            for held in here.held(node, check.id):
                yield here.mark_held(check, node, held)
        for sent in here.view.threads.by_statement.get((here.where.path, here.where.order), ()):
            if sent.called.call != here.expr(node):
                continue
            what = _growth.unbounded(here, sent) or next(_lent_lists.grown_each_turn(here.view, sent), None)
            if what is not None:
                yield here.mark(UNBOUNDED_CONTEXT, node, confidence=Confidence.MEDIUM, what=what)

    def visit_FunctionDef(self, node: cst.FunctionDef, here: Here) -> Iterator[Mark]:
        number = here.view.scopes[here.where.order]
        place = (here.where.path, number)
        scope = here.view.facts.scopes[number]
        if (place in here.view.threads.renderers and _builds(here, number)) or _cuts.cuts(
            here.view, here.where.path, scope
        ):
            yield here.mark(OWNED_CONTEXT, node, confidence=Confidence.MEDIUM)
        else:
            yield from _composed(here, scope)


def _composed(here: Here, scope: Scope) -> Iterator[Mark]:
    """The statement in which a function fills its own state into what it sends to a model, or cuts the thread."""
    found = (_context.composed(here.view, here.where.path, scope), _cuts.statement(here, scope))
    order = min((one for one in found if one is not None), default=None)
    kinds = (cst.Assign, cst.AnnAssign, cst.AugAssign, cst.Return, cst.Expr, cst.With, cst.For, cst.Del)
    for inner in here.inside(*kinds) if order is not None else ():
        if inner.where.order == order:
            if any(True for call in inner.inside(cst.Call) for _ in call.held(call.node, OWNED_CONTEXT.id)):
                return  # it is reported there
            yield inner.mark(OWNED_CONTEXT, inner.node, confidence=Confidence.MEDIUM)
            return


def _builds(here: Here, number: int) -> bool:
    """Whether the function puts something together, rather than handing something on."""
    scope = here.view.facts.scopes[number]
    place = Where(here.where.path, number, scope.order)
    if (here.where.path, number) in here.view.agents.bodies:
        return False  # a tool: what it gives back is an observation
    if here.view.reach.function_does(place, ("call-model", "run")):
        return False
    return _context.puts_together(here.view, here.where.path, scope)
