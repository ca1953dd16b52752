"""New customers are placed as the fitted ones were, and what is unusual about them is said."""

from __future__ import annotations

import csv
import json
import math
import random
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import segmentry as sg
from segmentry.errors import ColumnNotFoundError, SettingsError
from segmentry.features.choice import FeatureSettings
from segmentry.fitting import FitSettings, fit, fit_source
from segmentry.samples import sample_marketing
from segmentry.scoring import score, score_one, score_table
from segmentry.scoring.frames import OUTPUT
from segmentry.scoring.score import read_any, read_like
from segmentry.selection import SelectionSettings
from segmentry.store import dump, parse
from segmentry.tables import ReadingSettings, deliver, read, write_table

FILES = (
    "marketing_campaign.csv",
    "customer_segmentation.csv",
    "Mall_Customers.csv",
    "E-commerce Customer Behavior - Sheet1.csv",
)


@pytest.fixture(scope="module")
def shop():
    return sample_marketing(600, seed=5)


@pytest.fixture(scope="module")
def model(shop):
    settings = FitSettings(
        features=FeatureSettings(features=("age", "income", "recency_days", "education")),
        selection=SelectionSettings(k=4),
    )
    return fit(shop, settings=settings)


def _codes(model, frame):
    return {n.code: n.message for n in score_table(model, read_like(model, frame)).notices}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.thorough("customer_segmentation.csv")
def test_scoring_again_gives_everyone_the_same_segment(shared_data, tmp_path, name):
    """Fit, save, load, score: each of the fitted customers is where they were, with the same confidence."""
    path = shared_data / name
    fitted = fit_source(path, FitSettings())
    at_fit = score_table(fitted.segmentation, fitted.table, placing=fitted.placing)
    write_table(fitted.table, at_fit.frame, OUTPUT, tmp_path / "fit.csv")
    loaded = parse(dump(fitted.segmentation))
    later = score_table(loaded, read_like(loaded, path))
    write_table(later.table, later.frame, OUTPUT, tmp_path / "score.csv")
    assert (tmp_path / "fit.csv").read_bytes() == (tmp_path / "score.csv").read_bytes()
    sizes = {s.id: s.size for s in fitted.segmentation.segments}
    assert later.counts == {**sizes, **{k: v for k, v in later.counts.items() if k not in sizes}}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.thorough("customer_segmentation.csv")
def test_every_customer_alone_is_placed_as_among_all(shared_data, tmp_path, name):
    """A file of one row, whose date or decimal mark no column can settle, is read as the model's was."""
    path = shared_data / name
    model = fit(path, k=4)
    separator = "\t" if name == "marketing_campaign.csv" else ","
    with path.open(newline="") as file:
        rows = list(csv.reader(file, delimiter=separator))
    expected = score(model, path)["segment_id"].to_list()
    for place in random.Random(0).sample(range(1, len(rows)), 12):
        single = tmp_path / "one.csv"
        with single.open("w", newline="") as file:
            csv.writer(file).writerows([rows[0], rows[place]])
        assert score(model, single)["segment_id"].to_list() == [expected[place - 1]]


@pytest.fixture(scope="module")
def unknown(shop):
    """Customers with cells that say "not known" in a number and in a word, and a model that was told so."""
    place = pl.int_range(pl.len())
    frame = shop.with_columns(
        income=pl.when(place % 9 == 0).then(-999.0).otherwise("income"),
        education=pl.when(place % 7 == 0).then(pl.lit("(none)")).otherwise("education"),
    )
    settings = FitSettings(
        reading={"missing": ("-999", "(none)")},
        features=FeatureSettings(features=("age", "income", "recency_days", "education")),
        selection=SelectionSettings(k=4),
    )
    return frame, parse(dump(fit(frame, settings=settings)))


@pytest.mark.parametrize("kind", ["csv", "parquet", "polars", "lazy", "pandas", "pyarrow", "duckdb"])
def test_what_meant_missing_at_fitting_does_at_scoring(unknown, tmp_path, kind):
    """The model keeps the words: the fitted customers get the segments of the fit, wherever they come from."""
    frame, model = unknown
    assert next(s for s in model.recipe.scales if s.feature.name == "income").n_missing > len(frame) / 9
    told = frame.with_columns(
        income=pl.when(pl.col("income") != -999).then("income"),
        education=pl.when(pl.col("education") != "(none)").then("education"),
    )
    frame.write_csv(tmp_path / "a.csv")
    frame.write_parquet(tmp_path / "a.parquet")
    made = {"polars": frame, "lazy": frame.lazy(), "pandas": frame.to_pandas(), "pyarrow": frame.to_arrow()}
    with duckdb.connect() as connection:
        made["duckdb"] = connection.sql(f"select * from '{tmp_path / 'a.parquet'}'")
        found = score(model, made.get(kind, tmp_path / f"a.{kind}"))
        found = found.pl() if kind == "duckdb" else found.collect() if kind == "lazy" else found
        pairs = dict(zip(map(str, found["customer_id"]), map(str, found["segment_id"]), strict=True))
    expected = score(model, told)
    assert pairs == dict(zip(expected["customer_id"], expected["segment_id"], strict=True))


