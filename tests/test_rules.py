"""Every rule on its fixtures and on the two examples of its own docstring."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from factorlint import registry, testing
from factorlint.model import Owner
from factorlint.rule import Rule

FIXTURES = Path(__file__).parent.parent / "fixtures"
RULES = registry.rules()
FOLDERS = sorted(path for path in FIXTURES.glob("f[0-9][0-9]_*") if path.is_dir())
HEADINGS = (
    "What it looks at",
    "Why it matters",
    "What breaks at 80 %",
    "Framework-owned",
    "Owned",
    "What it cannot see",
)


def checks_of(rule: Rule) -> set[str]:
    return {check.id for check in rule.checks}


def rule_of(folder: Path) -> Rule:
    return next(rule for rule in RULES if rule.factor == int(folder.name[1:3]))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_rule_reports_what_its_fixtures_say_and_nothing_else(folder: Path) -> None:
    outcome = testing.run(folder, checks_of(rule_of(folder)))
    assert not outcome.problems
    assert not outcome.missing
    assert not outcome.surplus


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_has_owned_framework_mixed_and_near_miss_fixtures(rule: Rule) -> None:
    folder = next((path for path in FOLDERS if path.name.startswith(f"f{rule.factor:02d}_")), None)
    assert folder is not None
    assert {path.stem for path in folder.glob("*.py")} >= {"owned", "framework", "mixed", "near_miss"}
    wanted = {one.check for one in testing.expectations(folder) if one.kind == "expect"}
    assert wanted & checks_of(rule)


def blocks(rule: Rule) -> dict[str, str]:
    """Heading → the first code block under it."""
    doc = inspect.getdoc(type(rule)) or ""
    found = {}
    for heading, body in re.findall(r"## ([^\n]+)\n(.*?)(?=\n## |\Z)", doc, re.DOTALL):
        code = re.search(r"```python\n(.*?)```", body, re.DOTALL)
        found[heading.strip()] = code[1] if code else ""
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_docstring_has_its_headings_and_its_examples_are_true(rule: Rule, tmp_path: Path) -> None:
    found = blocks(rule)
    assert tuple(found) == HEADINGS
    for heading, finding in (("Framework-owned", True), ("Owned", False)):
        folder = tmp_path / heading
        folder.mkdir()
        (folder / "example.py").write_text(found[heading], encoding="utf-8")
        outcome = testing.run(folder, checks_of(rule))
        owners = {check.id: check.owner for check in rule.checks}
        said = [owners[one.check] for one in outcome.surplus]
        assert not outcome.problems
        assert any(owner in (Owner.FRAMEWORK, Owner.NOBODY) for owner in said) is finding
        assert said if finding else any(owner in (Owner.CODE, Owner.SHARED) for owner in said)


def test_codes_and_names_are_given_once() -> None:
    ids = [check.id for rule in RULES for check in rule.checks]
    assert len(ids) == len(set(ids))
    for rule in RULES:
        assert all(check.code is None or check.code.startswith(rule.code) for check in rule.checks)
