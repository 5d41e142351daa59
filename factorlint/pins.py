"""Which versions of its libraries the audited tree runs on, by the files that say so.

Facts about libraries hold for some versions of them. What a project pins decides; where it pins nothing, the newest
version is taken.
"""

from __future__ import annotations

import functools
import os
import posixpath
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from factorlint import manifests
from factorlint.files import no_detour
from factorlint.manifests import Demand, Include, Odd
from factorlint.model import Problem

_DEPTH = 10  # requirement files that include each other
_CONDITION = re.compile(r"\s*(?P<name>[A-Za-z][\w.-]*[A-Za-z0-9])?\s*(?P<versions>.*?)\s*$")


@dataclass(frozen=True)
class Pin:
    """What one file says of the version of one package."""

    package: str  # normalised
    specifier: str  # PEP 440; empty where the package is named without a version
    file: str
    line: int | None
    locked: bool = False  # the version that a tool resolved, not one that somebody wished for


@dataclass(frozen=True)
class Pins:
    """For every package, the best word on its version of each folder that has one ("" is the root)."""

    folders: Mapping[str, Mapping[str, Pin]]
    problems: tuple[Problem, ...] = ()

    def find(self, package: str, path: str) -> Pin | None:
        """The pin of PACKAGE that holds for the file at PATH: of the nearest folder upwards.

        A lock further up is taken where it fits, because the members of a workspace share one.
        """
        said = self.folders.get(canonicalize_name(package))
        if not said:
            return None
        nearest: Pin | None = None
        for folder in _upwards(path):
            pin = said.get(folder)
            if pin is None:
                continue
            if nearest is None:
                nearest = pin
            elif pin.locked and not nearest.locked and _fits(pin.specifier, nearest.specifier):
                return pin
        return nearest

    def allows(self, package: str, versions: str, path: str) -> bool:
        """Whether the catalogue's condition VERSIONS holds for the file at PATH.

        Clauses are joined by ``;`` and speak of PACKAGE unless they name another. A range stands for the newest
        version in it. Raises ValueError for a condition that is none.
        """
        return all(
            _holds(newest(pin.specifier) if (pin := self.find(name or package, path)) else NEWEST, condition)
            for name, condition in _conditions(versions)
        )

    def assumes(self, package: str, path: str) -> bool:
        """Whether nothing says which version of PACKAGE runs the file at PATH, so that the newest is taken."""
        pin = self.find(package, path)
        return pin is None or newest(pin.specifier) == NEWEST


class Newest(NamedTuple):
    """The newest version that a pin allows: ``version`` itself, or all below it, or (None) all there are."""

    version: Version | None
    below: bool = False


NEWEST = Newest(None)


def read_pins(root: Path, paths: Sequence[str] | None = None) -> Pins:
    """What the files at PATHS (relative to ROOT; found there if not given) pin. Nothing of the tree is executed."""
    if paths is None:
        from factorlint import discover

        paths = discover.find(root).manifests
    problems: list[Problem] = []
    folders: dict[str, dict[str, Pin]] = {}
    for path in sorted(paths):
        folder = _folder(path)
        for pin in _pins(os.path.realpath(root), path, (), problems):
            said = folders.setdefault(pin.package, {})
            if folder not in said or _weight(pin) > _weight(said[folder]):
                said[folder] = pin
    return Pins(folders, tuple(dict.fromkeys(problems)))


def _pins(root: str, path: str, above: tuple[str, ...], problems: list[Problem]) -> Iterator[Pin]:
    """The pins of the file at PATH and of those it includes; ABOVE are the files that included it."""
    text = _text(root, path, problems)
    odd: list[Odd] = []
    for told in manifests.read(path.rpartition("/")[2], text) if text else ():
        if isinstance(told, Demand):
            yield Pin(canonicalize_name(told.package), told.specifier, path, told.line, told.locked)
        elif isinstance(told, Odd):
            odd.append(told)
        else:
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), told.file.replace("\\", "/")))
            if other not in (path, *above) and len(above) < _DEPTH and _inside(root, other, told):
                yield from _pins(root, other, (*above, path), problems)
    if odd:
        more = f" (and {len(odd) - 1} more)" if len(odd) > 1 else ""
        problems.append(Problem(path, odd[0].line, "pins", f"{odd[0].message}{more}"))


