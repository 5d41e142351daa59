"""`explain` and `rules`: the docstring is the page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from making import DOC, OPAQUE, OWNED_LOOP

from factorlint import registry
from factorlint.explain import REGENERATE, listing, page, render, render_all
from factorlint.model import RuleInfo
from factorlint.report import Look
from factorlint.report._doc import sections, why

INFO = RuleInfo(8, "FL08", "own-your-control-flow", "Own your control flow", 2, DOC, (OPAQUE, OWNED_LOOP))


def test_the_sections_of_a_docstring() -> None:
    parts = sections(DOC)
    assert list(parts) == [
        "",
        "What it looks at",
        "Why it matters",
        "Framework-owned",
        "Owned",
        "What it cannot see",
    ]
    assert parts[""] == "Who takes the next step."
    assert parts["Owned"].strip() == "while True: ..."


@pytest.mark.parametrize("heading", ["## Owned", "Owned (code):", "**Owned**", "Owned\n-----", "Owned:"])
def test_a_heading_is_known_however_it_is_decorated(heading: str) -> None:
    assert sections(f"First.\n\n{heading}\n\n    loop()\n")["Owned"].strip() == "loop()"


def test_a_heading_in_a_sentence_or_in_code_is_none() -> None:
    text = "Owned by nobody.\n\nOwned\n\n    x = 1\n    Owned\n"
    assert sections(text) == {"": "Owned by nobody.", "Owned": "    x = 1\n    Owned"}


def test_why_is_the_first_paragraph_on_one_line() -> None:
    assert why(INFO) == "A loop inside a package cannot be paused, resumed or tested by the people who answer for it."
    assert why(None) == ""


def test_the_page_of_a_rule() -> None:
    text = page(INFO, None, Look())
    assert text.startswith("# FL08 own-your-control-flow\n\nWho takes the next step.\n\n## What it looks at\n")
    assert "- **FL0801 opaque-agent-run** (error, framework)\n- **owned-loop** (evidence, code)\n" in text
    assert text.endswith("content/factor-08-own-your-control-flow.md\n")


def test_the_page_of_a_check() -> None:
    text = page(INFO, OPAQUE, Look())
    assert text.startswith("# FL0801 opaque-agent-run\n\nerror, owner framework, of FL08 own-your-control-flow\n")
    assert "Says: SYMBOL takes every step itself" in text
    assert "Instead: Write the loop" in text
    assert page(INFO, OWNED_LOOP, Look()).startswith("# owned-loop\n\nevidence, owner code, ")


def test_the_page_in_a_terminal_is_rendered() -> None:
    text = page(INFO, OPAQUE, Look(color=True))
    assert "\x1b[" in text
    assert "## What" not in text


def test_the_list_of_rules() -> None:
    assert listing([INFO]) == (
        "  code    name                             severity  owner      fixable\n"
        "FL08 own-your-control-flow\n"
        "  FL0801  opaque-agent-run                 error     framework  no\n"
        "  -       owned-loop                       evidence  code       no\n"
    )


def test_a_page_as_data() -> None:
    check = json.loads(render("json", INFO, OPAQUE, Look()))
    assert (check["code"], check["rule"], check["owner"], check["fix"]) == ("FL0801", "FL08", "framework", None)
    assert check["explanation"] == page(INFO, OPAQUE, Look())
    rule = json.loads(render("json", INFO, None, Look()))
    assert [one["name"] for one in rule["checks"]] == ["opaque-agent-run", "owned-loop"]
    assert list(rule["sections"]) == list(sections(DOC))[1:]
    assert json.loads(render_all("json", [INFO], Look())) == [rule]


@pytest.mark.parametrize(
    ("word", "rule", "check"),
    [("FL0801", "FL08", "FL0801"), ("fl08", "FL08", ""), ("own-your-prompts", "FL02", ""), ("owned-loop", "FL08", "-")],
)
def test_rules_are_found_by_code_and_name(word: str, rule: str, check: str) -> None:
    info, one = registry.lookup(word, registry.infos())
    assert (info.code, (one.code or "-") if one else "") == (rule, check)


def test_a_near_miss_is_told() -> None:
    assert registry.near("opaque-agent-rum", registry.infos()) == "opaque-agent-run"
    assert registry.near("zzzzzz", registry.infos()) == ""


def test_the_book_is_what_the_docstrings_say() -> None:
    book = Path(__file__).parents[1] / "rules" / "README.md"
    assert book.read_text(encoding="utf-8") == render_all("markdown", registry.infos(), Look()), REGENERATE


def test_every_rule_and_check_is_an_anchor_of_the_book_once_and_every_link_leads_to_one() -> None:
    book = render_all("markdown", registry.infos(), Look())
    anchors = re.findall(r'<a id="([^"]+)">', book)
    named = [name for info in registry.infos() for one in (info, *info.checks) for name in (one.code, one.name) if name]
    assert sorted(anchors) == sorted(name.lower() for name in named)
    assert set(re.findall(r"\]\(#([^)]+)\)", book)) <= set(anchors)
    chapters = re.findall(r"\(https://github.com/humanlayer/12-factor-agents/blob/main/content/([\w.-]+)\)", book)
    assert len(set(chapters)) == 13
