"""`segmentry drift`: whether later customers are like those that a model was made of."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import typer

from segmentry.cli.reading_options import AS_OF, SOURCE_HELP, shown, takes_reading
from segmentry.cli.streams import a_folder, arrivals
from segmentry.cli.terminal import Steps, cut, inert, say, warn
from segmentry.errors import SegmentryError

if TYPE_CHECKING:
    from segmentry.monitoring import Drift


@takes_reading
def drift(
    model: Path = typer.Argument(..., help="A .seg file that `segmentry fit` wrote."),
    source: str = typer.Argument(None, help=f"Later customers, columns in any order. {SOURCE_HELP}"),
    orders: str = typer.Option(None, "--orders", help="Later orders instead, for a model that was made from orders."),
    customers: str = typer.Option(None, "--customers", help="Table of customers that the orders are joined to."),
    as_of: datetime | None = typer.Option(None, "--as-of", formats=["%Y-%m-%d"], help=AS_OF),
    output: Path = typer.Option(
        None,
        "-o",
        "--output",
        callback=a_folder,
        help="Folder for a page with pictures, and every figure; without it none is written.",
    ),
    max_drift: float | None = typer.Option(
        None, "--max-drift", min=0.0, help="End with an error where an index beyond chance is above this: 0.25, say."
    ),
    reading: dict[str, Any] = {},  # noqa: B006
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace the page and the figures of an earlier run."),
    as_json: bool = typer.Option(False, "--json", help="Print the result as JSON."),
    quiet: bool = typer.Option(False, "--quiet", help="Print errors only."),
) -> None:
    """Whether the customers in SOURCE are still like those that MODEL was made of, feature by feature."""
    if (source is None) == (orders is None) or (customers and not orders):
        raise typer.BadParameter("Give a SOURCE, or --orders (and --customers).")
    from segmentry.cli.orders import log_and_customers
    from segmentry.monitoring import drift as measured
    from segmentry.store import load
    from segmentry.tables import ReadingSettings

    log, table = log_and_customers(source, orders, customers)
    steps = Steps(quiet or as_json)
    segmentation = load(model)
    if output is not None:
        from segmentry.reports.drift import check_drift_folder, write_drift

        check_drift_folder(output, overwrite)
    with arrivals(steps) as arrive:
        log, table = arrive(log), arrive(table)
        with steps("compare"):
            found = measured(segmentation, table, orders=log, as_of=as_of, reading=ReadingSettings(**reading))
    page = None
    if output is not None:
        with steps("report"):
            named = _named(log or table, reading.get("table"))
            page = write_drift(segmentation, found, output, source_name=named, overwrite=overwrite)
    if as_json:
        say(json.dumps(found.plain(), indent=2, ensure_ascii=False))
    else:
        warn(found.notices, quiet)
        if not quiet:
            _show(found, model, page)
    if max_drift is not None and found.largest > max_drift:
        raise SegmentryError(
            f"Customers have drifted further than {max_drift:g}.",
            found=f"an index of {found.largest:.2f}",
            remedy="Look at what moved; where customers have changed, fit anew with --previous.",
            code="drift",
        )


def _show(found: Drift, model: Path, page: Path | None) -> None:
    say(inert(found.words))
    say("")
    say(f"  {'':<36}{'then':>7}{'now':>7}")
    for segment in found.segments:
        shares = f"{100 * segment.then:>5.0f} %{100 * segment.now:>5.0f} %"
        say(f"  {cut(inert(f'{segment.id} {segment.name}'), 35):<36}{shares}")
    say(f"  The shares of the segments: {found.segments_verdict}, index {found.segments_index:.3f}")
    if found.features:
        say("")
        say(f"  {'':<36}{'index':>7}{'chance':>8}{'missing':>9}{'outside':>9}")
    for feature in found.features:
        figures = f"{feature.index:>7.3f}{feature.chance:>8.3f}{_percent(feature.missing_now):>9}"
        moved = f", {feature.moved}" if feature.moved else ""
        said = f"{figures}{_percent(feature.outside):>9}  {feature.verdict}{moved}"
        say(f"  {cut(inert(feature.label), 35):<36}{inert(said)}")
    if found.without_data:
        say(f"  {found.without_data:,} customers have none of these.")
    todo = [f"open {quote(str(page))}"] if page is not None else []
    if found.verdict == "act":
        todo += ["segmentry inspect on the new customers", f"segmentry fit --previous {quote(str(model))}"]
    if todo:
        say("")
        say(f"Next: {', or '.join(todo)}")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _named(place: Any, table: str | None) -> str:
    """The customers' file or database as a page may name it: without folders and passwords."""
    return place.name if isinstance(place, Path) else shown(place, table)
