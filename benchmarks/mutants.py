"""How many small faults in the rules the fixtures would notice: mutation testing, in forked processes.

    python benchmarks/mutants.py [--module f08]... [--sample 40] [--seed N] [--out FILE]

Each mutant is one change of one rule module (a comparison or condition turned round, an operand dropped, a constant
changed, a statement left out, another return value). A forked process imports the changed text in place of the module
and runs those of the TESTS that come to the changed line at all, first those that have noticed something in this
module, then the quick ones; which come to a line is found out once, by tracing each test. A mutant that no test fails
has survived; survivors are printed for somebody to read. The rules' texts on the disk are never touched. Needs pytest,
and a system that forks.

No mutants are made of what is no decision: annotations, docstrings, decorators of classes, the number of steps after
which a walk along callers or names gives up (`depth`, `within`), and a question that the one beside it implies. A
mutant that somebody has read and found to be the same program stands in `equivalent_mutants.txt` with the reason; it
is counted by itself.
"""

from __future__ import annotations

import argparse
import ast
import copy
import gc
import importlib.abc
import importlib.util
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any, NamedTuple

import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "rules"
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.txt")
# What every rule says of every fixture, word by word, and the examples of the rules' own pages: no other test of the
# fixtures would fail where these two do not.
TESTS = ("tests/test_rules.py", "-k", "every_word or examples_are_true")
PATIENCE = 30  # seconds of computing: a mutant that takes longer hangs, which is noticed
_LOST = 255  # a child that ends before its tests do
PACKAGE = "factorlint.rules"
Lines = frozenset[tuple[str, int]]  # (module, line)
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
    """One change: the module, the function, the line, what it was and is, the lines that run it, the whole text."""

    module: str
    function: str
    line: int
    before: str
    after: str
    lines: Lines
    text: str

    @property
    def key(self) -> str:
        """What stands for it in the list of the equivalent ones."""
        return f"{self.module}:{self.function}: {_short(self.before)} -> {_short(self.after)}"


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of the module at PATH."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    passed_over = {id(one) for one in _no_decisions(tree)}
    around = _around(tree)
    for index, node in enumerate(ast.walk(tree)):
        if id(node) in passed_over or not isinstance(node, (ast.stmt, ast.expr)):
            continue
        for way in range(len(changes(node))):
            fresh = ast.parse(text)
            target = list(ast.walk(fresh))[index]
            before = ast.unparse(target)
            new = changes(target)[way]
            after = ast.unparse(new)
            _put(fresh, target, new)
            function, first, last = around[id(node)]
            lines = frozenset((path.stem, one) for one in range(first, last + 1))
            whole = ast.unparse(ast.fix_missing_locations(fresh))
            yield Mutant(path.stem, function, node.lineno, before, after, lines, whole)


