"""The formats for people: exact output, safe strings, what is hidden is counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from making import INLINE, OWNED_LOOP, make_report, make_site, sample_report

from factorlint.model import Confidence, Problem, Report, Severity, Span
from factorlint.report import FORMATS, Look, render
from factorlint.report._moves import moves
from factorlint.report._text import safe

TEXTS = ("concise", "full", "text")
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("name", TEXTS)
def test_exact(name: str, snapshot: Callable[[str, str], None]) -> None:
    snapshot(f"sample.{name}.txt", render(name, sample_report()))


@pytest.mark.parametrize("name", TEXTS)
def test_exact_when_all_is_asked_for(name: str, snapshot: Callable[[str, str], None]) -> None:
    snapshot(f"sample-all.{name}.txt", render(name, sample_report(), Look(verbose=1, show_suppressed=True, ascii=True)))


@pytest.mark.parametrize("name", TEXTS)
def test_quiet_leaves_findings_and_problems(name: str) -> None:
    text = render(name, sample_report(), Look(verbose=-1))
    assert "FL0801" in text
    assert "parse-error" in text
    assert "hidden" not in text
    assert "Score" not in text


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "badge"])  # which counts them
def test_a_problem_is_in_every_format(name: str) -> None:
    problem = Problem("some/old.py", 3, "parse-error", "expected a colon")
    for report in (make_report([], (problem,)), make_report([make_site()], (problem,))):
        text = " ".join(render(name, report, Look(verbose=-1)).split())
        assert "some/old.py" in text
        assert "expected a colon" in text


@pytest.mark.parametrize("name", TEXTS)
def test_colour_adds_nothing_but_colour(name: str) -> None:
    plain = render(name, sample_report())
    coloured = render(name, sample_report(), Look(color=True))
    assert plain != coloured or name == "concise"
    assert [line.rstrip() for line in ESCAPE.sub("", coloured).splitlines()] == plain.splitlines()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("color", [False, True])
def test_no_string_of_the_tree_reaches_the_terminal_raw(name: str, color: bool) -> None:
    evil = "a\x1b[2Jb\x07c\rd\u202ee\x9bf\x00g\udcffh\ni\u2028j"
    site = make_site(path=evil, symbol=evil, message=evil, advice=evil, source=evil, framework=evil)
    report = make_report([site], (Problem(evil, 1, "parse-error", evil),), notes=(evil,))
    text = ESCAPE.sub("", render(name, report, Look(color=color, verbose=1)))
    assert all(character.isprintable() or character == "\n" for character in text)


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", ["full", "text"])
def test_lines_fit_unless_one_word_does_not(name: str, width: int) -> None:
    for line in render(name, sample_report(), Look(width=width)).splitlines():
        table = re.match(r"^( *F\d+[* ] | {5}all sites| {36}score)", line)
        assert len(line) <= (80 if table else width) or "https://" in line


def test_safe_leaves_what_is_printable() -> None:
    assert safe("wörld → 世界 \\n") == "wörld → 世界 \\n"
    assert safe("a\tb\x1b") == "a\\tb\\x1b"


def test_paths_are_shown_as_a_reader_here_would_open_them() -> None:
    report = make_report([make_site()])
    inside = Look(base="/home/me/repo", here="/home/me/repo/app")
    assert render("concise", report, inside).startswith("main.py:12:5: ")
    above = Look(base="/home/me/repo", here="/home/me")
    assert render("concise", report, above).startswith("repo/app/main.py:12:5: ")
    elsewhere = Look(base="/home/me/repo", here="/srv")
    assert render("concise", report, elsewhere).startswith("/home/me/repo/app/main.py:12:5: ")


def test_an_audit_of_a_tree_elsewhere_says_once_where_it_is() -> None:
    report = make_report([make_site()])
    elsewhere = render("text", report, Look(base="/home/me/repo", here="/srv"))
    assert elsewhere.startswith("All paths start at /home/me/repo\n")
    assert elsewhere.count("/home/me/repo") == 1
    for here in ("/home/me", "/home/me/repo/app"):
        assert "All paths start" not in render("text", report, Look(base="/home/me/repo", here=here))


def test_a_long_source_line_is_cut() -> None:
    report = make_report([make_site(source="call(" + "x, " * 200 + ")")])
    assert max(len(line) for line in render("full", report).splitlines() if "|" in line) <= 80


def test_no_agent_code_is_said_plainly() -> None:
    text = render("text", make_report([]))
    assert text.startswith("No agent code found\n")
    assert text.endswith("no findings; 3 of 12 Python files with agent code\n")


def test_only_evidence_and_no_finding() -> None:
    text = render("text", make_report([make_site(OWNED_LOOP)]))
    assert "What to do first" not in text
    assert "owned-loop" in text


def test_every_place_of_evidence_with_verbose() -> None:
    sites = [make_site(OWNED_LOOP, span=Span(line, 1, line, 2)) for line in range(1, 8)]
    assert "and 4 more" in render("text", make_report(sites))
    assert "app/main.py:7:1" in render("text", make_report(sites), Look(verbose=1))


def test_the_first_moves_are_the_ones_that_gain_most() -> None:
    sites = [
        make_site(INLINE),
        make_site(replace(INLINE, code="FL0101", severity=Severity.ERROR), confidence=Confidence.MEDIUM, path="b.py"),
        make_site(),
        make_site(path="c.py"),
    ]
    first = moves(make_report(sites))
    assert [one.check.code for one in first] == ["FL0801", "FL0101", "FL0204"]
    assert len(first[0].findings) == 2
    unknown: Report = replace(make_report(sites), extra={})
    assert [one.check.code for one in moves(unknown)] == ["FL0801", "FL0101", "FL0204"]


def test_formats_read_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    report = sample_report()
    for name in FORMATS:
        render(name, report)  # modules are loaded

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a format opened a file")

    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr(Path, "open", refuse)
    for name in FORMATS:
        render(name, report)
