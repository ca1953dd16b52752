"""Lifetime value: models of buying, leaving and spending, estimated from counts; applied in `features.lifetime`."""

from segmentry.value.counts import purchase_counts
from segmentry.value.holdout import holdout
from segmentry.value.lifetime import fit_lifetime
from segmentry.value.purchasing import fit_purchases
from segmentry.value.settings import ValueSettings
from segmentry.value.spending import fit_spend

__all__ = [
    "ValueSettings",
    "fit_lifetime",
    "fit_purchases",
    "fit_spend",
    "holdout",
    "purchase_counts",
]