def _inside(root: str, path: str, told: Include) -> bool:
    """Whether an included file lies in the tree. Addresses and files that are not there are pip's to complain of."""
    if "://" in told.file or path.startswith(("/", "../")):
        return False
    try:
        real = os.path.realpath(os.path.join(root, path))  # noqa: PTH118
        return real.startswith(root.rstrip(os.sep) + os.sep) and os.path.isfile(real)  # noqa: PTH113
    except ValueError:
        return False


def _text(root: str, path: str, problems: list[Problem]) -> str:
    limit = manifests.limit(path.rpartition("/")[2])
    try:
        with open(os.path.join(root, path), "rb", opener=no_detour) as stream:  # noqa: PTH118
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                return ""
            data = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        problems.append(Problem(path, None, "unreadable", (getattr(error, "strerror", None) or str(error)).lower()))
        return ""
    if len(data) > limit:
        problems.append(Problem(path, None, "too-large", f"over {limit:,} bytes: its pins are not read"))
        return ""
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _folder(path: str) -> str:
    """The folder that the file at PATH speaks for: its own, and for one in ``requirements/`` the one above."""
    folder = posixpath.dirname(path)
    return posixpath.dirname(folder) if posixpath.basename(folder) == "requirements" else folder


def _upwards(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path


def _weight(pin: Pin) -> tuple[int, bool, Version]:
    """Locks over exact versions over ranges over mere names; of equals the one that allows the newest."""
    exact = all(clause.operator in ("==", "===") for clause in _specifiers(pin.specifier)) and pin.specifier
    allowed = newest(pin.specifier)
    rank = 3 if pin.locked else 2 if exact else 1 if pin.specifier else 0
    return (rank, allowed.version is None, allowed.version or Version("0"))


# -- versions ----------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=4096)
def newest(specifier: str) -> Newest:
    """The newest version that SPECIFIER allows. Pre-releases stand for the release that they lead to."""
    bounds = [bound for clause in _specifiers(specifier) if (bound := _upper(clause)) is not None]
    return min(bounds, key=lambda bound: (bound.version, not bound.below), default=NEWEST)


def _upper(clause: Specifier) -> Newest | None:
    version = clause.version.removesuffix(".*")
    try:
        parsed = Version(version)
    except InvalidVersion:
        return None
    if clause.operator == "<":
        return Newest(parsed, below=True)
    if clause.operator == "~=":
        return Newest(_next(parsed, len(parsed.release) - 1), below=True)
    if clause.operator == "==" and clause.version.endswith(".*"):
        return Newest(_next(parsed, len(parsed.release)), below=True)
    if clause.operator in ("==", "===", "<="):
        return Newest(Version(parsed.base_version))
    return None


def _next(version: Version, keep: int) -> Version:
    """The first release after all that share the first KEEP numbers of VERSION."""
    parts = version.release[: max(1, keep)]
    return Version(".".join(str(part) for part in (*parts[:-1], parts[-1] + 1)))


def _holds(told: Newest, condition: str) -> bool:
    wanted = _condition(condition)
    if told.version is not None and not told.below:
        return wanted.contains(told.version, prereleases=True)
    return all(_beyond(told.version, clause) for clause in wanted)


def _beyond(bound: Version | None, clause: Specifier) -> bool:
    """Whether CLAUSE holds for what is just below BOUND, or above everything (None)."""
    wild = clause.version.endswith(".*")
    version = Version(clause.version.removesuffix(".*"))
    over = bound is None or bound > version
    if clause.operator in (">=", ">"):
        return over
    if clause.operator in ("<", "<="):
        return not over
    if clause.operator == "~=" or wild:
        end = _next(version, len(version.release) - (clause.operator == "~="))
        within = over and bound is not None and bound <= end
        return within != (clause.operator == "!=")
    return clause.operator == "!="  # what is just below a bound is no version that anybody could name


@functools.lru_cache(maxsize=1024)
def _conditions(versions: str) -> tuple[tuple[str, str], ...]:
    parts = [_CONDITION.match(part) for part in versions.split(";") if part.strip()]
    return tuple((part["name"] or "", part["versions"]) for part in parts if part)


@functools.lru_cache(maxsize=1024)
def _condition(text: str) -> SpecifierSet:
    return SpecifierSet(text)


def _specifiers(text: str) -> tuple[Specifier, ...]:
    try:
        return tuple(_condition(text))
    except InvalidSpecifier:
        return ()


def _fits(locked: str, specifier: str) -> bool:
    version = newest(locked).version
    try:
        return version is not None and SpecifierSet(specifier).contains(version, prereleases=True)
    except InvalidSpecifier:
        return False
