"""What `docs/security.md` promises, each promise against the attacks on it, through the installed command."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import random
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import hostile
import pytest
from hostile import AGENT, SECRET, Hostile
from installed import PROGRAM, Done, call, notebook, put

from factorlint import (
    around,
    baseline,
    catalog,
    compiled,
    discover,
    gates,
    git,
    history,
    installed,
    reading,
    revision,
)
from factorlint.config import ConfigError, Settings, resolve
from factorlint.entries import CatalogError
from factorlint.keys import FORMATS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the traps are for POSIX")
DOCUMENTED = (0, 1, 2, 3)


@pytest.fixture(scope="module")
def trapped(tmp_path_factory: pytest.TempPathFactory) -> Hostile:
    told = hostile.repository(tmp_path_factory.mktemp("hostile"))
    hostile.bare(told)
    return told


def found(done: Done, path: str) -> set[str]:
    return {one["code"] for one in done.report["sites"] if one["path"] == path and one["code"]}


# -- nothing runs ------------------------------------------------------------------------------------------------------

COMMANDS = (
    "check -o json",
    "audit",
    "audit -o html",
    "check --since HEAD -o json",
    "check --diff --unsafe-fixes",
    "check --fix --unsafe-fixes",
    "baseline create",
    "baseline update",
    "config",
    "test .",
    "reveal app.py:5",
    "reveal app.py:5 --python .venv/bin/python",
    "plan",
    "check - --stdin-filename app.py",
    "history -o json",
    "history --since HEAD",
    "compare HEAD",
    "compare HEAD HEAD -o json",
    "fleet . --tables ../tables --jobs 1",
    "fleet ../bare.git --tables ../tables --jobs 1",
    "history ../bare.git",
)


def test_the_traps_are_set(tmp_path: Path) -> None:
    """Otherwise none of the others could fail."""
    told = hostile.repository(tmp_path)
    subprocess.run(["git", "status"], cwd=told.root, capture_output=True, check=False, timeout=60)
    assert "trap.sh" in told.sprung
    subprocess.run([sys.executable, "-c", "import factorlint"], cwd=told.root, capture_output=True, check=False)
    assert "factorlint" in told.sprung


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_of_the_tree_runs(trapped: Hostile, command: str) -> None:
    done = call(trapped.root, *command.split(), stdin=AGENT)
    assert done.code in DOCUMENTED, done.err
    assert trapped.sprung == ""
    if "check" in command and "json" in command:
        assert found(done, "app.py" if "--since" not in command else "fixed.py")


def test_a_promised_object_is_not_fetched(tmp_path: Path) -> None:
    """In a partial clone git would call the remote, which here is a command, for a file that is not there."""
    told = hostile.repository(tmp_path)
    hostile.without_files(told.root)
    told.ran.unlink(missing_ok=True)
    for words in ("check --since HEAD", "compare HEAD", "history"):
        done = call(told.root, *words.split())
        assert (done.code, told.sprung) == (0 if words == "history" else 2, "")
    assert "git does not have" in call(told.root, "check", "--since", "HEAD").err


def test_an_older_git_fetches_nothing_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was not yet told so by a variable, in a repository that allows itself every transport."""
    monkeypatch.delitem(git._SETTINGS, "GIT_NO_LAZY_FETCH")
    told = hostile.repository(tmp_path)
    hostile.without_files(told.root)
    told.ran.unlink(missing_ok=True)
    with pytest.raises(ConfigError):
        revision.extract(told.root, "HEAD", tmp_path / "into", "--since")
    assert told.sprung == ""
    monkeypatch.delitem(git._SETTINGS, "GIT_ALLOW_PROTOCOL")
    monkeypatch.setattr(git, "PATIENCE", 5)
    with pytest.raises(ConfigError):
        revision.extract(told.root, "HEAD", tmp_path / "into", "--since")
    assert "trap.sh" in told.sprung, "the trap was set"


def test_a_work_tree_elsewhere_is_not_read(tmp_path: Path) -> None:
    told = hostile.repository(tmp_path)
    hostile.git(told.root, "config", "core.worktree", str(told.outside))
    told.ran.unlink(missing_ok=True)
    for words in ("check --since HEAD -o json", "history -o json", "compare HEAD -o json"):
        done = call(told.root, *words.split())
        assert (done.code in DOCUMENTED, told.sprung) == (True, "")
        assert SECRET not in done.out + done.err
        assert "secret.py" not in done.out + done.err


