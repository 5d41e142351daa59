"""What is known of one file: its scopes, bindings, returns, writes, calls and statements, in the language of `expr.py`.

Statements are numbered in source order (``order``), and a LibCST walk that counts statements finds the same numbers:
this is how a rule's node and a fact meet without positions. `statements.py` and `expressions.py` read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from factorlint.expr import Call, Expr


class Binding(NamedTuple):
    """A name gets a value. ``value`` is None for a bare annotation."""

    order: int
    value: Expr | None
    annotation: Expr | None = None


class Parameter(NamedTuple):
    name: str
    kind: str  # positional, keyword, args, kwargs
    annotation: Expr | None
    default: Expr | None


class Scope(NamedTuple):
    """A module, class or function. ``order`` is the statement that defines it, ``end`` the last one inside."""

    id: int
    kind: str  # module, class, function
    name: str
    qualname: str
    parent: int
    order: int
    end: int
    line: int
    asynchronous: bool
    parameters: tuple[Parameter, ...]
    decorators: tuple[Expr, ...]
    bases: tuple[Expr, ...]
    keywords: tuple[tuple[str | None, Expr], ...]
    annotation: Expr | None  # what a function says it returns
    doc: str | None
    bindings: Mapping[str, tuple[Binding, ...]]
    returns: tuple[tuple[int, Expr], ...]
    yields: tuple[tuple[int, Expr], ...]
    outer: frozenset[str]  # names declared global or nonlocal


class Write(NamedTuple):
    """``base.name = value`` (name set) or ``base[key] = value`` (key set)."""

    order: int
    scope: int
    base: Expr
    name: str | None
    key: Expr | None
    value: Expr
    augmented: bool = False
    annotation: Expr | None = None


class Called(NamedTuple):
    """A call, where it stands and in which arm of its statement's scope."""

    order: int
    scope: int
    call: Call
    line: int
    column: int


class Test(NamedTuple):
    """A comparison, or what a ``match`` looks at."""

    order: int
    scope: int
    expr: Expr


class Statement(NamedTuple):
    """The skeleton of control flow: kind is the `ast` class, ``arm`` the field of the parent it stands in."""

    kind: str
    parent: int  # order of the enclosing statement, -1 at the top
    arm: str
    scope: int
    line: int
    end_line: int


class Facts(NamedTuple):
    """All that other files and the rules need to know of one file."""

    path: str
    scopes: tuple[Scope, ...]
    statements: tuple[Statement, ...]
    writes: tuple[Write, ...]
    calls: tuple[Called, ...]
    tests: tuple[Test, ...]
    main: frozenset[int]  # orders of `if __name__ == "__main__":`
