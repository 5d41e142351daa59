"""Input that nobody would write, for a set time: what crashes, hangs or leaves the documented paths is kept.

    python benchmarks/fuzz.py --minutes 30 --out DIR [--code DIR]... [--only NAME]... [--seed N]

Three ways, by turns. *Guided*: atheris (``pip install atheris``) makes bytes for each reader of outside text, steered
by the branches that they reach; what it finds worth keeping goes to DIR/corpus and is taken up by the next run.
*Prefixes*: a file of real code (--code; the fixtures without it), cut off at every character. *Mutated*: real code with
tokens dropped, doubled and swapped, statements and expressions exchanged; the installed command must answer with a
documented exit code, a valid report, no crash among its problems, and in time. Crashes are kept in DIR/crashes, beside
what was said of them, and counts in DIR/told-SEED.json. Whoever has had the least time, by all counts in DIR, is next.

Exit 1 if anything was found.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import os
import random
import subprocess
import sys
import sysconfig
import tempfile
import time
import traceback
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GUIDED = "python cells notebook comments config baseline report catalogue pins gitignore pth".split()
PREFIXES, MUTATED = "prefixes", "mutated"
TURN = 60  # seconds that a target has before it is another's turn
SHARE = {MUTATED: 3.0}  # of the time, where another has 1
BATCH = 40  # mutated files that one run of the command is given
PATIENCE = 300  # seconds: more for one batch is a hang
INPUT = 20  # seconds that one guided input may take
CODES = (0, 1, 3)  # exit codes for a tree; 2 is for wrong usage or a rule that crashed
BAD = ("crash", "rule-crash", "worker-died", "timeout")  # problems that are ours, not the file's
_COUNT = "stat::number_of_executed_units:"  # as libFuzzer ends

Counts = tuple[int, int]  # inputs tried, crashes found

# -- in a process that may die of it -----------------------------------------------------------------------------------


def guide(target: str, out: Path, seconds: int, seed: int) -> None:
    """One turn of atheris at TARGET; does not come back."""
    import atheris

    with atheris.instrument_imports(include=["factorlint"]), tempfile.TemporaryDirectory() as folder:
        import readers

        warnings.simplefilter("ignore")
        reader = readers.readers(Path(folder))[target]
        words = [f"-max_total_time={seconds}", f"-timeout={INPUT}", "-rss_limit_mb=4096", f"-seed={seed}"]
        words += [f"-artifact_prefix={out / 'crashes' / target}-", "-max_len=6000", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *words, str(out / "corpus" / target)], reader, enable_python_coverage=True)
        atheris.Fuzz()


def cut_off(texts: Sequence[str], out: Path, seconds: int, dice: random.Random) -> int:
    """Every beginning of one text after another; returns how many crashed."""
    import readers

    end, tried, crashed = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        text = dice.choice(texts)
        for at in range(len(text)):
            tried += 1
            try:
                readers.python(text[:at].encode("utf-8", "replace"))
            except Exception:
                crashed += 1
                name = f"{PREFIXES}-{hashlib.sha1(text[:at].encode('utf-8', 'replace')).hexdigest()}"
                (out / "crashes" / name).write_text(text[:at])
                print(traceback.format_exc())
                break
            if time.monotonic() > end:
                break
    print(_COUNT, tried, file=sys.stderr)
    return crashed


def apart(target: str, given: argparse.Namespace, seconds: int, seed: int) -> Counts:
    """One turn of ``guide`` or ``cut_off`` in a process of its own."""
    out: Path = given.out
    if target in GUIDED:
        import readers

        corpus = out / "corpus" / target
        corpus.mkdir(parents=True, exist_ok=True)
        for raw in readers.seeds(target, given.code or ()):
            (corpus / hashlib.sha1(raw).hexdigest()).write_bytes(raw)
    before = set((out / "crashes").iterdir())
    command = [sys.executable, __file__, "--out", out, "--guide", target, "--turn", str(seconds), "--seed", str(seed)]
    command += [word for folder in given.code or () for word in ("--code", folder)]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=seconds + 600)
        code, raw = done.returncode, done.stderr + done.stdout
    except subprocess.TimeoutExpired as late:  # a busy machine; a single input that hangs is libFuzzer's to tell
        code, raw = 0, (late.stderr or b"") + (late.stdout or b"")
    said = raw.decode("utf-8", "replace")
    new = [path for path in (out / "crashes").iterdir() if path not in before and path.suffix != ".txt"]
    for path in new:
        path.with_name(f"{path.name}.txt").write_text(said[-9000:])
    if code and not new and "SUMMARY: libFuzzer" not in said:  # else the like of it is there already
        raise SystemExit(f"{target}: {said[-4000:]}")
    return tried(said), len(new)


def tried(said: str) -> int:
    """The inputs that a fuzzer says it tried, in its last lines, or in the last that it wrote before it died."""
    rows = [line.removeprefix(_COUNT) for line in said.splitlines() if line.startswith(_COUNT)]
    rows = rows or [line[1:].split("\t")[0] for line in said.splitlines() if line.startswith("#")]
    return int(rows[-1]) if rows and rows[-1].strip().isdigit() else 0


# -- through the installed command -------------------------------------------------------------------------------------


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


def batch(files: Sequence[tuple[str, str]], out: Path, dice: random.Random) -> Counts:
    """One run over mutated neighbours."""
    from mutations import mutated

    start = dice.randrange(max(1, len(files) - BATCH))
    texts = [text for _, text in files]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = {
            path: mutated(text, texts, dice) if dice.random() < 0.8 else text
            for path, text in files[start : start + BATCH]
        }
    return len(made), keep(made, out) if faulty(made) else 0


def faulty(made: Mapping[str, str]) -> str:
    """What was wrong with the answer to the tree MADE; empty if nothing was."""
    program = str(Path(sysconfig.get_path("scripts")) / "factorlint")
    with tempfile.TemporaryDirectory() as folder:
        _lay(made, Path(folder))
        words = [program, "audit", folder, "--isolated", "--no-cache", "--include-tests", "--jobs", "1", "-o", "json"]
        try:
            done = subprocess.run(words, capture_output=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            return f"took over {PATIENCE} seconds"
    said = done.stderr.decode("utf-8", "replace")
    if b"Traceback" in done.stderr:
        return said
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return f"exit {done.returncode}, no JSON: {said}"
    bad = sorted({f"{one['path']} {one['kind']} {one['message']}" for one in report["problems"] if one["kind"] in BAD})
    if bad:
        return "\n".join(bad)
    score = report["summary"]["score"]
    if score is not None and not 0 <= score <= 100:
        return f"the score is {score}"
    return "" if done.returncode in CODES else f"exit {done.returncode}"


def keep(made: Mapping[str, str], out: Path) -> int:
    """Write down the tree MADE, as small as leaving files out makes it, unless the like of it is known."""
    held = dict(made)
    said = faulty(held)
    for path in made:
        fewer = {one: text for one, text in held.items() if one != path}
        if fewer and (again := faulty(fewer)):
            held, said = fewer, again
    name = f"{MUTATED}-{hashlib.sha1(''.join(c for c in said if not c.isdigit()).encode()).hexdigest()[:12]}"
    told = out / "crashes" / f"{name}.txt"
    if told.exists():
        return 0
    _lay(held, out / "crashes" / name)
    told.write_text(said)
    return 1


def _lay(files: Mapping[str, str], folder: Path) -> None:
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8", "replace"))


# -- by turns ----------------------------------------------------------------------------------------------------------


def earlier(out: Path) -> collections.Counter[str]:
    """Seconds that each had in the runs that are told of in OUT."""
    had: collections.Counter[str] = collections.Counter()
    for told in out.glob("told-*.json"):
        had.update({one: row["seconds"] for one, row in json.loads(told.read_text()).items()})
    return had


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir(), "factorlint-fuzz"))
    parser.add_argument("--code", type=Path, action="append", help="a folder of real code")
    parser.add_argument("--only", action="append", choices=[*GUIDED, PREFIXES, MUTATED])
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--turn", type=int, default=TURN, help="seconds that each has by turns")
    parser.add_argument("--guide", help=argparse.SUPPRESS)
    given = parser.parse_args()
    (given.out / "crashes").mkdir(parents=True, exist_ok=True)
    dice = random.Random(given.seed)
    files = sources(given.code or [ROOT / "fixtures"])
    if given.guide == PREFIXES:
        return 1 if cut_off([text for _, text in files], given.out, given.turn, dice) else 0
    if given.guide:
        guide(given.guide, given.out, given.turn, given.seed)
    end = time.monotonic() + given.minutes * 60
    turns = given.only or [*GUIDED, PREFIXES, MUTATED]
    counts: collections.Counter[tuple[str, str]] = collections.Counter()
    before = earlier(given.out)
    while time.monotonic() < end:
        turn = min(turns, key=lambda one: (before[one] + counts[one, "seconds"]) / SHARE.get(one, 1.0))
        start, spent = time.monotonic(), sum(os.times()[:4])
        stop = min(end, start + given.turn)
        while time.monotonic() < stop:
            left = max(5, int(stop - time.monotonic()))
            told = batch(files, given.out, dice) if turn == MUTATED else apart(turn, given, left, dice.randrange(2**31))
            counts[turn, "inputs"] += told[0]
            counts[turn, "crashes"] += told[1]
        counts[turn, "seconds"] += round(time.monotonic() - start)
        counts[turn, "cpu"] += round(sum(os.times()[:4]) - spent)
        rows = {one: {what: counts[one, what] for what in ("inputs", "crashes", "seconds", "cpu")} for one in turns}
        (given.out / f"told-{given.seed}.json").write_text(json.dumps(rows, indent=1) + "\n")
    for one, row in rows.items():
        used = f"{row['seconds']:6} s {row['cpu']:6} s of CPU"
        print(f"{one:10} {row['inputs']:12,} inputs {row['crashes']:5} crashes {used}")
    return 1 if any(row["crashes"] for row in rows.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