@pytest.mark.parametrize("revision", ["--output=x", "--exec=x", "HEAD^{/x}", "@{-1}", ":/x", "HEAD\n--output=x"])
def test_a_revision_is_no_option_of_git(trapped: Hostile, revision: str) -> None:
    done = call(trapped.root, "check", f"--since={revision}")
    assert (done.code, trapped.sprung) == (2, "")
    assert not (trapped.root / "x").exists()


@pytest.mark.parametrize("name", ["plugin", "rules", "load", "extend", "extends", "formatter"])
def test_a_configuration_loads_no_code(tmp_path: Path, name: str) -> None:
    put(tmp_path, {"factorlint.toml": f'{name} = ["plugin"]\n', "plugin.py": "open('ran', 'w')\n"})
    done = call(tmp_path, "check")
    assert (done.code, (tmp_path / "ran").exists()) == (2, False)
    assert f"'{name}'" in done.err


# -- nothing outside the tree is read or written -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        'output = "json:../x.json"',
        'output = "json:/tmp/factorlint-x.json"',
        'output = "json:out/x.json"',  # out is a link
        'output = "concise:.git/hooks/post-checkout"',
        'output = "concise:.github/workflows/x.md"',
        'output = "concise:app.py"',
        'output = "concise:x.pth"',
        'output = "json:pipe.json"',
        'baseline = "../x.json"',
        'baseline = "pipe.json"',
        'no-regress = "out/x.json"',
        'no-regress = "pipe.json"',
        'cache-dir = "../x"',
        'cache-dir = "out"',
        'cache-dir = "a\\u0000b"',
        'baseline = "a\\u0000b.json"',
        f'baseline = "{"a" * 5_000}.json"',
        f'output = "json:{"a/" * 3_000}x.json"',
    ],
)
def test_a_configuration_names_nothing_elsewhere(tmp_path: Path, line: str) -> None:
    root = put(tmp_path / "tree", {"app.py": AGENT, "factorlint.toml": f"{line}\n"})
    outside = put(tmp_path / "outside", {"x.json": "{}"})
    (root / "out").symlink_to(outside)
    os.mkfifo(root / "pipe.json")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(ConfigError, match="may only name"):
        resolve(root, {})
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["factorlint.toml", "pyproject.toml"])
def test_a_configuration_is_no_link_elsewhere(tmp_path: Path, name: str) -> None:
    put(tmp_path, {"tree/app.py": AGENT, "outside.toml": f"[tool.factorlint]\n{SECRET} = 1\n"})
    (tmp_path / "tree" / name).symlink_to(tmp_path / "outside.toml")
    done = call(tmp_path / "tree", "check")
    assert (done.code, SECRET in done.err) == (2, False)
    assert call(tmp_path / "tree", "check", "--isolated").code == 1


def test_links_lead_nowhere(tmp_path: Path) -> None:
    root = put(tmp_path / "tree", {"app.py": AGENT, "requirements.txt": "-r ../outside/pins.txt\n-c pins.txt\n"})
    outside = put(tmp_path / "outside", {"secret.py": f"{AGENT}X = '{SECRET}'\n", "pins.txt": f"{SECRET} @@ 1\n"})
    for name, target in {
        "file.py": outside / "secret.py",
        "folder": outside,
        "book.ipynb": outside / "secret.py",
        "pins.txt": outside / "pins.txt",
        "setup.cfg": outside / "pins.txt",
        ".gitignore": outside / "pins.txt",
        "loop": root,
        "self.py": root / "self.py",
        "a.py": root / "b.py",
        "b.py": root / "a.py",
        "gone.py": outside / "nothing.py",
        "process.py": Path("/proc/self/environ"),
    }.items():
        (root / name).symlink_to(target)
    outputs = [word for form in FORMATS for word in ("-o", f"{form}:{tmp_path / form}")]
    done = call(root, "audit", "-v", *outputs)
    for said in (done.out, done.err, *((tmp_path / form).read_text() for form in FORMATS)):
        assert SECRET not in said
        assert "secret.py" not in said
    assert "FL0801" in found(call(root, "check", "-o", "json"), "app.py")


