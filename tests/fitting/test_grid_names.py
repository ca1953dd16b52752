"""A name that an RFM grid gives is qualified where the segment's own figures refute it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import segmentry as sg
from segmentry.fitting import FitSettings
from segmentry.segmentation import Segment, Segmentation


def shop(latest: int, *, spend_of_rare: float = 20.0, tenure: int = 200) -> pl.DataFrame:
    """1,000 customers, the latest of whom bought `latest` days ago; every second one bought once."""
    rare = [i % 2 == 0 for i in range(1000)]
    return pl.DataFrame(
        {
            "customer_id": [f"c{i:04}" for i in range(1000)],
            "days_since_last_purchase": [latest + i // 4 for i in range(1000)],
            "number_of_purchases": [1 if r else 3 + i % 7 for i, r in enumerate(rare)],
            "total_spend": [spend_of_rare + i % 9 if r else 100.0 + i % 90 for i, r in enumerate(rare)],
            "days_since_first_purchase": [latest + tenure + i // 4 for i in range(1000)],
        }
    )


def fitted(table: pl.DataFrame, grid: str = "ten") -> Segmentation:
    return sg.fit(table, method="rfm", settings=FitSettings(rfm_grid=grid))


def named(model: Segmentation, name: str) -> Segment:
    """The segment that the grid gives this name."""
    return next(s for s in model.segments if s.name.partition(",")[0] == name)


@pytest.mark.parametrize(("latest", "name"), [(0, "New customers"), (400, "New customers, lapsed")])
def test_new_customers_who_stopped_long_ago_are_not_called_so_alone(latest: int, name: str) -> None:
    """Who bought last of all is a new customer, and a lapsed one where even they bought more than a year ago."""
    model = fitted(shop(latest))
    segment = named(model, "New customers")
    assert segment.name == name
    assert segment.evidence[0].startswith("New customers: scores of recency and frequency of 51")
    said = [n.message for n in model.notices if n.code == "qualified-names"]
    assert bool(said) == (latest == 400)
    if said:
        assert segment.evidence[1].startswith("Lapsed: days since last purchase 4")
        assert f"{segment.id} 'New customers' (424 days)" in said[0]


def test_who_scores_low_in_recency_keeps_the_name() -> None:
    """That they have been away is what the lowest scores of recency say; no word is added."""
    assert named(fitted(shop(400)), "Hibernating").name == "Hibernating"


def test_high_scores_with_little_spend_say_so() -> None:
    """Who buys often and spends less than everyone is no champion without more words; with as much spend, one is."""
    assert named(fitted(shop(0)), "Champions").name == "Champions"
    assert named(fitted(shop(0, spend_of_rare=900.0)), "Champions").name == "Champions, spend below average"


def test_new_customers_of_many_years_say_so() -> None:
    """Who bought seldom and lately, and first bought years ago, is long-standing."""
    assert named(fitted(shop(0, tenure=900)), "New customers").name == "New customers, long-standing"


def test_a_grid_of_ones_own_is_held_to_the_same_rule(tmp_path: Path) -> None:
    """The rule goes by scores and not by names; a word that the name has already is not added."""
    path = tmp_path / "own.toml"
    path.write_text(
        'title = "own"\naxes = ["recency"]\nscores = 3\n'
        '[segments]\n"Here" = ["3"]\n"Long lapsed" = ["2"]\n"Gone" = ["1"]\n'
    )
    names = {s.name for s in fitted(shop(400), str(path)).segments}
    assert names == {"Here, lapsed", "Long lapsed", "Gone"}


def test_a_shop_that_all_left_has_no_new_customers(shared_data: Path) -> None:
    """In CDNOW, where 1,376 customers bought once more than 460 days ago, they are lapsed by name and dormant."""
    model = sg.fit(orders=str(shared_data / "CDNOW_master.txt"), method="rfm")
    new = named(model, "New customers")
    assert (new.name, new.size) == ("New customers, lapsed", 1376)
    assert named(model, "Cannot lose them").name == "Cannot lose them, spend below average"
    assert named(model, "Champions").name == "Champions"
