"""Lists of tools that an agent class of the tree is given, and tells its model of one by one."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint import arguments
from factorlint.agents import DESCRIBED
from factorlint.expr import Attr, Call, Each, Expr, Name, Op, Seq, last_name, walk
from factorlint.facts import Called
from factorlint.origin import Where
from factorlint.rule import Here, View

_DEPTH = 8
_TOOLS = ("tools", "toolsets", DESCRIBED)
_Parameter = tuple[str, int, str]  # a parameter of a function: its file, scope and name


def given(here: Here, call: Call) -> Iterator[tuple[Expr, int]]:
    """What CALL gives a class or function of the tree as its list of tools, and how many they are."""
    lists = here.view.once(_lists)
    for callee in here.view.tracer.callees(call.func, here.where) if lists else ():
        for body in here.view.reach.bodies(callee):
            names = sorted(name for path, scope, name in lists if (path, scope) == (body.path, body.scope))
            passed = (here.view.tracer.passed(call, body, name) for name in names)
            for one in (one for one in passed if one is not None):
                tools = list(here.view.agents.tools_in(one, here.where))
                if tools and None not in tools:
                    yield one, len(tools)


def statements(view: View) -> Iterator[tuple[str, int]]:
    """The statements (file, number) that pass such a list."""
    for path, number, name in sorted(view.once(_lists)):
        scope = view.project.files[path].scopes[number]
        for _, where in view.tracer.passed_exprs(scope, name, Where(path, number, scope.order)):
            yield where.path, where.order


def offered(view: View) -> bool:
    """Whether a model of the tree has anything to choose from: a tool of the tree, or whatever is passed as tools."""
    if view.agents.bodies:
        return True
    files = view.project.files
    return any(_passes_tools(view, path, called) for path in sorted(files) for called in files[path].calls)


def _passes_tools(view: View, path: str, called: Called) -> bool:
    where = Where(path, called.scope, called.order)
    for callee in view.reach.callees(path, called):
        if callee.symbol is None:
            continue
        rows = tuple(view.catalog.lineage(callee.symbol))
        names = {name for one in rows for role in _TOOLS for name in one.parameter(role)}
        if names and not names.isdisjoint(arguments.of(view.tracer, callee.symbol, called.call, where).given):
            return True
    return False


def _lists(view: View) -> frozenset[_Parameter]:
    """The parameters by which lists of tools come to the calls that tell a model of them."""
    found: set[_Parameter] = set()
    for path in sorted(view.project.files):
        for called in view.project.files[path].calls:
            where = Where(path, called.scope, called.order)
            for callee in view.tracer.callees(called.call.func, where):
                if callee.symbol is None:
                    continue
                names = [name for one in view.catalog.lineage(callee.symbol) for name in one.parameter(DESCRIBED)]
                rows = arguments.of(view.tracer, callee.symbol, called.call, where).given if names else {}
                for name in names:
                    if name in rows:
                        found.update(_from(view, *rows[name], 0))
    return frozenset(found)


def _from(view: View, expr: Expr, where: Where, depth: int) -> Iterator[_Parameter]:
    """The parameters whose elements EXPR lists, one for one."""
    parameter = view.tracer.parameter_of(expr, where) if isinstance(expr, Name) else None
    if parameter is not None and isinstance(expr, Name):
        if depth:  # what the very call was handed is counted where it is told
            yield parameter[1].path, parameter[0].id, expr.id
    elif depth < _DEPTH:
        for inner, at in _before(view, expr, where):
            yield from _from(view, inner, at, depth + 1)


def _before(view: View, expr: Expr, where: Where) -> Iterator[tuple[Expr, Where]]:
    """The lists that EXPR is, or is made of one for one."""
    if isinstance(expr, Name):
        if expr.id in view.project.scope(where).bindings:
            yield from view.project.given(expr.id, where)
    elif isinstance(expr, Attr):
        yield from _kept(view, expr, where)
    elif isinstance(expr, Seq) and expr.kind == "gen":
        yield from ((each.source, where) for item in expr.items for each in _gone_through(view, item, where))
    elif isinstance(expr, Op):
        yield from ((one, where) for one in expr.operands)
    elif isinstance(expr, Call) and last_name(expr.func) in ("list", "tuple"):
        yield from ((one, where) for one in expr.args)


def _kept(view: View, field: Attr, where: Where) -> Iterator[tuple[Expr, Where]]:
    """What the methods of its class give FIELD."""
    for base in view.tracer.origins(field.base, where):
        if base.place is not None:
            path = base.place.path
            for method in view.project.methods(path, base.place.scope):
                for write in view.project.writes(path, method.id):
                    if write.name == field.name:
                        yield write.value, Where(path, method.id, write.order)


def _gone_through(view: View, item: Expr, where: Where) -> Iterator[Each]:
    """What a comprehension that yields ITEM goes through."""
    for name in (one for one in walk(item) if isinstance(one, Name)):
        for row in view.project.scope(where).bindings.get(name.id, ()):
            if isinstance(row.value, Each):
                yield row.value
