"""A feature is what its formula says, on every row, gaps included."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from segmentry.features.derive import derive_features, expression, label, slug
from segmentry.features.feature import Feature
from segmentry.features.roles import ColumnRole
from segmentry.features.summaries import ColumnSummary

AS_OF = date(2024, 3, 1)


def _values(feature, **columns):
    frame = nw.from_native(pl.LazyFrame(columns, strict=False)).select(expression(feature, AS_OF).alias("out"))
    return nw.to_native(frame).collect()["out"].to_list()


def _feature(operation, sources, **more):
    return Feature("f", "F", "number", "other", operation, tuple(sources), **more)


def test_a_sum_counts_gaps_as_nothing_and_all_gaps_as_a_gap():
    """Who has one part known has a total; who has none has none."""
    assert _values(_feature("sum", "ab"), a=[1.0, None, None, 0.0], b=[2.0, 5.0, None, 0.0]) == [3.0, 5.0, None, 0.0]


def test_a_ratio_without_a_base_is_unknown():
    """Nobody has a share of nothing, nor of less than nothing."""
    ratio = _feature("ratio", "a", over=("a", "b"))
    assert _values(ratio, a=[1.0, 0.0, 2.0, None], b=[3.0, 0.0, -3.0, None]) == [0.25, None, None, None]


def test_a_share_is_from_nothing_to_all():
    """15 purchases on a deal of one in all are all of them, and no spread of shares goes beyond; a ratio may."""
    columns = {"a": [15.0, 1.0, -2.0, None, 3.0], "b": [1.0, 4.0, 4.0, 4.0, 0.0]}
    ratio = _feature("ratio", "a", over=("b",))
    assert _values(ratio, **columns) == [15.0, 0.25, -0.5, None, None]
    share = replace(ratio, unit="share")
    assert _values(share, **columns) == [1.0, 0.25, 0.0, None, None]
    assert share.formula == "(a) / (b), from 0 to 1"


@pytest.mark.parametrize(
    ("born", "years"),
    [(date(2000, 3, 1), 24), (date(2000, 3, 2), 23), (date(2000, 2, 29), 24), (date(2024, 3, 1), 0), (None, None)],
)
def test_age_is_in_whole_years_past_the_birthday(born, years):
    """As people count it."""
    assert _values(_feature("years_since", ["d"]), d=[born, date(1990, 1, 1)])[0] == years


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("Last Activity Date", "days_since_last_activity"),
        ("last_login_at", "days_since_last_login"),
        ("lastSeen", "days_since_last_seen"),
        ("Letzte Anmeldung", "days_since_letzte_anmeldung"),
        ("zuletzt aktiv", "days_since_zuletzt_aktiv"),
        ("último acceso", "days_since_ultimo_acceso"),
        ("Dernière connexion", "days_since_derniere_connexion"),
        ("last_updated", None),
        ("first_login", None),
        ("delivery date", None),
    ],
)
def test_a_date_of_the_last_activity_is_counted_to_by_its_own_name(column, name):
    """A date is a feature where its name says that it is the last of something a customer does."""
    found = derive_features([ColumnRole(column, "date", "")], [])
    assert [(f.name, f.theme, f.operation) for f in found] == ([(name, "activity", "days_since")] if name else [])


@pytest.mark.parametrize(
    ("column", "beside", "theme"),
    [
        ("Churn", "", "leaving"),
        ("Exited", "", "leaving"),
        ("gekündigt", "", "leaving"),
        ("cancelled", "tenure", "leaving"),
        ("is_canceled", "", "other"),
        ("has_card", "tenure", "other"),
    ],
)
def test_a_flag_of_who_has_left_is_known_by_its_name(column, beside, theme):
    """What is cancelled may be an order: only beside a time as a customer it says that the customer left."""
    roles = [ColumnRole(column, "flag", ""), *([ColumnRole("months", beside, "", "months")] if beside else [])]
    kind = ColumnSummary(column, "number", "", 100, 0, 2, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    (flag,) = (f for f in derive_features(roles, [kind]) if f.unit == "flag")
    assert flag.theme == theme


def test_days_and_years_count_to_the_day_of_the_table():
    """Days over the leap day, years as a difference."""
    assert _values(_feature("days_since", ["d"]), d=[date(2024, 2, 28), AS_OF, None]) == [2.0, 0.0, None]
    assert _values(_feature("years_since_year", ["y"]), y=[1984.0, None]) == [40.0, None]


def test_flags_and_levels_are_numbers():
    """A yes is 1, a no 0, a gap a gap; a level is its place, an unknown one a gap."""
    assert _values(_feature("flag", ["x"], levels=("yes",)), x=["yes", "no", None]) == [1.0, 0.0, None]
    level = _feature("level", ["x"], levels=("low", "mid", "high"))
    assert _values(level, x=["high", "low", "other", None]) == [2.0, 0.0, None, None]


def test_a_formula_says_how_it_is_derived():
    """In a line that a person can check."""
    assert _feature("ratio", "a", over=("a", "b")).formula == "(a) / (a + b)"
    assert "as-of date" in _feature("days_since", ["d"]).formula


@pytest.mark.parametrize(
    ("column", "name"),
    [("Total Spend", "total_spend"), ("NumWebVisits", "num_web_visits"), ("Größe (cm)", "grosse"), ("€", "column")],
)
def test_names_are_plain(column, name):
    """Lower case, words joined by underscores, whatever the header."""
    assert slug(column) == name
    assert label(name)


def test_spellings_of_a_level_are_one_step():
    """Levels that differ in case only stand at the same place of their scale."""
    tiers = _feature("level", "a", levels=("Bronze", "GOLD", "Gold", "gold", "Platinum"))
    values = _values(tiers, a=["gold", "Bronze", "GOLD", "Platinum", "Gold", None, "Tin"])
    assert values == [1.0, 0.0, 1.0, 2.0, 1.0, None, None]


def test_children_are_counted_once():
    """Dependants and a total count the same children again; small ones and teenagers do not."""

    def counted(*columns):
        made = derive_features([ColumnRole(c, "children", "") for c in columns], [
            ColumnSummary(c, "number", "", 100, 0, 3, 0.0, 2.0, 0.0, 1.0, 2.0, 1.0) for c in columns
        ])  # fmt: skip
        return next(f.sources for f in made if f.name == "children")

    assert counted("children_total", "dependants") == ("children_total",)
    assert counted("children", "dependents") == ("children",)
    assert counted("kids", "teens") == ("kids", "teens")
