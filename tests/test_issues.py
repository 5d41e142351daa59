"""What was once wrong on real code, as small as it can be made, and stays mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from factorlint import testing

FIXTURES = Path(__file__).parent.parent / "fixtures" / "issues"
FOLDERS = sorted(path for path in FIXTURES.iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_it_stays_mended(folder: Path) -> None:
    checks = {one.check for one in testing.expectations(folder)}
    outcome = testing.run(folder, checks)
    assert not outcome.problems
    assert not outcome.missing
    assert not outcome.surplus
