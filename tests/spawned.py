"""What workers are told to do in tests: in a module of its own, which a new interpreter can import."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any


def answer(item: Any) -> Any:
    """Module-level, for spawn: do what ITEM says."""
    if item == "crash":
        return 1 // 0
    if item == "segfault":
        return ctypes.string_at(0)
    if item == "exit":
        os._exit(3)
    if item == "hang":
        while True:
            pass
    if item == "eat":
        return len(bytearray(10**10))
    if item == "abort":
        os.abort()
    if item == "quit":
        sys.exit("enough")
    if item == "lambda":
        return lambda: None
    return (item, "done")
