"""The walk back from an expression: the memory of its answers, and the guard against circles.

Demand-driven and memoised: nothing is followed until it is asked for. A walk that meets itself gives nothing at that
point, and what was found on the way is then not remembered, so the answer never depends on who asked first.
"""

from __future__ import annotations

import abc
import contextlib
import functools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, TypeAlias

from factorlint.catalog import Catalog
from factorlint.expr import Const, Expr, Name
from factorlint.origin import UNKNOWN, Kind, Origin, Where
from factorlint.project import Project

Origins: TypeAlias = tuple[Origin, ...]
Step: TypeAlias = "Callable[[Tracing, Any, Where], Iterable[Origin]]"
_Key: TypeAlias = tuple[int, Where]

FAN = 12  # origins kept for one expression, callers asked for one parameter
_DEPTH = 300  # nested steps of one walk; real code needs a few dozen
_PATIENCE = 200_000  # steps of circles that are forgotten and may be taken again; 800,000 lines forget 24,000
_CUT, _ASKED = -1, -2  # what a walk rests on beside its steps: how deep it began, what it is just asked for


class Tracing(abc.ABC):
    """What every step of a walk is handed: the tree, and the question that takes the next step."""

    steps: ClassVar[Mapping[type, Step]]  # a kind of expression → how it is traced

    def __init__(self, project: Project, states: Mapping[tuple[str, int, str], Origin] | None = None) -> None:
        self.project = project
        self.catalog: Catalog = project.catalog
        self.states = states or {}  # a parameter (file, scope, name) of a graph's step → the state that it is given
        self.forwarding: list[tuple[Where, str]] = []  # what each `__getattr__` on the way is just asked for
        self.lent: dict[tuple[str, int], str | None] = {}  # a function → which parameter's result it hands back
        self.called: dict[_Key, Origins] = {}  # what calls call, for as long as the answer behind it is remembered
        self._memory: dict[_Key, tuple[Expr, Origins]] = {}
        self._stack: dict[_Key, int] = {}
        self._low = _DEPTH + 1  # the outermost step that the current walk met again
        self._for_now: dict[_Key, tuple[Expr, Origins, int]] = {}  # what holds as long as that step is under way
        self._open: list[_Key] = []  # its keys, oldest first
        self._settling = False
        self._forgotten = 0  # steps of closed circles
        self._remembered: dict[Hashable, Origins] = {}
        self._made: dict[Hashable, Expr] = {}

    @abc.abstractmethod
    def callees(self, func: Expr, where: Where) -> Origins:
        """What a call of FUNC calls."""

    def origins(self, expr: Expr, where: Where) -> Origins:
        """Everything that EXPR may be at WHERE, best known first; UNKNOWN alone where provenance ends."""
        key = (id(expr), where)
        held = self._memory.get(key)
        if held is not None:
            return held[1]
        partial = self._for_now.get(key)
        if partial is not None:
            self._low = min(self._low, partial[2])
            return partial[1]
        level = len(self._stack)
        if key in self._stack or level >= _DEPTH:
            self._low = min(self._low, self._stack.get(key, _CUT))
            return ()
        outer, self._low, since = self._low, _DEPTH + 1, len(self._open)
        self._stack[key] = level
        step = self.steps.get(type(expr))
        try:
            found = _distinct(step(self, expr, where)) if step is not None else (UNKNOWN,)
        finally:
            del self._stack[key]
        closed = self._low >= level
        whole = self._settling and self._low > _ASKED and self._forgotten > _PATIENCE
        if closed or (whole and not self._stack):
            self._memory[key] = (expr, found)
        if not closed and self._stack:
            self._keep(key, expr, found, since)
        elif len(self._open) > since:
            self._close(since, whole)
        self._low = min(outer, self._low) if self._low < level else outer
        return found

    def origin(self, expr: Expr, where: Where) -> Origin:
        """The best known thing that EXPR may be."""
        found = self.origins(expr, where)
        return found[0] if found else UNKNOWN

    def remembered(self, key: Hashable, find: Callable[[], Iterable[Origin]]) -> Origins:
        """What FIND finds, found once for KEY, unless a walk meets itself on the way."""
        held = self._remembered.get(key)
        if held is not None:
            return held
        outer, self._low = self._low, _DEPTH + 1
        found = tuple(find())
        if self._low > _DEPTH:
            self._remembered[key] = found
        self._low = min(outer, self._low)
        return found

    @property
    def asked(self) -> int:
        """How many answers are remembered."""
        return len(self._memory)

    def forget(self, since: int) -> None:
        """Forget what was asked when there were already SINCE answers: it would be found again."""
        while len(self._memory) > since:
            key, _ = self._memory.popitem()
            self.called.pop(key, None)

    @contextlib.contextmanager
    def settling(self) -> Iterator[None]:
        """While the whole tree is asked, file by file, patience has an end: then what is found in a circle stays.

        In a million lines that all hang together, a circle has 17,000 steps, each of which goes round it again: hours.
        That is one answer for the same tree too, since the questions come in the same order each time.
        """
        self._settling = True
        try:
            yield
        finally:
            self._settling = False

    def is_settled(self, key: _Key) -> bool:
        """Whether the answer for KEY is remembered and nobody is on the way, so that what rests on it may be too."""
        return not self._stack and key in self._memory

    def unsettled(self) -> None:
        """What is found now depends on where the walk began: nothing on the way is to be remembered."""
        self._low = _ASKED

    def same(self, key: Hashable, made: Expr) -> Expr:
        """An expression that a step makes, one and the same for KEY each time: memory goes by identity."""
        return self._made.setdefault(key, made)

    def _keep(self, key: _Key, expr: Expr, found: Origins, since: int) -> None:
        """What was FOUND inside a circle, and all that rests on it, holds until the circle's outermost step is done."""
        for inner in self._open[since:]:
            kept, origins, low = self._for_now[inner]
            self._for_now[inner] = (kept, origins, min(low, self._low))
        self._for_now[key] = (expr, found, self._low)
        self._open.append(key)

    def _close(self, since: int, whole: bool) -> None:
        """A circle is closed: whoever asks for one of its steps gets an answer of its own, unless it stays WHOLE."""
        self._forgotten += len(self._open) - since
        for inner in self._open[since:]:
            expr, found, _ = self._for_now.pop(inner)
            if whole:
                self._memory[inner] = (expr, found)
        del self._open[since:]


