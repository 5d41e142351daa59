"""One module of a package as the names that it binds, without running it."""

from __future__ import annotations

import ast
import functools
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from factorlint import older

Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Value(NamedTuple):
    """A name that an assignment binds; either part may be missing."""

    node: ast.stmt
    annotation: ast.expr | None
    value: ast.expr | None


class Imported(NamedTuple):
    """A name that an import binds: to a module, or to a member of one."""

    node: ast.stmt
    module: str
    member: str  # empty for the module itself


Binding = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | Value | Imported


@dataclass(frozen=True)
class Module:
    """A file of a package; NAME is its dotted path, FILE its path inside FOLDER, where the package lies."""

    name: str
    file: str
    text: str
    folder: Path = Path()

    @property
    def package(self) -> str:
        """What relative imports count from."""
        inside = self.file.rpartition("/")[2].partition(".")[0] == "__init__"
        return self.name if inside else self.name.rpartition(".")[0]

    @functools.cached_property
    def tree(self) -> ast.Module:
        return _parsed(self.text)

    @functools.cached_property
    def bindings(self) -> dict[str, list[Binding]]:
        """Name → what binds it at the top level, in order; branches and ``TYPE_CHECKING`` included."""
        return bound(self.tree.body, self.package)

    @functools.cached_property
    def stars(self) -> tuple[str, ...]:
        """The modules whose names come in by ``from x import *``."""
        return tuple(star for star, _ in self._stars)

    def stars_after(self, name: str) -> tuple[str, ...]:
        """Of these, the modules that come in after NAME was bound for the last time."""
        lines = [getattr(one, "node", one).lineno for one in self.bindings.get(name, ())]
        return tuple(star for star, line in self._stars if lines and line > max(lines))

    @functools.cached_property
    def _stars(self) -> tuple[tuple[str, int], ...]:
        return tuple(
            (absolute(node, self.package), node.lineno)
            for node in statements(self.tree.body)
            if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
        )

    def lists(self, name: str) -> bool:
        """Whether NAME stands in an ``__all__`` that is written out."""
        return name in (self._listed or ())

    def exports(self, name: str) -> bool:
        """Whether ``import *`` takes NAME along. An ``__all__`` that is computed is taken to list it."""
        listed = self._listed
        return name in listed if listed is not None else not name.startswith("_")

    @functools.cached_property
    def _listed(self) -> frozenset[str] | None:
        names: set[str] = set()
        said = False
        for node in statements(self.tree.body):
            if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and "__all__" in map(_word, _targets(node)):
                said = True
                if node.value is None or not _literal(node.value):
                    return None
                names |= set(texts(node.value))
        return frozenset(names) if said else None

    def named(self, value: Value) -> list[str]:
        """The names that VALUE is bound to."""
        return [name for name, held in self.bindings.items() if any(one is value for one in held)]

    @functools.cached_property
    def lazy(self) -> bool:
        """Whether names come into being when somebody asks: a ``__getattr__``, or a stand-in for the module."""
        return "__getattr__" in self.bindings or any(
            isinstance(node, ast.Assign) and "sys.modules" in map(ast.unparse, map(_base, node.targets))
            for node in statements(self.tree.body)
        )

    def promised(self, name: str) -> Iterator[str]:
        """The dotted paths that tables of lazy imports, and imports inside functions, give for NAME."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    yield from self._row(name, key, value)
            elif isinstance(node, FUNCTIONS):
                for binding in bound(node.body, self.package).get(name, ()):
                    if isinstance(binding, Imported):
                        yield f"{binding.module}.{binding.member}".rstrip(".")

    def _row(self, name: str, key: ast.expr | None, value: ast.expr) -> Iterator[str]:
        said = texts(key) if key is not None else []
        words = texts(value)
        if said == [name]:
            for word in words:
                for path in self._paths(word):
                    yield from (f"{path}.{other}" for other in words if other != word)
                    yield from (f"{path}.{name}", path)
        elif len(said) == 1 and name in words:
            yield from (f"{path}.{name}" for path in self._paths(said[0]))

    def _paths(self, word: str) -> Iterator[str]:
        if word.startswith("."):
            yield relative(self.package, len(word) - len(word.lstrip(".")), word.lstrip("."))
        else:
            yield word
            yield f"{self.package}.{word}"


def bound(body: Iterable[ast.stmt], package: str) -> dict[str, list[Binding]]:
    """Name → what the statements of BODY bind it to, in order. Relative imports count from PACKAGE."""
    names: dict[str, list[Binding]] = {}
    for node in statements(body):
        for name, binding in _binds(node, package):
            names.setdefault(name, []).append(binding)
    return names


def statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """BODY and what stands in its branches, in order; functions and classes are not entered."""
    for node in body:
        yield node
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            continue
        for part in ("body", "orelse", "finalbody"):
            yield from statements(getattr(node, part, ()))
        for handler in getattr(node, "handlers", ()):
            yield from statements(handler.body)
        for case in getattr(node, "cases", ()):
            yield from statements(case.body)


def absolute(node: ast.ImportFrom, package: str) -> str:
    return relative(package, node.level, node.module or "") if node.level else node.module or ""


def relative(package: str, level: int, rest: str) -> str:
    parts = package.split(".")
    base = parts[: len(parts) - (level - 1)]
    return ".".join((*base, rest)).strip(".")


def texts(node: ast.AST) -> list[str]:
    """The words written inside NODE."""
    return [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def _binds(node: ast.stmt, package: str) -> Iterator[tuple[str, Binding]]:
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        yield node.name, node
    elif isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            yield (alias.asname or top), Imported(node, alias.name if alias.asname else top, "")
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield (alias.asname or alias.name), Imported(node, absolute(node, package), alias.name)
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        yield from _assigned(node)
    elif isinstance(node, (ast.For, ast.AsyncFor)):
        yield _word(node.target), Value(node, None, None)
        if "__import__(" in ast.unparse(node):
            yield from ((word, Imported(node, word, "")) for word in texts(node.iter))
    elif type(node).__name__ == "TypeAlias":
        yield _word(node.name), Value(node, None, node.value)  # type: ignore[attr-defined]


def _assigned(node: ast.Assign | ast.AnnAssign) -> Iterator[tuple[str, Binding]]:
    annotation = node.annotation if isinstance(node, ast.AnnAssign) else None
    for target in _targets(node):
        if isinstance(target, (ast.Tuple, ast.List)):
            yield from ((_word(one), Value(node, None, None)) for one in target.elts)
        elif isinstance(target, ast.Subscript) and ast.unparse(target.value) == "globals()":
            yield from ((word, Value(node, None, node.value)) for word in texts(target.slice))
        elif _word(target):
            yield _word(target), Value(node, annotation, node.value)


def _targets(node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _word(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _base(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def _literal(node: ast.expr) -> bool:
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return all(map(_literal, node.elts))
    if isinstance(node, ast.BinOp):
        return _literal(node.left) and _literal(node.right)
    return isinstance(node, ast.Constant)


def _parsed(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError, RecursionError):
        return older.parse(text) or ast.Module([], [])
