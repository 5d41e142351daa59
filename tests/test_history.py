"""``compare`` and ``history`` through the installed command: what moved between trees, reports and revisions."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from browser import CHROME, DRIVER, browser
from installed import Done, call, put

CREW = """from crewai import Crew


def answer(crew: Crew, question: str):
    return crew.kickoff(inputs={"question": question})
"""
LOOP = """from openai import OpenAI

client = OpenAI()


def answer(messages: list, tools: dict) -> str:
    for _ in range(10):
        reply = client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message
        if not reply.tool_calls:
            return reply.content
        for call in reply.tool_calls:
            messages.append({"role": "tool", "tool_call_id": call.id, "content": tools[call.function.name]()})
"""
RETRY = """from openai import OpenAI
from tenacity import retry, stop_after_attempt

client = OpenAI()


@retry
def ask(question: str) -> str:
    return client.responses.create(model="gpt-5", input=question).output_text
"""
SVG = "{http://www.w3.org/2000/svg}"


def git(folder: Path, *words: str) -> str:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        **{f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        "GIT_COMMITTER_DATE": "2024-02-03T04:05:06+02:00",
        "GIT_CONFIG_GLOBAL": "/dev/null",
    }
    done = subprocess.run(["git", *words], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, subject: str, files: Mapping[str, str], gone: tuple[str, ...] = ()) -> str:
    put(folder, files)
    for name in gone:
        (folder / name).unlink()
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", subject)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Six commits: nothing, a crew, words about it, a renamed file, a loop of its own instead, back to the crew."""
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path, "nothing yet", {"README.md": "x"})
    commit(tmp_path, "a crew", {"desk/app.py": CREW, "desk/__init__.py": ""})
    commit(tmp_path, "words", {"README.md": "y", "tests/test_app.py": "def test_it(): pass\n"})
    commit(tmp_path, "renamed", {"desk/main.py": CREW}, gone=("desk/app.py",))
    commit(tmp_path, "a loop of our own", {"desk/main.py": LOOP})
    commit(tmp_path, "back to the crew", {"desk/main.py": CREW})
    return tmp_path


def told(done: Done) -> dict[str, Any]:
    assert done.code == 0, done.err
    return done.report


# -- compare -----------------------------------------------------------------------------------------------------------


def test_two_revisions(repository: Path) -> None:
    data = told(call(repository, "compare", "HEAD~2", "HEAD~1", "-o", "json"))
    assert [one["check"] for one in data["gone"] if one["factor"] == 8] == ["FL0801"]
    assert [one["check"] for one in data["new"] if one["factor"] == 8] == ["owned-loop"]
    moved = {one["code"]: (one["before"], one["after"]) for one in data["factors"]}
    assert moved["FL08"] == (0.0, 100.0)
    assert data["after"]["score"] > data["before"]["score"]


def test_the_current_folder_is_the_second_side_and_a_renamed_file_is_the_same(repository: Path) -> None:
    data = told(call(repository, "compare", "HEAD~4", "-o", "json"))
    assert (data["new"], data["gone"], data["changed_owner"], data["factors"]) == ([], [], [], [])
    assert data["same"] >= 1
    assert data["after"]["label"] == "."


def test_a_report_a_folder_and_a_revision_tell_the_same(repository: Path) -> None:
    call(repository, "audit", "--exit-zero", "-o", "json:then.json")
    sides = [told(call(repository, "compare", one, "HEAD~1", "-o", "json")) for one in ("then.json", ".", "HEAD")]
    for one in sides:
        del one["before"]["label"]
    assert sides[0] == sides[1] == sides[2]
    assert sides[0]["gone"]


def test_a_decision_that_is_taken_back_changes_its_owner(tmp_path: Path) -> None:
    put(tmp_path, {"a/app.py": RETRY, "b/app.py": RETRY.replace("@retry", "@retry(stop=stop_after_attempt(3))")})
    data = told(call(tmp_path, "compare", "a", "b", "-o", "json"))
    changed = [(one["before"]["check"], one["after"]["check"]) for one in data["changed_owner"]]
    assert (changed, data["new"], data["gone"]) == ([("FL0901", "bounded-retry")], [], [])
    text = call(tmp_path, "compare", "a", "b").out
    assert "Changed owner: 1 site\n  F9 FL0901 unbounded-retry, nobody, to bounded-retry, code\n    app.py:7:1" in text


def test_an_edited_place_is_no_new_one_and_a_second_one_is(tmp_path: Path) -> None:
    then = CREW.replace("crew.kickoff(", "crew.kickoff(inputs={}) or crew.kickoff(")
    put(tmp_path, {"a/app.py": CREW, "b/app.py": CREW.replace("question}", "question.strip()}"), "c/app.py": then})
    edited = told(call(tmp_path, "compare", "a", "b", "-o", "json"))
    assert (edited["new"], edited["gone"], edited["factors"]) == ([], [], [])
    more = told(call(tmp_path, "compare", "a", "c", "-o", "json"))
    assert ([one["check"] for one in more["new"]], more["gone"]) == (["FL0801"], [])


