"""All Facts → Project: who calls what, which classes extend which, what a name can hold at a statement."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from factorlint.catalog import Catalog
from factorlint.expr import Attr, Call, Dict, Each, Expr, Item, Name, Param, Part, Seq, Star, last_name
from factorlint.facts import Binding, Called, Facts, Scope, Test, Write
from factorlint.modules import Modules
from factorlint.origin import Where

_Row = TypeVar("_Row", Binding, Write)
ADDERS = frozenset(("append", "add", "extend", "insert", "update", "appendleft", "setdefault", "put", "push"))


Seen = set[tuple[str, str, int, int]]  # what was asked already: a name, file, scope, statement


@dataclass(frozen=True)
class Project:
    """A part of the tree under audit: the Facts of its files, and the modules of the whole tree."""

    files: Mapping[str, Facts]
    modules: Modules

    @property
    def catalog(self) -> Catalog:
        return self.modules.catalog

    # -- scopes ----------------------------------------------------------------------------------------------------

    def scope(self, where: Where) -> Scope:
        return self.files[where.path].scopes[where.scope]

    def inside(self, where: Where, kind: str) -> Scope | None:
        """The nearest scope of KIND around WHERE, itself included."""
        facts = self.files[where.path]
        number = where.scope
        while number >= 0:
            scope = facts.scopes[number]
            if scope.kind == kind:
                return scope
            number = scope.parent
        return None

    def class_of(self, place: Where | None) -> Scope | None:
        """The class whose body holds the scope at PLACE directly: that of a method."""
        if place is None:
            return None
        scopes = self.files[place.path].scopes
        parent = scopes[place.scope].parent
        return scopes[parent] if parent >= 0 and scopes[parent].kind == "class" else None

    def methods(self, path: str, class_scope: int) -> tuple[Scope, ...]:
        """The functions defined directly in a class body."""
        return self._methods.get((path, class_scope), ())

    @functools.cached_property
    def _writes(self) -> Mapping[tuple[str, int], list[Write]]:
        rows: dict[tuple[str, int], list[Write]] = {}
        for path, facts in self.files.items():
            for write in facts.writes:
                rows.setdefault((path, write.scope), []).append(write)
        return rows

    def writes(self, path: str, scope: int) -> Sequence[Write]:
        """Attribute and item writes directly in a scope."""
        return self._writes.get((path, scope), ())

    @functools.cached_property
    def _field_writes(self) -> Mapping[tuple[str, int, str], list[Write]]:
        rows: dict[tuple[str, int, str], list[Write]] = {}
        for path, facts in self.files.items():
            for write in facts.writes:
                if write.name is not None and isinstance(write.base, Name):
                    rows.setdefault((path, write.scope, write.name), []).append(write)
        return rows

    def field_writes(self, path: str, scope: int, field: Attr) -> Sequence[Write]:
        """Every ``name.FIELD = value`` directly in a scope that writes FIELD, name and all."""
        rows = self._field_writes.get((path, scope, field.name), ())
        return [row for row in rows if row.base == field.base]

    @functools.cached_property
    def _own_writes(self) -> Mapping[tuple[str, int, str], list[Write]]:
        rows: dict[tuple[str, int, str], list[Write]] = {}
        for path, facts in self.files.items():
            for scope in facts.scopes:
                if scope.kind != "function" or not scope.parameters or scope.parent < 0:
                    continue
                me = Name(scope.parameters[0].name)
                for write in self.writes(path, scope.id):
                    if write.name is not None and write.base == me:
                        rows.setdefault((path, scope.parent, write.name), []).append(write)
        return rows

    def own_writes(self, path: str, class_scope: int, name: str) -> Sequence[Write]:
        """Every ``self.NAME = value`` in the methods of a class, in source order of the methods."""
        return self._own_writes.get((path, class_scope, name), ())

    @functools.cached_property
    def _declared(self) -> Mapping[tuple[str, int, str], tuple[tuple[int, Binding], ...]]:
        rows: dict[tuple[str, int, str], list[tuple[int, Binding]]] = {}
        for path, facts in self.files.items():
            for scope in facts.scopes:
                for name in sorted(scope.outer):
                    home = scope.parent
                    while home > 0 and not _is_home(facts.scopes[home], name):
                        home = facts.scopes[home].parent
                    rows.setdefault((path, max(home, 0), name), []).extend(
                        (scope.id, binding) for binding in scope.bindings.get(name, ())
                    )
        return {key: tuple(found) for key, found in rows.items()}

    def declared(self, path: str, scope: int, name: str) -> Sequence[tuple[int, Binding]]:
        """What inner functions give NAME of SCOPE by ``global`` or ``nonlocal``: (their scope, the binding)."""
        return self._declared.get((path, scope, name), ())

    @functools.cached_property
    def _methods(self) -> Mapping[tuple[str, int], tuple[Scope, ...]]:
        rows: dict[tuple[str, int], list[Scope]] = {}
        for path, facts in self.files.items():
            for scope in facts.scopes:
                if scope.kind == "function":
                    rows.setdefault((path, scope.parent), []).append(scope)
        return {key: tuple(found) for key, found in rows.items()}

    @functools.cached_property
    def _fillings(self) -> Mapping[str, list[tuple[Where, Expr, Expr]]]:
        rows: dict[str, list[tuple[Where, Expr, Expr]]] = {}
        for path in sorted(self.files):
            for called in self.files[path].calls:
                func = called.call.func
                if isinstance(func, Attr) and isinstance(func.base, Attr) and func.name in ADDERS and called.call.args:
                    value = called.call.args[-1]
                    put = Seq("list", (Star(value) if func.name in ("extend", "update") else value,))
                    at = Where(path, called.scope, called.order)
                    rows.setdefault(func.base.name, []).append((at, func.base.base, put))
            for write in self.files[path].writes:
                if isinstance(write.base, Attr) and write.key is not None:
                    at = Where(path, write.scope, write.order)
                    kept = Dict(((write.key, write.value),))
                    rows.setdefault(write.base.name, []).append((at, write.base.base, kept))
        return rows

    def fillings(self, field: str) -> Sequence[tuple[Where, Expr, Expr]]:
        """Where something is put into the container X.FIELD of some X: the place, X, and what, as a literal."""
        return self._fillings.get(field, ())

    @functools.cached_property
    def _settings(self) -> Mapping[str, list[tuple[str, Write]]]:
        rows: dict[str, list[tuple[str, Write]]] = {}
        for path in sorted(self.files):
            for write in self.files[path].writes:
                if write.name is not None:
                    rows.setdefault(write.name, []).append((path, write))
        return rows

    def settings(self, field: str) -> Sequence[tuple[str, Write]]:
        """Every ``X.FIELD = value`` of the tree, in file order."""
        return self._settings.get(field, ())

    @functools.cached_property
    def _calls_by_name(self) -> Mapping[str, list[tuple[str, Called]]]:
        rows: dict[str, list[tuple[str, Called]]] = {}
        for path in sorted(self.files):
            for called in self.files[path].calls:
                name = last_name(called.call.func)
                if name:
                    rows.setdefault(name, []).append((path, called))
        return rows

    def calls_of(self, name: str) -> Sequence[tuple[str, Called]]:
        """Every call in the tree whose callee's last name is NAME, in file order."""
        return self._calls_by_name.get(name, ())

    @functools.cached_property
    def _calls_passing(self) -> Mapping[str, list[tuple[str, Called]]]:
        rows: dict[str, list[tuple[str, Called]]] = {}
        for path in sorted(self.files):
            for called in self.files[path].calls:
                passed = (*called.call.args, *(value for _, value in called.call.keywords))
                for name in {last_name(one) for one in passed if isinstance(one, (Name, Attr))}:
                    rows.setdefault(name or "", []).append((path, called))
        return rows

    def calls_passing(self, name: str) -> Sequence[tuple[str, Called]]:
        """Every call in the tree that is passed something whose last name is NAME, in file order."""
        return self._calls_passing.get(name, ())

    @functools.cached_property
    def _calls_in(self) -> Mapping[tuple[str, int], list[Called]]:
        rows: dict[tuple[str, int], list[Called]] = {}
        for path, facts in self.files.items():
            for called in facts.calls:
                rows.setdefault((path, called.scope), []).append(called)
        return rows

    def calls_in(self, path: str, scope: int) -> Sequence[Called]:
        """The calls directly in a scope (not those of functions defined inside it)."""
        return self._calls_in.get((path, scope), ())

    @functools.cached_property
    def _calls_on(self) -> Mapping[tuple[str, int, Expr], list[Called]]:
        rows: dict[tuple[str, int, Expr], list[Called]] = {}
        for path, facts in self.files.items():
            for called in facts.calls:
                func = called.call.func
                if isinstance(func, Attr) and _is_plain(func.base):
                    rows.setdefault((path, called.scope, func.base), []).append(called)
        return rows

    def calls_on(self, path: str, scope: int, holder: Expr) -> Sequence[Called]:
        """The calls of methods of HOLDER, a name or a field or item of one, directly in a scope."""
        return self._calls_on.get((path, scope, holder), ()) if _is_plain(holder) else ()

    @functools.cached_property
    def _puts(self) -> Mapping[tuple[str, int, str], list[tuple[Expr, Write]]]:
        rows: dict[tuple[str, int, str], list[tuple[Expr, Write]]] = {}
        for path, facts in self.files.items():
            for write in facts.writes:
                if write.key is not None and isinstance(write.base, Name):
                    rows.setdefault((path, write.scope, write.base.id), []).append((write.key, write))
        return rows

    def puts(self, path: str, scope: int, name: str) -> Sequence[tuple[Expr, Write]]:
        """``NAME[key] = value`` directly in a scope: each key and its write."""
        return self._puts.get((path, scope, name), ())

    @functools.cached_property
    def _tests(self) -> Mapping[tuple[str, int], list[Test]]:
        rows: dict[tuple[str, int], list[Test]] = {}
        for path, facts in self.files.items():
            for test in facts.tests:
                rows.setdefault((path, test.order), []).append(test)
        return rows

    def tests_at(self, path: str, order: int) -> Sequence[Test]:
        """The comparisons that statement ORDER makes itself, and what it matches."""
        return self._tests.get((path, order), ())

    @functools.cached_property
    def _classes(self) -> Mapping[str, list[tuple[str, Scope]]]:
        """Method name → the classes that define it."""
        rows: dict[str, list[tuple[str, Scope]]] = {}
        for path in sorted(self.files):
            scopes = self.files[path].scopes
            for scope in scopes:
                if scope.kind == "function" and scope.parent >= 0 and scopes[scope.parent].kind == "class":
                    rows.setdefault(scope.name, []).append((path, scopes[scope.parent]))
        return rows

    def classes_with(self, method: str) -> Sequence[tuple[str, Scope]]:
        """The classes of the tree that define METHOD, in file order."""
        return self._classes.get(method, ())

    @functools.cached_property
    def _decorated(self) -> Mapping[str, list[tuple[str, Scope]]]:
        rows: dict[str, list[tuple[str, Scope]]] = {}
        for path in sorted(self.files):
            for scope in self.files[path].scopes:
                for decorator in scope.decorators:
                    name = last_name(decorator.func if isinstance(decorator, Call) else decorator)
                    rows.setdefault(name or "", []).append((path, scope))
        return rows

    def decorated_by(self, name: str) -> Sequence[tuple[str, Scope]]:
        """The functions and classes with a decorator whose last name is NAME, in file order."""
        return self._decorated.get(name, ())

    @functools.cached_property
    def _filled_tables(self) -> Mapping[tuple[str, str], list[tuple[int, Write]]]:
        rows: dict[tuple[str, str], list[tuple[int, Write]]] = {}
        for path, facts in self.files.items():
            for write in facts.writes:
                scope = facts.scopes[write.scope]
                if scope.kind == "function" and write.key is not None and isinstance(write.base, Name):
                    local = write.base.id in scope.bindings and write.base.id not in scope.outer
                    if not local and write.base.id in facts.scopes[0].bindings:
                        rows.setdefault((path, write.base.id), []).append((write.scope, write))
        return rows

    def filled_tables(self, path: str, name: str) -> Sequence[tuple[int, Write]]:
        """Where functions of a file put something under a key into NAME of its module: (scope, write)."""
        return self._filled_tables.get((path, name), ())

    @functools.cached_property
    def base_names(self) -> frozenset[str]:
        """The last names of all that a class of the tree extends."""
        return frozenset(
            last_name(base.base if isinstance(base, Item) else base) or ""
            for facts in self.files.values()
            for scope in facts.scopes
            for base in scope.bases
        )

    def is_stub(self, place: Where) -> bool:
        return is_stub(self.files[place.path], self.scope(place), self.calls_in(place.path, place.scope))

    def is_protocol(self, path: str, class_scope: int) -> bool:
        return any(last_name(base) == "Protocol" for base in self.files[path].scopes[class_scope].bases)

    # -- order and reach -------------------------------------------------------------------------------------------

    def chain(self, path: str, order: int) -> list[int]:
        """The statement and everything around it, innermost first."""
        statements = self.files[path].statements
        out = []
        while order >= 0:
            out.append(order)
            order = statements[order].parent
        return out

    def given(self, name: str, where: Where) -> Iterator[tuple[Expr, Where]]:
        """What a name of the scope at WHERE may have been given when it is read there; to a parameter nothing was."""
        rows = self.scope(where).bindings.get(name, ())
        for row in self.reaching(where.path, rows, where.order):
            if row.value is not None and not isinstance(row.value, Param):
                yield row.value, where._replace(order=row.order)

    def given_once(self, name: str, where: Where, seen: Seen) -> Iterator[tuple[Expr, Where]]:
        """As `given`, without what SEEN holds, which grows: a name that many branches lengthen leads back to itself."""
        for value, at in self.given(name, where):
            key = (name, at.path, at.scope, at.order)
            if key not in seen:
                seen.add(key)
                yield value, at

    def reaching(self, path: str, rows: Sequence[Binding], use: int) -> Sequence[Binding]:
        """Those of ROWS (bindings of one name in one scope) whose value can be seen at statement USE."""
        if len(rows) == 1 or use < 0:
            return rows
        return self._reached(path, rows, use)[0] or rows

    def set_above(self, path: str, rows: Sequence[Write], use: int) -> Sequence[Write]:
        """Those of ROWS (writes of one field in one scope) seen at statement USE; none if a way to it has none."""
        reached, killer = self._reached(path, rows, use)
        return reached if killer is not None else ()

    def _reached(self, path: str, rows: Sequence[_Row], use: int) -> tuple[list[_Row], _Row | None]:
        """Those of ROWS that are seen at USE, and the last one that stands on every way to it."""
        statements = self.files[path].statements
        around = self.chain(path, use)
        seats = {(statements[order].parent, statements[order].arm) for order in around}
        loops = [order for order in around if statements[order].kind in LOOPS]
        reached: list[_Row] = []
        killer: _Row | None = None
        for row in rows:
            if row.order > use or (row.order == use and not _within(row, statements[use].kind)):
                continue
            seat = statements[row.order] if row.order >= 0 else None
            if seat is None or ((seat.parent, seat.arm) in seats and row.order != use):
                reached, killer = [], row
            reached.append(row)
        for loop in loops:
            if killer is not None and killer.order > loop:
                break
            reached += [
                row for row in rows if row.order > use and loop in self.chain(path, row.order) and row not in reached
            ]
        return reached, killer


