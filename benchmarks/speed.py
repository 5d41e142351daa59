"""How long an audit takes, against ``ast.parse`` of every file in one process and against other linters.

    python benchmarks/speed.py --cache DIR [--rows small,medium,large,framework,sparse] [--rounds N] [--jobs N]
    python benchmarks/speed.py --cache DIR --profile --rows medium

The trees are pinned packages, downloaded once into DIR; ``sparse`` is made: --files files in folders of a hundred, 200
of them with an agent. A program that takes one file is given the tree's largest, changed since the round before.
How cost grows with lines is printed at the end: the exponent between the smallest tree and the largest.

Every round runs every program once, one after another, so that what else the machine does falls on all alike; medians
are printed. Needs factorlint installed beside this interpreter; ruff, flake8, bandit and vulture take part where they
are. Python must be able to keep what it compiles (no PYTHONDONTWRITEBYTECODE), as it is for users.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

_DENSE = (
    *("gpt-researcher==0.15.1", "metagpt==0.8.1", "open-interpreter==0.4.3", "langchain==1.1.0"),
    *("babyagi==0.1.2", "llama-deploy==0.9.1", "langgraph-supervisor==0.0.29"),
)
ROWS = {
    "small": ("babyagi==0.1.2",),
    "medium": _DENSE,  # agent code in most folders
    "large": (
        *_DENSE,
        *("letta==0.11.7", "open-webui==0.12.4"),
        *("django==5.2.8", "sqlalchemy==2.0.44", "apache-airflow-core==3.1.3"),  # no agent code
    ),
    "framework": ("langchain-core==1.1.0", "langgraph==1.0.4", "crewai==1.6.1"),  # everything matters
}
SPARSE = "sparse"
_AGENT = "from pydantic_ai import Agent\n\n\ndef ask(text):\n    return Agent('openai:gpt-4o').run_sync(text)\n"
YARDSTICK = """
import ast, pathlib, sys, warnings
warnings.simplefilter("ignore")
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    try:
        ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError):
        pass
