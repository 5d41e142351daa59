"""Many trees at once, through the installed command: which they are, their tables and ranking, and who works."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from installed import PROGRAM, Done, call, put

import factorlint
from factorlint import git as repositories
from factorlint.model import Problem
from factorlint.model.trees import Rank, Ranking, Tally
from factorlint.report import Look
from factorlint.report.fleet import render

tables = pytest.importorskip("factorlint.tables", reason="the extra `fleet` is missing")
parquet = pytest.importorskip("pyarrow.parquet")
psutil = pytest.importorskip("psutil")

HERE = Path(__file__).parent
APPS = HERE.parent / "fixtures" / "apps"
APP = "from crewai import Crew\n\n\ndef go(crew: Crew):\n    crew.kickoff()\n"
PLUGIN = ("--plugin", "fleet_rule")


def fleet(folder: Path, *words: str, **env: str) -> Done:
    return call(folder, "fleet", *words, env={"PYTHONPATH": str(HERE), **env})


def table(folder: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(folder / "factorlint-fleet" / f"{name}.parquet").to_pylist()
    return rows


def scores(folder: Path) -> dict[str, dict[str, Any]]:
    return {row["repo"]: row for row in table(folder, "scores")}


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    done = subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def bare(folder: Path, name: str, files: dict[str, str]) -> tuple[Path, str]:
    """A bare repository in FOLDER with one commit of FILES, and the commit."""
    work = put(folder / f"{name}-work", files)
    git(work, "init", "-q")
    git(work, "add", ".")
    git(work, "commit", "-q", "-m", "one")
    commit = git(work, "rev-parse", "HEAD")
    git(folder, "clone", "-q", "--bare", work.name, f"{name}.git")
    shutil.rmtree(work)
    return folder / f"{name}.git", commit


# -- which trees -------------------------------------------------------------------------------------------------------


def test_folders_lists_clones_and_bare_repositories(tmp_path: Path) -> None:
    put(tmp_path, {"plain/a.py": APP, "silent/a.py": "print(1)\n", "listed/src/a.py": APP})
    put(tmp_path, {"clones/org/one/.git/HEAD": "", "clones/org/one/src/a.py": APP, "clones/org/notes/a.txt": ""})
    put(tmp_path, {"lists/repos.txt": "# ours\n\n../listed\n../clones\n../gone\n../plain\n"})
    _, commit = bare(tmp_path / "clones", "two", {"src/a.py": APP})
    done = fleet(tmp_path, "plain", "silent", "lists/repos.txt", "-o", "json")
    assert (done.code, done.err) == (1, "factorlint: exit 1: 1 of 6 trees could not be audited\n")
    rows = scores(tmp_path)
    assert {name: (row["outcome"], row["problem_kind"]) for name, row in rows.items()} == {
        "gone": ("failed", "missing"),
        "listed": ("audited", None),
        "one": ("audited", None),
        "plain": ("audited", None),
        "silent": ("no-agent-code", None),
        "two": ("audited", None),
    }
    assert {name: row["commit"] for name, row in rows.items() if row["commit"]} == {"two": commit}
    assert [one["repo"] for one in done.report["not_audited"]] == ["gone"]
    assert fleet(tmp_path, "gone", "plain", "--exit-zero").code == 0


def test_a_row_says_what_an_audit_of_the_tree_says(tmp_path: Path) -> None:
    app = APPS / "crewai_newsroom"
    fleet(tmp_path, str(app), "-o", "json")
    told = call(tmp_path, "audit", str(app), "--isolated", "--exit-zero", "-o", "json").report
    row = scores(tmp_path)[app.name]
    assert (row["score"], row["verdict"]) == (told["summary"]["score"], told["summary"]["verdict"])
    assert row["fl08_owner"] == "framework"
    assert row["sites"] == len(told["sites"])
    ours = [
        (one["path"], one["line"], one["code"], one["fingerprint"], one["status"]) for one in table(tmp_path, "sites")
    ]
    assert ours == [(one["path"], one["line"], one["code"], one["fingerprint"], one["status"]) for one in told["sites"]]


def test_trees_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    put(tmp_path, {"x/team/app/a.py": APP, "y/team/app/a.py": APP, "z/app/a.py": APP, "solo/a.py": APP})
    fleet(tmp_path, "x/team/app", "y/team/app", "z/app", "solo", "./solo")
    assert list(scores(tmp_path)) == ["solo", "x/team/app", "y/team/app", "z/app"]


def test_a_tree_does_not_configure_its_audit(tmp_path: Path) -> None:
    put(tmp_path, {"quiet/a.py": APP, "quiet/factorlint.toml": 'ignore = ["FL"]\n'})
    put(tmp_path, {"broken/a.py": APP, "broken/factorlint.toml": "nonsense = ["})
    put(tmp_path, {"ours.toml": 'ignore = ["FL0801"]\n'})
    fleet(tmp_path, "quiet", "broken")
    assert {row["error"] for row in scores(tmp_path).values()} == {1}
    fleet(tmp_path, "quiet", "broken", "--config", "ours.toml")
    assert {row["error"] for row in scores(tmp_path).values()} == {0}


def test_nothing_of_a_bare_repository_runs(tmp_path: Path) -> None:
    folder, _ = bare(tmp_path, "trap", {"a.py": APP, ".gitattributes": "* filter=x\n"})
    for name, value in (("core.fsmonitor", "touch ran"), ("filter.x.smudge", "touch ran"), ("core.pager", "touch ran")):
        git(folder, "config", name, value)
    for hook in ("post-checkout", "reference-transaction"):
        (folder / "hooks" / hook).write_text("#!/bin/sh\ntouch ran\n")
        (folder / "hooks" / hook).chmod(0o755)
    assert fleet(tmp_path, "trap.git").code == 0
    assert not list(tmp_path.rglob("ran"))


def test_a_repository_without_a_commit_is_a_row(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "empty.git")
    assert repositories.bare(tmp_path / "empty.git")
    assert fleet(tmp_path, "empty.git").code == 1
    assert scores(tmp_path)["empty"]["problem_kind"] == "revision"


# -- the tables --------------------------------------------------------------------------------------------------------


def test_the_columns_are_those_of_the_documentation() -> None:
    page = (HERE.parent / "docs" / "fleet.md").read_text(encoding="utf-8")
    page = re.sub(
        r"`fl01_(\w+)` … `fl13_\w+`", lambda m: "`|\n| `".join(f"fl{n:02}_{m[1]}" for n in range(1, 14)), page
    )
    page = page.replace("| fl01", "| `fl01")
    told = [
        re.findall(r"^\| `?(\w+)`?", part, re.MULTILINE)
        for part in page.split("| column | type | |\n| --- | --- | --- |")[1:]
    ]
    assert told == [tables.SITES.names, tables.SCORES.names]


def test_the_same_bytes_whoever_works(tmp_path: Path) -> None:
    apps = [str(one) for one in sorted(APPS.iterdir())]
    fleet(tmp_path, *apps, "--jobs", "1", "--tables", "one")
    fleet(tmp_path, *reversed(apps), "--jobs", "3", "--tables", "three")
    for name in ("sites.parquet", "scores.parquet"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "three" / name).read_bytes()
    assert sorted(one.name for one in (tmp_path / "one").iterdir()) == ["scores.parquet", "sites.parquet"]


def test_names_that_no_text_can_hold_are_written(tmp_path: Path) -> None:
    root = tmp_path / "odd"
    root.mkdir()
    try:
        Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.py")).write_text(APP)
    except OSError:
        pytest.skip("this file system has no such names")
    assert fleet(tmp_path, "odd").code == 0
    assert "caf\\udce9.py" in {row["path"] for row in table(tmp_path, "sites")}


# -- trees that go wrong -----------------------------------------------------------------------------------------------


def test_a_hang_or_a_death_costs_its_own_row(tmp_path: Path) -> None:
    put(tmp_path, {"good/a.py": APP, "hangs/a.py": f"{APP}    hang()\n", "zdies/a.py": f"{APP}    die()\n"})
    put(tmp_path, {"half/a.py": APP, "half/b.py": "from crewai import Crew\ndef (\n"})
    done = fleet(tmp_path, "hangs", "zdies", "good", "half", "--tree-seconds", "15", "--jobs", "2", *PLUGIN)
    assert done.code == 1
    rows = scores(tmp_path)
    assert {name: row["problem_kind"] for name, row in rows.items()} == {
        "good": None,
        "half": None,
        "hangs": "timeout",
        "zdies": "worker-died",
    }
    assert rows["hangs"]["problem"] == "took over 15 seconds"
    assert rows["good"]["score"] == rows["half"]["score"] is not None
    assert [(one["path"], one["kind"]) for one in rows["half"]["problems"]] == [("b.py", "parse-error")]


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts are signals")
def test_an_interrupted_run_leaves_no_process_and_the_old_tables(tmp_path: Path) -> None:
    put(tmp_path, {"good/a.py": APP, "waits/a.py": f"{APP}    wait()\n"})
    fleet(tmp_path, "good")
    before = table(tmp_path, "scores")
    env = {**os.environ, "PYTHONPATH": str(HERE), "FLEET_TEST": str(tmp_path)}
    words = [PROGRAM, "fleet", "good", "waits", *PLUGIN]
    run = subprocess.Popen(words, cwd=tmp_path, env=env, stderr=subprocess.PIPE, preexec_fn=_interruptible)
    tree = psutil.Process(waiting(tmp_path))
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (130, b"factorlint: exit 130: interrupted\n")
    psutil.wait_procs([tree], timeout=30)
    assert not tree.is_running()
    assert table(tmp_path, "scores") == before


def _interruptible() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs of a shell ignore it


def waiting(folder: Path) -> int:
    """The process of the tree whose file says `wait`, once it does."""
    for _ in range(600):
        found = list(folder.glob("*.waiting"))
        if found:
            return int(found[0].stem)
        time.sleep(0.1)
    pytest.fail("no tree came to wait")


# -- an existing Dask cluster ------------------------------------------------------------------------------------------


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A real scheduler and two worker processes, each with one thread and nobody to restart it."""
    pytest.importorskip("distributed")
    env = {**os.environ, "PYTHONPATH": str(HERE), "FLEET_TEST": str(tmp_path)}
    told = tmp_path / "scheduler.json"
    common = ("--scheduler-file", str(told), "--no-dashboard")
    started: list[subprocess.Popen[bytes]] = []

    def start(kind: str, *words: str) -> None:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *common, *words]
        started.append(subprocess.Popen(command, env=env, cwd=tmp_path, stderr=subprocess.DEVNULL))

    try:
        start("scheduler", "--host", "127.0.0.1", "--port", "0")
        for name in ("one", "two"):
            start("worker", "--nthreads", "1", "--no-nanny", "--name", name, "--host", "127.0.0.1")
        for _ in range(600):
            if told.exists() and told.stat().st_size:
                break
            time.sleep(0.1)
        yield json.loads(told.read_text())["address"], started
    finally:
        for one in reversed(started):
            one.terminate()
        for one in started:
            try:
                one.wait(20)
            except subprocess.TimeoutExpired:
                one.kill()


