"""Loops whose end is decided elsewhere: by whoever takes what they yield, by a step below, by tools withheld."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Call, Expr, Name, Part, Seq
from factorlint.origin import Kind, Where
from factorlint.rule import Here

_TOOLS = frozenset("tools tool_choice functions function_call".split())


def handed_out(here: Here) -> bool:
    """``asked = yield reply``, or an endless loop that only yields: whoever takes what comes ends it."""
    answered = any(isinstance(inner.node.value, cst.Yield) for inner in here.inside(cst.Assign) if _own(inner, here))
    if answered:
        return True
    leaves = any(_own(inner, here) for inner in here.inside(cst.Break, cst.Return))
    endless = (
        isinstance(here.node, cst.While) and isinstance(here.node.test, cst.Name) and here.node.test.value == "True"
    )
    return endless and not leaves and any(_own(inner, here) for inner in here.inside(cst.Yield))


def _own(inner: Here, here: Here) -> bool:
    return inner.where.scope == here.where.scope


def given_below(name: Name, here: Here) -> Iterator[tuple[Expr, Where]]:
    """What functions of the tree return for NAME: ``done`` in ``reply, done = self.step()``."""
    for value, at in here.view.project.given(name.id, here.where):
        call, place = (value.source, value.place) if isinstance(value, Part) else (value, None)
        if not isinstance(call, Call):
            continue
        for one in here.view.tracer.origins(call.func, at):
            if one.kind is not Kind.DEFINITION or one.place is None:
                continue
            scope = here.view.project.scope(one.place)
            for order, given in scope.returns:
                where = Where(one.place.path, scope.id, order)
                yield from _meant(given, place, where, here)


def _meant(given: Expr, place: int | None, where: Where, here: Here) -> Iterator[tuple[Expr, Where]]:
    if place is not None:
        if not isinstance(given, Seq) or not 0 <= place < len(given.items):
            return
        given = given.items[place]
    if isinstance(given, Name):
        yield from here.view.project.given(given.id, where)
    else:
        yield given, where


def withheld(here: Here) -> Iterator[Here]:
    """The tests inside the loop by which tools are offered to the model or not: without any it can only answer."""
    for inner in here.inside(cst.If, cst.IfExp):
        around = next(inner.ancestors(), None)
        if isinstance(inner.node, cst.If):
            offers = any(_names_tools(one.node) for one in inner.inside(cst.Arg, cst.DictElement, cst.Assign))
        else:
            offers = isinstance(around, (cst.Arg, cst.DictElement)) and _names_tools(around)
        if offers:
            yield inner


def _names_tools(node: cst.Arg | cst.DictElement | cst.Assign) -> bool:
    """``tools=…``, ``{"tools": …}``, ``request["tools"] = …``."""
    if isinstance(node, cst.Arg):
        return node.keyword is not None and node.keyword.value in _TOOLS
    named = node.targets[0].target if isinstance(node, cst.Assign) else node.key
    if isinstance(named, cst.Subscript) and isinstance(named.slice[0].slice, cst.Index):
        named = named.slice[0].slice.value
    return isinstance(named, cst.SimpleString) and named.evaluated_value in _TOOLS
