"""What one item does to its worker costs that item and nothing else."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from spawned import answer

from factorlint import workers
from factorlint.workers import Failure, each

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


def run(items: list[Any], jobs: int = 2, seconds: float = 20.0, **more: Any) -> list[Any]:
    told = list(each(answer, items, jobs=jobs, seconds=lambda _: seconds, **more))
    assert [item for item, _ in told] == items
    return [result for _, result in told]


@pytest.mark.parametrize("start", ["fork", "spawn"])
@pytest.mark.parametrize("jobs", [1, 3])
def test_every_item_in_order(start: str, jobs: int) -> None:
    assert run(list(range(30)), jobs, start=start) == [(item, "done") for item in range(30)]


def test_nothing_to_do() -> None:
    assert run([]) == []


@pytest.mark.parametrize("start", ["fork", "spawn"])
@pytest.mark.parametrize(
    ("fate", "failure"),
    [
        ("segfault", Failure("worker-died", "the worker process died of SIGSEGV")),
        ("abort", Failure("worker-died", "the worker process died of SIGABRT")),
        ("exit", Failure("worker-died", "the worker process ended with 3")),
        ("hang", Failure("timeout", "took over 0.5 seconds")),
    ],
)
def test_a_lost_worker_costs_its_item(start: str, fate: str, failure: Failure) -> None:
    items = ["a", "b", fate, "c", *"defghijklmnop"]
    assert run(items, 1, 0.5, start=start) == [failure if item == fate else (item, "done") for item in items]


@pytest.mark.parametrize(
    ("fate", "message"),
    [
        ("crash", "ZeroDivisionError: "),
        ("quit", "SystemExit: enough at"),
    ],
)
def test_an_exception_costs_its_item(fate: str, message: str) -> None:
    before, failure, after = run(["a", fate, "b"], 1)
    assert (before, after) == (("a", "done"), ("b", "done"))
    assert failure.kind == "crash"
    assert failure.message.startswith(message)


def test_a_result_that_cannot_be_sent_costs_its_item() -> None:
    failure, after = run(["lambda", "b"], 1)
    assert failure.kind == "crash"
    assert after == ("b", "done")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no limit here")
def test_greed_for_memory_costs_its_item() -> None:
    before, failure, after = run(["a", "eat", "b"], 1, memory_mb=300)
    assert (before, after) == (("a", "done"), ("b", "done"))
    assert failure.kind == "crash"
    assert failure.message.startswith("MemoryError at spawned.py:")


def test_the_same_for_any_number_of_jobs() -> None:
    items = ["crash" if at % 7 == 3 else "exit" if at % 11 == 5 else at for at in range(60)]
    assert run(items, 1) == run(items, 2) == run(items, 5)


def test_every_item_may_be_deadly() -> None:
    assert {one.kind for one in run(["exit"] * 20, 2)} == {"worker-died"}


@needs_fork
def test_forked_workers_see_the_parents_objects() -> None:
    held = {"a": object()}
    lock = threading.Lock()  # cannot be pickled

    def work(item: str) -> bool:
        return item in held and not lock.locked()

    assert [result for _, result in each(work, ["a", "b"], jobs=2, seconds=lambda _: 5)] == [True, False]


@needs_fork
def test_one_job_is_isolated_too() -> None:
    assert [pid != os.getpid() for _, pid in each(lambda _: os.getpid(), [1], jobs=1, seconds=lambda _: 5)] == [True]


@needs_fork
def test_the_stack_is_deep() -> None:
    text = "a and " * 20_000 + "a"
    nested = "(" * 1_000 + ")" * 1_000

    def parse(code: str) -> str:
        import libcst

        return type(libcst.parse_expression(code)).__name__

    told = [result for _, result in each(parse, [text, nested], jobs=1, seconds=lambda _: 60)]
    assert told == ["BooleanOperation", "Tuple"]


@needs_fork
def test_recursion_ends_in_an_exception() -> None:
    def down(item: int) -> int:
        return sorted([item], key=down)[0]  # through C and back

    [(_, failure)] = each(down, [1], jobs=1, seconds=lambda _: 20)
    assert isinstance(failure, Failure)
    assert failure.message.startswith("RecursionError")


@needs_fork
def test_a_slow_reader_is_no_slow_worker() -> None:
    def work(item: int) -> bytes:
        return bytes(300_000)  # more than a pipe holds

    told = []
    for _, result in each(work, range(4), jobs=1, seconds=lambda _: 0.3):
        time.sleep(0.5)
        told.append(type(result))
    assert told == [bytes] * 4


@needs_fork
def test_closing_leaves_no_process() -> None:
    told = each(answer, ["a", *["hang"] * 9], jobs=3, seconds=lambda _: 60)
    assert next(told) == ("a", ("a", "done"))
    assert multiprocessing.active_children()
    told.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()


def test_no_process_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(workers._Boss, "started", refuse)
    assert run(["a", "b"]) == [Failure("worker-died", "no worker process could be started")] * 2


INTERRUPTED = """
import os, signal, sys, time
from factorlint.workers import each

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs start with it ignored

