"""Catalogue → Cards: each library against the thirteen factors, for people who choose one.

Most of a card follows from the facts that rules use. Where those are silent, or a person has said it better, the
section ``scorecard:`` of the library's file speaks: how firmly it holds a factor, what gives the factor back, how
the owned form looks, and whether a run can be stopped between the choice of a tool and its call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from factorlint import registry
from factorlint.catalog import Catalog
from factorlint.entries import Fact, Library, Symbol
from factorlint.factors import DECISIVE, FACTORS
from factorlint.model import Check, Owner
from factorlint.model.library import Card, Cell, Duty, Grip, Limit

ORDER = (*DECISIVE, *(one.number for one in FACTORS if one.number not in DECISIVE))

# What a program that uses the library cannot do without; memory classes, stores and hubs are asked for.
_CORE = frozenset(
    "agent team executor chain engine graph graph-builder workflow client chat-model completion-model "
    "structured-client retry".split()
)
_CALLS = frozenset("run call-model run-graph".split())
_TOOLS = frozenset("tools functions function_list plugins toolkit toolsets".split())  # an agent without them is none
_TAKEN = (Owner.FRAMEWORK, Owner.NOBODY)
_SILENT = {"FL0602": 6, "FL1203": 12, "resume-api": 6}  # of the catalogue, whatever the rule that reports them
_BOUNDS = ("max", "limit", "retr", "turns", "steps", "attempts", "tries", "round", "timeout")


def cards(catalog: Catalog) -> tuple[Card, ...]:
    """The cards of all libraries that decide anything, agent frameworks first, then by kind and name."""
    factors = {**_SILENT, **{check.id: rule.factor for rule in registry.rules() for check in rule.checks}}
    checks = {check.id: check for rule in registry.rules() for check in rule.checks}
    made = [card(catalog, library, factors, checks) for library in catalog.libraries]
    told = [one for one in made if any(cell.grip is not Grip.NONE for cell in one.cells)]
    return tuple(sorted(told, key=lambda one: (one.kind != "agent-framework", one.kind, one.library)))


def find(all_cards: Iterable[Card], catalog: Catalog, name: str) -> Card | None:
    """The card of the library called NAME, or that is installed or imported as NAME."""
    wanted = _plain(name)
    names = {
        library.name: {_plain(word) for word in (library.name, *library.packages, *library.imports)}
        for library in catalog.libraries
    }
    found = list(all_cards)
    exact = [one for one in found if _plain(one.library) == wanted]
    return next(iter(exact or [one for one in found if wanted in names[one.library]]), None)


def card(catalog: Catalog, library: Library, factors: Mapping[str, int], checks: Mapping[str, Check]) -> Card:
    """The card of one library."""
    duties: dict[int, list[tuple[bool, Duty]]] = {}
    for symbol in library.symbols:
        for fact in symbol.facts:
            for factor, default, duty in _duties(library, symbol, fact, factors, checks):
                held = duties.setdefault(factor, [])
                if all((duty.what, duty.check) != (one.what, one.check) for _, one in held):
                    held.append((default, duty))
    return Card(
        library=library.name,
        kind=library.kind,
        read=tuple(library.read.items()),
        cells=tuple(_cell(library, factor, duties.get(factor, [])) for factor in ORDER),
        stop=library.stop,
        limits=tuple(_limits(library)),
    )


def _cell(library: Library, factor: int, held: list[tuple[bool, Duty]]) -> Cell:
    told = library.told.get(factor)
    own = f"FL{factor:02}"
    held = sorted(held, key=lambda one: (not one[1].check.startswith(own), not one[0], one[1].owner not in _TAKEN))
    duties = tuple(duty for _, duty in held)
    if told is not None:
        return replace(told, duties=duties)
    grip = _grip(held)
    first = next((duty for duty in duties if (duty.owner in _TAKEN) == (grip in _HELD)), None)
    if first is None:
        return Cell(factor, grip, duties=duties)
    back = next((duty.gives_back for duty in (first, *duties) if duty.gives_back), ())
    return Cell(factor, grip, first.what, "; ".join(back), "", first.source, duties)


_HELD = (Grip.FRAMEWORK, Grip.LEVER, Grip.ASKED)


def _grip(held: list[tuple[bool, Duty]]) -> Grip:
    """How firmly: by what is done without being asked, then by what is done when asked."""
    taken = [(default, duty) for default, duty in held if duty.owner in _TAKEN]
    own = {duty.owner for _, duty in held} - set(_TAKEN)
    by_default = [duty for default, duty in taken if default]
    if by_default:
        lever = own or any(duty.gives_back for duty in by_default)
        return Grip.LEVER if lever else Grip.FRAMEWORK
    if taken:
        return Grip.ASKED
    if not own:
        return Grip.NONE
    return Grip.CODE if Owner.CODE in own else Grip.SHARED


def _duties(
    library: Library, symbol: Symbol, fact: Fact, factors: Mapping[str, int], checks: Mapping[str, Check]
) -> Iterator[tuple[int, bool, Duty]]:
    """(factor, done without being asked, what is done) of one fact, then of the factors it implies."""
    check = checks.get(fact.check)
    factor = factors.get(fact.check)
    default = _unasked(library, symbol, fact)
    duty = Duty(
        check=fact.check,
        owner=fact.owner or (check.owner if check else Owner.NOBODY),
        symbol=symbol.path,
        what=fact.what,
        when=" or ".join(_words(row) for row in fact.when),
        gives_back=fact.gives_back or tuple(_words(row) for row in fact.unless),
        source=fact.source or symbol.source,
    )
    if factor is not None:
        yield factor, default, duty
    for implied, owner in fact.also:
        yield implied, default, replace(duty, owner=owner)


def _unasked(library: Library, symbol: Symbol, fact: Fact) -> bool:
    """Whether the plain use of the library does this: the agent loop in a model client, for one, is asked for."""
    calls = _CALLS if library.kind == "agent-framework" else {"call-model"}
    if not (set(symbol.roles) & _CORE or symbol.does in calls):
        return False
    return not fact.when or any(
        all(test in ("absent", "falsy") or name in _TOOLS for name, test in row.items()) for row in fact.when
    )


def _words(row: Mapping[str, Any]) -> str:
    return " and ".join(_test(name, test) for name, test in row.items())


def _test(name: str, test: Any) -> str:
    if test in ("given", "truthy"):
        return f"{name}="
    if test in ("absent", "falsy"):
        return f"no {name}="
    ((kind, value),) = test.items()
    if kind == "in":
        return f"{name}={' or '.join(map(repr, value))}"
    return {"is": f"{name}={value!r}", "has": f"{value!r} in {name}=", "not": f"{name}= other than {value!r}"}[kind]


def _limits(library: Library) -> Iterator[Limit]:
    seen = set()
    for symbol in library.symbols:
        for name, rows in symbol.defaults.items():
            if not any(word in name for word in _BOUNDS):
                continue
            for versions, value in rows:
                limit = Limit(symbol.path, name, repr(value), versions)
                key = (name, limit.value, versions, symbol.path.rpartition(".")[0])
                if key not in seen:
                    seen.add(key)
                    yield limit


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
