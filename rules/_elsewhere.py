"""Loops whose end is decided elsewhere: by whoever takes what they yield, by a step below, by tools withheld."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Call, Const, Expr, Item, Name, Part, Seq
from factorlint.origin import Where
from factorlint.rule import Here

_TOOLS = frozenset("tools tool_choice functions function_call".split())
_PLACES = (cst.Arg, cst.DictElement, cst.Assign)
_TRUE = Const(True, "bool")


def handed_out(node: cst.While, here: Here) -> bool:
    """``asked = yield reply``, or an endless loop that only yields: whoever takes what comes ends it."""
    if any(isinstance(inner.node.value, cst.Yield) for inner in here.inside(cst.Assign) if _own(inner, here)):
        return True
    leaves = any(_own(inner, here) for inner in here.inside(cst.Break, cst.Return))
    yields = any(_own(inner, here) for inner in here.inside(cst.Yield))
    return here.expr(node.test) == _TRUE and yields and not leaves


def _own(inner: Here, here: Here) -> bool:
    return inner.where.scope == here.where.scope


def given_below(name: Name, here: Here) -> Iterator[tuple[Expr, Where]]:
    """What functions of the tree return for NAME: ``done`` in ``reply, done = self.step()``."""
    for value, at in here.view.project.given(name.id, here.where):
        call, place = (value.source, value.place) if isinstance(value, Part) else (value, None)
        if not isinstance(call, Call):
            continue
        for one in here.view.tracer.origins(call.func, at):
            for body in here.view.reach.bodies(one):
                for order, given in here.view.project.scope(body).returns:
                    yield from _meant(given, place, body._replace(order=order), here)


def _meant(given: Expr, place: int | None, where: Where, here: Here) -> Iterator[tuple[Expr, Where]]:
    rows: tuple[Expr, ...] = (given,)
    if place is not None:
        rows = given.items[place : place + 1] if isinstance(given, Seq) else ()
    for one in rows:
        if isinstance(one, Name):
            yield from here.view.project.given(one.id, where)
        else:
            yield one, where


def withheld(here: Here) -> Iterator[Here]:
    """The tests inside the loop by which tools are offered to the model or not: without any it can only answer."""
    for inner in here.inside(cst.If, cst.IfExp):
        if isinstance(inner.node, cst.If):
            offers = any(_names_tools(one.node, one) for one in inner.inside(*_PLACES))
        else:
            around = next(inner.ancestors())
            offers = isinstance(around, _PLACES) and _names_tools(around, inner)
        if offers:
            yield inner


def _names_tools(node: cst.Arg | cst.DictElement | cst.Assign, here: Here) -> bool:
    """``tools=…``, ``{"tools": …}``, ``request["tools"] = …``."""
    if isinstance(node, cst.Arg):
        return node.keyword is not None and node.keyword.value in _TOOLS
    named = here.expr(node.targets[0].target if isinstance(node, cst.Assign) else node.key)
    key = named.key if isinstance(named, Item) else named
    return isinstance(key, Const) and key.value in _TOOLS
