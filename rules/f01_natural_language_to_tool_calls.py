"""FL01 natural-language-to-tool-calls."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Call, Const, Name, last_name, walk
from factorlint.model import Check, Confidence, Owner, Severity
from factorlint.origin import Kind, Origin
from factorlint.rule import Here, Mark, Rule, View

from . import _executed, _parsing, _pipes

UNTYPED_LLM_OUTPUT = Check(
    "FL0101",
    "untyped-llm-output",
    Owner.NOBODY,
    Severity.WARNING,
    "the answer's text is taken apart by {what}, and no schema checks what comes out",
    "Ask for a typed answer: a schema in the call, or a model that validates the text before code decides on it.",
)
EXECUTED_LLM_OUTPUT = Check(
    "FL0102",
    "executed-llm-output",
    Owner.NOBODY,
    Severity.ERROR,
    "what the model wrote reaches {what}, and nobody is asked",
    "Let the model choose among typed intents, and let code or a person decide what runs.",
)
FRAMEWORK_PARSED_OUTPUT = Check(
    "FL0103",
    "framework-parsed-output",
    Owner.FRAMEWORK,
    Severity.INFO,
    "{symbol} reads the action out of the text: {what}",
    "Use native tool calls or a schema of your own.",
)
TYPED_LLM_OUTPUT = Check(None, "typed-llm-output", Owner.CODE, None, "a schema of the tree types the answer")

_READ = ("text", "response", "messages", "stream", "part")
_DATA = ("parsed", "arguments")
_TAKES_APART = frozenset("split rsplit splitlines partition rpartition startswith endswith find index".split())
_LOOKS_FOR = ("find", "index")
_PARSERS = frozenset(
    "json.loads ast.literal_eval yaml.safe_load yaml.load re.search re.match re.fullmatch re.findall re.finditer "
    "re.split xml.etree.ElementTree.fromstring xmltodict.parse json5.loads orjson.loads ujson.loads json_repair.loads "
    "json_repair.repair_json".split()
)


class NaturalLanguageToToolCalls(Rule):
    """Does the model's answer become a typed intent before code acts on it?

    ## What it looks at

    Model calls whose answer the code uses. The answer is followed as a value, through attributes, assignments,
    helpers and parameters, to where it is parsed, compared or executed. A schema anywhere on the way clears it; text
    that is shown or stored as text is no site.

    ## Why it matters

    "The model answered in the wrong form" is the most common fault of an agent. A type turns it into an error at one
    place; a regex turns it into a wrong decision somewhere else.

    ## What breaks at 80 %

    The demo's answers all had the form that the regex knows. Then the model is updated, or a customer writes in
    German, and one answer in fifty is read as the wrong branch. Nothing fails: the wrong thing is done, and no log
    line says so.

    ## Framework-owned

    ```python
    import json

    from openai import OpenAI


    def next_step(question: str) -> str:
        messages = [{"role": "user", "content": question}]
        answer = OpenAI().chat.completions.create(model="gpt-4o", messages=messages)
        step = json.loads(answer.choices[0].message.content)
        return step["action"]
    ```

    ## Owned

    ```python
    from openai import OpenAI
    from pydantic import BaseModel


    class Step(BaseModel):
        action: str


    def next_step(question: str) -> Step:
        messages = [{"role": "user", "content": question}]
        answer = OpenAI().beta.chat.completions.parse(model="gpt-4o", messages=messages, response_format=Step)
        return answer.choices[0].message.parsed
    ```

    ## What it cannot see

    Answers that go through a queue, a database or another process, and checks that a client makes on its side.
    """

    factor = 1
    name = "natural-language-to-tool-calls"
    checks = (UNTYPED_LLM_OUTPUT, EXECUTED_LLM_OUTPUT, FRAMEWORK_PARSED_OUTPUT, TYPED_LLM_OUTPUT)

    def visit_Call(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        for held in here.held(node, "FL0103"):
            yield here.mark_held(FRAMEWORK_PARSED_OUTPUT, node, held)
        for held in here.held(node, "typed-llm-output"):
            yield here.mark_held(TYPED_LLM_OUTPUT, node, held)
        if _types(node, here) or _chooses_by_schema(node, here):
            yield here.mark(TYPED_LLM_OUTPUT, node, confidence=Confidence.MEDIUM)
        what = _executed.executed(node, here)
        if what is not None:
            yield here.mark(EXECUTED_LLM_OUTPUT, node, confidence=Confidence.MEDIUM, what=what)

    def leads(self, view: View) -> Iterator[tuple[str, int]]:
        return _pipes.statements(view)

    def visit_BinaryOperation(self, node: cst.BinaryOperation, here: Here) -> Iterator[Mark]:
        parser = _pipes.typed(node, here)
        if parser is not None:
            yield here.mark(TYPED_LLM_OUTPUT, node, parser.weaker())

    def visit_AnnAssign(self, node: cst.AnnAssign, here: Here) -> Iterator[Mark]:
        """``args_schema: type = Schema`` in a tool's class: the framework checks the arguments against it."""
        if not isinstance(node.target, cst.Name) or node.target.value != "args_schema":
            return
        place = here.where._replace(order=here.scope.end)
        lineage = here.view.tracer.lineage(Origin(Kind.DEFINITION, place=place))
        if any(here.view.catalog.is_a(one.symbol, "tool") for one in lineage):
            yield here.mark(TYPED_LLM_OUTPUT, node)

    def visit_FunctionDef(self, node: cst.FunctionDef, here: Here) -> Iterator[Mark]:
        yield from self._parsed(here)

    def visit_Module(self, node: cst.Module, here: Here) -> Iterator[Mark]:
        yield from self._parsed(here)

    def _parsed(self, here: Here) -> Iterator[Mark]:
        """A function that takes an answer apart is reported once, where it begins to."""
        number = here.view.scopes[here.where.order]
        inside = [one for one in here.inside(cst.Call, cst.Comparison, cst.Match) if one.where.scope == number]
        if (here.where.path, number) in here.view.agents.bodies:  # what a tool is given came by a schema
            inside = [one for one in inside if _of_own_call(one, number)]
        for inner in inside:
            what = _takes_apart(inner)
            if what is None or _parsing.is_none(inner, inside):
                continue
            if not _is_checked(here, number) and not _parsing.checks_each_field(here, inner, inside):
                yield inner.mark(UNTYPED_LLM_OUTPUT, inner.node, confidence=Confidence.MEDIUM, what=what)
            return


