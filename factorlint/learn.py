"""One file → its Facts, or the Problem that it is. What runs in a worker: it sees one text and nothing else."""

from __future__ import annotations

import ast
import warnings

from factorlint import guard
from factorlint.facts import Facts
from factorlint.model import Problem
from factorlint.packed import Packed, pack
from factorlint.source import Source
from factorlint.statements import learn
from factorlint.worker import TOO_DEEP


def pack_one(one: Source) -> Packed | Problem:
    """The same, ready to be sent and kept."""
    found = learn_one(one)
    if isinstance(found, Problem):
        return found
    try:
        return pack(found)
    except RecursionError:
        return Problem(one.path, None, "not-analysed", TOO_DEEP)


def learn_one(one: Source) -> Facts | Problem:
    """One file → Facts, or the Problem that it is."""
    reason = guard.refuse(one.text)
    if reason is not None:
        return Problem(one.path, None, "not-analysed", f"not given to the parser: {reason}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an audited file's invalid escapes are not ours to print
            flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            tree = compile(one.text, one.path, "exec", flags, dont_inherit=True)
        return learn(one.path, tree)
    except SyntaxError as error:
        return _newer_syntax(one, error)
    except (ValueError, RecursionError, MemoryError) as error:
        return Problem(one.path, None, "parse-error", f"{type(error).__name__}: too deep or too odd to read")


def _newer_syntax(one: Source, error: SyntaxError) -> Facts | Problem:
    """Syntax newer than the running Python is rewritten as older, if LibCST can read it."""
    from factorlint import older

    tree = older.parse(one.text)
    if tree is not None:
        return learn(one.path, tree)
    cell, line = one.locate(error.lineno or 1)
    where = f" (cell {cell})" if cell is not None else ""
    return Problem(one.path, line, "parse-error", f"{error.msg}{where}")
