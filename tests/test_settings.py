"""What settings do, through the installed command: selection, severities, per-file ignores, gates, `config`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from installed import call, put

import factorlint
from factorlint import configured
from factorlint.config import ConfigError, resolve

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

APP = "from crewai import Crew\n\n\ndef go(crew: Crew):\n    crew.kickoff()\n"
CHECK = ("check", "--select", "FL0801", "-o", "json")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return put(tmp_path, {"factorlint.toml": "", "app/main.py": APP, "scripts/run.py": APP, "tests/test_a.py": APP})


def problems(folder: Path, *words: str) -> list[str]:
    report = call(folder, *CHECK, *words).report
    return [f"{one['path']}: {one['kind']}: {one['message']}" for one in report["problems"]]


def test_selection_ignores_and_extensions(project: Path) -> None:
    for words, code in (
        (("--select", "FL02"), 0),
        (("--select", "FL02", "--extend-select", "FL0801"), 1),
        (("--ignore", "FL08"), 0),
        (("--ignore", "FL08", "--extend-select", "opaque-agent-run"), 1),
    ):
        assert call(project, "check", "--fail-on", "error", *words).code == code, words


def test_severities_are_overridden_and_the_most_specific_word_wins(project: Path) -> None:
    put(project, {"factorlint.toml": '[severity]\nFL08 = "info"\n'})
    done = call(project, *CHECK)
    assert (done.code, {one["severity"] for one in done.report["sites"] if one["code"] == "FL0801"}) == (0, {"info"})
    assert call(project, *CHECK, "--severity", "FL0801=warning,FL08=info").code == 1
    assert call(project, *CHECK, "--severity", "FL0801=warning", "--min-severity", "error").code == 0


def test_per_file_ignores_hold_for_their_files(project: Path) -> None:
    put(project, {"factorlint.toml": '[per-file-ignores]\n"scripts/" = ["FL08"]\n"app/*.py" = "FL0801"\n'})
    done = call(project, *CHECK)
    assert done.code == 0
    below = [one["path"] for one in done.report["sites"] if one["code"] == "FL0801" and one["status"] == "below"]
    assert below == ["app/main.py", "scripts/run.py"]
    assert not done.report["problems"]
    assert call(project, *CHECK, "--per-file-ignores", "scripts/:FL08").lines("FL0801") == [5]
    assert call(project / "app", "audit", "--select", "FL0801", "-o", "json").code == 0


def test_settings_that_are_good_for_nothing_are_told(project: Path) -> None:
    put(
        project,
        {
            "factorlint.toml": 'extend-exclude = ["gone/", "scripts/"]\n'
            '[per-file-ignores]\n"lost.py" = ["FL08"]\n"app/" = ["FL0901"]\n"app/main.py" = ["FL08"]\n'
        },
    )
    assert problems(project) == [
        "factorlint.toml: configuration: exclude: nothing matches 'gone/'",
        "factorlint.toml: configuration: per-file-ignores: 'app/' has no finding of FL0901 to ignore",
        "factorlint.toml: configuration: per-file-ignores: no file that is read matches 'lost.py'",
    ]
    put(project, {"other.py": ""})
    assert problems(project, "app/main.py") == []


@pytest.mark.parametrize(
    "words", [("--severity", "FL99=info"), ("--per-file-ignores", "a:FL99"), ("--extend-select", "x")]
)
def test_a_rule_that_nobody_knows_is_exit_2(project: Path, words: tuple[str, ...]) -> None:
    done = call(project, "check", *words)
    assert (done.code, "no rule or check is called" in done.err) == (2, True)


def test_require_says_who_must_own_a_factor(project: Path) -> None:
    done = call(project, "check", "--fail-on", "never", "--require", "FL01,FL08=code,own-your-context-window=shared")
    assert done.code == 1
    assert done.err == (
        "factorlint: exit 1: FL08 own-your-control-flow is owned by framework, not by code (--require); "
        "FL03 own-your-context-window is owned by framework, not by shared (--require)\n"
    )
    assert call(project, "check", "--fail-on", "never", "--require", "FL01=code").code == 0
    assert call(project, "check", "--require", "FL14=code").code == 2


def test_no_score_may_fall(project: Path) -> None:
    never = ("check", "--fail-on", "never", "--no-regress", "last.json")
    call(project, "audit", "--exit-zero", "-o", "json:last.json")
    assert call(project, *never).code == 0
    last = json.loads((project / "last.json").read_text())
    last["summary"]["score"] += 10
    next(one for one in last["factors"] if one["code"] == "FL08")["score"] += 5
    (project / "last.json").write_text(json.dumps(last))
    done = call(project, *never)
    assert done.code == 1
    assert done.err.startswith("factorlint: exit 1: the score fell from ")
    assert "; FL08 fell from 5.0 to 0.0 (--no-regress)" in done.err
    for broken, said in (("[]", "no report of the json format"), (None, "No such file")):
        (project / "last.json").unlink()
        if broken is not None:
            (project / "last.json").write_text(broken)
        done = call(project, *never)
        assert (done.code, said in done.err) == (2, True)


def test_config_shows_where_each_value_came_from(project: Path) -> None:
    put(project, {"factorlint.toml": 'fail-under = 40\nignore = ["FL02"]\n[severity]\nFL0801 = "info"\n'})
    out = call(project, "config", "--persona", "auditor").out
    rows = {line.split()[0]: line.split() for line in out.splitlines() if line}
    assert out.startswith(f"configuration: {project / 'factorlint.toml'}\n")
    assert rows["fail-under"] == ["fail-under", "40", "factorlint.toml"]
    assert rows["persona"] == ["persona", "auditor", "the", "command", "line"]
    assert rows["jobs"] == ["jobs", "0", "default"]
    assert "files read: 2 (2 app)\n  left out: 1 test (include-tests)\n" in out
    assert rows["FL0201"][2:] == ["off:", "not", "selected"]
    assert rows["FL0801"][2:] == ["on,", "info"]
    assert call(project, "config", "--isolated").out.startswith("configuration: none\n")


# -- the schema --------------------------------------------------------------------------------------------------------

STORED = Path(factorlint.__file__).parent / configured.SCHEMA


def test_the_schema_is_what_the_command_prints(tmp_path: Path) -> None:
    """Stale? `factorlint config --schema > factorlint/factorlint.schema.json`"""
    assert STORED.read_text(encoding="utf-8") == configured.schema()
    assert call(tmp_path, "config", "--schema").out == configured.schema()


@pytest.mark.parametrize(
    "text",
    [
        "",
        'select = ["FL08"]\nignore = "FL02"\njobs = 3\nfail-under = 12.5\nfail-on = "never"\noutput = ["json:a.json"]',
        '[severity]\nFL08 = "info"\n[per-file-ignores]\n"a/" = ["FL08"]\n"b/" = "FL02"',
        'severity = "FL08=info"\nper-file-ignores = ["a.py:FL08"]\nrequire = ["FL03", "FL08=code"]',
        "jbos = 3",
        "jobs = -1",
        "jobs = true",
        "fail-under = 101",
        'fail-on = "often"',
        'output = "pdf"',
        'plugin = "x"',
        "select = 3",
        '[severity]\nFL08 = "loud"',
        "notebooks = 'yes'",
        "cache-dir = 3",
    ],
)
def test_the_schema_says_what_the_reader_says(tmp_path: Path, text: str) -> None:
    schema: dict[str, Any] = json.loads(STORED.read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    try:
        resolve(put(tmp_path, {"factorlint.toml": text}), {})
        valid = True
    except ConfigError:
        valid = False
    assert jsonschema.Draft7Validator(schema).is_valid(tomllib.loads(text)) is valid
