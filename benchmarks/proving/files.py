"""Dotted name → Module, in the folder of a package; each file is read once for all releases that build on it."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path

from proving.modules import Module
from proving.wheels import Package


def read(package: Package, name: str) -> Module | None:
    return _module_at(package.folder.path, name)


def stub_of(packages: Iterable[Package], module: Module) -> Module | None:
    """The types that a package ships beside MODULE, for names that only running it would make."""
    if module.file.endswith(".pyi"):
        return None
    for package in packages:
        path = package.folder.path / f"{module.file}i"
        if path.is_file():
            return _stub_at(module.name, module.file, path)
    return None


@functools.cache
def _stub_at(name: str, file: str, path: Path) -> Module:
    return Module(name, f"{file}i", path.read_text(encoding="utf-8", errors="replace"))


@functools.cache
def _module_at(folder: Path, name: str) -> Module | None:
    base = name.replace(".", "/")
    for file in (f"{base}/__init__.py", f"{base}.py", f"{base}/__init__.pyi", f"{base}.pyi"):
        path = folder / file
        if path.is_file():
            return Module(name, file, path.read_text(encoding="utf-8", errors="replace"), folder)
    if (folder / base).is_dir() and base:
        return Module(name, f"{base}/__init__.py", "", folder)
    return None
