"""Findings are numbered, and hidden ones marked, never dropped."""

from __future__ import annotations

import pytest
from making import INLINE, NO_RESUME, OPAQUE, OWNED_LOOP, make_site

from factorlint.config import Persona, Settings
from factorlint.model import Confidence, Severity, Site, Span, Status
from factorlint.sift import findings, sift


def status(site: Site, settings: Settings) -> str:
    (one,) = sift(findings([site]), settings)
    return one.why or one.status.value


def test_a_fingerprint_outlives_moves_and_white_space() -> None:
    before = findings([make_site(source="run(a,\n    b)")])[0]
    after = findings([make_site(source="run(a, b)", span=Span(90, 9, 91, 9), confidence=Confidence.LOW)])[0]
    assert before.fingerprint == after.fingerprint
    assert len(before.fingerprint) == 16
    int(before.fingerprint, 16)


@pytest.mark.parametrize("change", [{"path": "b.py"}, {"scope": "other"}, {"source": "x"}, {"check": INLINE}])
def test_a_fingerprint_changes_with_what_it_names(change: dict[str, object]) -> None:
    assert findings([make_site()])[0].fingerprint != findings([make_site(**change)])[0].fingerprint


def test_the_same_text_twice_in_a_scope_has_two_fingerprints_in_order() -> None:
    first, second = make_site(span=Span(1, 1, 1, 9)), make_site(span=Span(2, 1, 2, 9))
    forward, backward = findings([first, second]), findings([second, first])
    assert forward == backward
    assert len({one.fingerprint for one in forward}) == 2
    assert findings([second])[0].fingerprint == forward[0].fingerprint


def test_a_path_that_is_no_text_has_a_fingerprint() -> None:
    assert findings([make_site(path="b\udcff.py")])[0].fingerprint


def test_the_defaults_hide_low_confidence_and_what_is_missing() -> None:
    assert status(make_site(), Settings()) == "new"
    assert status(make_site(confidence=Confidence.MEDIUM), Settings()) == "new"
    assert status(make_site(confidence=Confidence.LOW), Settings()) == "low confidence"
    assert status(make_site(OWNED_LOOP, confidence=Confidence.LOW), Settings()) == "low confidence"
    assert status(make_site(NO_RESUME), Settings()) == "only for auditors"
    assert status(make_site(NO_RESUME), Settings(persona=Persona.AUDITOR)) == "new"


def test_the_bars_of_severity_and_confidence() -> None:
    assert status(make_site(INLINE), Settings(min_severity=Severity.WARNING)) == "severity info"
    assert status(make_site(OWNED_LOOP), Settings(min_severity=Severity.ERROR)) == "new"
    assert status(make_site(confidence=Confidence.LOW), Settings(min_confidence=Confidence.LOW)) == "new"
    assert status(make_site(confidence=Confidence.MEDIUM), Settings(min_confidence=Confidence.HIGH)) != "new"


@pytest.mark.parametrize(
    ("select", "ignore", "seen"),
    [
        ("", "", True),
        ("FL0801", "", True),
        ("FL08", "", True),
        ("FL", "", True),
        ("ALL", "", True),
        ("opaque-agent-run", "", True),
        ("own-your-control-flow", "", True),
        ("FL02", "", False),
        ("FL0802", "", False),
        ("", "FL08", False),
        ("", "FL", False),
        ("", "opaque-agent-run", False),
        ("FL0801", "FL08", True),
        ("FL08", "FL0801", False),
        ("FL08", "FL08", False),
        ("ALL", "own-your-control-flow", False),
    ],
)
def test_the_more_specific_word_wins(select: str, ignore: str, seen: bool) -> None:
    settings = Settings(select=tuple(select.split()), ignore=tuple(ignore.split()))
    assert (status(make_site(OPAQUE), settings) == "new") is seen


def test_evidence_is_selected_by_its_factor_or_slug() -> None:
    assert status(make_site(OWNED_LOOP), Settings(select=("FL08",))) == "new"
    assert status(make_site(OWNED_LOOP), Settings(select=("owned-loop",))) == "new"
    assert status(make_site(OWNED_LOOP), Settings(select=("FL0801",))) == "not selected"


def test_what_is_hidden_stays_in_the_report() -> None:
    sites = [make_site(confidence=Confidence.LOW), make_site(path="b.py"), make_site(INLINE, path="c.py")]
    found = sift(findings(sites), Settings(select=("FL08",)))
    assert [one.status for one in found] == [Status.BELOW, Status.NEW, Status.BELOW]
