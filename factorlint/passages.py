"""A file inside a package and a key → the text that lies there, and its line.

The key of a JSON or YAML file is a dotted path; of a Python file a constant, a class attribute, a field or parameter
with a default, a function that puts the text together, or a class; anything else is a text file and has no key.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from factorlint import guard
from factorlint.installed import Place
from factorlint.model.library import Passage, Piece
from factorlint.sketch import Given, Pieces, Sketch, yours

_HOLE = re.compile(r"\{\{-?\s*(\w+)\s*-?\}\}|\{(\w+)\}")  # of Jinja, or of str.format


def passage(place: Place, file: str, key: str, given: Given, words: str = "") -> Passage | None:
    """The text at KEY of FILE in PLACE with the arguments GIVEN filled in; None where the file or the key is not there.

    WORDS, the first words of the text, choose where several things are called KEY.
    """
    text = place.read(file)
    if text is None:
        return None
    if file.endswith(".py"):
        return _python(place, file, text, key, given, words)
    if file.endswith((".json", ".yaml", ".yml")):
        return _data(file, text, key, given)
    return Passage(file, 1, key, filled(text, given))


def search(place: Place, top: str, words: str) -> Iterator[tuple[str, str]]:
    """(file, key) of the texts below the package TOP that begin with WORDS: for versions that moved them."""
    wanted = folded(words)
    if len(wanted) < 12:
        return
    for file in place.under(top):
        if not file.endswith((".py", ".json", ".yaml", ".yml", ".md", ".txt", ".jinja", ".j2")):
            continue
        text = place.read(file) or ""
        if words[:12] not in text:
            continue
        if not file.endswith(".py"):
            yield file, _leaf(text, wanted) if file.endswith((".json", ".yaml", ".yml")) else ""
            continue
        for name, value in _constants(_parsed(text)):
            if wanted in folded(_plain(value)):
                yield file, name


def folded(words: str) -> str:
    """WORDS with white space folded, for comparison."""
    return " ".join(words.split())


# -- JSON and YAML -----------------------------------------------------------------------------------------------------


def _data(file: str, text: str, key: str, given: Given) -> Passage | None:
    node = _composed(text)
    for name in key.split("."):
        node = next((value for word, value in _pairs(node) if word.value == name), None)
        if node is None:
            return None
    pieces: list[Piece] = []
    for _, row in _leaves(node):
        pieces += [Piece("\n"), *filled(row, given)] if pieces else filled(row, given)
    return Passage(file, node.start_mark.line + 1, key, tuple(pieces))


def _composed(text: str) -> Any:
    """TEXT as nodes, which know their lines; JSON is YAML too. The loader in C is faster, and dies of deep nesting."""
    import yaml

    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def _pairs(node: Any) -> list[tuple[Any, Any]]:
    return list(node.value) if node is not None and node.id == "mapping" else []


def _leaves(top: Any) -> Iterator[tuple[str, str]]:
    """(dotted key below TOP, text) of all that is written there, each once however often it is referred to."""
    seen: set[int] = set()
    queue: list[tuple[str, Any]] = [("", top)]
    while queue:
        path, node = queue.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if node.id == "scalar":
            yield path, node.value
            continue
        rows = [(str(word.value), value) for word, value in _pairs(node)]
        rows += [(str(place), value) for place, value in enumerate(node.value)] if node.id == "sequence" else []
        queue += [(f"{path}.{word}" if path else word, value) for word, value in reversed(rows)]


def _leaf(text: str, wanted: str) -> str:
    return next((key for key, words in _leaves(_composed(text)) if wanted in folded(words)), "")


# -- Python ------------------------------------------------------------------------------------------------------------


def _python(place: Place, file: str, text: str, key: str, given: Given, words: str) -> Passage | None:
    tree = _parsed(text)
    found = []
    for node, value in _called(tree, key.rpartition(".")[2]):
        pieces = _read(place, file, tree, node, value, given)
        if any(piece.text.strip() for piece in pieces):
            found.append(Passage(file, node.lineno, key, filled_in(pieces, given)))
    wanted = folded(words)
    exact = [one for one in found if wanted and wanted in folded("".join(piece.text for piece in one.pieces))]
    if wanted and not exact:
        told = [one for one in found if any(piece.yours for piece in one.pieces)]
        exact = told or list(_inside(file, tree, key, given, wanted))
    return next(iter(exact or found), None)


def _inside(file: str, tree: ast.Module, key: str, given: Given, wanted: str) -> Iterator[Passage]:
    """The texts inside what goes by KEY that begin so: a function may send a text that it does not return."""
    for node, _ in _called(tree, key.rpartition(".")[2]):
        for inner in ast.walk(node):
            if isinstance(inner, (ast.Constant, ast.JoinedStr, ast.BinOp)):
                pieces = Sketch(given).value(inner) or ()
                if wanted in folded("".join(piece.text for piece in pieces)):
                    yield Passage(file, inner.lineno, key, filled_in(pieces, given))


def _read(place: Place, file: str, tree: ast.Module, node: Any, value: ast.expr | None, given: Given) -> Pieces:
    sketch = Sketch(given, lambda name: _named(place, file, tree, name, 0))
    if value is not None:
        return sketch.value(value) or ()
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return sketch.function(node)
    pieces: list[Piece] = []
    for inner in node.body:
        if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
            pieces += Sketch(given, sketch.resolve).function(inner)
    return tuple(pieces)


def _called(tree: ast.Module, name: str) -> Iterator[tuple[Any, ast.expr | None]]:
    """What goes by NAME: (node, the expression of its value, or None for a function or class to be read)."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if node.name == name:
                yield node, None
            yield from ((arg, value) for arg, value in _defaults(node.args) if arg.arg == name)
        elif isinstance(node, ast.ClassDef) and node.name == name:
            yield node, None
        elif name in _bound(node):
            yield node, getattr(node, "value", None)


