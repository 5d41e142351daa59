"""One pass over a LibCST tree: every node with its scope, its statement's number and its ancestors, in one flat list.

No metadata provider and no visitor class (both cost several times the parse): fields that can hold meaning are read
by table, whitespace and punctuation are never touched, and the stack is our own, so depth is no limit. What lies
inside a node is a stretch of the list, so that rules may ask for it as often as they like.
"""

from __future__ import annotations

import dataclasses
import itertools
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import libcst as cst


class Step(NamedTuple):
    """A node on the way: its place in the walk, its scope, its statement, and the step of its parent."""

    at: int
    node: cst.CSTNode
    scope: int
    order: int
    up: Step | None

    def ancestors(self) -> Iterator[cst.CSTNode]:
        """The nodes around this one, innermost first."""
        step = self.up
        while step is not None:
            yield step.node
            step = step.up


class Misnumbered(Exception):
    """There are more statements than numbers, or fewer."""


class Walk:
    """The nodes of a tree in source order. Leaves that no rule can look into (operators, names) are among them.

    SCOPES maps the statement number of each ``def`` and ``class`` to its scope number, as `statements.py` numbered
    them. NUMBERS are those of the statements, in order, where the module is not the whole file. Raises Misnumbered
    where they are not those of the module.
    """

    def __init__(self, module: cst.CSTNode, scopes: Mapping[int, int], numbers: Sequence[int] | None = None) -> None:
        self.steps = _steps(module, scopes, numbers)
        self._ends = _ends(self.steps)
        self._kinds: dict[type, list[int]] = {}
        for at, step in enumerate(self.steps):
            self._kinds.setdefault(type(step.node), []).append(at)

    def all(self, *kinds: type) -> Iterator[Step]:
        """Steps in source order for every node whose type is one of KINDS."""
        return self._between(0, len(self.steps), kinds)

    def inside(self, step: Step, *kinds: type) -> Iterator[Step]:
        """Steps for the nodes of KINDS inside the node of STEP, that node itself included."""
        return self._between(step.at, self._ends[step.at], kinds)

    def _between(self, first: int, end: int, kinds: tuple[type, ...]) -> Iterator[Step]:
        places: list[int] = []
        for kind in kinds:
            rows = self._kinds.get(kind)
            if rows:
                places += rows[bisect_left(rows, first) : bisect_left(rows, end)]
        if len(kinds) > 1:
            places.sort()
        return map(self.steps.__getitem__, places)


def _steps(root: cst.CSTNode, scopes: Mapping[int, int], numbers: Sequence[int] | None) -> list[Step]:
    steps: list[Step] = []
    order = -1
    following = iter(numbers) if numbers is not None else itertools.count()
    stack: list[tuple[cst.CSTNode, int, Step | None]] = [(root, 0, None)]
    while stack:
        node, scope, up = stack.pop()
        kind = type(node)
        statement = kind in _STATEMENTS
        if statement:
            order = next(following, -1)
            if order < 0:
                raise Misnumbered
        step = Step(len(steps), node, scope, order if up is None or statement else up.order, up)
        steps.append(step)
        if kind in _DEFINITIONS:
            inner = scopes.get(order, scope)
            stack += [(child, inner, step) for child in reversed(children(node.body))]  # type: ignore[attr-defined]
            stack += [(child, scope, step) for child in reversed(_header(node))]
            continue
        below = children(node)
        below.reverse()
        stack += [(child, scope, step) for child in below]
    if numbers is not None and next(following, None) is not None:
        raise Misnumbered
    return steps


def _ends(steps: list[Step]) -> list[int]:
    """For each step, where what lies inside it ends."""
    sizes = [1] * len(steps)
    for step in reversed(steps):
        if step.up is not None:
            sizes[step.up.at] += sizes[step.at]
    return [at + size for at, size in enumerate(sizes)]


def _header(node: cst.CSTNode) -> list[cst.CSTNode]:
    """What of a definition is evaluated outside it: decorators, defaults, annotations, bases."""
    if isinstance(node, cst.FunctionDef):
        return [*node.decorators, node.params, *([node.returns] if node.returns else [])]
    assert isinstance(node, cst.ClassDef)
    return [*node.decorators, *node.bases, *node.keywords]


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The meaningful children of NODE in source order: no whitespace, no punctuation."""
    kind = type(node)
    read = _READERS.get(kind)
    if read is None:
        read = _READERS[kind] = _reader(kind)
    out: list[cst.CSTNode] = []
    for value in read(node):
        held: Any = value.__class__
        if held is list or held is tuple:
            out += [one for one in value if _is_node(one.__class__)]
        elif _is_node(held):
            out.append(value)
    return out


def _is_node(kind: type) -> bool:
    """Asked of classes, of which there are few: of a node itself it would be dear, since nodes are abstract."""
    found = _NODES.get(kind)
    if found is None:
        found = _NODES[kind] = issubclass(kind, cst.CSTNode)
    return found


def _reader(kind: type) -> Callable[[Any], tuple[Any, ...]]:
    """What reads the meaningful fields of a node of KIND."""
    names = [field.name for field in dataclasses.fields(kind) if not _skipped(field.name)]
    names = list(_SOURCE_ORDER.get(kind, names))
    if not names:
        return _nothing
    if len(names) == 1:
        one = attrgetter(names[0])
        return lambda node: (one(node),)
    return attrgetter(*names)


def _nothing(node: Any) -> tuple[Any, ...]:
    return ()


_READERS: dict[type, Callable[[Any], tuple[Any, ...]]] = {}
_NODES: dict[type, bool] = {}


def _skipped(name: str) -> bool:
    return (
        name in _PUNCTUATION
        or name.startswith(("whitespace", "lpar", "rpar", "lbrace", "rbrace", "lbracket", "rbracket", "leading_lines"))
        or name.endswith(("_lines", "_whitespace", "_comma"))
    )


_PUNCTUATION = frozenset("comma semicolon header footer indent equal colon dot star lines_after_decorators".split())
# Where the order of fields is not the order of the source.
_SOURCE_ORDER: dict[type, tuple[str, ...]] = {
    cst.ListComp: ("elt", "for_in"),
    cst.IfExp: ("body", "test", "orelse"),
}
_DEFINITIONS = frozenset((cst.FunctionDef, cst.ClassDef))
_STATEMENTS = frozenset(
    (
        *(cst.FunctionDef, cst.ClassDef, cst.If, cst.For, cst.While, cst.Try, cst.TryStar, cst.With, cst.Match),
        *(cst.Expr, cst.Assign, cst.AnnAssign, cst.AugAssign, cst.Return, cst.Raise, cst.Assert, cst.Del),
        *(cst.Import, cst.ImportFrom, cst.Global, cst.Nonlocal, cst.Pass, cst.Break, cst.Continue, cst.TypeAlias),
    )
)
