"""Input that nobody would write, for a set time: what crashes, hangs or leaves the documented paths is kept.

    python benchmarks/fuzz.py --minutes 30 --out DIR [--code DIR]... [--only NAME]... [--seed N]

Two ways, by turns. *Guided*: atheris (``pip install atheris``) makes bytes for each reader of outside text, steered by
the branches that they reach; what it finds worth keeping goes to DIR/corpus and is taken up by the next run. *Mutated*:
real code (--code; the fixtures without it) with tokens dropped, doubled and swapped, statements and expressions
exchanged, and truncated; the installed command must answer with a documented exit code, a valid report, no crash among
its problems, and in time. Crashes are kept in DIR/crashes, one file each beside what was said of it.

Exit 1 if anything was found.
"""

from __future__ import annotations

import argparse
import ast
import collections
import copy
import hashlib
import json
import os
import random
import subprocess
import sys
import sysconfig
import tempfile
import time
import tokenize
import warnings
from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SLICE = 60  # seconds that a target has before it is another's turn
BATCH = 40  # mutated files that one run of the command is given
PATIENCE = 300  # seconds: more for one batch is a hang
INPUT = 20.0  # seconds that one guided input may take
CODES = (0, 1, 3)  # exit codes for a tree; 2 is for wrong usage or a rule that crashed
BAD = ("crash", "rule-crash", "worker-died", "timeout")  # problems that are ours, not the file's


# -- guided: the readers of outside text -------------------------------------------------------------------------------


class Readers:
    """Every reader of outside text as a function of bytes that raises for nothing but a fault."""

    def __init__(self, folder: Path) -> None:
        from factorlint import baseline, catalog, config, gates, guard, ignore, installed, notebook, pins, registry
        from factorlint import run, source, suppress
        from factorlint.catalog import CatalogError
        from factorlint.config import ConfigError
        from factorlint.model import Role
        from factorlint.project import Project
        from factorlint.visit import visit

        rules, known = registry.rules(()), catalog.builtin()

        def look(path: str, raw: bytes) -> None:
            one = source.source(path, Role.APP, raw)
            suppress.comments(one.text)
            if guard.refuse(one.text) is not None:
                return
            learnt = run.learn_one(one)
            if isinstance(learnt, run.Facts):
                project = Project({path: learnt}, (path,), known, "")
                told = visit(run.viewer(project, pins.Pins({}))(path), one, rules)
                bad = [problem for problem in told.problems if problem.kind in BAD]
                assert not bad, bad[0].message

        def python(raw: bytes) -> None:
            look("a.py", raw)

        def cells(raw: bytes) -> None:
            rows = [{"cell_type": "code", "source": part.decode("utf-8", "replace")} for part in raw.split(b"\0")]
            look("a.ipynb", json.dumps({"cells": rows, "nbformat": 4}).encode())

        def book(raw: bytes) -> None:
            source.source("a.ipynb", Role.APP, raw)

        def comments(raw: bytes) -> None:
            infos = tuple(map(registry.info, rules))
            for one in suppress.comments(source.source("a.py", Role.APP, raw).text):
                suppress.checked(one, infos)

        def file(name: str, read: Callable[[Path], object], expected: tuple[type[Exception], ...]) -> Reader:
            path = folder / name

            def reader(raw: bytes) -> None:
                path.write_bytes(raw)
                try:
                    read(path)
                except expected:
                    return

            return reader

        def pinned(raw: bytes) -> None:
            name = MANIFESTS[raw[0] % len(MANIFESTS)] if raw else MANIFESTS[0]
            (folder / name).write_bytes(raw[1:])
            told = pins.read_pins(folder, [name])
            for package in told.folders:
                told.allows(package, ">=1", "a.py")
                told.assumes(package, "a.py")

        def ignored(raw: bytes) -> None:
            lines, _, path = raw.decode("utf-8", "surrogateescape").rpartition("\0")
            patterns = ignore.read(lines.split("\n"))
            if patterns:
                patterns.ignores(path or "a/b.py", False)

        def environment(raw: bytes) -> None:
            (folder / "x.pth").write_bytes(raw)
            list(installed._linked(folder))

        notebook._newer = lambda texts: []  # type: ignore[assignment]  # no processes of ours inside the fuzzer
        self.all: dict[str, Reader] = {
            "python": python,
            "cells": cells,
            "notebook": book,
            "comments": comments,
            "config": file("factorlint.toml", config.read, (ConfigError,)),
            "baseline": file("baseline.json", baseline.read, (ConfigError,)),
            "report": file("report.json", gates.read_scores, (ConfigError,)),
            "catalogue": file("library.yaml", lambda path: catalog.load([path]), (CatalogError,)),
            "pins": pinned,
            "gitignore": ignored,
            "pth": environment,
        }


