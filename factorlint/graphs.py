"""What a graph carries: which functions of the tree its library calls with the state, and what they return into it.

A step returns a dict, the library puts it into the state, and hands that to the next step. So the state that a step is
given is a dict of all that the steps of the same graph return. This is asked before anything else, by a `Tracer` of its
own: what a name is must not depend on whether somebody had asked for a state before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from factorlint import arguments
from factorlint.expr import Call, Dict, Expr, Name, last_name
from factorlint.facts import Called
from factorlint.model import Confidence
from factorlint.origin import CARRIED, Kind, Origin, Where
from factorlint.project import Project
from factorlint.provenance import Tracer
from factorlint.provenance.parameters import positional

Place = tuple[str, int]  # a function: its file and scope
Parameter = tuple[str, int, str]  # a parameter of it

_ROLES = ("steps", "routers")
_UPDATE = "update"  # what a step returns with an order for the library: ``Command(goto=…, update={…})``


@dataclass(frozen=True)
class Graphs:
    """``steps`` are run by a library, ``routers`` only asked where to go; both are given a state."""

    steps: frozenset[Place]
    routers: frozenset[Place]
    states: Mapping[Parameter, Origin]  # the parameter by which each is given the state → that state
    together: Mapping[Place, frozenset[Place]]  # function → all functions of the graphs that it is in


def of(project: Project) -> Graphs:
    """The graphs of a tree."""
    found = _Found(project)
    for path in sorted(project.files):
        for called in project.files[path].calls:
            if last_name(called.call.func) in found.adders:
                found.add(path, called)
    return found.graphs()


class _Found:
    """The functions that were added to graphs, so far."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.tracer = Tracer(project)
        symbols = [one for library in project.catalog.libraries for one in library.symbols]
        adding = [one for one in symbols if any(one.parameter(role) for role in _ROLES)]
        self.adders = {name.rpartition(".")[2] for one in adding for name in one.names}
        self.members: dict[Where, dict[Place, str]] = {}  # where a graph is made → its functions, with their roles

    def add(self, path: str, called: Called) -> None:
        """What a call adds to a graph."""
        where = Where(path, called.scope, called.order)
        for callee in self.tracer.origins(called.call.func, where):
            if callee.symbol is None:
                continue
            made = callee.made or Where(path, 0, -1)  # made out of sight: what one file adds is one graph
            given = arguments.of(self.tracer, callee.symbol, called.call, where).given
            for role in _ROLES:
                for name in callee.symbol.parameter(role):
                    for one in self.tracer.origins(*given[name]) if name in given else ():
                        for body in self._functions(one):
                            self.members.setdefault(made, {}).setdefault((body.path, body.scope), role)

    def _functions(self, origin: Origin, depth: int = 0) -> Iterator[Where]:
        """The functions behind a node: itself, or what a wrapper of a library was given."""
        found: Origin | None = None
        if origin.kind is Kind.OBJECT:
            found = self.tracer.method(origin, "__call__")
        elif origin.kind is Kind.DEFINITION and origin.place is not None:
            found = origin if self.project.scope(origin.place).kind == "function" else None
        elif origin.kind is Kind.INSTANCE and origin.call is not None and origin.made is not None and depth < 2:
            for value in (*origin.call.args, *(value for _, value in origin.call.keywords)):
                for one in self.tracer.origins(value, origin.made):
                    if one.kind is Kind.DEFINITION:
                        yield from self._functions(one, depth + 1)
        if found is not None:
            yield from (one.place for one in self.tracer.bodies(found) if one.place is not None)

    def graphs(self) -> Graphs:
        roles = [(place, role) for rows in self.members.values() for place, role in rows.items()]
        steps = frozenset(place for place, role in roles if role == "steps")
        routers = frozenset(place for place, role in roles if role == "routers") - steps
        returned = {place: tuple(self._returned(place)) for place in steps}
        states: dict[Parameter, list[Origin]] = {}
        for rows in self.members.values():
            parts = [one for place in sorted(rows) for one in returned.get(place, ())]
            for place in rows:
                name = self._given(place)
                if name is not None:
                    states.setdefault((*place, name), []).extend(parts)
        together: dict[Place, set[Place]] = {}
        for rows in self.members.values():
            for place in rows:
                together.setdefault(place, set()).update(rows)
        return Graphs(
            steps,
            routers,
            {where: _state(where, parts) for where, parts in states.items()},
            {place: frozenset(found) for place, found in together.items()},
        )

    def _given(self, place: Place) -> str | None:
        """The parameter that a function of a graph takes the state by: its first."""
        path, number = place
        scope = self.project.files[path].scopes[number]
        holder = self.project.files[path].scopes[scope.parent]
        return next(iter(positional(scope, holder)), None)

    def _returned(self, place: Place) -> Iterator[Origin]:
        """The dicts that a step gives back, and what it writes into the state that it was given."""
        path, number = place
        scope = self.project.files[path].scopes[number]
        for order, value in (*scope.returns, *scope.yields):
            yield from self._dicts(value, Where(path, number, order))
        given = self._given(place)
        if given is not None:
            yield from self._written(given, Where(path, number, scope.end))

    def _dicts(self, value: Expr, where: Where) -> Iterator[Origin]:
        if isinstance(value, Dict):
            yield _dict(value, where)
        elif isinstance(value, Call):
            for name, inner in value.keywords:
                if name == _UPDATE:
                    yield from self._dicts(inner, where)
        elif isinstance(value, Name):
            for row in self.project.scope(where).bindings.get(value.id, ()):
                if isinstance(row.value, (Dict, Call)):
                    yield from self._dicts(row.value, where._replace(order=row.order))
            yield from self._written(value.id, where)

    def _written(self, name: str, where: Where) -> Iterator[Origin]:
        """``name[key] = value`` in a function, each as a dict."""
        for write in self.project.writes(where.path, where.scope):
            if write.base == Name(name) and write.key is not None:
                yield _dict(Dict(((write.key, write.value),)), where._replace(order=write.order))


def _dict(made: Dict, where: Where) -> Origin:
    return Origin(Kind.CONTAINER, "", None, Confidence.MEDIUM, where, made)


def _state(where: Parameter, parts: list[Origin]) -> Origin:
    """A dict of all that PARTS put into it."""
    at = Where(where[0], where[1], -1)
    return Origin(Kind.CONTAINER, "", None, Confidence.MEDIUM, at, Dict(()), shape=CARRIED, parts=tuple(parts))
