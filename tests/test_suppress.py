"""Comments that set findings aside: what they reach, what is wrong with them, and that nothing is dropped."""

from __future__ import annotations

from pathlib import Path

import pytest
from installed import call, notebook, put
from making import OPAQUE, make_site

from factorlint import sift, suppress
from factorlint.model import Role, RuleInfo, Span, Status
from factorlint.source import Source

RULES = (RuleInfo(8, "FL08", "own-your-control-flow", "", 2, "", (OPAQUE,)),)
START = "from crewai import Crew\n\ncrew = Crew()\n"


def reach(text: str) -> list[tuple[int, int]]:
    return [(one.first, one.last) for one in suppress.comments(text)]


IGNORE = "# factorlint: ignore[FL0801] because"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"run()  {IGNORE}\nrun()\n", (1, 1)),
        (f"{IGNORE}\nrun()\nrun()\n", (2, 2)),
        (f"{IGNORE}\n# more\nrun(\n)\nrun()\n", (3, 4)),
        (f"{IGNORE}\n\nrun()\n", (1, 1)),
        (f"run(  {IGNORE}\n    a,\n    b,\n)\n", (1, 4)),
        (f"run(\n    a,  {IGNORE}\n    b,\n)\n", (2, 2)),
        (f"run(\n    a,\n    b,\n)  {IGNORE}\n", (1, 4)),
        (f"run(\n    {IGNORE}\n\n    a,\n    b,\n)\n", (4, 4)),
        (f"{IGNORE}\n@one\n# two\n@three(\n  4)\ndef f(\n  x):\n    run()\n", (2, 7)),
        (f"@one\ndef f():  {IGNORE}\n    run()\n", (1, 2)),
        (f"while True:  {IGNORE}\n    run()\n", (1, 1)),
        (f"if a:\n    {IGNORE}\n    run()\n", (3, 3)),
        (f'T = """\n{IGNORE}\n"""  {IGNORE}\n', (1, 3)),
        (f"run()\n{IGNORE}", (2, 2)),
    ],
)
def test_what_a_comment_speaks_for(text: str, lines: tuple[int, int]) -> None:
    assert reach(text) == [lines]


@pytest.mark.parametrize("text", [f"x = '{IGNORE}'\n", f'"""\n{IGNORE}\n"""\n', "# factorlint is a linter\n"])
def test_what_only_looks_like_a_comment_is_none(text: str) -> None:
    assert reach(text) == []


@pytest.mark.parametrize("text", ["x = (\n", "  x\n y\n", "x = '\n", "\0", "if:\n\t x\n        y\n"])
def test_text_that_is_no_python_still_gives_what_comes_first(text: str) -> None:
    assert reach(f"run()  {IGNORE}\n{text}") == [(1, 1)]


def complaints(comment: str, sites: int = 1) -> list[str]:
    """What is said of COMMENT on a line with findings of FL0801."""
    text = f"run()  {comment}\n"
    held = tuple(suppress.checked(one, RULES) for one in suppress.comments(text))
    source = Source("app/main.py", Role.APP, text, "")
    found = sift.findings([make_site(span=Span(1, 1, 1, 5))] * sites)
    marked, said = suppress.apply(found, {source.path: held}, {source.path: source})
    assert len(marked) == len(found)
    assert {one.check.code for one in said} <= {"FL9001", "FL9002", "FL9003"}
    return [f"{one.check.code} {one.message}" for one in said] + [one.status.value for one in marked]


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("# factorlint: ignore[FL0801] because", ["suppressed"]),
        ("# noqa  # factorlint: ignore[FL0801] because  # more", ["suppressed"]),
        ("#factorlint:ignore[ FL08 , ]: because", ["suppressed"]),
        ("# factorlint: ignore[opaque-agent-run] because", ["suppressed"]),
        ("# factorlint: ignore[own-your-control-flow] because", ["suppressed"]),
        ("# factorlint: ignore[FL0801]", ["FL9003 FL0801 is set aside without a reason", "suppressed"]),
        ("# factorlint: ignore", ["FL9002 a bare `ignore` sets nothing aside", "new"]),
        ("# factorlint: ignore[]", ["FL9002 a bare `ignore` sets nothing aside", "new"]),
        ("# factorlint: ignore[FL0801", ["FL9002 `factorlint: ignore[FL0801` is not understood", "new"]),
        ("# factorlint: off", ["FL9002 `factorlint: off` is not understood", "new"]),
        ("# factorlint: ignore[FL] x", ["FL9002 FL names no check", "new"]),
        ("# factorlint: ignore[FL0999] x", ["FL9002 FL0999 names no check", "new"]),
        ("# factorlint: ignore[FL9001] x", ["FL9002 FL9001 cannot be set aside by a comment", "new"]),
        ("# factorlint: ignore[FL0801, FL02] x", ["FL9002 FL02 names no check", "suppressed"]),
    ],
)
def test_what_is_wrong_with_a_comment_is_said(comment: str, said: list[str]) -> None:
    assert complaints(comment) == said