def _bound(node: ast.AST) -> tuple[str, ...]:
    """The names that an assignment or a keyword gives a value to."""
    if isinstance(node, ast.Assign):
        return tuple(map(_word, node.targets))
    if isinstance(node, (ast.AnnAssign, ast.AugAssign)) and node.value is not None:
        return (_word(node.target),)
    return (node.arg or "",) if isinstance(node, ast.keyword) else ()


def _word(target: ast.expr) -> str:
    if isinstance(target, ast.Name):
        return target.id
    return target.attr if isinstance(target, ast.Attribute) else ""


def _defaults(args: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr]]:
    plain = (*args.posonlyargs, *args.args)
    yield from zip(plain[len(plain) - len(args.defaults) :], args.defaults, strict=True)
    for arg, value in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        if value is not None:
            yield arg, value


def _named(place: Place, file: str, tree: ast.Module, name: str, depth: int) -> ast.expr | None:
    """The expression behind a name of the module, in another module of the package if it was imported from there."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(_word(target) == name for target in node.targets):
            return node.value
        if isinstance(node, ast.AnnAssign) and _word(node.target) == name:
            return node.value
    for inner in ast.walk(tree):
        if not isinstance(inner, ast.ImportFrom) or depth > 4:
            continue
        for alias in inner.names:
            if (alias.asname or alias.name) == name:
                target = _module(file, inner)
                for other in (f"{target}.py", f"{target}/__init__.py"):
                    text = place.read(other)
                    if text is not None:
                        return _named(place, other, _parsed(text), alias.name, depth + 1)
    return None


def _module(file: str, node: ast.ImportFrom) -> str:
    inner = (node.module or "").replace(".", "/")
    if not node.level:
        return inner
    base = file.split("/")[: -node.level]
    return "/".join((*base, inner)).rstrip("/")


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield from ((_word(target), node.value) for target in node.targets if _word(target))
        elif isinstance(node, ast.AnnAssign) and node.value is not None and _word(node.target):
            yield _word(node.target), node.value


def _plain(value: ast.expr) -> str:
    return "".join(piece.text for piece in Sketch({}).value(value) or ())


def _parsed(text: str) -> ast.Module:
    """TEXT as a tree; an empty one where it is no Python that may be parsed here."""
    if guard.refuse(text) is not None:
        return ast.Module([], [])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def parameters(place: Place, file: str, name: str) -> Mapping[str, object]:
    """The literal defaults of the class or function NAME in FILE: of its ``__init__`` and of its annotated fields."""
    found: dict[str, object] = {}
    for node in ast.walk(_parsed(place.read(file) or "")):
        if not isinstance(node, (ast.ClassDef, ast.FunctionDef)) or node.name != name:
            continue
        for inner in (node, *(node.body if isinstance(node, ast.ClassDef) else ())):
            if isinstance(inner, ast.FunctionDef) and inner.name in (name, "__init__"):
                found |= {
                    arg.arg: value.value for arg, value in _defaults(inner.args) if isinstance(value, ast.Constant)
                }
            elif isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name) and inner.value is not None:
                value = _field(inner.value)
                if isinstance(value, ast.Constant):
                    found.setdefault(inner.target.id, value.value)
    return found


def _field(value: ast.expr) -> ast.expr:
    """``Field(default=x)`` and ``Field(x)`` stand for x."""
    if not isinstance(value, ast.Call):
        return value
    told = [word.value for word in value.keywords if word.arg == "default"]
    return next(iter((*told, *value.args)), value)


# -- filling in --------------------------------------------------------------------------------------------------------


def filled_in(pieces: Pieces, given: Given) -> Pieces:
    """PIECES with the user's words in the holes that bear an argument's name."""
    out: list[Piece] = []
    for piece in pieces:
        if piece.yours:
            out.append(piece)
        else:
            out += [Piece(one.text, one.yours, piece.when) for one in filled(piece.text, given)]
    return tuple(out)


def filled(text: str, given: Given) -> Pieces:
    """TEXT cut at ``{name}`` and ``{{ name }}`` where the user's call says what NAME is."""
    out: list[Piece] = []
    end = 0
    for hole in _HOLE.finditer(text):
        found = yours(given.get(hole[1] or hole[2]))
        if found:
            out += [Piece(text[end : hole.start()]), *found]
            end = hole.end()
    return tuple(one for one in (*out, Piece(text[end:])) if one.text)
