"""FL05 unify-execution-state."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from factorlint.expr import Attr, Name, last_name
from factorlint.model import Check, Confidence, Owner, Severity
from factorlint.origin import Kind, Origin, Where
from factorlint.rule import Here, Mark, Rule, View, symbol_name

from . import _durable, _state, _ui

SPLIT_STATE_STORES = Check(
    "FL0501",
    "split-state-stores",
    Owner.NOBODY,
    Severity.WARNING,
    "the thread ({what}) and where it stands ({detail}) are kept side by side under one id",
    "Put both into one object that is saved and loaded whole: what happened tells where it stands.",
)
FRAMEWORK_STATE_STORE = Check(
    "FL0502",
    "framework-state-store",
    Owner.FRAMEWORK,
    Severity.WARNING,
    "{symbol} holds the thread: {what}",
    "Keep the thread as one serialisable object of your own, and hand the framework what it needs of it.",
)
VOLATILE_STATE = Check(
    "FL0503",
    "volatile-state",
    Owner.NOBODY,
    Severity.INFO,
    "the thread ({what}) lives in this process only: nothing writes it anywhere that lasts",
    "Save the thread after each step; a row or a file of JSON is enough.",
    absence=True,
)
UNIFIED_STATE = Check(
    None, "unified-state", Owner.CODE, None, "one object holds the thread with its status, and is saved whole"
)


class UnifyExecutionState(Rule):
    """Is what happened and where it stands one thing, that can be saved and loaded?

    ## What it looks at

    The holders of an agent's thread: classes, module globals and UI sessions from which the context of a model call
    is built, and the stores that they go to. A checkpointer or session of a framework is reported; so are a thread
    that lives in memory only (a framework's store in memory is memory), and a status kept apart from the thread that it
    is the status of.

    ## Why it matters

    One serialisable thread can be saved, loaded, forked, shown and debugged. Two stores of one truth drift apart, and a
    thread in a framework's own tables can be read by that framework only.

    ## What breaks at 80 %

    A run stops half-way and support asks what it did. The messages say one thing, the status column another, and
    the third part was in the memory of a process that is gone. Every repair script has to know all three.

    ## Framework-owned

    ```python
    from langgraph.checkpoint.memory import MemorySaver
    from langgraph.prebuilt import create_react_agent

    agent = create_react_agent("openai:gpt-4o", tools=[], checkpointer=MemorySaver())
    ```

    ## Owned

    ```python
    import json
    from dataclasses import asdict, dataclass, field
    from pathlib import Path

    from openai import OpenAI


    @dataclass
    class Thread:
        status: str = "running"
        events: list = field(default_factory=list)


    def step(thread: Thread, path: Path) -> Thread:
        reply = OpenAI().chat.completions.create(model="gpt-4o", messages=thread.events).choices[0].message
        thread.events.append({"role": "assistant", "content": reply.content})
        path.write_text(json.dumps(asdict(thread)))
        return thread
    ```

    ## What it cannot see

    Stores behind an interface that other trees implement, and what a server that runs the agent keeps for it.
    """

    factor = 5
    name = "unify-execution-state"
    checks = (SPLIT_STATE_STORES, FRAMEWORK_STATE_STORE, VOLATILE_STATE, UNIFIED_STATE)

    def leads(self, view: View) -> Iterator[tuple[str, int]]:
        for (path, number), _ in view.once(_state.graph_states):
            yield path, view.project.files[path].scopes[number].order
        for holder in view.threads.holders:
            for path, write in (
                view.project.settings(holder.name.rpartition(".")[2]) if holder.kind == "library" else ()
            ):
                yield path, write.order

        yield from _state.rows(view)

    def visit_Call(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        for held in here.held(node, "FL0502"):
            yield here.mark_held(FRAMEWORK_STATE_STORE, node, held)
        for held in here.held(node, "FL0503"):
            page = bool(held.symbol.parameter("surface"))
            if page and not _ui.keeps_a_thread(here.view, here.call(node), here.where):
                continue
            if not _state.stands_in(here.view, here.expr(node), here.where):
                what = f"kept by {symbol_name(held.origin)}"
                sure = Confidence.MEDIUM if page else held.confidence
                yield here.mark(VOLATILE_STATE, node, held.origin, confidence=sure, what=what)

    def visit_ClassDef(self, node: cst.ClassDef, here: Here) -> Iterator[Mark]:
        number = here.view.scopes[here.where.order]
        view, path = here.view, here.where.path
        scope = _state.class_of(view, path, number)
        names = _state.fields(view, path, scope)
        status = sorted(names & _state.EXECUTION)
        if _state.stored_by_library(view, path, scope) is not None:
            if _state.is_whole(names):
                yield here.mark(UNIFIED_STATE, node, confidence=Confidence.MEDIUM)
            return
        kept = dict(_sorted(here)).get((path, number))
        grows = _state.growing(view, path, number)
        if kept is False:
            yield here.mark(VOLATILE_STATE, node, confidence=Confidence.MEDIUM, what=f"the state {scope.name}")
            return
        if grows is None or _durable.is_kept(view, path, number):
            return
        if (path, number) in here.view.threads.saved:
            if status:
                yield here.mark(UNIFIED_STATE, node, confidence=Confidence.MEDIUM)
        elif not _held_by_a_saved_class(here, path, number):
            yield here.mark(VOLATILE_STATE, node, confidence=Confidence.MEDIUM, what=f"{scope.name}.{grows}")
        yield from self._split(node, here, number)

    def _split(self, node: cst.ClassDef, here: Here, number: int) -> Iterator[Mark]:
        """Two dicts of one object written under the same id: the thread in one, its status in the other."""
        view, path = here.view, here.where.path
        held = {one.name for one in view.threads.holders if (one.kind, one.path, one.scope) == ("field", path, number)}
        for method in view.project.methods(path, number):
            rows: dict[object, set[str]] = {}
            for write in view.project.writes(path, method.id):
                if write.key is not None and isinstance(write.base, Attr) and isinstance(write.key, Name):
                    rows.setdefault(write.key, set()).add(write.base.name)
            for names in rows.values():
                thread = sorted(names & held)
                status = sorted(one for one in names - held if one.strip("_").lower() in _state.EXECUTION)
                if thread and status:
                    yield here.mark(
                        SPLIT_STATE_STORES, node, confidence=Confidence.MEDIUM, what=thread[0], detail=status[0]
                    )
                    return

    def visit_Assign(self, node: cst.Assign, here: Here) -> Iterator[Mark]:
        """The first write of a UI session's entry that a context is built from."""
        for target in node.targets:
            expr = here.expr(target.target)
            if not isinstance(expr, Attr):
                continue
            for base in here.view.tracer.origins(expr.base, here.where):
                if base.kind is Kind.LIBRARY and "session_state" in base.path and _first_write(here, expr):
                    if _grows(here, expr) and _is_sent(here, base, expr.name) and not _is_kept(here, base, expr.name):
                        what = f"session_state.{expr.name}"
                        yield here.mark(VOLATILE_STATE, node, base, confidence=Confidence.MEDIUM, what=what)


def _sorted(here: Here) -> list[tuple[tuple[str, int], bool]]:
    return sorted(here.view.once(_state.graph_states))


def _first_write(here: Here, expr: Attr) -> bool:
    facts = here.view.facts
    return min(one.order for one in facts.writes if one.base == expr.base and one.name == expr.name) == here.where.order


def _grows(here: Here, expr: Attr) -> bool:
    return any(
        isinstance(one.call.func, Attr) and last_name(one.call.func.base) == expr.name
        for one in here.view.facts.calls
        if last_name(one.call.func) in ("append", "extend", "add")
    )


def _is_sent(here: Here, base: Origin, name: str) -> bool:
    path = f"{base.path}.{name}"
    return any(one.kind == "library" and one.name == path for one in here.view.threads.holders)


def _is_kept(here: Here, base: Origin, name: str) -> bool:
    """``save(st.session_state.messages)``: the page only holds what is in a store as well."""
    path = f"{base.path}.{name}"
    return any(one.kind == "library" and one.name == path for one in here.view.threads.kept)


def _held_by_a_saved_class(here: Here, path: str, number: int) -> bool:
    """Whether the class is only a part of another one that is saved."""
    view = here.view
    place = Where(path, number, view.project.files[path].scopes[number].end)
    for owner_path, owner in view.threads.saved:
        scope = view.project.files[owner_path].scopes[owner]
        at = Origin(Kind.OBJECT, place=Where(owner_path, owner, scope.end))
        for name in sorted(_state.fields(view, owner_path, scope)):
            for one in view.tracer.object_member(at, name):
                inner = view.tracer.iterate(one) if one.kind is Kind.CONTAINER else (one,)
                if any(part.place is not None and part.place[:2] == place[:2] for part in inner):
                    return True
    return False
