"""What is written is there whole or as it was: a full disk, an interrupt, two runs at once; and no process stays."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from installed import PROGRAM, call, put

from factorlint import files

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits and signals of POSIX")
AGENT = "from crewai import Crew\n\n\ndef go(crew: Crew) -> None:\n    crew.kickoff()\n"
IDLE = "import crewai  # factorlint: ignore[FL0801] gone\n"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# -- files -------------------------------------------------------------------------------------------------------------


def test_rights_and_links_stay(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "real.json").chmod(0o640)
    (tmp_path / "link.json").symlink_to("real.json")
    files.write(tmp_path / "link.json", b"new")
    assert (tmp_path / "link.json").is_symlink()
    assert contents(tmp_path) == {"real.json": b"new", "link.json": b"new"}
    assert stat.S_IMODE((tmp_path / "real.json").stat().st_mode) == 0o640


@pytest.mark.parametrize("write", [files.write, files.create])
def test_a_new_file_is_as_open_as_any(tmp_path: Path, write: Callable[[Path, bytes], None]) -> None:
    write(tmp_path / "ours", b"x")
    (tmp_path / "any").write_bytes(b"x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "any").stat().st_mode


def test_what_is_there_is_not_created_over(tmp_path: Path) -> None:
    put(tmp_path, {"a": "old"})
    (tmp_path / "b").symlink_to("nowhere")
    for name in ("a", "b"):
        with pytest.raises(FileExistsError):
            files.create(tmp_path / name, b"new")
    assert contents(tmp_path) == {"a": b"old"}


def test_a_folder_that_is_not_ours_to_write_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A single file that was mounted: it is written where it is, for there is no other way."""
    put(tmp_path, {"a": "old"})

    def refuse(self: Path, target: Path) -> None:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(Path, "replace", refuse)
    files.write(tmp_path / "a", b"new")
    assert contents(tmp_path) == {"a": b"new"}


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    put(tmp_path, {"app.py": AGENT})
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE, text=True) as reader:
        done = call(tmp_path, "check", "--isolated", "-o", f"json:{tmp_path / 'pipe'}")
        said, _ = reader.communicate(timeout=60)
    assert (done.code, json.loads(said)["schema"]) == (1, "factorlint/1")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


# -- a full disk -------------------------------------------------------------------------------------------------------