def work(item):
    os.write(1, b"working\\n")
    while True: pass

try:
    list(each(work, [1, 2, 3], jobs=2, seconds=lambda _: 60))
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@needs_fork
@pytest.mark.parametrize("whole_group", [True, False])
def test_an_interrupt_leaves_no_process(whole_group: bool) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout is not None
    assert [child.stdout.readline() for _ in range(2)] == ["working\n"] * 2
    if whole_group:
        os.killpg(child.pid, signal.SIGINT)
    else:
        child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=20)  # waits for the pipes of its children, too
    assert (out, err, child.returncode) == ("interrupted\n", "", 0)
    assert not _alive(lambda: os.killpg(child.pid, 0))


@needs_fork
def test_idle_workers_end_with_a_parent_that_was_killed() -> None:
    code = INTERRUPTED.replace("while True: pass", "time.sleep(1)")
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert child.stdout is not None
    child.stdout.readline()
    child.kill()
    child.communicate(timeout=20)
    assert not _alive(lambda: os.killpg(child.pid, 0))


def _alive(probe: Callable[[], None]) -> bool:
    for _ in range(50):
        try:
            probe()
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    return True


def test_a_new_interpreter_runs_nothing_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("multiprocessing", "factorlint", "ctypes", "pickle"):
        (tmp_path / f"{name}.py").write_text("open('ran', 'w')\n")
    monkeypatch.chdir(tmp_path)
    assert run(["a"], 1, start="spawn") == [("a", "done")]
    assert not (tmp_path / "ran").exists()
    assert Path.cwd() == tmp_path


@needs_fork
def test_items_of_one_group_go_to_one_worker() -> None:
    def pid(item: str) -> int:
        time.sleep(0.02)
        return os.getpid()

    items = [*["a"] * 12, *["b"] * 12]
    told = list(each(pid, items, jobs=2, seconds=lambda _: 20, group=lambda item: item))
    assert [item for item, _ in told] == items
    assert len({answer for item, answer in told if item == "a"}) == 1


@needs_fork
def test_a_group_is_shared_when_no_other_is_left() -> None:
    def pid(item: str) -> int:
        time.sleep(0.05)
        return os.getpid()

    told = each(pid, ["a"] * 40, jobs=2, seconds=lambda _: 20, group=lambda item: item)
    assert len({answer for _, answer in told}) == 2


@needs_fork
def test_what_a_group_shares_is_worked_out_once_and_may_take_longer() -> None:
    def settle(item: str) -> None:
        time.sleep(1.0)
        settled.append(item)

    def work(item: str) -> tuple[str, ...]:
        return tuple(settled)

    settled: list[str] = []
    how: dict[str, Any] = {"jobs": 1, "seconds": lambda _: 0.4, "group": lambda item: item[0], "settle": settle}
    told = [result for _, result in each(work, ["a1", "a2", "b1"], settling=lambda _: 5.0, **how)]
    assert told == [("a1",), ("a1",), ("a1", "b1")]
    late = [result for _, result in each(work, ["a1", "a2"], **how)]
    assert [one.kind for one in late if isinstance(one, Failure)] == ["timeout", "timeout"]


@needs_fork
@pytest.mark.parametrize(("seconds", "workers"), [(1.0, 1), (60.0, 3)])
def test_a_worker_full_of_what_a_group_shared_makes_room(seconds: float, workers: int) -> None:
    how: dict[str, Any] = {"jobs": 1, "group": lambda item: item[0], "settle": len, "settling": lambda _: seconds}
    told = list(each(lambda item: os.getpid(), ["a1", "a2", "b1", "b2", "c1"], seconds=lambda _: 20, **how))
    assert [item for item, _ in told] == ["a1", "a2", "b1", "b2", "c1"]
    assert len({pid for _, pid in told}) == workers
    assert len({pid for item, pid in told if item[0] == "a"}) == 1


def _dies(item: str) -> None:
    if item == "death":
        os._exit(3)
    if item == "memory":
        raise MemoryError
    if item == "fault":
        raise ValueError(item)


@needs_fork
@pytest.mark.parametrize(
    ("bad", "kind"), [("death", "worker-died"), ("memory", "crash"), ("fault", "crash")], ids=lambda one: one
)
def test_what_fails_for_a_group_fails_once_for_all_of_it(bad: str, kind: str, tmp_path: Path) -> None:
    def settle(item: str) -> None:
        with (tmp_path / "settled").open("a") as stream:
            stream.write(f"{item} ")
        _dies(item)

    items = ["good", "good", *[bad] * 20, "fine", "fine"]
    told = list(each(str.upper, items, jobs=1, seconds=lambda _: 20, group=lambda item: item, settle=settle, most=2))
    assert [item for item, _ in told] == items
    assert [result for item, result in told if item != bad] == ["GOOD", "GOOD", "FINE", "FINE"]
    failed = [result for item, result in told if item == bad]
    assert {one.kind for one in failed if isinstance(one, Failure)} == {kind}
    assert len(failed) == 20
    assert (tmp_path / "settled").read_text().split() == ["good", bad, bad, "fine"]
