"""From a table to customers: who they are, and the day that their ages and recencies count to."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import polars as pl
import pytest

from segmentry.errors import IdentifierError, SettingsError
from segmentry.features.choice import FeatureSettings
from segmentry.features.feature import Feature
from segmentry.features.notices import far_out, impossible
from segmentry.features.recipe import Scale
from segmentry.fitting import FitSettings, fit
from segmentry.scoring.score import score
from segmentry.scoring.sql import to_sql
from segmentry.selection import SelectionSettings

TODAY = date(2024, 6, 30)


def _shop(**more):
    n = 60
    return pl.DataFrame(
        {
            "customer_id": [f"{i:04d}" for i in range(n)],
            "birth_date": [date(1950 + i % 50, 1 + i % 12, 1 + i % 28) for i in range(n)],
            "total_spend": [100.0 * (1 + i % 3) + i for i in range(n)],
            **more,
        }
    )


def _fit(table, **options):
    return fit(table, settings=FitSettings(selection=SelectionSettings(k=3), **options))


def test_the_last_date_of_the_data_is_the_day(tmp_path):
    """Ages count to the last purchase or sign-up that is not in the future."""
    dates = [date(2024, 1, 1 + i % 28) for i in range(59)]
    model = _fit(_shop(last_purchase_date=[*dates, date(2031, 1, 1)]), today=TODAY)
    assert model.recipe.as_of == date(2024, 1, 28)


def test_dates_after_the_day_are_told_of():
    """A purchase in 2031 cannot have been made; how many there are is said, with the option."""
    dates = [date(2024, 1, 1 + i % 28) for i in range(58)]
    model = _fit(_shop(last_purchase_date=[*dates, date(2031, 1, 1), date(2031, 1, 2)]), today=TODAY)
    (message,) = (n.message for n in model.notices if n.code == "future-dates")
    assert message.startswith("'last_purchase_date' has 2 dates after 2024-01-28")
    assert "--as-of" in message
    assert not any(n.code == "future-dates" for n in _fit(_shop(last_purchase_date=[*dates, *dates[:2]])).notices)


def test_answers_in_several_spellings_count_as_one():
    """Yes, Y and TRUE place customers as a plain yes does, here and in a database, and are told of."""
    answers = ["Yes" if i % 3 else "No" for i in range(60)]
    spelled = {"Yes": ["Yes", "yes", "Y", "TRUE"], "No": ["No", "N", "0"]}
    mixed = [spelled[a][i // 3 % len(spelled[a])] for i, a in enumerate(answers)]
    features = FeatureSettings(features=("newsletter", "total_spend"))
    plain, typed = (_fit(_shop(newsletter=x), as_of=TODAY, features=features) for x in (answers, mixed))
    placed, beside = (score(m, _shop(newsletter=x)) for m, x in ((typed, mixed), (plain, answers)))
    assert placed["segment_id"].equals(beside["segment_id"])
    (message,) = (n.message for n in typed.notices if n.code == "mixed-answers")
    assert message.endswith("'TRUE', 'Y', 'Yes', 'yes' count as yes, '0', 'N', 'No' as no.")
    assert not any(n.code == "mixed-answers" for n in plain.notices)
    database = duckdb.connect().register("customers", _shop(newsletter=mixed).to_arrow())
    found = database.sql(to_sql(typed, dialect="duckdb", table="customers")).pl().sort("customer_id")
    assert found.equals(placed.select("customer_id", "segment_id"))


def test_a_stated_day_wins():
    """--as-of is taken as it is."""
    assert _fit(_shop(), as_of=date(2020, 2, 29), today=TODAY).recipe.as_of == date(2020, 2, 29)


def test_today_is_the_last_resort_and_said():
    """Without a date in the data, the day is today, with a warning; the library alone knows no today and asks."""
    model = _fit(_shop(), today=TODAY)
    assert model.recipe.as_of == TODAY
    assert "as-of-today" in {n.code for n in model.notices}
    with pytest.raises(SettingsError, match="as-of"):
        _fit(_shop())


def test_data_that_ends_today_has_its_date_from_the_data():
    """An export of today, with a customer of today: nothing is wanting, and nothing is said."""
    model = _fit(_shop(signup_date=[TODAY - timedelta(days=n) for n in range(60)]), today=TODAY)
    assert model.recipe.as_of == TODAY
    assert "as-of-today" not in {n.code for n in model.notices}


def test_dates_as_text_in_an_engine_are_named_as_the_cause():
    """Text of a DuckDB relation stays text; where a day is wanting, the message says that a cast gives one."""
    shop = _shop(signup_date=["03-09-2012", "04-09-2012"] * 30)  # noqa: F841 - DuckDB finds it by name
    with pytest.raises(SettingsError, match="cast text that spells dates"):
        _fit(duckdb.sql("select * from shop"))
    cast = duckdb.sql("select * replace (strptime(signup_date, '%d-%m-%Y')::date as signup_date) from shop")
    assert _fit(cast).recipe.as_of == date(2012, 9, 4)


def test_no_day_where_none_is_needed():
    """Without birthdays and dates nothing is counted to a day."""
    table = _shop().drop("birth_date").with_columns(income=pl.int_range(pl.len()) % 7)
    assert _fit(table, today=TODAY).recipe.as_of is None


def test_repeated_ids_are_an_error_unless_they_are_to_be_kept():
    """How many is said, and no id is shown."""
    table = pl.concat([_shop(), _shop().head(3)])
    with pytest.raises(IdentifierError, match="3 ids on 6 rows") as caught:
        _fit(table, as_of=TODAY)
    assert "0001" not in str(caught.value)
    kept = _fit(table, as_of=TODAY, on_duplicate="keep")
    assert kept.provenance.n_customers == 63
    assert "repeated-id" in {n.code for n in kept.notices}


def test_a_table_without_ids_is_rows_of_customers():
    """And that is said."""
    model = _fit(_shop().drop("customer_id"), as_of=TODAY)
    assert model.recipe.id_column is None
    assert "no-id" in {n.code for n in model.notices}


def test_an_id_of_ones_own_is_taken():
    """--id names the column; the nearest is suggested where there is none of that name."""
    table = _shop().rename({"customer_id": "reference"})
    assert _fit(table, id="reference", as_of=TODAY).recipe.id_column == "reference"
    with pytest.raises(SettingsError, match="Did you mean 'reference'"):
        _fit(table, id="referense", as_of=TODAY)


def test_an_empty_column_is_called_empty():
    """A column without any value is left out as such, and not as one with a single value."""
    model = _fit(_shop(region=[None] * 60).with_columns(pl.col("region").cast(pl.String)), as_of=TODAY)
    (message,) = (n.message for n in model.notices if n.code == "constant-column")
    assert message == "'region' has no value in any row; it is left out."


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        ("age", [20 + i % 50 for i in range(59)] + [200], "up to about 200, which is nobody's age"),
        ("orders", [i % 9 for i in range(59)] + [-3], "down to about -3, which cannot be"),
        ("income", [1000.0 * (i % 9) for i in range(59)] + [-900.0], "is below 0 for some customers"),
    ],
)
def test_impossible_values_are_told_of_though_they_are_no_outliers(column, values, says):
    """A value within the fences can still be one that nobody has."""
    table = _shop(**{column: values}).drop("birth_date")
    roles = {"orders": "purchases_total"} if column == "orders" else {}
    model = _fit(table, as_of=TODAY, features=FeatureSettings(roles=roles))
    assert any(says in n.message for n in model.notices if n.code == "impossible-values")


@pytest.mark.parametrize("column", ["balance", "Saldo", "Profit", "net_revenue", "Gewinn", "bénéfice"])
def test_what_may_be_below_nothing_is_no_mistake(column):
    """An overdrawn account and a loss are figures as others are."""
    values = [1000.0 * (i % 9) for i in range(59)] + [-900.0]
    settings = FeatureSettings(roles={column: "money"}, features=(column,))
    model = _fit(_shop(**{column: values}), as_of=TODAY, features=settings)
    assert not [n for n in model.notices if n.code == "impossible-values"]


def test_spend_worked_out_of_orders_has_no_cell_to_correct():
    """Who sent back more than was bought has spent less than nothing, and no cell is wrong."""
    feature = Feature("spend_total", "Total spend", "money", "spend", "column", ("spend_total",))
    scale = Scale(feature, 100.0, -50.0, 900.0, "none", 100.0, 1.0, -50.0, 900.0, 0, 0, 0.0)
    [said] = impossible(scale, frozenset({"spend_total"}))
    assert said.message == "'Total spend' is below 0 for some customers: their refunds are larger than their purchases."
    [said] = impossible(scale)
    assert "Correct or empty these cells" in said.message


@pytest.mark.parametrize(("empty", "told"), [(24, True), (6, False)])
def test_a_feature_that_many_lack_is_told_of(empty, told):
    """Where the usual value stands in for two customers in five, that is said; for one in ten it is not."""
    table = _shop(income=[None] * empty + [20_000 + 137 * i for i in range(60 - empty)])
    found = [n.message for n in _fit(table, as_of=TODAY).notices if n.code == "often-empty"]
    assert [message.split(",")[0] for message in found] == ["'income' is empty for 40% of the customers"] * told


def test_no_customers_own_figure_is_in_a_warning():
    """A value far out is told of in two figures only: it is somebody's income."""
    table = _shop(income=[20_000 + 137 * i for i in range(59)] + [666_423])
    told = " ".join(n.message for n in _fit(table, as_of=TODAY).notices if n.code == "outliers")
    assert "up to about 670,000" in told
    assert "666" not in told


