"""The functions before which a library stops a run, because a call names the node that they stand in."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint import arguments
from factorlint.entries import Symbol
from factorlint.expr import Call, Const, Expr, Seq
from factorlint.facts import Called
from factorlint.origin import Origin, Where
from factorlint.rule import View, symbols_of

_BEFORE = "interrupt_before"
_EVERY = "*"


def stopped(view: View) -> frozenset[tuple[str, int]]:
    """The functions (file, scope) of the tree that run only after such a stop; asked once for the whole tree."""
    found: set[tuple[str, int]] = set()
    for path in sorted(view.project.files):
        for called in view.project.files[path].calls:
            where = Where(path, called.scope, called.order)
            for callee in view.reach.callees(path, called):
                for symbol, origin in symbols_of(view.tracer, callee):
                    nodes = _named(view, symbol, called.call, where)
                    if nodes:
                        found |= set(_behind(view, symbol, origin, called, where, nodes))
    return frozenset(found)


def _named(view: View, symbol: Symbol, call: Call, where: Where) -> frozenset[str]:
    """The nodes that CALL has the library stop before; every one where their names cannot be told."""
    if not any(_BEFORE in kin.parameter("approval") for kin in view.catalog.lineage(symbol)):
        return frozenset()
    row = arguments.of(view.tracer, symbol, call, where).given.get(_BEFORE)
    if row is None or row[0] == Const(None, "NoneType"):
        return frozenset()
    said = frozenset(_texts(view, *row))
    return said or frozenset((_EVERY,))


def _texts(view: View, expr: Expr, where: Where) -> Iterator[str]:
    for one in view.tracer.origins(expr, where):
        for held in (one, *one.parts):
            items = held.expr.items if isinstance(held.expr, Seq) else (held.expr,)
            for item in items:
                if isinstance(item, Const) and isinstance(item.value, str):
                    yield item.value


def _behind(
    view: View, symbol: Symbol, origin: Origin, called: Called, where: Where, nodes: frozenset[str]
) -> Iterator[tuple[str, int]]:
    """The functions that stand in the NODES of the graph or agent that CALLED makes, compiles or runs."""
    yield from _tools(view, symbol, called.call, where)  # an agent of the library: its tools are the node
    maker: Origin | None = origin.receiver
    while maker is not None and maker.call is not None and maker.made is not None:
        if maker.symbol is not None:
            yield from _tools(view, maker.symbol, maker.call, maker.made)
        for run in view.agents.runs(maker.call, maker.made):
            if run.symbol.parameter("steps"):
                yield from _node(view, run.symbol, run.called.call, run.where, nodes)
        maker = maker.receiver


def _node(view: View, symbol: Symbol, call: Call, where: Where, nodes: frozenset[str]) -> Iterator[tuple[str, int]]:
    """What a call of ``add_node`` puts into a node, if it is one of NODES."""
    texts = {one.value for one in call.args if isinstance(one, Const) and isinstance(one.value, str)}
    given = arguments.of(view.tracer, symbol, call, where).given
    for name in symbol.parameter("steps"):
        if name not in given:
            continue
        for one in view.tracer.origins(*given[name]):
            bodies = view.reach.bodies(one)
            own = {view.project.scope(body).name for body in bodies}
            if not (texts or own) & nodes and _EVERY not in nodes:
                continue
            if one.symbol is not None and one.call is not None and one.made is not None:
                yield from _tools(view, one.symbol, one.call, one.made)
            for body in bodies:
                yield body.path, body.scope
                for reached in view.reach.below(body):
                    yield from ((inner.path, inner.scope) for inner in view.reach.bodies(reached.callee))


def _tools(view: View, symbol: Symbol, call: Call, where: Where) -> Iterator[tuple[str, int]]:
    for tool in view.agents.toolset(symbol, call, where).tools:
        if tool.body is not None:
            yield tool.body.path, tool.body.scope
