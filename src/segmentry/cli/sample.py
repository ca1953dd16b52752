"""`segmentry sample`: made-up shops with a known truth."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from shlex import quote
from typing import Any

import typer

from segmentry.cli.streams import STDOUT, standard_output
from segmentry.cli.terminal import say

app = typer.Typer(help="Make up a shop's data, to try things out and to test with.", no_args_is_help=True)

_OUTPUT: Any = typer.Option(..., "-o", "--output", help="customers.csv, customers.parquet, a folder of Parquet, or -.")
_ROWS: Any = typer.Option(None, "--rows", min=1, help="Number of customers; each shop has its own usual number.")
_SEED: Any = typer.Option(0, "--seed", help="The same seed makes the same shop.")
_TRUTH: Any = typer.Option(None, "--truth", help="Also write the planted group of each customer, to this file.")
_OVERWRITE: Any = typer.Option(False, "--overwrite", help="Replace existing files.")
_MESSY: Any = typer.Option(
    False,
    "--messy",
    help="Write a CSV file with the quirks of real exports: semicolons or tabs, cp1252 with accents, Windows line "
    "ends, dates with the day first, currency signs, thousands set apart, a decimal comma or point (the seed decides "
    'which); and here and there blanks and "N/A" for numbers, an income of 666666 or the like, impossible birth '
    "years or ages, odd category levels, stray spaces and case, customers that repeat another but for the id; with a "
    "column that never varies, one of made-up e-mail addresses, and no line of totals at the end.",
)


@app.callback()
def _about() -> None:
    pass


_MARKETING = """2,000 customers of a grocery shop with five planted groups: what they spend on, where they buy, what
they answer.

25 columns: birth year, education, income, children, sign-up, spend by product, purchases by channel, campaigns."""
_MALL = """200 card holders of a mall with five groups planted in income and spending score: the teaching classic.

5 columns: id, gender, age, yearly income in thousands, spending score from 1 to 100."""
_ECOMMERCE = """500 customers of an online shop with five planted groups: spend, items, recency, rating.

11 columns: gender, age, city, membership tier, spend, items, average rating, discount, days since purchase,
satisfaction. No column gives another away."""


def _writes(kind: str) -> Callable[..., None]:
    """The command that makes up a shop of this kind."""

    def command(
        output: Path = _OUTPUT,
        rows: int | None = _ROWS,
        seed: int = _SEED,
        truth: Path | None = _TRUTH,
        messy: bool = _MESSY,
        overwrite: bool = _OVERWRITE,
    ) -> None:
        from segmentry.samples import write_sample

        _refuse_addresses(output, truth)
        with _place(output) as path:
            written = write_sample(kind, path, rows, seed, truth_path=truth, overwrite=overwrite, messy=messy)
        _tell(f"{written:,} customers", output)

    return command


for _kind, _help, _example in (
    ("marketing", _MARKETING, "--rows 10000 --seed 1 -o customers.csv"),
    ("mall", _MALL, "-o mall.csv"),
    ("ecommerce", _ECOMMERCE, "--messy --truth truth.csv -o customers.csv"),
):
    app.command(_kind, help=_help, epilog=f"Example: segmentry sample {_kind} {_example}")(_writes(_kind))


@app.command("orders", epilog="Example: segmentry sample orders --customers 5000 --truth truth.csv -o orders.csv")
def orders(
    output: Path = typer.Option(..., "-o", "--output", help="orders.csv, orders.parquet, a folder of Parquet, or -."),
    customers: int = typer.Option(2000, "--customers", min=1, help="Number of customers."),
    seed: int = _SEED,
    truth: Path | None = typer.Option(None, "--truth", help="Also write what is true of each customer, to this file."),
    r: float = typer.Option(0.243, "--r", help="Shape of the purchase rates by week; low is many who rarely buy."),
    alpha: float = typer.Option(4.414, "--alpha", help="Scale of the purchase rates: their mean is r / alpha."),
    a: float = typer.Option(
        0.793, "--a", help="With b, the chance of leaving after a repeat: its mean is a / (a + b)."
    ),
    b: float = typer.Option(2.426, "--b", help="See --a."),
    p: float = typer.Option(6.25, "--p", help="Shape of the spend of one customer; high is always about the same."),
    q: float = typer.Option(3.74, "--q", help="With v, mean spend by customer: on average p v / (q - 1)."),
    v: float = typer.Option(15.44, "--v", help="See --q."),
    days: int = typer.Option(728, "--days", min=1, help="Days that the shop is watched."),
    returns: float = typer.Option(0.02, "--returns", min=0, max=0.5, help="Share of order lines that are sent back."),
    overwrite: bool = _OVERWRITE,
) -> None:
    """Order lines drawn from a known process: how often each customer buys, when they leave, how much they spend.

    BG/NBD and Gamma-Gamma with the parameters given (those of a music shop, unless stated), beside tastes in categories
    and channels, discounts, and lines that are sent back.
    """
    from segmentry.samples import Shopping, write_orders

    _refuse_addresses(output, truth)
    shop = Shopping(r, alpha, a, b, p, q, v, days, max(days // 2, 1), returns)
    with _place(output) as path:
        written = write_orders(path, customers, seed, truth, shop=shop, overwrite=overwrite)
    _tell(f"The orders of {written:,} customers", output, "--orders ")


def _place(output: Path) -> AbstractContextManager[Path]:
    return standard_output(".csv") if str(output) == STDOUT else nullcontext(output)


def _tell(what: str, output: Path, option: str = "") -> None:
    if str(output) == STDOUT:
        return
    say(f"{what}: {output}")
    say(f"Next: segmentry fit {option}{quote(str(output))} -o segments/")


def _refuse_addresses(*paths: Path | None) -> None:
    from segmentry.tables import refuse_address

    for path in paths:
        if path is not None:
            refuse_address(path)
