"""The agent as a thing: the tools that it is given, by argument or by decorator, and what each of them is."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from factorlint import arguments, choices, runs
from factorlint.entries import Symbol
from factorlint.expr import Call, Const, Dict, Expr, Seq, Star, last_name
from factorlint.facts import Called
from factorlint.origin import Kind, Origin, Where
from factorlint.provenance import Tracer

_Row = TypeVar("_Row")


@dataclass(frozen=True)
class Tool:
    """A tool of an agent: ``element`` is the expression that hands it over, ``body`` the tree's function behind it."""

    name: str
    origin: Origin
    element: Expr
    where: Where
    body: Where | None


@dataclass(frozen=True)
class Toolset:
    """The tools of an agent; ``known`` is False where a toolkit, a server or an unseen list may hold more."""

    tools: tuple[Tool, ...]
    known: bool
    argument: str | None  # the argument they came by, None where decorators registered them


@dataclass(frozen=True)
class Run:
    """A call that runs, steps or configures an agent: what the catalogue says of it, and where it stands."""

    symbol: Symbol
    called: Called
    where: Where


class _ByCall(Generic[_Row]):
    """Rows kept for calls. A call is found by its place and by comparison: to hash one is to walk all its arguments."""

    def __init__(self) -> None:
        self._rows: dict[Where, list[tuple[Call, list[_Row]]]] = {}

    def at(self, where: Where, call: Call) -> list[_Row]:
        """The rows of CALL at WHERE, to be added to."""
        for one, rows in self._rows.get(where, ()):
            if one == call:
                return rows
        made: list[_Row] = []
        self._rows.setdefault(where, []).append((call, made))
        return made

    def get(self, where: Where, call: Call) -> Sequence[_Row]:
        """The rows of CALL at WHERE, to be read."""
        return next((rows for one, rows in self._rows.get(where, ()) if one == call), ())


