"""What is left of an expression once only provenance matters: a small, picklable language.

`ast` and LibCST are both lowered to it (`expressions.py`, `lower.py`; a test holds the two equal), so that provenance
is written once. ``await x`` is x, a parenthesis is nothing, a starred argument keeps its star.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias


class Name(NamedTuple):
    id: str


class Attr(NamedTuple):
    base: Expr
    name: str


class Call(NamedTuple):
    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[tuple[str | None, Expr], ...]  # (None, x) is **x


class Item(NamedTuple):
    """``base[key]``; a slice has the key ``Other("slice", …)``."""

    base: Expr
    key: Expr


class Const(NamedTuple):
    value: str | int | float | bool | bytes | complex | None
    type: str  # keeps 1, True and 1.0 apart: they are equal to Python


class Text(NamedTuple):
    """An f-string or t-string: literal pieces (Const) and expressions in order."""

    parts: tuple[Expr, ...]


class Seq(NamedTuple):
    kind: str  # list, tuple, set, or gen for a comprehension, whose items are what it yields
    items: tuple[Expr, ...]


class Dict(NamedTuple):
    items: tuple[tuple[Expr | None, Expr], ...]  # (None, x) is **x


class Op(NamedTuple):
    """``op`` is the operator's sign, ``or``, ``and``, ``not``, ``if`` (body, orelse, test) or a comparison."""

    op: str
    operands: tuple[Expr, ...]


class Star(NamedTuple):
    value: Expr


class Lambda(NamedTuple):
    params: tuple[str, ...]
    body: Expr


class Each(NamedTuple):
    """What iterating over ``source`` gives, once."""

    source: Expr


class Enter(NamedTuple):
    """What ``with source as x`` binds."""

    source: Expr


class Part(NamedTuple):
    """The ``place``-th of what unpacking ``source`` gives; -1 where a star makes that unknown."""

    source: Expr
    place: int


class Param(NamedTuple):
    name: str


class Caught(NamedTuple):
    """What ``except type as x`` binds."""

    type: Expr | None


class Imported(NamedTuple):
    """``import module`` (name None) or ``from module import name``; ``level`` counts the leading dots."""

    module: str
    name: str | None
    level: int


class Defined(NamedTuple):
    """A function or class of this file, by its scope's number."""

    scope: int


class Other(NamedTuple):
    """Anything else: what kind of thing, and the expressions inside."""

    kind: str
    parts: tuple[Expr, ...] = ()


Expr: TypeAlias = (
    Name
    | Attr
    | Call
    | Item
    | Const
    | Text
    | Seq
    | Dict
    | Op
    | Star
    | Lambda
    | Each
    | Enter
    | Part
    | Param
    | Caught
    | Imported
    | Defined
    | Other
)


def const(value: object) -> Const:
    """A literal; values that pickle badly or never matter (ellipsis, numbers beyond every float) become ``None`` of
    their own type.
    """
    kind = type(value).__name__
    plain = kind in _PLAIN and not (isinstance(value, int) and abs(value) > _MOST)
    return Const(value if plain else None, kind)  # type: ignore[arg-type]


_MOST = 10**300
_PLAIN = frozenset(("str", "int", "float", "bool", "bytes", "NoneType"))


def merged(parts: Sequence[Expr]) -> tuple[Expr, ...]:
    """Neighbouring literal pieces as one: the parsers cut f-strings at different places."""
    out: list[Expr] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Text) else (part,):
            if isinstance(piece, Const) and out and isinstance(out[-1], Const):
                out[-1] = const(f"{out[-1].value!s}{piece.value!s}")
            elif piece != Const("", "str"):
                out.append(piece)
    return tuple(out)


def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside ``expr``, in source order."""
    if isinstance(expr, (Name, Const)):  # as most are
        return ()
    if isinstance(expr, Call):
        return (expr.func, *expr.args, *(value for _, value in expr.keywords))
    if isinstance(expr, Attr):
        return (expr.base,)
    if isinstance(expr, Item):
        return (expr.base, expr.key)
    if isinstance(expr, Dict):
        return tuple(part for pair in expr.items for part in pair if part is not None)
    if isinstance(expr, Seq):
        return expr.items
    if isinstance(expr, (Text, Other)):
        return expr.parts
    if isinstance(expr, Op):
        return expr.operands
    if isinstance(expr, Star):
        return (expr.value,)
    if isinstance(expr, Lambda):
        return (expr.body,)
    if isinstance(expr, (Each, Enter, Part)):
        return (expr.source,)
    return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """``expr`` and everything inside it, outside first, in source order."""
    queue = [expr]
    while queue:
        one = queue.pop()
        yield one
        queue += reversed(children(one))


def dotted(expr: Expr) -> str | None:
    """``a.b.c`` for a chain of names, else None."""
    names: list[str] = []
    while isinstance(expr, Attr):
        names.append(expr.name)
        expr = expr.base
    if not isinstance(expr, Name):
        return None
    return ".".join([expr.id, *reversed(names)])


def last_name(expr: Expr) -> str:
    """The last name of a callee: ``c`` for ``a.b.c`` and for ``x().c``; nothing for what has no name."""
    if isinstance(expr, Attr):
        return expr.name
    return expr.id if isinstance(expr, Name) else ""


def placed(call: Call) -> tuple[Expr, ...]:
    """What CALL passes by place; in ``Base.__init__(self, name)`` the object is no argument."""
    func = call.func
    unbound = isinstance(func, Attr) and func.name == "__init__" and not isinstance(func.base, Call)
    return call.args[1:] if unbound else call.args


def argument(call: Call, name: str, positional: Sequence[str] = ()) -> Expr | None:
    """The expression passed for NAME, by keyword or by place; None where it is not passed."""
    for keyword, value in call.keywords:
        if keyword == name:
            return value
        if keyword is None and isinstance(value, Dict):
            for key, inner in value.items:
                if isinstance(key, Const) and key.value == name:
                    return inner
    if name in positional:
        index = positional.index(name)
        plain = placed(call)[: index + 1]
        if len(plain) > index and not any(isinstance(one, Star) for one in plain):
            return plain[index]
    return None
