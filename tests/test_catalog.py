"""The catalogue files: they load, and every word in them means something to the rules."""

from __future__ import annotations

import functools
import json
import re
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from packaging.specifiers import SpecifierSet

from factorlint import compiled, registry
from factorlint.catalog import Catalog, load
from factorlint.entries import ANSWERS, DOES, ROLES, CatalogError, Condition, Fact, Library, Symbol

FOLDER = Path(__file__).parents[1] / "rules" / "frameworks"
FILES = sorted(FOLDER.glob("*.yaml"))

# Every code and evidence slug of the specification, whether or not its rule is written yet.
CHECKS = frozenset(
    """
    FL0101 FL0102 FL0103 typed-llm-output
    FL0201 FL0202 FL0203 FL0204 FL0205 FL0206 owned-prompt
    FL0301 FL0302 FL0303 owned-context
    FL0401 FL0402 FL0403 guarded-tool-execution owned-tool-dispatch
    FL0501 FL0502 FL0503 unified-state
    FL0601 FL0602 resume-api
    FL0701 FL0702 FL0703 human-as-tool
    FL0801 FL0802 FL0803 owned-loop owned-pipeline declared-graph stepped-run
    FL0901 FL0902 FL0903 FL0904 error-as-event handled-error bounded-retry
    FL1001 FL1002 FL1003 bounded-steps focused-toolset
    FL1101 callable-agent
    FL1201 FL1202 FL1203 reducer-step
    FL1301 FL1302 prefetched-context
    """.split()
)
KINDS = frozenset(
    "agent-framework model-client structured-output retry durable human trigger store prompts parsing".split()
)
# What the rules work out from roles, limits and the code itself: a fact of that kind would be counted twice.
COMPUTED = frozenset("FL0204 FL0601 FL0803 FL1001 FL1002 FL1301".split())


@functools.cache
def catalog() -> Catalog:
    """Every file together; an unreadable one fails each test that asks, so it is found with its own test first."""
    return load(FILES)


def symbols() -> Iterator[tuple[Library, Symbol]]:
    for library in catalog().libraries:
        for symbol in library.symbols:
            yield library, symbol


def facts() -> Iterator[tuple[Symbol, Fact]]:
    for _, symbol in symbols():
        for fact in symbol.facts:
            yield symbol, fact


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_loads_on_its_own(path: Path) -> None:
    (library,) = load([path]).libraries
    assert library.symbols
    assert library.packages or set(library.imports) <= sys.stdlib_module_names
    assert library.kind in KINDS
    assert all(root for root in library.imports)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_fits_the_schema(path: Path) -> None:
    data = json.loads(json.dumps(compiled.parse(path.read_bytes())))  # mappings with the keys of JSON
    errors = jsonschema.Draft202012Validator(schema()).iter_errors(data)
    assert [(list(error.absolute_path), error.message[:200]) for error in errors] == []


def test_the_schema_knows_the_words_that_the_program_knows() -> None:
    words = schema()["$defs"]["symbol"]["properties"]
    assert set(words["is"]["oneOf"][0]["enum"]) == ROLES
    assert set(words["does"]["enum"]) == DOES
    assert set(words["answer"]["enum"]) == ANSWERS
    assert set(schema()["properties"]["kind"]["enum"]) == KINDS


@functools.cache
def schema() -> Any:
    return json.loads(resources.files("factorlint").joinpath("catalog.schema.json").read_text(encoding="utf-8"))


def test_there_is_a_catalogue() -> None:
    assert FILES, f"no files in {FOLDER.name}"


def test_no_two_files_are_one_library() -> None:
    names = [library.name for library in catalog().libraries]
    assert sorted(names) == sorted(set(names))


def test_every_check_is_one_of_the_specification() -> None:
    assert [(symbol.path, fact.check) for symbol, fact in facts() if fact.check not in CHECKS] == []


def test_the_specification_lists_what_the_rules_have() -> None:
    known = {check.id for rule in registry.rules() for check in rule.checks}
    assert known <= CHECKS


def test_no_fact_states_what_a_rule_works_out() -> None:
    assert [(symbol.path, fact.check) for symbol, fact in facts() if fact.check in COMPUTED] == []


