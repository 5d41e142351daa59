"""The scorecard: what a card says follows from the catalogue, and every format says the same."""

from __future__ import annotations

import ast
import functools
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from factorlint import scorecard, testing
from factorlint.catalog import builtin, load
from factorlint.cli import app
from factorlint.factors import DECISIVE
from factorlint.model.library import Card, Cell, Grip
from factorlint.report import Look
from factorlint.report import frameworks as pages

FOLDER = Path(__file__).parents[1] / "rules" / "frameworks"
SOURCE = re.compile(r"^[A-Za-z][\w.-]*==\S+ \S+(:\d+)?$")

MADE_UP = """
library: frame
kind: agent-framework
packages: [frame]
imports: [frame]
read: {frame: ["1.0", "2.0"]}
scorecard:
  stops:
    {between: true, durable: false, how: "a hook may raise", code: "Agent(hook=go)", source: "frame==2 frame/a.py:3"}
  factors:
    5: {grip: code, owns: "the state is a list that you pass", source: "frame==2.0 frame/a.py:9"}
symbols:
- names: [frame.Agent]
  is: [agent]
  source: "frame==2.0 frame/a.py:1"
  defaults: {max_steps: [{versions: ">=2", value: 7}, {versions: "<2", value: 5}], memory: null}
  facts:
  - {check: FL0201, owner: framework, what: "role is pasted", unless: {prompt: given}}
  - {check: FL0401, what: "tools are run", at: tools, when: {tools: truthy}}
  methods:
  - names: [run]
    does: run
    facts: [{check: FL0801, what: "the loop is inside", also: [3, 12]}]
- names: [frame.Memory]
  is: [memory]
  facts: [{check: FL0301, what: "it decides what is recalled"}]
- names: [frame.answer]
  does: call-model
  facts: [{check: typed-llm-output, what: "schema= types it", when: {schema: given}}]
"""


@pytest.fixture
def made_up(tmp_path: Path) -> Card:
    (tmp_path / "frame.yaml").write_text(MADE_UP, encoding="utf-8")
    (one,) = scorecard.cards(load(tmp_path.glob("*.yaml")))
    return one


@functools.cache
def all_cards() -> tuple[Card, ...]:
    return scorecard.cards(builtin())


def cell(card: Card, factor: int) -> Cell:
    return next(one for one in card.cells if one.factor == factor)


def test_decisive_factors_stand_first_and_all_thirteen_are_there(made_up: Card) -> None:
    numbers = [one.factor for one in made_up.cells]
    assert tuple(numbers[:4]) == DECISIVE
    assert sorted(numbers) == list(range(1, 14))
    assert numbers[4:] == sorted(numbers[4:])


@pytest.mark.parametrize(
    ("factor", "grip"),
    [
        (1, Grip.CODE),  # a schema of the tree types the answer
        (2, Grip.LEVER),  # unless prompt= is given
        (3, Grip.FRAMEWORK),  # implied by the run, whatever the memory class does
        (4, Grip.FRAMEWORK),  # an agent without tools is none
        (5, Grip.CODE),  # a person said so
        (8, Grip.FRAMEWORK),
        (9, Grip.NONE),
        (12, Grip.FRAMEWORK),
    ],
)
def test_how_firmly_a_library_holds_a_factor(made_up: Card, factor: int, grip: Grip) -> None:
    assert cell(made_up, factor).grip is grip


def test_a_helper_that_must_be_asked_for_is_no_default(tmp_path: Path) -> None:
    (tmp_path / "frame.yaml").write_text(MADE_UP.replace("also: [3, 12]", "also: [12]"), encoding="utf-8")
    (one,) = scorecard.cards(load(tmp_path.glob("*.yaml")))
    assert cell(one, 3).grip is Grip.ASKED


def test_the_loop_in_a_model_client_must_be_asked_for(tmp_path: Path) -> None:
    (tmp_path / "frame.yaml").write_text(MADE_UP.replace("agent-framework", "model-client"), encoding="utf-8")
    (one,) = scorecard.cards(load(tmp_path.glob("*.yaml")))
    assert cell(one, 8).grip is Grip.ASKED


def test_limits_carry_their_versions_and_nothing_else_is_one(made_up: Card) -> None:
    assert [(one.name, one.value, one.versions) for one in made_up.limits] == [
        ("max_steps", "7", ">=2"),
        ("max_steps", "5", "<2"),
    ]