def test_a_cluster_that_loses_a_worker_finishes_the_run(
    tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, (_, *hands) = cluster
    apps = [str(one) for one in sorted(APPS.iterdir())]
    put(tmp_path, {"waits/a.py": f"{APP}    wait()\n", "hangs/a.py": f"{APP}    hang()\n"})
    trees = ["waits", "hangs", *apps, "gone"]
    common = ("--tree-seconds", "15", *PLUGIN, "-o", "json")
    env = {**os.environ, "PYTHONPATH": str(HERE), "FLEET_TEST": str(tmp_path)}
    words = [PROGRAM, "fleet", *trees, *common, "--engine", address.replace("tcp", "dask"), "--tables", "dask"]
    run = subprocess.Popen(words, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    tree = psutil.Process(waiting(tmp_path))
    lost = next(one for one in hands if one.pid == tree.ppid())
    lost.kill()
    psutil.wait_procs([tree], timeout=30)
    assert not tree.is_running()
    (tmp_path / "go").touch()
    out, _ = run.communicate(timeout=120)
    assert run.returncode == 1
    report = json.loads(out)
    assert {one["repo"]: one["kind"] for one in report["not_audited"]} == {"gone": "missing", "hangs": "timeout"}
    assert {"waits", *(Path(one).name for one in apps)} == {one["repo"] for one in report["ranking"]}
    assert fleet(tmp_path, *trees, *common, "--tables", "local", FLEET_TEST=str(tmp_path)).out == out.decode()
    for name in ("sites.parquet", "scores.parquet"):
        assert (tmp_path / "dask" / name).read_bytes() == (tmp_path / "local" / name).read_bytes()


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("ray://x", "--engine expects local or dask://HOST:PORT, not 'ray://x'"),
        ("dask://", "--engine expects local or dask://HOST:PORT, not 'dask://'"),
        ("dask://127.0.0.1:9", "--engine dask://127.0.0.1:9: no Dask scheduler answers there"),
    ],
)
def test_an_engine_that_cannot_be_used_is_exit_2(tmp_path: Path, engine: str, said: str) -> None:
    put(tmp_path, {"a/a.py": APP})
    done = fleet(tmp_path, "a", "--engine", engine)
    assert done.code == 2
    assert said in done.err
    assert not (tmp_path / "factorlint-fleet").exists()


