"""Members that a package makes of descriptions in JSON when it runs: botocore's operations and boto3's resources."""

from __future__ import annotations

import functools
import gzip
import json
import re
from pathlib import Path

from proving.modules import Module
from proving.world import Found, World

_DESCRIPTIONS = ("botocore/data/*/*/service-2.json*", "boto3/data/*/*/resources-1.json")
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def described(world: World, path: str) -> Found | None:
    """The member at the end of PATH, if a description of a package in WORLD names it."""
    top, _, name = path.rpartition(".")
    if not top.partition(".")[0].endswith("boto3"):
        return None
    for needed in ("boto3", "botocore", "aioboto3"):
        world.module(needed)
    for package in world.packages:
        file = _names(package.folder.path).get(name)
        if file:
            return Found(Module(path, file, ""), beyond="")
    return None


@functools.lru_cache(maxsize=8)
def _names(folder: Path) -> dict[str, str]:
    """Member → the description that names it."""
    found: dict[str, str] = {}
    for pattern in _DESCRIPTIONS:
        for path in sorted(folder.glob(pattern)):
            data = path.read_bytes()
            told = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
            for name in _members(told):
                found.setdefault(name, path.relative_to(folder).as_posix())
    for path in sorted(folder.glob("boto3/*/*.py")):  # what it puts onto some services by hand
        for name in re.findall(
            r"^    def ([a-z]\w+)|class_attributes\[.(\w+).\]|^def ([a-z]\w+)", path.read_text("utf-8"), re.M
        ):
            found.setdefault("".join(name), path.relative_to(folder).as_posix())
    return found


def _members(told: object) -> set[str]:
    """The names of operations, actions and sub-resources, in the case that Python gives them."""
    if not isinstance(told, dict):
        return set()
    found = {_CAPITAL.sub("_", name).lower() for name in told.get("operations", ())}
    for part in (told.get("service", {}), *told.get("resources", {}).values()):
        found |= {_CAPITAL.sub("_", name).lower() for name in part.get("actions", ())}
        found |= set(part.get("has", ())) | {_CAPITAL.sub("_", name).lower() for name in part.get("hasMany", ())}
    return found
