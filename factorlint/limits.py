"""The step limit of an agent: what a call passes for it, and what stands where nothing is passed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from factorlint import arguments
from factorlint.arguments import Arguments
from factorlint.entries import Symbol
from factorlint.expr import Call, Const, Dict, Expr
from factorlint.origin import Kind, Where
from factorlint.provenance import Tracer

Versions = Callable[[str, str, str], bool]


@dataclass(frozen=True)
class Limit:
    """A number of steps; ``steps`` is None where nothing ends the run. ``argument`` is what it was passed by."""

    steps: float | None
    argument: str


def passed(tracer: Tracer, symbol: Symbol, call: Call, where: Where) -> Limit | None:
    """The limit that CALL passes, by an argument of its own or inside a configuration; None where none is seen.

    A limit whose value cannot be told counts as 0: there is one, and nothing more is known.
    """
    given = arguments.of(tracer, symbol, call, where)
    names = own_names(tracer, symbol)
    for name in names:
        row = given.given.get(name)
        if row is not None:
            return Limit(_value(tracer, *row), name)
    for name in _all(tracer, symbol, "config"):
        row = given.given.get(name)
        if row is not None:
            found = list(_inside(tracer, row[0], row[1], (*names, *_defaulted(tracer, symbol))))
            if found:
                return Limit(_most([_value(tracer, *one) for one in found]), name)
    return None


def hidden(given: Arguments, tracer: Tracer, symbol: Symbol) -> bool:
    """Whether a limit may be among arguments that are not seen: a ``**``, a configuration from elsewhere."""
    if given.open:
        return True
    for name in _all(tracer, symbol, "config"):
        row = given.given.get(name)
        if row is None:
            continue
        found = tracer.origins(*row)
        if not any(one.kind in (Kind.CONTAINER, Kind.VALUE) or one.call is not None for one in found):
            return True
    return False


def default(tracer: Tracer, symbol: Symbol, versions: Versions, path: str) -> Limit | None:
    """The limit that stands in the file at PATH where none is passed; None where the catalogue does not say."""
    names = (*own_names(tracer, symbol), *_SPELLINGS)
    for one in tracer.catalog.lineage(symbol):
        library = tracer.catalog.library_of(one.path)
        package = library.packages[0] if library and library.packages else one.library
        for name, rows in one.defaults.items():
            if name not in names:
                continue
            for condition, value in rows:
                if not condition or versions(package, condition, path):
                    return Limit(value if isinstance(value, (int, float)) else None, name)
    return None


def own_names(tracer: Tracer, symbol: Symbol) -> tuple[str, ...]:
    """The arguments of SYMBOL itself that carry a step limit."""
    return _all(tracer, symbol, "limit")


def _all(tracer: Tracer, symbol: Symbol, role: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for one in tracer.catalog.lineage(symbol) for name in one.parameter(role)))


def _defaulted(tracer: Tracer, symbol: Symbol) -> tuple[str, ...]:
    return (*_SPELLINGS, *(name for one in tracer.catalog.lineage(symbol) for name in one.defaults))


def _inside(tracer: Tracer, expr: Expr, where: Where, names: tuple[str, ...]) -> Iterator[tuple[Expr, Where]]:
    """The limit in a configuration: a key of a dict, an argument of a configuration object."""
    for one in tracer.origins(expr, where):
        for held in (one, *one.parts):
            if isinstance(held.expr, Dict) and held.place is not None:
                for key, value in held.expr.items:
                    if isinstance(key, Const) and key.value in names:
                        yield value, held.place
        if one.kind is Kind.INSTANCE and one.symbol is not None and one.call is not None and one.made is not None:
            given = arguments.of(tracer, one.symbol, one.call, one.made).given
            for name in own_names(tracer, one.symbol):
                if name in given:
                    yield given[name]


def _value(tracer: Tracer, expr: Expr, where: Where) -> float | None:
    numbers = arguments.literals(tracer, expr, where)
    steps = [one for one in numbers if isinstance(one, (int, float)) and not isinstance(one, bool)]
    if steps:
        return max(steps)
    return None if numbers and all(one is None for one in numbers) else 0


def _most(limits: list[float | None]) -> float | None:
    """The loosest of the limits that a configuration may carry, of those that can be told."""
    known = [one for one in limits if one]
    return max(known) if known else (None if None in limits and 0 not in limits else 0)


# Limits that a configuration of a run carries, where the constructor has no argument for them.
_SPELLINGS = ("recursion_limit", "request_limit", "max_turns", "max_steps", "max_iterations", "max_iter", "turns")
