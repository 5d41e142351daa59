"""What a class body binds, and what its methods set on ``self``; worked out once for each class."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from proving.modules import FUNCTIONS, Binding, Function, Value, bound


class _Memo(NamedTuple):
    node: ast.ClassDef  # held, so that its id stays its own
    names: dict[str, list[Binding]]
    on_self: dict[str, list[tuple[Value, Function]]]


_CLASSES: dict[int, _Memo] = {}


def body(node: ast.ClassDef, package: str) -> dict[str, list[Binding]]:
    """The names of a class's body."""
    return _memo(node, package).names


def on_self(node: ast.ClassDef, package: str, name: str) -> list[tuple[Value, Function]]:
    """The values that methods put on ``self.NAME``, each with its method."""
    return _memo(node, package).on_self.get(name, [])


def _memo(node: ast.ClassDef, package: str) -> _Memo:
    held = _CLASSES.get(id(node))
    if held is None:
        told: dict[str, list[tuple[Value, Function]]] = {}
        for name, value, function in _set_on_self(node):
            told.setdefault(name, []).append((value, function))
        held = _CLASSES[id(node)] = _Memo(node, bound(node.body, package), told)
    return held


def _set_on_self(node: ast.ClassDef) -> Iterator[tuple[str, Value, Function]]:
    """The values that methods of the class put on ``self``."""
    for function in node.body:
        if not isinstance(function, FUNCTIONS):
            continue
        for inner in ast.walk(function):
            if not isinstance(inner, (ast.Assign, ast.AnnAssign)):
                continue
            annotation = inner.annotation if isinstance(inner, ast.AnnAssign) else None
            for target in inner.targets if isinstance(inner, ast.Assign) else [inner.target]:
                if (
                    isinstance(target, ast.Attribute)
                    and isinstance(target.value, ast.Name)
                    and target.value.id == "self"
                ):
                    told = annotation or _parameter(function, inner.value)
                    yield target.attr, Value(inner, told, inner.value), function


def _parameter(function: Function, value: ast.expr | None) -> ast.expr | None:
    """The annotation of the parameter that VALUE hands on."""
    args = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return next((one.annotation for one in args if isinstance(value, ast.Name) and one.arg == value.id), None)
