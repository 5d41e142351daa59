"""A whole audit: the same bytes give the same report, and each step takes from the tree what it should."""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path

import pytest

from factorlint import discover, run
from factorlint.config import Persona, Settings
from factorlint.discover import Found
from factorlint.model import Report
from factorlint.report import Look, render

FIXTURES = Path(__file__).parent.parent / "fixtures"
AUDITOR = Settings(persona=Persona.AUDITOR, include_tests=True, exclude=(), jobs=1)


def audit(root: Path, *paths: Path, settings: Settings = AUDITOR) -> Report:
    return run.audit(root, paths, settings)


def put(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def told(report: Report, check: str = "FL0801") -> list[tuple[str, int | None, int]]:
    """Path, cell and line of every site of CHECK."""
    found = [one.site for one in report.sites if one.site.check.id == check]
    return [(site.path, site.cell, site.span.line) for site in found]


# -- the same bytes, the same report -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def once() -> Report:
    return audit(FIXTURES)


def test_the_fixtures_give_a_report(once: Report) -> None:
    assert len(once.sites) > 50
    assert not once.problems


@pytest.mark.parametrize("jobs", [2, 3])
def test_the_number_of_jobs_changes_nothing(once: Report, jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "jobs", lambda settings, work: jobs)  # so little work would get one
    assert same(once, audit(FIXTURES))


def test_the_order_of_the_files_changes_nothing(once: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    find = discover.find

    def shuffled(*args: object, **kwargs: object) -> Found:
        found = find(*args, **kwargs)  # type: ignore[arg-type]
        files = list(found.files)
        random.Random(5).shuffle(files)
        return dataclasses.replace(found, files=tuple(files))

    monkeypatch.setattr(discover, "find", shuffled)
    assert same(once, audit(FIXTURES))


def test_the_current_folder_changes_nothing(once: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert same(once, audit(FIXTURES))


def same(one: Report, other: Report) -> bool:
    return one == other and render("json", one, Look()) == render("json", other, Look())


# -- what is read ------------------------------------------------------------------------------------------------------

AGENT = "from crewai import Crew\n\nCrew(agents=[], tasks=[]).kickoff()\n"


def test_findings_in_notebooks_have_a_cell_and_a_line_in_it(tmp_path: Path) -> None:
    kinds = (
        ("markdown", "# Title"),
        ("code", "%pip install crewai"),
        ("code", "from crewai import Crew\ncrew = Crew()"),
    )
    cells = [{"cell_type": kind, "metadata": {}, "source": text} for kind, text in kinds]
    cells += [{"cell_type": "code", "metadata": {}, "source": ["\n", "!ls\n", "crew.kickoff()"]}]
    put(tmp_path, {"a.ipynb": json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})})
    assert told(audit(tmp_path)) == [("a.ipynb", 3, 3)]


def test_tests_are_read_only_when_asked_for(tmp_path: Path) -> None:
    put(tmp_path, {"app.py": AGENT, "tests/test_app.py": AGENT})
    assert told(audit(tmp_path, settings=Settings())) == [("app.py", None, 3)]
    assert told(audit(tmp_path)) == [("app.py", None, 3), ("tests/test_app.py", None, 3)]


def test_one_file_is_judged_by_what_the_others_define(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "kit/__init__.py": "from .crews import make as build\n",
            "kit/crews.py": "from crewai import Crew\n\n\ndef make():\n    return Crew()\n\n\nmake().kickoff()\n",
            "main.py": "import kit\n\nkit.build().kickoff()\n",
        },
    )
    report = audit(tmp_path, tmp_path / "main.py")
    assert told(report) == [("main.py", None, 3)]
    assert report.sites[0].site.symbol == "crewai.Crew.kickoff"


@pytest.mark.parametrize(
    ("manifest", "steps", "assumed"),
    [
        ("langgraph==0.6.11\n", "25", False),
        ("langgraph>=1.0.7,<1.1\n", "10000", False),
        ("langgraph>=1.0.7\n", "10007", True),
        ("other\n", "10007", True),
    ],
)
def test_the_pinned_version_chooses_the_facts(tmp_path: Path, manifest: str, steps: str, assumed: bool) -> None:
    """LangGraph's default recursion limit went from 25 to 10,000 and on to 10,007."""
    agent = "from langgraph.prebuilt import create_react_agent\n\n"
    agent += "create_react_agent('openai:gpt-4o', [print]).invoke({'messages': []})\n"
    report = audit(put(tmp_path, {"main.py": agent, "requirements.txt": manifest}))
    (limit,) = [one.site.message for one in report.sites if one.site.check.id == "FL1002"]
    assert f"the default is {steps} steps" in limit
    assert any("no version pinned" in note for note in report.notes) is assumed


def test_no_version_is_missed_of_what_comes_with_python(tmp_path: Path) -> None:
    step = "import datetime\n\n\ndef step(state: dict) -> dict:\n"
    step += "    state['at'] = datetime.datetime.now()\n    return state\n"
    agent = "from langgraph.graph import StateGraph\n\nfrom steps import step\n\n"
    agent += "graph = StateGraph(dict)\ngraph.add_node('step', step)\ngraph.compile().invoke({})\n"
    report = audit(put(tmp_path, {"main.py": agent, "steps.py": step}))
    assert any(one.site.check.id == "FL1202" for one in report.sites)
    assert report.notes == ("no version pinned for langgraph: the newest known is taken",)


def test_a_tree_without_agent_code_has_no_score(tmp_path: Path) -> None:
    report = audit(put(tmp_path, {"main.py": "import json\n\nprint(json.dumps({}))\n"}))
    assert (report.sites, report.summary.score) == ((), None)
    assert (report.summary.files.seen, report.summary.files.analysed) == (1, 0)


def test_the_root_may_be_a_package_that_imports_itself_by_name(tmp_path: Path) -> None:
    put(
        tmp_path / "desk",
        {
            "__init__.py": "",
            "crews.py": "from crewai import Crew\n\n\ndef make():\n    return Crew()\n",
            "main.py": "from desk.crews import make\n\nmake().kickoff()\n",
        },
    )
    report = audit(tmp_path / "desk")
    assert ("main.py", None, 3) in told(report)
