"""Pages, searches, exports and single customers out of rows that were laid out."""

from __future__ import annotations

import math

import polars as pl
import pytest

import segmentry as sg
from segmentry.browsing import Chosen, Range, lay_out
from segmentry.errors import OutputError
from segmentry.prototypes.assign import CONFIDENCE, SEGMENT
from segmentry.samples import sample_marketing


def test_every_customer_has_the_segment_that_the_model_gives(labelled, rows):
    """Rows that were laid out agree with the labelled file, customer by customer, and hold its columns alone."""
    _, path = labelled
    file = pl.read_csv(path)
    own = {r["customer_id"]: r for r in rows.page(Chosen(), size=file.height).rows}
    assert rows.count == file.height == len(own)
    assert rows.table.names == tuple(file.columns[:-4])
    for row in file.rows(named=True):
        assert own[row["customer_id"]][SEGMENT] == row["segment_id"]
        assert own[row["customer_id"]][CONFIDENCE] == f"{row['confidence']:.2f}"


def test_pages_follow_one_another_and_hold_everyone_once(rows):
    """Turning the pages meets each customer once, and a page beyond the last is the last."""
    first = rows.page(Chosen(), size=150)
    seen = [r["customer_id"] for n in range(1, first.last + 1) for r in rows.page(Chosen(), number=n, size=150).rows]
    assert len(seen) == len(set(seen)) == rows.count
    assert rows.page(Chosen(), number=999, size=150).number == first.last


def test_numbers_are_sorted_as_numbers(rows):
    """A column of numbers is in order of size, not of letters; empty cells come last, both ways."""
    for descending in (False, True):
        shown = rows.page(Chosen(), sort="income", descending=descending, size=rows.count).rows
        known = [float(r["income"]) for r in shown if r["income"]]
        assert known == sorted(known, reverse=descending)
        assert [bool(r["income"]) for r in shown] == sorted((bool(r["income"]) for r in shown), reverse=True)


@pytest.mark.parametrize("text", ["phd", "DOCTOR", "=1+1", "C0000017", "%", "a.c", "' or 1=1 --"])
def test_a_search_finds_what_it_says_in_words_and_ids(labelled, rows, text):
    """A search is a piece of text, whatever its case, and never a pattern or a query."""
    file = pl.read_csv(labelled[1], infer_schema=False)
    words = ["customer_id", "education", "marital_status"]
    expected = file.filter(pl.any_horizontal(pl.col(words).str.to_lowercase().str.contains(text.lower(), literal=True)))
    assert rows.page(Chosen(search=text)).total == expected.height


def test_filters_hold_all_at_once(labelled, rows):
    """Segment, range and level choose the customers who fulfil all three."""
    level = rows.page(Chosen()).rows[0]["education"]
    choice = Chosen(segments=("s1", "s2"), ranges=(Range("income", 30_000, None),), levels=(("education", level),))
    shown = rows.page(choice, size=rows.count).rows
    assert shown
    assert all(r[SEGMENT] in ("s1", "s2") and float(r["income"]) >= 30_000 and r["education"] == level for r in shown)
    whole = rows.page(Chosen(), size=rows.count).rows
    wanted = [
        r
        for r in whole
        if r[SEGMENT] in ("s1", "s2") and r["income"] and float(r["income"]) >= 30_000 and r["education"] == level
    ]
    assert len(shown) == len(wanted)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_holds_the_chosen_customers_and_runs_nothing(labelled, rows, tmp_path, kind):
    """CSV and Excel hold the chosen customers with their segment by name, and no cell that a spreadsheet would run."""
    segmentation, _ = labelled
    renamed = sg.rename(segmentation, {"s1": "=HYPERLINK(1)"})
    path = tmp_path / f"out.{kind}"
    rows.write(renamed, Chosen(), path)
    read = pl.read_csv(path) if kind == "csv" else pl.read_excel(path)
    assert read.height == rows.count
    assert "'=1+1" in read["customer_id"].to_list()
    assert set(read.filter(pl.col("segment_id") == "s1")["segment"]) == {"'=HYPERLINK(1)"}
    rows.write(segmentation, Chosen(segments=("s2",)), path)
    some = pl.read_csv(path) if kind == "csv" else pl.read_excel(path)
    assert set(some["segment_id"]) == {"s2"}


def test_an_export_of_another_kind_is_refused(labelled, rows, tmp_path):
    """Only the kinds of table that can be written are."""
    with pytest.raises(OutputError, match="no kind of table"):
        rows.write(labelled[0], Chosen(), tmp_path / "out.exe")


def test_the_source_comes_back_without_labels(labelled, rows, tmp_path):
    """What another fit starts from is the table as it came: the same fit of it is the same segmentation."""
    segmentation, _ = labelled
    again = sg.fit(rows.write_source(tmp_path), k=4, seed=0)
    assert again.provenance.fingerprint == segmentation.provenance.fingerprint
    assert again.rule == segmentation.rule


def test_the_source_comes_back_without_where_customers_were_before(labelled, tmp_path):
    """The fifth column, of a fit that followed another, is as little the source's as the four before it."""
    model, path = labelled
    followed = tmp_path / "customers.csv"
    pl.read_csv(path, infer_schema=False).with_columns(previous_segment_id=pl.lit("s1")).write_csv(followed)
    source = pl.read_parquet(lay_out(model, followed, tmp_path).write_source(tmp_path))
    assert source.columns[-1] == pl.read_csv(path, infer_schema=False).columns[-5]


def test_another_fit_takes_the_same_cells_as_missing(tmp_path):
    """What the first fit was told means "not known" is told to the next one."""
    place = pl.int_range(pl.len())
    customers = sample_marketing(300, seed=3).with_columns(
        income=pl.when(place % 9 == 0).then(-999).otherwise("income")
    )
    settings = sg.FitSettings(selection={"k": 3}, reading={"missing": ("-999",)}, stability_pairs=0)
    segmentation = sg.fit(customers, settings=settings)
    sg.score(segmentation, customers).write_csv(tmp_path / "customers.csv")
    rows = lay_out(segmentation, tmp_path / "customers.csv", tmp_path)
    again = sg.fit(rows.write_source(tmp_path), settings=settings.model_copy(update={"reading": rows.reading}))
    assert rows.reading.missing == ("-999",)
    assert again.rule == segmentation.rule


def test_a_customer_is_found_by_id_alone(labelled, rows):
    """The features of a customer by id place them where they are; an id that is not there gives nobody."""
    segmentation, path = labelled
    row = pl.read_csv(path).row(17, named=True)
    found = rows.customer(f" {row['customer_id']} ")
    assert (
        sg.score_one(segmentation, {k: v for k, v in found.items() if v is not None})["segment_id"] == row["segment_id"]
    )
    assert rows.customer("nobody") is None
    assert math.isclose(found["income"], row["income"])
