"""Baskets: what the customers of each segment buy, in which order, and when, as small results of lazy queries.

Takes order lines and the segment of each customer; knows nothing of how segments came about. Holds no customer's row.
"""

from segmentry.baskets.bought import study_baskets
from segmentry.baskets.overtime import study_time
from segmentry.baskets.placed import placed_customers
from segmentry.baskets.results import (
    Baskets,
    Item,
    Level,
    OverTime,
    Recommendation,
)

__all__ = [
    "Baskets",
    "Item",
    "Level",
    "OverTime",
    "Recommendation",
    "placed_customers",
    "study_baskets",
    "study_time",
]
