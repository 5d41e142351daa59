"""The `json` format: its exact bytes, its shape, its order."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from making import make_report, sample_report

from factorlint.report import render


def test_exact(snapshot: Callable[[str, str], None]) -> None:
    snapshot("sample.json", render("json", sample_report()))


def test_the_shape_of_the_schema() -> None:
    data: dict[str, Any] = json.loads(render("json", sample_report()))
    assert list(data) == ["schema", "tool", "root", "summary", "factors", "sites", "problems"]
    assert data["schema"] == "factorlint/1"
    assert data["root"] == "."
    assert [row["code"] for row in data["factors"]] == [f"FL{number:02}" for number in range(1, 14)]
    eighth = data["factors"][7]
    assert (eighth["weight"], eighth["owner"], eighth["score"]) == (2, "framework", 25.0)
    assert data["factors"][12] == {
        "factor": 13,
        "code": "FL13",
        "name": "pre-fetch",
        "weight": 0.5,
        "score": None,
        "owner": "none",
        "owners": {"code": 0, "shared": 0, "framework": 0, "nobody": 0},
    }
    evidence = [row for row in data["sites"] if row["code"] is None]
    assert [(row["name"], row["severity"]) for row in evidence] == [("owned-loop", None)]
    assert {row["status"] for row in data["sites"]} == {"new", "suppressed", "below"}


def test_the_order_of_what_goes_in_says_nothing() -> None:
    made = sample_report()
    turned = replace(made, sites=made.sites[::-1], problems=made.problems[::-1], verdicts=made.verdicts[::-1])
    assert render("json", turned) == render("json", made)


def test_no_agent_code() -> None:
    data = json.loads(render("json", make_report([])))
    assert data["summary"]["score"] is None
    assert data["summary"]["verdict"] == "no agent code found"
    assert len(data["factors"]) == 13


def test_nothing_in_it_can_steer_a_terminal() -> None:
    text = render("json", sample_report())
    assert text.isascii()
    assert all(character.isprintable() or character == "\n" for character in text)
