"""All kinds of expression put together, and every question that the engine and the rules ask of provenance."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import ClassVar

from factorlint.expr import (
    Attr,
    Call,
    Caught,
    Const,
    Defined,
    Dict,
    Each,
    Enter,
    Expr,
    Imported,
    Item,
    Lambda,
    Name,
    Op,
    Other,
    Param,
    Part,
    Seq,
    Star,
    Text,
)
from factorlint.origin import Kind, Origin, Where
from factorlint.provenance import (
    calls,
    classes,
    containers,
    hints,
    libraries,
    members,
    names,
    objects,
    operators,
    parameters,
)
from factorlint.provenance.addresses import Addresses
from factorlint.provenance.tracing import Origins, Step, Tracing


def _value(tracer: Tracing, expr: Const | Text | Lambda, where: Where) -> Origins:
    return (Origin(Kind.VALUE, "lambda" if isinstance(expr, Lambda) else "", expr=expr, place=where),)


def _container(tracer: Tracing, expr: Seq | Dict, where: Where) -> Origins:
    return (Origin(Kind.CONTAINER, expr=expr, place=where),)


def _star(tracer: Tracing, expr: Star, where: Where) -> Origins:
    return tracer.origins(expr.value, where)


class Tracer(Tracing):
    """Provenance over one Project. Holds only its memory."""

    steps: ClassVar[Mapping[type, Step]] = {
        Name: names.name,
        Imported: members.imported,
        Defined: classes.defined,
        Param: parameters.parameter,
        Attr: members.attribute,
        Call: calls.call,
        Item: containers.item,
        Each: containers.each,
        Part: containers.part,
        Enter: containers.enter,
        Op: operators.operation,
        Caught: hints.caught,
        Other: hints.marked,
        Const: _value,
        Text: _value,
        Lambda: _value,
        Seq: _container,
        Dict: _container,
        Star: _star,
    }

    def callees(self, func: Expr, where: Where) -> Origins:
        """What a call of FUNC calls: as `origins`, but an object of a library stands for its ``__call__``."""
        key = (id(func), where)
        held = self.called.get(key)
        if held is not None:
            return held
        found = self.origins(func, where)
        if any(one.kind is Kind.INSTANCE for one in found) or self._addresses.may_ask(func):
            found = tuple(self._callee(one, func, where) for one in found)
        if self.is_settled(key):
            self.called[key] = found
        return found

    # The questions of the modules beside this one.
    instances = hints.instances
    lineage = classes.lineage
    hands_up = classes.hands_up
    class_member = classes.member
    object_member = objects.member
    method = classes.method
    bodies = classes.bodies
    parameter_of = parameters.parameter_of
    passed = parameters.passed
    passed_exprs = parameters.passed_exprs
    passed_on = parameters.passed_on
    iterate = containers.iterate

    def _callee(self, one: Origin, func: Expr, where: Where) -> Origin:
        one = self._addresses.callee(one, func, where)
        made = one.kind is Kind.INSTANCE and one.receiver is None
        return libraries.member(self, one, "__call__") if made else one

    @functools.cached_property
    def _addresses(self) -> Addresses:
        return Addresses(self)
