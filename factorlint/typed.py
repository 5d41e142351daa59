"""``-``: a file that an editor or a pipe hands in through standard input, under the name that it has or will have."""

from __future__ import annotations

import sys
from pathlib import Path

from factorlint.config import ConfigError
from factorlint.source import LIMIT

NAME = "stdin.py"  # what it is called where nobody says


def taken(paths: list[Path], name: Path | None) -> tuple[list[Path], bytes | None]:
    """PATHS with ``-`` replaced by NAME, and what came through standard input for it. Raises ConfigError."""
    if Path("-") not in paths:
        if name is not None:
            raise ConfigError("--stdin-filename names what '-' reads from standard input: give '-' as the path")
        return paths, None
    if len(paths) > 1:
        raise ConfigError("'-' is standard input, and no other path can stand beside it")
    return [name or Path(NAME)], sys.stdin.buffer.read(10 * LIMIT + 1)