Reader = Callable[[bytes], None]
GUIDED = (
    "python cells notebook comments config baseline report catalogue pins gitignore pth".split()  # Readers.all's names
)
MANIFESTS = "requirements.txt pyproject.toml setup.cfg setup.py Pipfile Pipfile.lock poetry.lock uv.lock environment.yml".split()


def seeds(target: str) -> Iterator[bytes]:
    """What the first corpus of TARGET is made of."""
    if target in ("python", "comments"):
        yield from (path.read_bytes() for path in sorted((ROOT / "fixtures").rglob("*.py")))
    elif target == "cells":
        for path in sorted((ROOT / "fixtures" / "apps").rglob("*.py")):
            yield path.read_bytes().replace(b"\n\n\n", b"\0")
    elif target == "config":
        yield b'select = ["FL02"]\nfail-on = "error"\noutput = "json:a.json"\n[severity]\nFL0204 = "warning"\n'
        yield b'require = ["FL03", "FL08=code"]\nexclude = ["a/"]\njobs = 2\n[per-file-ignores]\n"a/" = ["FL07"]\n'
    elif target == "baseline":
        yield b'{"schema": "factorlint-baseline/1", "findings": [{"check": "FL0801", "path": "a.py", "scope": "f", '
        yield b'{"schema": "factorlint-baseline/1", "findings": []}'
    elif target == "report":
        yield b'{"factors": [{"code": "FL08", "score": 12.5}, {"code": "FL02", "score": null}], "summary": {"score": 3}}'
    elif target == "catalogue":
        yield from (path.read_bytes()[:3000] for path in sorted((ROOT / "rules" / "frameworks").glob("*.yaml"))[:20])
    elif target == "pins":
        texts = [
            b"crewai[tools]>=0.1,<2 ; python_version > '3.9'  # x\n-r other.txt\n",
            b'[project]\ndependencies=["a~=1"]',
        ]
        texts += [
            b"[options]\ninstall_requires =\n  a==1\n",
            b"setup(install_requires=['a<2'])",
            b'[packages]\na = "^1.2"\n',
        ]
        texts += [b'{"default": {"a": {"version": "==1"}}}', b'[[package]]\nname = "a"\nversion = "1"\n']
        texts += [b'[[package]]\nname = "a"\nversion = "1"\n', b"dependencies:\n  - a=1.2\n  - pip:\n    - b>=1\n"]
        yield from (bytes([at]) + text for at, text in enumerate(texts))
    elif target == "gitignore":
        yield b"*.log\n!/a/**/b[a-z]?\n\\#x\nfoo/\n\0a/b/c.log"
    elif target == "notebook":
        yield b'{"cells": [{"cell_type": "code", "source": ["%pip install x\\n", "!ls\\n", "a?"], "outputs": []}], "metadata": {"kernelspec": {"language": "python"}}}'


def guide(target: str, out: Path, seconds: int, seed: int) -> None:
    """One turn of atheris at TARGET, in this process, which does not come back."""
    import atheris

    with atheris.instrument_imports(include=["factorlint"]), tempfile.TemporaryDirectory() as folder:
        reader = Readers(Path(folder)).all[target]
        warnings.simplefilter("ignore")
        corpus = out / "corpus" / target
        words = [f"-max_total_time={seconds}", f"-timeout={INPUT:.0f}", "-rss_limit_mb=4096", f"-seed={seed}"]
        words += [f"-artifact_prefix={out / 'crashes' / target}-", "-max_len=6000", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *words, str(corpus)], reader, enable_python_coverage=True)
        atheris.Fuzz()


def guided(target: str, out: Path, seconds: int, seed: int) -> tuple[int, int]:
    """Inputs tried and crashes found in one turn of atheris at TARGET, in a process that may die of it."""
    corpus = out / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    for raw in seeds(target):
        (corpus / hashlib.sha1(raw).hexdigest()).write_bytes(raw)
    before = set((out / "crashes").iterdir())
    command = [
        sys.executable,
        __file__,
        "--out",
        str(out),
        "--guide",
        target,
        "--slice",
        str(seconds),
        "--seed",
        str(seed),
    ]
    done = subprocess.run(command, capture_output=True, check=False, timeout=seconds + 600)
    said = done.stderr.decode("utf-8", "replace")
    new = [path for path in (out / "crashes").iterdir() if path not in before and path.suffix != ".txt"]
    for path in new:
        path.with_name(f"{path.name}.txt").write_text(said[-6000:] + done.stdout.decode("utf-8", "replace")[-3000:])
    tried = [line for line in said.splitlines() if "number_of_executed_units" in line]
    if done.returncode and not new:
        raise SystemExit(f"{target}: {said[-2000:]}{done.stdout.decode('utf-8', 'replace')[-2000:]}")
    return int(tried[0].split()[-1]) if tried else _executed(said), len(new)


