"""Orders on the command line: `--orders FILE [--customers FILE]` beside a SOURCE."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from segmentry.cli.reading_options import source_of


def chosen_source(source: str | None, orders: str | None, customers: str | None) -> Any:
    """What a fit starts from: a path, an address, or orders with or without a table of customers."""
    if (source is None) == (orders is None) or (customers is not None and orders is None):
        raise typer.BadParameter("Give either a SOURCE, or --orders FILE (and --customers FILE).")
    if orders is None:
        return source_of(source or "")
    from segmentry.fitting.sources import Orders

    return Orders(source_of(orders), None if customers is None else source_of(customers))


def log_and_customers(
    source: str | None, orders: str | None, customers: str | None
) -> tuple[str | Path | None, str | Path | None]:
    """The orders to score, and the table of customers: SOURCE, or the one beside the orders."""
    table = source if orders is None else customers
    return (
        None if orders is None else source_of(orders),
        None if table is None else source_of(table),
    )


def files_of(source: Any) -> list[Path]:
    """The files that a source is read from."""
    parts = (source.log, source.customers) if hasattr(source, "log") else (source,)
    return [part for part in parts if isinstance(part, Path)]
