"""Calls that are handed over: to a thread, a process or another loop, which makes them."""

from __future__ import annotations

import functools

from factorlint.expr import Call
from factorlint.origin import Kind, Origin

HANDS_OVER = {"submit": 0, "to_thread": 0, "run_sync": 0, "run_in_executor": 1}  # which argument is the function
_POOLS = ("concurrent.futures.", "asyncio.", "anyio.to_thread.")


def handed_over(callee: Origin, call: Call) -> Call | None:
    """The call that a thread or a process makes: ``f(x)`` in ``executor.submit(f, x)``, ``asyncio.to_thread(f, x)``."""
    if callee.symbol is not None or callee.kind not in (Kind.LIBRARY, Kind.INSTANCE):
        return None
    _, _, name = callee.path.rpartition(".")
    if name not in HANDS_OVER or not callee.path.startswith(_POOLS):
        return None
    index = HANDS_OVER[name]
    return inner_call(call, index) if len(call.args) > index else None


@functools.lru_cache(maxsize=4096)
def inner_call(call: Call, index: int) -> Call:
    """One and the same call each time, as memory goes by identity."""
    return Call(call.args[index], call.args[index + 1 :], call.keywords)
