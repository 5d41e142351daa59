"""The files of a tree → which of them an import means."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from factorlint.catalog import Catalog

_SOURCE_ROOTS = frozenset(("src", "lib", "python", "backend", "app", "server"))


@dataclass(frozen=True)
class Modules:
    """All Python files of a tree, by their ``paths``, whether they matter or not.

    ``package`` is the name that the tree's own root is imported by, where the root is a package; else empty.
    """

    paths: Sequence[str]
    catalog: Catalog
    package: str = ""

    @functools.cached_property
    def _by_tail(self) -> Mapping[str, list[tuple[str, str]]]:
        """Last module name → (dotted module path, file), for every file of the tree."""
        tails: dict[str, list[tuple[str, str]]] = {}
        for path in sorted(self.paths):
            dotted = module_name(path)
            tails.setdefault(dotted.rpartition(".")[2], []).append((dotted, path))
        return tails

    @functools.cached_property
    def packages(self) -> frozenset[str]:
        """Folders with an ``__init__.py``."""
        return frozenset(path.rpartition("/")[0] for path in self.paths if path.endswith("__init__.py"))

    def module(self, name: str, importer: str, level: int = 0) -> str | None:
        """The file that IMPORTER means by module NAME, or None where it is not of this tree.

        An absolute name may start at any folder above the importer, at the importer's own (scripts are run so) or
        at a source root, which is no package itself. A library that the catalogue knows is never mistaken for a
        sibling inside a package.
        """
        folder = importer.rpartition("/")[0]
        key = (name, folder, level)
        held = self._resolved.get(key)
        if held is None:
            places = self._beside(name, folder, level) if level else self._named(name, folder)
            held = self._resolved[key] = tuple(places)
        return next((path for path in held if level or path != importer), None)

    @functools.cached_property
    def _resolved(self) -> dict[tuple[str, str, int], tuple[str, ...]]:
        return {}

    def _beside(self, name: str, folder: str, level: int) -> Iterator[str]:
        """What ``from ...NAME`` with LEVEL dots means in FOLDER."""
        for _ in range(level - 1):
            folder = folder.rpartition("/")[0]
        found = self.file_at("/".join((*filter(None, (folder,)), *filter(None, name.split(".")))))
        if found:
            yield found

    def _named(self, name: str, folder: str) -> Iterator[str]:
        """What ``import NAME`` may mean in FOLDER, the likeliest first."""
        known = self.catalog.library_of(name) is not None
        ranks: list[tuple[int, int, str]] = []
        for dotted, path in self._by_tail.get(name.rpartition(".")[2], ()):
            if dotted != name and not dotted.endswith(f".{name}"):
                continue
            root = dotted[: len(dotted) - len(name)].rstrip(".").replace(".", "/")
            above = not root or f"{folder}/".startswith(f"{root}/")
            if not above and (root.rpartition("/")[2] not in _SOURCE_ROOTS or root in self.packages):
                continue
            if not (known and root in self.packages):
                ranks.append((0 if above else 1, -len(root), path))
        yield from (path for _, _, path in sorted(ranks))
        if self.package and f"{name}.".startswith(f"{self.package}."):
            found = self.file_at("/".join(name.split(".")[1:]))
            if found:
                yield found

    def file_at(self, base: str) -> str | None:
        """The file of the module or package at BASE (without its ending), empty for the root."""
        for candidate in (f"{base}.py", f"{base}/__init__.py" if base else "__init__.py", f"{base}.ipynb"):
            if candidate in self._known:
                return candidate
        return None

    @functools.cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.paths)

    def submodule(self, package: str, name: str) -> str | None:
        """The file of submodule NAME of the package whose ``__init__.py`` is PACKAGE."""
        folder, _, file = package.rpartition("/")
        return self.file_at(f"{folder}/{name}" if folder else name) if file == "__init__.py" else None


def module_name(path: str) -> str:
    """``pkg/sub/mod.py`` → ``pkg.sub.mod``; a package's ``__init__`` is the package."""
    parts = path.split("/")
    stem, dot, _ = parts[-1].rpartition(".")
    parts[-1] = stem if stem and dot else parts[-1]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
