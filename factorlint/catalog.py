"""rules/frameworks/*.yaml → Catalog: what each library symbol takes over and what it gives back, by dotted path.

The engine knows no framework by name; all such knowledge is data here, read by ``entries.py``.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from factorlint import compiled
from factorlint.entries import CatalogError, Fact, Library, read
from factorlint.entries import Symbol as Symbol

_BROKEN = (KeyError, TypeError, ValueError, AttributeError)  # what reading data of the wrong form raises


@dataclass(frozen=True)
class Catalog:
    """Every library, looked up by dotted path."""

    libraries: tuple[Library, ...]
    by_path: Mapping[str, Symbol]
    members: Mapping[str, tuple[str, ...]]  # canonical path → member names, for inherited look-ups
    roots: Mapping[str, Library]

    @functools.cached_property
    def _memory(self) -> _Memory:
        return _Memory({}, {}, {}, {}, {})

    @functools.cached_property
    def piped_models(self) -> Mapping[str, Symbol]:
        """Library → its chat model that stands in a pipe, the one that the others extend."""
        rows = ((one.name, symbol) for one in reversed(self.libraries) for symbol in reversed(one.symbols))
        return {name: one for name, one in rows if one.pipes and "chat-model" in one.roles and not one.extends}

    def library_of(self, path: str) -> Library | None:
        """The library whose import root PATH starts with (the longest root wins)."""
        known = self._memory.libraries
        if path not in known:
            parts = path.split(".")
            roots = (self.roots.get(".".join(parts[:end])) for end in range(len(parts), 0, -1))
            known[path] = next((root for root in roots if root), None)
        return known[path]

    @functools.cached_property
    def roots_anywhere(self) -> tuple[str, ...]:
        """Import roots of generated packages, which may lie at any depth of the tree."""
        return tuple(root for library in self.libraries if library.anywhere for root in library.imports)

    def find(self, path: str) -> Symbol | None:
        """The symbol at PATH: by any of its names, by inheritance, or as a member of a wildcard."""
        known = self._memory.found
        if path not in known:
            known[path] = _find(self, path, 0)
        return known[path]

    def is_a(self, symbol: Symbol | None, role: str) -> bool:
        """Whether SYMBOL, or what it extends, plays ROLE."""
        if symbol is None:
            return False
        roles = self._memory.roles.get(id(symbol))
        if roles is None:
            roles = frozenset(role for one in self.lineage(symbol) for role in one.roles)
            self._memory.roles[id(symbol)] = roles
        return role in roles

    def lineage(self, symbol: Symbol) -> tuple[Symbol, ...]:
        """SYMBOL and what it extends, nearest first, each once."""
        known = self._memory.lineages.get(id(symbol))
        if known is None:
            known = self._memory.lineages[id(symbol)] = tuple(_lineage(self, symbol))
        return known

    def facts(self, symbol: Symbol) -> tuple[Fact, ...]:
        """The facts of SYMBOL; what it extends answers for the checks it does not speak of itself."""
        known = self._memory.facts.get(id(symbol))
        if known is None:
            known = self._memory.facts[id(symbol)] = tuple(_facts(self, symbol))
        return known


class _Memory(NamedTuple):
    """What a catalogue has answered; its symbols, which live as long as it does, by identity."""

    libraries: dict[str, Library | None]
    found: dict[str, Symbol | None]
    roles: dict[int, frozenset[str]]
    lineages: dict[int, tuple[Symbol, ...]]
    facts: dict[int, tuple[Fact, ...]]


def _lineage(catalog: Catalog, symbol: Symbol) -> Iterator[Symbol]:
    seen: set[str] = set()
    queue = [symbol]
    while queue:
        one = queue.pop(0)
        if one.path in seen:
            continue
        seen.add(one.path)
        yield one
        queue += [found for name in one.extends if (found := catalog.by_path.get(name))]


def _facts(catalog: Catalog, symbol: Symbol) -> Iterator[Fact]:
    said: set[str] = set()
    for one in catalog.lineage(symbol):
        yield from (fact for fact in one.facts if fact.check not in said)
        said |= {fact.check for fact in one.facts}


def _find(catalog: Catalog, path: str, depth: int) -> Symbol | None:
    found = catalog.by_path.get(path)
    if found or depth > 8:
        return found
    owner, dot, name = path.rpartition(".")
    if not dot:
        return None
    holder = _find(catalog, owner, depth + 1)
    if holder is None:
        return _chained(catalog, path)
    for one in list(catalog.lineage(holder)):
        found = catalog.by_path.get(f"{one.path}.{name}")
        if found:
            return found
    return holder if holder.wildcard and not name.startswith("__") else None  # dunder names are Python's own


def _chained(catalog: Catalog, path: str) -> Symbol | None:
    """``Project.agents.threads.create`` where ``agents`` inherits ``threads.create``, written as one member."""
    owner, dot, rest = path.rpartition(".")
    while dot:
        owner, dot, name = owner.rpartition(".")
        rest = f"{name}.{rest}"
        holder = catalog.by_path.get(owner)
        for one in list(catalog.lineage(holder)) if holder is not None else ():
            found = catalog.by_path.get(f"{one.path}.{rest}")
            if found:
                return found
    return None


def load(paths: Iterable[Path]) -> Catalog:
    """Read catalogue files; raises CatalogError for one that breaks the format."""
    libraries = []
    for path in sorted(paths, key=lambda one: one.name):
        try:
            libraries.append(read(compiled.parse(path.read_bytes())))
        except _BROKEN as error:
            raise CatalogError(f"{path.name}: {error}") from error
    return build(libraries)


def build(libraries: Iterable[Library]) -> Catalog:
    """Index LIBRARIES. A path named twice belongs to the first library in name order."""
    held = tuple(libraries)
    by_path: dict[str, Symbol] = {}
    members: dict[str, list[str]] = {}
    roots: dict[str, Library] = {}
    for library in held:
        for root in library.imports:
            roots.setdefault(root, library)
        for symbol in library.symbols:
            for name in symbol.names:
                by_path.setdefault(name, symbol)
                owner, _, last = name.rpartition(".")
                members.setdefault(owner, []).append(last)
    return Catalog(held, by_path, {key: tuple(names) for key, names in members.items()}, roots)


@functools.lru_cache(maxsize=1)
def builtin() -> Catalog:
    """The catalogue that ships with factorlint."""
    import importlib

    folder = Path(str(importlib.import_module("factorlint.rules").__file__)).parent / "frameworks"
    paths = sorted(folder.glob("*.yaml"), key=lambda one: one.name)
    try:
        return build(read(data) for data in compiled.parsed(paths))
    except _BROKEN:
        return load(paths)  # says which file it is
