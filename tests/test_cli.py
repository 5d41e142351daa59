"""The command line: what reaches the engine, what is printed where, and the exit codes. The engine is a stand-in."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from making import INLINE, NO_RESUME, OPAQUE, OWNED_LOOP, make_report, make_site

from factorlint import __version__, gates, registry
from factorlint.__main__ import main
from factorlint.around import Around
from factorlint.config import Bar, ConfigError, Persona, Settings
from factorlint.model import Files, Problem, Report, RuleInfo
from factorlint.report import FORMATS

RULES = (RuleInfo(8, "FL08", "own-your-control-flow", "Own your control flow", 2, "", (OPAQUE, OWNED_LOOP)),)


class Engine:
    """Stands in for ``factorlint.run``: gives the report it is told to and remembers what it was asked."""

    def __init__(self) -> None:
        self.report = make_report([make_site(), make_site(OWNED_LOOP)])
        self.asked: list[tuple[Path, list[Path], Settings]] = []
        self.error: BaseException | None = None

    def audit(self, root: Path, paths: list[Path], settings: Settings, around: Around) -> Report:
        self.asked.append((root, paths, settings))
        if self.error:
            raise self.error
        return replace(self.report, gates=gates.unmet(self.report, settings))

    @property
    def settings(self) -> Settings:
        return self.asked[-1][2]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Engine:
    made = Engine()
    module = ModuleType("factorlint.run")
    module.audit = made.audit  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "factorlint.run", module)
    monkeypatch.setattr(registry, "rules", lambda plugins=(): RULES)
    monkeypatch.setattr(registry, "info", lambda rule: rule)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("")
    return made


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["factorlint", *words])
        code = main()
        return (code, *capsys.readouterr())

    return run


Call = Callable[..., tuple[int, str, str]]


def test_version(call: Call) -> None:
    assert call("--version") == (0, f"factorlint {__version__}\n", "")
    assert call("-V") == (0, f"factorlint {__version__}\n", "")


def test_what_the_audit_asks_of_the_engine(engine: Engine, call: Call, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    call("audit", "inner")
    root, paths, settings = engine.asked[0]
    assert (root, paths) == (tmp_path / "inner", [tmp_path / "inner"])
    assert settings.persona is Persona.AUDITOR


def test_what_the_check_asks_of_the_engine(engine: Engine, call: Call, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.py").write_text("")
    call("check", "inner/../inner/a.py", "none.py")
    root, paths, settings = engine.asked[0]
    assert (root, paths) == (tmp_path, [tmp_path / "inner" / "a.py", tmp_path / "none.py"])
    assert settings == replace(Settings(), source=settings.source)


def test_every_flag_reaches_the_settings(engine: Engine, call: Call) -> None:
    flags = (
        "--select FL08 --select opaque-agent-run --ignore FL0802x,owned-loop --min-confidence low "
        "--min-severity warning --persona auditor --output concise --fail-on error --fail-under 10 --exit-zero "
        "--show-suppressed --exclude a --extend-exclude b,c --force-exclude --include-tests --no-notebooks -j 2 "
        "--no-cache --cache-dir dir --isolated --plugin one --color never -q -v"
    )
    code, _, err = call("check", *flags.split())
    assert (code, err) == (
        2,
        "factorlint: exit 2: no rule or check is called 'FL0802x': 'factorlint rules' lists them\n",
    )
    assert not engine.asked
    assert call("check", *flags.replace("FL0802x", "FL0801").split())[::2] == (0, "")
    told = engine.settings
    assert told.select == ("FL08", "opaque-agent-run")
    assert told.ignore == ("FL0801", "owned-loop")
    assert (told.min_confidence.value, told.min_severity.value, told.persona.value) == ("low", "warning", "auditor")
    assert (told.fail_on, told.fail_under) == (Bar.ERROR, 10.0)
    assert (told.exit_zero, told.show_suppressed, told.force_exclude, told.include_tests) == (True,) * 4
    assert (told.exclude, told.extend_exclude) == (("a",), ("b", "c"))
    assert (told.notebooks, told.jobs, told.no_cache, told.cache_dir) == (False, 2, True, Path("dir"))
    assert (told.plugin, told.color.value) == (("one",), "never")


def test_a_switch_turned_off_on_the_command_line_wins_over_the_file(engine: Engine, call: Call, tmp_path: Path) -> None:
    (tmp_path / "factorlint.toml").write_text("include-tests = true\nfail-under = 90\n")
    call("check", "--no-include-tests", "--fail-under", "0")
    assert (engine.settings.include_tests, engine.settings.fail_under) == (False, 0.0)
    call("check")
    assert (engine.settings.include_tests, engine.settings.fail_under) == (True, 90.0)


def test_json_alone_on_standard_output(engine: Engine, call: Call) -> None:
    words = "audit . --output json --isolated --no-cache --notebooks --fail-on never --persona auditor"
    code, out, err = call(*words.split())
    assert (code, err) == (0, "")
    assert json.loads(out)["schema"] == "factorlint/1"


def test_several_outputs_in_one_run(engine: Engine, call: Call, tmp_path: Path) -> None:
    _, out, _ = call("check", "--output", "concise", "--output", "json:report.json")
    assert out.startswith("app/main.py:12:5: FL0801 [high] ")
    assert json.loads((tmp_path / "report.json").read_text())["root"] == "."
    assert len(engine.asked) == 1


def test_the_default_formats(engine: Engine, call: Call) -> None:
    assert "-->" in call("check")[1]
    assert call("audit")[1].startswith("Score ")


def test_colour_only_if_asked_for_in_a_pipe(engine: Engine, call: Call) -> None:
    assert "\x1b" not in call("audit")[1]
    assert "\x1b" in call("audit", "--color", "always")[1]


def test_the_last_line_says_why_the_exit_is_not_0(engine: Engine, call: Call) -> None:
    code, _, err = call("check")
    assert (code, err) == (1, "factorlint: exit 1: 1 finding of severity warning or above\n")
    code, _, err = call("check", "--fail-on", "error", "--fail-under", "99")
    assert (code, err) == (
        1,
        "factorlint: exit 1: 1 finding of severity error; the score 50.0 is under 99 (--fail-under)\n",
    )
    assert call("check", "--exit-zero")[::2] == (0, "")
    assert call("check", "--fail-on", "never")[::2] == (0, "")


@pytest.mark.parametrize(
    ("report", "code", "said"),
    [
        (make_report([]), 0, ""),
        (make_report([make_site(INLINE)]), 0, ""),
        (make_report([make_site(NO_RESUME)]), 0, ""),
        (make_report([], (Problem("a.py", 1, "parse-error", "x"),)), 0, ""),
        (make_report([], (Problem("a.py", 1, "rule-crash", "x"),)), 2, "a rule crashed on a.py"),
        (make_report([make_site()], (Problem("a.py", 1, "rule-crash", "x"),)), 2, "a rule crashed on a.py"),
        (make_report([], (Problem("no.py", None, "missing", "x"),)), 3, "no such file or folder: no.py"),
    ],
)
@pytest.mark.parametrize(
    "name", ["concise", "full", "github", "gitlab", "json", "jsonl", "junit", "markdown", "sarif", "text"]
)
def test_exit_codes_are_the_same_for_every_format(
    engine: Engine, call: Call, report: Report, code: int, said: str, name: str
) -> None:
    engine.report = report
    ended, out, err = call("check", "--output", name)
    assert ended == code
    assert err == (f"factorlint: exit {code}: {said}\n" if code else "")
    assert all(problem.path in out for problem in report.problems)


def test_nothing_to_check(engine: Engine, call: Call) -> None:
    made = make_report([])
    engine.report = replace(made, summary=replace(made.summary, files=Files()))
    assert call("audit")[::2] == (3, "factorlint: exit 3: nothing to check: no Python file found\n")


def test_interrupted(engine: Engine, call: Call) -> None:
    engine.error = KeyboardInterrupt()
    assert call("audit") == (130, "", "factorlint: exit 130: interrupted\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("check --no-such-flag", "--no-such-flag"),
        ("check --min-confidence certain", "certain"),
        ("check --fail-under 200", "--fail-under expects a number from 0 to 100"),
        ("check --jobs -3", "--jobs expects a whole number"),
        ("check --output pdf", f"--output expects one of {', '.join(FORMATS)}, not 'pdf'"),
        ("check --output json:no/such/folder/x.json", "no/such/folder/x.json cannot be written: No such file"),
        ("check --config none.toml", "none.toml"),
        ("check --select FL99", "no rule or check is called 'FL99'"),
        ("check --select F8", "no rule or check is called 'F8': did you mean 'FL08'?"),
        ("explain opaque-run", "no rule or check is called 'opaque-run': did you mean 'opaque-agent-run'?"),
        ("compare HEAD --baseline known.json", "--baseline"),
        ("history --baseline known.json", "--baseline"),
        ("audit one two", ""),
        ("no-such-command", "no-such-command"),
    ],
)
def test_wrong_usage_is_exit_2(engine: Engine, call: Call, words: str, said: str) -> None:
    code, out, err = call(*words.split())
    assert code == 2
    assert said in err
    assert "Traceback" not in out + err


def test_a_wrong_configuration_names_key_and_file(engine: Engine, call: Call, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.factorlint]\njbos = 3\n")
    code, _, err = call("audit")
    assert code == 2
    assert err == f"factorlint: exit 2: {tmp_path / 'pyproject.toml'}: unknown key 'jbos', did you mean 'jobs'?\n"
    assert call("audit", "--isolated")[0] == 1


def test_an_error_of_the_engine_that_is_the_users_is_one_line(engine: Engine, call: Call) -> None:
    engine.error = ConfigError("the plugin 'x\x1b' cannot be imported")
    assert call("audit")[::2] == (2, "factorlint: exit 2: the plugin 'x\\x1b' cannot be imported\n")


def test_a_reader_that_goes_away_ends_nothing() -> None:
    script = "from factorlint import cli\ncli._write('x' * 1_000_000)\nraise SystemExit(7)"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 7


def test_a_plugin_that_fails_is_named(
    engine: Engine, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "broken_plugin.py").write_text("1 / 0")
    for command in ("check", "rules", "explain FL08"):
        code, _, err = call(*command.split(), "--plugin", "broken_plugin")
        assert (code, err) == (2, "factorlint: exit 2: --plugin: ZeroDivisionError: division by zero\n")
        code, _, err = call(*command.split(), "--plugin", "no_such_plugin")
        assert (code, err) == (
            2,
            "factorlint: exit 2: --plugin: ModuleNotFoundError: No module named 'no_such_plugin'\n",
        )


def test_rules_and_explain(engine: Engine, call: Call) -> None:
    code, out, err = call("rules")
    assert (code, err) == (0, "")
    assert "FL0801  opaque-agent-run" in out
    code, _, err = call("explain", "FL99")
    assert (code, err) == (2, "factorlint: exit 2: no rule or check is called 'FL99': 'factorlint rules' lists them\n")


def test_help_names_every_command(call: Call) -> None:
    code, out, _ = call("--help")
    assert code == 0
    for command in ("check", "audit", "explain", "rules"):
        assert command in out
    assert "..." not in out.partition("Commands:")[2]  # what a command is for fits on its line