def test_words_stated_at_scoring_are_added_to_those_of_the_fit(unknown):
    """A word of the new file is missing too; what the fit took as missing stays so."""
    frame, model = unknown
    other = frame.with_columns(pl.col("education").replace("(none)", "?!"))
    again = score(model, other, reading=ReadingSettings(missing=("?!",)))
    assert again["segment_id"].equals(score(model, frame)["segment_id"])


def test_one_customer_with_what_meant_missing_at_fitting(unknown):
    """Given as a number or as text, it is not known."""
    _, model = unknown
    for value in (-999, -999.0, "-999"):
        assert {"income", "education"} <= set(score_one(model, {"income": value, "education": "(none)"})["missing"])


def test_column_order_and_further_columns_change_nothing(model, shop):
    """Columns are matched by name; one more is kept and ignored."""
    expected = score(model, shop)["segment_id"].to_list()
    columns = list(shop.columns)
    random.Random(3).shuffle(columns)
    out = score(model, shop.select(columns).with_columns(pl.lit("x").alias("extra")))
    assert out["segment_id"].to_list() == expected
    assert out.columns == [*columns, "extra", *OUTPUT]


def test_only_the_columns_that_are_used_are_needed(model, shop):
    """A table with no more than the columns that the segments rest on is enough."""
    few = shop.select("year_birth", "income", "recency", "education")
    assert score(model, few)["segment_id"].to_list() == score(model, shop)["segment_id"].to_list()


def test_a_missing_column_is_an_error_with_its_feature(model, shop):
    """What is missing, what it is for, what is there, what to do."""
    with pytest.raises(ColumnNotFoundError) as caught:
        score(model, shop.drop("income"))
    for part in ("'income' (for income)", "Found: customer_id", "Rename the column"):
        assert part in str(caught.value)
    assert "Did you mean" not in str(caught.value)
    with pytest.raises(ColumnNotFoundError, match="2 columns are missing: income, recency"):
        score(model, shop.drop("income", "recency"))


@pytest.mark.parametrize("name", ["Income", "INCOME", "income_", " Incomme"])
def test_a_missing_column_is_told_with_the_name_it_may_have(model, shop, name):
    """A column whose name differs by case or a letter is asked after, and none that is used already."""
    with pytest.raises(ColumnNotFoundError, match=f"Did you mean '{name}'\\? Rename the column"):
        score(model, shop.rename({"income": name}))
    with pytest.raises(ColumnNotFoundError) as caught:
        score(model, shop.drop("recency").rename({"income": "recent"}))
    assert "'income' (for income)" in str(caught.value)
    assert "Did you mean" not in str(caught.value)


def test_what_is_unusual_is_counted(model, shop):
    """Missing values, values beyond the fitted ones, and levels never seen are told with their number."""
    assert not {"out-of-range", "level-value"} & _codes(model, shop).keys()
    changed = shop.with_columns(
        income=pl.when(pl.int_range(pl.len()) < 7).then(9_999_999).otherwise("income"),
        education=pl.when(pl.int_range(pl.len()) < 5).then(pl.lit("Kindergarten")).otherwise("education"),
        recency=pl.when(pl.int_range(pl.len()) < 3).then(None).otherwise("recency"),
    )
    codes = _codes(model, changed)
    assert codes["out-of-range"].startswith("7 customers with a value of 'income' outside")
    assert codes["level-value"].startswith("5 customers with a value of 'education'")
    assert "'recency_days'" in codes["missing-value"] or "'income'" in codes["missing-value"]
    assert "Kindergarten" not in str(codes)


