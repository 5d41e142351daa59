"""The picture and the badge: what they show, and that nothing of the tree becomes markup."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from making import OWNED_LOOP, make_report, make_site, sample_report

from factorlint.model import Owner, Problem
from factorlint.report import _chart, render

SVG = "{http://www.w3.org/2000/svg}"
ATTACK = "</desc><script>alert(1)</script>]]>&"


def test_exact(snapshot: Callable[[str, str], None]) -> None:
    snapshot("sample.svg", render("svg", sample_report()))
    snapshot("sample.badge", render("badge", sample_report()))


def test_bars_are_as_long_as_the_shares() -> None:
    drawn = ElementTree.fromstring(render("svg", make_report([make_site(OWNED_LOOP), *[make_site()] * 3])))
    widths = {one.get("class"): int(one.get("width", "0")) for one in drawn.iter(f"{SVG}rect") if one.get("y") == "66"}
    assert widths == {"code": 70, "framework": 210}


def test_what_was_not_read_is_told_and_runs_nothing() -> None:
    text = render("svg", make_report([make_site()], (Problem(ATTACK, 3, "parse-error", ATTACK),)))
    drawn = ElementTree.fromstring(text)
    assert not list(drawn.iter(f"{SVG}script"))
    assert ATTACK in (drawn.findtext(f"{SVG}desc") or "")


@pytest.mark.parametrize(("score", "color"), [(81.0, "brightgreen"), (60.0, "green"), (19.9, "red"), (0.0, "red")])
def test_the_badge_is_coloured_by_the_score(score: float, color: str) -> None:
    report = sample_report()
    told = json.loads(render("badge", replace(report, summary=replace(report.summary, score=score), problems=())))
    assert told == {"schemaVersion": 1, "label": "12-factor", "message": f"{score:.0f}/100", "color": color}


def test_a_tree_without_agents_has_a_badge_and_a_picture() -> None:
    assert json.loads(render("badge", make_report([])))["message"] == "no agent code"
    assert "no agent code found" in render("svg", make_report([]))


def test_the_parts_of_a_bar_fill_it() -> None:
    owners = {Owner.CODE: 1, Owner.SHARED: 1, Owner.NOBODY: 1}
    assert [count for _, count in _chart.cells(owners, 10)] == [3, 4, 0, 3]
    assert [count for _, count in _chart.cells({}, 10)] == [0, 0, 0, 0]
