"""The tree's own loops: what they come to, whether the model's answer steers them, whether a person does."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.model import Confidence
from factorlint.origin import Kind, Origin, Where
from factorlint.reach import Reached
from factorlint.rule import Here

MODEL = ("call-model", "run")
_FAR = 4  # functions between a loop and its model call: run → step → query → the model's own class → its retry
_BRANCHES = (cst.If, cst.While, cst.Match, cst.IfExp, cst.Assert)


def model_call(here: Here) -> Reached | None:
    """The model call or run that the loop comes to, one written in it before one below it."""
    path, order = here.where.path, here.where.order
    found = [
        one
        for one in here.view.reach.inside(path, order, here.view.reach.end(path, order))
        if one.does in MODEL and one.depth <= _FAR
    ]
    return min(found, key=lambda one: one.depth, default=None)


def sure(reached: Reached) -> Confidence:
    return Confidence.HIGH if reached.depth == 0 else Confidence.MEDIUM


def branches_on_answer(here: Here) -> bool:
    """Whether a test inside the node visited HERE looks at what the model answered in it, or a tool is chosen by it."""
    for inner in here.inside(*_BRANCHES):
        test = inner.node.subject if isinstance(inner.node, cst.Match) else inner.node.test
        if any(_made_inside(answer, here) for name in tested(test) for answer in inner.answers(name)):
            return True
    for inner in here.inside(cst.Subscript, cst.For):
        node = inner.node
        piece = node.slice[0].slice if isinstance(node, cst.Subscript) else None
        if isinstance(piece, cst.Index):
            if any(one.shape == "name" and _made_inside(one, here) for one in inner.answers(piece.value)):
                return True
        if isinstance(node, cst.For):
            if any(one.shape == "calls" and _made_inside(one, here) for one in inner.answers(node.iter)):
                return True
    return False


def tested(test: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The operands of a test that may be a model's answer."""
    if isinstance(test, cst.BooleanOperation):
        yield from (*tested(test.left), *tested(test.right))
    elif isinstance(test, cst.UnaryOperation):
        yield from tested(test.expression)
    elif isinstance(test, cst.Comparison):
        yield from (*tested(test.left), *(one.comparator for one in test.comparisons))
    elif isinstance(test, cst.Call):
        yield from (arg.value for arg in test.args)
        if isinstance(test.func, cst.Attribute):
            yield test.func.value
    else:
        yield test


def _made_inside(answer: Origin, here: Here) -> bool:
    """Whether the answer comes from a call that the loop makes, itself or in the functions below it."""
    made = answer.made
    if made is None:
        return False
    path, order = here.where.path, here.where.order
    end = here.view.reach.end(path, order)
    if made.path == path and order <= made.order <= end:
        return True
    return any(one.called.call is answer.call for one in here.view.reach.inside(path, order, end))


def only_retries(node: cst.While | cst.For, here: Here) -> bool:
    """A loop that only repeats one call until it succeeds: attempts counted by `for`, or `try` alone in `while`."""
    if isinstance(node, cst.For):
        target = node.target.value.lower() if isinstance(node.target, cst.Name) else ""
        return any(word in target for word in ("attempt", "retr", "tries", "trial")) or _tries_first(node)
    body = node.body.body
    return len(body) == 1 and isinstance(body[0], cst.Try)


def _tries_first(node: cst.For) -> bool:
    """``for _ in range(3): try: …`` and nothing else."""
    body = node.body.body
    return len(body) == 1 and isinstance(body[0], cst.Try)


def steps_below(here: Here, reached: Reached) -> bool:
    """A `while` whose steps lie in functions of the tree, unless it only reads a person's messages (a REPL)."""
    if reached.depth == 0:
        return False
    path, order = here.where.path, here.where.order
    end = here.view.reach.end(path, order)
    asks = any(
        origin.path == "builtins.input" or (origin.symbol is not None and origin.symbol.does == "ask-human")
        for called in here.view.reach.calls(path, order, end)
        for origin in here.view.reach.callees(path, called)
    )
    return not asks


def recursion(here: Here, place: Where) -> cst.Call | None:
    """The call by which the function comes back to itself after a model call of its own."""
    if not here.view.reach.function_does(place, MODEL, within=1):
        return None
    for inner in here.inside(cst.Call):
        call: cst.Call = inner.node
        for one in inner.callees(call):
            if one.kind is Kind.DEFINITION and one.place is not None:
                if (one.place.path, one.place.scope) == (place.path, place.scope):
                    return call
    return None
