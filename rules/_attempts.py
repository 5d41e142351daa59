"""A parse of an answer that failed and is not the last word: another attempt follows, or the text itself goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from factorlint.expr import Attr, Call, Expr, Item, Name, dotted, walk
from factorlint.facts import Called
from factorlint.origin import Where
from factorlint.provenance.answers import answers_in
from factorlint.rule import Here

from . import _tries
from ._handlers import logs, only_local

_LEAVES = (cst.Return, cst.Raise, cst.Continue, cst.Break)


Swallows = Callable[[Here, Here], bool]  # whether a handler, and the `try` that it belongs to, loses the error


def follow(handler: Here, tried: Here, swallows: Swallows) -> bool:
    """Whether the answer that TRIED could not parse is parsed otherwise after HANDLER, or its text goes on.

    Of several attempts the last decides: where it loses the error, all do.
    """
    nested = [one for one in handler.inside(cst.Try) if _tries.what(one) == _tries.PARSE]
    if nested:
        return not any(_loses(one, swallows) for one in nested)
    first, last = _tries.body(tried)[0], _tries.body(tried)[-1]
    parsed = list(_tries.parses(tried, first, last))
    return _goes_on(handler, tried, parsed) or _parsed_below(handler, tried, parsed, swallows)


def one_of_many(handler: Here, tried: Here) -> bool:
    """Whether several further attempts at the same answer come behind HANDLER: a row of them is said at its end."""
    nested = sum(_tries.what(one) == _tries.PARSE for one in handler.inside(cst.Try))
    first, last = _tries.body(tried)[0], _tries.body(tried)[-1]
    later = _tries_around(tried, set(_parsed_again(handler, tried, list(_tries.parses(tried, first, last)))))
    return nested + len(later) > 1


def _tries_around(tried: Here, orders: set[int]) -> list[Here]:
    """The `try`s behind TRIED in which statements of ORDERS stand."""
    after = _after(tried)
    later = [Here(tried.view, tried.walk, step) for step in tried.walk.all(cst.Try) if step.order >= after]
    return [one for one in later if not orders.isdisjoint(_tries.body(one))]


# -- another attempt ---------------------------------------------------------------------------------------------------


def _loses(tried: Here, swallows: Swallows) -> bool:
    handlers = (one for one in tried.inside(cst.ExceptHandler) if one.node in tried.node.handlers)
    return any(swallows(one, tried) for one in handlers)


def _parsed_below(handler: Here, tried: Here, parsed: list[Called], swallows: Swallows) -> bool:
    """Whether a statement behind the `try`, come to from HANDLER, parses the same answer, and does not lose it."""
    again = set(_parsed_again(handler, tried, parsed))
    return bool(again) and not any(_loses(one, swallows) for one in _tries_around(tried, again))


def _parsed_again(handler: Here, tried: Here, parsed: list[Called]) -> Iterator[int]:
    """The statements behind the `try`, come to from HANDLER, that parse the same answer."""
    function = handler.function()
    if function is None or _leaves(handler):
        return
    answers = {number for called in parsed for number in _answers(tried, called)}
    for called in _tries.parses(tried, _after(tried), function.end):
        if called.scope == function.id and _come_to(tried, called.order) and answers & set(_answers(tried, called)):
            yield called.order


def _answers(here: Here, called: Called) -> Iterator[int]:
    """The model calls, by identity, whose answers CALLED reads; a number made of what was read is no reading."""
    where = Where(here.where.path, called.scope, called.order)
    if any(one.path.startswith("builtins.") for one in here.view.reach.callees(here.where.path, called)):
        return
    for arg in called.call.args:
        yield from (id(one.call) for one in answers_in(here.view.tracer, arg, where))


def _come_to(tried: Here, order: int) -> bool:
    """Whether statement ORDER, below the `try`, stands in no other branch than the `try` itself."""
    statements, project, path = tried.view.facts.statements, tried.view.project, tried.where.path
    ours = {
        statements[one].parent: statements[one].arm
        for one in (tried.where.order, *project.chain(path, tried.where.order))
    }
    return all(
        ours.get(statements[one].parent, statements[one].arm) == statements[one].arm
        for one in (order, *project.chain(path, order))
    )


# -- the text goes on --------------------------------------------------------------------------------------------------


def _goes_on(handler: Here, tried: Here, parsed: list[Called]) -> bool:
    """Whether what was to be parsed is kept as it came: by HANDLER, where it is, or by what is returned in the end."""
    raw = {name for called in parsed for arg in called.call.args for name in _read_from(arg)} - _made_in(tried)
    if not raw:
        return False
    if any(_mentions(value, raw) for value in _kept(handler)):
        return True
    if _leaves(handler):
        return False
    after = _after(tried)
    again = {called.order for called in _tries.parses(tried, after, tried.scope.end)}
    rows = ((order, value) for order, value in tried.scope.returns if order >= after and order not in again)
    given = (value for order, value in rows if _come_to(tried, order))
    return _stays_in_place(tried, raw) or any(_mentions(value, raw) for value in given)


def _made_in(tried: Here) -> set[str]:
    """The names that the body of the `try` alone gives a value: where it failed, they hold nothing."""
    inside = set(_tries.body(tried))
    bound = tried.scope.bindings.items()
    return {name for name, rows in bound if rows and all(row.order in inside for row in rows)}


def _read_from(expr: Expr) -> Iterator[str]:
    """The name that a text is read from: ``call`` in ``call.function.arguments``, ``m`` in ``m.group(1)``."""
    while isinstance(expr, (Attr, Item, Call)):
        if isinstance(expr, Call):
            if not isinstance(expr.func, Attr):
                return
            expr = expr.func
        expr = expr.base
    if isinstance(expr, Name):
        yield expr.id


def _kept(handler: Here) -> Iterator[Expr]:
    """What HANDLER gives a name or a place, returns, or puts somewhere that is no log."""
    for inner in handler.inside(cst.Assign, cst.AnnAssign, cst.Return, cst.Yield):
        bound = isinstance(inner.node, (cst.Assign, cst.AnnAssign))
        if inner.node.value is not None and not (bound and only_local(inner, cli=False)):
            yield inner.expr(inner.node.value)
    for inner in handler.inside(cst.Call):
        called = inner.call(inner.node)
        alone = inner.enclosing(cst.Assign, cst.AnnAssign) is None
        if alone and not logs(called.func):
            told = dotted(called.func) == "print"
            yield from (one for one in called.args if not told or isinstance(one, Name))


def _stays_in_place(tried: Here, raw: set[str]) -> bool:
    """``text = loads(text)``, ``values[key] = loads(value)``: where the result was to go, the text still is."""
    for inner in tried.inside(cst.Assign):
        if inner.where.order not in _tries.body(tried):
            continue
        target = inner.expr(inner.node.targets[0].target)
        if isinstance(target, Name) and target.id in raw:
            return True
        if isinstance(target, (Attr, Item)) and not _behind(tried, raw).isdisjoint(_read_from(target)):
            return True
    return False


def _behind(here: Here, names: set[str]) -> set[str]:
    """The names that NAMES were given, and what these were given in their turn."""
    found: set[str] = set()
    queue = list(names)
    while queue:
        values = [row.value for row in here.scope.bindings.get(queue.pop(), ()) if row.value is not None]
        more = {one.id for value in values for one in walk(value) if isinstance(one, Name)} - found
        found |= more
        queue += more
    return found


def _mentions(expr: Expr, names: set[str]) -> bool:
    return any(isinstance(one, Name) and one.id in names for one in walk(expr))


def _leaves(handler: Here) -> bool:
    return any(True for _ in handler.inside(*_LEAVES))


def _after(tried: Here) -> int:
    return tried.view.reach.end(tried.where.path, tried.where.order) + 1