def _of_own_call(here: Here, number: int) -> bool:
    """Whether every answer in the node is that of a model call that the function itself makes."""
    found = here.answers(here.node)
    made = [one.made for one in found if one.made is not None]
    return bool(made) and all((one.path, one.scope) == (here.where.path, number) for one in made)


def _chooses_by_schema(node: cst.Call, here: Here) -> bool:
    """Whether the model is told of tools that the tree describes: its choice comes back by name and schema.

    Whether the arguments are then checked is a matter of F4.
    """
    call = here.expr(node)
    return isinstance(call, Call) and any(
        one.symbol is not None and here.view.agents.has_own_schemas(one.symbol, call, here.where)
        for one in here.callees(node)
    )


def _types(node: cst.Call, here: Here) -> bool:
    """A call that answers by a type, or that checks an answer against one."""
    for callee in here.callees(node):
        symbol = callee.symbol
        if callee.kind is Kind.ANSWER:
            continue
        if symbol is not None and symbol.does == "call-model" and symbol.answer == "typed":
            return not here.plays(callee.receiver or callee, "structured-client")
        shapes = _checked_shapes(callee, here)
        if shapes and any(one.shape in shapes for arg in node.args for one in here.answers(arg.value)):
            return True
    return False


def _checked_shapes(callee: Origin, here: Here) -> tuple[str, ...]:
    """What of an answer a call checks: ``Model.model_validate_json(…)`` its text, ``Model(**data)`` what was parsed.

    A class of the tree that only carries the text on (``Reply(content=text)``) checks nothing.
    """
    if callee.symbol is not None and callee.symbol.does == "validate":
        return (*_READ, *_DATA)
    if callee.kind is not Kind.DEFINITION or callee.place is None:
        return ()
    if here.view.project.scope(callee.place).kind != "class":
        return ()
    kin = here.view.tracer.lineage(callee)
    return _DATA if any(here.view.catalog.is_a(one.symbol, "schema") for one in kin) else ()


