"""Where the tree cuts a thread: functions that drop or shorten parts of it, statements that keep a stretch of it."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Attr, Const, Dict, Expr, Item, Name, last_name, walk
from factorlint.facts import Called, Scope, Write
from factorlint.holders import Holder
from factorlint.origin import Where
from factorlint.rule import Here, View

from . import _context, _sent, _state

_NAMED = ("trim", "trunc", "compact", "summar", "prune", "filter", "shorten", "condense")


def statement(here: Here, scope: Scope) -> int | None:
    """The first statement of SCOPE in which a part of a thread is dropped: ``self.messages = self.messages[-20:]``."""
    view, path = here.view, here.where.path
    found = [one.order for one in view.project.writes(path, scope.id) if _keeps_a_stretch(view, path, scope, one)]
    found += _dropped(view, path, scope)
    for inner in here.inside(cst.Del):
        target = inner.expr(inner.node.target)
        if inner.where.scope == scope.id and isinstance(target, Item) and isinstance(target.base, Attr):
            if _is_thread(view, path, scope, inner.where.order, target.base):
                found.append(inner.where.order)
    return min((*found, *_handed_on(view, path, scope)), default=None)


def _dropped(view: View, path: str, scope: Scope) -> Iterator[int]:
    """The statements of SCOPE itself that drop the oldest of a thread."""
    for called in view.project.calls_in(path, scope.id):
        func = called.call.func
        if isinstance(func, Attr) and (func.name, called.call.args) in _OLDEST and isinstance(func.base, Attr):
            if not _is_taken(scope, called) and _is_thread(view, path, scope, called.order, func.base):
                yield called.order


def _handed_on(view: View, path: str, scope: Scope) -> Iterator[int]:
    """The statements that take a stretch of a graph's messages, in a step or tool that hands it on."""
    if (path, scope.id) not in view.once(_in_graphs):
        return
    for order, value in scope.returns:
        where = Where(path, scope.id, order)
        for one in walk(value):
            told = [inner for key, inner in one.items if key == _MESSAGES] if isinstance(one, Dict) else ()
            cut = {
                item for inner in told for item in _sent.within(view, inner, where) if _is_stretch(view, item, where)
            }
            if cut:
                rows = [(row.order, row.value) for found in scope.bindings.values() for row in found]
                yield from (at for at, made in (*rows, *scope.returns) if made and cut & set(walk(made)))


def _is_stretch(view: View, expr: Expr, where: Where) -> bool:
    if not isinstance(expr, Item) or not _context.is_cut(expr.key):
        return False
    return any(isinstance(one, Item) and one.key == _MESSAGES for one in _sent.within(view, expr.base, where))


def _in_graphs(view: View) -> frozenset[tuple[str, int]]:
    """The steps of graphs, the tools of agents, and the functions of the tree that these call."""
    found = {*view.steps.nodes, *view.agents.bodies}
    below = (view.reach.summary(Where(path, number, 0)).functions for path, number in sorted(found))
    return frozenset(found.union(*below))


_MESSAGES = Const("messages", "str")
_OLDEST = (("popleft", ()), ("pop", (Const(0, "int"),)))


def _is_taken(scope: Scope, called: Called) -> bool:
    """Whether something is done with what was dropped: a queue is worked off."""
    named = {row.order for found in scope.bindings.values() for row in found}
    return called.order in named.union(order for order, _ in scope.returns)


def _keeps_a_stretch(view: View, path: str, scope: Scope, write: Write) -> bool:
    """Whether WRITE sets a field that holds a thread to a stretch of that very field."""
    kept = (one.base for one in walk(write.value) if isinstance(one, Item) and _context.is_cut(one.key))
    return any(
        isinstance(one, Attr)
        and (one.base, one.name) == (write.base, write.name)
        and _is_thread(view, path, scope, write.order, one)
        for one in kept
    )


def _is_thread(view: View, path: str, scope: Scope, order: int, field: Attr) -> bool:
    """Whether FIELD holds a thread that is sent to a model."""
    for one in view.once(_fields).get(field.name, ()):
        if one.kind == "library":
            return last_name(field.base) == one.name.split(".")[-2]
        if not _state.of_another_class(view, path, scope.id, order, field.name, one.path, one.scope):
            return True
    return False


def _fields(view: View) -> dict[str, list[Holder]]:
    """Attribute name → the holders of a thread that are called so."""
    found: dict[str, list[Holder]] = {}
    for one in sorted(view.threads.holders, key=lambda held: (held.kind, held.path, held.scope, held.name)):
        if one.kind in ("field", "library"):
            found.setdefault(one.name.rpartition(".")[2], []).append(one)
    return found


def cuts(view: View, path: str, scope: Scope) -> bool:
    """Whether SCOPE is a function that drops or shortens parts of a thread: named so, and given or holding one."""
    name = scope.name.lower()
    if not any(word in name for word in _NAMED):
        return False
    holder = view.project.class_of(Where(path, scope.id, scope.order))
    if holder is not None:
        fields = [one for one in view.threads.holders if (one.kind, one.path, one.scope) == ("field", path, holder.id)]
        return any(_cut_in(view, one, path, scope) for one in fields)
    return _given_a_context(view, path, scope)


def trimmers(view: View) -> Iterator[tuple[str, int]]:
    """The statements (file, number) that define such functions, and those that drop the oldest of a thread."""
    for path in sorted(view.project.files):
        for scope in view.project.files[path].scopes:
            if cuts(view, path, scope) or any(True for _ in _dropped(view, path, scope)):
                yield path, scope.order


def _cut_in(view: View, field: Holder, path: str, scope: Scope) -> bool:
    return any(
        how in ("trim", "set") and at == path and scope.order < order <= scope.end
        for at, _, order, how in view.threads.changes(field)
    )


def _given_a_context(view: View, path: str, scope: Scope) -> bool:
    """Whether a function that asks a model passes to SCOPE the very list that it sends."""
    for at, called in view.project.calls_of(scope.name):
        where = Where(at, called.scope, called.order)
        caller = view.project.scope(where)
        places = {one.place[:2] for one in view.tracer.origins(called.call.func, where) if one.place is not None}
        if caller.kind != "function" or (path, scope.id) not in places:
            continue
        passed = {one.id for one in called.call.args if isinstance(one, Name)}
        sent = [expr for one in _context.sent_in(view, at, caller) for expr in _context.sent_exprs(view, one)]
        if any(isinstance(one, Name) and one.id in passed for expr in sent for one in walk(expr)):
            return True
        for write in view.project.writes(at, caller.id):  # ``self.context = trim(found)``
            if write.name is not None and _is_thread(view, at, caller, write.order, Attr(write.base, write.name)):
                if _sent.carries(view, write.value, where._replace(order=write.order), called.call):
                    return True
    return False
