"""One pass over a LibCST tree: every node that a rule asked for, with its scope, statement number and ancestors.

No metadata provider and no visitor class (both cost several times the parse): fields that can hold meaning are read
by table, whitespace and punctuation are never touched, and the stack is our own, so depth is no limit.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, NamedTuple

import libcst as cst


class Step(NamedTuple):
    """A node on the way: its scope, its statement, how many statements had begun, and the step of its parent."""

    node: cst.CSTNode
    scope: int
    order: int
    begun: int
    up: Step | None

    def ancestors(self) -> Iterator[cst.CSTNode]:
        """The nodes around this one, innermost first."""
        step = self.up
        while step is not None:
            yield step.node
            step = step.up


def walk(module: cst.CSTNode, wanted: frozenset[type], scopes: Mapping[int, int]) -> Iterator[Step]:
    """Steps in source order for every node whose type is WANTED.

    SCOPES maps the statement number of each ``def`` and ``class`` to its scope number, as `facts.py` numbered them.
    """
    return _walk(module, 0, None, -1, wanted, scopes)


def inside(step: Step, wanted: frozenset[type], scopes: Mapping[int, int]) -> Iterator[Step]:
    """Steps for the nodes of WANTED types inside the node of STEP, that node itself included."""
    begun = step.begun - 1 if type(step.node) in _STATEMENTS else step.begun
    return _walk(step.node, step.scope, step.up, begun, wanted, scopes)


def _walk(
    root: cst.CSTNode,
    scope: int,
    up: Step | None,
    order: int,
    wanted: frozenset[type],
    scopes: Mapping[int, int],
) -> Iterator[Step]:
    stack: list[tuple[cst.CSTNode, int, Step | None]] = [(root, scope, up)]
    while stack:
        node, scope, up = stack.pop()
        kind = type(node)
        if kind in _STATEMENTS:
            order += 1
        number = order if up is None or kind in _STATEMENTS else up.order
        step = Step(node, scope, number, order, up)
        if kind in wanted:
            yield step
        if kind in _DEFINITIONS:
            inner = scopes.get(order, scope)
            body = _children(node.body)  # type: ignore[attr-defined]
            stack += [(child, inner, step) for child in reversed(body)]
            stack += [(child, scope, step) for child in reversed(_header(node))]
            continue
        stack += [(child, scope, step) for child in reversed(_children(node))]


def _header(node: cst.CSTNode) -> list[cst.CSTNode]:
    """What of a definition is evaluated outside it: decorators, defaults, annotations, bases."""
    if isinstance(node, cst.FunctionDef):
        return [*node.decorators, node.params, *([node.returns] if node.returns else [])]
    assert isinstance(node, cst.ClassDef)
    return [*node.decorators, *node.bases, *node.keywords]


def _children(node: cst.CSTNode) -> list[cst.CSTNode]:
    out: list[cst.CSTNode] = []
    for name in _fields(type(node)):
        value: Any = getattr(node, name)
        kind: Any = value.__class__
        if kind is list or kind is tuple:
            out += [one for one in value if _is_node(one.__class__)]
        elif _is_node(kind):
            out.append(value)
    return out


@functools.cache
def _is_node(kind: Hashable) -> bool:
    """Asked of classes, of which there are few: of a node itself it would be dear, since nodes are abstract."""
    return isinstance(kind, type) and issubclass(kind, cst.CSTNode)


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The meaningful children of NODE in source order: no whitespace, no punctuation."""
    return _children(node)


@functools.cache
def _fields(kind: type) -> tuple[str, ...]:
    names = [field.name for field in dataclasses.fields(kind) if not _skipped(field.name)]
    return tuple(_SOURCE_ORDER.get(kind, names))


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
