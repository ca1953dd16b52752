"""The example of a customer is one whom the model places without a remark."""

from __future__ import annotations

import pytest

import segmentry as sg
from segmentry.fitting import FitSettings
from segmentry.samples import sample_ecommerce, sample_mall, sample_marketing, sample_orders
from segmentry.scoring import RowScorer
from segmentry.scoring.usual import usual_customer

QUICK = FitSettings(stability_pairs=0)
TOTALS = ["age", "income", "purchases_total", "spend_total", "tenure_days", "marital_status"]
SHARES = ["spend_total", "spend_share_wine", "spend_share_meat", "average_order_value", "deal_share", "children"]


@pytest.mark.parametrize(
    ("customers", "options"),
    [
        (sample_marketing(800, seed=1), {}),
        (sample_marketing(800, seed=1), {"features": TOTALS, "method": "k-prototypes"}),
        (sample_marketing(800, seed=1), {"features": SHARES}),
        (sample_marketing(800, seed=1), {"features": SHARES[1:3]}),
        (sample_marketing(800, seed=1), {"method": "rfm"}),
        (sample_ecommerce(800, seed=0), {}),
        (sample_mall(400, seed=0), {}),
    ],
    ids=["marketing", "totals", "shares", "shares alone", "scores", "shop", "mall"],
)
def test_nothing_of_the_usual_customer_is_unusual(customers, options) -> None:
    """Every field has a value, and none of the features is missing, out of range or of a new category."""
    scorer = RowScorer(sg.fit(customers, k=4, settings=QUICK, **options))
    example = usual_customer(scorer)
    [placed] = scorer.score([example])
    assert (placed.missing, placed.out_of_range, placed.new_category) == ((), (), ())
    assert list(example) == [field.name for field in scorer.fields]


def test_a_figure_of_orders_is_usual_too() -> None:
    """The fields of a model of orders are features by themselves."""
    scorer = RowScorer(sg.fit(orders=sample_orders(400, seed=2), k=3, settings=QUICK))
    [placed] = scorer.score([usual_customer(scorer)])
    assert placed.out_of_range == placed.missing == ()


def test_parts_make_up_the_usual_total_and_a_birth_the_usual_age() -> None:
    """What the model knows of a total, of a share and of an age goes into the columns that they are made of."""
    segmentation = sg.fit(sample_marketing(800, seed=1), k=4, features=[*SHARES[:2], "age"], settings=QUICK)
    scorer = RowScorer(segmentation)
    example = usual_customer(scorer)
    features, usual = scorer.features_of(example), {s.feature.name: s.fill for s in segmentation.recipe.scales}
    assert features == pytest.approx(usual, rel=0.001)
    assert example["year_birth"] == segmentation.recipe.as_of.year - usual["age"]