def test_the_text_of_a_card_says_all_of_it(made_up: Card) -> None:
    text = pages.render("text", (), made_up, Look(width=200))
    for words in (
        "frame 1.0 to 2.0",
        "yes, in memory; a hook may raise",
        "Agent(hook=go)",
        "F2* own-your-prompts",
        "gives back: prompt=",
        "source: frame==2.0 frame/a.py:1",
        "Takes no part in F6, F7, F9",
        "7 (>=2), 5 (<2)",
    ):
        assert words in text


@pytest.mark.parametrize("name", pages.FORMATS)
def test_every_format_names_every_library(name: str) -> None:
    text = pages.render(name, all_cards(), None, Look())
    assert [card.library for card in all_cards() if card.library not in text] == []
    assert text.endswith("\n")


def test_a_format_that_is_not_there_is_refused(made_up: Card) -> None:
    with pytest.raises(KeyError):
        pages.render("pdf", (), made_up, Look())


def test_json_is_whole_and_versioned(made_up: Card) -> None:
    data = json.loads(pages.render("json", (), made_up, Look()))
    assert data["schema"] == "factorlint-frameworks/1"
    (one,) = data["frameworks"]
    assert len(one["cells"]) == 13
    assert one["cells"][0] | {"duties": None} == {
        "factor": 2,
        "name": "own-your-prompts",
        "grip": "lever",
        "owns": "role is pasted",
        "gives_back": "prompt=",
        "code": "",
        "source": "frame==2.0 frame/a.py:1",
        "duties": None,
    }


def test_the_page_escapes_what_it_quotes_and_loads_nothing() -> None:
    text = pages.render("html", all_cards(), None, Look())
    seen: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append((tag, dict(attrs)))

    Reader().feed(text)
    assert not [tag for tag, _ in seen if tag in ("script", "link", "img", "iframe")]
    links = {attrs["href"] for tag, attrs in seen if tag == "a"}
    anchors = {f"#{attrs['id']}" for tag, attrs in seen if tag == "h2"}
    assert links == anchors


def test_there_are_enough_libraries_and_agent_frameworks() -> None:
    assert len(all_cards()) >= 40
    assert sum(card.kind == "agent-framework" for card in all_cards()) >= 15


@pytest.mark.parametrize(
    "library", [one for one in builtin().libraries if one.told or one.stop], ids=lambda one: one.name
)
def test_what_a_person_wrote_has_a_source_and_code_that_parses(library) -> None:  # type: ignore[no-untyped-def]
    for told in library.told.values():
        assert told.owns, told
        assert SOURCE.match(told.source), told
        assert bool(told.gives_back) >= bool(told.code), f"code that gives nothing back: {told}"
        ast.parse(told.code)
    if library.stop:
        assert library.stop.how
        assert SOURCE.match(library.stop.source), library.stop
        assert library.stop.between or not library.stop.durable
        ast.parse(library.stop.code)


def test_the_page_in_the_docs_is_what_the_command_prints() -> None:
    """``factorlint frameworks --output markdown:docs/frameworks.md`` writes it anew after a change of the catalogue."""
    page = FOLDER.parents[1] / "docs" / "frameworks.md"
    said = pages.render("markdown", all_cards(), None, Look())
    assert page.read_text(encoding="utf-8") == said, test_the_page_in_the_docs_is_what_the_command_prints.__doc__


def test_the_fixtures_of_single_libraries() -> None:
    """``fixtures/frameworks/NAME.py``: held against all that the facts of a catalogue can say."""
    stated = {fact.check for library in builtin().libraries for symbol in library.symbols for fact in symbol.facts}
    outcome = testing.run(FOLDER.parents[1] / "fixtures" / "frameworks", stated)
    assert not outcome.problems
    assert not outcome.missing
    assert not outcome.surplus


def test_the_command_finds_a_library_by_any_of_its_names() -> None:
    pages_said = {
        CliRunner().invoke(app, ["frameworks", name]).stdout for name in ("openai-agents", "openai_agents", "agents")
    }
    assert len(pages_said) == 1
    assert "openai-agents" in pages_said.pop()


def test_a_name_or_format_that_is_not_there_is_a_usage_error() -> None:
    for words in (["nosuch"], ["--output", "pdf"]):
        ended = CliRunner().invoke(app, ["frameworks", *words])
        assert ended.exit_code == 2
        assert "there is no format" in ended.stderr or "no library of the catalogue" in ended.stderr


def test_the_command_writes_a_file(tmp_path: Path) -> None:
    file = tmp_path / "table.md"
    ended = CliRunner().invoke(app, ["frameworks", "--output", f"markdown:{file}"])
    assert ended.exit_code == 0
    assert ended.stdout == ""
    assert file.read_text(encoding="utf-8").startswith("# Frameworks against the thirteen factors")
