"""Waits inside a run: for a person or a system, in the process that runs the agent."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.arguments import literals
from factorlint.expr import Attr, Call, Const, Expr, Item, Name, argument, last_name, walk
from factorlint.facts import Called
from factorlint.origin import Kind, Origin, Where
from factorlint.rule import Here, View

from . import _entries
from ._loops import is_counter
from ._people import calls_of

_SLEEPS = frozenset("time.sleep asyncio.sleep anyio.sleep trio.sleep gevent.sleep eventlet.sleep".split())
_EVENTS = frozenset(
    "threading.Event.wait asyncio.Event.wait anyio.Event.wait trio.Event.wait multiprocessing.Event.wait".split()
)
_WAITS = frozenset(path.rpartition(".")[2] for path in (*_SLEEPS, *_EVENTS))
_FUTURES = ("create_future", "asyncio.Future", "asyncio.futures.Future", "concurrent.futures.Future")
_AROUND = frozenset("asyncio.wait_for asyncio.shield asyncio.wrap_future".split())
_OUTSIDE = ("requests.", "httpx.", "aiohttp.", "urllib.request.", "imaplib.", "http.client.", "urllib3.")
_RUNS = ("call-model", "run", "run-graph")
_TASKS = frozenset(("create_task", "ensure_future", "start_soon"))
_HERE = ("127.0.0.1", "localhost", "0.0.0.0")  # noqa: S104 - a process of this machine that is about to be ready
_LONG = 10  # seconds; a shorter sleep in a step paces it
_OFTEN = 10  # rounds; fewer are attempts
_DEPTH = 3


def why_it_waits(here: Here, node: cst.Call) -> str | None:
    """How the call waits for the outside while a run is under way, in words; None where it does not."""
    for callee in here.callees(node):
        if callee.kind is Kind.LIBRARY and callee.path in _SLEEPS:
            return _why_it_sleeps(here, node)
        if callee.path in _EVENTS:
            if _soon_given_up(here) or not on_the_way(here.view, here.where) or _is_signal(here, node):
                return None
            return "an event that another part sets"
    return None


def _soon_given_up(here: Here) -> bool:
    """``asyncio.wait_for(ready.wait(), timeout=5)``: no person and no other system is waited for so shortly."""
    around = next((one for one in here.ancestors() if isinstance(one, cst.Call)), None)
    if around is None:
        return False
    given = argument(here.call(around), "timeout", ("fut", "timeout"))
    known = literals(here.view.tracer, given, here.where) if given is not None else ()
    numbers = [one for one in known if isinstance(one, (int, float))]
    return max(numbers, default=_LONG) < _LONG


def _is_signal(here: Here, node: cst.Call) -> bool:
    """Whether nobody outside is waited for: the run itself sets the event, or who waits clears it for the next time.

    What waits in a task beside the run does not hold it up.
    """
    view, func = here.view, here.call(node).func
    if _is_beside(view, here.where):
        return True
    names = set(_called(view, func.base, here.where)) if isinstance(func, Attr) else set()
    if any(at.path == here.where.path and at.scope == here.where.scope for at in _calls_on(view, "clear", names)):
        return True
    setters = list(_calls_on(view, "set", names))
    return bool(setters) and all(_is_of_a_run(view, at) for at in setters)


def _calls_on(view: View, method: str, names: set[str]) -> Iterator[Where]:
    """Where METHOD of something with one of NAMES is called, without an argument."""
    for path, called in view.project.calls_of(method):
        at, func = Where(path, called.scope, called.order), called.call.func
        if isinstance(func, Attr) and not called.call.args and not names.isdisjoint(_called(view, func.base, at)):
            yield at


def _called(view: View, event: Expr, where: Where) -> Iterator[str]:
    """The names of an event, or of the table that holds it under a key."""
    given = [value for value, _ in view.project.given(event.id, where)] if isinstance(event, Name) else []
    for one in (event, *given):
        name = last_name(one.base if isinstance(one, Item) else one)
        if name is not None:
            yield name


def _is_beside(view: View, where: Where) -> bool:
    """Whether the function is started as a task wherever it is called: ``create_task(self.watch())``."""
    function = view.project.inside(where, "function")
    if function is None:
        return False
    callers = calls_of(view, Where(where.path, function.id, function.order))
    return bool(callers) and all(
        any(
            last_name(outer.call.func) in _TASKS and called.call in outer.call.args
            for outer in view.reach.calls(path, called.order, called.order)
        )
        for path, called in callers
    )


def _is_of_a_run(view: View, where: Where, depth: int = _DEPTH) -> bool:
    """Whether the statement is reached in the middle of a run only, or in a thread that is started there."""
    if on_the_way(view, where):
        return True
    function = view.project.inside(where, "function")
    if function is None or depth == 0:
        return False
    callers = [*calls_of(view, Where(where.path, function.id, function.order))]
    callers += view.project.calls_passing(function.name)
    places = [Where(path, called.scope, called.order) for path, called in callers]
    return bool(places) and all(_is_of_a_run(view, at, depth - 1) for at in places)


def is_future(here: Here, node: cst.BaseExpression) -> bool:
    """Whether NODE is a future that this tree made, to be set by something else, or a wait around one."""
    if isinstance(node, cst.Call):
        around = any(one.path in _AROUND for one in here.callees(node))
        return around and any(is_future(here, arg.value) for arg in node.args)
    return any(one.path.removesuffix("()").endswith(_FUTURES) for one in here.origins(node))


def on_the_way(view: View, where: Where) -> bool:
    """Whether the statement runs in the middle of an agent's run: in a tool, a step, or below a loop or run."""
    function = view.project.inside(where, "function")
    if function is None:
        return False
    place = Where(where.path, function.id, function.order)
    return _entries.holds(view, place) or _in_its_loop(view, where, function.order) or _entries.is_inside(view, place)


