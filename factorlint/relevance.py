"""Which files a rule could find a site in at all, told from the facts alone.

LibCST and the rules cost many times what the facts do, and in most files of most trees there is nothing to find. A
file is passed over only if nothing that the catalogue has anything to say about is called in it or below its calls,
no answer of a model gets into it by any road that provenance follows, and no question about the tree leads there.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

from factorlint import cut
from factorlint.agents import DESCRIBED
from factorlint.expr import Attr, Call, Const, Dict, Expr, Item, Name, last_name, walk
from factorlint.facts import Called, Scope
from factorlint.origin import Kind, Origin, Where
from factorlint.rule import Rule, View
from factorlint.threads import Holder

# What a call may do, or be known to do, that decides nothing by itself.
_ASIDE = frozenset(("parse", "validate", "route", "serve"))
_PLAIN = frozenset((None, "none", "same", "make", "parse", "validate", "load", "save", "retry", "route", "serve"))


class Relevance:
    """The question for every file of one tree. Holds only its memory."""

    def __init__(self, view: View, rules: Sequence[Rule]) -> None:
        self.view, self.rules = view, rules
        self.signs = frozenset(sign for rule in rules for sign in rule.signs)
        self.project, self.tracer, self.reach = view.project, view.tracer, view.reach
        self._decisive: dict[tuple[str, int], bool] = {}

    def settle(self) -> None:
        """Ask what is asked about the whole tree."""
        with self.tracer.settling():
            assert self._led_to is not None

    def statements(self, path: str, text: str) -> frozenset[int]:
        """The numbers of the statements of the file PATH, whose TEXT it is, in which a rule could find anything.

        They are statements of the module or of a class; a class that is among them counts with all that is in it.
        """
        facts = self.project.files[path]
        rows, held = facts.statements, cut.parents(facts.statements)
        found = set(cut.naming(text, rows, self._globals.get(path, ())))

        def seat(order: int) -> int:
            while rows[order].parent not in held:
                order = rows[order].parent
            return order

        for order in self._led_to.get(path, ()):
            if order < 0:
                return frozenset(held[-1])
            found.add(seat(order))
        questions: Iterator[tuple[int, Callable[[], bool]]] = itertools.chain(
            ((one.order, functools.partial(self._matters, path, one)) for one in facts.calls),
            ((one.order, functools.partial(self._defines, path, one)) for one in facts.scopes if one.order >= 0),
            (
                (one.order, functools.partial(self._reads, one.expr, Where(path, one.scope, one.order)))
                for one in facts.tests
            ),
        )
        for order, holds in questions:
            place = seat(order)
            if place not in found and holds():
                found.add(place)
        return frozenset(found)

    @functools.cached_property
    def _led_to(self) -> Mapping[str, frozenset[int]]:
        """File → its statements that the questions about the whole tree lead to; -1 stands for all of the file."""
        view, files = self.view, self.project.files
        places = {*view.prompts.by_statement, *view.surfaces.by_statement}
        places |= {(one.caller.path, one.caller.order) for one in view.prompts.every}
        places |= {(one.where.path, one.where.order) for one in view.threads.sent}
        places |= {place for rule in self.rules for place in rule.leads(view)}
        scopes = {
            *self._tools(),
            *view.steps.nodes,
            *view.steps.graphs.routers,
            *view.resume.loaders,
            *view.threads.renderers,
        }
        scopes |= {*self._handed_over, *((one.path, one.scope) for one in view.threads.holders if not _is_global(one))}
        places |= {(path, files[path].scopes[number].order) for path, number in scopes}
        found: dict[str, set[int]] = {}
        for path, order in places:
            found.setdefault(path, set()).add(order)
        return {path: frozenset(orders) for path, orders in found.items()}

    @functools.cached_property
    def _globals(self) -> Mapping[str, Sequence[str]]:
        """File → the names of its module that hold a thread: whatever is done to them says so."""
        found: dict[str, list[str]] = {}
        for one in self.view.threads.holders:
            if _is_global(one):
                found.setdefault(one.path, []).append(one.name.rpartition(".")[2])
        return found

    def _tools(self) -> Iterator[tuple[str, int]]:
        """The functions that are a model's tools; a class that has one counts whole, for the tool may call the rest."""
        for path, number in self.view.agents.bodies:
            scopes = self.project.files[path].scopes
            around = scopes[number].parent
            yield path, around if around >= 0 and scopes[around].kind == "class" else number

    @functools.cached_property
    def _handed_over(self) -> frozenset[tuple[str, int]]:
        """The functions and classes of the tree that are arguments of a call which the catalogue speaks about."""
        found: set[tuple[str, int]] = set()
        for path in sorted(self.project.files):
            for called in self.project.files[path].calls:
                symbols = [one.symbol for one in self.reach.callees(path, called) if one.symbol is not None]
                if all(one.does in _ASIDE or "field" in one.roles for one in symbols):
                    continue
                where = Where(path, called.scope, called.order)
                for expr in (*called.call.args, *(value for _, value in called.call.keywords)):
                    if isinstance(expr, (Name, Attr)):
                        places = (one.place for one in self.tracer.origins(expr, where) if one.kind in _OWN)
                        found |= {(place.path, place.scope) for place in places if place is not None}
        return frozenset(found)

    @functools.cached_property
    def _fields(self) -> frozenset[str]:
        """The names under which a model's answer is kept on an object or in a dict."""
        carried = (part.expr for state in self.tracer.states.values() for part in state.parts)
        found = {name for one in carried if isinstance(one, Dict) for key, _ in one.items for name in _key(None, key)}
        for path in sorted(self.project.files):
            facts = self.project.files[path]
            for write in facts.writes:
                if self._is_answer(write.value, Where(path, write.scope, write.order)):
                    found |= set(_key(write.name, write.key))
            for called in facts.calls:
                for name, value in called.call.keywords:
                    if name and self._is_answer(value, Where(path, called.scope, called.order)):
                        found.add(name)
        return frozenset(found)

    def _is_answer(self, expr: Expr, where: Where) -> bool:
        return any(one.kind is Kind.ANSWER for one in self.tracer.origins(expr, where))

    def _reads(self, expr: Expr, where: Where) -> bool:
        """Whether EXPR reads an answer from where one is kept, or a name that is bound to one."""
        for one in walk(expr):
            kept = isinstance(one, Name)
            if isinstance(one, Attr):
                kept = one.name in self._fields
            elif isinstance(one, Item):
                kept = not self._fields.isdisjoint(_key(None, one.key))
            elif isinstance(one, Call):
                kept = last_name(one.func) in ("get", "pop")
            if kept and self._is_answer(one, where):
                return True
        return False

    def _matters(self, path: str, called: Called) -> bool:
        where = Where(path, called.scope, called.order)
        callees = self.reach.callees(path, called)
        if self._hands_over(called.call, where):
            return True
        for one in callees:
            if one.kind in (Kind.ANSWER, Kind.PIPE) or self._decides(one):
                return True
            if one.kind is Kind.INSTANCE and one.call is not None and self._is_sign(one.call):
                return True
            if any(self._is_decisive(body) for body in self.reach.bodies(one)):
                return True
        return self._is_sign(called.call) or self._reads(called.call, where)

    def _hands_over(self, call: Call, where: Where) -> bool:
        """Whether a call is given a function that decides something: ``pool.submit(agent.run)``, ``add_task(work)``."""
        for expr in (*call.args, *(value for _, value in call.keywords)):
            if isinstance(expr, Attr):
                named = expr.name in self._deciding or bool(self.project.classes_with(expr.name))
                kinds: tuple[Kind, ...] = (Kind.LIBRARY, Kind.INSTANCE) if named else ()
            else:
                kinds = (Kind.LIBRARY,) if isinstance(expr, Name) else ()
            for one in self.tracer.origins(expr, where) if kinds else ():
                if one.kind in kinds and self._decides(one):
                    return True
                if one.kind is Kind.DEFINITION and any(self._is_decisive(body) for body in self.reach.bodies(one)):
                    return True
        return False

    @functools.cached_property
    def _deciding(self) -> frozenset[str]:
        """The last names of everything in the catalogue that decides something."""
        symbols = (symbol for library in self.view.catalog.libraries for symbol in library.symbols)
        origins = (Origin(Kind.LIBRARY, symbol.path, symbol) for symbol in symbols)
        names = (name for one in origins if one.symbol and self._decides(one) for name in one.symbol.names)
        return frozenset(name.rpartition(".")[2] for name in names)

    def _is_sign(self, call: Call) -> bool:
        return any(name in self.signs for name, _ in call.keywords)

    def _is_decisive(self, body: Where) -> bool:
        """Whether a function of the tree is a tool, tells a model something, comes to what decides, gives an answer."""
        key = (body.path, body.scope)
        if key not in self._decisive:
            scope = self.project.scope(body)
            self._decisive[key] = (
                key in self.view.agents.bodies
                or key in self._told
                or not self.reach.summary(body).does.keys() <= _PLAIN
                or any(self._is_answer(value, Where(*key, order)) for order, value in (*scope.returns, *scope.yields))
            )
        return self._decisive[key]

    @functools.cached_property
    def _told(self) -> frozenset[tuple[str, int]]:
        """The functions that tell a model something, if only by making an agent."""
        return frozenset((one.sink_at.path, one.sink_at.scope) for one in self.view.prompts.every)

    def _decides(self, one: Origin) -> bool:
        symbol = one.symbol
        if symbol is None:
            return False
        told = bool(symbol.parameter(DESCRIBED))  # a model that is bound to tools
        return told or symbol.does not in _PLAIN or bool(self.view.catalog.facts(symbol))

    def _defines(self, path: str, scope: Scope) -> bool:
        """Whether a function or class is decorated with, made of or given what matters."""
        outside = Where(path, scope.parent, scope.order)
        for decorator in scope.decorators:
            func = decorator.func if isinstance(decorator, Call) else decorator
            if any(self._decides(one) for one in self.tracer.origins(func, outside)):
                return True
        if scope.kind == "class":
            kin = self.tracer.lineage(Origin(Kind.DEFINITION, place=Where(path, scope.id, scope.end)))
            return any(self._decides(one) for one in kin)
        inside = Where(path, scope.id, scope.order + 1)
        return any(self._is_answer(Name(one.name), inside) for one in scope.parameters)


def _is_global(one: Holder) -> bool:
    """Whether a thread is held by a module: by a name of it, or as a field of what such a name stands for."""
    return one.kind == "global" or (one.kind == "library" and one.scope == 0)


_OWN = (Kind.DEFINITION, Kind.OBJECT)


def _key(name: str | None, key: Expr | None) -> Iterator[str]:
    if name:
        yield name
    if isinstance(key, Const) and isinstance(key.value, str):
        yield key.value
