"""`segmentry score`: new customers, or one, into the segments of a model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from segmentry.cli.budget import need_of
from segmentry.cli.reading_options import AS_OF, SOURCE_HELP, refuse_beside, shown, source_of, takes_reading
from segmentry.cli.terminal import Steps, inert, say, warn
from segmentry.errors import Notice, SettingsError, plural

if TYPE_CHECKING:
    from segmentry.scoring.score import Scored
    from segmentry.segmentation import Segmentation
    from segmentry.tables import Table


@dataclass(frozen=True)
class _Output:
    """Where scored customers go, how they are written, and what is said of it."""

    to: str | Path
    into: str | None  # table of the database that `to` is
    overwrite: bool
    for_spreadsheet: bool
    as_json: bool
    quiet: bool


@takes_reading
def score(
    model: Path = typer.Argument(..., help="A .seg file that `segmentry fit` wrote."),
    source: str = typer.Argument(None, help=f"New customers, columns in any order. {SOURCE_HELP}"),
    orders: str = typer.Option(None, "--orders", help="New orders instead, for a model that was made from orders."),
    customers: str = typer.Option(None, "--customers", help="Table of customers that the orders are joined to."),
    as_of: datetime | None = typer.Option(None, "--as-of", formats=["%Y-%m-%d"], help=AS_OF),
    output: str = typer.Option(
        None,
        "-o",
        "--output",
        help="Where to write them with their segments: a file (.csv, .parquet, .xlsx, .jsonl, .arrow) "
        "or a table of a database (sqlite:///out.db?table=scored).",
    ),
    into: str = typer.Option(None, "--into", help="Table of the database that -o names."),
    given: list[str] = typer.Option([], "--set", help="One customer instead: --set age=41 --set income=52000."),
    reading: dict[str, Any] = {},  # noqa: B006
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace an existing output."),
    for_spreadsheet: bool = typer.Option(False, "--for-spreadsheet", help="Neutralise cells that a spreadsheet runs."),
    as_json: bool = typer.Option(False, "--json", help="Print the result as JSON."),
    quiet: bool = typer.Option(False, "--quiet", help="Print errors only."),
) -> None:
    """Place new customers in the segments of MODEL: a SOURCE of them with -o, or one with --set."""
    if bool(given) + (source is not None) + (orders is not None) != 1 or (customers and not orders):
        raise typer.BadParameter("Give a SOURCE with -o, or --orders (and --customers) with -o, or one with --set.")
    if given:
        refuse_beside("--set", {"-o": output, "--into": into, "--for-spreadsheet": for_spreadsheet}, reading)
        _score_one(model, given, as_of, as_json)
        return
    if output is None:
        raise typer.BadParameter("Say with -o where to write the customers and their segments.")
    from segmentry.cli.orders import log_and_customers

    log, table = log_and_customers(source, orders, customers)
    to = source_of(output)
    if into is None and isinstance(to, str) and isinstance(table, Path) and "table" in reading:
        into = reading.pop("table")
    wanted = _Output(
        to=to,
        into=into,
        overwrite=overwrite,
        for_spreadsheet=for_spreadsheet,
        as_json=as_json,
        quiet=quiet,
    )
    _score_file(model, table, log, as_of, reading, wanted)


def _is_same(source: Path, output: Path) -> bool:
    return output.exists() and source.exists() and output.samefile(source)


def _drop_older(rejects: Path) -> None:
    """Rejects of an earlier run beside an output that has none would be taken for its own."""
    from segmentry.errors import OutputError

    if rejects.is_file():
        try:
            rejects.unlink()
        except OSError as error:
            raise OutputError(
                f"{rejects} of an earlier run could not be removed.", found=error.strerror or "", remedy="Remove it."
            ) from error


def _score_one(model: Path, given: list[str], as_of: date | None, as_json: bool) -> None:
    from segmentry.cli.pairs import split_pairs
    from segmentry.scoring import score_one
    from segmentry.store import load

    answer = score_one(load(model), split_pairs(given, "--set"), as_of=as_of)
    if as_json:
        say(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    say(f"{answer['segment_id']}: {inert(answer['segment'])}")
    if answer["description"]:
        say(inert(answer["description"]))
    if answer["confidence"] is not None:
        next_best = f"; runner-up {answer['runner_up']}" if answer["runner_up"] else ""
        say(f"Confidence {answer['confidence']:.2f} (0 on the border, 1 at the heart){next_best}.")
    if answer["missing"]:
        say(f"Not given, so the usual value stands in: {', '.join(answer['missing'])}.")
    for note in answer["notes"]:
        say(f"Note: {inert(note)}.")


def _score_file(
    model: Path,
    source: str | Path | None,
    orders: str | Path | None,
    as_of: date | None,
    reading: dict[str, Any],
    output: _Output,
) -> None:
    from segmentry.scoring.score import read_any, score_table
    from segmentry.segmentation import counted_to
    from segmentry.store import load
    from segmentry.tables import ReadingSettings, check_output, check_target, write_rejects, write_table

    check_output(output.to, output.overwrite, output.into)
    for given in (source, orders):
        if isinstance(given, Path) and isinstance(output.to, Path) and _is_same(given, output.to):
            raise SettingsError("The output is the input.", found=str(given), remedy="Name another file with -o.")
    beside = output.to if isinstance(output.to, Path) else Path(output.into or "scored")
    rejects = beside.with_name(f"{beside.stem}.rejects.csv")
    steps = Steps(output.quiet or output.as_json)
    need = need_of(source)
    if need is not None:
        steps.rows, steps.estimated = need.rows, bool(need.text)
    with steps("read"):
        segmentation = counted_to(load(model), as_of)
        table, said = read_any(segmentation, source, orders, reading=ReadingSettings(**reading))
        if table.rejects:
            check_target(rejects, output.overwrite)
    with steps("score"):
        scored = score_table(segmentation, table)
        write_table(
            table,
            scored.frame,
            scored.added,
            output.to,
            overwrite=output.overwrite,
            for_spreadsheet=output.for_spreadsheet,
            into=output.into,
        )
        if table.rejects:
            write_rejects(table, rejects, overwrite=output.overwrite)
        elif output.overwrite and not any(isinstance(p, Path) and _is_same(p, rejects) for p in (source, orders)):
            _drop_older(rejects)
    _tell(segmentation, table, scored, said, rejects, output)


def _tell(
    segmentation: Segmentation,
    table: Table,
    scored: Scored,
    said: tuple[Notice, ...],
    rejects: Path,
    output: _Output,
) -> None:
    notices = (*said, *scored.notices)
    if output.as_json:
        summary = {
            "rows_present": table.rows_present,
            "rows_read": table.rows_read,
            "rows_rejected": table.rows_rejected,
            "segments": scored.counts,
            "warnings": [{"code": n.code, "message": n.message} for n in notices],
        }
        say(json.dumps(summary, indent=2, ensure_ascii=False))
        return
    warn(notices, output.quiet)
    if output.quiet:
        return
    names = {s.id: s.name for s in segmentation.segments}
    rejected = f" ({plural(table.rows_rejected, 'row')} rejected: {rejects})" if table.rows_rejected else ""
    say(f"{plural(table.rows_read, 'customer')} placed{rejected}: {shown(output.to, output.into)}")
    for segment, n in scored.counts.items():
        say(f"  {segment:<8}{inert(names.get(segment, segment))}: {n:,}")
