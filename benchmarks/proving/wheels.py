"""Packages by name and version: downloaded by pip once, unpacked, and found again.

Nothing is installed. A wheel is wanted; only where a release has none is its source archive taken.
"""

from __future__ import annotations

import contextlib
import email.parser
import functools
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from factorlint.installed import Folder

_KINDS = (".py", ".pyi", ".json", ".json.gz", ".yaml", ".yml", ".md", ".txt", ".jinja", ".jinja2", ".j2", "METADATA")
_AWAY = ("NewConnectionError", "Max retries exceeded", "Name or service not known", "Temporary failure", "timed out")
_OTHERS = ("3.12", "3.10", "3.9", "3.8")  # Pythons whose wheels are taken where there is none for this one


class Missing(LookupError):
    """The index has no such release, or none that can be read; the message says which."""


class Unreachable(ConnectionError):
    """No index answers."""


@dataclass(frozen=True)
class Package:
    """One unpacked release."""

    name: str  # normalised
    version: Version
    folder: Folder

    @functools.cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """What its metadata asks for, extras included: a class may inherit from one that an extra brings."""
        found: list[Requirement] = []
        for file in sorted(self.folder.path.glob("*.dist-info/METADATA")) or sorted(self.folder.path.glob("PKG-INFO")):
            text = file.read_text(encoding="utf-8", errors="replace")
            for line in email.parser.HeaderParser().parsestr(text).get_all("Requires-Dist") or ():
                try:
                    found.append(Requirement(line))
                except InvalidRequirement:
                    continue
        return tuple(found)

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Shelf:
    """The packages under CACHE."""

    def __init__(self, cache: Path) -> None:
        self.archives = cache / "archives"
        self.trees = cache / "trees"
        self.archives.mkdir(parents=True, exist_ok=True)
        self._gone: dict[str, Missing] = {}

    def get(self, name: str, version: str) -> Package:
        """The release VERSION of NAME. Raises Missing or Unreachable."""
        plain, wanted = canonicalize_name(name), Version(version)
        archive = self._archive(plain, wanted)
        if archive is None:
            self._download(f"{name}=={version}")
            archive = self._archive(plain, wanted)
        if archive is None:
            raise Missing(f"{name}=={version} was not downloaded under its own name")
        return Package(plain, wanted, Folder(_unpacked(archive, self.trees / f"{plain}-{wanted}")))

    def fitting(self, wanted: Requirement, beside: Package) -> Package:
        """The newest release at hand that WANTED allows and that gets on with BESIDE, else the newest of the index.

        Raises like `get`.
        """
        plain = canonicalize_name(wanted.name)
        if not self._allowed(wanted):
            self._download(f"{wanted.name}{wanted.specifier}")
        allowed = self._allowed(wanted)
        if not allowed:
            raise Missing(f"{wanted.name}{wanted.specifier} was not downloaded under its own name")
        packages = (self.get(plain, str(version)) for version in sorted(allowed, reverse=True))
        return next((one for one in packages if self._agree(one, beside)), None) or self.get(plain, str(max(allowed)))

    def _allowed(self, wanted: Requirement) -> list[Version]:
        held = self._held.get(canonicalize_name(wanted.name), ())
        return [version for version in held if wanted.specifier.contains(version, prereleases=True)]

    def _agree(self, one: Package, other: Package) -> bool:
        """Whether a release at hand of every package that both ask for would do for both."""
        asked = {canonicalize_name(wanted.name): wanted for wanted in other.requirements}
        for wanted in one.requirements:
            name = canonicalize_name(wanted.name)
            if name == other.name and not wanted.specifier.contains(other.version, prereleases=True):
                return False
            if name in asked and self._held.get(name):
                both = Requirement(f"{name}{wanted.specifier & asked[name].specifier}")
                if not self._allowed(both):
                    return False
        return True

    @functools.cached_property
    def _held(self) -> dict[str, dict[Version, Path]]:
        found: dict[str, dict[Version, Path]] = {}
        for name, version, path in filter(None, map(_named, sorted(self.archives.iterdir()))):
            found.setdefault(name, {})[version] = path
        return found

    def _archive(self, name: str, version: Version) -> Path | None:
        return self._held.get(name, {}).get(version)

    def _download(self, what: str) -> None:
        if what in self._gone:
            raise self._gone[what]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--ignore-requires-python"]
        said = ""
        for choice in _choices():
            ended = subprocess.run(
                [*pip, *choice, "--dest", str(self.archives), what], capture_output=True, text=True, check=False
            )
            if ended.returncode == 0:
                self.__dict__.pop("_held", None)
                return
            said = ended.stderr
            if any(word in said for word in _AWAY):
                raise Unreachable(f"{what}: no index answers")
        self._gone[what] = Missing(f"{what}: {said.strip().splitlines()[-1] if said.strip() else 'pip failed'}")
        raise self._gone[what]


def standard() -> Package:
    """The library of the running Python."""
    folder = Folder(Path(sysconfig.get_path("stdlib")))
    return Package("python", Version(".".join(map(str, sys.version_info[:3]))), folder)


def _choices() -> Iterator[list[str]]:
    binary = ["--only-binary", ":all:"]
    yield binary
    for python in _OTHERS:
        yield [*binary, "--python-version", python]
    yield ["--no-binary", ":all:"]


def _named(path: Path) -> tuple[str, Version, Path] | None:
    try:
        if path.suffix == ".whl":
            name, version, _, _ = parse_wheel_filename(path.name)
            return name, version, path
        stem, _, version_text = path.name.removesuffix(".tar.gz").removesuffix(".zip").rpartition("-")
        return canonicalize_name(stem), Version(version_text), path
    except (InvalidWheelFilename, InvalidVersion):
        return None


def _unpacked(archive: Path, target: Path) -> Path:
    """The readable files of ARCHIVE under TARGET, which appears whole or not at all."""
    if target.is_dir():
        return target
    draft = target.with_name(f"{target.name}.part{os.getpid()}")
    if archive.name.endswith(".tar.gz"):
        with tarfile.open(archive) as tar:
            tar.extractall(draft, filter="data")
        (top,) = draft.iterdir()
        root = top / "src" if (top / "src").is_dir() else top
        return _placed(root, target, draft)
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(draft, [name for name in packed.namelist() if name.endswith(_KINDS)])
    draft.mkdir(exist_ok=True)
    return _placed(draft, target, draft)


def _placed(root: Path, target: Path, draft: Path) -> Path:
    with contextlib.suppress(OSError):  # another process was as quick
        root.rename(target)
    shutil.rmtree(draft, ignore_errors=True)
    return target
