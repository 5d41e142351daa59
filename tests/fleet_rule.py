"""A rule that the fleet's tests plug in: it does to its process what the audited file asks for."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import libcst as cst

from factorlint.rule import Here, Mark, Rule


class Obedient(Rule):
    """Obeys a call of `hang`, `die` or `wait`."""

    factor = 8
    name = "obedient"
    checks = ()

    def visit_Call(self, node: cst.Call, here: Here) -> Iterator[Mark]:
        word = node.func.value if isinstance(node.func, cst.Name) else ""
        if word == "hang":
            time.sleep(600)
        if word == "die":
            os.kill(os.getppid(), signal.SIGKILL)
        if word == "wait":
            folder = Path(os.environ["FLEET_TEST"])
            (folder / f"{os.getppid()}.waiting").touch()
            while not (folder / "go").exists():
                time.sleep(0.05)
        yield from ()