def test_small_limits_are_told_with_their_figures_and_by_the_label_of_the_report():
    """Half an order is no 0, and a warning calls a feature what the report calls it."""
    feature = Feature("visits_web", "Visits: web", "visits", "count", "column", ("web",))
    scale = Scale(feature, 4.0, 0.4, 9.0, "none", 4.0, 1.0, 0.0, 12.0, 0, 3, 0.0)
    [said] = (notice.message for notice in far_out([scale], whole=True))
    assert said.startswith("3 customers stand far out in 'Visits: web': ")
    assert "below 0.4 (down to about 0) or above 9 (up to about 12)" in said


def test_a_prediction_is_described_and_not_clustered_on():
    """What another tool expects is no part of the spend, and no feature of the choice where there is little else."""
    months = [float(i % 24 + 1) for i in range(60)]
    table = (
        _shop()
        .select("customer_id")
        .with_columns(
            **{
                "Spend": pl.Series([10.0 * m for m in months]),
                "Predicted CLV": pl.Series([5.0 * (i % 7) + i for i in range(60)]),
                "Churn Score": pl.Series([float(i * 7 % 100) for i in range(60)]),
                "Churn Risk": pl.Series([["low", "medium", "high"][i % 3] for i in range(60)]),
                "Expected next order": pl.Series([date(2031, 1, 1)] * 59 + [date(2031, 2, 1)]),
            }
        )
    )
    model = _fit(table, as_of=TODAY)
    assert [f.name for f in model.recipe.clustered] == ["spend_total"]
    assert {f.name for f in model.recipe.described} == {"predicted_clv", "churn_score", "churn_risk"}
    assert model.recipe.clustered[0].sources == ("Spend",)
    [said] = [n.message for n in model.notices if n.code == "prediction-column"]
    assert said.startswith(
        "'Churn Risk', 'Churn Score', 'Expected next order' and 'Predicted CLV' say what is expected"
    )
    assert "neither clustered on nor counted as spend" in said
    reasons = {left.feature: left.reason for left in model.recipe.left_out}
    assert reasons["churn_score"] == "a prediction: described in the profile; add it with --features"


