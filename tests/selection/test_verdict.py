"""Whether there are groups at all, and what kind, is said by a rule that no criterion decides alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segmentry.errors import Notice
from segmentry.segmentation import Candidate
from segmentry.selection import SelectionSettings, search_segments
from segmentry.selection.criteria import gather_criteria
from segmentry.selection.mixtures import MixtureEvidence
from segmentry.selection.others import own_number
from segmentry.selection.verdict import Weighing, choice, stretched_into, weigh, weights
from segmentry.selection.words import reason_words


def _noise(n=400, d=4, seed=0):
    return np.floor(np.random.default_rng(seed).normal(0, 1024, (n, d)))


def _blobs(sizes, d=3, distance=9.0, seed=0):
    random = np.random.default_rng(seed)
    places = np.linalg.qr(random.normal(size=(max(d, len(sizes)), max(d, len(sizes)))))[0][: len(sizes), :d]
    parts = [1024 * (distance * p + random.normal(0, 1, (n, d))) for n, p in zip(sizes, places, strict=True)]
    return np.floor(np.concatenate(parts))


@pytest.fixture(scope="module")
def nothing():
    return search_segments(_noise(), SelectionSettings())


def test_noise_is_no_groups_and_is_divided_all_the_same(nothing):
    """The output is never empty: the most stable division of 3 to 6 is written, and said to be one."""
    assert nothing.verdict == "no groups"
    assert 3 <= nothing.k <= 6
    assert nothing.verdict_words.startswith("No groups")
    assert "most stable" in nothing.reason
    assert any(n.code == "no-groups" for n in nothing.notices)
    stable = {c.k: c.stability for c in nothing.candidates if 3 <= c.k <= 6}
    assert nothing.k == max(stable, key=stable.get)


def test_two_are_not_taken_because_three_would_be_small():
    """Of 30 customers without groups 3 or more are made, although only 2 would have ten each: the least tiny ones."""
    found = search_segments(_noise(30, 3, seed=8), SelectionSettings())
    assert found.verdict == "no groups"
    assert [c.k for c in found.candidates if min(c.sizes) >= 10] == [2]
    smallest = {c.k: min(c.sizes) for c in found.candidates if 3 <= c.k <= 6}
    assert smallest[found.k] == max(smallest.values())
    assert "division, of 3 to 6 whose smallest segment is the largest: it" in found.reason


def test_the_reason_says_what_the_number_was_taken_from():
    """The range, and that tiny segments are left out: only where they are."""
    sizes = {2: (30, 30), 3: (20, 20, 20), 4: (20, 20, 17, 3), 7: (9, 9, 9, 9, 8, 8, 8)}
    candidates = [Candidate(k, "k-means", 1.0, 0.3, None, None, sizes[k], bic=-float(k)) for k in sizes]
    assert choice(candidates[:2], groups=True)[1] == "2 to 3"
    assert choice(candidates, groups=True) == (candidates[:2], "2 to 7 with at least 10 customers in each")
    assert choice(candidates, groups=False) == ([candidates[1]], "3 to 4 with at least 10 customers in each")
    assert choice(candidates[3:], groups=True) == (candidates[3:], "7 only")
    k, why = own_number(candidates, False)
    assert (k, why.partition(";")[0]) == (
        3,
        "3 segments fit the customers best, of 3 to 4 with at least 10 customers in each. They have the lowest BIC",
    )


def test_every_candidate_of_auto_is_kept_with_every_criterion(nothing):
    """2 to 10, each with silhouette, distances beyond chance, gap, prediction strength and stability."""
    assert [c.k for c in nothing.candidates] == list(range(2, 11))
    for c in nothing.candidates:
        shown = (c.silhouette_beyond_chance, c.tightness_beyond_chance, c.gap, c.gap_error, c.stability)
        assert all(value is not None for value in (*shown, c.prediction_strength, c.calinski_harabasz))
        assert c.bic is None


def test_groups_far_apart_are_natural():
    """Four blobs are four natural groups, and the words say so without a figure first."""
    found = search_segments(_blobs([60, 75, 45, 100]), SelectionSettings(k="2-6"))
    assert (found.k, found.verdict) == (4, "natural")
    assert found.verdict_words.startswith("These are natural groups")
    assert not found.notices


def test_two_groups_are_taken_only_when_natural():
    """Auto takes two blobs as two; noise is never divided into two."""
    found = search_segments(_blobs([125, 125], distance=12.0), SelectionSettings())
    assert (found.k, found.verdict) == (2, "natural")


def test_halves_of_one_long_heap_are_not_two():
    """Cut through the middle, a long heap gives the same halves each time; they are no kinds."""
    heap = _noise(600, 3) * np.array([6.0, 1.0, 1.0])
    found = search_segments(heap, SelectionSettings(k="2-6"))
    assert next(c for c in found.candidates if c.k == 2).stability >= 0.85
    assert found.verdict == "no groups"


def test_two_that_overlap_are_taken_on_the_likelihood_of_two():
    """Two groups without a valley between them, steady, and of one shape by BIC."""
    rows = _noise(600, 3) + np.array([3300.0, 0.0, 0.0]) * (np.arange(600) % 2)[:, None]
    evidence = gather_criteria(rows, range(2, 7), 0)
    assert (evidence.mixture.bic_k, evidence.mixture.sure) == (2, False)
    candidates = search_segments(rows, SelectionSettings(k="2-6")).candidates
    several = replace(evidence, apart={}, heaps=replace(evidence.heaps, columns=(0,)))
    assert weigh(candidates, several).k == 2
    of_other_shapes = replace(several, mixture=replace(evidence.mixture, bic_round=False))
    assert weigh(candidates, of_other_shapes).k != 2


def test_a_mixture_alone_recommends_nothing(nothing):
    """Sure as it may be of long groups, it needs another kind of evidence beside it."""
    evidence = gather_criteria(_noise(200), range(2, 11), 0)
    sure = replace(evidence, mixture=MixtureEvidence(3, 0.99, True, 0.2, 3, False))
    assert stretched_into(sure) is None
    assert weigh(nothing.candidates, sure).verdict == "no groups"
    beside = replace(sure, heaps=replace(sure.heaps, columns=(0,)))
    assert stretched_into(beside) == 3
    assert weigh(nothing.candidates, beside).verdict == "constructive"


def test_the_likelihood_adds_to_the_number_that_a_sure_mixture_takes(nothing):
    """Three points and more at the same number; apart from it only where its groups have one shape."""
    evidence = replace(gather_criteria(_noise(200, 2), range(2, 6), 0), rows=400)
    plain = weights(nothing.candidates, replace(evidence, mixture=None))

    def added(icl, bic, one_shape):
        heard = replace(evidence, mixture=MixtureEvidence(icl, 0.99, True, 0.95, bic, one_shape))
        found = weights(nothing.candidates, heard)
        return {k: round(found[k] - plain[k], 9) for k in plain if found[k] != plain[k]}

    assert added(4, 4, False) == added(4, 4, True) == {4: 4.0}
    assert added(4, 5, True) == {4: 3.0, 5: 1.0}
    assert added(4, 5, False) == {4: 3.0}


def test_a_k_that_was_asked_for_is_constructive():
    """Whatever the data, the number is kept, and whether it would have stood on its own is said."""
    good = search_segments(_blobs([60, 75, 45, 100]), SelectionSettings(k=4))
    bad = search_segments(_noise(), SelectionSettings(k=4))
    assert good.verdict == bad.verdict == "constructive"
    assert "stood on their own" in good.verdict_words
    assert "Nothing shows" in bad.verdict_words
    assert Notice("no-groups", bad.verdict_words) not in bad.notices


def test_the_order_of_the_range_is_weighed_from_two(nothing):
    """A range that starts at 3 keeps to it, also without groups."""
    found = search_segments(_noise(200, 2), SelectionSettings(k="4-5"))
    assert [c.k for c in found.candidates] == [4, 5]
    assert found.k in (4, 5)


def test_too_few_customers_are_said_to_be_too_few():
    """Below thirty nothing can be told from chance, and nothing is claimed."""
    found = search_segments(_blobs([8, 8, 8]), SelectionSettings(k="2-4"))
    assert found.verdict == "no groups"
    assert "too few different ones" in found.verdict_words


def test_one_column_is_judged_by_its_heaps():
    """Look-alikes of a single column are the column itself, so that nothing is made of a difference of rounding."""
    even = np.floor(np.random.default_rng(0).uniform(-3000, 3000, (400, 1)))
    assert search_segments(even, SelectionSettings(k="2-5")).verdict == "no groups"
    heaps = np.floor(
        np.random.default_rng(0).normal(0, 300, (400, 1)) + np.repeat([-9000, 0, 9000, 20000], 100)[:, None]
    )
    found = search_segments(heaps, SelectionSettings(k="2-5"))
    assert (found.k, found.verdict != "no groups") == (4, True)


def _far(sizes, distance, seed, d=2):
    """A large group, each other one at a distance of it along a column of its own, and nothing else."""
    random = np.random.default_rng(seed)
    rows = random.normal(0, 1, (sum(sizes), d))
    labels = np.repeat(np.arange(len(sizes)), sizes)
    for group in range(1, len(sizes)):
        rows[labels == group, group - 1] += distance
    return np.floor(1024 * rows)


@pytest.mark.parametrize(("sizes", "distance"), [([800, 160], 12.0), ([800, 80, 80], 9.0)])
def test_a_small_group_that_stands_far_out_is_natural(sizes, distance):
    """One customer in six or in twelve, far away in one column: no look-alike tells, but there is nobody between."""
    found = search_segments(_far(sizes, distance, seed=0), SelectionSettings())
    assert (found.k, found.verdict) == (len(sizes), "natural")


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("shape", ["fan", "parabola"])
@pytest.mark.thorough("parabola-1", "fan-1")
def test_what_shades_into_the_next_is_never_natural(shape, seed):
    """Curved or ever wider, without a gap: steady cuts, beyond what look-alikes show, and no kinds of customers."""
    random = np.random.default_rng(seed)
    x = random.random(800) * 5.0 if shape == "fan" else random.normal(size=800)
    noise = random.normal(size=800)
    rows = np.column_stack([x, x * noise if shape == "fan" else x**2 + 0.3 * noise])
    found = search_segments(np.floor(1024 * rows), SelectionSettings())
    assert found.verdict in ("reproducible", "no groups")


def test_halves_of_a_heap_beside_a_small_group_are_not_natural():
    """Two segments that share one heap are a way to divide it, however steady they and the third are."""
    random = np.random.default_rng(1)
    rows = random.normal(0, 1, (1030, 3))
    rows[:30, :2] += 6.0
    found = search_segments(np.floor(1024 * rows), SelectionSettings())
    assert found.verdict != "natural" or found.k == 2


@pytest.mark.parametrize("seed", range(4))
def test_heaps_of_a_single_column_are_not_cut(seed):
    """Two kinds of customer who differ in one column only are two: look-alikes keep that column, and say nothing."""
    draw = np.random.default_rng(seed)
    place = np.where(np.arange(600) < 300, draw.normal(900, 60, 600), draw.normal(100, 20, 600))
    grid = np.floor((place - place.mean()) / place.std() * 1024 + 0.5)[:, None]
    found = search_segments(grid, SelectionSettings())
    assert (found.k, found.verdict) == (2, "natural")


def test_the_verdict_says_what_was_measured_and_promises_nothing():
    """Groups that came out again are said to have done so, in how many draws; no other customers are spoken for."""
    found = search_segments(_blobs([60, 75, 45, 100]), SelectionSettings(k="2-6"))
    assert "drawn anew 58 times, nearly the same segments came out" in found.verdict_words
    assert "other customers" not in found.verdict_words


def test_a_number_that_few_criteria_choose_is_said_to_be_one(nothing):
    """Where each criterion would take another number, the reason counts those that would take this one."""

    def reason(favoured):
        return reason_words(nothing.candidates, Weighing(4, "natural", False, "2 to 10", (), (), favoured))

    apart = reason({"silhouette": 2, "gap": 1, "stability": 4})
    assert apart.startswith("4 segments do best over all 3 criteria together, though only 1 of them would choose 4")
    assert "though none of them" in reason({"silhouette": 2, "gap": 1})
    assert reason({"silhouette": 4, "gap": 1, "stability": 4}).startswith("2 of 3 criteria choose 4 segments")


def test_the_largest_number_tried_is_no_last_word(nothing):
    """Where the largest of several is taken, the reason says so first, and how to try more; else nothing of it."""

    def said(k, tried):
        candidates = [c for c in nothing.candidates if c.k in tried]
        weighing = Weighing(k, "natural", False, f"{tried[0]} to {tried[-1]}", (), (), {"silhouette": k})
        return reason_words(candidates, weighing).partition(". ")[0]

    assert said(10, range(2, 11)).endswith(
        "of 2 to 10 tried, and no larger number was tried, so that there may be more kinds: --k 2-15 tries up to 15"
    )
    assert said(9, range(2, 11)).endswith("of 2 to 10 tried")
    assert said(5, [5]).endswith("of 5 to 5 tried")
    alike = [replace(c, inertia=0.0) for c in nothing.candidates]
    assert "may be more kinds" not in reason_words(
        alike, Weighing(10, "natural", False, "2 to 10", (), (), {"gap": 10})
    )
