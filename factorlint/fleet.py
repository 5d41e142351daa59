"""Many trees, each audited by itself: which they are, who works on them, and what is made of the answers."""

from __future__ import annotations

import importlib
import json
import os
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from factorlint import apart, gates, git, ranking, roles, workers
from factorlint.apart import Tree
from factorlint.config import ConfigError, Settings
from factorlint.model import Problem
from factorlint.model.trees import Ranking

LIMIT = 1_000_000  # bytes of a list of folders
_DEPTH = 3  # folders between a folder of clones and its clones: host, owner, name
_GRACE = 60.0  # seconds beyond a tree's own, in which its process is ended and its files are removed
_MEMORY_MB = 8_192  # that the process of one tree may take
_WAIT = 10.0  # seconds in which a cluster has to answer

Answer = dict[str, Any] | Problem


class Place(NamedTuple):
    """A tree as it was named, and where it lies."""

    named: str
    bare: bool

    @property
    def folder(self) -> str:
        return os.path.abspath(self.named)  # noqa: PTH100 - resolve() would follow links


def audit(named: Sequence[Path], settings: Settings, *, engine: str, seconds: float, tables: Path) -> Ranking:
    """Audit every tree that NAMED comes to, write the two tables to the folder TABLES, and rank the trees.

    SETTINGS hold for all of them; what a tree brings along is not asked. Raises ConfigError for an engine or a list
    that cannot be used, OSError for tables that cannot be written; what goes wrong with a tree is its row.
    """
    extra("pyarrow.parquet")
    from factorlint import tables as parquet

    told = replace(settings, jobs=1, source=None, baseline=None, since=None)
    trees = [Tree(repo, one.folder, one.bare, seconds, told) for repo, one in named_apart(places(named))]
    work = cluster(trees, engine) if engine != "local" else local(trees, settings.jobs)
    rows = [parquet.Rows.of(tree, answer) for tree, answer in work]
    parquet.write(tables, rows)
    return ranking.rank(rows)


def ending(ranking: Ranking) -> tuple[int, str]:
    """The exit code and the line that says why it is not 0 (empty where it is)."""
    failed = len(ranking.problems)
    if not failed:
        return gates.CLEAN, ""
    return gates.UNMET, f"{failed} of {failed + len(ranking.ranks) + len(ranking.silent)} trees could not be audited"


def extra(module: str) -> Any:
    """MODULE of the extra. Raises ConfigError where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ConfigError(f"{error}: pip install 'factorlint[fleet]'") from None


# -- which trees -------------------------------------------------------------------------------------------------------


def places(named: Sequence[Path]) -> list[Place]:
    """The trees that NAMED come to: folders, folders of clones, and text files with one of these a line."""
    found: dict[str, Place] = {}
    for one in named:
        for path in listed(one) if one.is_file() else [one]:
            for place in clones(path):
                found.setdefault(place.folder, place)
    return list(found.values())


def listed(file: Path) -> list[Path]:
    """The folders that the lines of FILE name, from its own folder; empty lines and comments (#) are skipped."""
    with file.open("rb") as stream:
        raw = stream.read(LIMIT + 1)
    if len(raw) > LIMIT:
        raise ConfigError(f"{file}: over {LIMIT:,} bytes")
    if b"\0" in raw:
        raise ConfigError(f"{file}: no list of folders")
    lines = (line.strip() for line in os.fsdecode(raw).splitlines())
    return [file.parent / line for line in lines if line and not line.startswith("#")]


def clones(folder: Path, depth: int = _DEPTH) -> list[Place]:
    """The trees in FOLDER: the clones below it, or itself if it is one, or looks like a project, or has none."""
    if git.bare(folder):
        return [Place(str(folder), True)]
    inside = _folders(folder) if depth and not _project(folder) else []
    below = [place for one in inside for place in clones(one, depth - 1) if place.bare or _cloned(place)]
    return below or [Place(str(folder), False)]


def _cloned(place: Place) -> bool:
    return (Path(place.named) / ".git").exists()


def _project(folder: Path) -> bool:
    names = [one.name for one in _entries(folder)]
    return any(name == ".git" or name.endswith(".py") or roles.manifest(name) for name in names)


def _folders(folder: Path) -> list[Path]:
    return sorted(Path(one.path) for one in _entries(folder) if one.is_dir(follow_symlinks=False))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as rows:
            return list(rows)
    except OSError:
        return []  # missing or closed to us: the audit says so


def named_apart(found: Sequence[Place]) -> list[tuple[str, Place]]:
    """Each tree under the shortest end of its path that no other has, in the order of these names."""
    paths = [one.folder.removesuffix(".git") if one.bare else one.folder for one in found]
    parts = [Path(path).parts for path in paths]
    lengths = [1] * len(parts)
    while True:
        names = ["/".join(words[-length:]) for words, length in zip(parts, lengths, strict=True)]
        taken = Counter(names)
        short = [at for at, name in enumerate(names) if taken[name] > 1 and lengths[at] < len(parts[at])]
        if not short:
            return sorted(zip(names, found, strict=True))
        for at in short:
            lengths[at] += 1


# -- who works ---------------------------------------------------------------------------------------------------------


def local(trees: Sequence[Tree], jobs: int) -> Iterator[tuple[Tree, Answer]]:
    """The answers of TREES, in their order, from as many processes as JOBS (0: one a core)."""
    count = jobs or os.cpu_count() or 1
    for tree, said in workers.each(apart.audit, trees, jobs=count, seconds=_patience, memory_mb=_MEMORY_MB, most=1):
        if isinstance(said, workers.Failure):
            said = Problem(".", None, said.kind, said.message)
        yield tree, answer(said)


def _patience(tree: Tree) -> float:
    return tree.seconds + _GRACE


def cluster(trees: Sequence[Tree], engine: str) -> Iterator[tuple[Tree, Answer]]:
    """The same from the Dask cluster at ENGINE, which schedules, and starts again what a lost worker had."""
    scheme, _, place = engine.partition("://")
    if scheme not in ("dask", "tcp", "tls") or not place:
        raise ConfigError(f"--engine expects local or dask://HOST:PORT, not {engine!r}")
    distributed = extra("distributed")
    address = f"{'tcp' if scheme == 'dask' else scheme}://{place}"
    try:
        client = distributed.Client(address, timeout=_WAIT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConfigError(f"--engine {engine}: no Dask scheduler answers there: {error}") from None
    with client:
        futures = deque(client.submit(apart.audit, tree, pure=False) for tree in trees)
        for tree in trees:
            yield tree, _result(futures.popleft())  # the cluster keeps the answers that somebody holds


def _result(future: Any) -> Answer:
    try:
        return answer(future.result())
    except Exception as error:  # whatever Dask has to say of a task that it gave up
        lost = type(error).__name__ == "KilledWorker"
        return Problem(".", None, "worker-died" if lost else "crash", f"{type(error).__name__}: {error}"[:300])


def answer(said: str | Problem) -> Answer:
    """What the process of a tree said, as data."""
    if isinstance(said, Problem):
        return said
    told: dict[str, Any] = json.loads(said)
    failed = told.get("failed")
    return Problem(".", None, failed["kind"], failed["message"]) if failed else told
