"""The facts of a file as bytes: a sixth of the memory, and only who asks for a file unpacks it."""

from __future__ import annotations

import pickle
from typing import NamedTuple

from factorlint import nouns
from factorlint.facts import Facts
from factorlint.project import is_stub


class Packed(NamedTuple):
    """What one file told, on its way between processes and runs; ``leaves`` are its classes that leave methods open."""

    raw: bytes
    leaves: frozenset[str]


def pack(facts: Facts) -> Packed:
    """Raises RecursionError where an expression nests too deeply for this version of Python."""
    scopes = facts.scopes
    methods = [scope for scope in scopes if scope.parent >= 0 and scopes[scope.parent].kind == "class"]
    leaves = (
        scopes[scope.parent].name
        for scope in methods
        if is_stub(facts, scope, (one for one in facts.calls if one.scope == scope.id))
    )
    return Packed(pickle.dumps(facts, pickle.HIGHEST_PROTOCOL), frozenset(leaves))


def unpack(packed: Packed) -> Facts:
    facts: Facts = nouns.loads(packed.raw)
    return facts
