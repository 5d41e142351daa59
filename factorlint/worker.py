"""The inside of a worker process: a thread with a deep stack, limits, and one answer to each item."""

from __future__ import annotations

import faulthandler
import gc
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal

# What a message begins with that is no pickled answer (those begin with 0x80).
READY, SETTLED, MEMORY = b"S", b"T", b"M"
TOO_DEEP = "nests too deeply for this version of Python"
_STACK = 64 * 2**20  # bytes; LibCST's parser overflows the usual 8 MiB, and 1 MiB threads far earlier
_RECURSION = 20_000  # Python frames that fit into that stack on every supported version


@dataclass(frozen=True)
class Failure:
    """Why an item has no result: its worker was too slow, died, or ``work`` raised or returned what it must not."""

    kind: Literal["timeout", "worker-died", "crash", "not-analysed"]
    message: str


def serve(
    work: Callable[[Any], Any],
    settle: Callable[[Any], object],
    items: Sequence[Any] | None,
    pipe: Connection[Any, Any],
    others: Sequence[Connection[Any, Any]],
    memory_mb: int,
) -> None:
    """Answer what comes through PIPE until it closes: items, or their indexes in ITEMS; OTHERS are not ours.

    With each comes how many seconds it may take, and whether SETTLE is to be done with it, or WORK.
    """
    for other in others:
        other.close()  # or this process would keep its siblings from noticing that the parent is gone
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    faulthandler.disable()
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - the last words of native code are no part of a report
        os.dup2(nowhere.fileno(), 2)
    gc.disable()
    _limit(memory_mb)
    sys.setrecursionlimit(_RECURSION)
    threading.stack_size(_STACK)
    thread = threading.Thread(target=_loop, args=(work, settle, items, pipe))
    thread.start()
    thread.join()


def _limit(memory_mb: int) -> None:
    try:
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, most))  # a core file would land in the audited tree
        with open("/proc/self/statm") as stream:  # noqa: PTH123
            pages = int(stream.read().split()[0])
        limit = pages * resource.getpagesize() + _STACK + memory_mb * 2**20
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (limit if most < 0 else min(limit, most), most))
    except (ImportError, OSError, ValueError):
        return  # not on this system


def _loop(
    work: Callable[[Any], Any],
    settle: Callable[[Any], object],
    items: Sequence[Any] | None,
    pipe: Connection[Any, Any],
) -> None:
    def settled(item: Any) -> bytes:
        settle(item)
        return SETTLED

    try:
        pipe.send_bytes(READY)
        while True:
            for token, seconds, settling in pipe.recv():
                step = settled if settling else lambda item: _packed(work(item))
                answer = _answer(step, token if items is None else items[token], seconds)
                pipe.send_bytes(answer)
                if answer.startswith(MEMORY):
                    return
    except (EOFError, OSError):
        return  # the parent is gone


def _answer(step: Callable[[Any], bytes], item: Any, seconds: float) -> bytes:
    alarm = getattr(signal, "setitimer", None)
    if alarm:
        alarm(signal.ITIMER_REAL, 2 * seconds + 10)  # ends the process even if no parent is left to do so
    try:
        return step(item)
    except MemoryError as error:
        return MEMORY + told(error).encode("utf-8", "replace")
    except BaseException as error:  # whatever a rule or a parser raises, the other items go on
        return pickle.dumps(Failure("crash", told(error)))
    finally:
        if alarm:
            alarm(signal.ITIMER_REAL, 0)


def _packed(result: Any) -> bytes:
    """RESULT for the parent. Some Pythons (3.12.1) count the frames of C, and end at few, whatever the limit is."""
    try:
        return pickle.dumps(result, pickle.HIGHEST_PROTOCOL)
    except RecursionError:
        return pickle.dumps(Failure("not-analysed", TOO_DEEP))


def told(error: BaseException) -> str:
    """ERROR in one line: its type, its message, and the line of code that raised it."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    at = f" at {os.path.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}" if place else ""  # noqa: PTH119
    try:
        message = str(error)[:300]
    except Exception:
        message = ""
    return f"{type(error).__name__}{': ' if message else ''}{message}{at}"
