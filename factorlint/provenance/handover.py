"""Calls that are handed over: to a thread, a process or another loop, which makes them."""

from __future__ import annotations

import functools

from factorlint.catalog import Symbol
from factorlint.expr import Call, Expr, Seq
from factorlint.origin import Kind, Origin

HANDS_OVER = {"submit": 0, "to_thread": 0, "run_sync": 0, "run_in_executor": 1}  # which argument is the function
_POOLS = ("concurrent.futures.", "asyncio.", "anyio.to_thread.")
_STARTED = ("Thread", "Process", "Timer")
_STARTED_BY = ("threading.", "multiprocessing.")


def handed_over(callee: Origin, call: Call) -> Call | None:
    """The call that a thread or a process makes: ``f(x)`` in ``executor.submit(f, x)``, ``asyncio.to_thread(f, x)``."""
    if callee.kind not in (Kind.LIBRARY, Kind.INSTANCE):
        return None
    if gives_nothing_back(callee):
        func = next((value for key, value in call.keywords if key in ("target", "function")), None)
        return _with_listed(call, func, len(call.args)) if func is not None else None
    if callee.symbol is not None:
        return _made_for(call, callee.symbol)
    _, _, name = callee.path.rpartition(".")
    if name not in HANDS_OVER or not callee.path.startswith(_POOLS):
        return None
    index = HANDS_OVER[name]
    return inner_call(call, index) if len(call.args) > index else None


def gives_nothing_back(callee: Origin) -> bool:
    """Whether what runs the function is an object of its own, ``Thread(target=f)``: nobody gets what ``f`` returns."""
    return callee.path.startswith(_STARTED_BY) and callee.path.rpartition(".")[2] in _STARTED


def _made_for(call: Call, symbol: Symbol) -> Call | None:
    """The call that a durable runtime makes of the function that it is given, as the catalogue says."""
    for name in symbol.parameter("calls"):
        keyword = next((value for key, value in call.keywords if key == name), None)
        if keyword is not None:
            return _with_listed(call, keyword, 0)
        index = symbol.signature.index(name) if name in symbol.signature else len(call.args)
        if index < len(call.args):
            return _with_listed(call, call.args[index], index + 1)
    return None


@functools.lru_cache(maxsize=4096)
def _with_listed(call: Call, func: Expr, first: int) -> Call:
    """FUNC called with what stands behind it, or in a list for it: ``execute(f, args=[a, b])``."""
    listed = next((value for key, value in call.keywords if key == "args" and isinstance(value, Seq)), None)
    single = tuple(value for key, value in call.keywords if key == "arg")
    return Call(func, listed.items if isinstance(listed, Seq) else (*call.args[first:], *single), ())


@functools.lru_cache(maxsize=4096)
def inner_call(call: Call, index: int) -> Call:
    """One and the same call each time, as memory goes by identity."""
    return Call(call.args[index], call.args[index + 1 :], call.keywords)