def _executed(said: str) -> int:
    """The number of the last line that the fuzzer wrote before it died."""
    numbers = [line[1:].split("\t")[0] for line in said.splitlines() if line.startswith("#")]
    return int(numbers[-1]) if numbers and numbers[-1].isdigit() else 0


# -- mutated: real code ------------------------------------------------------------------------------------------------


def mutated(text: str, others: Sequence[str], dice: random.Random) -> str:
    """TEXT with a few changes of one kind."""
    way = dice.choice((truncated, tokens, tokens, nodes, nodes, nodes, spliced))
    try:
        return way(text, others, dice)
    except (SyntaxError, tokenize.TokenError, ValueError, RecursionError, IndexError):
        return truncated(text, others, dice)


def truncated(text: str, others: Sequence[str], dice: random.Random) -> str:
    return text[: dice.randrange(len(text) + 1)]


def spliced(text: str, others: Sequence[str], dice: random.Random) -> str:
    """The beginning of one file and the end of another."""
    other = dice.choice(others)
    return text[: dice.randrange(len(text) + 1)] + other[dice.randrange(len(other) + 1) :]


def tokens(text: str, others: Sequence[str], dice: random.Random) -> str:
    """Tokens dropped, doubled, swapped with their neighbour, or replaced by another of the file."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    rows = [
        (starts[one.start[0] - 1] + one.start[1], starts[one.end[0] - 1] + one.end[1])
        for one in tokenize.generate_tokens(StringIO(text).readline)
        if one.type in (tokenize.NAME, tokenize.OP, tokenize.STRING, tokenize.NUMBER, tokenize.INDENT, tokenize.COMMENT)
    ]
    for _ in range(dice.choice((1, 1, 2, 5))):
        at = dice.randrange(len(rows) - 1)
        (start, end), (_, after) = rows[at], rows[at + 1]
        one, gap = text[start:end], text[end : rows[at + 1][0]]
        other = dice.choice(rows)
        new = dice.choice((gap, f"{one}{gap}{one} ", text[rows[at + 1][0] : after] + gap + one, text[slice(*other)]))
        stop = after if new.endswith(one) and new != one else end
        text = text[:start] + new + text[stop:] + "\n" * (len(text) - len(new))  # offsets stay inside the text
        text = text[: starts[-1] + 2000]
    return text.rstrip("\n") + "\n"


def nodes(text: str, others: Sequence[str], dice: random.Random) -> str:
    """Statements dropped, doubled or swapped, and expressions exchanged for others: code that still parses."""
    tree = ast.parse(text)
    for _ in range(dice.choice((1, 2, 4, 8))):
        every = list(ast.walk(tree))
        if dice.random() < 0.4:
            blocks = [
                block for one in every for name in ("body", "orelse", "finalbody")
                if isinstance(block := getattr(one, name, None), list) and block
            ]  # fmt: skip
            block, other = dice.choice(blocks), dice.choice(blocks)
            at = dice.randrange(len(block))
            kind = dice.randrange(3)
            if kind == 0 and len(block) > 1:
                del block[at]
            elif kind == 1:
                block.insert(at, copy.deepcopy(block[at]))
            else:
                block[at] = copy.deepcopy(dice.choice(other))
        else:
            places = [
                (one, name, index)
                for one in every
                for name, held in ast.iter_fields(one)
                for index, value in enumerate(held if isinstance(held, list) else [held])
                if isinstance(value, ast.expr)
            ]
            (holder, name, index), (giver, given, at) = dice.choice(places), dice.choice(places)
            value = getattr(giver, given)
            value = copy.deepcopy(value[at] if isinstance(value, list) else value)
            if isinstance(getattr(holder, name), list):
                getattr(holder, name)[index] = value
            else:
                setattr(holder, name, value)
        if len(every) > 40_000:
            break
    return ast.unparse(tree)


def sources(folders: Sequence[Path]) -> list[tuple[str, str]]:
    """Relative path and text of every Python file of FOLDERS that is worth changing."""
    found = []
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            try:
                text = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                continue
            if 0 < len(text) < 60_000:
                found.append((path.relative_to(folder).as_posix(), text))
    return found


def batch(files: Sequence[tuple[str, str]], out: Path, dice: random.Random) -> tuple[int, int]:
    """Files tried and crashes found in one run of the installed command over mutated neighbours."""
    start = dice.randrange(max(1, len(files) - BATCH))
    chosen = files[start : start + BATCH]
    texts = [text for _, text in files]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = {path: mutated(text, texts, dice) if dice.random() < 0.8 else text for path, text in chosen}
    return len(made), keep(made, out) if faulty(made) else 0


def faulty(made: dict[str, str]) -> str:
    """What was wrong with the answer to the tree MADE; empty if nothing was."""
    program = str(Path(sysconfig.get_path("scripts")) / "factorlint")
    with tempfile.TemporaryDirectory() as folder:
        for path, text in made.items():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode("utf-8", "replace"))
        words = [program, "audit", folder, "--isolated", "--no-cache", "--include-tests", "--jobs", "1", "-o", "json"]
        try:
            done = subprocess.run(words, capture_output=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            return f"took over {PATIENCE} seconds"
    if b"Traceback" in done.stderr:
        return done.stderr.decode("utf-8", "replace")
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return f"exit {done.returncode}, no JSON: {done.stderr.decode('utf-8', 'replace')}"
    bad = sorted({(one["path"], one["kind"], one["message"]) for one in report["problems"] if one["kind"] in BAD})
    if bad:
        return "\n".join(" ".join(one) for one in bad)
    score = report["summary"]["score"]
    if score is not None and not 0 <= score <= 100:
        return f"the score is {score}"
    return "" if done.returncode in CODES else f"exit {done.returncode}"


def keep(made: dict[str, str], out: Path) -> int:
    """Write down the tree MADE, as small as leaving files out makes it, unless the like of it is known."""
    said = faulty(made)
    for path in list(made):
        fewer = {one: text for one, text in made.items() if one != path}
        if fewer and (again := faulty(fewer)):
            made, said = fewer, again
    name = f"mutated-{hashlib.sha1(''.join(c for c in said if not c.isdigit()).encode()).hexdigest()[:12]}"
    if (out / "crashes" / f"{name}.txt").exists():
        return 0
    for path, text in made.items():
        target = out / "crashes" / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8", "replace"))
    (out / "crashes" / f"{name}.txt").write_text(said)
    return 1


# -- by turns ----------------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir(), "factorlint-fuzz"))
    parser.add_argument("--code", type=Path, action="append", help="a folder of real code to mutate")
    parser.add_argument("--only", action="append", choices=[*GUIDED, "mutated"])
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--slice", type=int, default=SLICE, help=argparse.SUPPRESS)
    parser.add_argument("--guide", help=argparse.SUPPRESS)
    given = parser.parse_args()
    (given.out / "crashes").mkdir(parents=True, exist_ok=True)
    if given.guide:
        guide(given.guide, given.out, given.slice, given.seed)
    dice = random.Random(given.seed)
    files = sources(given.code or [ROOT / "fixtures"])
    end = time.monotonic() + given.minutes * 60
    tried: collections.Counter[str] = collections.Counter()
    found: collections.Counter[str] = collections.Counter()
    spent: collections.Counter[str] = collections.Counter()
    turns = given.only or [turn for name in GUIDED for turn in (name, "mutated")]
    while time.monotonic() < end:
        for turn in turns:
            start = time.monotonic()
            stop = min(end, start + given.slice)
            while time.monotonic() < stop:
                left = max(5, int(stop - time.monotonic()))
                told = (
                    batch(files, given.out, dice)
                    if turn == "mutated"
                    else guided(turn, given.out, left, dice.randrange(2**31))
                )
                tried[turn] += told[0]
                found[turn] += told[1]
            spent[turn] += time.monotonic() - start
            rows = {
                name: {"inputs": tried[name], "crashes": found[name], "seconds": round(spent[name])} for name in tried
            }
            (given.out / f"told-{given.seed}.json").write_text(json.dumps(rows, indent=1))
    for name in tried:
        print(f"{name:10} {tried[name]:10,} inputs {found[name]:5} crashes {spent[name]:8.0f} s")
    print(f"{'all':10} {sum(tried.values()):10,} inputs {sum(found.values()):5} crashes {sum(spent.values()):8.0f} s")
    return 1 if sum(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
