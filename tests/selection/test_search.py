"""Each k is tried, every candidate is kept, and the reason of the choice is said."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from segmentry.errors import NotEnoughDataError, SettingsError
from segmentry.selection import SelectionSettings, search_segments


def _blobs(sizes, distance=8000.0):
    draw = np.random.default_rng(0)
    parts = [np.floor(draw.normal(distance * place, 500, (n, 2))) for place, n in enumerate(sizes)]
    return np.concatenate(parts)


def test_two_halves_are_taken_where_all_else_has_segments_too_small_to_tell_of():
    """Thirty customers in two heaps of fifteen are two, not four of which nothing can be told."""
    found = search_segments(_blobs([15, 15]), SelectionSettings())
    assert found.k == 2


def test_the_best_separated_wins():
    """Four groups far apart are found among 2 to 7, and the reason says how many criteria choose them."""
    found = search_segments(_blobs([40, 50, 60, 70]), SelectionSettings(k="2-7"))
    assert found.k == 4
    assert [c.k for c in found.candidates] == [2, 3, 4, 5, 6, 7]
    assert sorted(found.candidates[2].sizes) == [40, 50, 60, 70]
    assert found.reason.startswith("7 of 8 criteria choose 4 segments, of 2 to 7 tried. Its figures: silhouette 0.9")
    assert found.verdict == "natural"


def test_a_segment_too_small_to_act_on_is_passed_over():
    """A grouping with a segment of three customers loses to one that has none, and that is said."""
    found = search_segments(_blobs([60, 60, 3], 9000.0), SelectionSettings(k="2-3"))
    assert found.k == 2
    assert "3 would be higher" in found.reason


def test_no_structure_is_said():
    """Evenly spread customers are divided all the same, with a warning that these are no natural groups."""
    grid = np.floor(np.random.default_rng(1).normal(0, 1024, (300, 6)))
    found = search_segments(grid, SelectionSettings(k="2-4"))
    assert found.verdict == "no groups"
    assert {n.code for n in found.notices} == {"no-groups", "weak-structure"}


def test_fewer_profiles_than_asked_for():
    """Below the range it is an error; within it the range ends early, with a notice."""
    grid = np.repeat(np.array([[0.0], [100.0], [5000.0]]), 20, axis=0)
    with pytest.raises(NotEnoughDataError, match="3 different profiles"):
        search_segments(grid, SelectionSettings(k=4))
    found = search_segments(grid, SelectionSettings(k="2-9"))
    assert [c.k for c in found.candidates] == [2, 3]
    assert [n.code for n in found.notices] == ["few-profiles", "no-groups"]


@pytest.mark.parametrize(("k", "span"), [(5, (5, 5)), ("5", (5, 5)), ("2-10", (2, 10)), (" AUTO ", (3, 10))])
def test_k_is_a_number_a_range_or_auto(k, span):
    """Three spellings of which k are tried."""
    assert SelectionSettings(k=k).span == span


def test_a_number_is_one_whatever_it_was_typed_as():
    """The text "5", as forms and command lines have it, is the same setting as 5."""
    assert SelectionSettings(k=" 5 ") == SelectionSettings(k=5)


@pytest.mark.parametrize("k", [0, 1, 51, "1-3", "9-3", "x", "", "2-", "2.5", "-3", "2-99"])
def test_any_other_k_is_an_error(k):
    """With a remedy."""
    with pytest.raises(SettingsError, match="--k"):
        SelectionSettings(k=k)


@pytest.mark.parametrize("method", ["k-means", "gmm"])
@pytest.mark.thorough("gmm")
def test_threads_change_nothing(method):
    """What linear algebra may use does not show in any figure, nor does what runs beside the search."""
    grid = np.floor(np.random.default_rng(1).normal(0, 1024, (900, 4)))
    found = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            found.append(search_segments(grid, SelectionSettings(k="2-4", method=method)))
    one, two = found
    assert one.candidates == two.candidates
    assert (one.silhouettes == two.silhouettes).all()
    assert all((a == b).all() for a, b in zip(one.groupings, two.groupings, strict=True))
