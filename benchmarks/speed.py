"""How long an audit takes, against ``ast.parse`` of every file in one process and against other linters.

    python benchmarks/speed.py --cache DIR [--rows small,medium,large] [--rounds N] [--jobs N]
    python benchmarks/speed.py --cache DIR --profile --rows medium

The trees are pinned packages, downloaded once into DIR. Every round runs every program once, one after another, so
that what else the machine does falls on all alike; medians are printed. Needs factorlint installed beside this
interpreter; ruff, flake8, bandit and vulture take part where they are.
"""

from __future__ import annotations

import argparse
import contextlib
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
}
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
    parser.add_argument("--jobs", type=int, default=0, help="processes of the audit; 0 for one a core")
    parser.add_argument("--profile", action="store_true", help="where the time goes, in one process")
    given = parser.parse_args()
    print(f"CPython {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}\n")
    if not given.profile:
        print("| tree | files | lines | program | wall s | × ast | CPU × ast | files/s | peak MiB |")
        print("| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for row in given.rows.split(","):
        tree = made(given.cache, row)
        if given.profile:
            profile(tree)
        else:
            compare(row, tree, given.rounds, given.jobs)
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


def compare(row: str, tree: Tree, rounds: int, jobs: int) -> None:
    """Print the costs of every program on TREE."""
    costs: dict[str, list[Cost]] = {}
    with tempfile.TemporaryDirectory(prefix="factorlint-") as kept, changing(tree.path) as change:
        for turn in range(rounds):
            for name, command in programs(tree.path, jobs, kept):
                if turn == 0 and name == UNCHANGED:
                    time.sleep(0.2)  # what was written just now is not recalled
                    cost(command)
                if name == CHANGED:
                    change(f"# {turn}\n")
                costs.setdefault(name, []).append(cost(command))
    middle = {name: Cost(*map(statistics.median, zip(*runs, strict=True))) for name, runs in costs.items()}
    base = middle["ast.parse"]
    for name, one in middle.items():
        ratios = f"{one.wall / base.wall:.2f} | {one.cpu / base.cpu:.2f}"
        speed = f"{tree.files / one.wall:,.0f} | {one.peak:.0f}"
        print(f"| {row} | {tree.files:,} | {tree.lines:,} | {name} | {one.wall:.2f} | {ratios} | {speed} |", flush=True)


UNCHANGED, CHANGED = "factorlint, nothing changed", "factorlint, one file changed"


@contextlib.contextmanager
def changing(tree: Path) -> Iterator[Callable[[str], None]]:
    """What puts a line at the end of the tree's largest file; in the end that is as it was."""
    target = max(tree.rglob("*.py"), key=lambda path: (path.stat().st_size, path))
    before = target.read_bytes()

    def change(line: str) -> None:
        target.write_bytes(before + line.encode())
        time.sleep(0.2)

    try:
        yield change
    finally:
        target.write_bytes(before)


def programs(tree: Path, jobs: int, kept: str) -> Iterator[tuple[str, list[str]]]:
    """Name and command of everything that takes part; KEPT is the folder of the cache."""
    yield "ast.parse", [sys.executable, "-c", YARDSTICK, str(tree)]
    own = found("factorlint") or "factorlint"
    audit = [own, "audit", str(tree), "--isolated", "--exit-zero", "--jobs", str(jobs), "-o", "json"]
    yield "factorlint", [*audit, "--no-cache"]
    yield UNCHANGED, [*audit, "--cache-dir", kept]
    yield CHANGED, [*audit, "--cache-dir", kept]
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


def found(name: str) -> str | None:
    return shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)


def cost(command: Sequence[str]) -> Cost:
    """Run COMMAND and see what it took. Raises RuntimeError if it broke."""
    start = time.perf_counter()
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        process = subprocess.Popen(command, stdout=nowhere, stderr=nowhere)
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