def statements(view: View) -> Iterator[tuple[str, int]]:
    """The statements (file, number) that may wait in the middle of a run, though no model is near."""
    for path in sorted(view.project.files):
        for called in view.project.files[path].calls:
            where = Where(path, called.scope, called.order)
            if last_name(called.call.func) in _WAITS and (on_the_way(view, where) or _is_node(view, where)):
                yield path, called.order


def _in_its_loop(view: View, where: Where, top: int) -> bool:
    """Whether a `while` of the same function, around the statement, comes to a model in every round."""
    statements = view.project.files[where.path].statements
    return any(
        order > top
        and statements[order].kind == "While"
        and view.reach.statements_do(where.path, order, view.reach.end(where.path, order), _RUNS, within=_DEPTH)
        for order in view.project.chain(where.path, where.order)
    )


def _why_it_sleeps(here: Here, node: cst.Call) -> str | None:
    view, where = here.view, here.where
    if here.enclosing(cst.ExceptHandler, cst.Finally) is not None:
        return None  # the pause before a next attempt, or behind the run
    top = here.outer(cst.While) or here.outer(cst.For)
    if top is not None and isinstance(top.node, cst.For) and not _polls(top, here, node):
        return None  # the pause between two of many, or between two attempts
    if top is None:
        return "a step of the run sleeps" if _is_node(view, where) and _seconds(here, node) >= _LONG else None
    if not _asks_outside(view, top.where) or _goes_forward(top):
        return None
    comes_to_model = any(
        one.does in _RUNS and one.depth <= _DEPTH
        for one in view.reach.inside(where.path, top.where.order, view.reach.end(where.path, top.where.order))
    )
    if comes_to_model or on_the_way(view, where):
        return "a loop that sleeps and asks again"
    return None


