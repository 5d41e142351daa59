"""The installed command in a process of its own, as people run it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

PROGRAM = shutil.which("factorlint", path=sysconfig.get_path("scripts")) or "factorlint"
PATIENCE = 120  # seconds: more is a hang


class Done(NamedTuple):
    """What one run came to."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.out)
        return loaded

    def lines(self, check: str, status: str = "new") -> list[int]:
        """The lines of the findings of CHECK with this STATUS, in a run that printed JSON."""
        return [one["line"] for one in self.report["sites"] if (one["code"], one["status"]) == (check, status)]


def call(folder: Path, *words: str, env: Mapping[str, str] | None = None, stdin: str | None = None) -> Done:
    """Run the command with WORDS in FOLDER; ENV is laid over ours."""
    done = subprocess.run(
        [PROGRAM, *words],
        cwd=folder,
        env={**os.environ, **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def put(root: Path, files: Mapping[str, str]) -> Path:
    """Write FILES (name → text) under ROOT."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def notebook(*cells: str) -> str:
    """A notebook of code CELLS."""
    rows = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": cell} for cell in cells]
    return json.dumps({"cells": rows, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
