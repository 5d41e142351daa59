"""An expression of `ast` → the small language of `expr.py`; calls, comparisons and names are noted on the way.

`lower.py` does the same to LibCST's, without notes; a test holds the two equal on every expression of the fixtures.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from factorlint.expr import (
    Attr,
    Call,
    Const,
    Dict,
    Each,
    Expr,
    Item,
    Lambda,
    Name,
    Op,
    Other,
    Part,
    Seq,
    Star,
    Text,
    const,
    merged,
)
from factorlint.facts import Binding, Called, Test, Write


class Open:
    """A scope while it is being read."""

    def __init__(self, number: int, kind: str, name: str, parent: Open | None, order: int, line: int) -> None:
        self.number, self.kind, self.name, self.order, self.line = number, kind, name, order, line
        self.parent = parent.number if parent else -1
        self.qualname: str = f"{parent.qualname}.{name}" if parent and parent.qualname else name
        self.bindings: dict[str, list[Binding]] = {}
        self.returns: list[tuple[int, Expr]] = []
        self.yields: list[tuple[int, Expr]] = []
        self.outer: set[str] = set()


class Reading:
    """What is noted while a file is read: ``scope`` and ``order`` say where, the lists what was seen."""

    def __init__(self) -> None:
        self.writes: list[Write] = []
        self.calls: list[Called] = []
        self.tests: list[Test] = []
        self.scope = Open(0, "module", "", None, -1, 1)
        self.order = -1
        self._names: dict[str, Name] = {}

    def exprs(self, nodes: Iterable[ast.expr]) -> tuple[Expr, ...]:
        return tuple(self.expr(node) for node in nodes)

    def expr(self, node: ast.expr) -> Expr:
        lower: Callable[[Reading, Any], Expr] = _LOWER.get(type(node), _other)
        return lower(self, node)

    def name(self, name: str) -> Expr:
        """A name; however often a file writes it, there is one in memory. What is called is told apart by identity."""
        return self._names.setdefault(name, Name(name))

    def bind(self, name: str, value: Expr | None, annotation: Expr | None = None) -> None:
        """NAME gets a VALUE in this scope, at this statement."""
        self.scope.bindings.setdefault(name, []).append(Binding(self.order, value, annotation))

    def assign(self, target: ast.expr, value: Expr, annotation: Expr | None = None, augmented: bool = False) -> None:
        """TARGET gets a VALUE, whatever it is: a name, an attribute, an item, several of them."""
        if isinstance(target, ast.Name):
            self.bind(target.id, value, annotation)
        elif isinstance(target, ast.Attribute):
            base = self.expr(target.value)
            write = Write(self.order, self.scope.number, base, target.attr, None, value, augmented, annotation)
            self.writes.append(write)
        elif isinstance(target, ast.Subscript):
            base, key = self.expr(target.value), self.expr(target.slice)
            self.writes.append(Write(self.order, self.scope.number, base, None, key, value, augmented))
        elif isinstance(target, (ast.Tuple, ast.List)):
            self.unpack(target.elts, value)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value)

    def unpack(self, targets: Sequence[ast.expr], value: Expr) -> None:
        """``a, b = value``: piece by piece where VALUE is written out."""
        plain = isinstance(value, Seq) and value.kind != "gen" and len(value.items) == len(targets)
        starred = any(isinstance(one, ast.Starred) for one in targets)
        for index, target in enumerate(targets):
            if plain and not starred and isinstance(value, Seq):
                self.assign(target, value.items[index])
            else:
                self.assign(target, Part(value, -1 if starred else index))


def quoted(text: str) -> Expr:
    """An annotation written as a string, read as code; not code: a plain text."""
    if len(text) > 500:
        return const(text)
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return const(text)
    return Reading().expr(node)


def _name(reader: Reading, node: ast.Name) -> Expr:
    return reader.name(node.id)


def _attribute(reader: Reading, node: ast.Attribute) -> Expr:
    return Attr(reader.expr(node.value), node.attr)


def _call(reader: Reading, node: ast.Call) -> Expr:
    slot = len(reader.calls)
    reader.calls.append(None)  # type: ignore[arg-type]  # an outer call comes before the calls inside it
    call = Call(
        Name(node.func.id) if isinstance(node.func, ast.Name) else reader.expr(node.func),
        reader.exprs(node.args),
        tuple((keyword.arg, reader.expr(keyword.value)) for keyword in node.keywords),
    )
    reader.calls[slot] = Called(reader.order, reader.scope.number, call, node.lineno, node.col_offset)
    return call


def _constant(reader: Reading, node: ast.Constant) -> Expr:
    return const(node.value)


def _joined(reader: Reading, node: ast.JoinedStr) -> Expr:
    return Text(merged([reader.expr(part) for part in node.values]))


def _formatted(reader: Reading, node: ast.FormattedValue) -> Expr:
    return reader.expr(node.value)


def _subscript(reader: Reading, node: ast.Subscript) -> Expr:
    return Item(reader.expr(node.value), reader.expr(node.slice))


def _slice(reader: Reading, node: ast.Slice) -> Expr:
    lower = const(None) if node.lower is None and node.upper is not None else node.lower and reader.expr(node.lower)
    rest = (reader.expr(one) for one in (node.upper, node.step) if one)
    return Other("slice", (*((lower,) if lower else ()), *rest))


def _list(reader: Reading, node: ast.List) -> Expr:
    return Seq("list", reader.exprs(node.elts))


def _tuple(reader: Reading, node: ast.Tuple) -> Expr:
    return Seq("tuple", reader.exprs(node.elts))


def _set(reader: Reading, node: ast.Set) -> Expr:
    return Seq("set", reader.exprs(node.elts))


def _dict(reader: Reading, node: ast.Dict) -> Expr:
    rows = []
    for key, value in zip(node.keys, node.values, strict=False):
        rows.append((None if key is None else reader.expr(key), reader.expr(value)))
    return Dict(tuple(rows))


def _bool(reader: Reading, node: ast.BoolOp) -> Expr:
    return Op("and" if isinstance(node.op, ast.And) else "or", reader.exprs(node.values))


def _binary(reader: Reading, node: ast.BinOp) -> Expr:
    return Op(SIGNS.get(type(node.op), "?"), (reader.expr(node.left), reader.expr(node.right)))


def _unary(reader: Reading, node: ast.UnaryOp) -> Expr:
    operand = reader.expr(node.operand)
    if isinstance(node.op, ast.USub) and isinstance(operand, Const) and operand.type in ("int", "float"):
        return const(-operand.value)  # type: ignore[operator]
    return Op("not" if isinstance(node.op, ast.Not) else "~", (operand,))


def _compare(reader: Reading, node: ast.Compare) -> Expr:
    signs = " ".join(SIGNS.get(type(op), "?") for op in node.ops)
    found = Op(signs, (reader.expr(node.left), *reader.exprs(node.comparators)))
    reader.tests.append(Test(reader.order, reader.scope.number, found))
    return found


def _ternary(reader: Reading, node: ast.IfExp) -> Expr:
    return Op("if", (reader.expr(node.body), reader.expr(node.orelse), reader.expr(node.test)))


def _starred(reader: Reading, node: ast.Starred) -> Expr:
    return Star(reader.expr(node.value))


def _await(reader: Reading, node: ast.Await) -> Expr:
    return reader.expr(node.value)


def _walrus(reader: Reading, node: ast.NamedExpr) -> Expr:
    value = reader.expr(node.value)
    reader.assign(node.target, value)
    return value


def _lambda(reader: Reading, node: ast.Lambda) -> Expr:
    args = node.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    names = [arg.arg for arg in every] + [arg.arg for arg in (args.vararg, args.kwarg) if arg]
    for default in (*args.defaults, *args.kw_defaults):
        if default is not None:
            reader.expr(default)  # for the calls in it
    return Lambda(tuple(names), reader.expr(node.body))


def _comprehension(reader: Reading, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Expr:
    for part in node.generators:
        reader.assign(part.target, Each(reader.expr(part.iter)))
        for test in part.ifs:
            reader.expr(test)
    if isinstance(node, ast.DictComp):
        return Dict(((reader.expr(node.key), reader.expr(node.value)),))
    return Seq("gen", (reader.expr(node.elt),))


def _yield(reader: Reading, node: ast.Yield) -> Expr:
    value = reader.expr(node.value) if node.value else const(None)
    reader.scope.yields.append((reader.order, value))
    return Other("sent")


def _yield_from(reader: Reading, node: ast.YieldFrom) -> Expr:
    value = reader.expr(node.value)
    reader.scope.yields.append((reader.order, Each(value)))
    return value


def _other(reader: Reading, node: ast.expr) -> Expr:
    inner = [reader.expr(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return Other(type(node).__name__, tuple(inner))


_LOWER: dict[type, Callable[[Reading, Any], Expr]] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.Constant: _constant,
    ast.JoinedStr: _joined,
    ast.FormattedValue: _formatted,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.List: _list,
    ast.Tuple: _tuple,
    ast.Set: _set,
    ast.Dict: _dict,
    ast.BoolOp: _bool,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.IfExp: _ternary,
    ast.Starred: _starred,
    ast.Await: _await,
    ast.NamedExpr: _walrus,
    ast.Lambda: _lambda,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
}
for _name_, _handler_ in (("TemplateStr", _joined), ("Interpolation", _formatted)):  # Python 3.14
    if hasattr(ast, _name_):
        _LOWER[getattr(ast, _name_)] = _handler_

SIGNS: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
    ast.BitOr: "|",
    ast.BitAnd: "&",
    ast.RShift: ">>",
    ast.LShift: "<<",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
