"""Where a package lies, so that it can be read: the project's virtual environment, another Python's, or a wheel.

Nothing found here is imported, run or unpacked. Texts larger than `LIMIT` are not read.
"""

from __future__ import annotations

import functools
import os
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

LIMIT = 4_000_000  # bytes of one file of a package
_SITES = (
    "lib/python3*/site-packages",
    "lib64/python3*/site-packages",
    "lib/python3*/dist-packages",
    "Lib/site-packages",
)
_INFO = re.compile(r"^([^/]+)-([^-/]+)\.dist-info(/|$)")


class NotFound(ValueError):
    """There is no such environment or wheel; the message says which."""


@dataclass(frozen=True)
class Folder:
    """A site-packages folder; ``path`` is what a reader is shown."""

    path: Path

    def read(self, name: str) -> str | None:
        """The text at NAME (posix, from the folder), None if there is none that can be read."""
        file = self.path / name
        try:
            if not file.is_file() or file.stat().st_size > LIMIT:
                return None
            return file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None

    def under(self, top: str) -> Iterator[str]:
        """The names of the files below the package folder TOP, in order."""
        for folder, folders, files in os.walk(self.path / top):
            folders.sort()
            for file in sorted(files):
                yield PurePosixPath(Path(folder, file).relative_to(self.path)).as_posix()

    @functools.cached_property
    def versions(self) -> Mapping[str, str]:
        """Normalised name → version of every distribution that has left its metadata here."""
        return _versions(one.name for one in sorted(self.path.glob("*.dist-info")))


@dataclass(frozen=True)
class Wheel:
    """A wheel (or any zip laid out like site-packages), read in place."""

    path: Path

    @functools.cached_property
    def _zip(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self.path)
        except (OSError, zipfile.BadZipFile) as error:
            raise NotFound(f"{self.path}: {error}") from error

    def read(self, name: str) -> str | None:
        try:
            if self._zip.getinfo(name).file_size > LIMIT:
                return None
            return self._zip.read(name).decode("utf-8", errors="replace")
        except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
            return None

    def under(self, top: str) -> Iterator[str]:
        yield from sorted(name for name in self._zip.namelist() if name.startswith(f"{top}/"))

    @functools.cached_property
    def versions(self) -> Mapping[str, str]:
        return _versions(self._zip.namelist())


Place = Folder | Wheel


def places(start: Path, python: Path | None = None, wheels: Sequence[Path] = ()) -> tuple[Place, ...]:
    """Where packages may lie, likeliest first: WHEELS alone, or PYTHON's alone, or what START's project runs with.

    That is the nearest ``.venv`` or ``venv`` at or above START, then the active environment. Raises NotFound for a
    wheel or Python that is not there.
    """
    if wheels:
        for wheel in wheels:
            if not wheel.is_file():
                raise NotFound(f"no such wheel: {wheel}")
        return tuple(Wheel(wheel) for wheel in wheels)
    if python is not None:
        found = tuple(_folders(_prefix(python)))
        if not found:
            raise NotFound(f"no site-packages belongs to {python}")
        return found
    return tuple(dict.fromkeys(folder for prefix in _prefixes(start) for folder in _folders(prefix)))


def version(place: Place, packages: Iterable[str]) -> tuple[str, str] | None:
    """The first of PACKAGES that PLACE has, and its version."""
    for package in packages:
        found = place.versions.get(_normal(package))
        if found:
            return package, found
    return None


def _prefixes(start: Path) -> Iterator[Path]:
    for folder in (start, *start.parents):
        for name in (".venv", "venv"):
            if (folder / name / "pyvenv.cfg").is_file():
                yield folder / name
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        active = os.environ.get(variable)
        if active:
            yield Path(active)


def _prefix(python: Path) -> Path:
    """The environment that PYTHON, an executable or a folder, stands for; links are not followed out of it."""
    if python.is_dir():
        return python
    return python.parent.parent


def _folders(prefix: Path) -> Iterator[Folder]:
    if prefix.name in ("site-packages", "dist-packages"):
        yield Folder(prefix)
    for pattern in _SITES:
        for folder in sorted(prefix.glob(pattern), reverse=True):
            yield Folder(folder)
            yield from _linked(folder)


def _linked(folder: Path) -> Iterator[Folder]:
    """The folders that ``.pth`` files name: sources that were installed to be edited."""
    for file in sorted(folder.glob("*.pth")):
        try:
            with file.open("rb") as stream:
                lines = stream.read(LIMIT).decode("utf-8", "replace").splitlines()
        except OSError:
            continue
        for line in map(str.strip, lines):
            if os.path.isabs(line) and os.path.isdir(line):  # noqa: PTH112, PTH117 - a Path cannot be of any text
                yield Folder(Path(line))


def _versions(names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        match = _INFO.match(name)
        if match:
            found.setdefault(_normal(match[1]), match[2])
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