@functools.cache
def named(name: str) -> Name:
    """One and the same expression each time, as memory goes by identity."""
    return Name(name)


def informative(found: Iterable[Origin]) -> bool:
    """Whether anything beyond UNKNOWN and ``None`` was found."""
    return any(
        one.kind is not Kind.UNKNOWN and not (one.kind is Kind.VALUE and one.expr == Const(None, "NoneType"))
        for one in found
    )


def _distinct(found: Iterable[Origin]) -> Origins:
    """Each origin once, the informative ones first, at most a handful."""
    if isinstance(found, tuple) and len(found) < 2:
        return found
    seen: dict[tuple[object, ...], Origin] = {}
    for one in found:
        put = len(one.parts)  # a list with something added is another than the same list without
        seen.setdefault((one.kind, one.path, one.place, id(one.expr), id(one.call), one.made, one.shape, put), one)
        if len(seen) >= FAN:
            break
    rows = list(seen.values())
    rows.sort(key=lambda one: _ORDER[one.kind])
    return tuple(rows)


_ORDER = {
    Kind.ANSWER: 0,
    Kind.INSTANCE: 1,
    Kind.PIPE: 1,
    Kind.OBJECT: 1,
    Kind.DEFINITION: 2,
    Kind.LIBRARY: 2,
    Kind.MODULE: 3,
    Kind.CONTAINER: 4,
    Kind.VALUE: 5,
    Kind.UNKNOWN: 6,
}
