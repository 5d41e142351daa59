"""FL13 pre-fetch."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from factorlint.agents import Tool, Toolset
from factorlint.expr import Call
from factorlint.model import Check, Confidence, Owner, Severity
from factorlint.origin import Origin, Where
from factorlint.prompts import Prompt
from factorlint.rule import Here, Mark, Rule, View, symbols_of

from . import _carried, _effects, _fetch, _tools, _verbs
from ._orders import sentences
from ._texts import texts

PREFETCHABLE_TOOL = Check(
    "FL1301",
    "prefetchable-tool",
    Owner.NOBODY,
    Severity.INFO,
    "{detail} needs nothing from the model and only reads: the model spends a turn on asking for it",
    "Call it before the first model call, and put the result into the prompt.",
    absence=True,
)
PROMPT_ORDERS_FETCH = Check(
    "FL1302",
    "prompt-orders-fetch",
    Owner.NOBODY,
    Severity.INFO,
    "the prompt orders the model to call {detail} in any case",
    "What is always called is no choice: call it in code, and put the result into the prompt.",
)
PREFETCHED_CONTEXT = Check(
    None, "prefetched-context", Owner.CODE, None, "what {detail} reads stands in the prompt before the model is asked"
)

_BEGINS = frozenset("start stop launch respond answer".split())
_ORDER = re.compile(
    r"^\W*(?:\d+[.)]\s*)?(?:(?:you\s+)?(?:must|should|always|first|then|please|start by|begin by|begin with)\W+)*"
    r"(?:to\s+|by\s+)?(?:use|using|call|calling|invoke|run|query|consult|check)\b",
    re.IGNORECASE,
)
_ANYHOW = re.compile(r"\b(?:always|first|must|immediately|before (?:you|answering|doing|anything))\b", re.IGNORECASE)
_VERB = re.compile(r"\b(?:use|call|invoke|run|consult|check|query)\b", re.IGNORECASE)
_CONDITION = re.compile(
    r"\b(?:if|when|whenever|unless|in case|only|as needed|may|can|could|for each|once|after|until|where)\b",
    re.IGNORECASE,
)
_IF_NEEDED = re.compile(
    r"\b(?:if|as|when|where)\s+(?:needed|necessary|required|applicable|appropriate)\b", re.IGNORECASE
)
_IF_ASKED = re.compile(
    r"(?<!determine )(?<!check )(?<!see )(?<!decide )(?<!know )(?<!tell )\b(?:if|when|whenever|in case)\s+"
    r"(?:(?:the|a|your)\s+)?(?:users?|customers?|clients?|they|someone|asked|it)\b",
    re.IGNORECASE,
)
# "- Crawl the site using the crawl_site tool", "2. Put the term into the web_search tool": a step of a list.
_STEP = re.compile(r"^\s*(?:\d+[.)]|[-*•])\s+[A-Z][a-z]+\s")
_BY = re.compile(r"\b(?:using|with|into|through|via)\s+(?:the\s+|your\s+)?\W*$", re.IGNORECASE)
_NAMED = re.compile(r"`(?P<name>[a-z][a-z0-9_]+)`(?= tool\b)")
_FOR_SOME = re.compile(
    r"^\W*(?:tools?\W+)?(?:for\s+(?!(?:every|each|all|any)\b)"
    r"|(?:if|when|whenever)\s+(?!answering|responding|you can|possible))",
    re.IGNORECASE,
)


class PreFetch(Rule):
    """Does the model have to ask for what you know that it needs?

    ## What it looks at

    Tools that are offered to a model, need no argument and only read; prompts that order the model to call a reading
    tool in any case; and results of your own calls that stand in the prompt before the model is asked.

    ## Why it matters

    If you know that the model will want the open orders, a turn in which it says so is slow, costs, and may be
    forgotten. Fetch first, and let the model decide what is left to decide.

    ## What breaks at 80 %

    One run in twenty does not fetch what it always needs, and answers from nothing. The others pay a turn, some
    seconds and a chance of a wrong argument for a question whose answer you knew beforehand.

    ## Framework-owned

    ```python
    import httpx
    from agents import Agent, function_tool


    @function_tool
    def list_open_orders() -> list:
        return httpx.get("https://shop.example/orders?state=open").json()


    agent = Agent(name="Clerk", instructions="Answer questions about open orders.", tools=[list_open_orders])
    ```

    ## Owned

    ```python
    import httpx
    from openai import OpenAI


    def answer(question: str) -> str:
        orders = httpx.get("https://shop.example/orders?state=open").json()
        messages = [{"role": "user", "content": f"Open orders: {orders}. {question}"}]
        return OpenAI().chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content
    ```

    ## What it cannot see

    Prompts in files, tools of servers, and whether the model really needs what a tool would read.
    """

    factor = 13
    name = "pre-fetch"
    checks = (PREFETCHABLE_TOOL, PROMPT_ORDERS_FETCH, PREFETCHED_CONTEXT)

    def visit_Call(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        for callee in here.callees(node):
            for symbol, origin in symbols_of(here.view.tracer, callee):
                held = here.toolset(node, symbol)
                at = here.argument_node(node, held.argument, symbol) if held.argument else None
                for tool in held.tools:
                    if at is not None and not _registered(tool, here) and _prefetchable(here.view, tool):
                        element = _tools.element_node(at, tool.element, here)
                        yield here.mark(PREFETCHABLE_TOOL, element, origin.weaker(), detail=tool.name)
                break
        yield from self._fetched(node, here)

    def visit_FunctionDef(self, node: cst.FunctionDef, here: Here) -> Iterator[Mark]:
        number = here.view.scopes[here.where.order]
        yield from self._registered(node, here, number)
        yield from self._prompts(node, here)

    def _registered(self, node: cst.FunctionDef, here: Here, number: int) -> Iterator[Mark]:
        """``@agent.tool`` on a function that only reads."""
        scope = here.view.facts.scopes[number]
        place = Where(here.where.path, number, scope.end)
        for decorator in node.decorators:
            value = decorator.decorator
            func = value.func if isinstance(value, cst.Call) else value
            for one in here.origins(func):
                if not one.plays("tool-decorator") or one.receiver is None:
                    continue
                tool = Tool(scope.name, one, here.expr(value), here.where, place)
                if _prefetchable(here.view, tool):
                    yield here.mark(PREFETCHABLE_TOOL, decorator, one.weaker(), detail=scope.name)
                return

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
        for prompt in here.view.prompts.by_statement.get((here.where.path, here.where.order), ()):
            if prompt.share == "frame":
                continue
            held = _offered(here.view, prompt)
            for sentence in _sentences(here.view, prompt):
                name = _ordered(here.view, sentence, held)
                if name is not None:
                    at = _piece(node, sentence, here)
                    yield here.mark(PROMPT_ORDERS_FETCH, at, confidence=Confidence.MEDIUM, detail=name)
                    return

    # -- fetched before --------------------------------------------------------------------------------------------

    def _fetched(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        call = here.call(node)
        name = _fetch.reading(here, call) if not _fetch.is_asked_further(here) else None
        if name is None or _fetch.written_by_model(here, call):
            return
        if _fetch.reaches_prompt(here, call) or _carried.reaches_a_later_prompt(here, call):
            yield here.mark(PREFETCHED_CONTEXT, node, confidence=Confidence.MEDIUM, detail=name)


def _registered(tool: Tool, here: Here) -> bool:
    """Whether the tool came by a decorator: it is then reported there."""
    return any(one.plays("tool-decorator") and one.receiver is not None for one in _decorating(tool, here))


def _decorating(tool: Tool, here: Here) -> tuple[Origin, ...]:
    func = tool.element.func if isinstance(tool.element, Call) else tool.element
    return here.view.tracer.origins(func, tool.where)


def _prefetchable(view: View, tool: Tool) -> bool:
    """Whether the tool takes nothing that the model must know, only reads, and gives something back."""
    body = tool.body
    if body is None or _tools.required(view, body) or _effects.effect(view, body, tool.name) is not None:
        return False
    if _tools.asks_model(view, body) or _tools.asks_person(view, body):
        return False
    scope = view.project.scope(body)
    if _verbs.reads_by_name(scope.name) or _verbs.reads_by_name(tool.name):
        return bool(scope.returns)
    if _verbs.acts_by_name(scope.name) or _tools.changes_state(view, body):
        return False
    if (_verbs.words(scope.name) or [""])[0] in _MOVES:
        return False
    return _fetch.returns_what_it_read(view, body)


# What moves on to something else is not there to be read before.
_MOVES = frozenset("go click press scroll navigate reload refresh wait undo".split())


def _sentences(view: View, prompt: Prompt) -> Iterator[str]:
    for text in texts(view, prompt):
        yield from sentences(text)


def _offered(view: View, prompt: Prompt) -> Toolset:
    """The tools of the agent that is given PROMPT, or those of which the same call tells a model."""
    about = prompt.symbol, prompt.sink.call, prompt.sink_at
    held = view.agents.toolset(*about)
    if held.tools or held.argument:
        return held
    passed_on = prompt.caller != prompt.sink_at
    for called in view.reach.calls(prompt.caller.path, prompt.caller.order, prompt.caller.order) if passed_on else ():
        for callee in view.tracer.callees(called.call.func, prompt.caller):
            if any(symbol is prompt.symbol for symbol, _ in symbols_of(view.tracer, callee)):
                return view.agents.toolset(prompt.symbol, called.call, prompt.caller)
    return view.agents.described(*about)


def _ordered(view: View, sentence: str, held: Toolset) -> str | None:
    """The name of the reading tool that the sentence orders to be called, without a condition."""
    for tool in held.tools:
        name = re.sub(r"[^a-z0-9]", "", tool.name.lower())
        named = re.search("[^a-z0-9]*".join(name), sentence, re.IGNORECASE) if len(name) > 3 else None
        if named is not None and _is_order(sentence, named) and _only_reads(view, tool):
            return tool.name
    named = _NAMED.search(sentence) if held.argument is not None and not held.known else None
    if named is not None and _is_order(sentence, named):  # one of a kit, of which only the prompt says the name
        name = named["name"]
        return name if _verbs.speaks_of_reading(name) and not _verbs.acts_by_name(name) else None
    return None


def _is_order(sentence: str, named: re.Match[str]) -> bool:
    """Whether a sentence, in which a tool is NAMED, orders to call it in any case."""
    before = sentence[: named.start()]
    if _CONDITION.search(before) or _IF_NEEDED.search(sentence) or _IF_ASKED.search(sentence):
        return False
    if _FOR_SOME.match(sentence[named.end() :]):
        return False
    if _STEP.match(sentence) and _BY.search(before):
        return True
    return bool(_VERB.search(before) and (_ORDER.match(sentence) or _ANYHOW.search(sentence)))


def _only_reads(view: View, tool: Tool) -> bool:
    if _verbs.acts_by_name(tool.name) or (_verbs.words(tool.name) or [""])[0] in _BEGINS:
        return False
    if tool.body is None:
        return _verbs.speaks_of_reading(tool.name)
    if _verbs.reads_by_name(tool.name):
        return True
    if _tools.asks_model(view, tool.body) or _effects.effect(view, tool.body, tool.name) is not None:
        return False
    if _verbs.keeps_by_name(tool.name):
        return False
    said = view.project.scope(tool.body).doc or ""
    return _verbs.reads_by_name(said.strip().partition(" ")[0]) or not _tools.changes_state(view, tool.body)


def _piece(node: cst.CSTNode, sentence: str, here: Here) -> cst.CSTNode:
    """The literal in which the sentence begins, else the statement."""
    start = sentence.strip()[:40].split("{…}")[0].rstrip()
    for inner in here.inside(cst.SimpleString, cst.FormattedString):
        said = here.text(inner.node)
        if said is not None and start and start in said:
            found: cst.CSTNode = inner.node
            return found
    return node
