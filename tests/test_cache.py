"""What is kept between runs: the same report with less work, and nothing that anybody else could have put there."""

from __future__ import annotations

import json
import os
import pickle
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from factorlint import cache, imports, run
from factorlint.config import Settings
from factorlint.report import Look, render

APP = """\
from crewai import Agent, Crew, Task

writer = Agent(role="Writer", goal="Write", backstory="You write.")
crew = Crew(agents=[writer], tasks=[Task(description="Write", expected_output="Text", agent=writer)])
crew.kickoff()
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    root.mkdir()
    put(root / "app.py", APP)
    put(root / "other.py", "import crewai\n\n\ndef f() -> int:\n    return 1\n")
    return root


def put(path: Path, text: str) -> None:
    """A file that was written some time ago: one just written may change again unnoticed, and is read each time."""
    path.write_text(text, encoding="utf-8")
    before = time.time() - 60
    os.utime(path, (before, before))
    while path.stat().st_ctime_ns > time.time_ns() - 2 * cache._FRESH:
        time.sleep(0.05)


def said(root: Path, settings: Settings) -> str:
    return render("json", run.audit(root, (), settings), Look())


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the steps that are really done from now on, and the files that are learned."""
    done: list[str] = []
    say, each = run.say, run.workers.each

    def saying(*args: Any) -> Any:
        done.append("say")
        return say(*args)

    def working(work: Any, items: Any, **more: Any) -> Any:
        if work is run.pack_one:
            done.extend(one.path for one in items)
        return each(work, items, **more)

    monkeypatch.setattr(run, "say", saying)
    monkeypatch.setattr(run.workers, "each", working)
    return done