def _polls(loop: Here, here: Here, node: cst.Call) -> bool:
    """``for _ in range(60): …; sleep(2)``: more rounds than attempts have, and always the same pause."""
    over, target = loop.expr(loop.node.iter), loop.node.target
    if not isinstance(over, Call) or over.func != Name("range") or not isinstance(target, cst.Name):
        return False
    said = " ".join(last_name(one).lower() for one in walk(over))
    if is_counter(target.value) or any(word in said for word in ("retr", "attempt", "tries")):
        return False
    if any(one == Name(target.value) for arg in node.args for one in walk(here.expr(arg.value))):
        return False
    rounds = [one for arg in over.args for one in literals(here.view.tracer, arg, loop.where)]
    return max((one for one in rounds if isinstance(one, int)), default=0) >= _OFTEN


def _seconds(here: Here, node: cst.Call) -> float:
    """How long the sleep is, as far as a number is written; what is worked out at run time paces something."""
    known = (one for arg in node.args for one in literals(here.view.tracer, here.expr(arg.value), here.where))
    return max((one for one in known if isinstance(one, (int, float))), default=0)


def _goes_forward(top: Here) -> bool:
    """Whether each round asks for something else: the next page, the next item. A poll asks the same again."""
    view, path, order = top.view, top.where.path, top.where.order
    end = view.reach.end(path, order)
    outside = {
        id(called.call)
        for called in view.reach.calls(path, order, end)
        if any(_is_outside(view, one, called) for one in view.reach.callees(path, called))
        or any(_asks_in(view, body) for one in view.reach.callees(path, called) for body in view.reach.bodies(one))
    }
    target = top.node.target if isinstance(top.node, cst.For) else None
    moved = {target.value} if isinstance(target, cst.Name) else set()
    moved |= {inner.node.target.value for inner in top.inside(cst.AugAssign) if isinstance(inner.node.target, cst.Name)}
    for name, rows in view.project.scope(top.where).bindings.items():
        inside = [row.value for row in rows if order < row.order <= end and row.value is not None]
        if any(not isinstance(value, Const) for value in inside):
            moved.add(name)
    for called in view.reach.calls(path, order, end):
        if id(called.call) in outside:
            passed = (*called.call.args, *(value for _, value in called.call.keywords))
            if any(isinstance(one, Name) and one.id in moved for value in passed for one in walk(value)):
                return True
    return False


def _asks_in(view: View, body: Where) -> bool:
    return any(_is_outside(view, one.callee, one.called) for one in view.reach.below(body))


def _is_node(view: View, where: Where) -> bool:
    """Whether the function, or one that calls it, is a step of a graph or flow of the tree (a tool is none)."""
    function = view.project.inside(where, "function")
    if function is None:
        return False
    place = Where(where.path, function.id, function.order)
    steps = view.callbacks.inner - view.agents.bodies
    if (place.path, place.scope) in steps:
        return True
    for path, called in calls_of(view, place):
        caller = view.project.inside(Where(path, called.scope, called.order), "function")
        if caller is not None and (path, caller.id) in steps:
            return True
    return False


def _asks_outside(view: View, where: Where) -> bool:
    """Whether the loop at WHERE reads something that others write: a store, an address, a mailbox."""
    inside = view.reach.inside(where.path, where.order, view.reach.end(where.path, where.order))
    return any(_is_outside(view, one.callee, one.called) for one in inside)


def _is_outside(view: View, callee: Origin, called: Called) -> bool:
    if callee.kind not in (Kind.LIBRARY, Kind.INSTANCE):
        return False
    if callee.path.startswith(_OUTSIDE):
        if not called.call.args and callee.path.rpartition(".")[2][:1].isupper():
            return False  # a client that asks nothing yet
        told = [one.value for arg in called.call.args for one in walk(arg) if isinstance(one, Const)]
        if any(isinstance(one, str) and any(name in one for name in _HERE) for one in told):
            return False
        return ".json()" not in callee.path  # what was answered is here
    if callee.symbol is None or callee.symbol.does != "load":
        return False
    library = view.catalog.library_of(callee.symbol.path)
    return library is not None and library.kind in ("store", "human") and callee.symbol.path != "json.load"
