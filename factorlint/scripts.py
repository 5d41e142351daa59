"""Which files are scripts, and which of their statements run when one is started."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from factorlint import handlers
from factorlint.expr import Imported
from factorlint.facts import Called
from factorlint.origin import Kind, Where
from factorlint.project import Project
from factorlint.reach import Reach


class Span(NamedTuple):
    """Statements FIRST to LAST of a file; with ``scope`` only what stands directly in that scope."""

    first: int
    last: int
    scope: int | None = None

    def holds(self, where: Where) -> bool:
        return self.first <= where.order <= self.last and self.scope in (None, where.scope)


class Script(NamedTuple):
    """``kind`` is cli or ui; ``importable`` says that its module can be imported for the objects it makes."""

    kind: str
    path: str
    spans: tuple[Span, ...]
    importable: bool


def every(reach: Reach, taken: Collection[tuple[str, int]]) -> Iterator[Script]:
    """Every script of the tree, file by file. TAKEN are the functions (file, scope) that are handlers already."""
    imported = _imported(reach.project)
    for path in sorted(reach.project.files):
        if not path.endswith(("__init__.py", ".ipynb")):
            yield from _script(reach, path, path in imported, taken)


def _script(reach: Reach, path: str, imported: bool, taken: Collection[tuple[str, int]]) -> Iterator[Script]:
    facts = reach.project.files[path]
    guards = tuple(Span(order + 1, reach.end(path, order), 0) for order in sorted(facts.main))
    body = Span(0, len(facts.statements) - 1, 0)
    drawn = _drawn(reach, path)
    if not guards and (imported or any(called.scope == 0 for called in drawn)):
        if not imported:
            yield Script("ui", path, (body._replace(scope=None),), importable=False)
        return
    starts = guards or (body,)
    entries = _entries(reach, path, starts, {called.scope for called in drawn}, taken)
    yield Script("ui" if drawn else "cli", path, (*starts, *entries), importable=not guards)


def _drawn(reach: Reach, path: str) -> Sequence[Called]:
    """The calls of a file to a library that runs a script again for every event of its page."""
    catalog, tracer = reach.tracer.catalog, reach.tracer
    symbols = {root: catalog.by_path.get(root) for root in handlers.roots(reach.project, path)}
    pages = {root for root, symbol in symbols.items() if symbol is not None and symbol.parameter("surface")}
    if not pages:
        return ()
    return [
        called
        for called in reach.project.files[path].calls
        for one in tracer.origins(called.call.func, Where(path, called.scope, called.order))[:1]
        if one.path.partition(".")[0] in pages
    ]


def _entries(
    reach: Reach, path: str, guards: Sequence[Span], drawing: Collection[int], taken: Collection[tuple[str, int]]
) -> Iterator[Span]:
    """``main()``: the functions of the file that its guard calls without arguments, and those that draw its page."""
    project = reach.project
    queue, seen = list(guards), {scope for file, scope in taken if file == path}
    while queue:
        span = queue.pop(0)
        for called in project.files[path].calls:
            where = Where(path, called.scope, called.order)
            for place in _runs(reach, called, where) if span.holds(where) else ():
                scope = project.scope(place)
                own = place.path == path and scope.parent == 0 and scope.kind == "function"
                given = bool(called.call.args or called.call.keywords) and handlers.takes(project, place)
                if not own or scope.id in seen or (given and scope.id not in drawing) or _used_elsewhere(reach, place):
                    continue
                seen.add(scope.id)
                queue.append(Span(scope.order + 1, scope.end))
                yield queue[-1]


def _runs(reach: Reach, called: Called, where: Where) -> Iterator[Where]:
    """The functions of the tree that a call runs: the one it calls, those that it is given."""
    for one in reach.tracer.origins(called.call.func, where):
        if one.kind is Kind.DEFINITION and one.place is not None:
            yield one.place
    yield from handlers.functions(reach.tracer, called.call, where)


def _used_elsewhere(reach: Reach, place: Where) -> bool:
    """Whether another file calls the function, so that it is no mere entry."""
    return any(
        one.place == place
        for path, called in reach.project.calls_of(reach.project.scope(place).name)
        if path != place.path
        for one in reach.tracer.origins(called.call.func, Where(path, called.scope, called.order))
    )


def _imported(project: Project) -> frozenset[str]:
    """The files that another file of the tree imports."""
    found: set[str | None] = set()
    for path in sorted(project.files):
        for scope in project.files[path].scopes:
            for value in (row.value for rows in scope.bindings.values() for row in rows):
                if isinstance(value, Imported):
                    found.add(project.modules.module(value.module, path, value.level))
                    inner = f"{value.module}.{value.name}" if value.module else value.name
                    if value.name:
                        found.add(project.modules.module(inner or "", path, value.level))
    return frozenset(one for one in found if one is not None)
