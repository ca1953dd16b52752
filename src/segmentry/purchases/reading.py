"""A purchase log read: what names customers, orders and goods stays text, whatever most of its cells look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segmentry.purchases.roles import find_columns
from segmentry.purchases.settings import PurchaseSettings
from segmentry.tables import Reading, ReadingSettings, Table, read

KEYS = frozenset(
    {"customer", "order", "product", "product_name", "category", "channel", "status", "returned", "currency"}
)


def read_log(
    source: Any,
    reading: ReadingSettings | None = None,
    settings: PurchaseSettings | None = None,
    expected: Mapping[str, Reading] | None = None,
) -> Table:
    """The typed table of a log; `expected` fixes how columns are read that another log had.

    An order number with a letter, among many without, would be no number and its row rejected: C536379 cancels 536365.

    >>> import polars as pl
    >>> numbers = [str(n) for n in range(60)] + ["C7"]
    >>> log = pl.DataFrame({"invoice_no": numbers, "customer_id": numbers[:60] + ["7"], "date": ["2026-01-05"] * 61,
    ...                     "amount": ["9.00"] * 61})
    >>> read_log(log).rows_rejected
    0
    """
    told = reading or ReadingSettings()
    table = read(source, told, expected)
    return in_full(source, table, told, settings, expected)


def in_full(
    source: Any,
    table: Table,
    reading: ReadingSettings,
    settings: PurchaseSettings | None = None,
    expected: Mapping[str, Reading] | None = None,
) -> Table:
    """The table of a log, read again where rows were rejected for what names something or is no part of a purchase."""
    stated = settings.roles if settings is not None else {}
    if not table.rejects:
        return table
    counted = {c.column for c in find_columns(table, stated) if c.role not in KEYS}
    lost = {reject.column for reject in table.rejects} & set(table.names) - counted
    if not lost:
        return table
    types = {**dict.fromkeys(sorted(lost), "text"), **reading.types}
    return read(source, reading.model_copy(update={"types": types}), expected)
