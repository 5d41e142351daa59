"""One file of the catalogue → a Library: what its symbols are, and the facts about each.

The format is explained for authors in ``docs/adding-a-framework.md`` and held by ``factorlint/catalog.schema.json``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from factorlint.model import Owner
from factorlint.model.library import Cell, Grip, Stop

Condition = Mapping[str, Any]  # argument name → given | absent | truthy | falsy | {is: …} | {in: […]} | {has: …}


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


def read(data: Mapping[str, Any]) -> Library:
    """The library that DATA, a file as YAML gives it, is about; KeyError and its like where the form is another."""
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
