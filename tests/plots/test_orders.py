"""Pictures of orders: what is typical, cohorts, comings and goings, revenue."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from segmentry.baskets import Baskets
from segmentry.errors import NotEnoughDataError
from segmentry.plots import draw, draw_all, to_png
from segmentry.segmentation import Segmentation

KEYS = ["typical", "following", "cohorts", "comings", "revenue"]


@pytest.mark.parametrize("key", KEYS)
def test_picture_of_orders_can_be_drawn(tea_shop_segmentation: Segmentation, key: str) -> None:
    """Each is drawn as PNG, with a finding as title, a caption and its numbers as a table."""
    picture = draw(tea_shop_segmentation, key)
    assert picture.absent is None
    assert to_png(picture).startswith(b"\x89PNG")
    assert picture.caption.endswith(".")
    assert picture.table


def test_pictures_of_orders_come_last_and_only_with_orders(
    tea_shop_segmentation: Segmentation, five: Segmentation
) -> None:
    """A segmentation of customers has none of them."""
    assert [p.key for p in draw_all(tea_shop_segmentation)][-5:] == KEYS
    assert not {p.key for p in draw_all(five)} & set(KEYS)
    assert draw(five, "cohorts").absent == "The segmentation was not fitted from orders."


def test_typical_shows_the_surest_items_with_both_shares(tea_shop_segmentation: Segmentation) -> None:
    """The table has the items that the baskets call typical, and the title the surest of all."""
    picture = draw(tea_shop_segmentation, "typical")
    shown = {row["Item"] for row in picture.table}
    assert {"tea", "cake"} <= shown
    assert "times as likely as everyone to have bought" in picture.title
    assert all(row["Of the segment"].endswith("%") for row in picture.table)


def test_what_follows_is_named_with_both_shares(tea_shop_segmentation: Segmentation) -> None:
    """Lemons were made to follow tea: the pair leads the picture."""
    picture = draw(tea_shop_segmentation, "following")
    assert picture.title.startswith("After tea comes lemon: ")
    assert picture.table[0]["Pair"] == "tea → lemon"


def test_nothing_typical_is_said_and_not_drawn(tea_shop_segmentation: Segmentation) -> None:
    """Without a sure item there is no picture, and the reason."""
    assert tea_shop_segmentation.baskets is not None
    without = replace(tea_shop_segmentation, baskets=replace(tea_shop_segmentation.baskets, items=()))
    assert "chance could not explain" in (draw(without, "typical").absent or "")
    with pytest.raises(NotEnoughDataError):
        draw(replace(without, baskets=Baskets(absent="No products.")), "typical").shown()


def test_cells_of_few_customers_are_not_coloured(tea_shop_segmentation: Segmentation) -> None:
    """A cell of the heat map that is withheld has a dash and no share."""
    found = tea_shop_segmentation.over_time
    assert found is not None
    cells = tuple(replace(c, customers=None) if c.after == 2 else c for c in found.cells)
    picture = draw(replace(tea_shop_segmentation, over_time=replace(found, cells=cells)), "cohorts")
    assert all(row["+2"] in ("–", "") for row in picture.table)
    assert "fewer than 10 customers" in picture.caption
    assert '"share": null' in json.dumps(json.loads(picture.spec)) or '\\"share\\": null' in picture.spec


def test_definition_of_lapsed_stands_beneath_the_picture(tea_shop_segmentation: Segmentation) -> None:
    """The caption says after how many periods a customer counts as lapsed."""
    found = tea_shop_segmentation.over_time
    assert found is not None
    assert f"{found.lapse} month" in draw(tea_shop_segmentation, "comings").caption


def test_charts_are_there_for_those_who_change_them(tea_shop_segmentation: Segmentation) -> None:
    """Each picture has its chart."""
    for key in KEYS:
        assert draw(tea_shop_segmentation, key).shown().to_dict(validate=True)


def test_comings_compare_a_month_with_a_month(tea_shop_segmentation: Segmentation) -> None:
    """A mean month of each half of the time, and no month beside half a year."""
    found = tea_shop_segmentation.over_time
    assert found is not None
    n = len(found.periods)
    fewer = [replace(p, new=40 if 2 * i < n else 20, repeating=0, back=0) for i, p in enumerate(found.periods)]
    found = replace(found, periods=tuple(fewer), partial=None)
    shown = draw(replace(tea_shop_segmentation, over_time=found), "comings")
    assert shown.title == (
        "50 % fewer customers bought in a month of the second half: 20 on average, after 40 in a month of the first"
    )
    assert "a shop that loses customers" in shown.caption


def test_customers_who_all_began_at_once_are_no_shop_that_loses_customers(tea_shop_segmentation: Segmentation) -> None:
    """Where nobody bought for the first time after a month, that is said, and fewer buyers are held against no shop."""
    found = tea_shop_segmentation.over_time
    assert found is not None
    closed = tuple(replace(p, new=30 if i < 2 else 0) for i, p in enumerate(found.periods))
    shown = draw(replace(tea_shop_segmentation, over_time=replace(found, periods=closed)), "comings")
    assert shown.title == f"No customer bought for the first time after {found.label(found.periods[1].period)}"
    assert "loses customers" not in shown.caption


def test_revenue_claims_no_trend_that_the_segments_were_made_of(tea_shop_segmentation: Segmentation) -> None:
    """The title is of all the time together; that lapsed customers end low is said to be their making."""
    shown = draw(tea_shop_segmentation, "revenue")
    assert shown.title.endswith("% of all revenue")
    assert "half" not in shown.title
    assert "because that is what put them there" in shown.caption
