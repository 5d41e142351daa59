"""The catalogue's YAML, parsed once: beside the code that Python compiles, and with the same trust.

Parsing it costs more than auditing a small tree. What is kept is plain JSON, bound to the very bytes that it was made
of; where it cannot be written, read or believed, the YAML is parsed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_NAME = "frameworks.json"


def parsed(paths: Sequence[Path]) -> list[Any]:
    """The data of YAML files that ship with the program, in the order of PATHS. Raises ValueError."""
    texts = [path.read_bytes() for path in paths]
    digest = hashlib.sha256(b"\0".join(texts)).hexdigest()
    kept = paths[0].parent.parent / "__pycache__" / _NAME if paths else None
    held = _read(kept, digest) if kept is not None else None
    if held is not None:
        return held
    data = [parse(text) for text in texts]
    if kept is not None and not sys.dont_write_bytecode:
        _write(kept, {"digest": digest, "data": data})
    return data


def parse(text: str | bytes) -> Any:
    """One YAML text as data, by a safe loader. Raises ValueError."""
    import yaml

    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _read(path: Path, digest: str) -> list[Any] | None:
    try:
        held = json.loads(path.read_bytes())
        return held["data"] if held["digest"] == digest and isinstance(held["data"], list) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, held: Any) -> None:
    """All or nothing, and nothing where this folder is not ours to write in."""
    with contextlib.suppress(OSError, TypeError):
        text = json.dumps(held, separators=(",", ":"))
        path.parent.mkdir(exist_ok=True)
        number, name = tempfile.mkstemp(dir=path.parent, prefix=_NAME)
        try:
            with os.fdopen(number, "w", encoding="utf-8") as stream:
                stream.write(text)
            Path(name).chmod(0o644)  # as readable as the code beside it
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
