"""What goes into the fields and parameters of the tree: written, put in, passed, or left to something else to pass."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

from factorlint.expr import Attr, Call, Expr, Name, Seq, argument
from factorlint.expr import last_name as last
from factorlint.facts import Scope
from factorlint.origin import Kind, Origin, Where
from factorlint.provenance import Tracer

ADD_ALL = frozenset("extend update".split())
ADD_ONE = frozenset("append appendleft insert add add_message add_messages put".split())
PARSE = frozenset(
    "loads literal_eval model_validate model_validate_json parse_raw parse_obj validate_json validate_python from_json "
    "from_dict deserialize decode".split()
)
GROW = ADD_ALL | ADD_ONE


class Flows:
    """Questions about what goes where. Holds only its memory."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer, self.project = tracer, tracer.project

    def is_of(self, base: Expr, where: Where, path: str, number: int) -> bool:
        """Whether BASE is an object of the class, or of one that it is kin to."""
        for one in self.tracer.origins(base, where):
            if one.kind is Kind.OBJECT and one.place is not None:
                kin = {(up.place.path, up.place.scope) for up in self.tracer.lineage(one) if up.place is not None}
                if (path, number) in kin or one.place[:2] in self._kin(path, number):
                    return True
        return False

    def scope_of(self, name: str, where: Where) -> Scope | None:
        """The scope whose binding NAME means at WHERE."""
        facts = self.project.files[where.path]
        number = where.scope
        while number >= 0:
            scope = facts.scopes[number]
            hidden = scope.kind == "class" and number != where.scope
            if not hidden and name in scope.bindings and name not in scope.outer:
                return scope
            number = scope.parent
        return None

    def passed(self, scope: Scope, name: str, at: Where) -> Iterator[tuple[Expr, Where]]:
        """What the tree passes for parameter NAME of SCOPE: in calls, and where the function is handed on to run."""
        yield from self.tracer.passed_exprs(scope, name, at)
        for call, where in self.deferred.get((at.path, scope.id), ()):
            value = self.argument(at.path, scope, call, name)
            if value is not None:
                yield value, where

    def put_on(self, base: Origin, name: str) -> Iterator[tuple[Expr, Where]]:
        """What the tree puts by NAME on an object of a library: ``st.session_state.messages = load()``."""
        for path, write in self.project.settings(name):
            where = Where(path, write.scope, write.order)
            if any((one.kind, one.path) == (base.kind, base.path) for one in self.tracer.origins(write.base, where)):
                yield write.value, where

    def argument(self, path: str, scope: Scope, call: Call, name: str) -> Expr | None:
        """What CALL, which calls the function SCOPE of file PATH, passes for its parameter NAME."""
        holder = self.project.files[path].scopes[scope.parent] if scope.parent >= 0 else None
        positional = tuple(row.name for row in scope.parameters if row.kind == "positional")
        if holder is not None and holder.kind == "class":
            positional = positional[1:]
        return argument(call, name, positional)

    @functools.cached_property
    def deferred(self) -> Mapping[tuple[str, int], tuple[tuple[Call, Where], ...]]:
        """Function (file, scope) → the calls that something else will make of it: ``submit(f, x)``, ``target=f``."""
        files = self.project.files
        names = {scope.name for facts in files.values() for scope in facts.scopes if scope.kind == "function"}
        rows: dict[tuple[str, int], list[tuple[Call, Where]]] = {}
        for path in sorted(files):
            for called in files[path].calls:
                where = Where(path, called.scope, called.order)
                for call in handed(called.call):
                    if last(call.func) not in names:
                        continue
                    for one in self.tracer.origins(call.func, where):
                        if one.kind is Kind.DEFINITION and one.place is not None:
                            rows.setdefault((one.place.path, one.place.scope), []).append((call, where))
        return {key: tuple(found) for key, found in rows.items()}

    def _kin(self, path: str, number: int) -> set[tuple[str, int]]:
        origin = Origin(Kind.DEFINITION, place=Where(path, number, self.project.files[path].scopes[number].end))
        return {(up.place.path, up.place.scope) for up in self.tracer.lineage(origin) if up.place is not None}

    def made(self, path: str, scope: Scope) -> Iterator[tuple[Call, Where, bool]]:
        """The calls that make an object of a class of the tree; True where they parse a text for it."""
        own = {one.name for one in self.project.methods(path, scope.id)}
        for name in (scope.name, "cls", *sorted(PARSE - own)):
            for at_path, called in self.project.calls_of(name):
                func = called.call.func
                parsed = name in PARSE
                if parsed and not isinstance(func, Attr):
                    continue
                where = Where(at_path, called.scope, called.order)
                maker = func.base if parsed and isinstance(func, Attr) else func
                for one in self.tracer.origins(maker, where):
                    if one.kind is Kind.DEFINITION and one.place is not None and one.place[:2] == (path, scope.id):
                        yield called.call, where, parsed

    @functools.cached_property
    def asked_for(self) -> frozenset[tuple[str, int]]:
        """The classes of the tree that some load is asked for: ``session.get(Thread, id)``."""
        found: set[tuple[str, int]] = set()
        for path in sorted(self.project.files):
            for called in self.project.files[path].calls:
                where = Where(path, called.scope, called.order)
                named = [one for one in called.call.args if isinstance(one, (Name, Attr))]
                if not named or not any(
                    one.symbol is not None and one.symbol.does == "load"
                    for one in self.tracer.callees(called.call.func, where)
                ):
                    continue
                for arg in named:
                    for one in self.tracer.origins(arg, where):
                        if one.kind is Kind.DEFINITION and one.place is not None:
                            found.add((one.place.path, one.place.scope))
        return frozenset(found)

    @functools.cached_property
    def into(self) -> Mapping[str, tuple[tuple[Expr, Expr, Where, bool], ...]]:
        """Attribute name → what goes into it: (object, value, where, whole or as one element)."""
        rows: dict[str, list[tuple[Expr, Expr, Where, bool]]] = {}
        for path in sorted(self.project.files):
            facts = self.project.files[path]
            for write in facts.writes:
                where = Where(path, write.scope, write.order)
                if write.name is not None:
                    rows.setdefault(write.name, []).append((write.base, write.value, where, True))
                elif isinstance(write.base, Attr):
                    rows.setdefault(write.base.name, []).append((write.base.base, write.value, where, True))
            for called in facts.calls:
                func = called.call.func
                if isinstance(func, Attr) and isinstance(func.base, Attr) and func.name in ADD_ALL | ADD_ONE:
                    where = Where(path, called.scope, called.order)
                    for arg in called.call.args:
                        row = (func.base.base, arg, where, func.name in ADD_ALL)
                        rows.setdefault(func.base.name, []).append(row)
        return {name: tuple(found) for name, found in rows.items()}


def handed(call: Call) -> Iterator[Call]:
    """The calls that CALL lets something else make: of a function it is given, with the arguments beside it."""
    for index, arg in enumerate(call.args):
        if isinstance(arg, (Name, Attr)):
            yield Call(arg, call.args[index + 1 :], call.keywords)
    named = dict(call.keywords)
    for value in (named.get("target"), named.get("func")):
        if isinstance(value, (Name, Attr)):
            args, more = named.get("args"), named.get("kwargs")
            spread = ((None, more),) if more is not None else ()
            yield Call(value, args.items if isinstance(args, Seq) else call.args, (*spread, *call.keywords))
