"""Whether a surface starts an agent that anything else can start too, or holds the agent itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from factorlint import arguments
from factorlint.expr import Attr, Call, Expr, Name, Seq
from factorlint.facts import Called
from factorlint.origin import Kind, Origin, Where
from factorlint.provenance import Tracer
from factorlint.provenance.answers import answers_in
from factorlint.scripts import Span


@dataclass(frozen=True)
class Surface:
    """A handler, or a script (without a name). ``kind`` is the catalogue's word: http, chat, function, mcp, ui, cli, …

    ``importable`` says that its module can be imported for the objects that it makes.
    """

    kind: str
    path: str
    name: str
    spans: tuple[Span, ...]
    importable: bool = False

    def holds(self, where: Where) -> bool:
        """Whether the statement at WHERE is one of the surface's own."""
        return where.path == self.path and any(span.holds(where) for span in self.spans)

    def keeps(self, made: Where, used: Where) -> bool:
        """Whether what is made at MADE and used at USED, in the same function, is out of reach for everything else."""
        if made.path != self.path or (self.importable and made.scope == 0):
            return False
        return any(span.holds(made) and span.holds(used) for span in self.spans)


@dataclass(frozen=True)
class Start:
    """A call in a surface that comes to a model, or that makes an agent.

    ``how`` is through (the tree's function or class at ``target``), run (of an agent made at ``made``, as far as that
    is known), hosted (a run on a server, by a client made at ``made``), ask (a client's model call) or make (an agent).
    """

    how: str
    called: Called
    where: Where
    callee: Origin
    target: Where | None = None
    made: tuple[Where, ...] = ()

    @property
    def agent(self) -> tuple[Where, ...]:
        """What is started, as far as it is known."""
        return (self.target,) if self.target is not None else self.made


@dataclass(frozen=True)
class Lock:
    """The call by which a surface holds its agent, and what it holds of it."""

    start: Start
    what: str


def lock(tracer: Tracer, surface: Surface, starts: Sequence[Start]) -> Lock | None:
    """What keeps anything else from starting the agent of a surface; None if nothing does."""
    for one in starts:
        if one.how == "run" and any(surface.keeps(made, one.where) for made in one.made):
            return Lock(one, "the agent is made here")
        if surface.name and one.how == "run" and _keeps_history(tracer, surface, one):
            return Lock(one, "the history is loaded, passed on and stored here")
        if surface.name and one.how == "through" and _conducts(tracer, surface, one):
            return Lock(one, "the loop and its messages stand here")
    if any(one.how == "through" for one in starts):
        return None
    for one in starts:
        if one.how == "ask" or (one.how == "run" and one.callee.receiver is None and not one.made):
            return Lock(one, "the model is asked here and nowhere else")
    made = next((one for one in starts if one.how == "make"), None)
    if made is not None and surface.name and not any(one.how == "run" for one in starts):
        return Lock(made, "the agent is made here")
    return None


def elsewhere(surface: Surface, starts: Sequence[Start], seen: Collection[tuple[str, str, Where]]) -> Start | None:
    """The call by which a surface starts an agent that stands outside it, unless it was SEEN (kind, file, agent).

    A script that runs an agent of its own module says nothing about who else could.
    """
    for one in starts:
        if all((surface.kind, surface.path, agent) in seen for agent in one.agent):
            continue
        outside = any(made.path != surface.path if not surface.name else not surface.holds(made) for made in one.made)
        if one.how in ("through", "hosted") or (one.how == "run" and outside):
            return one
    return None


def _keeps_history(tracer: Tracer, surface: Surface, run: Start) -> bool:
    """Whether the handler fetches the history that the run is given, and puts away what the run adds to it."""
    symbol = run.callee.symbol
    if symbol is None:
        return False
    given = arguments.of(tracer, symbol, run.called.call, run.where).given
    names = [name for one in tracer.catalog.lineage(symbol) for name in one.parameter("messages_history")]
    passed = [given[name][0] for name in (*names, *symbol.parameter("messages")) if name in given]
    if not any(isinstance(value, Call) for expr in passed for value in _bound(tracer, surface, expr, run.where)):
        return False
    for called in tracer.project.files[surface.path].calls:
        where = Where(surface.path, called.scope, called.order)
        if not surface.holds(where) or called.call is run.called.call:
            continue
        stores = any(
            one.kind is Kind.DEFINITION or (one.symbol is not None and one.symbol.does == "save")
            for one in tracer.callees(called.call.func, where)
        )
        given_on = (*called.call.args, *(value for _, value in called.call.keywords))
        if stores and any(
            answer.call is run.called.call for value in given_on for answer in answers_in(tracer, value, where)
        ):
            return True
    return False


def _conducts(tracer: Tracer, surface: Surface, start: Start) -> bool:
    """Whether the tree's model function is called in a loop of the handler, with a list that the handler fills."""
    statements = tracer.project.files[surface.path].statements
    around = [order for order in tracer.project.chain(surface.path, start.where.order) if _in(surface, order)]
    turns = (statements[order].kind for order in around if order != start.where.order)
    if not any(kind in ("While", "For", "AsyncFor") for kind in turns) and statements[around[0]].kind != "While":
        return False
    passed = (*start.called.call.args, *(value for _, value in start.called.call.keywords))
    return any(
        isinstance(value, Seq) and value.kind == "list" and isinstance(expr, Name) and _filled(tracer, surface, expr.id)
        for expr in passed
        for value in _bound(tracer, surface, expr, start.where)
    )


def _in(surface: Surface, order: int) -> bool:
    return any(span.first <= order <= span.last for span in surface.spans)


def _filled(tracer: Tracer, surface: Surface, name: str) -> bool:
    for called in tracer.project.files[surface.path].calls:
        func = called.call.func
        if isinstance(func, Attr) and func.base == Name(name) and func.name in ("append", "extend"):
            if surface.holds(Where(surface.path, called.scope, called.order)):
                return True
    return False


def _bound(tracer: Tracer, surface: Surface, expr: Expr, where: Where) -> Iterator[Expr]:
    """What a name of the surface's own is bound to in it."""
    scopes = tracer.project.files[where.path].scopes
    number = where.scope if isinstance(expr, Name) else -1
    while number > 0 and isinstance(expr, Name):
        rows = scopes[number].bindings.get(expr.id, ())
        yield from (
            row.value for row in rows if row.value is not None and surface.holds(Where(where.path, number, row.order))
        )
        number = -1 if rows else scopes[number].parent
