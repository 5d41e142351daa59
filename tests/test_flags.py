"""Every flag, every format and every exit code once, through the installed command: each run differs from the plain one
in what its flag promises. What a flag does in full is tested where it belongs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from installed import Done, call, notebook, put

from factorlint.keys import KEYS
from factorlint.report import FORMATS

RUN = "from crewai import Crew\n\nCrew().kickoff()\n"
RETRY = """from openai import OpenAI
from tenacity import retry


@retry
def ask(messages):
    return OpenAI().chat.completions.create(model="m", messages=messages)
"""
TREE = {
    "factorlint.toml": "fail-under = 0\n",
    "app.py": RUN,
    "gen/made.py": RUN,
    "tests/test_app.py": RUN,
    "book.ipynb": notebook(RUN),
    "again.py": RETRY,
    "aside.py": RUN.replace("kickoff()", "kickoff()  # factorlint: ignore[FL08] until May"),
    "guess.py": "from odd_agents import Agent\n\nagent = Agent(tools=[])\nagent.run('x')\n",
    "old.json": json.dumps({"factors": [], "summary": {"score": 99.9}}),
    "none.json": json.dumps({"schema": "factorlint-baseline/1", "findings": []}),
    "own.toml": 'select = ["FL02"]\n',
    "plug.py": "",
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = put(tmp_path_factory.mktemp("flags"), TREE)
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    people = [word for key in ("name", "email") for word in ("-c", f"user.{key}=x")]
    for words in (("init", "-q"), ("add", "."), (*people, "commit", "-q", "-m", "one")):
        subprocess.run(["git", *words], cwd=folder, env=environment, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def plain(tree: Path) -> Done:
    return call(tree, "check", "-o", "json")


def paths(done: Done) -> set[str]:
    return {one["path"] for one in done.report["sites"] if one["status"] == "new" and one["code"]}


def codes(done: Done) -> set[str]:
    return {one["code"] for one in done.report["sites"] if one["status"] == "new" and one["code"]}


def last(done: Done) -> str:
    return done.err.rstrip().rpartition("\n")[2]


Sees = Callable[[Done], bool]
SHOWN: dict[str, tuple[str, Sees]] = {  # a key → words of a `check -o json`, and what is seen
    "select": ("--select FL0801", lambda done: codes(done) == {"FL0801"}),
    "extend-select": ("--select FL0801 --extend-select FL0901", lambda done: codes(done) == {"FL0801", "FL0901"}),
    "ignore": ("--ignore FL0801", lambda done: "FL0801" not in codes(done)),
    "per-file-ignores": ("--per-file-ignores app.py:FL08", lambda done: "app.py" not in paths(done)),
    "severity": (
        "--severity FL0801=info --fail-on error",
        lambda done: {one["severity"] for one in done.report["sites"] if one["code"] == "FL0801"} == {"info"},
    ),
    "exclude": ("--exclude gen", lambda done: "gen/made.py" not in paths(done)),
    "extend-exclude": ("--extend-exclude gen", lambda done: "gen/made.py" not in paths(done)),
    "force-exclude": ("gen/made.py --extend-exclude gen --force-exclude", lambda done: paths(done) == set()),
    "include-tests": ("--include-tests", lambda done: "tests/test_app.py" in paths(done)),
    "notebooks": ("--no-notebooks", lambda done: "book.ipynb" not in paths(done)),
    "min-confidence": ("--min-confidence low", lambda done: "guess.py" in paths(done)),
    "min-severity": ("--min-severity error", lambda done: codes(done) == {"FL0801", "FL0901"}),
    "persona": ("--persona auditor", lambda done: "FL0601" in codes(done)),
    "fail-on": ("--fail-on never", lambda done: done.code == 0),
    "fail-under": ("--fail-on never --fail-under 99", lambda done: "under 99 (--fail-under)" in last(done)),
    "require": ("--fail-on never --require FL08=code", lambda done: "(--require)" in last(done)),
    "no-regress": ("--fail-on never --no-regress old.json", lambda done: "(--no-regress)" in last(done)),
    "since": ("--since HEAD", lambda done: done.code == 0 and codes(done) == set()),
    "baseline": ("--baseline none.json", lambda done: done.code == 1),
    "strict-baseline": ("--baseline none.json --strict-baseline", lambda done: done.code == 1),
    "output": ("-o concise:out.txt", lambda done: done.report["schema"] == "factorlint/1"),
    "jobs": ("-j 2", lambda done: done.code == 1),
    "no-cache": ("--no-cache", lambda done: done.code == 1),
    "cache-dir": ("--cache-dir elsewhere", lambda done: done.code == 1),
    "color": ("--color always", lambda done: "\x1b" not in done.out),
    "no-progress": ("--no-progress", lambda done: "checking" not in done.err),
    "exit-zero": ("--exit-zero", lambda done: done.code == 0 and codes(done) != set()),
    "show-suppressed": ("--show-suppressed", lambda done: done.code == 1),
    "plugin": ("--plugin no_such_module", lambda done: done.code == 2 and "--plugin" in last(done)),
}
SAME = ("jobs", "no-cache", "cache-dir", "color", "no-progress", "show-suppressed", "baseline", "strict-baseline")


def test_no_key_is_forgotten() -> None:
    assert set(SHOWN) == set(KEYS)


@pytest.mark.parametrize("key", SHOWN)
def test_flags(key: str, tree: Path, plain: Done) -> None:
    words, sees = SHOWN[key]
    done = call(tree, "check", "-o", "json", *words.split())
    assert sees(done), (done.code, done.err)
    if key in SAME:
        assert done.out == plain.out
    elif key != "output":
        assert done != plain


def test_a_stale_baseline_is_strict_only_when_asked(tree: Path, tmp_path: Path) -> None:
    stale = json.dumps({"check": "FL0801", "path": "app.py", "scope": "gone", "source": "gone()", "nth": 1})
    put(tmp_path, {"pyproject.toml": "", "app.py": "x = 1\n", "b.json": "{}"})
    text = f'{{"schema": "factorlint-baseline/1", "findings": [{stale}]}}'
    put(tmp_path, {"b.json": text})
    assert call(tmp_path, "check", "--baseline", "b.json").code == 0
    done = call(tmp_path, "check", "--baseline", "b.json", "--strict-baseline")
    assert (done.code, "(--strict-baseline)" in last(done)) == (1, True)


def test_configuration_flags(tree: Path) -> None:
    assert codes(call(tree, "check", "-o", "json", "--config", "own.toml")) == set()
    put(tree, {"bad/factorlint.toml": "nonsense = 1\n", "bad/a.py": RUN})
    assert call(tree, "check", "bad").code == 2
    assert call(tree, "check", "bad", "--isolated").code == 1


def test_colour_where_it_is_wanted(tree: Path) -> None:
    def coloured(*words: str, **env: str) -> bool:
        return "\x1b" in call(tree, "check", *words, env={"NO_COLOR": "", "FORCE_COLOR": "", **env}).out

    assert not coloured()
    assert coloured("--color", "always")
    assert coloured(FORCE_COLOR="1")
    assert not coloured(FORCE_COLOR="1", NO_COLOR="1")
    assert not coloured("--color", "never", FORCE_COLOR="1")


def test_quiet_and_verbose(tree: Path) -> None:
    said = {
        words: call(tree, "check", "aside.py", "app.py", *words.split(), "-o", "concise").out for words in ("", "-q")
    }
    assert said[""].startswith(said["-q"])
    assert len(said["-q"]) < len(said[""])
    asks = "".join(f"def ask{n}(q):\n    return {ASK}\n\n" for n in range(9))
    put(tree, {"own/o.py": f"from openai import OpenAI\n\n{asks}"})
    short, long = (call(tree, "audit", "own", "--isolated", "--exit-zero", *words).out for words in ((), ("-v",)))
    assert long.count("own/o.py:") > short.count("own/o.py:")


ASK = """OpenAI().chat.completions.create(
        model="m", messages=[{"role": "system", "content": "You are good."}, {"role": "user", "content": q}]
    )"""


@pytest.mark.parametrize("name", FORMATS)
def test_formats(name: str, tree: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    done = call(tree, "check", "app.py", "-o", name, "-o", f"{name}:{to}")
    assert (done.code, last(done).startswith("factorlint: exit 1: ")) == (1, True)
    assert to.read_text(encoding="utf-8")
    assert done.out
    if name not in ("badge", "svg"):
        assert "FL0801" in done.out
    if name in ("json", "sarif", "gitlab", "badge"):
        assert json.loads(done.out) == json.loads(to.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("check app.py --fail-on never", 0, ""),
        ("check app.py", 1, "exit 1: "),
        ("check app.py --fail-on error --select FL0802", 0, ""),
        ("check --select FL9999x", 2, "exit 2: no rule or check is called 'FL9999x'"),
        ("check --no-such-flag", 2, ""),
        ("check --baseline nowhere.json", 2, "exit 2: "),
        ("check nowhere.py", 3, "exit 3: no such file or folder: nowhere.py"),
        ("explain nothing", 2, "exit 2: "),
    ],
)
def test_exit_codes(words: str, code: int, said: str, tree: Path) -> None:
    done = call(tree, *words.split())
    assert done.code == code
    assert said in done.err


def test_a_path_that_is_not_there_has_no_agent_code(tree: Path) -> None:
    done = call(tree, "audit", "nowhere")
    assert (done.code, done.out.splitlines()[0]) == (3, "No agent code found")


def test_an_empty_folder_is_nothing_to_check(tmp_path: Path) -> None:
    assert call(tmp_path, "audit").code == 3


def test_completion(tmp_path: Path) -> None:
    asked = {"_FACTORLINT_COMPLETE": "complete_bash", "COMP_WORDS": "factorlint ex", "COMP_CWORD": "1"}
    assert call(tmp_path, env=asked).out.split() == ["explain"]
    asked |= {"COMP_WORDS": "factorlint check --stdin", "COMP_CWORD": "2"}
    assert call(tmp_path, env=asked).out.split() == ["--stdin-filename"]
    for words, at, wanted in (
        ("factorlint explain FL080", "2", ["FL0801", "FL0802", "FL0803"]),
        ("factorlint check --select FL0801,unb", "3", ["FL0801,unbounded-context", "FL0801,unbounded-retry"]),
        ("factorlint check --output sa", "3", ["sarif"]),
    ):
        offered = call(tmp_path, env={**asked, "COMP_WORDS": words, "COMP_CWORD": at}).out.split()
        assert set(wanted) <= set(offered), words
