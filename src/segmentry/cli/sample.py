"""`segmentry sample`: made-up shops with a known truth."""

from __future__ import annotations

from pathlib import Path

import typer

from segmentry.cli.terminal import say

app = typer.Typer(help="Make up a shop's data, to try things out and to test with.", no_args_is_help=True)


@app.callback()
def _about() -> None:
    pass


@app.command("marketing", epilog="Example: segmentry sample marketing --rows 10000 --seed 1 -o customers.csv")
def marketing(
    output: Path = typer.Option(
        ..., "-o", "--output", help="customers.csv, customers.parquet, or a folder of Parquet."
    ),
    rows: int = typer.Option(2000, "--rows", min=1, help="Number of customers."),
    seed: int = typer.Option(0, "--seed", help="The same seed makes the same shop."),
    truth: Path = typer.Option(None, "--truth", help="Also write the planted group of each customer, to this file."),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace existing files."),
) -> None:
    """Customers of a grocery shop with five planted groups: what they spend on, where they buy, what they answer."""
    from segmentry.samples import write_sample_marketing

    write_sample_marketing(output, rows, seed, truth_path=truth, overwrite=overwrite)
    say(f"{rows:,} customers: {output}")
