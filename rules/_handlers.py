"""What an ``except`` does with the error: raise it, return it, put it before the model, show it, or drop it."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Attr, Call, Const, Dict, Expr, Name, Text, dotted, last_name, walk
from factorlint.rule import Here, text_of

from ._told import in_a_chat, noted

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
    name = _name_of(handler)
    raised = [inner.node.exc for inner in here.inside(cst.Raise)]
    if any(exc is not None and _retry_exception(exc, here) for exc in raised):
        return Does.RETRY_SIGNAL
    if raised:
        return Does.RAISES
    calls = [one for one in here.inside(cst.Call) if not logs(one.expr(one.node.func))]
    if _appends(calls, name) and not (_leaves(handler) and _gives(here, name)):
        return Does.APPENDS
    if _returns(here, name, cli):
        return Does.RETURNS
    if _shows(calls, name, cli):
        return Does.SHOWS
    if _ends_the_process(handler):
        return Does.RAISES
    return Does.RETRIES if _asks_again(calls) else Does.DROPS


def _name_of(handler: cst.ExceptHandler) -> str | None:
    return handler.name.name.value if handler.name and isinstance(handler.name.name, cst.Name) else None


def _ends_the_process(handler: cst.ExceptHandler) -> bool:
    """``sys.exit(1)`` as the last statement: nothing goes on without it."""
    last = handler.body.body[-1] if handler.body.body else None
    small = last.body[-1] if isinstance(last, cst.SimpleStatementLine) else None
    if not isinstance(small, cst.Expr) or not isinstance(small.value, cst.Call):
        return False
    func = small.value.func
    if isinstance(func, cst.Attribute) and isinstance(func.value, cst.Name):
        return (func.value.value, func.attr.value) in (("sys", "exit"), ("os", "_exit"))
    return isinstance(func, cst.Name) and func.value in ("exit", "quit")


def _leaves(handler: cst.ExceptHandler) -> bool:
    """Whether it ends with a bare `return`: no loop goes on with what was put into the thread."""
    last = handler.body.body[-1] if handler.body.body else None
    small = last.body[-1] if isinstance(last, cst.SimpleStatementLine) else None
    return isinstance(small, cst.Return) and small.value is None


def _appends(calls: list[Here], name: str | None) -> bool:
    for inner in calls:
        if _is_kept_by_key(inner.call(inner.node)):
            continue
        if last_name(inner.expr(inner.node.func)) in _APPENDERS and _speaks(inner.expr(inner.node), name, inner):
            return True
    return False


def _is_kept_by_key(put: Call) -> bool:
    """``cache.put(key, record)``: no list that something joins."""
    return last_name(put.func) == "put" and len(put.args) > 1


def _returns(here: Here, name: str | None, cli: bool) -> bool:
    """The error is in what is returned or yielded, or in something that outlives the handler."""
    return _gives(here, name) or any(True for _ in _kept(here, name, cli)) or noted(here)


def _gives(here: Here, name: str | None) -> bool:
    for inner in here.inside(cst.Return, cst.Yield):
        value = inner.node.value
        if isinstance(value, cst.BaseExpression) and _speaks(inner.expr(value), name, inner):
            return True
    return False


def _kept(here: Here, name: str | None, cli: bool) -> Iterator[Here]:
    """The assignments by which the error outlives the handler."""
    for inner in here.inside(cst.Assign, cst.AnnAssign):
        value = inner.node.value
        if value is None or _asks_again([inner]):
            continue  # the answer to the second attempt
        spoken = _speaks(inner.expr(value), name, inner) or _says_which_way(inner)
        if spoken and not only_local(inner, cli):
            yield inner


def _says_which_way(here: Here) -> bool:
    """``out = "It still runs in the background."``; or a note where the way without the error gives another one."""
    target = here.node.targets[0].target if isinstance(here.node, cst.Assign) else here.node.target
    if not isinstance(target, cst.Name):
        return False
    said = here.expr(here.node.value)
    if isinstance(said, Const) and isinstance(said.value, str) and _STATEMENT.fullmatch(said.value):
        return True
    rows = here.scope.bindings.get(target.value, ())
    before = [row.value for row in rows if row.order < here.where.order and row.value is not None]
    return _is_a_sentence(said) and any(_is_a_sentence(one) and one != said for one in before)


_STATEMENT = re.compile(r"\s*\w+(?:[^\w.!?]+\w+){3,}[.!]\s*")


def _is_a_sentence(expr: Expr) -> bool:
    return isinstance(expr, Const) and isinstance(expr.value, str) and " " in expr.value.strip()


def kept_for_later(handler: cst.ExceptHandler, here: Here, *, cli: bool) -> tuple[str, ...]:
    """The local names in which HANDLER keeps the error, where that is all it does with it."""
    if any(True for _ in here.inside(cst.Return)):
        return ()
    nodes = [inner.node for inner in _kept(here, _name_of(handler), cli)]
    targets = [one.targets[0].target if isinstance(one, cst.Assign) else one.target for one in nodes]
    return tuple(one.value for one in targets if isinstance(one, cst.Name))


def _shows(calls: list[Here], name: str | None, cli: bool) -> bool:
    """The error goes to a person, or to a function of the tree that is given it."""
    for inner in calls:
        said = inner.call(inner.node)
        func = said.func
        if cli and dotted(func) in _PRINTS and said.args:
            return True
        if last_name(func) in _SHOWN and _speaks(said, name, inner):
            return True
        if in_a_chat(inner):
            return True
        called = last_name(func)
        if dotted(func) in _PLAIN or called in _TELEMETRY or called.endswith(("Error", "Exception")):
            continue
        if any(_mentions(inner.expr(arg.value), name) for arg in inner.node.args) or _hands_on(said):
            return True
    return False


def _hands_on(said: Call) -> bool:
    """Whether a call that is no log is given a word about the failure: ``result.fail(error="…")``."""
    if any(keyword is not None and _admits(keyword, value) for keyword, value in said.keywords):
        return True
    for value in (*said.args, *(value for _, value in said.keywords)):
        if isinstance(value, Attr) and value.name in _STATES:
            return True
        pieces = value.parts if isinstance(value, Text) else (value,)
        if any(isinstance(one, Const) and isinstance(one.value, str) and _failure(one.value) for one in pieces):
            return True
    return False


def _admits(name: str, value: Expr) -> bool:
    """``error="…"``, ``failure_mode=Mode.CRASH``, ``success=False``: what is named so says that something failed."""
    if isinstance(value, Const) and not value.value:
        return name in _WELL
    if isinstance(value, Attr) and value.name in ("NONE", "OK"):
        return False
    return name in _ABOUT or any(name.startswith(word) or name.endswith(word) for word in ("failure", "error"))


_MESSAGE = 300
_PRINTS = frozenset(("print", "console.print", "sys.exit", "exit"))
_ABOUT = frozenset("error err exception error_message failure failure_reason".split())
_WELL = frozenset("success ok succeeded successful is_success".split())
_STATES = frozenset("FAILED FAILURE ERROR ERRORED".split())
# An operator's instruments, like a log: nobody else looks at them.
_TELEMETRY = frozenset(
    "record_exception set_status set_attribute set_tag add_breadcrumb capture_message increment incr inc observe "
    "format_exception print_exception".split()
)


_FAILURES = (
    *("error", "fail", "unable", "could not", "couldn't", "sorry", "went wrong"),
    *("fehler", "fehlgeschlagen", "erreur", "échec", "echoué", "fallo", "falló", "errore", "fallito", "erro ", "falha"),
    *("ошибк", "не удалось"),
)
_FAILURES_WITHOUT_SPACES = ("错误", "錯誤", "失败", "失敗", "异常", "出错", "エラー", "오류", "실패")


_TROUBLES = ("invalid", "not ", "unknown", "wrong", "exception", "try again", "timed out", "timeout", "rate limit")


def _failure(text: str) -> bool:
    """Whether a text says that something failed; one word could be a key or a name."""
    words = text.lower()
    if any(word in words for word in _FAILURES_WITHOUT_SPACES):
        return True
    return " " in words.strip() and any(word in words for word in _FAILURES)


def _asks_again(calls: list[Here]) -> bool:
    """A nested attempt: the handler itself comes to a model."""
    return any(
        one.does in ("call-model", "run", "run-graph")
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
        base = func.base.func if isinstance(func.base, Call) else func.base  # logging.getLogger(__name__).warning
        holder = last_name(base)
        return holder in _LOG_HOLDERS or ("log" in holder.lower() and func.name in _LOGGERS)
    return isinstance(func, Name) and func.id in ("log", "warn")


def _mentions(expr: Expr, name: str | None) -> bool:
    return name is not None and any(isinstance(one, Name) and one.id == name for one in walk(expr))


def _speaks(expr: Expr, name: str | None, here: Here) -> bool:
    """Whether EXPR carries the error or a text about it."""
    if _mentions(expr, name) or any(last_name(one) == "format_exc" for one in walk(expr)):
        return True
    for one in walk(expr):
        if isinstance(one, Text) or (isinstance(one, Dict) and _says_it_failed(one)):
            return True
        if getattr(one, "type", None) == "str" and _sentence(str(getattr(one, "value", ""))):
            return True
        if isinstance(one, (Name, Attr)) and _failure(_constant(one, here)):
            return True
    return False


def _says_it_failed(said: Dict) -> bool:
    return any(isinstance(key, Const) and _admits(str(key.value), value) for key, value in said.items)


def _constant(expr: Expr, here: Here) -> str:
    """The text that a name stands for, as far as it is written down; often it is one of all messages of a program."""
    text = text_of(here.view.tracer, expr, here.where) or ""
    return text if len(text) <= _MESSAGE else ""  # a longer one is a prompt


def _sentence(text: str) -> bool:
    words = text.lower()
    return any(word in words for word in (*_FAILURES, *_FAILURES_WITHOUT_SPACES, *_TROUBLES))


def only_local(here: Here, cli: bool) -> bool:
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
            if not cli and dotted(called.call.func) == "print":
                continue  # a library's print is a log line
            passed = (*called.call.args, *(value for _, value in called.call.keywords))
            if any(isinstance(one, Name) and one.id in names for arg in passed for one in walk(arg)):
                return False
    return True
