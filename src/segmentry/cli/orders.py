"""What stands for a SOURCE on the command line: `--orders FILE`, `--customers FILE`, or both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from segmentry.cli.reading_options import source_of
from segmentry.cli.streams import Stream


def chosen_source(source: str | None, orders: str | None, customers: str | None) -> Any:
    """What a fit starts from: a path, an address, orders with or without a table of customers, or that table alone."""
    if (source is None) == (orders is None and customers is None):
        raise typer.BadParameter("Give either a SOURCE, or --orders FILE and --customers FILE, or one of these two.")
    if source is not None:
        return source_of(source)
    beside = None if customers is None else source_of(customers)
    if orders is None:
        from segmentry.purchases import CustomerTable

        return CustomerTable(beside)
    from segmentry.fitting.sources import Orders

    return Orders(source_of(orders), beside)


def looked_at(source: str | None, orders: str | None, customers: str | None) -> Any:
    """What an inspection looks at: a path, an address, or one that is stated to hold orders, or customers."""
    if sum(part is not None for part in (source, orders, customers)) != 1:
        raise typer.BadParameter("Give one table: a SOURCE, --orders FILE or --customers FILE.")
    if orders is None:
        return chosen_source(source, None, customers)
    from segmentry.purchases import OrderTable

    return OrderTable(source_of(orders))


def log_and_customers(
    source: str | None, orders: str | None, customers: str | None
) -> tuple[str | Path | Stream | None, str | Path | Stream | None]:
    """The orders to score, and the table of customers: SOURCE, or the one beside the orders."""
    table = source if orders is None else customers
    return (
        None if orders is None else source_of(orders),
        None if table is None else source_of(table),
    )


def arrived(source: Any, arrive: Callable[[Any], Any]) -> Any:
    """The source with files in the place of its streams."""
    from segmentry.fitting.sources import Orders
    from segmentry.purchases import CustomerTable, OrderTable

    if isinstance(source, Orders):
        return replace(source, log=arrive(source.log), customers=arrive(source.customers))
    if isinstance(source, CustomerTable | OrderTable):
        return replace(source, source=arrive(source.source))
    return arrive(source)


def files_of(source: Any) -> list[Path]:
    """The files that a source is read from."""
    parts = (source.log, source.customers) if hasattr(source, "log") else (table_of(source),)
    return [part for part in parts if isinstance(part, Path)]


def table_of(source: Any) -> Any:
    """The path or address of a table that may be stated to hold customers, or orders."""
    from segmentry.purchases import CustomerTable, OrderTable

    return source.source if isinstance(source, CustomerTable | OrderTable) else source


def option_of(source: Any) -> str:
    """The option that states what the source holds, as it stands before a path; "" where none does."""
    from segmentry.purchases import CustomerTable, OrderTable

    return {CustomerTable: "--customers ", OrderTable: "--orders "}.get(type(source), "")
