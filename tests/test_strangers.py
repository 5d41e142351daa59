"""Agents of libraries that the catalogue does not know: named, guessed at, and never more than that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from factorlint import run
from factorlint.config import Settings
from factorlint.model import Confidence, Owner, Report
from factorlint.report import FORMATS, Look, render

FIXTURE = Path(__file__).parents[1] / "fixtures" / "issues" / "unknown_agent_library"
KNOWN = "from crewai import Crew\n\nCrew(agents=[], tasks=[]).kickoff()\n"
UNKNOWN = "from odd import Agent\n\nprint(Agent(role='x', goal='y').run('z'))\n"


def audit(root: Path, **files: str) -> Report:
    for name, text in files.items():
        (root / f"{name}.py").write_text(text, encoding="utf-8")
    return run.audit(root, [root], Settings(jobs=1))


def guesses(report: Report) -> list[tuple[str, int]]:
    return [(one.site.path, one.site.span.line) for one in report.sites if one.site.stranger]


def test_the_fixture() -> None:
    report = audit(FIXTURE)
    assert guesses(report) == [("desk.py", 20), ("desk.py", 24)]
    assert report.summary.strangers == ("nobodys_agents",)
    for one in report.sites:
        assert one.site.stranger
        assert one.site.check.code == "FL0801"
        assert one.site.confidence is Confidence.LOW
        assert one.site.owner is Owner.FRAMEWORK


def test_a_guess_changes_no_figure(tmp_path: Path) -> None:
    alone = audit(tmp_path, known=KNOWN).summary
    both = audit(tmp_path, known=KNOWN, unknown=UNKNOWN).summary
    assert both.strangers == ("odd",)
    assert (both.score, both.owners, both.decisive_owned_by_framework) == (
        alone.score,
        alone.owners,
        alone.decisive_owned_by_framework,
    )


def test_a_tree_with_nothing_else_has_agent_code_and_no_score(tmp_path: Path) -> None:
    summary = audit(tmp_path, unknown=UNKNOWN).summary
    assert summary.score is None
    assert summary.verdict != "no agent code found"


def test_it_is_found_across_files(tmp_path: Path) -> None:
    report = audit(
        tmp_path,
        staff="from odd import Agent\n\nwriter = Agent(instructions='Write.', tools=[])\n",
        main="from staff import writer\n\n\ndef go(text):\n    return writer.run(text)\n",
    )
    assert guesses(report) == [("main.py", 5)]


@pytest.mark.parametrize(
    "text",
    [
        "from odd import Agent\n\nAgent(role='x', goal='y')\n",  # made, never run
        "from odd import Server\n\nServer(role='main', port=1).run()\n",  # one word, and no name that says agent
        "from odd import Agent\n\nAgent(host='x').run()\n",
        "from mine import Agent\n\nAgent(role='x', goal='y').run()\n",  # of the tree
        "from unittest import mock\n\nmock.Agent(role='x', goal='y').run()\n",  # of Python
        "from fastapi import FastAPI\n\nFastAPI(role='x', tools=[]).run()\n",  # known, and no agent library
        "odd.Agent(role='x', goal='y').run()\n",  # untraced
    ],
)
def test_what_is_no_unknown_agent(tmp_path: Path, text: str) -> None:
    report = audit(tmp_path, app=text, mine="class Agent:\n    def run(self):\n        return 1\n")
    assert report.summary.strangers == ()
    assert not guesses(report)


def test_every_format_that_closes_with_a_count_names_them(tmp_path: Path) -> None:
    report = audit(tmp_path, one=UNKNOWN, two=UNKNOWN.replace("odd", "strange"))
    for name in ("concise", "full", "text"):
        assert name in FORMATS
        assert "2 unknown agent libraries: odd, strange" in " ".join(render(name, report, Look()).split())
    assert json.loads(render("json", report))["summary"]["unknown_agent_libraries"] == ["odd", "strange"]