def _no_decisions(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        held: list[ast.AST | None] = []
        if isinstance(node, (ast.arg, ast.AnnAssign)):
            held = [node.annotation]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            held = [node.returns, *(one for one in node.args.defaults if _about_depth(node))]
        elif isinstance(node, ast.ClassDef):
            held = [*node.decorator_list]
        elif isinstance(node, (ast.Assign, ast.keyword)) and _names_depth(node):
            held = [node.value]
        elif isinstance(node, (ast.Compare, ast.BinOp)) and _is_depth(node):
            held = [node]
        for one in held:
            if one is not None:
                yield from ast.walk(one)


def _about_depth(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(one.arg == "depth" for one in node.args.args)


def _names_depth(node: ast.Assign | ast.keyword) -> bool:
    return node.arg == "within" if isinstance(node, ast.keyword) else ast.unparse(node.targets[0]).endswith("DEPTH")


def _is_depth(node: ast.AST) -> bool:
    """``depth < 4``, ``depth + 1``: how far a walk goes before it gives up."""
    left = node.left if isinstance(node, (ast.Compare, ast.BinOp)) else None
    return isinstance(left, ast.Name) and left.id == "depth"


# Of an origin: what makes sure that an attribute is not None. A definition and an object of the tree have a place; a
# call was made somewhere.
_SURE = {
    "place": (("kind", "Kind.DEFINITION"), ("kind", "Kind.OBJECT")),
    "made": (("call", "None"),),
    "call": (("made", "None"),),
}


def _is_implied(operand: ast.expr, around: ast.BoolOp) -> bool:
    """``x.place is not None`` beside ``x.kind is Kind.DEFINITION``: only the type checker does not know it."""
    if not (isinstance(operand, ast.Compare) and isinstance(operand.left, ast.Attribute)):
        return False
    if not _is(operand.comparators[0], None) or operand.left.attr not in _SURE:
        return False
    of = ast.unparse(operand.left.value)
    sure = {f"{of}.{name} {sign} {value}" for name, value in _SURE[operand.left.attr] for sign in ("is", "is not")}
    return any(ast.unparse(one) in sure for one in around.values if one is not operand)


def _around(tree: ast.Module) -> dict[int, tuple[str, int, int]]:
    """Of each node the function it stands in, and the first and last line of what runs with it."""
    found: dict[int, tuple[str, int, int]] = {}

    def go(node: ast.AST, function: str, first: int, last: int) -> None:
        if isinstance(node, ast.stmt):
            first, last = first if _may_be_shared(node) else node.lineno, node.end_lineno or node.lineno
            inner = [one for name in ("body", "cases") for one in getattr(node, name, [])]
            if inner:
                last = max(first, getattr(inner[0], "lineno", getattr(inner[0], "pattern", node).lineno) - 1)
        found[id(node)] = (function, first, last)
        name = function
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            name = f"{function}.{node.name}".lstrip(".")
        for child in ast.iter_child_nodes(node):
            go(child, name, first, last)

    go(tree, "", 1, 1)
    return found


def _may_be_shared(node: ast.stmt) -> bool:
    """Whether the compiler may give a statement and another one like it a single line: a ``return True``, a `continue`.

    What stands around it is come to in any case.
    """
    plain = isinstance(node, ast.Return) and (node.value is None or isinstance(node.value, ast.Constant))
    return plain or isinstance(node, (ast.Continue, ast.Break, ast.Pass))


def changes(node: ast.AST) -> list[ast.AST]:
    """What NODE could be instead."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPPOSITE:
        return [ast.Compare(node.left, [_OPPOSITE[type(node.ops[0])]()], node.comparators)]
    if isinstance(node, ast.BoolOp):
        other = ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        kept = [at for at, one in enumerate(node.values) if not _is_depth(one) and not _is_implied(one, node)]
        return [other, *(_without(node, at) for at in kept)] if kept else []  # each of them implies the other
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return [node.operand]
    if isinstance(node, (ast.If, ast.IfExp)):
        return [_with(node, "test", ast.UnaryOp(ast.Not(), node.test))]
    if isinstance(node, ast.comprehension) and node.ifs:
        return []
    if isinstance(node, ast.Return) and node.value is not None and not _is(node.value, None, True, False):
        return [ast.Return(ast.Constant(None))]  # of True and False the constant itself is turned round
    if isinstance(node, ast.Constant) and isinstance(node.value, (bool, int)):
        return [ast.Constant(not node.value if isinstance(node.value, bool) else node.value + 1)]
    if isinstance(node, (ast.Continue, ast.Break)):
        return [ast.Pass()]
    if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant):
        return [ast.Pass()]  # a call for its effect, a yield
    if isinstance(node, ast.AugAssign):
        return [ast.Pass()]
    return []


def _is(node: ast.expr, *values: object) -> bool:
    return isinstance(node, ast.Constant) and any(node.value is one for one in values)


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


class _Traced:
    """The lines that are come to while it is on, of the rules that are to be changed."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        self.modules = modules
        self.lines: set[tuple[str, int]] = set()
        self.known: dict[CodeType, str | None] = {}

    def module(self, code: CodeType) -> str | None:
        if code not in self.known:
            path = Path(code.co_filename)
            of_rules = path.parent.name == "rules" and path.suffix == ".py"
            self.known[code] = path.stem if of_rules and path.stem.startswith(self.modules) else None
        return self.known[code]

    def __call__(self, frame: FrameType, event: str, argument: object) -> Any:
        module = self.module(frame.f_code)
        if module is None:
            return None
        self.lines.add((module, frame.f_lineno))
        return self


class Bench:
    """A plugin of pytest: the tests are collected, and instead of being run once, run on mutants."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.modules = tuple(given.module or [""])  # the beginnings of their names
        self.equivalent = _equivalent()
        self.reached: dict[str, Lines] = {}  # of each test the lines that it comes to
        self.seconds: dict[str, float] = {}  # of computing
        self.noticed: Counter[tuple[str, str]] = Counter()  # (module, test) → its mutants that the test killed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        _forget_rules()
        gc.collect()
        gc.freeze()
        for item in session.items:
            self._look_at(item)
        self._all(session.items)
        return True

    def _look_at(self, item: pytest.Item) -> None:
        """What a test comes to, and how long it takes."""
        with tempfile.TemporaryFile("w+") as told:

            def trace() -> int:
                traced = _Traced(self.modules)
                sys.settrace(traced)
                code = _run([item])
                sys.settrace(None)
                told.write(json.dumps(sorted(traced.lines)))
                told.flush()
                return code

            code, seconds = _forked(trace)
            if code:
                raise SystemExit(f"{item.nodeid} fails without any mutant")
            told.seek(0)
            self.reached[item.nodeid] = frozenset((module, line) for module, line in json.load(told))
            self.seconds[item.nodeid] = seconds

    def survives(self, mutant: Mutant, items: Sequence[pytest.Item]) -> bool:
        """Whether no test fails with MUTANT."""
        chosen = [one for one in items if mutant.lines & self.reached[one.nodeid]]
        chosen.sort(key=lambda one: (-self.noticed[mutant.module, one.nodeid], self.seconds[one.nodeid]))

        def run() -> int:
            sys.meta_path.insert(0, _Changed(mutant))
            return _run(chosen)

        code = _forked(run)[0] if chosen else 0
        if 0 < code <= len(chosen):
            self.noticed[mutant.module, chosen[code - 1].nodeid] += 1
        return not code

    def _all(self, items: Sequence[pytest.Item]) -> None:
        dice = random.Random(self.given.seed)
        rows: list[tuple[str, int, int, int]] = []
        left: list[Mutant] = []
        for path in sorted(RULES.glob("*.py")):
            if path.stem == "__init__" or not path.stem.startswith(self.modules):
                continue
            every = list(mutants(path))
            chosen = dice.sample(every, min(self.given.sample or len(every), len(every)))
            same = [one for one in chosen if one.key in self.equivalent]
            survivors = []
            for one in sorted(chosen, key=lambda one: one.line):
                if one not in same and self.survives(one, items):
                    survivors.append(one)
                    print(f"  {one.module}.py:{one.line}: {_short(one.before)}  ->  {_short(one.after)}", flush=True)
            rows.append((path.stem, len(chosen) - len(same) - len(survivors), len(chosen) - len(same), len(same)))
            left += survivors
            print(_row(*rows[-1], f", of {len(every)} there are"), flush=True)
            if self.given.out:
                told = [{**one._asdict(), "lines": [], "text": "", "key": one.key} for one in left]
                self.given.out.write_text(json.dumps({"tried": rows, "survivors": told}, indent=1) + "\n")
        killed, tried = sum(row[1] for row in rows), sum(row[2] for row in rows)
        share = 100 * killed / max(1, tried)
        print(_row("all", killed, tried, sum(row[3] for row in rows), f": {share:.1f} %"))


def _row(name: str, killed: int, tried: int, same: int, more: str) -> str:
    return f"{name:40} {killed:4} of {tried:4} killed, {same:3} equivalent{more}"


def _equivalent() -> frozenset[str]:
    """The mutants that are the same program: a line each, the reason under them."""
    lines = EQUIVALENT.read_text(encoding="utf-8").splitlines() if EQUIVALENT.exists() else []
    return frozenset(line.strip() for line in lines if " -> " in line)


def _forget_rules() -> None:
    """As if no rule had been imported: a child imports them anew, one of them changed."""
    for name in [one for one in sys.modules if one == PACKAGE or one.startswith(f"{PACKAGE}.")]:
        del sys.modules[name]


def _run(items: Sequence[pytest.Item]) -> int:
    """In a child: which of the tests is the first that fails, counted from one; 0 if none does."""
    for number, item in enumerate(items, 1):
        if any(one.failed for one in runtestprotocol(item, log=False, nextitem=None)):
            return number
    return 0


def _forked(work: Any) -> tuple[int, float]:
    """What WORK ends with in a process of its own, and the seconds of computing that it takes."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        code = _LOST
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE))
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nowhere, stream)
            code = work()
        finally:
            os._exit(code)
    end = time.monotonic() + 200 * PATIENCE  # for one that sleeps; the machine may be busy
    while time.monotonic() < end:
        done, status, used = os.wait4(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            return (code if code >= 0 else _LOST), used.ru_utime + used.ru_stime
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return _LOST, 0.0


def _here(work: Any, items: Sequence[Any], **_: object) -> Iterator[tuple[Any, Any]]:
    """In place of the workers of a run: a child here is one already, and what they come to could not be traced."""
    for item in items:
        yield item, work(item)


def _short(code: str) -> str:
    line = code.strip().split("\n")[0]
    return line if len(line) < 90 else line[:87] + "..."


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--module", action="append", help="the beginning of a module's name; all without it")
    parser.add_argument("--sample", type=int, default=40, help="mutants of each module; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="where the survivors are written to, as JSON")
    given = parser.parse_args()
    from factorlint import catalog, run, testing, visit, workers  # noqa: F401 - once, before the forks

    workers.each = _here
    catalog.builtin()
    os.chdir(ROOT)
    return int(pytest.main(["-q", "-s", "-p", "no:cacheprovider", *TESTS], plugins=[Bench(given)]))


if __name__ == "__main__":
    sys.exit(main())
