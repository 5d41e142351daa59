"""What every factor's rule is, and what a rule may ask for.

A rule is a class with ``visit_<LibCST node>`` methods that yield marks. It keeps no state; everything it may ask
comes with the node: where it stands (`Here`), what an expression is (`origins`), what the catalogue says of a call
(`held`), and what lies below it (`reach`). `View` and `Held` are handed on: a rule imports from one place.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import libcst as cst

from factorlint import arguments
from factorlint.agents import Toolset
from factorlint.arguments import Arguments
from factorlint.entries import Symbol
from factorlint.expr import Call, Const, Expr, Op, Text, placed
from factorlint.facts import Scope
from factorlint.held import Held as Held
from factorlint.held import facts_at as facts_at
from factorlint.held import set_later as set_later
from factorlint.held import symbols_of as symbols_of
from factorlint.lower import lower
from factorlint.model import Check, Confidence, Fix, Owner
from factorlint.origin import UNKNOWN, Kind, Origin, Where
from factorlint.provenance import Tracer
from factorlint.provenance.answers import answers_in
from factorlint.view import View as View
from factorlint.walk import Step, Walk


@dataclass(frozen=True)
class Mark:
    """A site before it has a place: what a rule yields. The engine adds path, position and text."""

    check: Check
    node: cst.CSTNode
    owner: Owner
    scope: str
    origin: Origin | None
    confidence: Confidence
    message: str
    advice: str
    also: tuple[tuple[int, Owner], ...] = ()
    fix: Fix | None = None
    fix_at: cst.CSTNode | None = None  # the node that the fix is about, where it is another


class Here:
    """A node under visit and the questions that may be asked about it."""

    def __init__(self, view: View, walk: Walk, step: Step) -> None:
        self.view, self.walk, self.step = view, walk, step
        self.where = Where(view.path, step.scope, step.order)

    @property
    def node(self) -> Any:
        """The node itself; whoever asked for its kind knows its type better than this signature could."""
        return self.step.node

    # -- where we are ----------------------------------------------------------------------------------------------

    @property
    def scope(self) -> Scope:
        return self.view.facts.scopes[self.step.scope]

    def function(self) -> Scope | None:
        """The innermost function around the node."""
        return self.view.project.inside(self.where, "function")

    def ancestors(self) -> Iterator[cst.CSTNode]:
        return self.step.ancestors()

    def inside(self, *kinds: type[cst.CSTNode]) -> Iterator[Here]:
        """The descendants of KINDS, each with where it stands; the node itself too if it is of KINDS."""
        for step in self.walk.inside(self.step, *kinds):
            yield Here(self.view, self.walk, step)

    def outer(self, *kinds: type[cst.CSTNode]) -> Here | None:
        """The innermost ancestor of one of KINDS with where it stands, not beyond the function around the node."""
        step = self.step.up
        while step is not None and not isinstance(step.node, (cst.FunctionDef, cst.ClassDef)):
            if isinstance(step.node, kinds):
                return Here(self.view, self.walk, step)
            step = step.up
        return None

    def enclosing(self, *kinds: type[cst.CSTNode]) -> cst.CSTNode | None:
        """The innermost ancestor of one of KINDS, not looking beyond the function around the node."""
        for node in self.ancestors():
            if isinstance(node, kinds):
                return node
            if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
                return None
        return None

    # -- what things are -------------------------------------------------------------------------------------------

    def expr(self, node: cst.CSTNode) -> Expr:
        """NODE as provenance sees it; a call is the very one of the facts, so that what was asked of it is known."""
        held = self.view.lowered.get(id(node))
        if held is None:
            held = lower(node)
            if isinstance(held, Call):
                held = self.view.reach.same(self.view.path, self.where.order, held)
            self.view.lowered[id(node)] = held
        return held

    def call(self, node: cst.Call) -> Call:
        """A call as provenance sees it."""
        held = self.expr(node)
        assert isinstance(held, Call)
        return held

    def origins(self, node: cst.CSTNode) -> tuple[Origin, ...]:
        """Everything that the expression NODE may be, best known first."""
        return self.view.tracer.origins(self.expr(node), self.where)

    def origin(self, node: cst.CSTNode) -> Origin:
        found = self.origins(node)
        return found[0] if found else UNKNOWN

    def callees(self, node: cst.Call) -> tuple[Origin, ...]:
        """What is called at NODE."""
        call = self.expr(node)
        assert isinstance(call, Call)
        return self.view.tracer.callees(call.func, self.where)

    def answers(self, node: cst.CSTNode) -> tuple[Origin, ...]:
        """The model's answers that NODE is or carries (in a text, a list, an operation)."""
        return tuple(answers_in(self.view.tracer, self.expr(node), self.where))

    def plays(self, origin: Origin, *roles: str) -> bool:
        """Whether the catalogue gives ORIGIN's symbol, or what it extends, one of ROLES."""
        return any(self.view.catalog.is_a(origin.symbol, role) for role in roles)

    def text(self, node: cst.CSTNode) -> str | None:
        """The text of NODE as far as literals of the tree make it up, ``{…}`` for the rest; None if it is no text."""
        return text_of(self.view.tracer, self.expr(node), self.where)

    # -- calls and the catalogue -----------------------------------------------------------------------------------

    def arguments(self, node: cst.Call, symbol: Symbol | None = None) -> Arguments:
        expr = self.expr(node)
        assert isinstance(expr, Call)
        return arguments.of(self.view.tracer, symbol, expr, self.where)

    def argument_node(self, node: cst.Call, name: str, symbol: Symbol | None = None) -> cst.CSTNode | None:
        """The LibCST node of the argument passed for NAME, for a site that lies there."""
        for arg in node.args:
            if arg.keyword is not None and arg.keyword.value == name:
                return arg
        if symbol is not None and name in symbol.signature:
            index = symbol.signature.index(name)
            call = self.call(node)
            index += len(call.args) - len(placed(call))
            plain = [arg for arg in node.args if arg.keyword is None and not arg.star]
            if index < len(plain):
                return plain[index]
        return None

    def held(self, node: cst.Call | cst.BaseExpression, *checks: str) -> Iterator[Held]:
        """The catalogue facts about CHECKS that hold at a call, or at a bare decorator taken as a call without any."""
        expr = self.expr(node)
        call = expr if isinstance(expr, Call) else Call(expr, (), ())
        yield from facts_at(self.view, call, self.where, checks)

    def toolset(self, node: cst.Call, symbol: Symbol) -> Toolset:
        """The tools of the agent that is constructed at NODE."""
        expr = self.expr(node)
        assert isinstance(expr, Call)
        return self.view.agents.toolset(symbol, expr, self.where)

    # -- marks -----------------------------------------------------------------------------------------------------

    def mark(
        self,
        check: Check,
        node: cst.CSTNode,
        origin: Origin | None = None,
        *,
        owner: Owner | None = None,
        confidence: Confidence | None = None,
        also: Iterable[tuple[int, Owner]] = (),
        fix: Fix | None = None,
        fix_at: cst.CSTNode | None = None,
        **words: str,
    ) -> Mark:
        """A site of CHECK at NODE, and what would repair it. WORDS fill the message beside ``{symbol}``, which comes
        from ORIGIN."""
        said = _Words(symbol=symbol_name(origin) if origin is not None else "", **words)
        return Mark(
            check=check,
            node=node,
            owner=owner or check.owner,
            scope=self.scope.qualname,
            origin=origin,
            confidence=confidence or (origin.confidence if origin is not None else Confidence.HIGH),
            message=check.message.format_map(said),
            advice=check.advice.format_map(said),
            also=tuple(also),
            fix=fix,
            fix_at=fix_at,
        )

    def mark_held(self, check: Check, node: cst.Call, held: Held, *, fix: Fix | None = None, **words: str) -> Mark:
        """A site that a catalogue fact makes, at the argument that the fact names, else at the call."""
        at = self.argument_node(node, held.fact.at, held.symbol) if held.fact.at else None
        return self.mark(
            check,
            at or node,
            held.origin,
            owner=held.fact.owner,
            confidence=held.confidence,
            also=held.fact.also,
            fix=fix,
            fix_at=None,
            what=held.fact.what,
            **words,
        )


