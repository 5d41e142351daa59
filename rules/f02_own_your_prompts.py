"""FL02 own-your-prompts."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Const, Expr, Op, Text, last_name
from factorlint.model import Check, Confidence, Owner, Severity
from factorlint.prompts import SYSTEM, USER, Prompt
from factorlint.rule import Here, Mark, Rule, facts_at

from . import _decorators
from ._constants import as_constant
from ._texts import lays_out

HIDDEN_PROMPT_CONSTRUCTOR = Check(
    "FL0201",
    "hidden-prompt-constructor",
    Owner.FRAMEWORK,
    Severity.ERROR,
    "{symbol} builds the prompt out of pieces: {what}",
    "Write the prompt whole in this tree and send it verbatim.{way} 'factorlint reveal PATH:LINE' prints what is sent.",
)
FRAMEWORK_DEFAULT_PROMPT = Check(
    "FL0202",
    "framework-default-prompt",
    Owner.FRAMEWORK,
    Severity.WARNING,
    "{symbol} runs on the package's own prompt: {what}",
    "Pass a prompt of your own. 'factorlint reveal PATH:LINE' prints the one that is sent.",
)
REMOTE_PROMPT = Check(
    "FL0203",
    "remote-prompt",
    Owner.FRAMEWORK,
    Severity.WARNING,
    "{symbol} fetches the prompt at run time: it is not in this tree, and may change without a commit",
    "Keep the text in the tree, or pin the version that is fetched.",
)
INLINE_PROMPT = Check(
    "FL0204",
    "inline-prompt",
    Owner.CODE,
    Severity.INFO,
    "a prompt of {detail} lines stands inside the function that sends it: nothing can import or test it",
    "Move it to a named constant, a template file or a prompt function.",
    fix="safe",
)
PROMPT_WITH_ADDITIONS = Check(
    "FL0205",
    "prompt-with-additions",
    Owner.SHARED,
    Severity.INFO,
    "{symbol} sends your prompt whole and adds its own words: {what}",
    "Read what is added before you tune the prompt around it.",
)
MODEL_WRITTEN_PROMPT = Check(
    "FL0206",
    "model-written-prompt",
    Owner.NOBODY,
    Severity.WARNING,
    "a model wrote this system prompt at run time, and nobody reads it before it is sent",
    "Let the model fill slots of a prompt that is written here, or show the text to a person first.",
)
OWNED_PROMPT = Check(None, "owned-prompt", Owner.CODE, None, "the prompt is written in this tree and sent as it is")

_ASKS = ("call-model", "run", "run-graph")
_MAX_INLINE = 3  # lines of text; from the specification of FL0204
_HELD = (HIDDEN_PROMPT_CONSTRUCTOR, REMOTE_PROMPT, FRAMEWORK_DEFAULT_PROMPT, PROMPT_WITH_ADDITIONS)
_TEXTS = (cst.SimpleString, cst.ConcatenatedString, cst.FormattedString, cst.TemplatedString, cst.BinaryOperation)


class OwnYourPrompts(Rule):
    """Is the text that reaches the model yours, or the package's?

    ## What it looks at

    Every prompt on its way to a model: the arguments of model calls, agents, chains and message objects, traced back
    to where the text is written. A constructor that pastes your `role`, `goal` or `backstory` into text of its own is
    reported; so are built-in prompts that run because none was passed, and prompts that are fetched at run time.

    ## Why it matters

    The prompt is the first thing that is tuned to get from 80 % to what customers accept. You cannot tune, test or
    review a text that is put together inside a dependency.

    ## What breaks at 80 %

    The last complaints are about tone, a rule of the house, one question too many. Each is one sentence in the
    prompt, and the prompt is inside the package: you argue with it through `goal` and `backstory`, and an update of
    the package changes your product.

    ## Framework-owned

    ```python
    from crewai import Agent

    writer = Agent(role="Writer", goal="Write well", backstory="You have written for twenty years.")
    ```

    ## Owned

    ```python
    from openai import OpenAI

    SYSTEM = "You write release notes. Answer in three sentences."


    def release_notes(changes: str) -> str:
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": changes}]
        return OpenAI().chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content
    ```

    ## What it cannot see

    Texts that are assembled from a database or a configuration file at run time, and what a provider adds on its side.
    """

    factor = 2
    name = "own-your-prompts"
    checks = (
        HIDDEN_PROMPT_CONSTRUCTOR,
        FRAMEWORK_DEFAULT_PROMPT,
        REMOTE_PROMPT,
        INLINE_PROMPT,
        PROMPT_WITH_ADDITIONS,
        MODEL_WRITTEN_PROMPT,
        OWNED_PROMPT,
    )

    def visit_Call(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        said = [(check, held) for check in _HELD for held in here.held(node, str(check.code))]
        for check, held in said[:1]:
            yield here.mark_held(check, node, held, way=_way(held.fact.gives_back))
        yield from self._generated(node, here)
        for prompt in _sent_by(node, here):
            if prompt.kind == "answer" and prompt.part == SYSTEM and not _sums_up(prompt.expr):
                yield here.mark(MODEL_WRITTEN_PROMPT, node, prompt.origin.weaker())
            elif prompt.kind == "file":
                yield here.mark(OWNED_PROMPT, node, prompt.origin.weaker())
            elif prompt.kind == "passed" and not said:
                at = next((arg for arg in node.args if here.expr(arg.value) == prompt.expr), node)
                yield here.mark(OWNED_PROMPT, at, confidence=Confidence.MEDIUM)

    def _generated(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        if _decorators.registers(node, here):
            return
        for held in here.held(node, "owned-prompt"):
            yield here.mark_held(OWNED_PROMPT, node, held)

    # A prompt is one site, where it is written: at its statement, or at its prompt function.

    def visit_Assign(self, node: cst.Assign, here: Here) -> Iterator[Mark]:
        yield from self._written(node, here)

    def visit_AnnAssign(self, node: cst.AnnAssign, here: Here) -> Iterator[Mark]:
        yield from self._written(node, here)

    def visit_AugAssign(self, node: cst.AugAssign, here: Here) -> Iterator[Mark]:
        yield from self._written(node, here)

    def visit_Return(self, node: cst.Return, here: Here) -> Iterator[Mark]:
        yield from self._written(node, here)

    def visit_Expr(self, node: cst.Expr, here: Here) -> Iterator[Mark]:
        yield from self._written(node, here)

    def visit_For(self, node: cst.For, here: Here) -> Iterator[Mark]:
        yield from self._written(node.iter, here)

    def visit_With(self, node: cst.With, here: Here) -> Iterator[Mark]:
        for item in node.items:
            yield from self._written(item, here)

    def visit_FunctionDef(self, node: cst.FunctionDef, here: Here) -> Iterator[Mark]:
        tool = (here.where.path, here.view.scopes[here.where.order]) in here.view.agents.bodies
        made = [one for one in _prompts_at(here) if one.kind == "function" and one.share != "frame" and not tool]
        written = bool(made) and not (node.name.value == "__init__" and _hidden(made, here)) and not _asks(here)
        for decorator in node.decorators:
            if _decorators.makes_agent(decorator.decorator, here):
                yield from self._written(decorator, here)
                continue
            written = written or any(True for _ in here.held(decorator.decorator, "owned-prompt"))
        if written:
            yield here.mark(OWNED_PROMPT, node, confidence=Confidence.MEDIUM)

    def _written(self, node: cst.CSTNode, here: Here) -> Iterator[Mark]:
        found = [one for one in _prompts_at(here) if one.kind in ("literal", "constant") and one.share != "frame"]
        if not found:
            return
        value = node.value if isinstance(node, (cst.Assign, cst.AnnAssign)) else None
        whole = here.expr(value) if value is not None else None
        named = value is not None and _is_template(value, here)
        said: set[int] = set()  # one message list is one prompt, however many texts it is made of
        for text, prompts in _by_text(found):
            at = _literal(text, here) or node
            if _hidden(prompts, here):
                continue
            lines = _lines(text)
            first = prompts[0]
            long = first.kind == "literal" and lines > _MAX_INLINE and not lays_out(_own(text))
            if long and not (named or _in_a_maker(prompts, here)):
                to, fix = as_constant(at, here, first)
                yield here.mark(INLINE_PROMPT, at, confidence=Confidence.HIGH, fix=fix, fix_at=to, detail=str(lines))
            elif (
                not first.share and not _question(prompts) and (first.kind == "constant" or id(first.sink) not in said)
            ):
                said.add(id(first.sink))
                yield here.mark(OWNED_PROMPT, node if named or whole == text else at, confidence=Confidence.HIGH)


def _is_template(value: cst.BaseExpression, here: Here) -> bool:
    """Whether VALUE makes a template to which a module or a class gives a name: others can import and test it."""
    if here.scope.kind == "function":
        return False
    return any(here.plays(one, "prompt-template") for one in here.origins(value))


def _in_a_maker(prompts: list[Prompt], here: Here) -> bool:
    """Whether the function makes the text, or a template of it, for others: it asks no model itself."""
    function, path = here.function(), here.where.path
    if function is None or here.view.reach.statements_do(path, function.order + 1, function.end, _ASKS):
        return False
    if not any(one.caller.path == path and function.order < one.caller.order <= function.end for one in prompts):
        return True
    made = (origin for one in prompts for origin in here.view.tracer.origins(one.sink.call, one.sink_at))
    return any(here.plays(one, "prompt-template") for one in made)


def _asks(here: Here) -> bool:
    """Whether the function that is defined HERE asks a model: what it words around the answer is no prompt."""
    scope = here.view.project.files[here.where.path].scopes[here.view.scopes[here.where.order]]
    return here.view.reach.statements_do(here.where.path, scope.order + 1, scope.end, _ASKS)


def _sums_up(expr: Expr) -> bool:
    """``state.summary``: what was said before, in short, is context and no prompt."""
    return "summar" in last_name(expr).lower()


def _way(gives_back: tuple[str, ...]) -> str:
    return f" Here: {'; '.join(gives_back)}." if gives_back else ""


def _prompts_at(here: Here) -> tuple[Prompt, ...]:
    return here.view.prompts.by_statement.get((here.where.path, here.where.order), ())


def _sent_by(node: cst.Call, here: Here) -> Iterator[Prompt]:
    """The prompts that the call at NODE takes."""
    expr = here.expr(node)
    for one in here.view.prompts.by_sink.get((here.where.path, here.where.order), ()):
        if one.sink.call == expr:
            yield one


def _by_text(found: list[Prompt]) -> Iterator[tuple[Expr, list[Prompt]]]:
    texts: dict[int, tuple[Expr, list[Prompt]]] = {}
    for one in found:
        texts.setdefault(id(one.expr), (one.expr, []))[1].append(one)
    yield from texts.values()


def _literal(text: Expr, here: Here) -> cst.CSTNode | None:
    """The node of the text inside the statement under visit."""
    for inner in here.inside(*_TEXTS):
        node: cst.CSTNode = inner.node
        if here.expr(node) == text:
            return node
    return None


def _hidden(prompts: list[Prompt], here: Here) -> bool:
    """Every way that this text goes leads into a text of the package: the finding there speaks for it."""
    checks = ("FL0201", "FL0205")
    return all(any(True for _ in facts_at(here.view, one.sink.call, one.sink_at, checks)) for one in prompts)


def _question(prompts: list[Prompt]) -> bool:
    """A short literal sent as the person's own words: a question, no prompt."""
    return all(one.part == USER and isinstance(one.expr, Const) and len(str(one.expr.value)) < 80 for one in prompts)


def _lines(text: Expr) -> int:
    """Lines of the text that stands here, without its blank edges: what it is filled with is written elsewhere."""
    return len(_own(text).strip().splitlines())


def _own(text: Expr) -> str:
    if isinstance(text, Const):
        return str(text.value) if isinstance(text.value, str) else "{…}"
    if isinstance(text, Text) or (isinstance(text, Op) and text.op == "+"):
        return "".join(map(_own, text.parts if isinstance(text, Text) else text.operands))
    return "{…}"
