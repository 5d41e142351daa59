"""rules/frameworks/*.yaml → Catalog: what each library symbol takes over and what it gives back.

The engine knows no framework by name; all such knowledge is data here. The format is explained for authors in
``docs/adding-a-framework.md`` and held by ``factorlint/catalog.schema.json``.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from factorlint import compiled
from factorlint.model import Owner
from factorlint.model.library import Cell, Grip, Stop

Condition = Mapping[str, Any]  # argument name → given | absent | truthy | falsy | {is: …} | {in: […]} | {has: …}


_BROKEN = (KeyError, TypeError, ValueError, AttributeError)  # what reading data of the wrong form raises


class CatalogError(ValueError):
    """A catalogue file that breaks the format; the message names the file and the symbol."""


@dataclass(frozen=True)
class Sent:
    """One piece of the text that a package sends: a file inside it and a key (``factorlint reveal`` reads it there).

    ``when`` lists alternatives under which it is sent; ``fill`` names the argument behind a hole of another name.
    """

    file: str
    key: str = ""
    when: tuple[Condition, ...] = ()
    fill: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fact:
    """What a symbol decides for one factor, and when.

    ``when`` lists alternatives (any may hold; none means always), ``unless`` lists alternatives that give the
    decision back. ``at`` names the argument at which the site lies. ``also`` are the implied factors with owners.
    """

    check: str
    owner: Owner | None
    what: str
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    at: str = ""
    gives_back: tuple[str, ...] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)
    sends: tuple[Sent, ...] = ()  # the whole text in order, where it is more than what ``hidden`` points at
    also: tuple[tuple[int, Owner], ...] = ()
    source: str = ""
    versions: str = ""


@dataclass(frozen=True)
class Symbol:
    """One class, function, method or decorator of a library; its first name is the canonical path."""

    names: tuple[str, ...]
    library: str
    roles: tuple[str, ...] = ()  # `is:` in YAML — what it is to the rules: agent, chat-model, memory, …
    does: str | None = None  # what a call of it does: call-model, run, step, same, …
    answer: str | None = None  # for call-model and run: response, text, typed, stream, messages
    typed_by: tuple[str, ...] = ()  # arguments that make the answer typed
    returns: tuple[str, ...] = ()  # dotted paths; `self` the receiver; `argument:NAME` that argument
    extends: tuple[str, ...] = ()
    signature: tuple[str, ...] = ()  # positional parameter names, receiver excluded
    arguments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    defaults: Mapping[str, tuple[tuple[str, Any], ...]] = field(default_factory=dict)  # name → (versions, value)…
    facts: tuple[Fact, ...] = ()
    versions: str = ""
    source: str = ""
    asynchronous: bool = False
    wildcard: bool = False  # any member of it behaves like it (a generated client)
    pipes: bool = False  # composes with `|`
    note: str = ""

    @property
    def path(self) -> str:
        return self.names[0]

    def parameter(self, role: str) -> tuple[str, ...]:
        """The argument names that play ROLE (``tools``, ``prompt``, ``limit``, …)."""
        return self.arguments.get(role, ())


@dataclass(frozen=True)
class Library:
    """One catalogue file."""

    name: str
    packages: tuple[str, ...]
    imports: tuple[str, ...]
    agentic: bool  # importing it makes a file matter
    shapes: Mapping[str, tuple[str, ...]]  # attribute names on a model's answer: text, calls, arguments, name, typed
    endpoints: tuple[str, ...]  # URL pieces of HTTP chat endpoints
    anywhere: bool  # the import root may stand at any depth (generated packages)
    kind: str
    read: Mapping[str, tuple[str, ...]]
    symbols: tuple[Symbol, ...]
    lookalikes: tuple[Mapping[str, Any], ...] = ()
    told: Mapping[int, Cell] = field(default_factory=dict)  # what a person wrote about a factor, for the scorecard
    stop: Stop | None = None


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


ROLES = frozenset(
    "agent team executor chain engine graph-builder graph workflow chat-model completion-model client embeddings field "
    "retriever memory store checkpointer session prompt-template parser tool tool-decorator toolkit message schema hub "
    "human approval interrupt hook retry stop fallback surface durable config structured-client pipe run-config "
    "channel database guardrail result mcp-server step clock random environment disconnect".split()
)
DOES = frozenset(
    "call-model run run-graph step make same ask-human interrupt approve resume save load parse route serve pull retry "
    "stop execute-tool validate none".split()
)
ANSWERS = frozenset("response text typed stream messages".split())


def load(paths: Iterable[Path]) -> Catalog:
    """Read catalogue files; raises CatalogError for one that breaks the format."""
    libraries = []
    for path in sorted(paths, key=lambda one: one.name):
        try:
            libraries.append(_library(compiled.parse(path.read_bytes())))
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


def _library(data: Mapping[str, Any]) -> Library:
    name = data["library"]
    symbols: list[Symbol] = []
    card = data.get("scorecard") or {}
    for row in data.get("symbols") or ():
        symbols += _symbols(name, row, None)
    return Library(
        name=name,
        packages=_strings(data.get("packages")),
        imports=_strings(data["imports"]),
        agentic=bool(data.get("agentic", True)),
        shapes={key: _strings(value) for key, value in (data.get("shapes") or {}).items()},
        endpoints=_strings(data.get("endpoints")),
        anywhere=bool(data.get("anywhere", False)),
        kind=data.get("kind", "agent-framework"),
        read={key: _strings(value) for key, value in (data.get("read") or {}).items()},
        symbols=tuple(symbols),
        lookalikes=tuple(data.get("lookalikes") or ()),
        told={int(factor): _told(int(factor), row) for factor, row in (card.get("factors") or {}).items()},
        stop=Stop(**card["stops"]) if card.get("stops") else None,
    )


def _told(factor: int, row: Mapping[str, Any]) -> Cell:
    if factor not in range(1, 14):
        raise CatalogError(f"scorecard: there is no factor {factor}")
    return Cell(factor=factor, **{**row, "grip": Grip(row["grip"])})


def _symbols(library: str, row: Mapping[str, Any], holders: tuple[str, ...] | None) -> Iterator[Symbol]:
    unknown = set(row) - _KEYS
    if unknown:
        raise CatalogError(f"{row.get('names')}: unknown keys {sorted(unknown)}")
    names = _strings(row["names"])
    if not names:
        raise CatalogError(f"a symbol of {library} has no name")
    if holders is not None:
        names = tuple(f"{holder}.{name}" for name in names for holder in holders)
    roles, does, answer = _strings(row.get("is")), row.get("does"), row.get("answer")
    if set(roles) - ROLES or (does and does not in DOES) or (answer and answer not in ANSWERS):
        raise CatalogError(f"{names[0]}: unknown word in is={roles} does={does} answer={answer}")
    yield Symbol(
        names=names,
        library=library,
        roles=roles,
        does=does,
        answer=answer,
        typed_by=_strings(row.get("typed_by")),
        returns=_strings(row.get("returns")),
        extends=_strings(row.get("extends")),
        signature=_strings(row.get("signature")),
        arguments={key: _strings(value) for key, value in (row.get("arguments") or {}).items()},
        defaults={key: _default(value) for key, value in (row.get("defaults") or {}).items()},
        facts=tuple(_fact(names[0], fact) for fact in row.get("facts") or ()),
        versions=row.get("versions", ""),
        source=row.get("source", ""),
        asynchronous=bool(row.get("async", False)),
        wildcard=bool(row.get("wildcard", False)),
        pipes=bool(row.get("pipes", False)),
        note=row.get("note", ""),
    )
    for method in row.get("methods") or ():
        yield from _symbols(library, method, names)


_KEYS = frozenset(
    "names is does answer typed_by returns extends signature arguments defaults facts versions source async wildcard "
    "pipes note methods".split()
)
_FACT_KEYS = frozenset("check owner what when unless at gives_back hidden sends also source versions".split())


def _fact(symbol: str, row: Mapping[str, Any]) -> Fact:
    unknown = set(row) - _FACT_KEYS
    if unknown:
        raise CatalogError(f"{symbol}: unknown keys {sorted(unknown)} in a fact")
    also = row.get("also") or ()
    return Fact(
        check=row["check"],
        owner=Owner(row["owner"]) if row.get("owner") else None,
        what=row.get("what", ""),
        when=_conditions(row.get("when")),
        unless=_conditions(row.get("unless")),
        at=row.get("at", ""),
        gives_back=_strings(row.get("gives_back")),
        hidden=row.get("hidden") or {},
        sends=tuple(Sent(**{**one, "when": _conditions(one.get("when"))}) for one in row.get("sends") or ()),
        also=tuple(
            (int(factor), Owner(owner))
            for factor, owner in (also.items() if isinstance(also, Mapping) else ((f, "framework") for f in also))
        ),
        source=row.get("source", ""),
        versions=row.get("versions", ""),
    )


def _conditions(value: Any) -> tuple[Condition, ...]:
    if not value:
        return ()
    rows = value if isinstance(value, list) else [value]
    for row in rows:
        for test in row.values():
            if test not in ("given", "absent", "truthy", "falsy") and not (
                isinstance(test, Mapping) and set(test) <= {"is", "in", "has", "not"}
            ):
                raise CatalogError(f"condition {row} is none of given, absent, truthy, falsy, is, in, has, not")
    return tuple(rows)


def _default(value: Any) -> tuple[tuple[str, Any], ...]:
    if isinstance(value, list) and all(isinstance(row, Mapping) and "value" in row for row in value) and value:
        return tuple((row.get("versions", ""), row["value"]) for row in value)
    return (("", value),)


def _strings(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(str(one) for one in value)


@functools.lru_cache(maxsize=1)
def builtin() -> Catalog:
    """The catalogue that ships with factorlint."""
    import importlib

    folder = Path(str(importlib.import_module("factorlint.rules").__file__)).parent / "frameworks"
    paths = sorted(folder.glob("*.yaml"), key=lambda one: one.name)
    try:
        return build(_library(data) for data in compiled.parsed(paths))
    except _BROKEN:
        return load(paths)  # says which file it is
