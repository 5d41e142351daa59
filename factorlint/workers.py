"""A function over many items in worker processes, where a death, a hang or greed for memory costs one item.

The parsers are native code that hostile input can crash or hang with the interpreter lock held: only another process
can stop that, and only if each worker may be killed by itself, which no executor of the standard library offers.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import math
import os
import pickle
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, Literal, TypeVar

from factorlint.worker import MEMORY, READY, SETTLED, Failure, serve, told

__all__ = ["Failure", "each"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_CHUNK = 8  # items handed over at once
_START = 60.0  # seconds that a worker may take to say that it is there
_STARTS = 3  # workers in a row that may fail to
_FULL = 20.0  # seconds of settling granted to a worker that is then too full of what it worked out to turn to more


def each(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    jobs: int,
    seconds: Callable[[Item], float],
    memory_mb: int = 2048,
    start: Literal["fork", "spawn"] | None = None,
    most: int = _CHUNK,
    group: Callable[[Item], Hashable] = lambda item: None,
    settle: Callable[[Item], object] | None = None,
    settling: Callable[[Item], float] = lambda item: 0.0,
) -> Iterator[tuple[Item, Result | Failure]]:
    """WORK over ITEMS, in their order, in JOBS processes; the same for any number of them.

    An item may take SECONDS and MEMORY_MB above what a worker starts with. Forked workers see the parent's objects,
    and WORK may be a closure; with ``spawn``, the only way on Windows, WORK and ITEMS are pickled. Results always are.
    A worker is handed MOST items at once, fewer where there are few. Items of one GROUP stand together and go to one
    worker as long as there are groups enough, so that what they share is worked out once: a worker does SETTLE with the
    first one that it is given of a group, which may take SETTLING seconds more. Where that fails, the group fails, and
    nobody tries again with each of its items. A forked worker that is full of what groups shared makes room for a new
    one before it turns to another. Closing the iterator, or an interrupt, kills the workers.
    """
    method = start or ("fork" if hasattr(os, "fork") else "spawn")
    boss = _Boss(work, items, max(1, jobs), seconds, memory_mb, method, most, group, settle, settling)
    try:
        for index, item in enumerate(items):
            while index not in boss.done:
                boss.step()
            yield item, boss.done.pop(index)
    finally:
        boss.stop()


@dataclass
class _Worker:
    """A process, the items (by index) that it was given and has not answered, and when that is too late."""

    process: BaseProcess
    pipe: Connection[Any, Any]
    late: float
    ready: bool = False
    served: int = 0
    group: Hashable = None
    settled: Hashable = None  # the group that it is ready for
    filled: float = 0.0  # seconds that it was granted for settling
    settling: bool = False
    todo: deque[int] = field(default_factory=deque)
    limits: deque[float] = field(default_factory=deque)  # seconds for each that is to do


class _Boss(Generic[Item, Result]):
    """Hands out the items, listens, and replaces workers that are lost."""

    def __init__(
        self,
        work: Callable[[Item], Result],
        items: Sequence[Item],
        jobs: int,
        seconds: Callable[[Item], float],
        memory_mb: int,
        method: str,
        most: int,
        group: Callable[[Item], Hashable],
        settle: Callable[[Item], object] | None,
        settling: Callable[[Item], float],
    ) -> None:
        self.work, self.items, self.jobs, self.seconds, self.memory_mb = work, items, jobs, seconds, memory_mb
        self.settle, self.settling = settle, settling
        self.forks = method == "fork"
        self.context: Any = get_context(method)
        size = max(1, min(most, len(items) // (jobs * 4)))
        self.queues: dict[Hashable, deque[deque[int]]] = {}  # group → chunks that no worker has
        for index, item in enumerate(items):
            chunks = self.queues.setdefault(group(item), deque())
            if chunks and len(chunks[-1]) < size:
                chunks[-1].append(index)
            else:
                chunks.append(deque([index]))
        self.done: dict[int, Result | Failure] = {}
        self.workers: list[_Worker] = []
        self.failed_starts = 0

    def step(self) -> None:
        """Wait for one thing to happen, and act on it."""
        waiting = sum(map(len, self.queues.values()))
        while len(self.workers) < self.jobs and waiting > sum(not worker.ready for worker in self.workers):
            try:
                with _undisturbed():
                    self.workers.append(self.started())
            except OSError:  # the system has no more processes for us
                self.jobs = len(self.workers)
        if not self.workers:
            self.give_up()
            return
        patience = min(worker.late for worker in self.workers) - time.monotonic()
        speaking = wait([worker.pipe for worker in self.workers], max(0.0, patience) if patience < math.inf else None)
        for worker in list(self.workers):
            if worker.pipe in speaking:
                self.hear(worker)
            elif worker.late <= time.monotonic():
                limit = worker.limits[0] if worker.todo else _START
                self.lose(worker, Failure("timeout", f"took over {limit:g} seconds"))

    def started(self) -> _Worker:
        ours, theirs = self.context.Pipe()
        others = [worker.pipe for worker in self.workers] if self.forks else []
        items = self.items if self.forks else None
        if self.forks:
            gc.freeze()  # a collection in the child would copy every page of the parent
        process = self.context.Process(
            target=serve,
            args=(self.work, self.settle, items, theirs, [*others, ours] if self.forks else [], self.memory_mb),
            daemon=True,
        )
        with contextlib.nullcontext() if self.forks else _safe_folder():
            process.start()
        theirs.close()
        return _Worker(process, ours, time.monotonic() + _START)

    def hear(self, worker: _Worker) -> None:
        try:
            said = worker.pipe.recv_bytes()
        except (EOFError, OSError):
            self.lose(worker, Failure("worker-died", _death(worker.process)))
            return
        if said.startswith(MEMORY):
            self.lose(worker, Failure("crash", said[1:].decode()))
            return
        if said == READY:
            worker.ready = True
            self.failed_starts = 0
        elif said == SETTLED:
            worker.settling, worker.settled = False, worker.group
            worker.limits.popleft()
        elif worker.settling:
            self.lose(worker, _unpacked(said))
            return
        else:
            self.done[worker.todo.popleft()] = _unpacked(said)
            worker.limits.popleft()
            worker.served += 1
        if not worker.todo and self.queues:
            if self.retires(worker):
                return
            self.hand_over(worker)
        worker.late = time.monotonic() + worker.limits[0] if worker.todo else math.inf

    def hand_over(self, worker: _Worker) -> None:
        group = self.next_group(worker)
        worker.group, worker.todo = group, self.taken(group)
        worker.limits = deque(self.seconds(self.items[index]) for index in worker.todo)
        orders = [(self.token(index), limit, False) for index, limit in zip(worker.todo, worker.limits, strict=True)]
        worker.settling = self.settle is not None and (worker.settled != group or not worker.served)
        if worker.settling:
            first = worker.todo[0]
            more = self.settling(self.items[first])
            worker.filled += more
            worker.limits.appendleft(worker.limits[0] + more)
            orders.insert(0, (self.token(first), worker.limits[0], True))
        worker.pipe.send(orders)

    def retires(self, worker: _Worker) -> bool:
        """Whether WORKER is full and would turn to another group; if so it is gone."""
        if not self.forks or worker.filled < _FULL or self.next_group(worker) == worker.settled:
            return False
        _bury(worker)
        self.workers.remove(worker)
        return True

    def next_group(self, worker: _Worker) -> Hashable:
        """Its own as long as there is anything left of it, then the first that is nobody's, then the longest."""
        if worker.group in self.queues and worker.served:
            return worker.group
        busy = {other.group for other in self.workers if other.todo}
        free = [group for group in self.queues if group not in busy]
        return free[0] if free else max(self.queues, key=lambda group: len(self.queues[group]))

    def taken(self, group: Hashable) -> deque[int]:
        chunk = self.queues[group].popleft()
        if not self.queues[group]:
            del self.queues[group]
        return chunk

    def token(self, index: int) -> Any:
        """How a worker is told of an item: forked ones have it already."""
        return index if self.forks else self.items[index]

    def lose(self, worker: _Worker, failure: Failure) -> None:
        """Bury WORKER. The item that it was at fails, unless others before it may be what the worker died of."""
        _bury(worker)
        self.workers.remove(worker)
        if worker.settling and (failure.kind == "timeout" or not worker.served):
            lost = itertools.chain(worker.todo, *self.queues.pop(worker.group, ()))
            why = Failure(failure.kind, f"{failure.message}, working out what it shares with others")
            self.done.update(dict.fromkeys(lost, why))
            worker.todo.clear()
        elif not worker.ready:
            self.failed_starts += 1
        elif worker.todo and not worker.settling and (failure.kind == "timeout" or not worker.served):
            self.done[worker.todo.popleft()] = failure
        if worker.todo:
            self.queues.setdefault(worker.group, deque()).appendleft(worker.todo)
        if self.failed_starts >= _STARTS:
            self.give_up()

    def give_up(self) -> None:
        """Fail everything that is not in the hands of a worker."""
        for chunk in itertools.chain.from_iterable(self.queues.values()):
            self.done.update(dict.fromkeys(chunk, Failure("worker-died", "no worker process could be started")))
        self.queues.clear()

    def stop(self) -> None:
        for worker in self.workers:
            worker.process.kill()
        for worker in self.workers:
            _bury(worker)
        if self.forks:
            gc.unfreeze()


def _bury(worker: _Worker) -> None:
    worker.process.kill()
    worker.process.join()
    worker.process.close()
    worker.pipe.close()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """An interrupt waits: one that came while a process forks would be lost, or leave a process that nobody knows."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _unpacked(said: bytes) -> Any:
    try:
        return pickle.loads(said)  # noqa: S301 - from our own child
    except Exception as error:
        return Failure("crash", told(error))


def _death(process: BaseProcess) -> str:
    process.join(5)
    code = process.exitcode
    if code is None or code >= 0:
        return f"the worker process ended with {code}"
    try:
        return f"the worker process died of {signal.Signals(-code).name}"
    except ValueError:
        return f"the worker process died of signal {-code}"


@contextlib.contextmanager
def _safe_folder() -> Iterator[None]:
    """A new interpreter looks for its first modules in the current folder, which may be the audited one."""
    here = os.getcwd()  # noqa: PTH109
    os.chdir(sys.prefix)
    try:
        yield
    finally:
        os.chdir(here)
