"""How many small faults in the rules the fixtures would notice: mutation testing, in forked processes.

    python benchmarks/mutants.py [--module f08]... [--sample 40] [--seed N] [--out FILE]

Each mutant is one change of one rule module (a comparison or condition turned round, an operand dropped, a constant
changed, a statement left out, another return value). A forked process imports the changed text in place of the module
and runs `tests/test_rules.py` and `tests/test_issues.py`, of a factor's own module the tests of that factor. A mutant
that no test fails has survived; survivors are printed for somebody to read. The rules' texts on the disk are never
touched. Needs pytest, and a system that forks.
"""

from __future__ import annotations

import argparse
import ast
import collections
import copy
import importlib.abc
import importlib.util
import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120  # seconds: a mutant that takes longer hangs, which is noticed
PACKAGE = "factorlint.rules"
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}


class Mutant(NamedTuple):
    """One change: the module, the line, what it was and is, and the whole text with it."""

    module: str
    line: int
    before: str
    after: str
    text: str


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of the module at PATH."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    for index, node in enumerate(ast.walk(tree)):
        for way in range(len(changes(node))):
            fresh = ast.parse(text)
            target = list(ast.walk(fresh))[index]
            before = ast.unparse(target)
            new = changes(target)[way]
            after = ast.unparse(new) if not isinstance(new, str) else new
            _put(fresh, target, new)
            yield Mutant(path.stem, node.lineno, before, after, ast.unparse(ast.fix_missing_locations(fresh)))


def changes(node: ast.AST) -> list[ast.AST]:
    """What NODE could be instead."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPPOSITE:
        return [ast.Compare(node.left, [_OPPOSITE[type(node.ops[0])]()], node.comparators)]
    if isinstance(node, ast.BoolOp):
        other = ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        return [other, *(_without(node, at) for at in range(len(node.values)))]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return [node.operand]
    if isinstance(node, (ast.If, ast.IfExp)):
        return [_with(node, "test", ast.UnaryOp(ast.Not(), node.test))]
    if isinstance(node, ast.comprehension) and node.ifs:
        return []
    if isinstance(node, ast.Return) and node.value is not None and not _is(node.value, None):
        return [ast.Return(ast.Constant(None))]
    if isinstance(node, ast.Constant) and isinstance(node.value, (bool, int)):
        return [ast.Constant(not node.value if isinstance(node.value, bool) else node.value + 1)]
    if isinstance(node, (ast.Continue, ast.Break)):
        return [ast.Pass()]
    if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant):
        return [ast.Pass()]  # a call for its effect, a yield
    if isinstance(node, ast.AugAssign):
        return [ast.Pass()]
    return []


def _is(node: ast.expr, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _with(node: ast.AST, name: str, value: ast.AST) -> ast.AST:
    new = copy.copy(node)
    setattr(new, name, value)
    return new


def _without(node: ast.BoolOp, at: int) -> ast.AST:
    rest = node.values[:at] + node.values[at + 1 :]
    return rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _put(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for holder in ast.walk(tree):
        for name, held in ast.iter_fields(holder):
            if held is old:
                setattr(holder, name, new)
            elif isinstance(held, list) and any(one is old for one in held):
                setattr(holder, name, [new if one is old else one for one in held])


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the mutant in place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if name != f"{PACKAGE}.{self.mutant.module}":
            return None
        return importlib.util.spec_from_loader(name, self, origin=str(ROOT / "rules" / f"{self.mutant.module}.py"))

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.mutant.text, f"{self.mutant.module}.py", "exec"), module.__dict__)


def survives(mutant: Mutant) -> bool:
    """Whether no test fails with MUTANT."""
    child = os.fork()
    if not child:
        _try(mutant)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _try(mutant: Mutant) -> None:
    """In the child: the tests, and out with their exit code."""
    import pytest

    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    sys.meta_path.insert(0, _Changed(mutant))
    os.chdir(ROOT)
    code = 3
    try:
        chosen = f"{mutant.module[:3]} or {mutant.module[4:].replace('_', '-')} or stays_mended"
        words = ["-k", chosen] if mutant.module.startswith("f") else []
        code = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *words, *TESTS]))
    finally:
        os._exit(code)


TESTS = ("tests/test_rules.py", "tests/test_issues.py")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--module", action="append", help="the beginning of a module's name; all without it")
    parser.add_argument("--sample", type=int, default=40, help="mutants of each module; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="where the survivors are written to, as JSON")
    given = parser.parse_args()
    import pytest  # noqa: F401 - once, before the forks

    from factorlint import run, testing, visit  # noqa: F401

    dice = random.Random(given.seed)
    tried: collections.Counter[str] = collections.Counter()
    left: list[Mutant] = []
    for path in sorted((ROOT / "rules").glob("*.py")):
        if path.stem == "__init__" or (given.module and not path.stem.startswith(tuple(given.module))):
            continue
        every = list(mutants(path))
        chosen = dice.sample(every, min(given.sample or len(every), len(every)))
        survivors = _survivors(sorted(chosen, key=lambda one: one.line))
        tried[path.stem] = len(chosen)
        left += survivors
        killed = len(chosen) - len(survivors)
        print(f"{path.stem:40} {killed:4} of {len(chosen):4} killed, of {len(every)} there are", flush=True)
        if given.out:
            rows = [{**one._asdict(), "text": ""} for one in left]
            given.out.write_text(json.dumps({"tried": dict(tried), "survivors": rows}, indent=1) + "\n")
    total = sum(tried.values())
    print(f"{'all':40} {total - len(left):4} of {total:4} killed: {100 * (1 - len(left) / max(1, total)):.1f} %")
    return 0


def _survivors(chosen: Sequence[Mutant]) -> list[Mutant]:
    left = []
    for one in chosen:
        if survives(one):
            left.append(one)
            print(f"  {one.module}.py:{one.line}: {_short(one.before)}  ->  {_short(one.after)}", flush=True)
    return left


def _short(code: str) -> str:
    line = code.strip().split("\n")[0]
    return line if len(line) < 90 else line[:87] + "..."


if __name__ == "__main__":
    sys.exit(main())