def test_every_format_names_what_moved(repository: Path) -> None:
    words = ("-o", "text", "-o", "markdown:two.md", "-o", "html:two.html")
    done = call(repository, "compare", "HEAD~2", "HEAD~1", *words)
    assert all(len(line) <= 80 for line in done.out.splitlines())
    for page in (done.out, (repository / "two.md").read_text(), (repository / "two.html").read_text()):
        assert "desk/main.py:5:12" in page
        assert "FL0801 opaque-agent-run" in page
    assert "<script" not in (repository / "two.html").read_text()


@pytest.mark.parametrize("word", ["nope", "--help", "README.md", "HEAD:desk", "broken.json"])
def test_what_cannot_be_compared_is_exit_2_and_named(repository: Path, word: str) -> None:
    put(repository, {"broken.json": '{"schema": "factorlint/1", "summary": 3}'})
    done = call(repository, "compare", "--", word, "HEAD")
    assert (done.code, done.out) == (2, "")
    assert word in done.err


def test_a_format_that_is_none_is_told_before_the_work(repository: Path) -> None:
    done = call(repository, "history", "-o", "sarif")
    assert (done.code, "no format 'sarif' here" in done.err, "commits" in done.err) == (2, True, False)


# -- history -----------------------------------------------------------------------------------------------------------


def test_every_commit_is_judged_as_an_audit_of_it_would(repository: Path) -> None:
    data = told(call(repository, "history", "-o", "json"))
    assert [one["subject"] for one in data["commits"]] == [
        "nothing yet",
        "a crew",
        "words",
        "renamed",
        "a loop of our own",
        "back to the crew",
    ]
    for one in data["commits"]:
        git(repository, "checkout", "-q", one["commit"])
        report = call(repository, "audit", "--exit-zero", "-o", "json").report
        assert (one["summary"], one["factors"]) == (report["summary"], report["factors"])
    assert data["commits"][0]["date"] == "2024-02-03T04:05:06+02:00"


def test_what_was_read_is_not_read_again(repository: Path) -> None:
    """Of six commits one changes words, and the last goes back to the fourth."""
    done = call(repository, "history")
    assert "6 commits, 2 judged before; " in done.err


def test_what_an_earlier_run_judged_is_not_judged_again(repository: Path) -> None:
    first, again = (call(repository, "history", "-o", "json") for _ in range(2))
    assert "6 commits, 6 judged before; of 5 readings of files with agent code 100 % came from the cache" in again.err
    assert first.out == again.out == call(repository, "history", "--no-cache", "-o", "json").out
    commit(repository, "more", {"desk/more.py": CREW})
    assert "7 commits, 6 judged before" in call(repository, "history").err
    assert "7 commits, 2 judged before" in call(repository, "history", "--exclude", "more.py").err


def test_nothing_is_checked_out(repository: Path) -> None:
    put(repository, {"desk/main.py": "broken(", "staged.py": "x"})
    git(repository, "add", "staged.py")
    before = git(repository, "status", "--porcelain=v2", "--branch")
    call(repository, "history")
    assert git(repository, "status", "--porcelain=v2", "--branch") == before
    assert (repository / "desk/main.py").read_text() == "broken("


def test_since_and_every(repository: Path) -> None:
    def subjects(*words: str) -> list[str]:
        return [one["subject"] for one in told(call(repository, "history", *words, "-o", "json"))["commits"]]

    assert subjects("--since", "HEAD~2") == ["renamed", "a loop of our own", "back to the crew"]
    assert subjects("--every", "2") == ["nothing yet", "a crew", "renamed", "back to the crew"]
    assert subjects("--every", "99") == ["nothing yet", "back to the crew"]
    assert subjects("--since", "HEAD") == ["back to the crew"]


def test_only_the_first_parent_of_a_merge_is_followed(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "side", "HEAD~1")
    commit(repository, "on the side", {"desk/other.py": CREW})
    git(repository, "checkout", "-q", "main")
    git(repository, "merge", "-q", "--no-ff", "-m", "merged", "side")
    data = told(call(repository, "history", "--since", "HEAD~1", "-o", "json"))
    assert [one["subject"] for one in data["commits"]] == ["back to the crew", "merged"]
    assert data["commits"][-1]["summary"]["files"]["seen"] == 3


def test_a_folder_of_the_repository(repository: Path) -> None:
    commit(repository, "elsewhere", {"other/app.py": CREW})
    data = told(call(repository, "history", "desk", "-o", "json"))
    assert data["tree"] == "desk"
    assert [one["summary"]["files"]["seen"] for one in data["commits"]] == [0, 2, 2, 2, 2, 2, 2]