def test_a_customer_without_any_feature_is_no_data(model, shop):
    """Nobody is placed on fills alone: such a customer is `no-data`, without confidence or runner-up, and counted."""
    blank = shop.head(20).with_columns(
        *(
            pl.when(pl.int_range(pl.len()) < 2).then(None).otherwise(pl.col(c)).alias(c)
            for c in ("year_birth", "income", "recency", "education")
        )
    )
    out = score(model, blank)
    assert out["segment_id"].to_list()[:2] == ["no-data", "no-data"]
    assert out["segment"].to_list()[:2] == ["No data", "No data"]
    assert out["confidence"].to_list()[:2] == [None, None]
    assert out["runner_up"].to_list()[:2] == [None, None]
    assert "no-data" not in out["segment_id"].to_list()[2:]
    assert score_table(model, read_like(model, blank)).counts["no-data"] == 2


def test_no_data_is_counted_at_fitting(shop):
    """Customers without any feature do not count in a segment's size, but in the sum of all."""
    blank = shop.with_columns(
        *(pl.when(pl.int_range(pl.len()) < 4).then(None).otherwise(pl.col(c)).alias(c) for c in ("income", "recency"))
    )
    model = fit(blank, k=3, features=["income", "recency_days"])
    assert model.provenance.n_no_data == 4
    assert sum(s.size for s in model.segments) == 596


def test_the_same_kind_of_frame_comes_back(model, shop):
    """Polars, lazy Polars and pandas go out as they came in, pandas with its index."""
    expected = score(model, shop)["segment_id"].to_list()
    lazy = score(model, shop.lazy())
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect()["segment_id"].to_list() == expected
    frame = pd.DataFrame({c: shop[c].to_list() for c in shop.columns}, index=range(1000, 1600))
    out = score(model, frame)
    assert isinstance(out, pd.DataFrame)
    assert list(out.index) == list(range(1000, 1600))
    assert out["segment_id"].tolist() == expected


def test_one_customer_by_columns_or_by_features(model, shop):
    """The same customer, given by columns or by derived features, is placed as in a table."""
    row = next(r for r in shop.iter_rows(named=True) if r["income"] is not None)
    in_table = score(model, shop.filter(pl.col("customer_id") == row["customer_id"]))
    by_columns = score_one(model, {c: row[c] for c in ("year_birth", "income", "recency", "education")})
    age = model.recipe.as_of.year - row["year_birth"]
    by_features = score_one(
        model, {"age": age, "income": row["income"], "recency_days": row["recency"], "education": row["education"]}
    )
    assert by_columns["segment_id"] == by_features["segment_id"] == in_table["segment_id"][0]
    assert by_columns["confidence"] == by_features["confidence"] == in_table["confidence"][0]
    assert by_columns["missing"] == by_features["missing"] == []
    assert by_columns["segment"] == model.segment(by_columns["segment_id"]).name


def test_one_customer_with_gaps_says_what_stood_in(model):
    """Features that were not given are listed; nothing given at all is `no-data`."""
    some = score_one(model, {"income": 50_000})
    assert set(some["missing"]) == {"age", "recency_days", "education"}
    nothing = score_one(model, {"income": None})
    assert nothing["segment_id"] == "no-data"
    assert nothing["confidence"] is None


@pytest.mark.parametrize(
    "gap", [None, math.nan, np.float64("nan"), np.datetime64("NaT"), Decimal("NaN"), pd.NA, pd.NaT]
)
@pytest.mark.parametrize("name", ["income", "recency", "recency_days", "year_birth", "age", "education"])
def test_whatever_says_that_a_value_is_not_known_is_taken_so(model, name, gap):
    """For columns and for features alike it is as though the value had not been given."""
    values = {"income": 50_000, "recency": 20, "year_birth": 1970, "education": "PhD"}
    left = {"recency_days": "recency", "age": "year_birth"}.get(name, name)
    others = {column: value for column, value in values.items() if column != left}
    assert score_one(model, {**others, name: gap}) == score_one(model, others)
    assert sg.explain(model, {**others, name: gap}) == sg.explain(model, others)


def test_a_row_of_a_pandas_frame_is_placed_as_in_the_frame(model, shop):
    """Also a customer whose income is empty, which pandas holds as NaN or NA."""
    for frame in (shop.to_pandas(), shop.to_pandas().convert_dtypes()):
        gaps = frame[frame["income"].isna()].head(2)
        expected = score(model, gaps)
        for place in range(2):
            found = score_one(model, gaps.iloc[place].to_dict())
            assert found["segment_id"] == expected["segment_id"].iloc[place]
            assert found["confidence"] == expected["confidence"].iloc[place]
            assert found["missing"] == ["income"]