def test_a_tenure_in_a_guessed_unit_is_told_of():
    """Its numbers may be months or years, and the fit says what they were taken for; a stated unit is believed."""
    table = _shop(tenure=[float(i % 70) for i in range(60)])
    [said] = [n.message for n in _fit(table, as_of=TODAY).notices if n.code == "doubtful-role"]
    assert said.startswith("'tenure' is taken for the time as a customer, in years")
    stated = _fit(table, as_of=TODAY, features=FeatureSettings(roles={"tenure": "tenure:months"}))
    assert not [n for n in stated.notices if n.code == "doubtful-role"]


@pytest.mark.parametrize(
    ("column", "cells", "says"),
    [
        (
            "Kartennummer",
            [9_270_000_000 + 7_919 * i for i in range(60)],
            "such as 'Kartennummer', in which every value is",
        ),
        ("Card Number", [f"X{i:05}" for i in range(60)], "such as 'Card Number', in which every value is different"),
        ("Email", [f"p{i}@example.org" for i in range(60)], "such as 'Email', in which every value is different"),
        ("visitor_id", [1_000_001.25 + i for i in range(60)], '[reading.types] "visitor_id" = "text"'),
        ("Nachname", [f"Name{i}" for i in range(60)], "such as 'a_session_id'"),
        ("Email", [f"p{i // 2}@example.org" for i in range(60)], "such as 'a_session_id'"),
    ],
)
def test_without_an_id_a_column_that_could_be_one_is_named(column, cells, says):
    """The warning says which column tells every row from every other, and never a person's name."""
    table = _shop(**{column: cells, "a_session_id": [70_000_000 + 7_919 * i for i in range(60)]}).drop("customer_id")
    [said] = [n.message for n in _fit(table, as_of=TODAY).notices if n.code == "no-id"]
    assert says in said