def test_a_bare_repository(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    bare = tmp_path_factory.mktemp("bare") / "mirror.git"
    git(repository, "clone", "-q", "--bare", ".", str(bare))
    there, here = (told(call(repository, "history", one, "-o", "json")) for one in (str(bare), "."))
    assert there["commits"] == here["commits"]
    assert call(repository, "history", "nowhere").code == 2


def test_a_folder_that_becomes_a_file_and_back(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    commit(tmp_path, "folder", {"a.py/inner.py": CREW})
    commit(tmp_path, "file", {}, gone=("a.py/inner.py",))
    commit(tmp_path, "file again", {"a.py.txt": ""})
    (tmp_path / "a.py").rmdir() if (tmp_path / "a.py").is_dir() else None
    commit(tmp_path, "now a file", {"a.py": CREW})
    commit(tmp_path, "now a folder", {"b.py": CREW}, gone=("a.py",))
    data = told(call(tmp_path, "history", "-o", "json"))
    assert [one["summary"]["files"]["seen"] for one in data["commits"]] == [1, 0, 0, 1, 1]


def test_the_pages_and_the_picture(repository: Path) -> None:
    attack = "</desc><script>alert(1)</script>\x1b[31m | `x`"
    commit(repository, attack, {"desk/main.py": LOOP})
    words = ("-o", "text", "-o", "svg:h.svg", "-o", "html:h.html", "-o", "markdown:h.md", "-o", "json:h.json")
    done = call(repository, "history", *words)
    assert done.code == 0
    assert "\x1b" not in done.out
    assert all(len(line) <= 80 for line in done.out.splitlines())
    drawn = ElementTree.fromstring((repository / "h.svg").read_text())
    points = [one.get("points", "").split() for one in drawn.iter(f"{SVG}polyline")]
    assert [len(one) for one in points] == [6]  # the first of seven commits has no score
    assert "<script>" not in (repository / "h.html").read_text() + (repository / "h.md").read_text()
    assert len(json.loads((repository / "h.json").read_text())["commits"]) == 7
    again = call(repository, "history", "--jobs", "1", "-o", "json")
    assert again.out == (repository / "h.json").read_text()


@pytest.mark.parametrize("words", [("--since", "nope"), ("--since=--help",)])
def test_a_start_that_is_none_is_exit_2(repository: Path, words: tuple[str, ...]) -> None:
    done = call(repository, "history", *words)
    assert (done.code, done.out) == (2, "")
    assert "--since" in done.err


def test_no_repository_and_no_commit_are_exit_2(tmp_path: Path) -> None:
    ceiling = {"GIT_CEILING_DIRECTORIES": str(tmp_path)}
    assert "not a git repository" in call(tmp_path, "history", env=ceiling).err
    git(tmp_path, "init", "-q")
    assert call(tmp_path, "history", env=ceiling).code == 2


def test_git_is_given_nothing_of_the_repository_to_run(repository: Path) -> None:
    trap = repository.parent / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {repository.parent}/sprung\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "filter.x.smudge", "diff.external", "diff.x.textconv", "gpg.program"):
        git(repository, "config", key, str(trap))
    git(repository, "config", "log.showSignature", "true")
    put(repository, {".gitattributes": "*.py filter=x diff=x\n"})
    wrong = {"GIT_DIR": "/nowhere", "GIT_EXTERNAL_DIFF": str(trap)}
    assert call(repository, "history", env=wrong).code == 0
    assert call(repository, "compare", "HEAD~1", env=wrong).code == 0
    assert not (repository.parent / "sprung").exists()


@pytest.mark.skipif(not (DRIVER and CHROME), reason="no browser with its driver here")
def test_in_a_browser_the_pages_fit_a_phone_name_what_they_draw_and_run_nothing(repository: Path) -> None:
    attack = "'><img src=x onerror=alert(1)><script>alert(2)</script>" + "x" * 200
    commit(repository, attack, {f"desk/<img src=x onerror=alert(3)>{'y' * 90}.py": LOOP})
    call(repository, "history", "-o", "html:h.html")
    call(repository, "compare", "HEAD~2", "HEAD", "-o", "html:c.html")
    with browser() as chrome:
        for name in ("h.html", "c.html"):
            chrome.open(repository / name)
            chrome.shot(390, 800)
            assert not chrome.alert()
            assert chrome.console() == []
            assert chrome.run("return document.querySelectorAll('img, script').length") == 0
            assert chrome.run("return document.documentElement.scrollWidth <= 390"), name
            tree = chrome.cdp("Accessibility.getFullAXTree")["nodes"]
            drawn = [one for one in tree if one.get("role", {}).get("value") in ("image", "img") and not one["ignored"]]
            assert drawn
            assert all(one.get("name", {}).get("value", "").strip() for one in drawn)
        chrome.open(repository / "h.html", "#c-" + git(repository, "rev-parse", "HEAD")[:8])
        assert chrome.run("return document.querySelector('tr:target').textContent").count("onerror=alert(1)") == 1