def test_one_customer_out_of_the_ordinary_is_noted(model):
    """A value or level never seen at fitting is said."""
    notes = " ".join(score_one(model, {"age": 150, "education": "Kindergarten"})["notes"])
    assert "age 150 is outside" in notes
    assert "Kindergarten" in notes


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"wage": 3}, "neither a feature nor a column"),
        ({"age": "old"}, "'age' must be a number"),
        ({"age": "nan"}, "'age' must be a number"),
        ({"age": "1e999"}, "'age' must be a number"),
        ({"year_birth": "long ago"}, "'year_birth'"),
    ],
)
def test_one_customer_that_makes_no_sense_is_an_error(model, values, says):
    """Unknown names and values that are no numbers end in one sentence."""
    with pytest.raises(SettingsError, match=says):
        score_one(model, values)


@pytest.fixture(scope="module")
def described(shop):
    """A model whose described columns are dates, numbers and ids."""
    days = pl.date(2023, 1, 1) + pl.duration(days=pl.int_range(pl.len()) % 300)
    named = shop.with_columns(last_purchase=days.dt.strftime("%d-%m-%Y"), n_visits=pl.int_range(pl.len()) % 7)
    settings = FitSettings(
        features=FeatureSettings(features=("age", "income", "recency_days", "education")),
        selection=SelectionSettings(k=4),
    )
    return fit(named, settings=settings)


ODD = ("last_purchase", "n_visits", "customer_id")


def _odd(shop):
    """The shop with cells that nobody reads in columns that the segments do not rest on."""
    row = pl.int_range(pl.len())
    return shop.head(60).with_columns(
        last_purchase=pl.lit("03/04/2024"),
        n_visits=pl.when(row == 5).then(pl.lit("two")).otherwise(pl.lit(" 2")),
        customer_id=pl.when(row == 7).then(pl.lit("?")).otherwise(pl.col("customer_id").cast(pl.String)),
    )


def _source(frame, folder, ending):
    if ending == "lazy":
        return frame.lazy()
    if ending == "duckdb":
        return duckdb.from_arrow(frame.to_arrow())
    path = folder / f"new.{ending}"
    if ending == "db":
        table = read(frame, ReadingSettings(types=dict.fromkeys(ODD, "text")))
        write_table(table, table.frame, (), f"sqlite:///{path}?table=t")
        return f"sqlite:///{path}?table=t"
    writers = {"csv": frame.write_csv, "parquet": frame.write_parquet, "xlsx": frame.write_excel}
    (writers | {"jsonl": frame.write_ndjson, "arrow": frame.write_ipc})[ending](path)
    return path


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx", "jsonl", "arrow", "lazy", "db", "duckdb"])
def test_columns_that_are_not_used_go_out_as_they_came(described, shop, tmp_path, ending):
    """Dates written otherwise, a word among numbers: everyone is placed and every cell is there again."""
    frame = _odd(shop)
    out = score(described, _source(frame, tmp_path, ending))
    out = out.collect() if isinstance(out, pl.LazyFrame) else out.pl() if ending == "duckdb" else out
    assert out["segment_id"].to_list() == score(described, shop.head(60))["segment_id"].to_list()
    assert out.select(ODD).equals(frame.select(ODD))


def test_cells_with_types_of_their_own_get_them_where_every_cell_can(described, shop, tmp_path):
    """In JSON lines, numbers of a text file that nothing rests on are numbers, unless one of them is a word."""
    _odd(shop).with_columns(n_orders_since=pl.lit(" 3"), since=pl.lit("2024-05-13")).write_csv(tmp_path / "new.csv")
    table, _ = read_any(described, tmp_path / "new.csv", None)
    scored = score_table(described, table)
    assert scored.counts == score_table(described, read_like(described, shop.head(60))).counts
    write_table(table, scored.frame, scored.added, tmp_path / "out.jsonl")
    row = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[5])
    cells = ("n_orders_since", "since", "n_visits", "last_purchase")
    assert [row[name] for name in cells] == [3, "2024-05-13", "two", "03/04/2024"]


def test_names_that_are_taken_are_told(model, shop):
    """A scored table that is scored again keeps what it has, and a notice says where the new answers are."""
    again = score_table(model, read_like(model, score(model, shop).with_columns(segment_id=pl.lit("old"))))
    said = next(n.message for n in again.notices if n.code == "taken-names")
    for name in OUTPUT:
        assert f"{name}_" in again.added
        assert f"{name}_" in said
    kept = deliver(again.table, again.frame, again.added)
    assert set(kept["segment_id"]) == {"old"}
    assert kept["segment_id_"].to_list() == score(model, shop)["segment_id"].to_list()
    assert "taken-names" not in _codes(model, shop)
