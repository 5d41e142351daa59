"""The value of a default, as far as it is written in the package."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from proving.modules import FUNCTIONS, Module, Value, bound
from proving.signatures import REQUIRED
from proving.world import Found, World

_NOTHING = re.compile(
    r"(?i)^(_?not_?given|_?omit|_?unset\w*|_?undefined|_?missing|_?sentinel|_?not_?set|default_?sentinel)$"
)
_EMPTY: dict[str, Any] = {"list": [], "dict": {}, "set": [], "tuple": []}
_DEEP = 12


class Unknown(str):
    """An expression that only running it would tell."""


def literal(world: World, node: object, where: Found, depth: int = 0) -> Any:
    """What NODE, standing in WHERE, comes to: a plain value, REQUIRED, or Unknown. A mark for "not given" is None."""
    if node is REQUIRED or not isinstance(node, ast.expr) or depth > _DEEP:
        return REQUIRED if node is REQUIRED else Unknown(node)
    if isinstance(node, ast.Constant):
        return REQUIRED if node.value is ... else node.value
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return [literal(world, one, where, depth + 1) for one in node.elts]
    if isinstance(node, ast.Dict):
        keys = [literal(world, one, where, depth + 1) for one in node.keys]
        return dict(zip(map(str, keys), (literal(world, one, where, depth + 1) for one in node.values), strict=True))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = literal(world, node.operand, where, depth + 1)
        return -inner if isinstance(inner, (int, float)) else Unknown(ast.unparse(node))
    if isinstance(node, ast.BinOp):
        return _arithmetic(world, node, where, depth)
    if isinstance(node, ast.Call):
        return _called(world, node, where, depth)
    if _NOTHING.match(ast.unparse(node).rpartition(".")[2]):
        return None
    if isinstance(node, ast.Attribute) and node.attr == "value":
        return literal(world, node.value, where, depth + 1)
    if isinstance(node, ast.IfExp):
        return literal(world, node.orelse, where, depth + 1)
    found = world.expression(node, where) if isinstance(node, (ast.Name, ast.Attribute)) else None
    if found is not None and isinstance(found.node, Value) and found.node.value not in (None, node):
        return literal(world, found.node.value, found, depth + 1)
    return Unknown(ast.unparse(node))


def _called(world: World, node: ast.Call, where: Found, depth: int) -> Any:
    word = ast.unparse(node.func).rpartition(".")[2]
    told = {one.arg: one.value for one in node.keywords}
    if word in ("getenv", "get") and node.args:
        return literal(world, node.args[1], where, depth + 1) if len(node.args) > 1 else None
    if ast.unparse(node) == "float('inf')":
        return None
    if word in ("int", "float", "str", "bool", "SecretStr") and node.args:
        inner = literal(world, node.args[0], where, depth + 1)
        try:
            return (
                inner if isinstance(inner, Unknown) else {"int": int, "float": float}.get(word, lambda one: one)(inner)
            )
        except (TypeError, ValueError):
            return Unknown(ast.unparse(node))
    if word in _EMPTY and not node.args:
        return _EMPTY[word]
    if "default" in told:
        return literal(world, told["default"], where, depth + 1)
    factory = (
        told.get("default_factory")
        or told.get("factory")
        or (node.args[0] if word == "Factory" and node.args else None)
    )
    if factory is not None:
        if isinstance(factory, ast.Lambda):
            return literal(world, factory.body, where, depth + 1)
        return _EMPTY.get(ast.unparse(factory), Unknown(ast.unparse(node)))
    if word in ("Field", "field", "ib", "attrib", "PrivateAttr"):
        return literal(world, node.args[0], where, depth + 1) if node.args else REQUIRED
    if _NOTHING.match(word):
        return None
    return Unknown(ast.unparse(node))


def _arithmetic(world: World, node: ast.BinOp, where: Found, depth: int) -> Any:
    left, right = (literal(world, one, where, depth + 1) for one in (node.left, node.right))
    numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
    if isinstance(node.op, ast.Mult) and numbers:
        return left * right
    if isinstance(node.op, ast.Add) and (numbers or (type(left) is str and type(right) is str)):
        return left + right
    if isinstance(node.op, ast.Pow) and numbers:
        return left**right
    return Unknown(ast.unparse(node))


# -- defaults that no signature states ---------------------------------------------------------------------------------


def fallbacks(world: World, found: Found, name: str) -> Iterator[Any]:
    """What stands in for an argument NAME that is None: ``name or 10``, ``if name is None: name = 10``."""
    node = found.node
    if found.beyond or node is None or isinstance(node, Value):
        return
    for one in world.lineage(found) if isinstance(node, ast.ClassDef) else (found,):
        for inner in ast.walk(one.node) if isinstance(one.node, (ast.ClassDef, *FUNCTIONS)) else ():
            yield from (literal(world, value, _at(one)) for value in _instead(inner, name))


def _at(found: Found) -> Found:
    """Where an expression inside FOUND stands: ``self`` is the class, and imports inside a function count."""
    if isinstance(found.node, ast.ClassDef):
        return replace(found, owner=found)
    inner = (
        [one for one in ast.walk(found.node) if isinstance(one, (ast.Import, ast.ImportFrom))]
        if isinstance(found.node, FUNCTIONS)
        else []
    )
    return replace(found, names=bound(inner, found.module.package))


def _instead(node: ast.AST, name: str) -> Iterator[ast.expr]:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and _speaks(node.values[0], name):
        yield from node.values[1:]
    elif isinstance(node, ast.IfExp) and _speaks(node.test, name):
        yield from (node.body, node.orelse)
    elif isinstance(node, ast.If) and _speaks(node.test, name):
        for inner in (*node.body, *node.orelse):
            if isinstance(inner, (ast.Assign, ast.AnnAssign)) and inner.value is not None:
                yield inner.value


def _speaks(node: ast.expr, name: str) -> bool:
    return any(
        isinstance(one, (ast.Name, ast.Attribute)) and ast.unparse(one).rpartition(".")[2] == name
        for one in ast.walk(node)
    )


def written(world: World, name: str, value: Any) -> str:
    """Where a package of WORLD gives NAME the value VALUE: a table, a keyword, a constant, a parameter; else ""."""
    for package in world.packages:
        for path in _speaking(package.folder.path, name):
            module = Module("", path.relative_to(package.folder.path).as_posix(), path.read_text("utf-8", "replace"))
            for node in ast.walk(module.tree):
                for word, given in _given(node):
                    if word.lower().endswith(name.lower()) and same(value, literal(world, given, Found(module))):
                        return f"{package}: {module.file}:{given.lineno}"
    return ""


@functools.lru_cache(maxsize=256)
def _speaking(folder: Path, name: str) -> tuple[Path, ...]:
    wanted = name.lower().encode()
    return tuple(path for path in sorted(folder.rglob("*.py")) if wanted in path.read_bytes().lower())


def _given(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant):
                yield str(key.value), value
    elif isinstance(node, ast.keyword):
        yield node.arg or "", node.value
    elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            yield ast.unparse(target).rpartition(".")[2], node.value
    elif isinstance(node, ast.arguments):
        plain = [*node.posonlyargs, *node.args]
        yield from (
            (one.arg, value) for one, value in zip(plain[len(plain) - len(node.defaults) :], node.defaults, strict=True)
        )
        yield from (
            (one.arg, value) for one, value in zip(node.kwonlyargs, node.kw_defaults, strict=True) if value is not None
        )


def same(said: Any, real: Any) -> bool:
    """Whether what the catalogue says is what the package says; False is not 0."""
    if isinstance(said, bool) or isinstance(real, bool):
        return said is real
    return bool(said == real) and not isinstance(real, Unknown)
