"""Failures that somebody hears of, though the error is dropped: a flag, a list of what failed, a word in a chat."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Attr, Const, Name
from factorlint.rule import Here
from factorlint.walk import children

_FAILED = re.compile(r"(?:^|_)(?:fail(?:ed|ures?|s)?|errors?|errored|skipped|unavailable|problems?)(?:_|$)", re.I)
_WELL = frozenset("success ok succeeded successful is_success passed".split())
_FILLS = frozenset(("append", "add"))


def noted(handler: Here) -> bool:
    """``failed.append(key)``, ``success = False``, where the function looks at it afterwards."""
    return any(_is_read_later(handler, name) for name in (*_listed(handler), *_flagged(handler)))


def in_a_chat(call: Here) -> bool:
    """Whether what is called sends something to a person through a client of a chat."""
    return any(one.receiver is not None and call.plays(one.receiver, "channel") for one in call.callees(call.node))


def _listed(handler: Here) -> Iterator[str]:
    for inner in handler.inside(cst.Call):
        func = inner.expr(inner.node.func)
        if isinstance(func, Attr) and func.name in _FILLS and isinstance(func.base, Name):
            if _FAILED.search(func.base.id):
                yield func.base.id


def _flagged(handler: Here) -> Iterator[str]:
    for inner in handler.inside(cst.Assign):
        target, value = inner.node.targets[0].target, inner.expr(inner.node.value)
        if isinstance(target, cst.Name) and isinstance(value, Const) and isinstance(value.value, bool):
            well = target.value in _WELL
            if value.value is not well and (well or _FAILED.search(target.value)):
                yield target.value


def _is_read_later(handler: Here, name: str) -> bool:
    """Whether the function around HANDLER does more with NAME than give it a value, fill it or log it."""
    around = handler.enclosing(cst.FunctionDef)
    queue: list[cst.CSTNode] = [around.body] if isinstance(around, cst.FunctionDef) else []
    while queue:
        one = queue.pop()
        if one is handler.node or isinstance(one, cst.Lambda):
            continue
        if isinstance(one, cst.Name) and one.value == name:
            return True
        queue += _read_in(one, name)
    return False


def _read_in(node: cst.CSTNode, name: str) -> list[cst.CSTNode]:
    """What of NODE is read: not the target of an assignment, nor what is filled, nor what a log is told."""
    if isinstance(node, (cst.Assign, cst.AnnAssign)):
        return [node.value] if node.value is not None else []
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        held = node.func.value
        if isinstance(held, cst.Name) and (held.value == name or "log" in held.value.lower()):
            return [] if held.value != name or node.func.attr.value in _FILLS else [node.func.value]
    return [one for one in children(node) if not isinstance(one, cst.AssignTarget)]