class Agents:
    """Questions about the agents of a tree. Holds only its memory."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer

    @functools.cached_property
    def _registered(self) -> _ByCall[tuple[str, int, Expr]]:
        """Constructor call → the functions that decorators of the object register as tools."""
        rows: _ByCall[tuple[str, int, Expr]] = _ByCall()
        for path in sorted(self.tracer.project.files):
            for scope in self.tracer.project.files[path].scopes:
                outside = Where(path, scope.parent, scope.order)
                for decorator in scope.decorators:
                    func = decorator.func if isinstance(decorator, Call) else decorator
                    for one in self.tracer.origins(func, outside):
                        maker = one.receiver
                        if one.plays("tool-decorator") and maker is not None and maker.call and maker.made:
                            rows.at(maker.made, maker.call).append((path, scope.id, decorator))
        return rows

    @functools.cached_property
    def bodies(self) -> frozenset[tuple[str, int]]:
        """The functions (file, scope) of the tree that run as a model's tools, by whatever way they are handed over."""
        found: set[tuple[str, int]] = set()
        project, catalog = self.tracer.project, self.tracer.catalog
        for path in sorted(project.files):
            facts = project.files[path]
            for scope in facts.scopes:
                outside = Where(path, scope.parent, scope.order)
                if scope.kind == "function" and any(
                    catalog.is_a(one.symbol, "tool-decorator")
                    for decorator in scope.decorators
                    for one in self.tracer.origins(
                        decorator.func if isinstance(decorator, Call) else decorator, outside
                    )
                ):
                    found.add((path, scope.id))
                if scope.kind == "class" and self._is_tool_class(path, scope.id, scope.end):
                    found |= {(path, one.id) for one in project.methods(path, scope.id) if one.name in _RUNS}
            for called in facts.calls:
                found |= set(self._handed(path, called))
        return frozenset(found)

    def _is_tool_class(self, path: str, number: int, end: int) -> bool:
        origin = Origin(Kind.DEFINITION, place=Where(path, number, end))
        kin = tuple(self.tracer.lineage(origin))
        if any(self.tracer.catalog.is_a(one.symbol, "tool") for one in kin):
            return True
        return any(one.place is not None and self._describes_itself(one.place) for one in kin)

    def _describes_itself(self, place: Where) -> bool:
        """Whether a class of the tree gives the description of a tool that a model is sent: name and parameters."""
        said = self.tracer.project.scope(place).bindings
        if {"name", "description"} <= said.keys() and any(name in said for name in _FILLED_IN):
            return True
        for method in self.tracer.project.methods(place.path, place.scope):
            for order, value in method.returns:
                for one in self.tracer.origins(value, Where(place.path, method.id, order)):
                    if isinstance(one.expr, Dict):
                        keys = {key.value: item for key, item in one.expr.items if isinstance(key, Const)}
                        described = "name" in keys and ("input_schema" in keys or "parameters" in keys)
                        if described or (keys.get("type") == Const("function", "str") and "function" in keys):
                            return True
        return False

    def _handed(self, path: str, called: Called) -> Iterator[tuple[str, int]]:
        """The bodies of what one call is given as tools, and of what it picks from a table by the model's word."""
        where = Where(path, called.scope, called.order)
        func = called.call.func
        if self.chosen_by_model(called.call, where):
            for one in self.tracer.callees(func, where):
                yield from runs.behind(self.tracer, one)
        for callee in self.tracer.callees(func, where):
            if callee.symbol is None or callee.kind not in (Kind.LIBRARY, Kind.INSTANCE):
                continue
            if callee.symbol.parameter("tools"):
                for tool in self.toolset(callee.symbol, called.call, where).tools:
                    if tool.body is not None:
                        yield tool.body.path, tool.body.scope

    def chosen_by_model(self, call: Call, where: Where) -> bool:
        """Whether CALL runs what the model chose."""
        return choices.runs_choice(self.tracer, call, where)

    def registered(self, call: Call, where: Where) -> tuple[tuple[str, int, Expr], ...]:
        """The functions (file, scope, decorator) registered as tools of the object that CALL makes at WHERE."""
        return tuple(self._registered.get(where, call))

    @functools.cached_property
    def _handed_on(self) -> _ByCall[None]:
        """Calls whose object goes to another call as its tools: a node or kit of tools that an agent then holds."""
        found: _ByCall[None] = _ByCall()
        for path in sorted(self.tracer.project.files):
            for called in self.tracer.project.files[path].calls:
                where = Where(path, called.scope, called.order)
                for callee in self.tracer.origins(called.call.func, where):
                    if callee.symbol is None or callee.kind not in (Kind.LIBRARY, Kind.INSTANCE):
                        continue
                    given = arguments.of(self.tracer, callee.symbol, called.call, where).given
                    for name in callee.symbol.parameter("tools"):
                        if name not in given:
                            continue
                        for one in self.tracer.origins(*given[name]):
                            if one.kind is Kind.INSTANCE and one.call is not None and one.made is not None:
                                found.at(one.made, one.call).append(None)
        return found

    @functools.cached_property
    def _runs(self) -> _ByCall[Run]:
        """Constructor call → the calls that run, step or configure its object, in file order."""
        rows: _ByCall[Run] = _ByCall()
        for path in sorted(self.tracer.project.files):
            for called in self.tracer.project.files[path].calls:
                where = Where(path, called.scope, called.order)
                for callee in self.tracer.callees(called.call.func, where):
                    symbol = callee.symbol
                    if symbol is None or callee.kind is Kind.ANSWER:
                        continue  # a method of what a run gave runs nothing
                    if callee.kind is not Kind.INSTANCE and symbol.does not in _STARTS:
                        continue
                    for maker in (callee.receiver, *self.agents_passed(symbol, called.call, where)):
                        if maker is not None and maker.call is not None and maker.made is not None:
                            row, held = Run(symbol, called, where), rows.at(maker.made, maker.call)
                            if row not in held:
                                held.append(row)
        return rows

    def agents_passed(self, symbol: Symbol, call: Call, where: Where) -> Iterator[Origin]:
        """The agents that a run is given: ``Runner.run(agent, question)``."""
        given = arguments.of(self.tracer, symbol, call, where).given
        for one in self.tracer.catalog.lineage(symbol):
            for name in one.parameter("agent"):
                if name in given:
                    yield from self.tracer.origins(*given[name])

    def runs(self, call: Call, where: Where) -> tuple[Run, ...]:
        """The calls on the object that CALL makes at WHERE, and the runs that are given it, in file order."""
        return tuple(self._runs.get(where, call))

    def is_handed_on(self, call: Call, where: Where) -> bool:
        """Whether what CALL makes at WHERE is given to an agent as its tools, so that the agent is the one to name."""
        return bool(self._handed_on.get(where, call))

    def toolset(self, symbol: Symbol, call: Call, where: Where) -> Toolset:
        """The tools of the agent that CALL constructs."""
        named = self._named(symbol, call, where, "tools")
        tools = list(named.tools)
        for path, number, decorator in self.registered(call, where):
            scope = self.tracer.project.files[path].scopes[number]
            place = Where(path, number, scope.end)
            origin = Origin(Kind.DEFINITION, scope.qualname, place=place)
            tools.append(Tool(scope.name, origin, decorator, Where(path, scope.parent, scope.order), place))
        return replace(named, tools=tuple(tools))

    def described(self, symbol: Symbol, call: Call, where: Where) -> Toolset:
        """The tools that CALL only tells a model of. A list of which another call has told before is none of its own,
        nor is one that an agent has, and a model that must name a certain tool chooses among none.
        """
        held = self._named(symbol, call, where, DESCRIBED)
        first = all(self._told.get(key) == (1, where) for key in self._lists(symbol, call, where, DESCRIBED))
        return held if first and not self._must_name(symbol, call, where, len(held.tools)) else Toolset((), False, None)

    def has_own_schemas(self, symbol: Symbol, call: Call, where: Where) -> bool:
        """Whether CALL is the one that tells a model of tools that the tree describes by schemas, and runs itself."""
        if any(self._told.get(key) != (1, where) for key in self._lists(symbol, call, where, DESCRIBED)):
            return False
        return any(
            self._is_schema(one)
            for row in self._given(symbol, call, where, DESCRIBED).values()
            for one in self._items(*row)
        )

    def _items(self, expr: Expr, where: Where) -> Iterator[Origin]:
        for one in self.tracer.origins(expr, where):
            if one.kind is Kind.CONTAINER:
                yield from self.tracer.iterate(one)

    def _is_schema(self, one: Origin) -> bool:
        """A description with parameters; a function or a class of the tree, from which a library makes one."""
        if isinstance(one.expr, Dict) and one.place is not None:
            said = [value for key, value in one.expr.items if isinstance(key, Const) and key.value in _SCHEMAS]
            found = [origin for value in said for origin in self.tracer.origins(value, one.place)]
            return bool(said) and all(origin.kind is not Kind.INSTANCE for origin in found)  # a server's is not ours
        return one.kind is Kind.DEFINITION or self._body(one) is not None or self._is_made_of_a_class(one)

    def _is_made_of_a_class(self, one: Origin) -> bool:
        """What a library makes of a class of the tree: the description of a tool whose arguments are its fields."""
        passed = one.call.args[:1] if one.kind is Kind.INSTANCE and one.call is not None else ()
        return any(
            inner.kind is Kind.DEFINITION and inner.place is not None
            for value in passed
            for inner in (self.tracer.origins(value, one.made) if one.made is not None else ())
        )

    def _named(self, symbol: Symbol, call: Call, where: Where, role: str) -> Toolset:
        """The tools in the arguments of ROLE."""
        tools: list[Tool | None] = []
        names = self._given(symbol, call, where, role)
        for row in names.values():
            tools += self.tools_in(*row)
        argument = next(iter(names), None)
        known = None not in tools and not (argument is None and arguments.of(self.tracer, symbol, call, where).open)
        return Toolset(tuple(tool for tool in tools if tool is not None), known, argument)

    def _given(self, symbol: Symbol, call: Call, where: Where, role: str) -> dict[str, tuple[Expr, Where]]:
        """What CALL passes for the arguments of ROLE, by their names."""
        given = arguments.of(self.tracer, symbol, call, where).given
        names = (name for one in self.tracer.catalog.lineage(symbol) for name in one.parameter(role))
        return {name: given[name] for name in names if name in given}

    def _must_name(self, symbol: Symbol, call: Call, where: Where, count: int) -> bool:
        """Whether CALL leaves the model no choice: it names the tool, or wants one where there is one only."""
        for row in self._given(symbol, call, where, "choice").values():
            literals = arguments.literals(self.tracer, *(self._kind_of_choice(*row) or row))
            if not literals or not set(literals) <= (_FREE if count > 1 else _FREE - {"any", "required"}):
                return True
        return False

    def _kind_of_choice(self, expr: Expr, where: Where) -> tuple[Expr, Where] | None:
        """What ``{"type": "any"}`` says; nothing where the tool is named beside it."""
        for one in self.tracer.origins(expr, where):
            if isinstance(one.expr, Dict) and one.place is not None:
                said = {key.value: value for key, value in one.expr.items if isinstance(key, Const)}
                if not said.keys() & {"name", "function"} and "type" in said:
                    return said["type"], one.place
        return None

    @functools.cached_property
    def _told(self) -> dict[tuple[Where, Expr | None], tuple[int, Where]]:
        """List of tools → the call that it belongs to: an agent's before one that only tells a model of it (1)."""
        found: dict[tuple[Where, Expr | None], tuple[int, Where]] = {}
        for path in sorted(self.tracer.project.files):
            for called in self.tracer.project.files[path].calls:
                where = Where(path, called.scope, called.order)
                for callee in self.tracer.callees(called.call.func, where):
                    if callee.symbol is None or callee.kind not in (Kind.LIBRARY, Kind.INSTANCE):
                        continue
                    for rank, role in enumerate(("tools", DESCRIBED)):
                        for key in self._lists(callee.symbol, called.call, where, role):
                            found[key] = min(found.get(key, (rank, where)), (rank, where))
        return found

    def _lists(self, symbol: Symbol, call: Call, where: Where, role: str) -> Iterator[tuple[Where, Expr | None]]:
        """The lists that CALL passes for the arguments of ROLE, by where and as what they are written."""
        for row in self._given(symbol, call, where, role).values():
            for one in self.tracer.origins(*row):
                if one.kind is Kind.CONTAINER and one.place is not None:
                    yield one.place, one.expr

    def tools_in(self, expr: Expr, where: Where, depth: int = 0) -> Iterator[Tool | None]:
        """The tools of a list; None for a part of it that cannot be counted."""
        found = [one for one in self.tracer.origins(expr, where) if one.kind is Kind.CONTAINER]
        if not found:
            yield None
            return
        for one in found[:1]:
            for held in (one, *one.parts):
                if held.expr is None or held.place is None or (isinstance(held.expr, Seq) and held.expr.kind == "gen"):
                    yield None
                elif isinstance(held.expr, Dict):
                    for _, value in held.expr.items:
                        yield from self._element(value, held.place, depth)
                elif isinstance(held.expr, Seq):
                    for item in held.expr.items:
                        yield from self._element(item, held.place, depth)

    def _element(self, item: Expr, where: Where, depth: int) -> Iterator[Tool | None]:
        if isinstance(item, Star):
            if depth < 4:
                yield from self.tools_in(item.value, where, depth + 1)
            else:
                yield None
            return
        origins = self.tracer.origins(item, where)
        if any(self.tracer.catalog.is_a(one.symbol, "toolkit") for one in origins):
            yield None
            return
        if origins and origins[0].kind is Kind.CONTAINER and not isinstance(origins[0].expr, Dict) and depth < 4:
            yield from self.tools_in(item, where, depth + 1)
            return
        yield self.tool(item, where)

    def tool(self, item: Expr, where: Where) -> Tool:
        """One element of a tool list: a function, a wrapped function, a tool object, a class."""
        origin = self.tracer.origin(item, where)
        body = self._body(origin)
        scope = self.tracer.project.scope(body) if body is not None else None
        name = scope.name if scope is not None and scope.name not in _RUNS else last_name(item)
        if isinstance(item, Call):
            name = name or last_name(item.func)
        return Tool(name or self._called(origin), origin, item, where, body)

    def _called(self, described: Origin) -> str:
        """What the description of a tool says that it is called."""
        said = described.expr
        for _ in range(2):  # ``{"type": "function", "function": {"name": …}}``
            if not isinstance(said, Dict):
                break
            keys = {key.value: value for key, value in said.items if isinstance(key, Const)}
            name = keys.get("name")
            if isinstance(name, Const) and isinstance(name.value, str):
                return name.value
            said = keys.get("function") or keys.get("toolSpec")
        return ""

    def _body(self, origin: Origin, depth: int = 0) -> Where | None:
        project = self.tracer.project
        if origin.kind is Kind.DEFINITION and origin.place is not None:
            if project.scope(origin.place).kind == "function":
                return origin.place
        if origin.kind in (Kind.OBJECT, Kind.DEFINITION):
            for name in _RUNS:
                found = self.tracer.method(origin, name)
                if found is not None:
                    return found.place
        if origin.kind is Kind.INSTANCE and origin.call is not None and origin.made is not None and depth < 2:
            passed = (*origin.call.args, *(value for _, value in origin.call.keywords))
            for value in passed:  # FunctionTool(f), Tool(func=f), StructuredTool.from_function(f)
                for one in self.tracer.origins(value, origin.made):
                    if one.kind is Kind.DEFINITION:
                        return self._body(one, depth + 1)
        return None


DESCRIBED = "tools_described"  # the role of an argument by which a model is told of tools that the call does not run
_FILLED_IN = ("input_schema", "parameters", "inputSchema", "args_schema")
_SCHEMAS = ("input_schema", "inputSchema", "parameters", "function", "toolSpec")
_FREE = frozenset({"auto", "any", "required", "none", None})  # ways to say that the model chooses
_STARTS = ("run", "run-graph", "step", "serve")
_RUNS = ("_run", "run", "execute", "forward", "__call__", "_arun", "invoke")