def _is_checked(here: Here, number: int) -> bool:
    """Whether a schema check of an answer stands in the function too."""
    return any(inner.where.scope == number and _types(inner.node, inner) for inner in here.inside(cst.Call))


def _takes_apart(here: Here) -> str | None:
    """How the node takes an answer's text apart, or None."""
    node = here.node
    if isinstance(node, cst.Match):
        words = any(_is_word(case.pattern) for case in node.cases)
        return "match" if words and _is_text(node.subject, here) else None
    if isinstance(node, cst.Comparison):
        sides = (node.left, *(one.comparator for one in node.comparisons))
        if _looks_for_a_key(node, here):
            return None
        word = any(_literal(here, side) for side in sides)
        return "comparison" if word and any(_is_text(side, here) for side in sides) else None
    if isinstance(node.func, cst.Attribute) and node.func.attr.value in _TAKES_APART:
        if node.func.attr.value in _LOOKS_FOR and not any(here.text(arg.value) for arg in node.args):
            return None  # where a piece of the text itself stands
        return f"{node.func.attr.value}()" if _is_text(node.func.value, here) else None
    for callee in here.callees(node):
        if callee.path in _PARSERS and any(_is_text(arg.value, here) for arg in node.args):
            return callee.path
    return None


def _is_word(pattern: cst.MatchPattern) -> bool:
    """A pattern that compares with a value; one that asks for a class takes no text apart."""
    if isinstance(pattern, cst.MatchOr):
        return any(_is_word(one.pattern) for one in pattern.patterns)
    if isinstance(pattern, cst.MatchAs):
        return pattern.pattern is not None and _is_word(pattern.pattern)
    return isinstance(pattern, cst.MatchValue)


def _literal(here: Here, node: cst.BaseExpression) -> bool:
    """A word, not the white space that a text is laid out with."""
    expr = here.expr(node)
    return isinstance(expr, Const) and expr.type == "str" and bool(str(expr.value).strip())


def _is_text(node: cst.BaseExpression, here: Here) -> bool:
    """Whether the expression is an answer's text itself, not something that only carries it, nor a tool's arguments."""
    found = here.origins(node)
    shapes = {one.shape for one in found}
    if shapes & {"arguments", "calls", "name", "typed", "envelope"} or any(one.kind is Kind.CONTAINER for one in found):
        return False  # a helper that is given lists as well takes no answer apart
    named = isinstance(here.expr(node), Name)
    return "text" in shapes or bool(shapes & {"stream", "messages"}) or (named and "response" in shapes)


def _looks_for_a_key(node: cst.Comparison, here: Here) -> bool:
    """``"choices" in chunk``, ``kind == "tool_use"``: what the service says is looked at, no word of the model."""
    asked = here.expr(node.left)
    sides = (asked, *(here.expr(one.comparator) for one in node.comparisons))
    if any(isinstance(one, Const) and one.value in _KINDS for side in sides for one in walk(side)):
        return True
    if any(last_name(one) in ("role", "type") for one in sides) and any(
        isinstance(one, Const) and one.value in _ROLES for one in sides
    ):
        return True  # who speaks
    inside = any(isinstance(one.operator, (cst.In, cst.NotIn)) for one in node.comparisons)
    return inside and isinstance(asked, Const) and asked.value in _PARTS


_KINDS = frozenset(
    "function_call function_call_output tool_call tool_calls tool_use tool_result output_text assistant".split()
)
_ROLES = frozenset("human ai user system developer tool function model".split())
_PARTS = frozenset("choices content message messages delta usage error data candidates output id model text".split())
