"""FL07 contact-humans-with-tools."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Attr, Call, Dict, Expr, Seq, Star
from factorlint.model import Check, Confidence, Fix, Owner, Severity
from factorlint.origin import Kind, Origin, Where
from factorlint.rule import Here, Mark, Rule, View, facts_at

from . import _answered, _decorators, _effects, _people, _stops, _teams, _tools, _verbs
from ._choice import branches

BLOCKING_HUMAN_INPUT = Check(
    "FL0701",
    "blocking-human-input",
    Owner.NOBODY,
    Severity.WARNING,
    "{symbol} waits in this process for a person: {what}",
    "Make the question a tool call or an intent: save the thread, hand the question out, and go on when the answer "
    "comes back as an event.",
)
FRAMEWORK_HUMAN_CONTACT = Check(
    "FL0702",
    "framework-human-contact",
    Owner.FRAMEWORK,
    Severity.WARNING,
    "{symbol} asks the person itself: {what}",
    "Let the model ask through a tool of your own, whose answer comes back as an event.",
)
UNAPPROVED_HIGH_STAKES_TOOL = Check(
    "FL0703",
    "unapproved-high-stakes-tool",
    Owner.NOBODY,
    Severity.WARNING,
    "the model may run this tool and nobody is asked: {what}",
    "Stop between the choice of this tool and its run, and let a person or a policy say yes.",
    fix="unsafe",
)
HUMAN_AS_TOOL = Check(
    None, "human-as-tool", Owner.CODE, None, "the agent reaches a person by a call that is handed out: {what}"
)

_HUMAN = frozenset(
    "ask_human ask_user ask_question question request_clarification clarify clarification request_more_information "
    "request_more_info contact_human request_approval request_human_approval request_approval_from_manager human_input "
    "request_human_input ask_for_help human ask_person request_input request_feedback approval".split()
)

_A_LINE = 2  # statements: a docstring and a call
_NESTED = 4  # lists in lists


class ContactHumansWithTools(Rule):
    """How does the agent reach a person?

    ## What it looks at

    Questions on the console inside a tool or inside the agent's loop, flags and proxies of a framework that ask, tools
    with high stakes that run without a question, and intents or tools by which the agent asks and then stops.

    ## Why it matters

    A person answers in an hour or on Monday. A process that waits on `input()` cannot be deployed, and a refund that
    nobody approved cannot be taken back.

    ## What breaks at 80 %

    The agent is right nine times in ten, so somebody has to approve. In the demo that was `input()`; behind a web
    server nobody sits at the console, and the approval that was left out for now becomes a refund that was paid.

    ## Framework-owned

    ```python
    from agents import Agent, function_tool
    import subprocess


    @function_tool
    def shell(command: str) -> str:
        return subprocess.run(command, shell=True, capture_output=True, text=True).stdout


    agent = Agent(name="Operator", instructions="Keep the server up.", tools=[shell])
    ```

    ## Owned

    ```python
    from agents import Agent, function_tool
    import subprocess


    @function_tool(needs_approval=True)
    def shell(command: str) -> str:
        return subprocess.run(command, shell=True, capture_output=True, text=True).stdout


    agent = Agent(name="Operator", instructions="Keep the server up.", tools=[shell])
    ```

    ## What it cannot see

    Approvals that stand in another service, and what a tool does behind an HTTP call whose name says nothing.
    """

    factor = 7
    name = "contact-humans-with-tools"
    checks = (BLOCKING_HUMAN_INPUT, FRAMEWORK_HUMAN_CONTACT, UNAPPROVED_HIGH_STAKES_TOOL, HUMAN_AS_TOOL)

    def visit_Call(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        if not _decorators.registers(node, here):
            yield from self._held(node, here)
            yield from self._library_tools(node, here)
        asked = _asking(node, here)
        if asked is None:
            return
        why = _people.why_agent_asks(here, node)
        if why is not None:
            confidence = asked.confidence if asked.symbol is not None else Confidence.HIGH
            yield here.mark(BLOCKING_HUMAN_INPUT, node, asked, confidence=confidence, what=why)

    def _held(self, node: cst.Call | cst.BaseExpression, here: Here, at: cst.CSTNode | None = None) -> Iterator[Mark]:
        for check in (FRAMEWORK_HUMAN_CONTACT, UNAPPROVED_HIGH_STAKES_TOOL, HUMAN_AS_TOOL, BLOCKING_HUMAN_INPUT):
            for held in here.held(node, check.id):
                if check is UNAPPROVED_HIGH_STAKES_TOOL and here.plays(held.origin, "tool", "toolkit"):
                    continue  # it stands where an agent is given it
                if check is FRAMEWORK_HUMAN_CONTACT and _teams.ended_by_its_team(held, here.expr(node), here):
                    continue
                if at is not None:
                    yield here.mark(check, at, held.origin, owner=held.fact.owner, what=held.fact.what)
                elif isinstance(node, cst.Call):
                    yield here.mark_held(check, node, held)
                break

    def _library_tools(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        """Ready-made tools with high stakes, at the element of ``tools=``."""
        for callee in here.callees(node):
            if callee.symbol is None:
                continue
            given = here.arguments(node, callee.symbol).given
            for name in callee.symbol.parameter("tools"):
                at = here.argument_node(node, name, callee.symbol)
                if at is None or name not in given:
                    continue
                for item, where in _elements(here, *given[name]):
                    for one in here.view.tracer.origins(item, where):
                        maker = one if one.plays("tool", "toolkit") else one.receiver
                        if maker is None or maker.call is None or maker.made is None:
                            continue
                        for held in facts_at(here.view, maker.call, maker.made, ("FL0703",)):
                            element = _tools.element_node(at, item, here)
                            yield here.mark(
                                UNAPPROVED_HIGH_STAKES_TOOL, element, held.origin.weaker(), what=held.fact.what
                            )
            return

    def visit_FunctionDef(self, node: cst.FunctionDef, here: Here) -> Iterator[Mark]:
        for decorator in node.decorators:
            if not _decorators.makes_agent(decorator.decorator, here):
                yield from self._held(decorator.decorator, here, decorator)
        number = here.view.scopes[here.where.order]
        place = Where(here.where.path, number, here.where.order)
        key = (place.path, place.scope)
        if key not in here.view.agents.bodies or key in here.view.once(_stops.stopped):
            return
        what = _effects.effect(here.view, place, _verbs.name_of(here.view, place))
        if what is None or _tools.approved_by_decorator(here.view, place) or _tools.asks_person(here.view, place):
            return
        if _people.approved_on_the_way(here.view, place) or _only_hands_on(here.view, place):
            return
        at, fix = _approval(node, here)
        yield here.mark(UNAPPROVED_HIGH_STAKES_TOOL, node, confidence=Confidence.MEDIUM, fix=fix, fix_at=at, what=what)

    def leads(self, view: View) -> Iterator[tuple[str, int]]:
        return _answered.statements(view)

    def visit_Dict(self, node: cst.Dict, here: Here) -> Iterator[Mark]:
        """``{"role": "tool", "tool_call_id": id, "content": body.answer}``: what the model asked comes back."""
        if _answered.by_a_person(here):
            what = "a person's answer is the result of the call"
            yield here.mark(HUMAN_AS_TOOL, node, confidence=Confidence.MEDIUM, what=what)

    def visit_If(self, node: cst.If, here: Here) -> Iterator[Mark]:
        """``if intent == "request_clarification": …; return``: asked, saved, and left."""
        if (here.where.path, here.where.scope) in here.view.steps.graphs.routers:
            return  # it only says which step is next
        for branch in branches(here):
            if not set(branch.values) & _HUMAN or not _leaves(node) or _asks_inside(here):
                continue
            yield here.mark(HUMAN_AS_TOOL, node, branch.answer.weaker(), what=", ".join(branch.values))
            return


def _only_hands_on(view: View, place: Where) -> bool:
    """Whether another function is the tool's body: ``return self.execute(**arguments)``, no more."""
    if any((place.path, place.scope) in ways for ways in view.once(_people.wrappers).values()):
        return True
    scope, holder = view.project.scope(place), view.project.class_of(place)
    if holder is None or scope.end - scope.order > _A_LINE:
        return False
    if any(_is_one_inside(called.call, scope.name) for called in view.project.calls_in(place.path, place.scope)):
        return True
    for one in view.reach.below(place):
        own = one.callee.place
        if one.depth == 0 and own is not None and (own.path, own.scope) in view.agents.bodies:
            if own.path == place.path and view.project.scope(own).parent == holder.id:
                return True
    return False