# -- the ranking -------------------------------------------------------------------------------------------------------

FOUND = Tally("FL0801", "opaque-agent-run", 7, 2)
RANKING = Ranking(
    "0.1.0",
    (
        Rank("org/bad", 4.0, "", (2, 3, 5, 8), 9, (Tally("FL0801", "opaque-agent-run", 6), Tally("FL0201", "x", 3)), 1),
        Rank("e\x1b[31mvil|<b>", 80.25, "", (), 1, (Tally("FL0801", "opaque-agent-run", 1),), 0),
    ),
    ("docs",),
    (Problem("lost", None, "timeout", "took over 8 seconds"),),
    (FOUND, Tally("FL0201", "x", 3)),
)


@pytest.mark.parametrize("name", ["text", "markdown", "json"])
def test_the_ranking(name: str, snapshot: Any) -> None:
    shown = render(name, RANKING, Look())
    assert "\x1b" not in shown
    snapshot(f"fleet.{name}.txt", shown)


def test_colour_changes_no_word() -> None:
    plain = render("text", RANKING, Look())
    assert re.sub(r"\x1b\[[\d;]*m", "", render("text", RANKING, Look(color=True))).split() == plain.split()


def test_the_worst_tree_is_first(tmp_path: Path) -> None:
    done = fleet(tmp_path, *(str(one) for one in APPS.iterdir()), "-o", "json", "-o", "markdown:ranking.md")
    ranks = done.report["ranking"]
    assert [one["score"] for one in ranks] == sorted(one["score"] for one in ranks)
    assert (ranks[0]["repo"], ranks[0]["framework"], ranks[-1]["framework"]) == ("crewai_newsroom", [2, 3, 5, 8], [])
    assert done.report["tool"]["version"] == factorlint.__version__
    assert "crewai\\_newsroom" in (tmp_path / "ranking.md").read_text(encoding="utf-8")
