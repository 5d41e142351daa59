"""A loop that only asks the model again until its answer is of use, and what it tells the model in between."""

from __future__ import annotations

import re

import libcst as cst

from factorlint.expr import Const, Dict
from factorlint.origin import Where
from factorlint.rule import Here, text_of

from ._steered import tested

_SPEAKERS = ("user", "system", "developer")
_DEMAND = re.compile(
    r"\b(?:please|must|should|only|valid|invalid|again|instead|wrong|incorrect|not|error|failed|missing|required)\b",
    re.I,
)
_ONWARD = re.compile(r"\b(?:continue|proceed|go on|next step)\b", re.I)  # the next round of an agent


def corrections(loop: Here) -> list[Here]:
    """The messages by which LOOP tells the model that its answer is of no use; none where it runs what was chosen."""
    ends = any(True for _ in loop.inside(cst.Break, cst.Return))
    if not ends or _runs_tools(loop):
        return []
    return [one for one in loop.inside(cst.Dict) if _is_worded(one) and _is_for_answer(one, loop)]


def only_corrects(loop: Here) -> bool:
    """Whether LOOP takes no further step: all that it tells the model is that its answer is of no use."""
    said = {id(one.node) for one in corrections(loop)}
    told = [one for one in loop.inside(cst.Dict) if _role(one) in (*_SPEAKERS, "tool")]
    return bool(said) and all(id(one.node) in said for one in told)


def _role(message: Here) -> object:
    said = message.expr(message.node)
    roles = [value for key, value in said.items if key == Const("role", "str")] if isinstance(said, Dict) else []
    return roles[0].value if roles and isinstance(roles[0], Const) else None


def _runs_tools(loop: Here) -> bool:
    path, first = loop.where.path, loop.where.order
    inside = loop.view.reach.calls(path, first, loop.view.reach.end(path, first))
    return any(loop.view.agents.chosen_by_model(one.call, Where(path, one.scope, one.order)) for one in inside)


def _is_worded(message: Here) -> bool:
    """Whether the tree itself words the message; what another model said of the answer is a review."""
    said = message.expr(message.node)
    keys = {key.value: value for key, value in said.items if isinstance(key, Const)} if isinstance(said, Dict) else {}
    role, content = keys.get("role"), keys.get("content")
    if content is None or not isinstance(role, Const) or role.value not in _SPEAKERS:
        return False
    text = text_of(message.view.tracer, content, message.where) or ""
    return bool(_DEMAND.search(text)) and not _ONWARD.search(text) and not message.answers(message.node)


def _is_for_answer(message: Here, loop: Here) -> bool:
    """Whether the message stands in LOOP itself, in or below a branch that looks at what a model answered."""
    nearest = message.outer(cst.While, cst.For)
    if nearest is None or nearest.node is not loop.node:
        return False
    above = (one for one in loop.inside(cst.If) if one.where.order < message.where.order)
    return any(one.answers(part) for one in above for part in tested(one.node.test))
