"""The segment of each customer beside their order lines, wherever either lives."""

from __future__ import annotations

import math
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.purchases.lines import CUSTOMER
from segmentry.tables import count_rows, materialise, share_an_engine

Frame = nw.LazyFrame[Any]

SEGMENT = "segment"
_PLACE = "place"


def placed_customers(frame: Frame, customer: nw.Expr, segment: str) -> Frame:
    """Two columns, `customer` (the id as text) and `segment`, held in memory, from customers and their segments.

    A log in a warehouse is grouped there; what is left of it (a row per customer and item, or period) comes into
    memory before it is joined to them.
    """
    return materialise(frame.select(customer.alias(CUSTOMER), nw.col(segment).alias(SEGMENT)).filter(
        ~nw.col(CUSTOMER).is_null()
    ))  # fmt: skip


def of_some(lines: Frame, placed: Frame, most: int) -> Frame:
    """The lines of at most so many customers, evenly drawn by id. All lines where they live in a warehouse."""
    customers = count_rows(placed)
    if customers <= most or not share_an_engine(lines, placed):
        return lines
    numbered = placed.select(CUSTOMER).with_row_index(_PLACE, order_by=CUSTOMER)
    drawn = numbered.filter(nw.col(_PLACE) % math.ceil(customers / most) == 0).select(CUSTOMER)
    return lines.join(materialise(drawn), on=CUSTOMER, how="semi")
