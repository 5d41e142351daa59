"""What every factor's rule is, and what a rule may ask for.

A rule is a class with ``visit_<LibCST node>`` methods that yield marks. It keeps no state; everything it may ask
comes with the node: where it stands (`Here`), what an expression is (`origins`), what the catalogue says of a call
(`held`), and what lies below it (`reach`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeVar

import libcst as cst

from factorlint import arguments
from factorlint.agents import Agents, Toolset
from factorlint.arguments import Arguments
from factorlint.callbacks import Callbacks
from factorlint.catalog import Catalog, Fact, Symbol
from factorlint.expr import Call, Const, Expr, Op, Seq, Text
from factorlint.facts import Facts, Scope
from factorlint.lower import lower
from factorlint.model import Check, Confidence, Fix, Owner
from factorlint.origin import UNKNOWN, Kind, Origin, Where
from factorlint.project import Project
from factorlint.prompts import Prompts
from factorlint.provenance import Tracer
from factorlint.provenance.answers import answers_in
from factorlint.reach import Reach
from factorlint.resume import Resume
from factorlint.steps import Steps
from factorlint.surfaces import Surfaces
from factorlint.threads import Threads
from factorlint.walk import Step, Walk

_Said = TypeVar("_Said")


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


@dataclass(frozen=True)
class Held:
    """A catalogue fact that holds at a call: of which symbol, how surely, and with which arguments."""

    fact: Fact
    symbol: Symbol
    origin: Origin
    confidence: Confidence
    arguments: Arguments


class Known(NamedTuple):
    """A call, and the symbols with facts that it concerns."""

    call: Call
    rows: tuple[tuple[Symbol, Origin, Sequence[Fact]], ...]


@dataclass(frozen=True)
class View:
    """One file under visit, with everything that questions about it need."""

    path: str
    facts: Facts
    project: Project
    tracer: Tracer
    reach: Reach
    prompts: Prompts
    agents: Agents
    threads: Threads
    surfaces: Surfaces
    callbacks: Callbacks
    resume: Resume
    steps: Steps
    versions: Callable[[str, str, str], bool]  # (library package, condition, file) → whether the pins allow it
    lowered: dict[int, Expr]
    scopes: Mapping[int, int]  # statement number of a definition → its scope
    said: dict[tuple[Any, ...], Any]  # what `once` has answered, for all files
    known: dict[int, Known]  # identity of a call → the symbols that it concerns, for all files

    def once(self, ask: Callable[..., _Said], *about: Hashable) -> _Said:
        """What ASK says of the whole tree, or ABOUT something in it: worked out the first time, whatever file asks."""
        key = (ask, *about)
        if key not in self.said:
            self.said[key] = ask(self, *about)
        found: _Said = self.said[key]
        return found

    @property
    def catalog(self) -> Catalog:
        return self.project.catalog


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


def facts_at(view: View, call: Call, where: Where, checks: tuple[str, ...]) -> Iterator[Held]:
    """The catalogue facts about CHECKS that hold for CALL at WHERE, each once."""
    said: set[int] = set()
    for symbol, origin, known in _known(view, call, where):
        facts = [fact for fact in known if fact.check in checks]
        if not facts:
            continue
        given = arguments.of(view.tracer, symbol, call, where)
        registered = view.agents.registered(call, where)
        if registered:
            given.given["registered"] = (Seq("list", tuple(decorator for _, _, decorator in registered)), where)
        for fact in facts:
            if id(fact) in said:
                continue
            sure = _sure(view, fact, symbol, given, where)
            if sure is None:
                continue
            said.add(id(fact))
            yield Held(fact, symbol, origin, origin.weaker(sure).confidence, given)


def _known(view: View, call: Call, where: Where) -> tuple[tuple[Symbol, Origin, Sequence[Fact]], ...]:
    """The symbols that CALL concerns, with all facts about each. Every rule asks of every call: most have none."""
    held = view.known.get(id(call))
    if held is None:
        held = view.known[id(call)] = Known(
            call,
            tuple(
                (symbol, origin, facts)
                for callee in view.tracer.callees(call.func, where)
                for symbol, origin in symbols_of(view.tracer, callee)
                if (facts := view.catalog.facts(symbol))
            ),
        )
    return held.rows


def _sure(view: View, fact: Fact, symbol: Symbol, given: Arguments, where: Where) -> Confidence | None:
    """How surely FACT holds: None where it does not; low where an argument that decides cannot be seen."""
    library = view.catalog.library_of(symbol.path)
    package = library.packages[0] if library and library.packages else symbol.library
    if fact.versions and not view.versions(package, fact.versions, where.path):
        return None
    wanted = given.holds(fact.when) if fact.when else True
    refused = given.holds(fact.unless) if fact.unless else False
    if wanted is False or refused is True:
        return None
    return Confidence.HIGH if wanted and refused is False else Confidence.LOW


def symbols_of(tracer: Tracer, callee: Origin) -> Iterator[tuple[Symbol, Origin]]:
    """The catalogue symbols that a call of CALLEE concerns: its own, or the library bases of a class of the tree.

    Not where such a class calls the base's constructor itself: that call has the arguments.
    """
    if callee.symbol is not None and callee.kind in (Kind.LIBRARY, Kind.INSTANCE):
        yield callee.symbol, callee
    elif callee.kind is Kind.DEFINITION and callee.place is not None and callee.receiver is None:
        if tracer.project.scope(callee.place).kind == "class" and not tracer.hands_up(callee):
            for base in tracer.lineage(callee):
                if base.kind is Kind.LIBRARY and base.symbol is not None:
                    yield base.symbol, base.weaker()


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
