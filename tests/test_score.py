"""The arithmetic of the score, by example and by law."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import OPAQUE, OWNED_LOOP, make_site

from factorlint.factors import FACTORS
from factorlint.model import Confidence, Files, Owner, Role, Site
from factorlint.score import VALUE, Judgement, judge

FILES = Files(seen=3, analysed=2)


def judged(sites: list[Site], files: Files = FILES, agent_code: bool = True) -> Judgement:
    return judge(sites, files, agent_code=agent_code)


def owned(owner: Owner, factor: int = 8, weight: float = 1.0, **changes: object) -> Site:
    check = replace(OPAQUE, owner=owner, weight=weight)
    return replace(make_site(check, **changes), factor=factor)


def test_all_thirteen_factors_always_have_a_verdict() -> None:
    verdicts = judged([]).verdicts
    assert [one.factor for one in verdicts] == list(range(1, 14))
    assert [one.weight for one in verdicts] == [1, 2, 2, 1, 2, 1, 1, 2, 1, 1, 1, 2, 0.5]
    assert all(one.score is None and one.owner is None and one.sites == 0 for one in verdicts)


def test_a_factor_is_the_weighted_mean_of_its_sites() -> None:
    row = judged([owned(Owner.CODE), owned(Owner.SHARED), owned(Owner.FRAMEWORK), owned(Owner.NOBODY)]).verdicts[7]
    assert row.score == pytest.approx(37.5)
    assert row.owners == dict.fromkeys(Owner, 1)
    heavy = judged([owned(Owner.CODE, weight=3.0), owned(Owner.FRAMEWORK)]).verdicts[7]
    assert heavy.score == pytest.approx(75)


def test_the_overall_score_weighs_the_factors() -> None:
    # F8 weighs 2, F9 weighs 1, F13 weighs ½
    sites = [owned(Owner.CODE, 8), owned(Owner.FRAMEWORK, 9), owned(Owner.SHARED, 13)]
    assert judged(sites).summary.score == pytest.approx((2 * 100 + 1 * 0 + 0.5 * 50) / 3.5)


def test_implied_sites_count_with_weight_one_for_their_own_factor() -> None:
    row = judged([owned(Owner.FRAMEWORK, weight=5.0, implied=((3, Owner.FRAMEWORK),)), owned(Owner.CODE, 3)])
    assert row.verdicts[2].score == pytest.approx(50)
    assert row.verdicts[2].sites == 2
    assert row.summary.owners == {Owner.CODE: 1, Owner.SHARED: 0, Owner.FRAMEWORK: 2, Owner.NOBODY: 0}


def test_guesses_and_tests_take_no_part() -> None:
    sites = [
        make_site(OWNED_LOOP),
        make_site(OPAQUE, confidence=Confidence.LOW),
        make_site(OPAQUE, role=Role.TEST, implied=((3, Owner.FRAMEWORK),)),
    ]
    summary = judged(sites).summary
    assert summary.score == 100
    assert summary.scored == 1


def test_a_factor_known_only_by_guesses_or_unlooked_at_is_unknown() -> None:
    told = judge([make_site(confidence=Confidence.LOW)], FILES, agent_code=True, unknown={1, 2})
    assert (told.summary.scored, told.summary.not_applicable, told.summary.unknown) == (0, 10, 3)
    assert [one.factor for one in told.verdicts if one.unknown] == [1, 2, 8]


@pytest.mark.parametrize(
    ("owners", "expected"),
    [
        ("code framework", Owner.FRAMEWORK),
        ("code nobody", Owner.NOBODY),
        ("framework nobody", Owner.FRAMEWORK),
        ("shared nobody", Owner.NOBODY),
        ("code shared", Owner.SHARED),
        ("code code framework", Owner.CODE),
    ],
)
def test_the_owner_is_whoever_has_most_and_ties_go_to_the_worse(owners: str, expected: Owner) -> None:
    assert judged([owned(Owner(word)) for word in owners.split()]).verdicts[7].owner is expected


def test_the_verdict_names_the_decisive_factors_that_are_lost() -> None:
    assert judged([], agent_code=False).summary.verdict == "no agent code found"
    assert judged([make_site()], agent_code=False).summary.score is None
    assert judged([]).summary.verdict == "agent code found, but no place where a factor is decided"
    assert judged([owned(Owner.CODE)]).summary.verdict == "the framework owns none of the four decisive factors"
    two = judged([owned(Owner.FRAMEWORK, 8), owned(Owner.FRAMEWORK, 2), owned(Owner.FRAMEWORK, 12)]).summary
    assert two.decisive_owned_by_framework == 2
    assert two.verdict == (
        "the framework owns 2 of the four decisive factors (F2 own-your-prompts, F8 own-your-control-flow)"
    )
    three = judged([owned(Owner.FRAMEWORK, factor) for factor in (2, 3, 5)]).summary
    assert three.verdict.startswith("the framework owns 3 of the four decisive factors (F2 ")
    assert three.verdict.endswith("): expect to reverse-engineer it")


def test_a_gain_is_what_the_overall_score_would_rise_by() -> None:
    sites = [
        owned(Owner.FRAMEWORK, weight=2.0, implied=((3, Owner.FRAMEWORK), (12, Owner.NOBODY))),
        owned(Owner.CODE),
        owned(Owner.SHARED, 3),
    ]
    before = judged(sites)
    better = replace(sites[0], owner=Owner.CODE, implied=((3, Owner.CODE), (12, Owner.CODE)))
    after = judged([better, *sites[1:]])
    assert before.summary.score is not None
    assert after.summary.score == pytest.approx(before.summary.score + before.gains[0])
    assert before.gains[1] == 0


OWNERS = st.sampled_from(list(Owner))
NUMBERS = st.integers(1, 13)
SITES = st.builds(
    lambda owner, factor, weight, implied, confidence: owned(
        owner, factor, weight, implied=tuple(implied), confidence=confidence
    ),
    OWNERS,
    NUMBERS,
    st.sampled_from([0.5, 1.0, 2.0]),
    st.lists(st.tuples(NUMBERS, OWNERS), max_size=3),
    st.sampled_from(list(Confidence)),
)
TREES = st.lists(SITES, max_size=12)
SLACK = 1e-9


def overall(sites: list[Site], files: Files = FILES) -> float:
    found = judged(sites, files).summary.score
    return -1.0 if found is None else found


@given(TREES)
def test_law_every_score_lies_between_0_and_100(sites: list[Site]) -> None:
    judgement = judged(sites)
    figures = [one.score for one in judgement.verdicts] + [judgement.summary.score]
    assert all(one is None or -SLACK <= one <= 100 + SLACK for one in figures)
    coverage = judgement.summary
    assert coverage.scored + coverage.not_applicable + coverage.unknown == len(FACTORS)


@given(TREES, st.randoms())
def test_law_the_order_of_the_sites_says_nothing(sites: list[Site], random: Random) -> None:
    mixed = list(sites)
    random.shuffle(mixed)
    assert judged(mixed).summary == judged(sites).summary


@given(TREES.filter(bool), st.data(), OWNERS)
def test_law_with_the_same_places_only_a_better_owner_raises_the_score(
    sites: list[Site], data: st.DataObject, owner: Owner
) -> None:
    at = data.draw(st.integers(0, len(sites) - 1))
    changed = [*sites[:at], replace(sites[at], owner=owner), *sites[at + 1 :]]
    change = overall(changed) - overall(sites)
    if VALUE[owner] <= VALUE[sites[at].owner]:
        assert change <= SLACK
    else:
        assert change >= -SLACK


@given(TREES, SITES)
def test_law_a_further_site_that_is_not_owned_raises_no_score(sites: list[Site], more: Site) -> None:
    lost = replace(more, owner=Owner.FRAMEWORK, implied=tuple((factor, Owner.NOBODY) for factor, _ in more.implied))
    if judged(sites).summary.score is not None:
        assert overall([*sites, lost]) <= overall(sites) + SLACK


@given(TREES, st.integers(0, 99))
def test_law_files_that_cannot_be_read_change_no_score(sites: list[Site], failed: int) -> None:
    assert overall(sites, Files(seen=100, analysed=1, failed=failed)) == overall(sites)


@pytest.mark.parametrize("make", [lambda: make_site(role=Role.TEST), lambda: make_site(confidence=Confidence.LOW)])
def test_what_takes_no_part_has_nothing_to_gain(make: Callable[[], Site]) -> None:
    assert judged([make(), make_site()]).gains[0] == 0
