"""The facts of the catalogue that hold at a call: of which symbol, how surely, and with which arguments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from factorlint import arguments
from factorlint.arguments import Arguments
from factorlint.entries import Fact, Symbol
from factorlint.expr import Call, Expr, Seq
from factorlint.model import Confidence
from factorlint.origin import Kind, Origin, Where
from factorlint.provenance import Tracer
from factorlint.view import Known, View


@dataclass(frozen=True)
class Held:
    """A catalogue fact that holds at a call: of which symbol, how surely, and with which arguments."""

    fact: Fact
    symbol: Symbol
    origin: Origin
    confidence: Confidence
    arguments: Arguments


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
        _add_later(view, given, facts, call, where)
        for fact in facts:
            if id(fact) in said:
                continue
            sure = _sure(view, fact, symbol, given, where)
            if sure is None:
                continue
            said.add(id(fact))
            yield Held(fact, symbol, origin, origin.weaker(sure).confidence, given)


def _add_later(view: View, given: Arguments, facts: Sequence[Fact], call: Call, where: Where) -> None:
    """``agent.system_prompt = PROMPT`` behind the call that makes the agent: as good as passed, if FACTS ask for it."""
    asked = {name for fact in facts for condition in (*fact.when, *fact.unless) for name in condition}
    for name in asked - given.given.keys():
        for made, maker, value, at in view.once(set_later, name):
            if made == where and maker == call:
                given.given[name] = (value, at)


def set_later(view: View, name: str) -> tuple[tuple[Where, Call, Expr, Where], ...]:
    """What attribute NAME of the objects that calls of the tree make is set to; where each is made, and by which."""
    found: list[tuple[Where, Call, Expr, Where]] = []
    for path, write in view.project.settings(name):
        at = Where(path, write.scope, write.order)
        for one in view.tracer.origins(write.base, at):
            if one.kind is Kind.INSTANCE and one.call is not None and one.made is not None and not write.augmented:
                found.append((one.made, one.call, write.value, at))
    return tuple(found)


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
