"""Whether the model's answer steers a loop of the tree: a test in it looks at the answer, or a tool is chosen by it."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Call, Name, Part, walk
from factorlint.origin import Origin
from factorlint.project import LOOPS
from factorlint.provenance.answers import answers_in
from factorlint.rule import Here

from ._loops import begins_anew

_BRANCHES = (cst.If, cst.While, cst.Match, cst.IfExp, cst.Assert)


def branches_on_answer(here: Here) -> bool:
    """Whether a test inside the node visited HERE looks at what the model answered in it, or a tool is chosen by it."""
    talks = begins_anew(here)
    for inner in here.inside(*_BRANCHES):
        test = inner.node.subject if isinstance(inner.node, cst.Match) else inner.node.test
        if talks and (_in_an_answer(inner, here) or _asks_what_it_is(test)):
            continue
        if isinstance(inner.node, cst.Assert) and _is_caught(inner, here):
            continue
        rounds = _rounds_within(inner, here)
        for answer in (one for name in tested(test) for one in inner.answers(name)):
            if _made_inside(answer, here) and not any(_made_inside(answer, one) for one in rounds):
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
    return _ends_by_what_was_done(here)


def _rounds_within(inner: Here, loop: Here) -> list[Here]:
    """The loops inside LOOP whose rounds alone the test visited at INNER steers: it leaves no other."""
    around = inner if isinstance(inner.node, cst.While) else inner.outer(cst.While, cst.For)
    found: list[Here] = []
    while around is not None and around.node is not loop.node:
        found.append(around)
        around = around.outer(cst.While, cst.For)
    asked = {one.id for one in walk(loop.expr(loop.node.test)) if isinstance(one, Name)} if _is_while(loop) else set()
    for one in inner.inside(cst.Return, cst.Raise, cst.Assign) if found else ():
        if not isinstance(one.node, cst.Assign):
            return []
        if any(isinstance(at.target, cst.Name) and at.target.value in asked for at in one.node.targets):
            return []
    return found


def _is_caught(inner: Here, loop: Here) -> bool:
    """Whether an `assert` stands in a `try` of the round: an answer that is of no use, and the loop goes on."""
    tried = inner.outer(cst.Try)
    return tried is not None and any(one is loop.node for one in tried.ancestors())


def _is_while(loop: Here) -> bool:
    return isinstance(loop.node, cst.While)


def _asks_what_it_is(test: cst.BaseExpression) -> bool:
    """``isinstance(reply, str)``: how an answer is shown, not what is done next."""
    if not isinstance(test, cst.Call) or not isinstance(test.func, cst.Name) or test.func.value != "isinstance":
        return False
    kind = test.args[-1].value
    return isinstance(kind, cst.Name) and kind.value in ("str", "dict", "list", "bytes")


def _in_an_answer(inner: Here, loop: Here) -> bool:
    """Whether INNER looks at the pieces of one answer while they are handed on to whoever asked."""
    around = inner.outer(cst.For)
    while around is not None and around.node is not loop.node:
        if around.answers(around.node.iter):
            return True
        around = around.outer(cst.For)
    return False


def _ends_by_what_was_done(here: Here) -> bool:
    """``seen, done = world.step(action)``, then ``if done: break``: the answer was carried out, and that decides."""
    for inner in here.inside(cst.If):
        lines = [line for line in inner.node.body.body if isinstance(line, cst.SimpleStatementLine)]
        around = here.view.project.chain(here.where.path, inner.where.order)
        if next((one for one in around if here.view.facts.statements[one].kind in LOOPS), None) != here.where.order:
            continue  # it leaves a loop inside
        if not any(isinstance(one, cst.Break) for line in lines for one in line.body):
            continue
        for name in tested(inner.node.test):
            expr = inner.expr(name)
            for value, at in here.view.project.given(expr.id, inner.where) if isinstance(expr, Name) else ():
                call = value.source if isinstance(value, Part) else None
                if not isinstance(call, Call) or at.order < here.where.order:
                    continue
                found = (one for arg in call.args for one in answers_in(here.view.tracer, arg, at))
                if any(_made_inside(one, here) for one in found):
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
