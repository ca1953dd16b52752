"""`segmentry compare`: several methods on the same customers, side by side."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import typer

from segmentry.cli.orders import arrived, chosen_source
from segmentry.cli.reading_options import SOURCE_HELP, takes_reading
from segmentry.cli.streams import a_folder, arrivals
from segmentry.cli.terminal import Steps, inert, say
from segmentry.errors import plural


@takes_reading
def compare(
    source: str = typer.Argument(None, help=f"Customers, a row for each, or their orders. {SOURCE_HELP}"),
    orders: str = typer.Option(None, "--orders", help="Orders or order lines, a row for each, instead of SOURCE."),
    customers: str = typer.Option(
        None, "--customers", help="Table of customers to join the orders to, by id; alone, a SOURCE that is no orders."
    ),
    output: Path = typer.Option(
        None, "-o", "--output", callback=a_folder, help="Folder for the page, the picture and the tables."
    ),
    methods: str = typer.Option(None, "--methods", help="Which, with commas, rfm among them; all others unless named."),
    compare_with: list[str] = typer.Option(
        [], "--compare-with", help="A column that holds an existing segmentation; may be given more than once."
    ),
    rfm_grid: str = typer.Option(None, "--rfm-grid", help="For rfm: eleven (the default), ten, or a TOML file."),
    k: str = typer.Option(None, "--k", help='Number of segments: 5, a range such as 2-10, or "auto" (the default).'),
    features: str = typer.Option(None, "--features", help="Columns or derived features to cluster on, with commas."),
    seed: int = typer.Option(None, "--seed", help="Seed of the search."),
    as_of: datetime | None = typer.Option(
        None, "--as-of", formats=["%Y-%m-%d"], help="Day that ages and recencies count to."
    ),
    id_column: str = typer.Option(None, "--id", help="Column that identifies a customer."),
    config: Path = typer.Option(None, "--config", help="segmentry.toml with roles and settings."),
    previous: Path = typer.Option(
        None, "--previous", help="Model of an earlier fit: what is not stated is as it was then."
    ),
    reading: dict[str, Any] = {},  # noqa: B006
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace an earlier comparison."),
    as_json: bool = typer.Option(False, "--json", help="Print the comparison as JSON and nothing else."),
    quiet: bool = typer.Option(False, "--quiet", help="Print errors only."),
) -> None:
    """Group the customers in SOURCE by several methods, and say how good, how steady and how alike the answers are."""
    from segmentry.cli.config import following, settings_from
    from segmentry.cli.pairs import split_list
    from segmentry.fitting.comparing import compare as side_by_side
    from segmentry.reports.methods import check_comparison_folder, write_comparison
    from segmentry.store import load

    given, wanted = chosen_source(source, orders, customers), split_list(methods) or ()
    options: dict[str, Any] = {
        "k": k,
        "features": split_list(features),
        "seed": seed,
        "as_of": as_of.date() if as_of else None,
        "id": id_column,
        "rfm_grid": rfm_grid,
    }
    settings = settings_from(config, options, reading, date.today())
    if output is not None:
        check_comparison_folder(output, overwrite)
    path, _ = following(config, previous, None)  # how many must stay is asked of a fit
    earlier = None if path is None else load(path)
    steps = Steps(quiet or as_json)
    with arrivals(steps) as arrive:
        table = arrived(given, arrive)
        with steps("search"):
            found = side_by_side(table, methods=wanted, columns=compare_with, previous=earlier, settings=settings)
    if output is not None:
        with steps("report"):
            write_comparison(found, output, overwrite=overwrite)
    if as_json or not quiet:
        _show(found, output, as_json)


def _show(found: Any, output: Path | None, as_json: bool) -> None:
    from segmentry.reports.methods import summary
    from segmentry.reports.summary import as_json as to_json

    for line in [to_json(summary(found)).rstrip()] if as_json else _told(found, output):
        say(line)


def _told(found: Any, output: Path | None) -> list[str]:
    from segmentry.profiles.wording import say_number

    lines = [
        f"{plural(len(found.methods), 'grouping')} of {found.n_compared:,} of {plural(found.n_customers, 'customer')}:",
        "",
    ]
    lines.append(
        f"  {'':<22}{'k':>3}{'stability':>11}{'silhouette':>12}{'in none':>9}{'moved':>8}{'seconds':>9}  sizes"
    )
    for m in found.methods:
        sizes = ", ".join(f"{n:,}" for n in m.sizes[:8]) + (", ..." if len(m.sizes) > 8 else "")
        seconds = found.seconds.get(m.name)
        noise, moved = say_number(m.noise, "share"), say_number(m.moved, "share")
        lines.append(
            f"  {inert(m.name)[:21]:<22}{m.k:>3}{_number(m.stability):>11}{_number(m.silhouette):>12}{noise:>9}"
            f"{moved:>8}{_number(seconds, 1):>9}  {sizes}"
        )
    lines += ["", "Agreement (adjusted Rand; 1 is the same grouping, 0 is chance), columns in the order of the rows:"]
    for m, row in zip(found.methods, found.agreement, strict=True):
        lines.append(f"  {inert(m.name)[:21]:<22}" + "".join(f"{value:>z7.2f}" for value in row))
    lines += ["", f"Recommended: {inert(found.recommended or 'none')}. {inert(found.reason)}"]
    method = found.recommended or "k-means"
    where = f"open {output / 'comparison.html'}, or " if output else ""
    lines.append(f"Next: {where}segmentry fit ... --method {method}")
    return lines


def _number(value: float | None, places: int = 2) -> str:
    return "–" if value is None else f"{value:z.{places}f}"