"""


class Tree(NamedTuple):
    """A folder of Python files."""

    path: Path
    files: int
    lines: int


class Cost(NamedTuple):
    """What one run took: seconds of wall and of processor time (children too), MiB of the largest process."""

    wall: float
    cpu: float
    peak: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True, help="where packages and trees are kept")
    parser.add_argument("--rows", default="small,medium,large")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=1_000_000, help="files of the tree that is made")
    parser.add_argument("--jobs", type=int, default=0, help="processes of the audit; 0 for one a core")
    parser.add_argument("--profile", action="store_true", help="where the time goes, in one process")
    given = parser.parse_args()
    print(f"CPython {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}\n")
    if not given.profile:
        print("| tree | files | lines | program | wall s | × ast | CPU × ast | files/s | peak MiB |")
        print("| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    cold: list[tuple[int, Cost]] = []
    for row in given.rows.split(","):
        tree = sparse(given.cache, given.files) if row == SPARSE else made(given.cache, row)
        if given.profile:
            profile(tree)
        else:
            cold.append((tree.lines, compare(row, tree, given.rounds, given.jobs)))
    if len(cold) > 1:
        (few, first), (many, last) = min(cold, key=lambda one: one[0]), max(cold, key=lambda one: one[0])
        powers = (math.log(after / before) / math.log(many / few) for before, after in zip(first, last, strict=True))
        wall, cpu, _ = powers
        print(
            f"\nfrom {few:,} to {many:,} lines, cost grows with lines to the power {wall:.2f} (wall), {cpu:.2f} (CPU)"
        )
    return 0


# -- trees -------------------------------------------------------------------------------------------------------------


def made(cache: Path, row: str) -> Tree:
    """The tree of ROW, downloaded and unpacked unless it is there."""
    root = cache / "trees" / row
    for requirement in ROWS[row]:
        target = root / requirement.partition("==")[0]
        if not target.is_dir():
            unpack(download(cache / "wheels", requirement), target)
    files = list(root.rglob("*.py"))
    return Tree(root, len(files), sum(path.read_bytes().count(b"\n") for path in files))


def sparse(cache: Path, count: int) -> Tree:
    """COUNT files in folders of a hundred, every so many of them an agent: as a company's monorepo."""
    root = cache / "trees" / f"{SPARSE}-{count}"
    draft = root.with_name(f"{root.name}.part")
    if not root.is_dir():
        shutil.rmtree(draft, ignore_errors=True)
        every = max(1, count // 200)
        for number in range(count):
            folder = draft / f"team{number // 10_000}" / f"service{number // 100}"
            if number % 100 == 0:
                folder.mkdir(parents=True)
            (folder / f"module{number}.py").write_text(_AGENT if number % every == 0 else f"VALUE = {number}\n")
        draft.rename(root)
    return Tree(root, count, count)


def download(folder: Path, requirement: str) -> Path:
    """The wheel of REQUIREMENT, the same on every machine."""
    name, _, version = requirement.partition("==")
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    if not list(folder.glob(pattern)):
        anywhere = ["--implementation", "py", "--abi", "none", "--platform", "any", "--python-version", "3.11"]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([*command, *anywhere, "--dest", str(folder), requirement], check=True)
    return next(folder.glob(pattern))


def unpack(wheel: Path, target: Path) -> None:
    """The Python files of WHEEL under TARGET, which appears whole or not at all."""
    draft = target.with_name(f"{target.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(draft, [name for name in archive.namelist() if name.endswith(".py")])
    draft.rename(target)


# -- whole programs ----------------------------------------------------------------------------------------------------


def compare(row: str, tree: Tree, rounds: int, jobs: int) -> Cost:
    """Print the costs of every program on TREE; what a cold audit costs."""
    costs: dict[str, list[Cost]] = {}
    largest = max(tree.path.rglob("*.py"), key=lambda path: (path.stat().st_size, path))
    with tempfile.TemporaryDirectory(prefix="factorlint-") as kept, changing(largest) as change:
        for turn in range(rounds):
            for name, command in programs(tree.path, largest, jobs, kept):
                if name == UNCHANGED:
                    time.sleep(0.2)  # what was written just now is not recalled
                    cost(command, tree.path)
                if name in (CHANGED, STAGED):
                    change(f"_changed = {turn, name}\n")
                costs.setdefault(name, []).append(cost(command, tree.path))
    middle = {name: Cost(*map(statistics.median, zip(*runs, strict=True))) for name, runs in costs.items()}
    base = middle["ast.parse"]
    for name, one in middle.items():
        ratios = f"{one.wall / base.wall:.2f} | {one.cpu / base.cpu:.2f}"
        speed = f"{tree.files / one.wall:,.0f} | {one.peak:.0f}"
        print(f"| {row} | {tree.files:,} | {tree.lines:,} | {name} | {one.wall:.2f} | {ratios} | {speed} |", flush=True)
    return middle["factorlint"]


UNCHANGED, CHANGED = "factorlint, nothing changed", "factorlint, one file changed"
STAGED = "factorlint check FILE, changed"


@contextlib.contextmanager
def changing(target: Path) -> Iterator[Callable[[str], None]]:
    """What puts a line at the end of TARGET; when all is done, that is as it was."""
    before = target.read_bytes()

    def change(line: str) -> None:
        target.write_bytes(before + line.encode())
        time.sleep(0.2)

    try:
        yield change
    finally:
        target.write_bytes(before)


def programs(tree: Path, file: Path, jobs: int, kept: str) -> Iterator[tuple[str, list[str]]]:
    """Name and command of everything that takes part; FILE is one of the tree, KEPT the folder of the cache."""
    yield "python -c pass", [sys.executable, "-c", "pass"]
    yield "ast.parse", [sys.executable, "-c", YARDSTICK, str(tree)]
    own = found("factorlint") or "factorlint"
    audit = [own, "audit", str(tree), "--isolated", "--exit-zero", "--jobs", str(jobs), "-o", "json"]
    yield "factorlint", [*audit, "--no-cache"]
    yield UNCHANGED, [*audit, "--cache-dir", kept]
    yield CHANGED, [*audit, "--cache-dir", kept]
    yield STAGED, [own, "check", str(file), "--isolated", "--exit-zero", "--cache-dir", kept]
    yield "factorlint --version", [own, "--version"]
    peers = {
        "ruff": ["check", "--no-cache", "--isolated", "--output-format", "concise", "--exit-zero"],
        "flake8": ["--isolated", "--exit-zero", f"--jobs={jobs or os.cpu_count() or 1}"],
        "bandit": ["--quiet", "--recursive", "--exit-zero"],
        "vulture": [],
    }
    for name, flags in peers.items():
        program = found(name)
        if program:
            yield name, [program, *flags, str(tree)]
            if name in ("ruff", "flake8"):
                yield f"{name} FILE", [program, *flags, str(file)]


def found(name: str) -> str | None:
    return shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)


def cost(command: Sequence[str], folder: Path) -> Cost:
    """Run COMMAND in FOLDER and see what it took. Raises RuntimeError if it broke."""
    start = time.perf_counter()
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        process = subprocess.Popen(command, cwd=folder, stdout=nowhere, stderr=nowhere)
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    code = process.returncode = os.waitstatus_to_exitcode(status)
    if code not in (0, 3):  # vulture ends with 3 when it has something to say
        raise RuntimeError(f"{command[0]} ended with {code}")
    mebibytes = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return Cost(wall, usage.ru_utime + usage.ru_stime, mebibytes)


# -- where the time goes -----------------------------------------------------------------------------------------------


def profile(tree: Tree) -> None:
    """Print the seconds of every step and every rule on TREE, all in this process.

    What several rules ask of the same object is worked out for the first that asks, and counted there.
    """
    from factorlint import catalog, registry, run, workers
    from factorlint.config import Settings

    spent: dict[str, float] = defaultdict(float)

    def clocked(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def clock(*args: Any, **kwargs: Any) -> Any:
            start = time.process_time()
            try:
                found = work(*args, **kwargs)
                return list(found) if isinstance(found, Iterator) else found
            finally:
                spent[name] += time.process_time() - start

        return clock

    rules = registry.rules()
    for rule in rules:
        label = f"    {rule.code} {rule.name}"
        vars(rule)["visitors"] = {kind: clocked(label, visitor) for kind, visitor in rule.visitors.items()}
    steps: dict[str, Any] = {name: getattr(run, name) for name in ("find", "read", "learn_all", "visit_all", "judge")}
    patches = [(run, name, clocked(f"  {name}", step)) for name, step in steps.items()]
    patches += [(registry, "rules", lambda plugins: rules), (workers, "each", in_this_process)]
    patches += [(catalog, "builtin", clocked("  catalog", catalog.builtin))]
    with patched(patches):
        deeply(clocked("all", lambda: run.audit(tree.path, (), Settings())))
    print(f"{tree.path.name}: {tree.files:,} files, {tree.lines:,} lines")
    for name, seconds in sorted(spent.items(), key=lambda one: (len(one[0]) - len(one[0].lstrip()), -one[1])):
        print(f"{name:45} {seconds:8.2f} s {seconds / spent['all']:6.1%}")


def in_this_process(work: Callable[[Any], Any], items: Sequence[Any], **_: object) -> Iterator[tuple[Any, Any]]:
    yield from ((item, work(item)) for item in items)


@contextlib.contextmanager
def patched(patches: Sequence[tuple[Any, str, Any]]) -> Iterator[None]:
    old = [(owner, name, getattr(owner, name)) for owner, name, _ in patches]
    try:
        for owner, name, value in patches:
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in old:
            setattr(owner, name, value)


def deeply(work: Callable[[], Any]) -> None:
    """Run WORK with the stack of a worker process."""
    sys.setrecursionlimit(20_000)
    threading.stack_size(64 * 2**20)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


if __name__ == "__main__":
    sys.exit(main())