def _is_one_inside(call: Call, name: str) -> bool:
    """``self.inner.execute(**given)`` in an ``execute``: the tool that it is wrapped around."""
    func = call.func
    same = isinstance(func, Attr) and func.name == name and isinstance(func.base, Attr)
    return same and any(keyword is None for keyword, _ in call.keywords)


def _approval(node: cst.FunctionDef, here: Here) -> tuple[cst.Decorator | None, Fix | None]:
    """The decorator of the tool whose library would ask before it, and the argument that makes it."""
    for decorator in node.decorators:
        made = decorator.decorator
        for origin in here.origins(made.func if isinstance(made, cst.Call) else made):
            for fact in here.view.catalog.facts(origin.symbol) if origin.symbol is not None else ():
                if fact.check == HUMAN_AS_TOOL.id and {fact.at: "truthy"} in fact.when:
                    return decorator, Fix(fact.at, "True")
    return None, None


def _elements(here: Here, expr: Expr, where: Where, depth: int = 0) -> Iterator[tuple[Expr, Where]]:
    """The elements of a list of tools, and what was given as one (``toolkit.get_tools()``)."""
    for one in here.view.tracer.origins(expr, where) if depth < _NESTED else ():
        if one.kind is not Kind.CONTAINER:
            continue
        for held in (one, *one.parts):
            if isinstance(held.expr, (Dict, Seq)) and held.place is not None:
                for item in held.expr.items if isinstance(held.expr, Seq) else (value for _, value in held.expr.items):
                    if isinstance(item, Star):
                        yield from _elements(here, item.value, held.place, depth + 1)
                    else:
                        yield item, held.place
    yield expr, where


def _asking(node: cst.Call, here: Here) -> Origin | None:
    """What asks a person at NODE, if anything does."""
    return next((one for one in here.callees(node) if _people.asks(one)), None)


def _leaves(node: cst.If) -> bool:
    """Whether the branch ends the step: it returns, breaks or raises."""
    last = node.body.body[-1] if node.body.body else None
    if isinstance(last, cst.SimpleStatementLine):
        return any(isinstance(one, (cst.Return, cst.Break, cst.Raise)) for one in last.body)
    return False


def _asks_inside(here: Here) -> bool:
    return any(_asking(inner.node, inner) is not None for inner in here.inside(cst.Call))