def test_what_did_not_change_is_recalled(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(cache_dir=tmp_path / "kept")
    done = counted(monkeypatch)
    first = said(tree, settings)
    assert done == ["say", "app.py", "other.py"]
    assert said(tree, settings) == first == said(tree, Settings(no_cache=True))
    assert done == ["say", "app.py", "other.py"] * 2  # the last one without the cache


def test_of_a_change_only_the_changed_file_is_learned(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(cache_dir=tmp_path / "kept")
    said(tree, settings)
    put(tree / "app.py", APP.replace("crew.kickoff()", "print(crew)"))
    done = counted(monkeypatch)
    looked_at: list[str] = []
    lines = imports.said
    monkeypatch.setattr(imports, "said", lambda texts, tree: looked_at.extend(texts) or lines(texts, tree))
    assert said(tree, settings) == said(tree, Settings(no_cache=True, cache_dir=None))
    assert done[:2] == ["say", "app.py"]
    assert looked_at == ["app.py", "app.py", "other.py"]  # the last two without the cache
    assert "FL0801" not in said(tree, settings)


@pytest.mark.parametrize(
    "change",
    [
        lambda root: put(root / "new.py", APP),
        lambda root: (root / "other.py").unlink(),
        lambda root: put(root / "requirements.txt", "crewai==0.1\n"),
        lambda root: (root / "app.py").chmod(0o600),
        lambda root: put(root / ".gitignore", "app.py\n"),
    ],
    ids=["a new file", "a file less", "a pin", "other rights", "ignored"],
)
def test_every_change_is_noticed(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    settings = Settings(cache_dir=tmp_path / "kept")
    said(tree, settings)
    change(tree)
    done = counted(monkeypatch)
    found = said(tree, settings)
    assert done[:1] == ["say"]
    assert found == said(tree, Settings(no_cache=True))


def test_a_file_that_was_just_written_is_read_again(tree: Path, tmp_path: Path) -> None:
    settings = Settings(cache_dir=tmp_path / "kept")
    for text in (APP, APP.replace("crew.kickoff()", "print(0)####")):  # of one length
        (tree / "app.py").write_text(text, encoding="utf-8")
        assert ("FL0801" in said(tree, settings)) == ("kickoff" in text)


def test_a_name_that_is_no_text_is_kept_like_any_other(tree: Path, tmp_path: Path) -> None:
    try:
        put(Path(os.fsdecode(os.fsencode(tree) + b"/caf\xe9.py")), APP)
    except OSError:
        pytest.skip("this file system has no such names")
    settings = Settings(cache_dir=tmp_path / "kept")
    assert said(tree, settings) == said(tree, settings) == said(tree, Settings(no_cache=True))


def test_other_settings_are_another_question(tree: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert "FL0801" in said(tree, Settings(cache_dir=kept))
    only = json.loads(said(tree, Settings(cache_dir=kept, ignore=("FL08",))))
    assert not [one for one in only["sites"] if one["code"] == "FL0801" and one["status"] == "new"]


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="rights of POSIX")
def test_what_others_may_write_is_not_believed(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "kept"
    said(tree, Settings(cache_dir=kept))
    kept.chmod(0o777)
    done = counted(monkeypatch)
    said(tree, Settings(cache_dir=kept))
    assert done == ["say", "app.py", "other.py"]


class Evil:
    def __reduce__(self) -> Any:
        return (os.system, ("echo gotcha > /tmp/factorlint-gotcha",))


@pytest.mark.parametrize("raw", [b"", b"\x80", b"no pickle", pickle.dumps(Evil())], ids=["empty", "cut", "odd", "evil"])
def test_a_row_that_is_damaged_or_forged_makes_nothing(tree: Path, tmp_path: Path, raw: bytes) -> None:
    settings = Settings(cache_dir=tmp_path / "kept")
    first = said(tree, settings)
    (path,) = (tmp_path / "kept").glob("*.sqlite")
    with sqlite3.connect(path) as held:
        for kind, key in held.execute("SELECT kind, key FROM kept").fetchall():
            row = (cache._seal(kind, key, raw) + raw, kind, key)  # whoever forges a row can seal it as well
            held.execute("UPDATE kept SET raw = ? WHERE kind = ? AND key = ?", row)
    held.close()
    assert said(tree, settings) == first
    assert not Path("/tmp/factorlint-gotcha").exists()


def test_a_bit_that_a_disk_lost_is_noticed(tree: Path, tmp_path: Path) -> None:
    """The database is whole and the row can be read, but it says something else."""
    settings = Settings(cache_dir=tmp_path / "kept")
    first = said(tree, settings)
    (path,) = (tmp_path / "kept").glob("*.sqlite")
    with sqlite3.connect(path) as held:
        for kind, key, raw in held.execute("SELECT kind, key, raw FROM kept").fetchall():
            row = (raw.replace(b"crew", b"craw"), kind, key)
            held.execute("UPDATE kept SET raw = ? WHERE kind = ? AND key = ?", row)
    held.close()
    assert said(tree, settings) == first


@pytest.mark.parametrize("raw", [b"", b"no database at all" * 500], ids=["empty", "odd"])
def test_a_file_that_is_no_database_costs_nothing_but_time(tree: Path, tmp_path: Path, raw: bytes) -> None:
    settings = Settings(cache_dir=tmp_path / "kept")
    first = said(tree, settings)
    (path,) = (tmp_path / "kept").glob("*.sqlite")
    path.write_bytes(raw)
    assert said(tree, settings) == first


def test_a_found_configuration_does_not_choose_the_cache(tree: Path) -> None:
    """It may lie beside a cache that came with it."""
    found = Settings(cache_dir=tree / "kept", source=tree / "factorlint.toml")
    assert found.store is None
    assert Settings(cache_dir=tree / "kept", source=tree / "f.toml", flags=frozenset(["cache-dir"])).store
    said(tree, found)
    assert not (tree / "kept").exists()


def test_a_warm_run_loads_nothing_heavy(tree: Path) -> None:
    code = (
        "import sys; from factorlint.__main__ import main; sys.argv[1:] = ['check', '--exit-zero', '.']; code = main();"
        "sys.exit(code or bool({'libcst', 'yaml', 'typer', 'rich', 'pydantic'} & sys.modules.keys()))"
    )
    runs = [subprocess.run([sys.executable, "-c", code], cwd=tree, capture_output=True, check=False) for _ in "ab"]
    assert [one.returncode for one in runs] == [1, 0]
    assert runs[0].stdout == runs[1].stdout


def test_what_nests_too_deep_to_be_kept_is_told_all_the_same(tree: Path, tmp_path: Path) -> None:
    """Pickle goes as deep as the data does."""
    put(tree / "app.py", APP + "total = " + " + ".join(["a"] * 900) + "\n")
    settings = Settings(cache_dir=tmp_path / "kept", jobs=1)
    assert said(tree, settings) == said(tree, settings) == said(tree, Settings(no_cache=True, jobs=1))


def test_a_run_that_lost_a_worker_is_not_recalled(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have had too little time or memory; the next may have more."""
    settings = Settings(cache_dir=tmp_path / "kept")
    with monkeypatch.context() as poor:
        poor.setattr(run, "_patience", lambda one: 0.0)
        assert "timeout" in said(tree, settings)
    assert said(tree, settings) == said(tree, Settings(no_cache=True))
