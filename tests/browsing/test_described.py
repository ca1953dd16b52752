"""The segments among chosen customers, and who moves where."""

from __future__ import annotations

import polars as pl

import segmentry as sg
from segmentry.browsing import Chosen, Range, described, moves


def test_everyone_is_described_as_the_fit_did(labelled, rows):
    """Sizes and means among all customers are those of the fit."""
    segmentation, _ = labelled
    again = described(segmentation, rows, Chosen())
    assert [s.size for s in again.segments] == [s.size for s in segmentation.segments]
    for measure in segmentation.profile.measures:
        assert again.profile.measure(measure.name).population.mean == measure.population.mean
        for segment, cell in measure.segments.items():
            assert again.profile.measure(measure.name).segments[segment].spread.mean == cell.spread.mean


def test_chosen_customers_have_figures_of_their_own(labelled, rows):
    """A filter changes sizes and means to those of the customers it leaves."""
    segmentation, path = labelled
    some = described(segmentation, rows, Chosen(ranges=(Range("income", 50_000, None),)))
    file = pl.read_csv(path).filter(pl.col("income") >= 50_000)
    assert {s.id: s.size for s in some.segments if s.size} == dict(file["segment_id"].value_counts().iter_rows())
    mean = some.profile.measure("income").population.mean
    assert abs(mean - file["income"].mean()) < 0.01
    assert len(some.view.segment_ids) == file.height


def test_few_customers_are_not_told_of(labelled, rows):
    """Below ten customers no figure is shown, whatever the filter, and nobody gives no description at all."""
    segmentation, path = labelled
    incomes = pl.read_csv(path)["income"].drop_nulls().sort()
    few = described(segmentation, rows, Chosen(ranges=(Range("income", incomes[-4], None),)))
    measure = few.profile.measure("income")
    assert measure.population.mean is None
    assert all(c.spread.mean is None for c in measure.segments.values())
    assert described(segmentation, rows, Chosen(ranges=(Range("income", incomes[-1] + 1, None),))) is None


def test_moves_count_everyone_once(labelled, rows):
    """Every customer is in one pair of segments: the same twice with the same model, else as the other scores them."""
    segmentation, path = labelled
    assert all(m.before == m.after for m in moves(rows, segmentation))
    other = sg.fit(pl.read_csv(path).drop("segment_id", "segment", "confidence", "runner_up"), k=3, seed=0)
    found = moves(rows, other)
    assert sum(m.customers for m in found) == rows.count
    file = pl.read_csv(path)
    after = sg.score(other, file.drop("segment_id", "segment", "confidence", "runner_up"))["segment_id"]
    pairs = pl.DataFrame({"before": file["segment_id"], "after": after}).group_by("before", "after").len()
    assert {(m.before, m.after): m.customers for m in found} == {(a, b): n for a, b, n in pairs.rows()}
