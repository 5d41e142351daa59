"""Each thing that provenance must see through: a fixture in which it is the only way, and a near miss beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from factorlint import testing

FIXTURES = Path(__file__).parent.parent / "fixtures" / "provenance"
FOLDERS = sorted(path for path in FIXTURES.iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_an_origin_is_traced_and_its_lookalike_is_not(folder: Path) -> None:
    outcome = testing.run(folder, {"FL0801"})
    assert not outcome.problems
    assert not outcome.missing
    assert not outcome.surplus


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_fixture_says_both_what_is_and_what_is_not(folder: Path) -> None:
    assert {one.kind for one in testing.expectations(folder)} >= {"expect", "ok"}
