"""Settings: where they come from, what wins, and what is refused with key and file named."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from factorlint.config import NAMES, Bar, ConfigError, Output, Settings, nearest, parse, project, read, resolve
from factorlint.model import Confidence, Severity
from factorlint.report import FORMATS


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    settings = resolve(tmp_path, {}, isolated=True)
    assert settings == Settings()
    assert (settings.min_confidence, settings.fail_on, settings.notebooks) == (Confidence.MEDIUM, Bar.WARNING, True)


def test_every_key_is_read_from_a_file(tmp_path: Path) -> None:
    file = write(
        tmp_path / "factorlint.toml",
        """
        select = ["FL08", "own-your-prompts"]
        ignore = "FL0204,FL0205"
        exclude = ["old/"]
        extend-exclude = ["gen/"]
        force-exclude = true
        include-tests = true
        notebooks = false
        min-confidence = "high"
        min-severity = "warning"
        persona = "auditor"
        fail-on = "error"
        fail-under = 40
        extend-select = ["FL13"]
        require = "FL03,FL08=code"
        no-regress = "last.json"
        since = "origin/main"
        baseline = "known.json"
        strict-baseline = true
        output = ["concise", "json:out/report.json"]
        jobs = 2
        no-cache = true
        cache-dir = ".cache"
        color = "never"
        no-progress = true
        exit-zero = true
        show-suppressed = true
        [per-file-ignores]
        "scripts/" = ["FL02", "FL08"]
        [severity]
        FL0204 = "warning"
        """,
    )
    settings = resolve(tmp_path, {})
    assert settings.select == ("FL08", "own-your-prompts")
    assert settings.ignore == ("FL0204", "FL0205")
    assert settings.min_severity is Severity.WARNING
    assert settings.fail_under == 40.0
    assert settings.output == (Output("concise"), Output("json", tmp_path / "out/report.json"))
    assert settings.cache_dir == tmp_path / ".cache"
    assert settings.source == file
    assert set(read(file)) == {name.replace("-", "_") for name in NAMES}


def test_flags_win_over_the_file(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", '[tool.factorlint]\nmin-confidence = "high"\nnotebooks = false\njobs = 3\n')
    settings = resolve(tmp_path, {"min-confidence": "low", "notebooks": True})
    assert (settings.min_confidence, settings.notebooks, settings.jobs) == (Confidence.LOW, True, 3)


def test_the_nearest_file_counts_and_nothing_is_merged(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool.factorlint]\njobs = 3\nnotebooks = false\n")
    inner = tmp_path / "inner"
    write(inner / "pyproject.toml", '[project]\nname = "no section here"\n')
    assert nearest(inner) == tmp_path / "pyproject.toml"
    write(inner / "factorlint.toml", "jobs = 5\n")
    settings = resolve(inner / "deep", {})
    assert (settings.jobs, settings.notebooks) == (5, True)


def test_in_one_folder_the_own_file_comes_first(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool.factorlint]\njobs = 3\n")
    own = write(tmp_path / "factorlint.toml", "")
    assert nearest(tmp_path) == own


def test_isolated_and_named_files(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool.factorlint]\njobs = 3\n")
    other = write(tmp_path / "elsewhere" / "ci.toml", "jobs = 7\ncache-dir = '../cache'\n")
    assert resolve(tmp_path, {}, isolated=True).jobs == 0
    named = resolve(tmp_path, {}, file=other)
    assert (named.jobs, named.cache_dir) == (7, tmp_path / "elsewhere" / "../cache")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("min-confidnce = 'low'", "unknown key 'min-confidnce', did you mean 'min-confidence'?"),
        ("min_confidence = 'low'", "unknown key 'min_confidence', did you mean 'min-confidence'?"),
        ("zzz = 1", "unknown key 'zzz'"),
        ("plugin = 'os'", "'plugin' loads code and is only ever taken from the command line"),
        ("isolated = true", "unknown key 'isolated'"),
        ("min-confidence = 'certain'", "'min-confidence' expects one of high, medium, low, not 'certain'"),
        ("min-confidence = 3", "'min-confidence' expects one of high, medium, low, not 3"),
        ("min-confidence = []", "'min-confidence' expects one of high, medium, low, not []"),
        ("select = 8", "'select' expects a list of strings, not 8"),
        ("select = [8]", "'select' expects a list of strings, not [8]"),
        ("jobs = -1", "'jobs' expects a whole number from 0 up, not -1"),
        ("jobs = true", "'jobs' expects a whole number from 0 up, not True"),
        ("jobs = 1.5", "'jobs' expects a whole number from 0 up, not 1.5"),
        ("fail-under = 101", "'fail-under' expects a number from 0 to 100, not 101"),
        ("fail-under = nan", "'fail-under' expects a number from 0 to 100, not nan"),
        ("fail-under = true", "'fail-under' expects a number from 0 to 100, not True"),
        ("notebooks = 'yes'", "'notebooks' expects true or false, not 'yes'"),
        ("baseline = '../known.json'", "'baseline' may only name paths inside its folder, not '../known.json'"),
        ("require = 'FL99=code'", "'require' expects factors (FL01 to FL13, or their names), not 'FL99'"),
        ("require = 'FL08=nobody'", "'require' expects code or shared as an owner, not 'nobody'"),
        ("severity = 'FL08'", "'severity' expects RULE=SEVERITY, not 'FL08'"),
        ("severity.FL08 = 'loud'", "'severity' expects one of error, warning, info, not 'loud'"),
        ("per-file-ignores = 'a.py'", "'per-file-ignores' expects GLOB:RULE, not 'a.py'"),
        ("per-file-ignores.x = 3", "'per-file-ignores' expects a list of strings, not 3"),
        ("since = 1", "'since' expects a string, not 1"),
        ("cache-dir = 1", "'cache-dir' expects a path, not 1"),
        ("output = 'pdf'", f"'output' expects one of {', '.join(FORMATS)}, not 'pdf'"),
        ("output = 'json:'", "'output' expects FORMAT or FORMAT:FILE, not 'json:'"),
        ("output = 'json:/etc/motd'", "'output' may only name paths inside its folder, not '/etc/motd'"),
        ("cache-dir = '../up'", "'cache-dir' may only name paths inside its folder, not '../up'"),
    ],
)
def test_what_is_wrong_is_named_with_its_file(tmp_path: Path, line: str, said: str) -> None:
    file = write(tmp_path / "factorlint.toml", line)
    with pytest.raises(ConfigError, match=re.escape(said)) as caught:
        resolve(tmp_path, {})
    assert str(caught.value).startswith(f"{file}: ")


def test_a_link_out_of_the_folder_is_no_way_out(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    inside = tmp_path / "inside"
    write(inside / "factorlint.toml", "output = 'json:link/report.json'")
    (inside / "link").symlink_to(outside)
    with pytest.raises(ConfigError, match="only name paths inside"):
        resolve(inside, {})


def test_a_broken_pyproject_or_section_is_an_error(tmp_path: Path) -> None:
    file = write(tmp_path / "pyproject.toml", "[tool]\nfactorlint = 3\n")
    with pytest.raises(ConfigError, match=re.escape(f"{file}: 'tool.factorlint' expects a table, not 3")):
        resolve(tmp_path, {})
    for broken in (b"\xff\xfe", b"jobs ="):
        file.write_bytes(broken)
        with pytest.raises(ConfigError, match=re.escape(str(file))):
            resolve(tmp_path, {})


@pytest.mark.parametrize("text", ["a" * 600_000, "a." * 500 + "b = 1", "x = " + "[" * 5_000])
def test_a_configuration_is_read_with_bounds(tmp_path: Path, text: str) -> None:
    file = write(tmp_path / "factorlint.toml", text)
    with pytest.raises(ConfigError, match=re.escape(str(file))):
        resolve(tmp_path, {})


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml"):
        resolve(tmp_path, {}, file=tmp_path / "none.toml")


def test_a_wrong_flag_is_named() -> None:
    with pytest.raises(ConfigError, match="--fail-under expects a number from 0 to 100, not 200"):
        resolve(Path(), {"fail-under": 200.0}, isolated=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("json", Output("json")), ("json:-", Output("json")), ("json:a:b.json", Output("json", Path("a:b.json")))],
)
def test_outputs(value: Any, expected: Output) -> None:
    assert parse("output", value, "") == (expected,)


def test_reading_a_configuration_imports_nothing_of_the_tree(tmp_path: Path) -> None:
    write(tmp_path / "sitecustomize.py", "raise SystemExit('ran')")
    write(tmp_path / "factorlint.toml", "select = ['sitecustomize']")
    before = set(sys.modules)
    resolve(tmp_path, {})
    assert not {name for name in set(sys.modules) - before if name.startswith("site")}


def test_the_project_is_the_nearest_folder_that_looks_like_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a = write(tmp_path / "repo" / "pkg" / "a.py", "")
    b = write(tmp_path / "repo" / "src" / "b.py", "")
    monkeypatch.chdir(tmp_path)
    assert project([a.parent]) == tmp_path
    monkeypatch.chdir(a.parent)
    assert project([b]) == b.parent
    (tmp_path / "repo" / ".git").mkdir()
    assert project([a, b]) == tmp_path / "repo"
    write(tmp_path / "repo" / "pkg" / "pyproject.toml", "")
    assert project([a]) == a.parent
    assert project([a, b]) == tmp_path / "repo"
    assert project([tmp_path / "repo" / "none.py"]) == tmp_path / "repo"
