"""`segmentry fit` and `segmentry demo`: from a file to a folder with everything in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from shlex import quote
from typing import Any

import typer

from segmentry.cli.budget import LARGE_MB, check_memory, need_of, parse_memory
from segmentry.cli.orders import arrived, files_of, table_of
from segmentry.cli.reading_options import SOURCE_HELP, reading_options, takes
from segmentry.cli.streams import a_folder, arrivals
from segmentry.cli.terminal import Steps, inert, remark, say, warn


@dataclass(frozen=True)
class _RunOptions:
    """How the outputs of a fit are written, what is said of it, and how much it may use."""

    overwrite: bool = False
    for_spreadsheet: bool = False
    excel: bool = False
    share: bool = False
    pictures: bool = True
    as_json: bool = False
    quiet: bool = False
    memory_mb: float | None = None  # four fifths of what is free, unless stated

    @property
    def silent(self) -> bool:
        """Whether nothing is said but errors and what was asked for."""
        return self.quiet or self.as_json


def _options(
    duplicates: str = typer.Option(
        None, "--duplicates", help="Order lines that repeat another in every cell: keep (the default) or drop."
    ),
    horizon_days: int = typer.Option(
        None, "--horizon-days", help="With orders: days ahead that lifetime value is counted over (365)."
    ),
    margin: float = typer.Option(None, "--margin", help="Share of a purchase that is earned (1: value is turnover)."),
    discount: float = typer.Option(
        None, "--discount", help="Yearly rate that future purchases are discounted at (0.1)."
    ),
    no_value: bool = typer.Option(False, "--no-value", help="Do not estimate lifetime value."),
    k: str = typer.Option(None, "--k", help='Number of segments: 5, a range such as 2-10, or "auto" (the default).'),
    method: str = typer.Option(
        None, "--method", help="k-means (the default), gmm, ward, k-medoids, k-prototypes, hdbscan, dbscan or rfm."
    ),
    rfm_grid: str = typer.Option(
        None, "--rfm-grid", help="For --method rfm: eleven (the default), ten, or a TOML file with a grid of your own."
    ),
    min_size: int = typer.Option(None, "--min-size", min=1, help="Fewest customers in a segment."),
    max_size: int = typer.Option(None, "--max-size", min=1, help="Most customers in a segment."),
    features: str = typer.Option(None, "--features", help="Columns or derived features to cluster on, with commas."),
    seed: int = typer.Option(None, "--seed", help="Seed of the search; the same seed gives the same segments."),
    as_of: datetime | None = typer.Option(
        None, "--as-of", formats=["%Y-%m-%d"], help="Day that ages and recencies count to."
    ),
    id_column: str = typer.Option(None, "--id", help="Column that identifies a customer."),
    on_duplicate: str = typer.Option(None, "--on-duplicate", help="error (the default), or keep repeated ids."),
    name: list[str] = typer.Option([], "--name", help='Your own name for a segment: --name s1="Premium loyal".'),
    playbook: Path = typer.Option(None, "--playbook", help="TOML file with your own rules for what to do with whom."),
    stability_pairs: int = typer.Option(
        None, "--stability-pairs", help="Pairs of bootstrap samples that stability is measured on (20; 0 for none)."
    ),
) -> None:
    """Never called: its parameters are what a fit may be told."""


@takes(settings=_options, reading=reading_options)
def fit(
    source: str = typer.Argument(None, help=f"Customers, a row for each, or their orders. {SOURCE_HELP}"),
    orders: str = typer.Option(None, "--orders", help="Orders or order lines, a row for each, instead of SOURCE."),
    customers: str = typer.Option(
        None, "--customers", help="Table of customers to join the orders to, by id; alone, a SOURCE that is no orders."
    ),
    output: Path = typer.Option(
        ..., "-o", "--output", callback=a_folder, help="Folder for the model, the labelled customers, the report."
    ),
    settings: dict[str, Any] = {},  # noqa: B006
    config: Path = typer.Option(None, "--config", help="segmentry.toml with roles and settings."),
    previous: Path = typer.Option(
        None,
        "--previous",
        help="Model of an earlier fit: segments that are still there keep their ids, colours and own names, what is "
        "not stated is as it was then, and what changed is told.",
    ),
    min_agreement: float = typer.Option(
        None, "--min-agreement", help="With --previous: least share of customers who must keep their segment, as 0.8."
    ),
    reading: dict[str, Any] = {},  # noqa: B006
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace the outputs of an earlier run."),
    for_spreadsheet: bool = typer.Option(False, "--for-spreadsheet", help="Neutralise cells that a spreadsheet runs."),
    excel: bool = typer.Option(False, "--excel", help="Also write segments.xlsx, a workbook for a spreadsheet."),
    share: bool = typer.Option(
        False, "--share", help="Report and pictures to pass on: no point, bar or cell for fewer than ten customers."
    ),
    no_pictures: bool = typer.Option(
        False, "--no-pictures", help="Draw none, which halves the time of a small run; the report says so."
    ),
    memory_limit: str | None = typer.Option(
        None,
        "--memory-limit",
        help="Most memory to use, such as 8G: a run that would need more ends before it begins "
        "(four fifths of what is free, unless stated). Ten million rows of 25 columns take about 2G.",
    ),
    as_json: bool = typer.Option(False, "--json", help="Print the summary as JSON and nothing else."),
    quiet: bool = typer.Option(False, "--quiet", help="Print errors only."),
) -> None:
    """Find the segments of the customers in SOURCE, name, describe and picture them, and keep them as a model."""
    from segmentry.cli.config import following, settings_from
    from segmentry.cli.orders import chosen_source

    given = chosen_source(source, orders, customers)
    options = _RunOptions(
        overwrite=overwrite,
        for_spreadsheet=for_spreadsheet,
        excel=excel,
        share=share,
        pictures=not no_pictures,
        as_json=as_json,
        quiet=quiet,
        memory_mb=parse_memory(memory_limit) if memory_limit is not None else None,
    )
    chosen = settings_from(config, _stated(**settings), reading, date.today())
    _fit_into(given, output, chosen, options, _predecessor(*following(config, previous, min_agreement)))


def _predecessor(previous: Path | None, min_agreement: float | None) -> Any:
    """What the fit follows; None for a fit of its own."""
    from segmentry.fitting.succeeding import predecessor
    from segmentry.store import load

    return predecessor(None if previous is None else load(previous), min_agreement)


def _stated(
    *,
    k: str | None = None,
    features: str | None = None,
    as_of: datetime | None = None,
    id_column: str | None = None,
    name: Sequence[str] = (),
    no_value: bool = False,
    **plain: Any,
) -> dict[str, Any]:
    """The options as settings, by the names that settings have."""
    from segmentry.cli.pairs import split_list, split_pairs

    return {
        **plain,
        "k": k,
        "features": split_list(features),
        "as_of": as_of.date() if as_of else None,
        "id": id_column,
        "names": split_pairs(name, "--name") or None,
        "estimate": False if no_value else None,
    }


def demo(
    output: Path = typer.Option(Path("demo-out"), "-o", "--output", callback=a_folder, help="Folder for everything."),
    rows: int = typer.Option(2000, "--rows", min=100, help="Number of customers to make up."),
    seed: int = typer.Option(0, "--seed", help="Seed of the made-up shop."),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace an earlier demo."),
    quiet: bool = typer.Option(False, "--quiet", help="Print errors only."),
) -> None:
    """A made-up shop, from file to report: the quickest way to see what comes out."""
    from segmentry.fitting import FitSettings
    from segmentry.reports.folder import check_folder
    from segmentry.samples import write_sample

    check_folder(output / "segments", overwrite)
    output.mkdir(parents=True, exist_ok=True)
    customers = output / "customers.csv"
    write_sample("marketing", customers, rows, seed, overwrite=overwrite)
    if not quiet:
        say(f"A made-up shop with {rows:,} customers: {customers}")
        say(f"Now running: segmentry fit {quote(str(customers))} -o {quote(str(output / 'segments'))}")
    options = _RunOptions(overwrite=overwrite, quiet=quiet)
    _fit_into(customers, output / "segments", FitSettings(today=date.today()), options)


def _fit_into(source: Any, output: Path, settings: Any, options: _RunOptions, after: Any = None) -> None:
    steps = Steps(options.silent)
    with steps("imports"):
        from segmentry.fitting import fit_source
        from segmentry.fitting.settings import settings_after
        from segmentry.reports.folder import check_folder, write_outputs
        from segmentry.reports.summary import as_json as to_json
    for path in files_of(source):
        check_folder(output, options.overwrite, source=path)
    check_folder(output, options.overwrite)
    if after is not None:
        settings = settings_after(after.segmentation, settings)
    with arrivals(steps) as arrive:
        source = arrived(source, arrive)
        _check_need(source, steps, options)
        fitted = fit_source(source, settings, steps, after=after)
        summary = write_outputs(
            fitted.segmentation,
            fitted.table,
            output,
            placing=fitted.placing,
            before=fitted.before,
            step=steps,
            seconds=steps.seconds,
            overwrite=options.overwrite,
            for_spreadsheet=options.for_spreadsheet,
            excel=options.excel,
            share=options.share,
            pictures=options.pictures,
            peak_memory_mb=steps.peak_memory_mb,
        )
    if options.as_json:
        say(to_json(summary).rstrip())
        return
    warn((*fitted.segmentation.source_notices, *fitted.segmentation.notices), options.quiet)
    if not options.quiet:
        _tell(fitted, output)


def _check_need(source: Any, steps: Steps, options: _RunOptions) -> None:
    need = need_of(table_of(source))
    if need is None:
        return
    steps.rows, steps.estimated = need.rows, bool(need.text)
    check_memory(need, options.memory_mb)
    if need.megabytes >= LARGE_MB and not options.silent:
        remark(f"{need.said[0].upper()}{need.said[1:]}: up to about {need.megabytes:,.0f} MB of memory.")


def _tell(fitted: Any, output: Path) -> None:
    from segmentry.errors import plural
    from segmentry.profiles.succession import succession_words
    from segmentry.profiles.wording import lowered, say_number

    segmentation, table = fitted.segmentation, fitted.table
    n_rejected = len(table.rejects)
    rejected = f" ({plural(n_rejected, 'row')} rejected: {output / 'rejects.csv'})" if n_rejected else ""
    kind = f"{segmentation.verdict} " if segmentation.verdict in ("natural", "reproducible") else ""
    n = segmentation.provenance.n_customers
    bought = f" and {plural(segmentation.orders.used, 'order line')}" if segmentation.orders else ""
    say(f"{plural(segmentation.k, f'{kind}segment')} from {plural(n, 'customer')}{bought}{rejected}.")
    if segmentation.verdict_words:
        say(segmentation.verdict_words)
    say(f"Why {segmentation.k}: {segmentation.plain_reason}")
    used = ", ".join(s.feature.name for s in segmentation.recipe.scales)
    used += "".join(f", {part.feature.name}" for part in segmentation.recipe.levels)
    say(f"Clustered on: {used.removeprefix(', ')}")
    if segmentation.recipe.as_of:
        say(f"As of: {segmentation.recipe.as_of}")
    if segmentation.succession is not None:
        for sentence in succession_words(segmentation.succession, {s.id: s.name for s in segmentation.segments}):
            say(inert(sentence))
    say()
    for s in segmentation.segments:
        spend = f", {say_number(s.spend_share, 'share')} of spend" if s.spend_share is not None else ""
        spend += f", {say_number(s.value_share, 'share')} of future value" if s.value_share is not None else ""
        say(f"  {s.id:<4}{inert(s.name)}: {plural(s.size, 'customer')} ({say_number(s.share, 'share')}{spend})")
        if s.playbook:
            say(f"      do: {inert('; '.join(lowered(play.title) for play in s.playbook))}")
    say()
    if segmentation.baskets is not None and segmentation.baskets.recommendations:
        say(f"What to offer to whom: {quote(str(output / 'recommendations.csv'))}")
    page, model = (quote(str(output / name)) for name in ("report.html", "segmentation.seg"))
    say(f"Next: open {page}, or segmentry score {model} NEW.csv -o scored.csv")
