"""What is stated in Python is understood as people write it, or refused with what is allowed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from pydantic import ValidationError

import segmentry as sg
from segmentry.errors import InputError, SettingsError
from segmentry.samples import sample_marketing, sample_orders

QUICK = sg.FitSettings(stability_pairs=0)
DAY = date(2014, 12, 31)
DAYS = [
    pd.Timestamp("2014-12-31"),
    pd.Timestamp("2014-12-31 18:30", tz="Europe/Berlin"),
    datetime(2014, 12, 31, 23, 59, tzinfo=UTC),
    "2014-12-31",
    " 2014-12-31T18:30 ",
]
NO_DAYS = [pd.NaT, 20141231, "31.12.2014", "yesterday", "", [DAY]]


@pytest.fixture(scope="module")
def shop() -> pl.DataFrame:
    return sample_marketing(200, seed=4)


@pytest.fixture(scope="module")
def bought() -> pl.DataFrame:
    return sample_orders(200, seed=4)


@pytest.mark.parametrize("day", DAYS)
def test_a_day_may_be_a_time_or_a_text(day, shop, tmp_path):
    """A time of pandas counts as its day, as do texts, so that what was saved can be loaded."""
    model = sg.fit(shop, as_of=day, k=3, settings=QUICK)
    assert model.recipe.as_of == DAY
    assert type(model.recipe.as_of) is date
    sg.save(model, tmp_path / "ts.seg")
    assert sg.load(tmp_path / "ts.seg") == model
    assert sg.FitSettings(as_of=day).as_of == DAY


@pytest.mark.parametrize("day", NO_DAYS)
def test_what_is_no_day_is_refused(day, shop):
    """Every function that takes a day says what was found and what to pass; a number is no count of seconds."""
    for call in (
        lambda: sg.fit(shop, as_of=day, settings=QUICK),
        lambda: sg.inspect(shop, as_of=day),
        lambda: sg.score(None, shop, as_of=day),
    ):
        with pytest.raises(SettingsError, match=r"as_of is not a day.*2026-01-31"):
            call()
    with pytest.raises(ValidationError, match=r"as_of\s.*2026-01-31"):
        sg.FitSettings(as_of=day, id=3)


def test_orders_are_scored_and_looked_at_to_a_day_in_any_form(bought):
    """A text and a time give what the date gives."""
    model = sg.fit(orders=bought, k=3, settings=QUICK)
    last = model.recipe.as_of
    assert last is not None
    expected = sg.score(model, orders=bought, as_of=last)
    for day in (str(last), pd.Timestamp(last)):
        assert sg.score(model, orders=bought, as_of=day).equals(expected)
        assert sg.inspect(bought, as_of=day).as_of == last


@pytest.mark.parametrize(("k", "meant"), [(3.0, 3), (np.int64(3), 3), (np.float64(3), 3), (" 3 ", 3), ("3", 3)])
def test_a_whole_number_is_a_number_of_segments(k, meant, shop):
    """3.0 and numpy's 3 are 3."""
    assert sg.fit(shop, k=k, settings=QUICK).k == meant


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"k": [3, 5]}, r'k: should be a number such as 5, a range such as "2-10", or "auto"\. Found: \[3, 5\]'),
        ({"k": range(3, 5)}, r"k: should be .* Found: range\(3, 5\)"),
        ({"k": 2.5}, r"k: should be .* Found: 2\.5"),
        ({"k": float("nan")}, r"k: should be .* Found: nan"),
        ({"k": True}, r"k: should be .* Found: True"),
        ({"seed": -1}, r"seed: .* greater than or equal to 0\. Found: -1"),
        ({"seed": "one"}, r"seed: .* valid integer\. Found: 'one'"),
        ({"features": 5}, r"features should be names\. Found: 5\. Pass a list"),
        ({"features": ["income", 3]}, r"features should be names\. Found: 3\. Pass a list"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(stated, said, shop):
    """Wrong arguments end in an error of ours, in `fit` and in `compare`."""
    with pytest.raises(SettingsError, match=said):
        sg.fit(shop, settings=QUICK, **stated)
    with pytest.raises(SettingsError, match=said):
        sg.compare(shop, settings=QUICK, **stated)


@pytest.mark.parametrize("features", ["Income, recency", ["income", "recency"], np.array(["income", "recency"])])
def test_features_may_be_a_text(features, shop):
    """A text is a name or, with commas, several."""
    assert sg.fit(shop, k=3, features=features, settings=QUICK).recipe.axes == ("income", "recency_days")
    assert sg.fit(shop, k=3, features="income", settings=QUICK).recipe.axes == ("income",)


def test_a_text_names_a_method_and_an_earlier_segmentation(shop):
    """What `compare` takes as lists may be a text as well."""
    table = shop.with_columns(earlier=pl.int_range(pl.len()) % 3)
    found = sg.compare(table, methods="k-means, ward", columns="earlier", k=3, settings=QUICK)
    assert {one.name for one in found.methods} == {"k-means", "ward", "earlier"}


WRONG = {
    "settings as a dict": (lambda shop, model: sg.fit(shop, settings={"k": 3}), "settings should be FitSettings"),
    "empty settings": (lambda shop, model: sg.compare(shop, settings={}), "settings should be FitSettings"),
    "settings of inspect": (lambda shop, model: sg.inspect(shop, settings="x"), "settings should be InspectSettings"),
    "no customer": (lambda shop, model: sg.score_one(model, None), "given by names and values. Found: NoneType"),
    "a list as a customer": (lambda shop, model: sg.explain(model, [41]), "given by names and values. Found: list"),
    "changeable": (lambda shop, model: sg.explain(model, {"age": 41}, changeable=[5]), "changeable should be names"),
    "names as a list": (lambda shop, model: sg.rename(model, ["x"]), "Names are given by segment"),
    "a number as a name": (lambda shop, model: sg.rename(model, {"s1": 5}), "name of s1 should be a text. Found: int"),
    "a name of two lines": (lambda shop, model: sg.rename(model, {"s1": "a\nb"}), "several lines"),
    "a name of nobody": (lambda shop, model: sg.rename(model, {"s9": "x"}), "no segment 's9'. There are s1, s2, s3"),
    "a plan of text": (lambda shop, model: sg.plan(model, {"s1": "call"}), "plan of s1 should be a list of plays"),
    "a play of text": (lambda shop, model: sg.plan(model, {"s1": ["call"]}), "plan of s1 has what is no play"),
    "a picture by number": (lambda shop, model: sg.draw(model, 5), "no picture 5. There are sizes, heatmap"),
    "pictures of text": (lambda shop, model: sg.write_pictures("x", "y"), "not a picture. Found: str"),
    "one picture": (lambda shop, model: sg.write_pictures(sg.draw(model, "sizes"), "y"), "Pictures come in a list"),
    "a table to save": (lambda shop, model: sg.save(shop, "x.seg"), "not a segmentation. Found: DataFrame"),
    "a table to draw": (lambda shop, model: sg.draw(shop, "sizes"), "not a segmentation. Found: DataFrame"),
    "a table to draw all": (lambda shop, model: sg.draw_all(shop), "not a segmentation. Found: DataFrame"),
    "a table to report": (lambda shop, model: sg.report(shop), "not a segmentation. Found: DataFrame"),
    "a table to rename": (lambda shop, model: sg.rename(shop, {}), "not a segmentation. Found: DataFrame"),
    "a table to plan": (lambda shop, model: sg.plan(shop, {}), "not a segmentation. Found: DataFrame"),
    "a file name as SQL": (lambda shop, model: sg.to_sql("spring.seg"), r"Load it first: sg.load\('spring.seg'\)"),
    "a file name to offer": (lambda shop, model: sg.recommend("spring.seg", shop, "1"), "Load it first"),
    "nowhere to save": (lambda shop, model: sg.save(model, None), "not a path. Found: NoneType"),
    "nothing to load": (lambda shop, model: sg.load(None), "not a path. Found: NoneType"),
    "a report to a number": (lambda shop, model: sg.report(model, 5), "not a path. Found: int"),
    "a table by number": (lambda shop, model: sg.to_sql(model, table=5), "table should be a name. Found: int"),
    "a dialect by number": (lambda shop, model: sg.to_sql(model, dialect=5), "dialect should be a name. Found: int"),
    "no such segment": (lambda shop, model: model.segment("s9"), "no segment 's9'. There are s1, s2, s3"),
    "no such measure": (lambda shop, model: model.profile.measure("shoe"), "no measure 'shoe'. There are age,"),
    "markers of nobody": (lambda shop, model: model.evidence.markers("s9"), "no segment 's9'"),
}


@pytest.fixture(scope="module")
def model(shop) -> sg.Segmentation:
    return sg.fit(shop, k=3, settings=QUICK)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_argument_is_told_in_words(wrong, shop, model):
    """Whatever stands in an argument's place, the error says what was found and what belongs there."""
    call, said = WRONG[wrong]
    with pytest.raises(SettingsError, match=said):
        call(shop, model)


def test_what_has_names_and_values_is_a_customer(model):
    """A pandas Series is taken as a dict is."""
    row = {"age": 41.0, "income": 52000.0}
    assert sg.score_one(model, pd.Series(row)) == sg.score_one(model, row)
    assert sg.explain(model, pd.Series(row)) == sg.explain(model, row)


def test_changeable_may_be_a_text(model):
    """Names with commas between them, as in features."""
    row = {"age": 41.0, "income": 52000.0}
    listed = sg.explain(model, row, changeable=["age", "income"])
    assert sg.explain(model, row, changeable="age, income") == listed


def test_a_table_given_as_customers_is_never_orders() -> None:
    """A log is seen by its columns, as a source; the same table as `customers` has a row per customer."""
    log = sample_orders(40, seed=1)
    settings = sg.FitSettings(stability_pairs=0, on_duplicate="keep", value={"estimate": False})
    assert sg.fit(log, k=3, settings=settings).orders is not None
    found = sg.fit(customers=log, k=3, settings=settings)
    assert (found.orders, found.purchases) == (None, None)
    assert found.provenance.n_customers + found.provenance.n_no_data == log.height
    assert sg.score(found, log)["segment_id"].n_unique() == 3
    assert sg.inspect(log).orders is not None
    assert sg.inspect(customers=log).orders is None
    with pytest.raises(SettingsError, match="One table is looked at"):
        sg.inspect(log, customers=log)


def test_an_error_about_rows_taken_for_purchases_names_the_way_out() -> None:
    """Who gave a table that looks like orders, and said nothing, is told how to say that a row is a customer."""
    log = sample_orders(4, seed=1)
    with pytest.raises(InputError, match=r"If each row is a customer.*customers=\.\.\. in Python"):
        sg.fit(log, k=9, settings=QUICK)
    with pytest.raises(InputError) as stated:
        sg.fit(orders=log, k=9, settings=QUICK)
    assert "If each row" not in str(stated.value)
