"""A tree → its files as texts, and which of them matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from factorlint import cache, catalog, discover, imports, parts, source
from factorlint.around import ALONE, Around
from factorlint.cache import Cache
from factorlint.catalog import Catalog
from factorlint.config import Settings
from factorlint.discover import Found
from factorlint.imports import Said
from factorlint.model import Problem, Role
from factorlint.modules import Modules
from factorlint.parts import Part
from factorlint.source import Source


@dataclass(frozen=True)
class Read:
    """The files of a tree as texts, what of them matters, and which file an import means."""

    sources: dict[str, Source]
    wanted: frozenset[str]
    direct: frozenset[str]
    parts: tuple[Part, ...]
    problems: tuple[Problem, ...]
    modules: Modules


def find(
    root: Path, paths: Sequence[Path], settings: Settings, around: Around = ALONE, kept: Cache = cache.NONE
) -> Found:
    """The files of the tree, without the packages that a library of the catalogue generates into it."""
    generated = kept.get("generated", "")
    if generated is None:
        generated = catalog.builtin().roots_anywhere
        kept.put("generated", [("", generated)])
    found = discover.find(
        root,
        paths,
        exclude=settings.exclude,
        extend_exclude=(*settings.extend_exclude, *generated),
        force_exclude=settings.force_exclude,
        notebooks=settings.notebooks,
        base=settings.base,
        watch=lambda count: around.watch("finding", count, 0),
    )
    return around.laid(found, root, paths)


def read(found: Found, known: Catalog, settings: Settings, around: Around = ALONE, kept: Cache = cache.NONE) -> Read:
    """Bytes → texts; the import lines alone tell which files matter."""
    files = [file for file in found.files if settings.include_tests or file.role is not Role.TEST]
    reading = around.over("reading", files, len(files))
    sources = {file.path: source.read(file, unsaved=around.unsaved.get(file.path)) for file in reading}
    tree = Modules(tuple(sorted(sources)), known, found.package)
    plain = {path: one.text for path, one in sources.items()}
    told = imports.joined(_said(sources, tree, kept))
    return Read(
        sources=sources,
        wanted=frozenset(file.path for file in files if file.wanted),
        direct=told.direct,
        parts=parts.parts(plain, told),
        problems=tuple(problem for path in sorted(sources) for problem in sources[path].problems),
        modules=tree,
    )


def _said(sources: Mapping[str, Source], tree: Modules, kept: Cache) -> dict[str, Said]:
    """What each file says about itself; of one that is as it was in a tree of the same files, what it said then."""
    name = parts.digest(repr((tree.package, tree.paths)))
    before: dict[str, tuple[str, Said]] = kept.get("imports", name) or {}
    same = {path: before[path][1] for path, one in sources.items() if path in before and before[path][0] == one.digest}
    fresh = imports.said({path: one.text for path, one in sources.items() if path not in same}, tree)
    told = {path: fresh[path] if path in fresh else same[path] for path in sources}
    if fresh:
        kept.put("imports", [(name, {path: (sources[path].digest, one) for path, one in told.items()})])
    return told