def test_a_comment_without_a_finding_is_unused_unless_the_file_was_not_wholly_judged() -> None:
    assert complaints(IGNORE, sites=0) == ["FL9001 ignore[FL0801] has nothing to set aside here"]
    source = Source("a.py", Role.APP, f"{IGNORE}\n", "")
    held = {"a.py": suppress.comments(source.text)}
    assert suppress.apply((), held, {"a.py": source}, doubtful={"a.py"}) == ((), ())


def test_a_suppressed_finding_stays_in_the_report_and_fails_nothing(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": f"{START}crew.kickoff()  {IGNORE}\n"})
    done = call(tmp_path, "check", "--isolated", "--select", "FL0801,FL90", "-o", "json")
    assert (done.code, done.lines("FL0801", "suppressed"), done.err) == (0, [4], "")
    plain = call(tmp_path, "check", "--isolated", "-o", "concise")
    assert "FL0801" not in plain.out
    assert "1 suppressed" in plain.out
    shown = call(tmp_path, "check", "--isolated", "-o", "concise", "--show-suppressed")
    assert "(suppressed: because)" in shown.out


def test_unused_and_malformed_ones_are_findings(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": f"{START}{IGNORE}\nprint(1)\n", "b.py": f"{START}crew.kickoff()  # factorlint: ignore\n"})
    put(tmp_path, {"no_agent.py": f"x = 1  {IGNORE}\n"})
    done = call(tmp_path, "check", "--isolated", "--select", "FL0801,FL90", "-o", "json")
    assert done.code == 1
    assert (done.lines("FL9001"), done.lines("FL9002"), done.lines("FL0801")) == ([4, 1], [4], [4])
    assert call(tmp_path, "check", "--isolated", "--select", "FL0801", "a.py").code == 0
    for one in ("full", "text", "concise"):
        assert "FL9001" in call(tmp_path, "check", "--isolated", "-o", one).out


def test_the_score_counts_what_is_suppressed_and_not_the_comments(tmp_path: Path) -> None:
    plain = call(put(tmp_path / "a", {"a.py": f"{START}crew.kickoff()\n"}), "audit", "--isolated", "-o", "json")
    aside = call(
        put(tmp_path / "b", {"a.py": f"{IGNORE}\n{START}crew.kickoff()  {IGNORE}\n"}),
        "audit",
        "--isolated",
        "-o",
        "json",
    )
    assert plain.report["summary"] == aside.report["summary"]


def test_cells_of_a_notebook(tmp_path: Path) -> None:
    cells = (START, f"%time\n{IGNORE}\ncrew.kickoff()", "crew.kickoff()", f"x = 1\n{IGNORE}")
    put(tmp_path, {"a.ipynb": notebook(*cells)})
    sites = call(tmp_path, "check", "--isolated", "-o", "json").report["sites"]
    told = [
        (one["code"], one["cell"], one["line"], one["status"])
        for one in sites
        if one["code"] not in ("FL0601", "FL0802")
    ]
    assert told == [("FL0801", 1, 3, "suppressed"), ("FL0801", 2, 1, "new"), ("FL9001", 3, 2, "new")]


def test_the_comments_are_explained_and_listed(tmp_path: Path) -> None:
    assert "FL9001  unused-suppression" in call(tmp_path, "rules").out
    assert "nothing to set aside" in call(tmp_path, "explain", "FL9001").out
    assert "Suppression comments" not in call(tmp_path, "explain", "suppression-comments").err


def test_a_comment_that_is_hidden_with_its_finding_is_no_unused_one(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": f"{START}crew.kickoff()  {IGNORE}\n"})
    done = call(tmp_path, "check", "--isolated", "--select", "FL02,FL90", "-o", "json")
    assert (done.lines("FL0801", Status.SUPPRESSED.value), done.lines("FL9001")) == ([4], [])
