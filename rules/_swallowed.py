"""Errors that are lost for good: a handler drops them, and nothing around it or behind it makes up for that."""

from __future__ import annotations

import libcst as cst

from factorlint.rule import Here

from . import _attempts, _fallbacks, _retries, _tries
from ._handlers import Does, fate

_FAR = 5  # run → step → query → the model's own class → its retry
_TELLS = frozenset((Does.RAISES, Does.RETRY_SIGNAL, Does.APPENDS, Does.RETURNS, Does.SHOWS))
_SIGNALS = frozenset(
    "KeyboardInterrupt SystemExit GeneratorExit EOFError StopIteration StopAsyncIteration CancelledError Empty "
    "QueueEmpty".split()
)


def swallows(handler: Here, tried: Here) -> bool:
    """Whether HANDLER, of the `try` visited at TRIED, loses the error for good."""
    cli, what = read_by_a_person(tried), _tries.what(tried)
    if what is None or fate(handler.node, handler, cli=cli) is not Does.DROPS:
        return False
    if _outer_tells(tried, cli) or _fallbacks.excuses(handler, tried, what):
        return False
    if _retries.inside_a_counted_loop(handler) or _tried_otherwise(handler):
        return False
    return what != _tries.PARSE or not _attempts.follow(handler, tried, swallows)


def _outer_tells(here: Here, cli: bool) -> bool:
    """Whether the `try` only clears up in a handler that itself raises, returns or shows the error."""
    outer = here.outer(cst.ExceptHandler)
    return outer is not None and fate(outer.node, outer, cli=cli) in _TELLS


def _tried_otherwise(here: Here) -> bool:
    """Whether what follows tries something else, or raises after all: the failure of one way is not the last word."""
    if any(True for _ in here.inside(cst.Return)):
        return False
    function = here.function()
    ending = here.enclosing(cst.FunctionDef)
    if function is None or not isinstance(ending, cst.FunctionDef):
        return False
    last = ending.body.body[-1]
    if isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Raise):
        return True
    if here.outer(cst.While, cst.For) is not None or any(True for _ in here.inside(cst.Continue)):
        return False
    after = here.view.reach.end(here.where.path, here.where.order) + 1
    return here.view.reach.statements_do(here.where.path, after, function.end, _tries.ASKS, within=2, own=function.id)


def asks_far_below(here: Here) -> bool:
    """Whether the `try` stands around the step of a loop, far above the model call."""
    body = _tries.body(here)
    return here.view.reach.statements_do(here.where.path, body[0], body[-1], _tries.ASKS, within=_FAR)


def no_failure(handler: cst.ExceptHandler, here: Here) -> bool:
    """A person or the runtime ends something: nothing failed that a model should hear of."""
    kinds = [one.value for one in handler.type.elements] if isinstance(handler.type, cst.Tuple) else [handler.type]
    return all(_is_signal(one, here) for one in kinds)


def _is_signal(kind: cst.BaseExpression | None, here: Here) -> bool:
    name = kind.attr.value if isinstance(kind, cst.Attribute) else getattr(kind, "value", None)
    return name in _SIGNALS or (kind is not None and any(here.plays(one, "disconnect") for one in here.origins(kind)))


def read_by_a_person(here: Here) -> bool:
    """Whether what is printed here is read: a script's own functions, a command line."""
    function = here.function()
    if function is None:
        return True
    return bool(here.view.facts.main) or function.name in ("main", "cli", "run_cli")
