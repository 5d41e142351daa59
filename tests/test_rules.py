"""Every rule on its fixtures and on the two examples of its own docstring."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from factorlint import registry, run, testing
from factorlint.config import Bar, Persona, Settings
from factorlint.model import Owner, Report, Site
from factorlint.rule import Rule

FIXTURES = Path(__file__).parent.parent / "fixtures"
RULES = registry.rules()
FOLDERS = sorted(path for path in FIXTURES.glob("f[0-9][0-9]_*") if path.is_dir())
APPS = sorted((FIXTURES / "apps").iterdir())
ISSUES = sorted((FIXTURES / "issues").iterdir())
PAGES = {  # where it is kept what is said of a folder
    **{folder.name: folder for folder in (*FOLDERS, *APPS)},
    **{f"issues/{folder.name}": folder for folder in ISSUES},
}
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


@pytest.mark.parametrize("name", PAGES)
def test_every_word_that_all_rules_say(name: str, snapshot: Callable[[str, str], None]) -> None:
    """Owner, confidence, words, implied sites and fixes, guesses too: what no comment on a line can hold."""
    tree = PAGES[name]
    told = Settings(persona=Persona.AUDITOR, fail_on=Bar.NEVER, include_tests=True, exclude=(), jobs=1)
    snapshot(f"said/{name}.txt", "\n".join((*page(tree, run.audit(tree, [tree], told)), "")))


def test_nothing_is_kept_of_a_folder_that_is_gone() -> None:
    kept = Path(__file__).parent / "snapshots" / "said"
    assert {one.relative_to(kept).with_suffix("").as_posix() for one in kept.rglob("*.txt")} == set(PAGES)


def page(tree: Path, report: Report) -> Iterator[str]:
    """What was found, by the text of the nodes: lines that move change nothing here."""
    sites = sorted(
        (one.site for one in report.sites), key=lambda one: (one.path, one.span.line, one.span.column, one.check.id)
    )
    for (path, scope, source), here in itertools.groupby(sites, key=lambda one: (one.path, one.scope, one.source)):
        yield f"{tree.name}/{path}, {scope}: {source[:90]}"
        for site in here:
            yield f"    F{site.factor} {site.check.id}, {site.owner.value}, {site.confidence.value}: {site.message}"
            yield from details(site, tree)
    yield from (f"{tree.name}/{one.path}, {one.kind}: {one.message}" for one in report.problems)


def details(site: Site, tree: Path) -> Iterator[str]:
    if site.check.absence:
        yield "        (something is missing)"
    if site.implied:
        yield "        also " + ", ".join(f"F{factor} {owner.value}" for factor, owner in site.implied)
    if "{" in site.check.advice:
        yield f"        advice: {site.advice}"
    if site.fix is not None:
        how = f"{'safe' if site.fix.safe else 'unsafe'} {site.fix.how.value}"
        words = " | ".join(filter(None, (site.fix.argument, site.fix.value, site.fix.brings)))
        yield f"        {how}: {words}"
        if site.fix.at is not None:
            line = (tree / site.path).read_text(encoding="utf-8").splitlines()[site.fix.at.line - 1]
            yield f"            at {line[site.fix.at.column - 1 :]}"


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
