"""`segmentry recommend`: to segments, and to one customer."""

from __future__ import annotations

import json

import pytest

from segmentry.store import save


@pytest.fixture(scope="module")
def shop(tea_shop_segmentation, tea_shop_lines, tmp_path_factory):
    """A model made from orders, and the orders as a file."""
    folder = tmp_path_factory.mktemp("tea")
    tea_shop_lines.write_csv(folder / "orders.csv")
    return save(tea_shop_segmentation, folder / "shop.seg"), folder / "orders.csv"


def test_each_segment_has_its_lines(segmentry, shop, tea_shop_segmentation):
    """Without a customer it prints what to offer to each segment, and why."""
    outcome = segmentry("recommend", shop[0])
    assert outcome.code == 0, outcome.err
    for segment in tea_shop_segmentation.segments:
        assert f"{segment.id} {segment.name}:" in outcome.out
    assert "times the share of all customers" in outcome.out


def test_one_customer_has_offers(segmentry, shop):
    """With an id and orders it prints their segment and their offers, as text or as JSON."""
    outcome = segmentry("recommend", shop[0], "--id", "c2", "--orders", shop[1], "--most", "2")
    assert outcome.code == 0, outcome.err
    assert "offer first" in outcome.out
    answer = json.loads(segmentry("recommend", shop[0], "--id", "c2", "--orders", shop[1], "--json").out)
    assert answer["offers"][0]["reason"]
    assert answer["segment_id"] in ("s1", "s2", "s3")


def test_an_id_without_orders_is_wrong_usage(segmentry, shop):
    """An id alone cannot be looked up; the message says what to give."""
    outcome = segmentry("recommend", shop[0], "--id", "c2")
    assert outcome.code == 2
    assert "--orders" in outcome.err
