"""What lifetime models need of each customer."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from segmentry.errors import NotEnoughDataError, SettingsError
from segmentry.purchases import Purchases, open_log, purchase_summary
from segmentry.tables import read, to_memory


def log(*rows: tuple[str, str, str]) -> Purchases:
    return open_log(read(pl.DataFrame(rows, schema=["customer_id", "date", "amount"], orient="row")))


def rows(purchases: Purchases, *arguments: object) -> list[tuple[object, ...]]:
    found = purchase_summary(purchases, *arguments)  # type: ignore[arg-type]
    return sorted(found.to_native().collect().rows())


def test_the_published_calibration_of_cdnow(cdnow_sample: Purchases) -> None:
    """In weeks to 30 September 1997 there are 2,357 customers, 946 of them repeat, and the first is 38.857 old."""
    found = to_memory(purchase_summary(cdnow_sample, time_unit="week"))
    assert len(found["x"]) == 2357
    assert int((found["x"] > 0).sum()) == 946
    assert found["T"].max() == pytest.approx(38.857, abs=5e-4)
    assert np.nanmean(found["mean_spend"]) == pytest.approx(35.08, abs=0.005)


def test_a_calibration_may_end_before_the_log_does(cdnow: Purchases) -> None:
    """An earlier as-of date leaves later purchases out, whatever date the log was opened with."""
    found = to_memory(purchase_summary(cdnow, date(1997, 9, 30), "week"))
    assert len(found["x"]) == 23_570
    assert found["T"].max() == pytest.approx(38.857, abs=5e-4)


def test_orders_of_one_day_are_one_repeat() -> None:
    """Two orders on a day count once, and their money together."""
    found = log(("a", "2026-01-01", "9"), ("a", "2026-01-15", "4"), ("a", "2026-01-15", "2"), ("b", "2026-01-29", "1"))
    assert rows(found) == [("a", 1, 14.0, 28.0, 6.0), ("b", 0, 0.0, 0.0, None)]


def test_returns_are_no_purchase_and_lower_the_mean() -> None:
    """What came back lowers the money of a repeat day by the share that came back of everything bought."""
    found = log(("a", "2026-01-01", "60"), ("a", "2026-01-11", "20"), ("a", "2026-01-21", "-40"))
    assert rows(found) == [("a", 1, 10.0, 20.0, 10.0)]


def test_a_date_before_the_first_purchase_is_an_error() -> None:
    """Nobody is watched before the first purchase."""
    with pytest.raises(
        NotEnoughDataError,
        match=r"on or before 2025-12-31.*the first on 2026-01-01.*Pass a later day with --as-of \(as_of",
    ):
        rows(log(("a", "2026-01-01", "9")), date(2025, 12, 31))


def test_an_unknown_time_unit_is_an_error() -> None:
    """A unit is day, week or month, and is never guessed."""
    with pytest.raises(SettingsError, match="day, week or month"):
        rows(log(("a", "2026-01-01", "9")), None, "fortnight")
