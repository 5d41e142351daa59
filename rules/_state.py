"""What holds the state of an agent, and whether any of it outlives the process."""

from __future__ import annotations

from collections.abc import Iterator

from factorlint.expr import Attr, Call, Expr, Item, Name, last_name
from factorlint.facts import Called, Scope
from factorlint.origin import Kind, Origin, Where
from factorlint.rule import View, facts_at, set_later

EXECUTION = frozenset(
    "status state step steps current_step phase stage waiting waiting_for retries retry_count attempts attempt_count "
    "iteration iterations pending pending_tool_calls pending_calls next_step next_action done finished is_running "
    "in_progress cursor last_event_index turn_count".split()
)
THREAD = frozenset(
    "messages events history context thread conversation transcript items turns log chat_history input_items".split()
)


def class_of(view: View, path: str, number: int) -> Scope:
    return view.project.files[path].scopes[number]


def fields(view: View, path: str, scope: Scope) -> frozenset[str]:
    """The attribute names of a class: declared in its body, or assigned to ``self``."""
    names = {name for name, rows in scope.bindings.items() if any(row.annotation or row.value for row in rows)}
    functions = {one.name for one in view.project.methods(path, scope.id)}
    for method in view.project.methods(path, scope.id):
        me = Name(method.parameters[0].name) if method.parameters else None
        names |= {write.name for write in view.project.writes(path, method.id) if write.name and write.base == me}
    return frozenset(names - functions)


def growing(view: View, path: str, number: int) -> str | None:
    """The field of the class that is a part of a thread and grows from call to call, or None."""
    for holder in sorted(view.threads.holders, key=lambda one: (one.path, one.scope, one.name)):
        if (holder.path, holder.scope) != (path, number):
            continue
        me = Origin(Kind.OBJECT, place=Where(path, number, view.project.files[path].scopes[number].end))
        if any(one.kind is Kind.OBJECT for one in view.tracer.object_member(me, holder.name)):
            continue  # that object is the holder
        for where, scope, order, how in view.threads.changes(holder):
            if how == "grow" and _of_class(view, where, scope, order, holder.name, path, number):
                return holder.name
    return None


def _of_class(view: View, path: str, scope: int, order: int, name: str, owner: str, number: int) -> bool:
    """Whether the change of attribute NAME at a statement is one of an object of the class."""
    return any((owner, number) in kin for kin in _changed(view, path, scope, order, name))


def of_another_class(view: View, path: str, scope: int, order: int, name: str, owner: str, number: int) -> bool:
    """Whether all that the change of attribute NAME at a statement can be one of are objects of other classes."""
    found = list(_changed(view, path, scope, order, name))
    return bool(found) and not any((owner, number) in kin for kin in found)


def _changed(view: View, path: str, scope: int, order: int, name: str) -> Iterator[set[tuple[str, int]]]:
    """The classes, each with what it extends, of the objects whose attribute NAME a statement changes."""
    facts = view.project.files[path]
    at = Where(path, scope, order)
    bases: list[Expr] = [write.base for write in facts.writes if write.order == order]
    bases += [one.call.func.base for one in facts.calls if one.order == order and isinstance(one.call.func, Attr)]
    for base in bases:
        inner = base.base if isinstance(base, Attr) and base.name == name else base
        for one in view.tracer.origins(inner, at):
            if one.kind is Kind.OBJECT and one.place is not None:
                yield {(up.place.path, up.place.scope) for up in view.tracer.lineage(one) if up.place is not None}


def graph_states(view: View) -> tuple[tuple[tuple[str, int], bool], ...]:
    """Classes that type the state of a graph or flow of the tree, and whether a store of the framework keeps it.

    A graph that nothing in the tree runs is none: whoever does (a server, another program, the graph it is a node of)
    brings the checkpointer.
    """
    found: list[tuple[tuple[str, int], bool]] = []
    builders: dict[tuple[Where, int], tuple[str, int]] = {}
    compiled: dict[tuple[Where, int], bool] = {}
    asking: set[tuple[Where, int]] = set()
    for path in sorted(view.project.files):
        facts = view.project.files[path]
        for called in facts.calls:
            where = Where(path, called.scope, called.order)
            for one in view.tracer.origins(called.call.func, where):
                state = _built_state(view, one, called, where)
                if state is not None:
                    builders[(where, id(called.call))] = state
                maker = one.receiver
                if maker is None or maker.call is None or maker.made is None or one.symbol is None:
                    continue
                key = (maker.made, id(maker.call))
                if any(_asks(view, arg, where) for arg in called.call.args):
                    asking.add(key)
                if one.symbol.parameter("checkpointer"):
                    kept = any(name in ("checkpointer", None) for name, _ in called.call.keywords) or any(
                        (made, call) == (where, called.call) for made, call, *_ in view.once(set_later, "checkpointer")
                    )
                    if kept or _is_run(view, called, where):
                        compiled[key] = compiled.get(key, False) or kept
        for scope in facts.scopes:
            if scope.kind == "class":
                found += _flow_state(view, path, scope)
    found += ((state, compiled[key]) for key, state in builders.items() if key in compiled and key in asking)
    return tuple(found)


