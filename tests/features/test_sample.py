"""The same customers are drawn wherever the table lies and however it is ordered."""

from __future__ import annotations

import polars as pl
import pytest

from segmentry.features.sample import draw
from segmentry.samples import sample_marketing, sample_marketing_truth
from segmentry.tables import read, to_memory


def _drawn(source, most):
    sample = draw(read(source), most)
    return sorted(to_memory(sample.frame.select("customer_id"))["customer_id"].tolist())


@pytest.fixture(scope="module")
def shop():
    return sample_marketing(3_000, seed=2)


@pytest.mark.parametrize("seed", [0, 1])
def test_order_and_format_change_no_draw(shop, tmp_path, seed):
    """Shuffled rows and columns, CSV and Parquet: the same customers."""
    expected = _drawn(shop, 400)
    shuffled = shop.sample(fraction=1.0, shuffle=True, seed=seed).select(sorted(shop.columns))
    shuffled.write_csv(tmp_path / "shop.csv")
    shuffled.write_parquet(tmp_path / "shop.parquet")
    assert len(expected) == len(set(expected)) == 400
    assert _drawn(shuffled, 400) == _drawn(tmp_path / "shop.csv", 400) == _drawn(tmp_path / "shop.parquet", 400)
    assert _drawn(shuffled, 400) == expected


def test_a_draw_is_like_the_whole(shop):
    """Each planted group is drawn about as often as it is there, and ids come from everywhere."""
    truth = dict(sample_marketing_truth(3_000, seed=2).iter_rows())
    drawn = _drawn(shop, 600)
    shares = pl.Series(list(truth.values())).value_counts(normalize=True, name="share")
    for group, share in shares.iter_rows():
        assert sum(truth[c] == group for c in drawn) / 600 == pytest.approx(share, abs=0.05)
    middle = sorted(truth)[1_500]
    assert sum(c < middle for c in drawn) / 600 == pytest.approx(0.5, abs=0.08)


def test_few_customers_are_all_drawn(shop):
    """Under the cap the sample is the table."""
    assert draw(read(shop), 3_000).whole
    assert len(_drawn(shop, 3_000)) == 3_000
    assert not draw(read(shop), 2_999).whole


def test_customers_who_share_every_number_are_told_apart_by_their_ids():
    """A table with hardly any different numbers is still drawn evenly and to size."""
    alike = pl.DataFrame({"customer_id": [f"C{i:05d}" for i in range(2_000)], "visits": [i % 3 for i in range(2_000)]})
    drawn = _drawn(alike, 300)
    assert len(set(drawn)) == 300
    assert _drawn(alike.reverse(), 300) == drawn
