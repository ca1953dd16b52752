"""`segmentry sql`: the scorer of a model as readable SQL."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import typer

from segmentry.cli.reading_options import AS_OF
from segmentry.cli.streams import STDOUT
from segmentry.cli.terminal import say


def sql(
    model: Path = typer.Argument(..., help="A .seg file that `segmentry fit` wrote."),
    dialect: str = typer.Option("duckdb", "--dialect", help="duckdb, postgres, sqlite, spark, bigquery or snowflake."),
    table: str = typer.Option("customers", "--table", help="The typed table to score, for example crm.customers."),
    as_of: datetime | None = typer.Option(None, "--as-of", formats=["%Y-%m-%d"], help=AS_OF),
    output: Path | None = typer.Option(None, "-o", "--output", help="Write to this file, not to standard output."),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace an existing file."),
) -> None:
    """Write the scorer of MODEL as SQL: the same segment for every customer, computed where the table lives."""
    from segmentry.scoring import to_sql
    from segmentry.store import load
    from segmentry.tables import write_text_atomically

    text = to_sql(load(model), dialect=dialect, table=table, as_of=as_of)
    if output is None or str(output) == STDOUT:
        say(text.rstrip())
        return
    write_text_atomically(output, text, overwrite)
    say(f"Written: {output}")