@pytest.mark.parametrize("name", ["file.py", "folder", "folder/secret.py"])
def test_a_link_that_is_named_leads_nowhere(tmp_path: Path, name: str) -> None:
    root = put(tmp_path / "tree", {"app.py": AGENT, "pyproject.toml": ""})
    outside = put(tmp_path / "outside", {"secret.py": f"{AGENT}X = '{SECRET}'\n"})
    (root / "file.py").symlink_to(outside / "secret.py")
    (root / "folder").symlink_to(outside)
    done = call(root, "check", "app.py", name, "-o", "json")
    assert SECRET not in done.out
    assert [one["kind"] for one in done.report["problems"]] == ["outside"]


def test_what_changes_under_the_run(tmp_path: Path) -> None:
    """Between being found and being read, a file goes, is a link, is a pipe, or grows."""
    root = put(tmp_path / "tree", {f"{name}.py": AGENT for name in ("gone", "link", "pipe", "grown", "app")})
    put(tmp_path, {"secret.py": f"{AGENT}X = '{SECRET}'\n"})
    held = discover.find(root)
    for name in ("gone", "link", "pipe"):
        (root / f"{name}.py").unlink()
    (root / "link.py").symlink_to(tmp_path / "secret.py")
    os.mkfifo(root / "pipe.py")
    (root / "grown.py").write_text(AGENT + "# more\n" * 2_000_000)
    texts = reading.read(held, catalog.builtin(), Settings())
    kinds = {one.path: one.kind for one in texts.problems}
    assert kinds == {"gone.py": "unreadable", "link.py": "unreadable", "grown.py": "too-large"}
    assert texts.sources["app.py"].text == AGENT
    assert not any(SECRET in one.text for one in texts.sources.values())


def test_a_tree_that_is_written_to_all_the_time(tmp_path: Path) -> None:
    """Files are cut off, rewritten, deleted, moved and made links or folders while they are found, read and fixed."""
    names = [f"m{at}.py" for at in range(30)] + [
        "sub/a.py",
        "book.ipynb",
        "requirements.txt",
        ".gitignore",
        "setup.cfg",
    ]
    texts = (
        AGENT,
        "",
        "x = (\n",
        AGENT * 50,
        hostile.FIXED,
        notebook(AGENT),
        "crewai==1\n-r more.txt\n",
        "\0",
        "m*.py\n",
    )
    root = put(tmp_path / "tree", {"app.py": AGENT, "pyproject.toml": ""})
    put(tmp_path / "outside", {"secret.py": f"{AGENT}X = '{SECRET}'\n"})
    dice = random.Random(1)
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            path = root / dice.choice(names)
            with contextlib.suppress(OSError):
                _clear(path)
                path.parent.mkdir(exist_ok=True)
                if dice.random() < 0.1:
                    path.symlink_to(tmp_path / "outside" / "secret.py")
                elif dice.random() < 0.1:
                    path.mkdir()
                elif dice.random() < 0.9:
                    path.write_text(dice.choice(texts))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for words in (
            "check -o json",
            "check -o json",
            "check --fix -o json",
            "audit --diff",
            "baseline create",
            "plan",
        ):
            done = call(root, *words.split())
            assert done.code in DOCUMENTED, done.err
            assert SECRET not in done.out + done.err
            if "json" in words:
                assert not {"crash", "rule-crash", "worker-died"} & {one["kind"] for one in done.report["problems"]}
                assert "FL0801" in found(done, "app.py")
    finally:
        over.set()
        writer.join()
    assert (tmp_path / "outside" / "secret.py").read_text() == f"{AGENT}X = '{SECRET}'\n"


def _clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


# -- what is shown is not obeyed ---------------------------------------------------------------------------------------