def full(folder: Path, *words: str, size: int = 100) -> tuple[int, str]:
    """Run the command where no file may grow over SIZE bytes."""
    limited = f"import resource, os, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size})); "
    limited += f"os.execv({PROGRAM!r}, sys.argv[1:])"
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", limited, "factorlint", *words]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "words",
    [
        "check -o json:report.json",
        "check -o html:page.html -o json:report.json",
        "baseline create",
        "check --fix",
        "check --since HEAD",
        "frameworks -o markdown:page.md",
    ],
)
def test_a_full_disk_leaves_all_as_it_was(tmp_path: Path, words: str) -> None:
    put(tmp_path, {"app.py": AGENT * 4, "idle.py": IDLE + "x = 1\n" * 40, "report.json": "{}", "pyproject.toml": ""})
    for command in (("init", "-q"), ("add", "."), ("-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x")):
        subprocess.run(["git", *command], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    before = contents(tmp_path)
    code, said = full(tmp_path, *words.split())
    assert (code, "File too large" in said) == (2, True)
    assert contents(tmp_path) == before


def test_a_full_disk_keeps_the_old_baseline(tmp_path: Path) -> None:
    put(tmp_path, {"app.py": AGENT, "pyproject.toml": ""})
    assert call(tmp_path, "baseline", "create").code == 0
    before = contents(tmp_path)
    assert full(tmp_path, "baseline", "update")[0] == 2
    assert contents(tmp_path) == before


def test_a_full_disk_costs_the_cache_alone(tmp_path: Path) -> None:
    """Whether it cannot be begun or cannot grow: the report is the same, and the next run finds nothing broken."""
    put(tmp_path, {"tree/app.py": AGENT, "tree/pyproject.toml": ""})
    words = ("check", "tree", "-o", "json", "--cache-dir", str(tmp_path / "kept"))
    for size in (0, 100, 5_000, 40_000):
        put(tmp_path, {"tree/more.py": AGENT * (size // 100 + 1)})
        alone = call(tmp_path, *words, "--no-cache")
        code, said = full(tmp_path, *words, size=size)
        assert (code, "Error" in said) == (1, False), said
        for _ in range(2):
            assert call(tmp_path, *words)[:2] == alone[:2]
        shutil.rmtree(tmp_path / "kept")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("words", ["check", "audit -o json:/dev/full", "--version", "--help", "rules", "check --help"])
def test_nowhere_to_print(tmp_path: Path, words: str) -> None:
    put(tmp_path, {"app.py": AGENT})
    with Path("/dev/full").open("w") as nowhere:
        command = [PROGRAM, *words.split()]
        done = subprocess.run(
            command, cwd=tmp_path, stdout=nowhere, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "No space left on device" in done.stderr


# -- an interrupt ------------------------------------------------------------------------------------------------------


def processes(group: int) -> int:
    """How many processes of a group there are, those that nobody has buried yet left out."""
    count = 0
    for one in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = one.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        count += int(fields[2]) == group and fields[0] != "Z"
    return count


def until(holds: Callable[[], bool]) -> bool:
    for _ in range(400):
        if holds():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no process list here")
@pytest.mark.parametrize("words", ["check --jobs 2 -o json:report.json", "baseline create", "check --fix --jobs 2"])
@pytest.mark.parametrize("whole_group", [True, False])
def test_an_interrupt_leaves_nothing(tmp_path: Path, words: str, whole_group: bool) -> None:
    slow = AGENT + "".join(f"def f{n}(crew: Crew, a=None):\n    return crew.kickoff(a)\n" for n in range(1_500))
    put(tmp_path, {f"m{n}.py": slow for n in range(8)} | {"report.json": "{}", "pyproject.toml": "", "idle.py": IDLE})
    before = contents(tmp_path)
    child = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, PROGRAM, *words.split()],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert until(lambda: processes(child.pid) >= 2)  # the workers are there
    os.killpg(child.pid, signal.SIGINT) if whole_group else child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    assert (child.returncode, said.strip().splitlines()[-1]) == (130, "factorlint: exit 130: interrupted")
    assert until(lambda: processes(child.pid) == 0)
    assert contents(tmp_path) == before


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no process list here")
@pytest.mark.parametrize("words", ["history --jobs 2", "compare HEAD", "check --since HEAD", "plan -o openspec:specs"])
def test_an_interrupt_leaves_no_copy(tmp_path: Path, words: str) -> None:
    """Of what was read from git, or of what was to be written: neither where it was to be nor among temporary files."""
    slow = AGENT + "".join(f"def f{n}(crew: Crew, a=None):\n    return crew.kickoff(a)\n" for n in range(1_500))
    root = put(tmp_path / "tree", {f"m{n}.py": slow for n in range(6)} | {"pyproject.toml": ""})
    for command in (("init", "-q"), ("add", "."), ("-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x")):
        subprocess.run(["git", *command], cwd=root, check=True, capture_output=True, timeout=60)
    before = contents(root)
    (tmp_path / "scratch").mkdir()
    child = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, PROGRAM, *words.split()],
        cwd=root,
        env={**os.environ, "TMPDIR": str(tmp_path / "scratch"), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert until(lambda: processes(child.pid) >= 2)
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert child.returncode == 130
    assert until(lambda: processes(child.pid) == 0)
    assert contents(root) == before
    assert list((tmp_path / "scratch").iterdir()) == []


# A shell's background jobs start with the interrupt ignored.
INTERRUPTIBLE = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""


# -- two runs at once --------------------------------------------------------------------------------------------------


def test_two_runs_at_once(tmp_path: Path) -> None:
    """They share the parsed catalogue, which none has made yet, and the files that they write."""
    package = Path(files.__file__).parent
    home = tmp_path / "home"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(package, home / "factorlint", ignore=ignore)
    rules = package / "rules" if (package / "rules").exists() else package.parent / "rules"
    shutil.copytree(rules, home / "factorlint" / "rules", ignore=ignore, dirs_exist_ok=True)
    put(tmp_path / "tree", {"app.py": AGENT, "pyproject.toml": ""})
    words = [sys.executable, "-m", "factorlint", "check", "tree", "-o", "json", "-o", "json:report.json"]
    env = {**os.environ, "PYTHONPATH": str(home)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    runs = [subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, env=env, text=True) for _ in range(4)]
    said = {one.communicate(timeout=120)[0] for one in runs}
    assert [one.returncode for one in runs] == [1] * 4
    assert said == {(tmp_path / "report.json").read_text()}
    assert [path.name for path in (home / "factorlint" / "rules" / "__pycache__").glob("frameworks.json*")] == [
        "frameworks.json"
    ]


def test_runs_that_share_a_cache(tmp_path: Path) -> None:
    """One that does not exist yet, one that is there, and one of an earlier state of the tree."""
    put(tmp_path, {"tree/app.py": AGENT, "tree/pyproject.toml": ""})
    words = [PROGRAM, "check", "tree", "-o", "json", "--cache-dir", str(tmp_path / "kept")]
    for change in ({}, {}, {"tree/more.py": AGENT * 3}):
        put(tmp_path, change)
        alone = call(tmp_path, *words[1:], "--no-cache")
        pipe = subprocess.PIPE
        runs = [subprocess.Popen(words, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True) for _ in range(5)]
        said = [one.communicate(timeout=120) for one in runs]
        assert {(one.returncode, *told) for one, told in zip(runs, said, strict=True)} == {tuple(alone)}
