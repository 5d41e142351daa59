"""`explain` and `rules`: the docstring is the page."""

from __future__ import annotations

import pytest
from making import DOC, OPAQUE, OWNED_LOOP

from factorlint.explain import listing, page
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
