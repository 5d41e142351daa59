"""What the catalogue claims of one library, and what became of each claim in the releases that were read."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from factorlint import passages
from factorlint.catalog import Catalog
from factorlint.entries import Fact, Library, Symbol
from proving.described import described
from proving.literals import Unknown, fallbacks, literal, same, written
from proving.signatures import REQUIRED, Taken, taken
from proving.sources import shown
from proving.wheels import Missing, Package, Shelf
from proving.world import Found, World, standard_worlds

_CLAUSE = re.compile(r"\s*(?P<name>[A-Za-z][\w.-]*[A-Za-z0-9])?\s*(?P<versions>.*?)\s*$")
KINDS = ("symbols", "arguments", "methods", "prompts", "sources")


class Claim(NamedTuple):
    """One claim. It drifts where ``wrong`` says why, is unproved where ``dark`` does, and is proved otherwise."""

    kind: str
    text: str
    seen: tuple[Package, ...] = ()  # the releases that show it
    wrong: str = ""
    dark: str = ""


@dataclass
class Proof:
    """All claims about one library."""

    library: Library
    releases: list[Package]
    claims: list[Claim] = field(default_factory=list)

    @property
    def drift(self) -> list[Claim]:
        return [one for one in self.claims if one.wrong]

    @property
    def unproved(self) -> list[Claim]:
        return [one for one in self.claims if one.dark and not one.wrong]


class Held(NamedTuple):
    """A symbol in one release: what its names lead to there, and all that these take."""

    package: Package
    world: World
    found: tuple[Found, ...]
    takes: tuple[Taken | None, ...]


def prove(library: Library, catalog: Catalog, shelf: Shelf) -> Proof:
    """Every claim of LIBRARY, held against the releases that its ``read:`` names."""
    worlds, gone = _worlds(library, catalog, shelf)
    proof = Proof(library, [one.own for one in worlds])
    proof.claims += [Claim("symbols", str(error), wrong="no such release") for error in gone]
    prover = _Prover(library, catalog, shelf, worlds)
    for symbol in library.symbols:
        proof.claims += prover.symbol(symbol)
    proof.claims += prover.card()
    return proof


def _worlds(library: Library, catalog: Catalog, shelf: Shelf) -> tuple[list[World], list[Missing]]:
    worlds, gone = [], []
    beside = [*library.packages, *library.read, *(name for one in catalog.libraries for name in one.read)]
    for name, versions in library.read.items():
        for version in versions:
            try:
                worlds.append(World(shelf, shelf.get(name, version), beside))
            except Missing as error:
                gone.append(error)
    roots = {name.partition(".")[0] for symbol in library.symbols for name in symbol.names}
    if roots & sys.stdlib_module_names:
        worlds += standard_worlds()
    return worlds, gone


def allows(versions: str, package: Package, library: Library) -> bool:
    """Whether the catalogue's bound VERSIONS lets PACKAGE in; it says nothing of packages that it does not name."""
    for part in versions.split(";"):
        clause = _CLAUSE.match(part)
        first = library.packages[0] if library.packages else package.name
        if clause and clause["versions"] and canonicalize_name(clause["name"] or first) == package.name:
            if not SpecifierSet(clause["versions"]).contains(package.version, prereleases=True):
                return False
    return True


