"""The tree in parts that have nothing to do with one another: no file of one imports a file of another.

What is said of a part rests on its own files, on the names of all files and on the pinned versions. So a part that is
as it was need not be asked again, and what a file happens to be called cannot matter to strangers in the same tree.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass

from factorlint.imports import Graph
from factorlint.model import Problem, Site
from factorlint.source import Source

_CLASS = re.compile(r"^[ \t]*class\s+\w+\s*\(", re.MULTILINE)


def digest(text: str) -> str:
    """A short name for TEXT, which may hold paths that are no text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


@dataclass(frozen=True)
class Part:
    """``files`` are those that matter; classes ``beside`` them may fill in what these leave open. All sorted."""

    files: tuple[str, ...]
    beside: tuple[str, ...] = ()

    def name(self, sources: Mapping[str, Source], wanted: Set[str], context: str) -> str:
        """A name for the part as it is, for which of it is WANTED, and for the CONTEXT that an answer rests on too."""
        rows = [
            (path, sources[path].digest, sources[path].role.value, path in wanted)
            for path in (*self.files, *self.beside)
        ]
        return digest(repr((context, len(self.files), rows)))


@dataclass(frozen=True)
class Said:
    """What there is to say of a part: how many of its files were analysed, and what was found in those wanted."""

    analysed: int
    sites: tuple[Site, ...]
    problems: tuple[Problem, ...]


def parts(texts: Mapping[str, str], graph: Graph) -> tuple[Part, ...]:
    """The parts of a tree whose imports are GRAPH, in the order of their first files."""
    beside = _beside(texts, graph)
    members = graph.matter | beside
    leader = {path: path for path in members}

    def lead(path: str) -> str:
        while leader[path] != path:
            leader[path] = path = leader[leader[path]]
        return path

    for path in members:
        folder = path.rpartition("/")[0]
        package = f"{folder}/__init__.py" if folder else "__init__.py"
        for other in (*graph.uses.get(path, ()), package):
            if other in members:
                first, second = sorted((lead(path), lead(other)))
                leader[second] = first
    held: dict[str, tuple[list[str], list[str]]] = {}
    for path in sorted(members):
        held.setdefault(lead(path), ([], []))[path in beside].append(path)
    return tuple(Part(tuple(files), tuple(others)) for _, (files, others) in sorted(held.items()))


def _beside(texts: Mapping[str, str], graph: Graph) -> frozenset[str]:
    """The files with a class that may extend one of a file that matters, or of one of these."""
    users: dict[str, list[str]] = {}
    for path, targets in graph.uses.items():
        for target in targets:
            users.setdefault(target, []).append(path)
    found: set[str] = set()
    queue = sorted(graph.matter)
    while queue:
        for path in users.get(queue.pop(), ()):
            if path not in graph.matter and path not in found and _CLASS.search(texts[path]):
                found.add(path)
                queue.append(path)
    return frozenset(found)