def test_every_finding_says_what_happens_in_one_line() -> None:
    broken = [
        (symbol.path, fact.check, fact.what)
        for symbol, fact in facts()
        if not fact.what.strip() or "\n" in fact.what or fact.what.rstrip().endswith(".")
    ]
    assert broken == []


def test_every_extended_symbol_is_there() -> None:
    held = catalog().by_path
    missing = [(symbol.path, name) for _, symbol in symbols() for name in symbol.extends if name not in held]
    assert missing == []


def test_every_returned_path_of_the_catalogue_is_there() -> None:
    """A returned path inside a catalogued library must be a symbol, else what it returns is lost."""
    missing = [
        (symbol.path, name)
        for _, symbol in symbols()
        for name in symbol.returns
        if name != "self" and not name.startswith("argument:")
        if catalog().library_of(name) is not None and catalog().find(name) is None
    ]
    assert missing == []


def test_an_argument_that_is_returned_has_a_place_or_a_keyword() -> None:
    malformed = [
        (symbol.path, name)
        for _, symbol in symbols()
        for name in symbol.returns
        if name.startswith("argument:") and not name.removeprefix("argument:").isidentifier()
    ]
    assert malformed == []


def test_no_path_is_claimed_twice() -> None:
    claimed: dict[str, Symbol] = {}
    twice = []
    for _, symbol in symbols():
        for name in dict.fromkeys(symbol.names):
            first = claimed.setdefault(name, symbol)
            if first is not symbol:
                twice.append(f"{name}: {first.library} ({first.path}) and {symbol.library} ({symbol.path})")
    assert twice == []


def test_every_path_can_be_written_in_python() -> None:
    words = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*", re.ASCII)
    assert [name for _, symbol in symbols() for name in symbol.names if not words.fullmatch(name)] == []


def test_version_bounds_are_readable() -> None:
    bounds = [(symbol.path, symbol.versions) for _, symbol in symbols()]
    bounds += [(symbol.path, fact.versions) for symbol, fact in facts()]
    bounds += [
        (symbol.path, versions) for _, symbol in symbols() for rows in symbol.defaults.values() for versions, _ in rows
    ]
    for _, versions in bounds:
        for clause in versions.split(";"):
            SpecifierSet(re.sub(r"^[A-Za-z][\w.-]*", "", clause.strip()))


def test_conditions_name_arguments() -> None:
    """A test on ``a.b`` or on a positional number can never hold."""
    conditions: list[tuple[str, Condition]] = [
        (symbol.path, row) for symbol, fact in facts() for row in (*fact.when, *fact.unless)
    ]
    assert [(path, row) for path, row in conditions if not all(str(name).isidentifier() for name in row)] == []


def test_what_only_the_library_may_do_is_no_evidence_of_ownership() -> None:
    """A code stands for framework or nobody, but for the two notes and what a site shares; a slug never does."""
    slugs = [(symbol.path, fact.check) for symbol, fact in facts() if not fact.check.startswith("FL")]
    owners = [fact.owner for _, fact in facts() if not fact.check.startswith("FL")]
    assert [
        row
        for row, owner in zip(slugs, owners, strict=False)
        if owner is not None and owner.value not in ("code", "shared")
    ] == []


def _broken(symbol: str) -> str:
    return f"library: desk\nkind: client\npackages: [desk]\nimports: [desk]\nsymbols:\n- {symbol}\n"


@pytest.mark.parametrize(
    "symbol",
    [
        "names:",
        "{names: [], facts: [{check: FL0901}]}",
        "{names: [desk.Desk], methods: [{names:, facts: [{check: FL0901}]}]}",
        "{names: [desk.Desk], is: [nonsense]}",
        "{names: [desk.Desk], surprise: 1}",
        "{names: [desk.Desk], facts: [{check: FL0901, surprise: 1}]}",
    ],
)
def test_a_file_that_breaks_the_format_is_refused_by_name(tmp_path: Path, symbol: str) -> None:
    (tmp_path / "desk.yaml").write_text(_broken(symbol))
    with pytest.raises(CatalogError, match=r"desk\.yaml"):
        load([tmp_path / "desk.yaml"])
