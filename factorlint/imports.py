"""Import lines alone, without a parse → which files matter: those that reach an agent library, and what those use.

Reading a monorepo's imports by pattern costs a thirtieth of parsing it, and tells which few files to parse.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from factorlint import strange
from factorlint.catalog import Catalog
from factorlint.modules import Modules

# Looked for from the word on: a pattern that begins with a fixed text is found many times as fast as one that may
# begin at any line.
_WORD_IMPORT = re.compile(r"import(?:(?P<gap>[ \t]+)|(?=[(*\\]))")
_FROM = re.compile(r"(?:^|[;:])[ \t]*from[ \t]+(\.*[ \t]*[\w.]*)[ \t]+$")
_STATEMENT = re.compile(r"(?:^|[;:])[ \t]*$")
_NAMES = re.compile(r"[ \t]*(?:\((?P<many>[^)]*)\)|(?P<few>[^\n#;]*))")
_FEW = re.compile(r"[^\n#;]*")
_COMMENT = re.compile(r"#[^\n]*")
_ONE = re.compile(r"\w+|\*")
# ``import_module("x")``, and where a text imports by name at all whatever in it could be the name of a module.
_BY_NAME = tuple(re.compile(rf"{word}\w*\(\s*[\"'](\.*[A-Za-z_][\w.]*)[\"']") for word in ("mport", "azy"))
_IMPORTS_BY_NAME = ("import_module", "__import__")
_WORD = re.compile(r"[\"'](\.*[A-Za-z_][\w.]*)[\"']")
_NAME = re.compile(r"[\w.]+")


class Import(NamedTuple):
    """``from module import name`` (name may be ``*``) or ``import module`` (name empty); ``level`` leading dots."""

    module: str
    name: str
    level: int


def imports(text: str) -> tuple[Import, ...]:
    """The imports that TEXT seems to make. A line inside a string may be taken for one: that costs a parse, no more."""
    found: list[Import] = []
    for match in _WORD_IMPORT.finditer(text):
        head = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        source = _FROM.search(head)
        if source is None:
            if match["gap"] and _STATEMENT.search(head):
                found += _plain(text, match.end())
            continue
        base = source[1].replace(" ", "").replace("\t", "")
        module = base.lstrip(".")
        names = _NAMES.match(text, match.end())
        pieces = (names["many"] if names["many"] is not None else names["few"]) if names else ""
        for piece in _COMMENT.sub("", pieces).split(","):
            name = _ONE.match(piece.strip().lstrip("\\\n ("))
            if name:
                found.append(Import(module, name.group(), len(base) - len(module)))
    patterns = (_WORD,) if any(word in text for word in _IMPORTS_BY_NAME) else _BY_NAME
    named = [name for pattern in patterns for name in pattern.findall(text)]
    found += [Import(one.lstrip("."), "", len(one) - len(one.lstrip("."))) for one in dict.fromkeys(named)]
    return tuple(found)


def _plain(text: str, at: int) -> Iterator[Import]:
    """What ``import a, b as c`` imports, where its names begin AT."""
    held = _FEW.match(text, at)
    for piece in held.group().split(",") if held else ():
        name = _NAME.match(piece.strip())
        if name:
            yield Import(name.group(), "", 0)


class Graph(NamedTuple):
    """``direct`` reach an agent library themselves; ``matter`` are those, what uses them and what all these use.

    In a tree with agents, a file that serves tools to them matters as well.
    Files that seem to make an agent with a package that the catalogue does not know matter too, but are not direct.
    ``uses`` are the files of the tree that a file imports, where there are any.
    """

    direct: frozenset[str]
    matter: frozenset[str]
    uses: Mapping[str, Set[str]]


class Said(NamedTuple):
    """What the text of one file says about it, given which files there are: the files it uses, and what it may hold."""

    uses: tuple[str, ...]
    direct: bool
    serves: bool
    doubtful: bool


def graph(texts: Mapping[str, str], tree: Modules) -> Graph:
    """Which of TEXTS (path → text) matter, by their imports and by addresses of chat endpoints in them."""
    return joined(said(texts, tree))


def said(texts: Mapping[str, str], tree: Modules) -> dict[str, Said]:
    """What each of TEXTS says by itself."""
    libraries = tree.catalog.libraries
    roots = frozenset(root for library in libraries if library.agentic for root in library.imports)
    endpoints = tuple(sorted({piece for library in libraries for piece in library.endpoints}))
    known = frozenset(root.partition(".")[0] for root in tree.catalog.roots) | sys.stdlib_module_names
    found = {}
    for path, text in texts.items():
        uses: dict[str, None] = {}
        worded = strange.makes_one(text)
        direct = any(piece in text for piece in endpoints)
        serves = doubtful = False
        for one in imports(text):
            uses.update(dict.fromkeys(_targets(one, path, tree)))
            if not direct and _agentic(one, path, tree, roots, tree.catalog):
                direct = True
            elif tree.catalog.is_a(tree.catalog.find(f"{one.module}.{one.name}"), "mcp-server"):
                serves = True
            elif worded and not doubtful and _strange(one, path, tree, known):
                doubtful = True
        found[path] = Said(tuple(uses), direct, serves, doubtful)
    return found


def joined(told: Mapping[str, Said]) -> Graph:
    """What follows from what each file says."""
    uses = {path: frozenset(one.uses) for path, one in told.items() if one.uses}
    used_by: dict[str, set[str]] = {}
    for path, targets in uses.items():
        for target in targets:
            used_by.setdefault(target, set()).add(path)
    direct = frozenset(path for path, one in told.items() if one.direct)
    above = _closure((path for path, one in told.items() if one.direct or one.doubtful), used_by)
    serving = {path for path, one in told.items() if one.serves} if direct else set()
    return Graph(direct, frozenset(_closure(above | serving, uses)), uses)


def extenders(texts: Mapping[str, str], leaves: Set[str], learned: Collection[str], tree: Modules) -> tuple[str, ...]:
    """Those of TEXTS that fill in a class which LEAVES methods to others (a tool, a model), of a file that is LEARNED.

    What runs behind ``tool.execute()`` lies in them, though nothing that matters imports them by name.
    """
    if not leaves:
        return ()
    extends = re.compile(
        rf"^[ \t]*class\s+\w+\s*\([^)\n]*\b(?:{'|'.join(map(re.escape, sorted(leaves)))})\b", re.MULTILINE
    )
    found = []
    for path in sorted(texts):
        if path in learned or not extends.search(texts[path]):
            continue
        if any(target in learned for one in imports(texts[path]) for target in _targets(one, path, tree)):
            found.append(path)
    return tuple(found)


def _targets(one: Import, path: str, tree: Modules) -> Sequence[str]:
    found = []
    module = tree.module(one.module, path, one.level) if one.module or one.level else None
    if module:
        found.append(module)
        inner = tree.submodule(module, one.name) if one.name else None
        if inner:
            found.append(inner)
    elif one.name and not one.level:
        inner = tree.module(f"{one.module}.{one.name}", path)
        if inner:
            found.append(inner)
    elif one.name and one.level:
        inner = tree.module(f"{one.module}.{one.name}".lstrip("."), path, one.level)
        if inner:
            found.append(inner)
    return found


def _agentic(one: Import, path: str, tree: Modules, roots: frozenset[str], catalog: Catalog) -> bool:
    full = f"{one.module}.{one.name}" if one.name else one.module
    if any(f".{root}." in f".{full}." for root in catalog.roots_anywhere):
        return True
    if one.level or tree.module(one.module, path) is not None:
        return False
    parts = full.split(".")
    return any(".".join(parts[:end]) in roots for end in range(1, len(parts) + 1))


def _strange(one: Import, path: str, tree: Modules, known: frozenset[str]) -> bool:
    """Whether the import is of a package that is neither the tree's, nor Python's, nor the catalogue's."""
    root = one.module.partition(".")[0]
    if one.level or not root or root in known:
        return False
    return tree.module(one.module, path) is None and tree.module(root, path) is None


def _closure(start: Iterable[str], edges: Mapping[str, Set[str]]) -> set[str]:
    seen = set(start)
    queue = sorted(seen)
    while queue:
        for target in sorted(edges.get(queue.pop(), ())):
            if target not in seen:
                seen.add(target)
                queue.append(target)
    return seen