EVIL = "\x1b]0;owned\x07\x1b[2J\u202e\u200b\x9b31m"
NAMES = (
    *(
        f"{EVIL}.py",
        "::error::owned.py",
        "##[error]owned.py",
        "a\nb.py",
        "a\r::error::b.py",
        "<img src=x onerror=a()>.py",
    ),
    *("'\"><script>alert(1)</script>.py", "[x](javascript:a) @all ![i](http:x) `|`.py", "]]>&.py", "-o json.py"),
)
SOURCE = f"""from crewai import Crew
WORDS = "{EVIL} <script>alert(2)</script> ]]> ::error::owned"


class Desk:
    def go(self, crew: Crew) -> None:
        crew.kickoff(inputs={{"a": "{EVIL} <script>alert(3)</script> ]]>"}})
        crew.kickoff()  # factorlint: ignore[FL0801] {EVIL} <script>alert(4)</script>
        crew.kickoff()  # factorlint: ignore[{EVIL}]
"""
OUTPUTS = [{"output_type": "display_data", "data": {"text/html": [f"<script>{SECRET}</script>"]}, "metadata": {}}]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each format, and standard error, say of a tree that has all of it."""
    root, told = tmp_path_factory.mktemp("shown"), tmp_path_factory.mktemp("told")
    put(root, {name.replace("/", "|"): SOURCE for name in NAMES})
    (root / os.fsdecode(b"caf\xe9\xff.py")).write_text(SOURCE)
    put(root, {f"{EVIL}/app.py": SOURCE, f"{EVIL}/bad.py": "def f(:\n", "requirements.txt": f"crewai @@ {EVIL}\n"})
    book = json.loads(notebook(SOURCE))
    book["cells"][0]["outputs"] = OUTPUTS
    put(root, {"book.ipynb": json.dumps(book)})
    outputs = [word for form in FORMATS for word in ("-o", f"{form}:{told / form}")]
    done = call(root, "audit", "--isolated", "-v", "--show-suppressed", "-o", "text", *outputs)
    assert done.code == 1, done.err
    return {"out": done.out, "err": done.err} | {form: (told / form).read_text("utf-8") for form in FORMATS}


def test_controls_are_shown(shown: dict[str, str]) -> None:
    for form, text in shown.items():
        assert (form, [one for one in text if not one.isprintable() and one not in "\n\t"]) == (form, [])
        assert (form, SECRET in text) == (form, False)
    for form in ("json", "sarif", "gitlab", "badge"):
        json.loads(shown[form])


def test_no_line_is_a_command_to_the_system_that_reads_the_log(shown: dict[str, str]) -> None:
    for form in shown.keys() - {"github"}:
        assert (form, re.findall(r"^\s*(?:::|##\[).*", shown[form], re.MULTILINE)) == (form, [])


def test_an_annotation_is_one_command(shown: dict[str, str]) -> None:
    assert all(re.match(r"::(error|warning|notice) (file|title)=", line) for line in shown["github"].splitlines())


class _Page(HTMLParser):
    """What a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts, self.acts, self.loads = 0, set[str](), set[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        for name, value in attrs:
            self.acts |= {name} if name.startswith("on") else set()
            self.loads |= {value or ""} if name in ("src", "href", "action", "data", "srcset") else set()


@pytest.mark.parametrize("form", ["html", "svg", "markdown"])
def test_markup_is_shown(shown: dict[str, str], form: str) -> None:
    page = _Page(shown[form])
    assert (page.scripts, page.acts) == (1 if form == "html" else 0, set())
    assert all(one.startswith(("#", "https://github.com/humanlayer/12-factor-agents/")) for one in page.loads)


def test_no_link_picture_or_mention_in_markdown(shown: dict[str, str]) -> None:
    assert "javascript:" in shown["markdown"]
    assert not re.search(r"(?<!\\)\]\((?!https://github\.com/humanlayer/)|(?<!\w)@all", shown["markdown"])


def test_a_terminal_obeys_no_diff(tmp_path: Path) -> None:
    """To a program the diff is exact, to a terminal it is safe; a name begins no other file's patch."""
    put(tmp_path, {"a\n+++ b.py": f"import a  # factorlint: ignore[FL0801] {EVIL}\n"})
    piped = call(tmp_path, "check", "--isolated", "--diff")
    assert EVIL in piped.out
    assert not re.search(r"^\+\+\+ b.py", piped.out, re.MULTILINE)
    ours, theirs = pty.openpty()
    words = [PROGRAM, "check", "--isolated", "--diff"]
    done = subprocess.run(words, stdout=theirs, stderr=subprocess.PIPE, cwd=tmp_path, check=False, timeout=60)
    os.close(theirs)
    said = os.read(ours, 100_000).decode()
    os.close(ours)
    assert (done.returncode, "factorlint: ignore" in said) == (1, True)
    assert not [one for one in said if not one.isprintable() and one not in "\r\n\t"]


def test_what_is_said_of_a_configuration_is_shown(tmp_path: Path) -> None:
    for number, line in enumerate(('"\\u001b[2J" = 1', 'output = "\\u001b[2J"', 'exclude = ["\\u001b[2J/"]')):
        root = put(tmp_path / str(number), {"app.py": AGENT, "factorlint.toml": f"{line}\n"})
        done = call(root, "check")
        assert "\x1b" not in done.out + done.err
        assert "\\x1b" in done.out + done.err


# -- no input crashes, hangs or silences it ----------------------------------------------------------------------------


def test_pipes_sockets_and_devices(tmp_path: Path) -> None:
    put(tmp_path, {"app.py": AGENT})
    hostile.odd_files(tmp_path)
    (tmp_path / "zero.py").symlink_to("/dev/zero")
    done = call(tmp_path, "check", "-o", "json")
    assert (done.code, "FL0801" in found(done, "app.py")) == (1, True)


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_may_not_be_listed(tmp_path: Path) -> None:
    put(tmp_path, {"app.py": AGENT, "closed/app.py": AGENT})
    (tmp_path / "closed").chmod(0)
    done = call(tmp_path, "check", "-o", "json")
    (tmp_path / "closed").chmod(0o755)
    assert "FL0801" in found(done, "app.py")
    assert [one["kind"] for one in done.report["problems"]] == ["unreadable"]


def test_a_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As above, for those who run this as root."""
    put(tmp_path, {"app.py": AGENT, "closed/app.py": AGENT})
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    told = discover.find(tmp_path)
    assert [(one.path, one.kind) for one in told.problems] == [("closed", "unreadable")]
    assert [one.path for one in told.files] == ["app.py"]


def test_names_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9\xff.py")).write_text(AGENT)
    done = call(tmp_path, "check", "-o", "json")
    assert [one["path"] for one in done.report["sites"] if one["code"] == "FL0801"] == ["caf\udce9\udcff.py"]
    assert call(tmp_path, "baseline", "create").code == 0
    assert call(tmp_path, "check", "--baseline", "factorlint-baseline.json").code == 0


BOMBS = {
    "pyproject.toml": "[tool.x]\na = " + "[" * 100_000,
    "Pipfile": "a." * 100_000 + "b = 1\n",
    "poetry.lock": '[[package]]\nname = "a"\n' * 200_000,
    "uv.lock": "x" * 6_000_000,
    "requirements.txt": "crewai==1\\\n" * 50_000 + "(" * 50_000,
    "environment.yml": "dependencies: &a [*a,*a]\n"
    + "".join(f"x{n}: &x{n} [{f'*x{n - 1},' * 9}]\n" for n in range(1, 99)),
    "setup.cfg": "[options]\ninstall_requires = " + "%(a)s" * 50_000,
    "setup.py": "setup(install_requires=" + "[" * 5_000 + "]" * 5_000 + ")",
    "Pipfile.lock": "[" * 200_000,
    ".gitignore": "*a" * 400 + "\n" + "/**" * 300 + "/x\n" + "[" * 900 + "\n",
    "deep.ipynb": '{"cells":' * 50_000,
    "many.ipynb": json.dumps({"cells": [{"cell_type": "code", "source": "x = (\n"}] * 3_000}),
    "nested.py": "x = " + "[" * 50_000 + "]" * 50_000,
    "long.py": "x = 1" + " + 1" * 200_000,
}


def test_a_bomb_costs_its_own_file(tmp_path: Path) -> None:
    put(tmp_path, {"app.py": AGENT, "a" * 200 + ".py": AGENT} | BOMBS)
    done = call(tmp_path, "check", "--isolated", "-o", "json")  # which is not waited for for ever
    assert "FL0801" in found(done, "app.py")
    told = {one["path"]: one["kind"] for one in done.report["problems"]}
    assert set(told) <= set(BOMBS)
    assert not {"crash", "worker-died", "timeout"} & set(told.values())


def test_a_fleet_of_hostile_trees(tmp_path: Path) -> None:
    """Each costs itself: the healthy one among them is judged as it is alone."""
    pytest.importorskip("pyarrow", reason="the extra is not installed")
    put(tmp_path / "trees" / "bombs", {"app.py": AGENT} | BOMBS)
    hostile.odd_files(put(tmp_path / "trees" / "pipes", {"app.py": AGENT}))
    put(tmp_path / "trees" / "healthy", {"app.py": AGENT, ".git/HEAD": "", "pyproject.toml": "nonsense = ["})
    (tmp_path / "trees" / "loop").symlink_to(tmp_path / "trees")
    told = hostile.repository(tmp_path / "trees" / "trapped")
    words = ("fleet", *(f"trees/{name}" for name in ("bombs", "pipes", "healthy", "trapped", "nowhere")), "-o", "json")
    done = call(tmp_path, *words, "--jobs", "2")
    assert done.code in DOCUMENTED, done.err
    assert told.sprung == ""
    assert '"bombs"' in done.out
    alone = call(tmp_path, "fleet", "trees/healthy", "-o", "json", "--tables", "alone")
    rows = {one["repo"]: one for one in _rows(done)}
    assert rows["healthy"] == _rows(alone)[0]


def _rows(done: Done) -> list[dict[str, Any]]:
    """The ranking without the places, which depend on the others."""
    return [{key: value for key, value in one.items() if key != "rank"} for one in done.report["ranking"]]


@pytest.mark.parametrize("name", ["factorlint.toml", "pyproject.toml"])
@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a." * 100_000 + "b = 1\n", "#" * 600_000, '"\\ud800" = 1'])
def test_a_configuration_that_is_a_bomb_is_refused(tmp_path: Path, name: str, text: str) -> None:
    put(tmp_path, {name: text})
    with pytest.raises(ConfigError):
        resolve(tmp_path, {})


def test_an_environment_that_names_what_no_path_can_be(tmp_path: Path) -> None:
    put(tmp_path, {"x.pth": f"/{'a' * 5_000}\n/a\0b\nimport os\n{tmp_path}\n", "y.pth": "#" * 5_000_000})
    (tmp_path / "z.pth").write_bytes(b"/\xff\n")
    assert [one.path for one in installed._linked(tmp_path)] == [tmp_path]


@pytest.mark.parametrize("read", [baseline.read, gates.read_scores])
@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"schema": "factorlint-baseline/1", "findings": [1]}', "", "\xff", "1e999"]
)
def test_an_earlier_file_that_is_none_is_refused(tmp_path: Path, read: Callable[[Path], object], text: str) -> None:
    put(tmp_path, {"old.json": text})
    with pytest.raises(ConfigError):
        read(tmp_path / "old.json")


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch ran']",
        "library: !!python/name:os.system\nimports: [a]",
        "library: !!python/object/new:os.system [touch ran]\nimports: [a]",
    ],
)
def test_yaml_makes_no_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path, {"library.yaml": text})
    with pytest.raises(CatalogError):
        catalog.load([tmp_path / "library.yaml"])
    with pytest.raises(ValueError):
        compiled.parse(text)
    assert not (tmp_path / "ran").exists()


# -- git's own objects -------------------------------------------------------------------------------------------------


def test_a_revision_writes_nothing_outside(tmp_path: Path) -> None:
    """Trees that git would not check out: names that lead out, a file and a folder of one name, links, a submodule."""
    root = tmp_path / "tree"
    root.mkdir()
    hostile.git(root, "init", "-q")
    blob = _object(root, "blob", AGENT.encode())
    inner = _object(root, "tree", b"100644 app.py\0" + blob)
    modes = {"app.py": b"100644", "..": b"40000", ".git": b"40000", "x/../../y.py": b"100644", "link.py": b"120000"}
    modes |= {"both.py": b"100644", "sub": b"160000", "/tmp/z.py": b"100644", "a\\..\\b.py": b"100644", ".": b"40000"}
    rows = [(name, mode, inner if mode == b"40000" else blob) for name, mode in modes.items()]
    raw = b"".join(mode + b" " + name.encode() + b"\0" + name_of for name, mode, name_of in rows)
    tree = _object(root, "tree", raw)
    who = b"x <x@example.org> 1700000000 +0000"
    commit = _object(root, "commit", b"tree %s\nauthor %s\ncommitter %s\n\none\n" % (tree.hex().encode(), who, who))
    before = set(tmp_path.iterdir())
    into = tmp_path / "into"
    into.mkdir()
    revision.extract(root, commit.hex(), into, "--since")
    assert sorted(path.relative_to(into).as_posix() for path in into.rglob("*")) == ["app.py", "both.py"]
    assert set(tmp_path.iterdir()) == before | {into}


def _tree(root: Path, rows: Iterable[tuple[str, bytes, bytes]]) -> bytes:
    return _object(root, "tree", b"".join(mode + b" " + name.encode() + b"\0" + one for name, mode, one in rows))


def _commit(root: Path, tree: bytes) -> str:
    """A commit of TREE, at which the branch is then."""
    who = b"x <x@example.org> 1700000000 +0000"
    raw = b"tree %s\nauthor %s\ncommitter %s\n\none\n" % (tree.hex().encode(), who, who)
    name = _object(root, "commit", raw).hex()
    hostile.git(root, "update-ref", "HEAD", name)
    return name


def test_a_revision_that_no_disk_holds(tmp_path: Path) -> None:
    """Names that are too long, or of a file and a folder at once: what can be written is."""
    root = tmp_path / "tree"
    root.mkdir()
    hostile.git(root, "init", "-q")
    blob = _object(root, "blob", AGENT.encode())
    inner = _tree(root, [("app.py", b"100644", blob)])
    deep = inner
    for _ in range(40):
        deep = _tree(root, [("d" * 200, b"40000", deep)])
    rows = [("app.py", b"100644", blob), ("both.py", b"100644", blob), ("both.py", b"40000", inner)]
    rows += [("deep", b"40000", deep), ("n" * 300 + ".py", b"100644", blob)]
    commit = _commit(root, _tree(root, rows))
    into = tmp_path / "into"
    into.mkdir()
    revision.extract(root, commit, into, "--since")
    assert sorted(path.name for path in into.glob("*.py")) == ["app.py", "both.py"]
    (root / "app.py").write_text(AGENT)
    assert call(root, "check", "--since", "HEAD").code == 0
    _commit(root, inner)
    told = call(root, "history", "-o", "json")
    assert (told.code, len(told.report["commits"])) == (0, 1)


def test_a_small_repository_that_stands_for_a_huge_tree_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten folders of ten folders of …, all of them one; a file under very many names; a message without an end."""
    monkeypatch.setattr(git, "_MOST", 2_000_000)
    monkeypatch.setattr(git, "WHOLE", 2_000_000)
    hostile.git(tmp_path, "init", "-q")
    blob = _object(tmp_path, "blob", b"x = 1\n" * 20_000)
    many = _tree(tmp_path, [(f"a{at:03}.py", b"100644", blob) for at in range(300)])
    bomb = many
    for _ in range(10):
        bomb = _tree(tmp_path, [(str(at), b"40000", bomb) for at in range(10)])
    for tree, said in ((many, "come to over 2,000,000 bytes"), (bomb, "says more than 2,000,000 bytes")):
        commit = _commit(tmp_path, tree)
        into = tmp_path / said.split()[0]
        into.mkdir()
        with pytest.raises(ConfigError, match=said):
            revision.extract(tmp_path, commit, into, "--since")
        with pytest.raises(ConfigError, match=said):
            history.history(tmp_path, Settings(no_cache=True, jobs=1), None, 1, around.nobody)


def test_a_git_that_does_not_answer_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git, "PATIENCE", 1)
    told = hostile.repository(tmp_path)
    (told.root / ".git" / "HEAD").unlink()
    os.mkfifo(told.root / ".git" / "HEAD")
    with pytest.raises(ConfigError, match="took over 1 seconds"):
        revision.extract(told.root, "HEAD", tmp_path / "into", "--since")


def _object(root: Path, kind: str, raw: bytes) -> bytes:
    words = ["git", "hash-object", "-w", "-t", kind, "--literally", "--stdin"]
    done = subprocess.run(words, cwd=root, input=raw, capture_output=True, check=True, timeout=60)
    return bytes.fromhex(done.stdout.decode().strip())


# -- the page itself ---------------------------------------------------------------------------------------------------


def test_every_row_of_the_page_names_its_tests() -> None:
    """And every test here stands in a row."""
    here = Path(__file__).parent
    page = (here.parent / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)::(test_\w+)`", page))
    held = {
        (path.stem, name)
        for path in here.glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert named <= held
    assert {one for one in held if one[0] in ("test_security", "test_whole")} <= named
