"""Formats for machines: exact bytes, what each reader demands, and nothing hostile or lost in any of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from installed import call, put
from making import INLINE, OPAQUE, RETRY, make_report, make_site, sample_report

from factorlint.model import Problem, Report, Span
from factorlint.report import Look, json_, render
from factorlint.report.markdown import plain

MACHINES = ("github", "gitlab", "json", "jsonl", "junit", "sarif")
SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
EVERYTHING = Look(show_suppressed=True)


@pytest.mark.parametrize("name", ["github", "gitlab", "jsonl", "junit", "markdown", "sarif"])
def test_exact(name: str, snapshot: Callable[[str, str], None]) -> None:
    snapshot(f"sample.{name}", render(name, sample_report()))


@pytest.mark.parametrize("name", [*MACHINES, "markdown"])
def test_the_order_of_what_goes_in_says_nothing(name: str) -> None:
    made = sample_report()
    turned = replace(made, sites=made.sites[::-1], problems=made.problems[::-1], verdicts=made.verdicts[::-1])
    assert render(name, turned) == render(name, made)


@pytest.mark.parametrize("name", [*MACHINES, "markdown"])
def test_every_problem_is_in_every_format_and_nothing_steers_a_terminal(name: str) -> None:
    for report in (sample_report(), make_report([], sample_report().problems)):
        text = render(name, report)
        assert "parse-error" in text
        assert "permission denied" in text
        assert all(character.isprintable() or character == "\n" for character in text)


@pytest.mark.parametrize("name", MACHINES)
def test_what_is_suppressed_is_shown_only_when_asked_for(name: str) -> None:
    if name in ("json", "jsonl"):
        assert '"status": "suppressed"' in render(name, sample_report())
        return
    assert "second.py" not in render(name, sample_report())
    assert "second.py" in render(name, sample_report(), EVERYTHING)


# -- sarif -------------------------------------------------------------------------------------------------------------


def sarif(report: Report, look: Look | None = None) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(render("sarif", report, look))
    jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(log)
    run: dict[str, Any] = log["runs"][0]
    return run


def test_sarif_is_valid_whatever_is_in_it() -> None:
    report = make_report([])
    infos = tuple(replace(one, checks=(OPAQUE, RETRY)) for one in sample_report().rules)
    for one in (sample_report(), report, replace(sample_report(), rules=infos)):
        sarif(one)
        sarif(one, EVERYTHING)
        sarif(one, Look(base="/a b/c", here="/elsewhere"))


def test_sarif_says_what_a_dashboard_asks_for() -> None:
    report = replace(sample_report(), rules=(replace(sample_report().rules[1], checks=(OPAQUE,)),))
    run = sarif(report, EVERYTHING)
    rule = run["tool"]["driver"]["rules"][0]
    assert (rule["id"], rule["name"], rule["defaultConfiguration"]) == ("FL0801", OPAQUE.name, {"level": "error"})
    assert rule["helpUri"].endswith("factor-08-own-your-control-flow.md")
    assert "A loop inside a package" in rule["help"]["markdown"]
    results = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]: one for one in run["results"]}
    assert results["app/second.py"]["suppressions"] == [
        {"kind": "inSource", "justification": "goes away with the rewrite"}
    ]
    assert results["app/zz.py"]["level"] == "error"
    assert "ruleIndex" not in results["app/zz.py"]
    assert [one["ruleIndex"] for one in run["results"] if one["ruleId"] == "FL0801"] == [0, 0, 0]
    assert "suppressions" not in results["app/zz.py"]
    notebook = results["notes/try.ipynb"]
    assert "region" not in notebook["locations"][0]["physicalLocation"]
    assert notebook["message"]["text"].startswith("cell 4, line 2: ")
    prints = [one["partialFingerprints"]["factorlint/v1"] for one in run["results"]]
    assert len(set(prints)) == len(prints)
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert [(one["descriptor"]["id"], one["level"]) for one in notes] == [
        ("unreadable", "warning"),
        ("parse-error", "warning"),
    ]
    assert run["invocations"][0]["executionSuccessful"]
    crashed = sarif(make_report([], (Problem("a.py", 0, "rule-crash", "x"),)))
    assert not crashed["invocations"][0]["executionSuccessful"]


# -- the others --------------------------------------------------------------------------------------------------------


def test_github_lines_are_commands_that_nothing_breaks_out_of() -> None:
    site = make_site(path="a,b:c%\n::error::x.py", message="one\n::set-output name=x::%0A two")
    (line,) = render("github", make_report([site])).splitlines()
    assert line.startswith("::error file=a%2Cb%3Ac%25\\n%3A%3Aerror%3A%3Ax.py,line=12,endLine=12,col=5,endColumn=39,")
    assert line.count("%0A") == 1  # between message and advice
    assert "%250A two" in line


def test_github_cuts_the_mildest_and_counts_what_was_cut() -> None:
    sites = [make_site(INLINE, path=f"n{number}.py") for number in range(12)]
    sites += [make_site(path=f"e{number}.py", span=Span(number, 1, number, 2)) for number in range(1, 14)]
    lines = render("github", make_report(sites, (Problem("p.py", 3, "parse-error", "x"),))).splitlines()
    levels = [re.findall(r"::(\w+)", line)[0] for line in lines]
    assert levels == ["error"] * 10 + ["warning"] + ["notice"] * 10
    assert lines[-1] == "::notice title=factorlint::3 errors, 3 notices more, not shown here"


def test_gitlab_is_a_list_with_what_the_widget_needs() -> None:
    rows = json.loads(render("gitlab", sample_report()))
    for row in rows:
        assert {"description", "check_name", "fingerprint", "severity", "location"} == set(row)
        assert row["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert row["location"]["lines"]["begin"] >= 1
    assert len({row["fingerprint"] for row in rows}) == len(rows)
    assert json.loads(render("gitlab", make_report([]))) == []


def test_junit_is_xml_that_counts_right() -> None:
    suites = ElementTree.fromstring(render("junit", sample_report()))
    suite = suites[0]
    told = [one.tag for case in suite for one in case]
    assert (int(suite.get("tests", "")), int(suite.get("failures", "")), int(suite.get("errors", ""))) == (
        len(suite),
        told.count("failure"),
        told.count("error"),
    )
    assert told.count("error") == 2
    empty = ElementTree.fromstring(render("junit", make_report([])))
    assert [case.get("name") for case in empty[0]] == ["no findings"]


def test_jsonl_says_what_json_says() -> None:
    rows = [json.loads(line) for line in render("jsonl", sample_report()).splitlines()]
    document = json_.document(sample_report())
    assert rows[0] == {"type": "run", **{key: document[key] for key in ("schema", "tool", "root", "summary")}}
    for name, key in (("factor", "factors"), ("site", "sites"), ("problem", "problems")):
        assert [row for row in rows if row["type"] == name] == [{"type": name, **one} for one in document[key]]


def test_markdown_takes_nothing_of_a_message_for_its_own() -> None:
    assert plain("a | b <img> @team [x](http://y) `z` *q*\n# h") == (
        "a \\| b &lt;img&gt; &#64;team \\[x\\](http:&#8203;//y) \\`z\\` \\*q\\* \\# h"
    )
    assert plain("25.7 to 35.7") == "25\\.7 to 35.7"  # a number and a dot would begin a list
    many = make_report([make_site(path=f"m{number}.py") for number in range(200)])
    text = render("markdown", many)
    assert "And 150 more." in text
    assert len(text) < 65_536


def test_several_formats_in_one_run(tmp_path: Path) -> None:
    put(
        tmp_path,
        {"a.py": "from crewai import Crew\n\nCrew().kickoff()\n", "bad.py": "from crewai import Crew\nx = (\n"},
    )
    wanted = [word for name in (*MACHINES, "markdown", "full") for word in ("--output", f"{name}:out.{name}")]
    done = call(tmp_path, "check", "--isolated", *wanted, "-o", "concise")
    assert done.code == 1
    assert "a.py:3:1: FL0801 [high] " in done.out
    for name in (*MACHINES, "markdown", "full"):
        text = (tmp_path / f"out.{name}").read_text(encoding="utf-8")
        assert "FL0801" in text
        assert "parse-error" in text
        again = call(tmp_path, "check", "--isolated", "--jobs", "2", "-o", name)
        assert (again.code, again.out) == (1, text)