def is_stub(facts: Facts, scope: Scope, calls: Iterable[Called]) -> bool:
    """Whether a function has no body of its own: a docstring, ``...``, ``pass``, ``raise NotImplementedError``.

    CALLS are those directly in it.
    """
    if scope.kind != "function" or scope.end - scope.order > 2:
        return False
    plain = all(one.kind in ("Expr", "Pass", "Raise") for one in facts.statements[scope.order + 1 : scope.end + 1])
    called = {last_name(one.call.func) for one in calls}
    return plain and called <= {"NotImplementedError", "type"}  # the error may say of which class


def _is_home(scope: Scope, name: str) -> bool:
    """Whether SCOPE, which lies around a function that declares NAME as another's, is the function that holds it."""
    return scope.kind == "function" and name in scope.bindings and name not in scope.outer


def _is_plain(expr: Expr) -> bool:
    """Whether EXPR is a name, or a field or an item of one."""
    while isinstance(expr, (Attr, Item)):
        expr = expr.base
    return isinstance(expr, Name)


LOOPS = frozenset(("For", "AsyncFor", "While"))


def _within(row: Binding | Write, kind: str) -> bool:
    """Whether a binding made by statement USE itself is seen inside it: a loop variable, a walrus, a `with`."""
    value = row.value
    if isinstance(value, Part):
        value = value.source
    return kind not in ("Assign", "AnnAssign", "AugAssign") or isinstance(value, Each)