def _is_run(view: View, compiled: Called, where: Where) -> bool:
    """Whether some code of the tree that is itself no part of a run starts the graph that is compiled here."""
    for run in view.agents.runs(compiled.call, where):
        if run.symbol.does not in ("run", "run-graph", "step"):
            continue
        function = view.project.inside(run.where, "function")
        if function is None or (run.where.path, function.id) not in view.callbacks.inner:
            return True
    return False


def _built_state(view: View, callee: Origin, called: Called, where: Where) -> tuple[str, int] | None:
    if not called.call.args or not view.catalog.is_a(callee.symbol, "graph-builder"):
        return None
    return _class(view, called.call.args[0], where)


def _asks(view: View, expr: Expr, where: Where) -> bool:
    """Whether a node of a graph comes to a model."""
    for one in view.tracer.origins(expr, where):
        if view.catalog.is_a(one.symbol, "graph"):
            return True
        for place in view.reach.bodies(one):
            if view.reach.function_does(place, ("call-model", "run", "run-graph")):
                return True
    return False


def _flow_state(view: View, path: str, scope: Scope) -> Iterator[tuple[tuple[str, int], bool]]:
    outside = Where(path, scope.parent, scope.order)
    for base in scope.bases:
        if not isinstance(base, Item):
            continue
        if not any(view.catalog.is_a(one.symbol, "workflow") for one in view.tracer.origins(base.base, outside)):
            continue
        state = _class(view, base.key, outside)
        marks = {last_name(getattr(one, "func", one)) for one in scope.decorators}
        if state is not None:
            yield state, "persist" in marks


def _class(view: View, expr: Expr, where: Where) -> tuple[str, int] | None:
    for one in view.tracer.origins(expr, where):
        if one.kind is Kind.DEFINITION and one.place is not None:
            return one.place.path, one.place.scope
    return None


def stands_in(view: View, store: Expr, where: Where) -> bool:
    """Whether the store in memory that STORE makes only stands where another one may: the program chooses as it runs.

    A store that fills in for what nobody passed (``saver or MemorySaver()``) is such a one, too.
    """
    return any(made == where and call == store for made, call in view.once(_spare_stores))


def _spare_stores(view: View) -> tuple[tuple[Where, Call], ...]:
    """The stores in memory (where, call) among several that an argument of the tree may be."""
    found: list[tuple[Where, Call]] = []
    for path in sorted(view.project.files):
        for called in view.project.files[path].calls:
            where = Where(path, called.scope, called.order)
            for callee in view.tracer.callees(called.call.func, where):
                for name in _store_arguments(view, callee):
                    for value in (value for key, value in called.call.keywords if key == name):
                        found += _spare_among(view, view.tracer.origins(value, where))
    return tuple(found)


def _store_arguments(view: View, callee: Origin) -> Iterator[str]:
    for one in view.catalog.lineage(callee.symbol) if callee.symbol is not None else ():
        for role in ("checkpointer", "session"):
            yield from one.parameter(role)


def _spare_among(view: View, stores: tuple[Origin, ...]) -> list[tuple[Where, Call]]:
    volatile = [
        (one.made, one.call)
        for one in stores
        if one.call is not None
        and one.made is not None
        and any(True for _ in facts_at(view, one.call, one.made, ("FL0503",)))
    ]
    return volatile if len(volatile) < len(stores) else []


def is_whole(names: frozenset[str]) -> bool:
    """Whether fields of these NAMES hold a thread together with how far it is."""
    return bool(names & EXECUTION and names & THREAD)


def rows(view: View) -> Iterator[tuple[str, int]]:
    """The statements (file, number) that define rows of a store with a whole thread in each."""
    for path in sorted(view.project.files):
        for scope in view.project.files[path].scopes:
            if scope.kind == "class" and scope.bases and is_whole(fields(view, path, scope)):
                if stored_by_library(view, path, scope) is not None:
                    yield path, scope.order


def stored_by_library(view: View, path: str, scope: Scope) -> Origin | None:
    """The library base that makes a class a row of a store (an ORM model), or None."""
    origin = Origin(Kind.DEFINITION, place=Where(path, scope.id, scope.end))
    return next((one for one in view.tracer.lineage(origin) if view.catalog.is_a(one.symbol, "store")), None)
