"""A tool's result that says what went wrong, worded in a branch, not in a handler: an unknown tool, a refused call."""

from __future__ import annotations

import re

import libcst as cst

from factorlint.expr import Const, Dict, Expr, argument
from factorlint.origin import Kind, Origin
from factorlint.rule import Here, text_of

_RESULTS = frozenset(("tool_result", "function_call_output"))
_WRONG = re.compile(
    r"\b(?:error|fail|unable|could not|couldn't|cannot|can't|not found|unknown|invalid|not exist|no such|there is no)",
    re.IGNORECASE,
)


def tells_what_failed(node: cst.Call | cst.Dict, here: Here) -> bool:
    """Whether NODE makes the result of a tool call that can only be the news of a failure."""
    if here.enclosing(cst.ExceptHandler) is not None:
        return False  # the handler is the site
    said = _content(node, here)
    found = here.view.tracer.origins(said, here.where) if said is not None else ()
    return bool(found) and all(_is_failure(one, here) for one in found)


def _content(node: cst.Call | cst.Dict, here: Here) -> Expr | None:
    """What a message says that brings a tool's result; None for anything else."""
    if isinstance(node, cst.Call):
        made = here.call(node)
        if any(name == "tool_call_id" for name, _ in made.keywords):
            if any(here.plays(one, "message") for one in here.callees(node)):
                return argument(made, "content", ("content",))
        return None
    said = here.expr(node)
    assert isinstance(said, Dict)
    keys = {key.value: value for key, value in said.items if isinstance(key, Const)}
    kind = keys.get("type")
    is_result = isinstance(kind, Const) and kind.value in _RESULTS
    if is_result or keys.get("role") == Const("tool", "str"):
        return keys.get("content", keys.get("output"))
    return None


def _is_failure(one: Origin, here: Here) -> bool:
    """Whether a text that is written in the tree, outside every handler, says that something went wrong."""
    if one.kind is not Kind.VALUE or one.expr is None or one.place is None:
        return False
    statements = here.view.project.files[one.place.path].statements
    chain = here.view.project.chain(one.place.path, one.place.order)
    if any(statements[order].arm.startswith("handler") for order in chain):
        return False
    return _WRONG.search(text_of(here.view.tracer, one.expr, one.place) or "") is not None
