"""What an ``except`` does with the error: raise it, return it, put it before the model, show it, or drop it."""

from __future__ import annotations

import enum

import libcst as cst

from factorlint.expr import Attr, Call, Expr, Name, Text, dotted, last_name, walk
from factorlint.origin import Kind
from factorlint.rule import Here

_LOGGERS = frozenset(
    "debug info warning warn error exception critical log print_exc print_exception capture_exception".split()
)
_APPENDERS = frozenset(
    "append add extend insert add_message add_messages put put_nowait append_event add_event".split()
)
_SHOWN = frozenset(
    "echo secho send send_message reply respond say edit_text write error warning toast emit send_text send_json put "
    "publish notify markdown reply_text followup".split()
)
_LOG_HOLDERS = frozenset("log logger logging _logger _log LOG LOGGER structlog sentry_sdk traceback warnings".split())


class Does(enum.Enum):
    RAISES = "raises"
    RETRY_SIGNAL = "retry-signal"  # raises a framework's retry exception
    APPENDS = "appends"  # the error joins the thread
    RETURNS = "returns"  # the error is in the result
    SHOWS = "shows"
    RETRIES = "retries"  # calls again, in a nested attempt
    DROPS = "drops"


def fate(handler: cst.ExceptHandler, here: Here, *, cli: bool) -> Does:
    """What HANDLER, visited HERE, does with the error. ``cli``: what it prints is read by a person."""
    name = handler.name.name.value if handler.name and isinstance(handler.name.name, cst.Name) else None
    raised = [inner.node.exc for inner in here.inside(cst.Raise)]
    if any(exc is not None and _retry_exception(exc, here) for exc in raised):
        return Does.RETRY_SIGNAL
    if raised:
        return Does.RAISES
    calls = [one for one in here.inside(cst.Call) if not logs(one.expr(one.node.func))]
    if _appends(calls, name):
        return Does.APPENDS
    if _returns(here, name):
        return Does.RETURNS
    if _shows(calls, name, cli):
        return Does.SHOWS
    return Does.RETRIES if _asks_again(calls) else Does.DROPS


def _appends(calls: list[Here], name: str | None) -> bool:
    for inner in calls:
        if last_name(inner.expr(inner.node.func)) in _APPENDERS and _speaks(inner.expr(inner.node), name, inner):
            return True
    return False


def _returns(here: Here, name: str | None) -> bool:
    """The error is in what is returned or yielded, or in something that outlives the handler."""
    for inner in here.inside(cst.Return, cst.Yield):
        value = inner.node.value
        if isinstance(value, cst.BaseExpression) and _speaks(inner.expr(value), name, inner, returned=True):
            return True
    for inner in here.inside(cst.Assign, cst.AnnAssign):
        value = inner.node.value
        if value is not None and _speaks(inner.expr(value), name, inner) and not _only_local(inner):
            return True
    return False


def _shows(calls: list[Here], name: str | None, cli: bool) -> bool:
    """The error goes to a person, or to a function of the tree that is given it."""
    for inner in calls:
        func, said = inner.expr(inner.node.func), inner.expr(inner.node)
        shown = last_name(func) in _SHOWN or (cli and dotted(func) in ("print", "console.print", "sys.exit", "exit"))
        if shown and isinstance(said, Call) and _speaks(said, name, inner):
            return True
        passes = any(_mentions(inner.expr(arg.value), name) for arg in inner.node.args)
        if passes and dotted(func) not in _PLAIN:
            return True
    return False


def _asks_again(calls: list[Here]) -> bool:
    """A nested attempt: the handler itself comes to a model."""
    return any(
        one.does in ("call-model", "run")
        for inner in calls
        for one in inner.view.reach.inside(inner.where.path, inner.where.order, inner.where.order)
    )


_PLAIN = frozenset(("str", "repr", "print", "type", "isinstance", "len", "format", "getattr", "hasattr"))


def _retry_exception(raised: cst.BaseExpression, here: Here) -> bool:
    target = raised.func if isinstance(raised, cst.Call) else raised
    return any(here.plays(origin, "retry") for origin in here.origins(target))


def logs(func: Expr) -> bool:
    """``logger.error``, ``logging.exception``, ``self.log.warning``: nobody but an operator sees it."""
    if isinstance(func, Attr):
        holder = last_name(func.base) or ""
        return holder in _LOG_HOLDERS or ("log" in holder.lower() and func.name in _LOGGERS)
    return isinstance(func, Name) and func.id in ("log", "warn")


def _mentions(expr: Expr, name: str | None) -> bool:
    return name is not None and any(isinstance(one, Name) and one.id == name for one in walk(expr))


def _speaks(expr: Expr, name: str | None, here: Here, *, returned: bool = False) -> bool:
    """Whether EXPR carries the error or a text about it."""
    if _mentions(expr, name) or any(last_name(one) == "format_exc" for one in walk(expr)):
        return True
    for one in walk(expr):
        if isinstance(one, Text):
            return True
        if getattr(one, "type", None) == "str" and _sentence(str(getattr(one, "value", ""))):
            return True
        if isinstance(one, Name) and one is not expr and returned and _built_from_error(one, name, here):
            return True
    if returned and isinstance(expr, Name):
        return _built_from_error(expr, name, here)
    return False


def _sentence(text: str) -> bool:
    words = text.lower()
    return any(
        word in words
        for word in ("error", "fail", "invalid", "unable", "could not", "couldn't", "not ", "unknown", "sorry", "wrong")
    )


def _built_from_error(expr: Name, name: str | None, here: Here) -> bool:
    for one in here.view.tracer.origins(expr, here.where):
        if (
            one.kind is Kind.VALUE
            and one.expr is not None
            and (_mentions(one.expr, name) or isinstance(one.expr, Text))
        ):
            return one.place is not None and one.place.order >= here.where.order - 6
        if one.kind is Kind.CONTAINER and one.expr is not None and _mentions(one.expr, name):
            return True
        if one.call is not None and _mentions(one.call, name):
            return True
    return False


def _only_local(here: Here) -> bool:
    """An assignment to a plain local name keeps the error in the handler unless it is read later."""
    node = here.node
    targets = [one.target for one in node.targets] if isinstance(node, cst.Assign) else [node.target]
    names = [one.value for one in targets if isinstance(one, cst.Name)]
    if len(names) != len(targets):
        return False
    facts, scope = here.view.facts, here.scope
    for order, value in scope.returns:
        if order > here.where.order and any(isinstance(one, Name) and one.id in names for one in walk(value)):
            return False
    for called in facts.calls:
        if called.scope == scope.id and called.order > here.where.order and not logs(called.call.func):
            if any(isinstance(one, Name) and one.id in names for arg in called.call.args for one in walk(arg)):
                return False
    return True