class Rule:
    """One factor. Subclasses set the class attributes and define ``visit_<node>(self, node, here)`` methods."""

    factor: ClassVar[int]
    name: ClassVar[str]
    checks: ClassVar[tuple[Check, ...]]
    signs: ClassVar[frozenset[str]] = frozenset()  # keywords of a call that make the rule look at any library's object

    @functools.cached_property
    def visitors(self) -> Mapping[type[cst.CSTNode], Visitor]:
        """Node type → the method that wants it."""
        table = {}
        for attribute in dir(self):
            if attribute.startswith("visit_"):
                table[getattr(cst, attribute.removeprefix("visit_"))] = getattr(self, attribute)
        return table

    @property
    def code(self) -> str:
        return f"FL{self.factor:02d}"

    def leads(self, view: View) -> Iterable[tuple[str, int]]:
        """The statements (file, number) in which there may be something for the rule though no call in them says so.

        Statements in which nothing of a model, a tool or the catalogue is called or read are else passed over.
        """
        return ()


Visitor = Callable[[Any, Here], Iterable[Mark]]


class _Words(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def symbol_name(origin: Origin) -> str:
    """The traced symbol as a report shows it: the catalogue's canonical path, else the path as traced."""
    return origin.symbol.path if origin.symbol is not None else origin.path


def text_of(tracer: Tracer, expr: Expr, where: Where, depth: int = 0) -> str | None:
    """The text that EXPR stands for, ``{…}`` where it is put together at run time; None if it is no text."""
    if isinstance(expr, Const):
        return expr.value if isinstance(expr.value, str) else None
    if isinstance(expr, Text):
        return "".join(text_of(tracer, part, where, depth + 1) or "{…}" for part in expr.parts)
    if isinstance(expr, Op) and expr.op == "+":
        pieces = [text_of(tracer, part, where, depth + 1) for part in expr.operands]
        return "".join(piece or "{…}" for piece in pieces) if any(pieces) else None
    if depth > 6:
        return None
    for one in tracer.origins(expr, where):
        if one.kind is Kind.VALUE and one.expr is not None and one.expr is not expr and one.place is not None:
            found = text_of(tracer, one.expr, one.place, depth + 1)
            if found is not None:
                return found
    return None
