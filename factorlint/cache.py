"""What earlier runs found, kept for the next: the report on files that have not changed since, and the facts of each.

One SQLite file a version of factorlint, in the user's cache folder and never in an audited tree. It is believed only
where nobody else could have written it, and what is read from it can make nothing but the engine's own nouns. A cache
that cannot be opened, read or written costs time and changes nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from factorlint import __version__, nouns

if TYPE_CHECKING:
    import sqlite3

    from factorlint.model import Problem
    from factorlint.packed import Packed

Key = tuple[str, str]  # a file's path and the digest of its bytes
_MOST = 512 * 2**20  # bytes; a larger file is begun anew
_FRESH = 100_000_000  # nanoseconds in which a file may change again without its times telling
_SEAL = 16  # bytes
_AT_ONCE = 500  # keys in one query


class Cache:
    """An open cache. Every question may be answered with nothing."""

    def __init__(self, held: sqlite3.Connection | None) -> None:
        self._held = held

    def get(self, kind: str, key: str) -> Any:
        """What was put under KEY, or None."""
        for _, value in self.rows(kind, [key]):
            return value
        return None

    def put(self, kind: str, rows: Iterable[tuple[str, Any]]) -> None:
        """Keep ROWS (key, value) for the next run."""
        if self._held is None:
            return
        import sqlite3

        raws = []
        for key, value in rows:
            with contextlib.suppress(RecursionError):  # what nests so deep is asked for again
                raw = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
                raws.append((kind, key, _seal(kind, key, raw) + raw))
        with contextlib.suppress(sqlite3.Error), self._held:
            self._held.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", raws)

    def facts(self, keys: Iterable[Key]) -> dict[Key, Packed | Problem]:
        """What the files told, as far as they were read before."""
        names = {_named(key): key for key in keys}
        return {names[name]: value for name, value in self.rows("facts", list(names))}

    def keep_facts(self, told: Mapping[Key, Packed | Problem]) -> None:
        self.put("facts", ((_named(key), value) for key, value in told.items()))

    def rows(self, kind: str, names: list[str]) -> Iterator[tuple[str, Any]]:
        """Name and value of those of NAMES that something was put under."""
        if self._held is None:
            return
        import sqlite3

        for at in range(0, len(names), _AT_ONCE):
            some = names[at : at + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            query = f"SELECT key, raw FROM kept WHERE kind = ? AND key IN ({marks})"  # noqa: S608 - marks alone
            try:
                found = self._held.execute(query, (kind, *some)).fetchall()
            except sqlite3.Error:
                return
            for name, raw in found:
                with contextlib.suppress(Exception):  # whatever a damaged row raises, the work is done again
                    seal, held = raw[:_SEAL], raw[_SEAL:]
                    if seal == _seal(kind, name, held):
                        yield name, nouns.loads(held)


NONE = Cache(None)


@contextlib.contextmanager
def opened(folder: Path | None, wanted: bool = True) -> Iterator[Cache]:
    """The cache in FOLDER (the user's own without one), or one that knows nothing."""
    held = _connect(folder or _home()) if wanted else None
    try:
        yield Cache(held) if held is not None else NONE
    finally:
        if held is not None:
            held.close()


def signature(root: Path, asked: Iterable[str], paths: Iterable[str], began: int) -> str | None:
    """A name for the files at PATHS (relative to ROOT) as they are, unread, and for what was ASKED of them.

    None where one of them was changed so shortly before BEGAN (nanoseconds) that it may change again unnoticed.
    """
    digest = hashlib.blake2b(repr((str(root), *asked)).encode("utf-8", "surrogatepass"), digest_size=20)
    base = os.path.join(root, "")  # noqa: PTH118 - thousands of them
    for path in paths:
        try:
            told = os.lstat(base + path)
        except OSError as error:
            digest.update(f"{path}\0{error.errno}\0".encode("utf-8", "surrogatepass"))
            continue
        if max(told.st_mtime_ns, told.st_ctime_ns) > began - _FRESH:
            return None
        row = (told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_ino, told.st_mode)
        digest.update(f"{path}\0{row}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def now() -> int:
    """The time that file times are compared with, in nanoseconds."""
    return time.time_ns()


# -- the file ----------------------------------------------------------------------------------------------------------


def _connect(folder: Path) -> sqlite3.Connection | None:
    import sqlite3

    path = folder / f"{_edition()}.sqlite"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _ours(folder) or (os.path.lexists(path) and not _ours(path)):
            return None
        if path.exists() and path.stat().st_size > _MOST:
            path.unlink()
        for other in folder.glob("*.sqlite"):
            if other != path and time.time() - other.stat().st_mtime > 7 * 86_400:
                other.unlink()
        held = sqlite3.connect(path, timeout=2, isolation_level="DEFERRED")
    except (OSError, sqlite3.Error):
        return None
    try:
        held.execute("PRAGMA journal_mode = WAL")
        held.execute("PRAGMA synchronous = OFF")  # lost in a power cut, which costs time
        held.execute("CREATE TABLE IF NOT EXISTS kept (kind TEXT, key TEXT, raw BLOB, PRIMARY KEY (kind, key))")
    except sqlite3.Error:
        held.close()
        return None
    return held


def _home() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or ""
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "factorlint"  # noqa: PTH117


def _ours(path: Path) -> bool:
    """Whether nobody but this user can write PATH."""
    told = path.lstat()
    if not hasattr(os, "getuid"):
        return not path.is_symlink()
    return told.st_uid == os.getuid() and not told.st_mode & 0o022 and not path.is_symlink()


def _edition() -> str:
    """A name for this very program: what another wrote may mean something else."""
    package = Path(__file__).parent
    digest = hashlib.blake2b(f"{__version__} {sys.version}".encode(), digest_size=12)
    for folder in (package, *(package / one for one in ("model", "provenance", "report")), *_rules(package)):
        for entry in sorted(os.scandir(folder), key=lambda one: one.name):
            if entry.name.endswith((".py", ".yaml")):
                told = entry.stat()
                digest.update(f"{entry.name} {told.st_size} {told.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _rules(package: Path) -> list[Path]:
    """Where the rules and the catalogue lie, without importing them."""
    from importlib.util import find_spec

    spec = find_spec("factorlint.rules")
    roots = list(spec.submodule_search_locations or ()) if spec is not None else []
    return [path for root in roots for path in (Path(root), Path(root) / "frameworks")]


def _seal(kind: str, key: str, raw: bytes) -> bytes:
    """What tells that RAW is, bit by bit, what was put under KEY: SQLite would not notice a bit that a disk lost."""
    digest = hashlib.blake2b(f"{kind}\0{key}\0".encode("utf-8", "surrogatepass"), digest_size=_SEAL)
    digest.update(raw)
    return digest.digest()


def _named(key: Key) -> str:
    """Paths need not be text, and what SQLite looks up must be."""
    return hashlib.blake2b("\0".join(key).encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
