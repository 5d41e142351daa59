"""Agents that a team holds: the team ends their talk, so what an agent does by default at its end never comes."""

from __future__ import annotations

from factorlint.arguments import of
from factorlint.expr import Expr, Seq
from factorlint.origin import Origin, Where
from factorlint.rule import Held, Here, View


def ended_by_its_team(held: Held, call: Expr, here: Here) -> bool:
    """Whether a default of an agent's constructor, CALL, is about the end of a talk that a team ends before."""
    symbol, given = held.symbol, held.arguments.given
    ends = [name for role in ("ends", "limit") for name in symbol.parameter(role)]
    if not symbol.parameter("ends") or held.fact.at in given or here.plays(held.origin, "human"):
        return False
    return not any(name in given for name in ends) and (here.where, id(call)) in here.view.once(_members)


def _members(view: View) -> frozenset[tuple[Where, int]]:
    """The constructor calls, each with where it stands, of the agents that a team is given."""
    found: set[tuple[Where, int]] = set()
    for path in sorted(view.project.files):
        for called in view.project.files[path].calls:
            where = Where(path, called.scope, called.order)
            for callee in view.reach.callees(path, called):
                for name in callee.symbol.parameter("agents") if callee.symbol is not None else ():
                    row = of(view.tracer, callee.symbol, called.call, where).given.get(name)
                    for one in _each(view, *row) if row is not None else ():
                        if one.call is not None and one.made is not None:
                            found.add((one.made, id(one.call)))
    return frozenset(found)


def _each(view: View, expr: Expr, where: Where) -> list[Origin]:
    """What a list of agents holds, put in at once or later."""
    out: list[Origin] = []
    for one in view.tracer.origins(expr, where):
        out.append(one)
        for held in (one, *one.parts):
            for item in held.expr.items if isinstance(held.expr, Seq) and held.place is not None else ():
                out += view.tracer.origins(item, held.place) if held.place is not None else ()
    return out