@dataclass
class _Prover:
    library: Library
    catalog: Catalog
    shelf: Shelf
    worlds: list[World]

    def symbol(self, symbol: Symbol) -> Iterator[Claim]:
        within = [one for one in self.worlds if allows(symbol.versions, one.own, self.library)]
        where: dict[str, dict[str, Found]] = {}
        for name in symbol.names:
            where[name] = {str(world.own): found for world in within if (found := self._found(world, name)) is not None}
        yield from self._names(symbol, within, where)
        held = [one for world in within if (one := self._held(symbol, world, where)).found]
        held = [one for one in held if not all(found.beyond for found in one.found)] or held
        if not held:
            return
        yield from self._signature(symbol, held)
        yield from self._arguments(symbol, held)
        for name, rows in symbol.defaults.items():
            for versions, value in rows:
                yield self._default(symbol, name, versions, value, held)
        yield from self._prompts(symbol, held)
        yield from self._sources(symbol, held)

    # -- names -----------------------------------------------------------------------------------------------------

    def _found(self, world: World, name: str) -> Found | None:
        """What NAME is in WORLD, unless it lies in another package whose own releases are looked at."""
        found = self._find(world, name)
        home = world.home(name)
        read = {canonicalize_name(one) for one in self.library.read}
        return None if home is not None and home.name != world.own.name and home.name in read else found

    def _find(self, world: World, name: str) -> Found | None:
        found = world.find(name)
        if found is not None and not found.beyond:
            return found
        holder, member = self._split(name)
        for path in holder.returns if holder is not None else ():
            if "." in path:
                other = world.find(f"{path}.{member}") or self._find_elsewhere(f"{path}.{member}", world)
                if other is not None and not other.beyond:
                    return other
        return found or described(world, name)

    def _find_elsewhere(self, path: str, world: World) -> Found | None:
        """PATH, of another library: in the packages that this one asks for."""
        world.module(path.partition(".")[0])
        return world.find(path)

    def _split(self, name: str) -> tuple[Symbol | None, str]:
        """The catalogued symbol that NAME is a member of, and the rest of NAME."""
        parts = name.split(".")
        for end in range(len(parts) - 1, 0, -1):
            holder = self.catalog.by_path.get(".".join(parts[:end]))
            if holder is not None and holder.library == self.library.name:
                return holder, ".".join(parts[end:])
        return None, name

    def _of_an_heir(self, world: World, name: str) -> bool:
        """Whether a symbol that the catalogue lets inherit from the holder of NAME has this member."""
        holder, member = self._split(name)
        for one in {id(heir): heir for heir in self.catalog.by_path.values()}.values():
            if holder is not None and holder.path in one.extends:
                found = self._find_elsewhere(f"{one.path}.{member}", world)
                if found is not None and not found.beyond:
                    return True
        return False

    def _names(self, symbol: Symbol, within: list[World], where: Mapping[str, Mapping[str, Found]]) -> Iterator[Claim]:
        groups: dict[str, list[str]] = {}
        for name in symbol.names:
            holder, member = self._split(name)
            groups.setdefault(f".{member}" if holder is not None else name, []).append(name)
        for label, names in groups.items():
            kind = "methods" if label.startswith(".") else "symbols"
            text = names[0] if kind == "methods" else label
            founds = {key: found for name in names for key, found in where[name].items()}
            clear = {key for name in names for key, found in where[name].items() if not found.beyond}
            seen = tuple(world.own for world in within if str(world.own) in clear)
            if kind == "methods" and not seen:
                seen = tuple(world.own for world in within if self._of_an_heir(world, names[0]))
            if seen:
                yield Claim(kind, text, seen)
            elif self.library.anywhere:
                yield Claim(kind, text, dark="the package is generated for each project")
            elif founds:
                yield Claim(kind, text, dark=next(iter(founds.values())).beyond)
            elif symbol.source and "==" not in symbol.source:
                yield Claim(kind, text, dark=f"{symbol.source} is no release of a package")
            else:
                yield Claim(kind, text, wrong=f"not in {_listed(world.own for world in within)}")
        if symbol.versions and not self.library.anywhere:
            said = {key for founds in where.values() for key in founds}
            lacking = [world.own for world in within if str(world.own) not in said and self._speaks(symbol, world.own)]
            if lacking and said:
                yield Claim("symbols", f"{symbol.path} versions {symbol.versions}", wrong=f"not in {_listed(lacking)}")

    def _speaks(self, symbol: Symbol, package: Package) -> bool:
        """Whether the bound of SYMBOL speaks of PACKAGE."""
        names = {clause["name"] for part in symbol.versions.split(";") if (clause := _CLAUSE.match(part))}
        first = self.library.packages[0] if self.library.packages else ""
        return package.name in {canonicalize_name(name or first) for name in names}

    def _held(self, symbol: Symbol, world: World, where: Mapping[str, Mapping[str, Found]]) -> Held:
        found = {id(one.node): one for name in symbol.names if (one := where[name].get(str(world.own))) is not None}
        return Held(world.own, world, tuple(found.values()), tuple(taken(world, one) for one in found.values()))

    # -- parameters ------------------------------------------------------------------------------------------------

    def _signature(self, symbol: Symbol, held: list[Held]) -> Iterator[Claim]:
        wanted = list(symbol.signature)
        if not wanted:
            return
        text = f"{symbol.path}({', '.join(wanted)})"
        takes = [(one.package, take) for one in held for take in one.takes]
        seen = tuple(
            dict.fromkeys(package for package, take in takes if take and take.positional[: len(wanted)] == wanted)
        )
        real = [(package, take) for package, take in takes if take is not None]
        if seen:
            yield Claim("arguments", text, seen)
        elif not real or any(take.many and take.positional == wanted[: len(take.positional)] for _, take in real):
            yield Claim("arguments", text, dark=_why(held) or "further positions go to *args")
        else:
            package, take = real[-1]
            yield Claim("arguments", text, wrong=f"{package} has ({', '.join(take.positional)})")

    def _arguments(self, symbol: Symbol, held: list[Held]) -> Iterator[Claim]:
        told: dict[str, str] = {name: "" for names in symbol.arguments.values() for name in names}
        if "handlers" in symbol.arguments or "surface" in symbol.arguments:
            for key in ("handlers", "surface"):
                for name in symbol.arguments.get(key, ()):
                    told.pop(name, None)
        told |= dict.fromkeys(symbol.typed_by, "")
        for name, versions in [(name, fact.versions) for fact in symbol.facts for name in _tested(fact)]:
            told[name] = told.get(name, versions) and versions
        for name, versions in told.items():
            if name != "registered":
                yield self._argument(symbol, name, versions, held)

    def _argument(self, symbol: Symbol, name: str, versions: str, held: list[Held]) -> Claim:
        text = f"{symbol.path}({name}=)"
        within = [one for one in held if allows(versions, one.package, self.library)]
        seen = tuple(one.package for one in within if any(take and name in take.defaults for take in one.takes))
        if not within:
            return Claim("arguments", text, wrong=f"no release that was read is {versions}")
        if seen and not versions:
            return Claim("arguments", text, seen)
        lacking = [one for one in within if one.package not in seen]
        if not lacking:
            return Claim("arguments", text, seen)
        dark = _why(lacking) or self._added(name) or (self._shared(symbol, name) if not versions else "")
        if dark:
            return Claim("arguments", text, seen, dark=dark)
        where = f" (versions {versions})" if versions else ""
        return Claim(
            "arguments", text, seen, wrong=f"not a parameter in {_listed(one.package for one in lacking)}{where}"
        )

    def _shared(self, symbol: Symbol, name: str) -> str:
        """Which symbol has the parameter NAME, of those that share (by an anchor) the statement that speaks of it."""
        told = [fact for fact in symbol.facts if name in _tested(fact)]
        for one in self.library.symbols:
            same = any(fact in one.facts for fact in told)
            same = same or (one.arguments == symbol.arguments and name in sum(one.arguments.values(), ()))
            if one is symbol or not same:
                continue
            for world in self.worlds:
                found = self._found(world, one.path)
                take = taken(world, found) if found is not None else None
                if take is not None and name in take.defaults:
                    return f"it stands in what is said of {one.path} too, which has it"
        return ""

    def _added(self, name: str) -> str:
        """Which library that wraps other people's clients adds the parameter NAME."""
        for one in self.catalog.libraries:
            if one.name != self.library.name and any("structured-client" in symbol.roles for symbol in one.symbols):
                if any(name in symbol.typed_by for symbol in one.symbols):
                    return f"{one.name} adds it where it wraps this client"
        return ""

    def _default(self, symbol: Symbol, name: str, versions: str, value: Any, held: list[Held]) -> Claim:
        text = f"{symbol.path}({name}={value!r}){f' versions {versions}' if versions else ''}"
        within = [one for one in held if allows(versions, one.package, self.library)]
        seen, other, dark = [], [], ""
        for one in within:
            values = [
                literal(one.world, *take.defaults[name])
                for take in one.takes
                if take is not None and name in take.defaults
            ]
            if not any(same(value, real) for real in values) and values and None in values:
                values += [real for found in one.found for real in fallbacks(one.world, found, name)]
                told = [world for world in self.worlds if allows(versions, world.own, self.library)]
                values += [value] if any(written(world, name, value) for world in (one.world, *told)) else []
            if any(same(value, real) for real in values):
                seen.append(one.package)
            elif values and isinstance(values[0], Unknown):
                dark = dark or f"{one.package}: {values[0]}"
            elif values:
                other.append(f"{one.package}: {'required' if values[0] is REQUIRED else repr(values[0])}")
        if other:
            return Claim("arguments", text, tuple(seen), wrong=f"{len(other)} releases differ: {'; '.join(other)}")
        if seen:
            return Claim("arguments", text, tuple(seen))
        if not within:
            return Claim("arguments", text, wrong=f"no release that was read is {versions}")
        if not dark:  # it is told in a configuration, not to the call
            told = [one for one in self.worlds if allows(versions, one.own, self.library)]
            seen = [one.own for one in told if written(one, name, value)][:1]
        if seen:
            return Claim("arguments", text, tuple(seen))
        dark = dark or _why(within)
        return Claim("arguments", text, dark=dark, wrong="" if dark else "not a parameter, and no file says so")

    # -- prompts and sources ---------------------------------------------------------------------------------------

    def _prompts(self, symbol: Symbol, held: list[Held]) -> Iterator[Claim]:
        for fact in symbol.facts:
            within = [one for one in held if allows(fact.versions, one.package, self.library)]
            words = fact.hidden.get("text", "")
            places = [(fact.hidden["file"], fact.hidden.get("key", ""), words)] if fact.hidden else []
            places += [(one.file, one.key, "") for one in fact.sends]
            for file, key, text in dict.fromkeys(places):
                yield self._prompt(symbol, file, key, text, within)
            for name in {name for one in fact.sends for name in one.fill.values()}:
                yield self._argument(symbol, name, fact.versions, held)

    def _prompt(self, symbol: Symbol, file: str, key: str, words: str, held: list[Held]) -> Claim:
        label = f"{symbol.path}: {file} {key}".rstrip()
        seen, nearly = [], ""
        for one in held:
            for package in dict.fromkeys((*one.world.packages, *(world.own for world in self.worlds))):
                passage = passages.passage(package.folder, file, key, {}, words)
                if passage is None:
                    continue
                text = "".join(piece.text for piece in passage.pieces)
                if passages.folded(words) in passages.folded(text):
                    seen.append(one.package)
                    break
                nearly = f"{package}: it begins {passages.folded(text)[:60]!r}"
        wrong = "" if seen else nearly or f"not in {_listed(one.package for one in held)}"
        return Claim("prompts", label, tuple(seen), wrong)

    def _sources(self, symbol: Symbol, held: list[Held]) -> Iterator[Claim]:
        holders = {holder.path for name in symbol.names if (holder := self._split(name)[0]) is not None}
        names = {name.rpartition(".")[2] for name in (*symbol.names, *holders)}
        if symbol.source:
            yield self._source(symbol.path, symbol.source, names, held)
        for fact in symbol.facts:
            if fact.source:
                yield self._source(f"{symbol.path} {fact.check}", fact.source, names | _words(fact), held)

    def card(self) -> Iterator[Claim]:
        """The sources of what a person wrote for the scorecard."""
        rows = [
            (f"factor {number}", cell.source, f"{cell.owns} {cell.gives_back} {cell.code}")
            for number, cell in self.library.told.items()
        ]
        if self.library.stop is not None:
            rows.append(("stops", self.library.stop.source, f"{self.library.stop.how} {self.library.stop.code}"))
        for label, source, text in rows:
            if source:
                yield self._source(f"scorecard {label}", source, set(re.findall(r"[A-Za-z_]{4,}", text)), [])

    def _source(self, label: str, source: str, words: Iterable[str], held: list[Held]) -> Claim:
        found = [part for row in held for one in row.found for part in (one, row.world.held(one)) if part is not None]
        spans = [(one.module.file, one) for one in found]
        sharing = [
            one for one in self.library.symbols if one.source == source or source in {f.source for f in one.facts}
        ]
        words = {*words, *(name.rpartition(".")[2] for one in sharing for name in one.names)}
        outcome = shown(self.shelf, source, frozenset(words), spans)
        return Claim("sources", f"{label}: {source}", outcome.seen, outcome.wrong, outcome.dark)


def _tested(fact: Fact) -> Iterator[str]:
    """The arguments that a fact speaks of."""
    yield from (str(name) for row in (*fact.when, *fact.unless) for name in row)
    yield from (str(name) for one in fact.sends for row in one.when for name in row)
    if fact.at:
        yield fact.at


def _words(fact: Fact) -> set[str]:
    text = " ".join((fact.what, *fact.gives_back, fact.hidden.get("text", ""), fact.hidden.get("key", "")))
    return {*_tested(fact), *re.findall(r"[A-Za-z_]{4,}", text)}


def _why(held: Iterable[Held]) -> str:
    """Why the parameters cannot all be told, if they cannot."""
    for one in held:
        for found, take in zip(one.found, one.takes, strict=True):
            why = found.beyond or ("no signature can be read" if take is None else take.rest)
            if why:
                return f"{one.package}: {why}"
    return ""


def _listed(packages: Iterable[Package]) -> str:
    named = [str(one) for one in packages]
    return ", ".join(named[-4:]) + (f" and {len(named) - 4} more" if len(named) > 4 else "") if named else "no release"
