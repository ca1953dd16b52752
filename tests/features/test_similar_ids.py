"""Ids that people would take for one are told of, and stay apart."""

from __future__ import annotations

import duckdb
import narwhals.stable.v2 as nw
import polars as pl
import pytest

from segmentry.features.similar_ids import similar_ids
from segmentry.fitting import FitSettings, fit
from segmentry.selection import SelectionSettings

APART, WHOLE = "cafe\u0301-1", "caf\u00e9-1"


@pytest.fixture(params=["polars", "duckdb"])
def ids_of(request):
    """Turns a list of ids into a lazy table of the engine."""

    def make(ids):
        frame = pl.DataFrame({"id": ids}, schema={"id": pl.String})
        return nw.from_native(frame.lazy() if request.param == "polars" else duckdb.sql("select * from frame")).lazy()

    return make


@pytest.mark.parametrize(
    "ids", [["ab12", "AB12", "c3"], ["Ab12", "aB12", "c3"], [APART, WHOLE, "x"], ["\u0416-1", "\u0436-1"]]
)
def test_ids_alike_but_for_case_or_accents_are_told_of(ids_of, ids):
    """One id in two ways of writing is one warning, in which nobody can read the id."""
    (notice,) = similar_ids(ids_of([*ids, None]), "id", "customer")
    assert notice.code == "similar-ids"
    assert "'customer': 1 id is written in several ways" in notice.message
    assert not any(i in notice.message for i in ids)


@pytest.mark.parametrize(
    "ids",
    [
        ["ab12", "ab13"],
        ["AB12", "cd34"],
        ["1", "2"],
        ["A-1", "{B}"],
        ["\u7532", "\u4e59"],
        ["caf\u00e9", "cafe"],
        [APART, "b"],
    ],
)
def test_different_ids_get_no_warning(ids_of, ids):
    """Nor does one id on several rows, which is another matter."""
    assert similar_ids(ids_of([*ids, ids[0]]), "id", "customer") == []


def test_a_fit_warns_and_keeps_both_customers():
    """Ids that are equal only after folding are two customers, and the segmentation says so."""
    n = 60
    ids = [f"c{i:03d}" for i in range(n - 1)] + ["C000"]
    table = pl.DataFrame({"customer_id": ids, "total_spend": [100.0 * (1 + i % 3) + i for i in range(n)]})
    model = fit(table, settings=FitSettings(selection=SelectionSettings(k=3)))
    assert model.provenance.n_customers == n
    assert "similar-ids" in {notice.code for notice in model.notices}
