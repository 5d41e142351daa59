"""A LibCST expression → the small language of `expr.py`: what lets a rule's node meet the facts.

`expressions.py` lowers `ast`; a test holds the two equal on every expression of the fixtures.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import libcst as cst

from factorlint.expr import Attr, Call, Const, Dict, Expr, Item, Lambda, Name, Op, Other, Seq, Star, Text, const, merged


def lower(node: cst.CSTNode) -> Expr:
    """NODE as provenance sees it; nodes that are no expression become Other."""
    handler = _LOWER.get(type(node))
    return handler(node) if handler else Other(type(node).__name__)


def _call(node: cst.Call) -> Expr:
    args: list[Expr] = []
    keywords: list[tuple[str | None, Expr]] = []
    for arg in node.args:
        value = lower(arg.value)
        if arg.star == "**":
            keywords.append((None, value))
        elif arg.keyword is not None:
            keywords.append((arg.keyword.value, value))
        else:
            args.append(Star(value) if arg.star == "*" else value)
    return Call(lower(node.func), tuple(args), tuple(keywords))


def _literal(node: cst.Integer | cst.Float | cst.Imaginary | cst.SimpleString) -> Expr:
    if isinstance(node, cst.SimpleString) and not node.prefix and _PLAIN.isdisjoint(node.value):
        return const(node.raw_value)
    try:
        return const(ast.literal_eval(node.value))
    except (ValueError, SyntaxError, MemoryError):
        return const(None)


def _name(node: cst.Name) -> Expr:
    return const(_CONSTANTS[node.value]) if node.value in _CONSTANTS else Name(node.value)


def _concatenated(node: cst.ConcatenatedString) -> Expr:
    left, right = lower(node.left), lower(node.right)
    if isinstance(left, Const) and isinstance(right, Const) and type(left.value) is type(right.value):
        if isinstance(left.value, (str, bytes)):
            return const(left.value + right.value)  # type: ignore[operator]
    return Text(merged([left, right]))


def _formatted(node: cst.FormattedString | cst.TemplatedString) -> Expr:
    return Text(merged([part for piece in node.parts for part in _piece(piece, node)]))


def _piece(piece: cst.CSTNode, node: cst.FormattedString | cst.TemplatedString) -> list[Expr]:
    if isinstance(piece, (cst.FormattedStringText, cst.TemplatedStringText)):
        return [const(spoken(piece.value, node.start))]
    if isinstance(piece, cst.FormattedStringExpression) and piece.equal is not None:
        source = cst.Module([]).code_for_node(piece.expression) + cst.Module([]).code_for_node(piece.equal)
        return [const(source), lower(piece.expression)]
    return [lower(piece.expression)]  # type: ignore[attr-defined]


def spoken(source: str, start: str) -> str:
    """What SOURCE, the literal part of a formatted text that begins with START (prefix and quotes), stands for."""
    text = source.replace("{{", "{").replace("}}", "}")
    return text if "r" in start.lower() else _unescaped(text)


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    quote = '"""' if '"""' not in text and not text.endswith('"') else "'''"
    try:
        return str(ast.literal_eval(f"{quote}{text}{quote}"))
    except (ValueError, SyntaxError, MemoryError):
        return text


def _subscript(node: cst.Subscript) -> Expr:
    keys = [_index(element.slice) for element in node.slice]
    single = len(keys) == 1 and not isinstance(node.slice[0].comma, cst.Comma) and not isinstance(keys[0], Star)
    return Item(lower(node.value), keys[0] if single else Seq("tuple", tuple(keys)))


def _index(piece: cst.BaseSlice) -> Expr:
    if isinstance(piece, cst.Slice):
        ahead = const(None) if piece.lower is None and piece.upper is not None else piece.lower and lower(piece.lower)
        rest = (lower(one) for one in (piece.upper, piece.step) if one is not None)
        return Other("slice", (*((ahead,) if ahead else ()), *rest))
    assert isinstance(piece, cst.Index)
    return Star(lower(piece.value)) if piece.star else lower(piece.value)


def _sequence(kind: str) -> Callable[[Any], Expr]:
    def sequence(node: cst.List | cst.Tuple | cst.Set) -> Expr:
        return Seq(kind, tuple(_element(one) for one in node.elements))

    return sequence


def _element(element: cst.BaseElement) -> Expr:
    return Star(lower(element.value)) if isinstance(element, cst.StarredElement) else lower(element.value)


def _dict(node: cst.Dict) -> Expr:
    rows: list[tuple[Expr | None, Expr]] = []
    for element in node.elements:
        if isinstance(element, cst.DictElement):
            rows.append((lower(element.key), lower(element.value)))
        else:
            rows.append((None, lower(element.value)))
    return Dict(tuple(rows))


def _boolean(node: cst.BooleanOperation) -> Expr:
    """`ast` folds ``a or b or c`` into one operation; a parenthesis ends the fold."""
    sign = "and" if isinstance(node.operator, cst.And) else "or"
    operands: list[Expr] = []
    left: cst.BaseExpression = node.left
    rights = [node.right]
    while isinstance(left, cst.BooleanOperation) and not left.lpar and type(left.operator) is type(node.operator):
        rights.append(left.right)
        left = left.left
    operands.append(lower(left))
    operands += [lower(one) for one in reversed(rights)]
    return Op(sign, tuple(operands))


def _binary(node: cst.BinaryOperation) -> Expr:
    return Op(_SIGNS.get(type(node.operator), "?"), (lower(node.left), lower(node.right)))


def _unary(node: cst.UnaryOperation) -> Expr:
    operand = lower(node.expression)
    if isinstance(node.operator, cst.Minus) and isinstance(operand, Const) and operand.type in ("int", "float"):
        return const(-operand.value)  # type: ignore[operator]
    return Op("not" if isinstance(node.operator, cst.Not) else "~", (operand,))


def _compare(node: cst.Comparison) -> Expr:
    signs = " ".join(_SIGNS.get(type(one.operator), "?") for one in node.comparisons)
    return Op(signs, (lower(node.left), *(lower(one.comparator) for one in node.comparisons)))


def _ternary(node: cst.IfExp) -> Expr:
    return Op("if", (lower(node.body), lower(node.orelse), lower(node.test)))


def _lambda(node: cst.Lambda) -> Expr:
    params = node.params
    rows = [*params.posonly_params, *params.params, *params.kwonly_params]
    stars = [one for one in (params.star_arg, params.star_kwarg) if isinstance(one, cst.Param)]
    return Lambda(tuple(one.name.value for one in (*rows, *stars)), lower(node.body))


def _comprehension(node: cst.ListComp | cst.SetComp | cst.GeneratorExp) -> Expr:
    return Seq("gen", (lower(node.elt),))


def _yield(node: cst.Yield) -> Expr:
    return lower(node.value.item) if isinstance(node.value, cst.From) else Other("sent")


# Without these a literal stands for itself; `literal_eval` is dear, and leaves circles behind.
_PLAIN = frozenset("\\\r")
_CONSTANTS = {"True": True, "False": False, "None": None}
_LOWER: dict[type, Callable[[Any], Expr]] = {
    cst.Name: _name,
    cst.Attribute: lambda node: Attr(lower(node.value), node.attr.value),
    cst.Call: _call,
    cst.Integer: _literal,
    cst.Float: _literal,
    cst.Imaginary: _literal,
    cst.SimpleString: _literal,
    cst.ConcatenatedString: _concatenated,
    cst.FormattedString: _formatted,
    cst.TemplatedString: _formatted,
    cst.Subscript: _subscript,
    cst.List: _sequence("list"),
    cst.Tuple: _sequence("tuple"),
    cst.Set: _sequence("set"),
    cst.Dict: _dict,
    cst.BooleanOperation: _boolean,
    cst.BinaryOperation: _binary,
    cst.UnaryOperation: _unary,
    cst.Comparison: _compare,
    cst.IfExp: _ternary,
    cst.Await: lambda node: lower(node.expression),
    cst.NamedExpr: lambda node: lower(node.value),
    cst.Lambda: _lambda,
    cst.ListComp: _comprehension,
    cst.SetComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.DictComp: lambda node: Dict(((lower(node.key), lower(node.value)),)),
    cst.Yield: _yield,
    cst.Ellipsis: lambda node: const(...),
    cst.StarredElement: lambda node: Star(lower(node.value)),
}
_SIGNS: dict[type, str] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.Modulo: "%",
    cst.BitOr: "|",
    cst.BitAnd: "&",
    cst.RightShift: ">>",
    cst.LeftShift: "<<",
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.In: "in",
    cst.NotIn: "not in",
    cst.Is: "is",
    cst.IsNot: "is not",
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
}
