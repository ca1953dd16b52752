"""`segmentry score`: new customers, or one, into the segments of a model."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from segmentry.cli.budget import need_of
from segmentry.cli.reading_options import AS_OF, SOURCE_HELP, refuse_beside, shown, takes_reading
from segmentry.cli.streams import STDOUT, Stream, arrivals, standard_output, stream_of
from segmentry.cli.terminal import Steps, inert, remark, say, warn
from segmentry.errors import Notice, SettingsError, plural

if TYPE_CHECKING:
    from segmentry.scoring.score import Scored
    from segmentry.segmentation import Segmentation
    from segmentry.tables import Table

_TOLD = 3  # rejected rows, where no list of them is kept


@dataclass(frozen=True)
class _Output:
    """Where scored customers go, how they are written, and what is said of it."""

    to: str | Path | None  # None is standard output
    into: str | None  # table of the database that `to` is
    rejects: Path | None  # where rows are listed that cannot be used; None lists them nowhere
    rejects_named: bool
    overwrite: bool
    for_spreadsheet: bool
    as_json: bool
    quiet: bool

    def say(self, text: str) -> None:
        """Where the table goes to standard output, nothing else does."""
        (remark if self.to is None else say)(text)


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
        help="Where to write them with their segments: a file (.csv, .parquet, .xlsx, .jsonl, .arrow), "
        "a table of a database (sqlite:///out.db?table=scored), or - for standard output, as CSV.",
    ),
    into: str = typer.Option(None, "--into", help="Table of the database that -o names."),
    rejects: Path | None = typer.Option(
        None,
        "--rejects",
        help="File for the list of rows that cannot be used, instead of NAME.rejects.csv beside the output; with -o - "
        "they are told and listed nowhere else.",
    ),
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
        others = {"-o": output, "--into": into, "--rejects": rejects, "--for-spreadsheet": for_spreadsheet}
        refuse_beside("--set", others, reading)
        _score_one(model, given, as_of, as_json)
        return
    if output is None:
        raise typer.BadParameter("Say with -o where to write the customers and their segments.")
    from segmentry.cli.orders import log_and_customers

    log, table = log_and_customers(source, orders, customers)
    to = _target(output)
    if to is None:
        refuse_beside(f"-o {output}", {"--into": into}, {})
    if into is None and isinstance(to, str) and isinstance(table, Path | Stream) and "table" in reading:
        into = reading.pop("table")
    wanted = _Output(
        to=to,
        into=into,
        rejects=_rejects_beside(to, into) if rejects is None else rejects,
        rejects_named=rejects is not None,
        overwrite=overwrite,
        for_spreadsheet=for_spreadsheet,
        as_json=as_json,
        quiet=quiet,
    )
    _score_file(model, table, log, as_of, reading, wanted)


def _target(output: str) -> str | Path | None:
    if output in (STDOUT, "/dev/stdout"):
        return None
    if stream_of(output) is not None:
        raise typer.BadParameter(f"{output} is a pipe. Pass -o - and send standard output there.")
    return output if "://" in output else Path(output)


def _rejects_beside(to: str | Path | None, into: str | None) -> Path | None:
    if to is None:
        return None
    beside = to if isinstance(to, Path) else Path(into or "scored")
    return beside.with_name(f"{beside.stem}.rejects.csv")


def _is_same(source: object, output: object) -> bool:
    if not isinstance(output, Path) or not output.exists():
        return False
    if isinstance(source, Stream):
        return source.is_file(output)
    return isinstance(source, Path) and source.exists() and output.samefile(source)


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
    source: str | Path | Stream | None,
    orders: str | Path | Stream | None,
    as_of: date | None,
    reading: dict[str, Any],
    output: _Output,
) -> None:
    from segmentry.scoring.score import read_any, score_table
    from segmentry.segmentation import counted_to
    from segmentry.store import load
    from segmentry.tables import ReadingSettings, check_output, write_rejects, write_table

    if output.to is not None:
        check_output(output.to, output.overwrite, output.into)
    for given in (source, orders):
        if _is_same(given, output.to):
            raise SettingsError("The output is the input.", found=str(output.to), remedy="Name another file with -o.")
    if output.rejects_named:
        _check_rejects(output, source, orders)
    steps, settings = Steps(output.quiet or output.as_json), ReadingSettings(**reading)
    segmentation = counted_to(load(model), as_of)
    with arrivals(steps) as arrive:
        table_at, orders_at = arrive(source), arrive(orders)
        need = need_of(table_at)
        if need is not None:
            steps.rows, steps.estimated = need.rows, bool(need.text)
        with steps("read"):
            table, said = read_any(segmentation, table_at, orders_at, reading=settings)
            if table.rejects:
                _check_rejects(output, source, orders)
        with standard_output(".csv") if output.to is None else nullcontext(output.to) as to, steps("score"):
            scored = score_table(segmentation, table)
            write_table(
                table,
                scored.frame,
                scored.added,
                to,
                overwrite=output.overwrite,
                for_spreadsheet=output.for_spreadsheet,
                into=output.into,
            )
            if output.rejects is not None:
                if table.rejects:
                    write_rejects(table, output.rejects, overwrite=output.overwrite)
                elif output.overwrite and not any(_is_same(given, output.rejects) for given in (source, orders)):
                    _drop_older(output.rejects)
    _tell(segmentation, table, scored, said, output)


def _check_rejects(output: _Output, *sources: object) -> None:
    """Raises an error where the list of rejected rows cannot be written, or would take the place of something else."""
    from segmentry.tables import check_target

    if output.rejects is None:
        return
    check_target(output.rejects, output.overwrite)
    taken = any(_is_same(given, output.rejects) for given in sources)
    if taken or output.rejects == output.to or _is_same(output.to, output.rejects):
        raise SettingsError(
            f"The list of rejected rows would take the place of the {'input' if taken else 'output'}.",
            found=str(output.rejects),
            remedy="Name another file with --rejects.",
        )


def _tell(
    segmentation: Segmentation,
    table: Table,
    scored: Scored,
    said: tuple[Notice, ...],
    output: _Output,
) -> None:
    notices = (*said, *scored.notices)
    lost = _lost(table) if table.rejects and output.rejects is None else ()
    if output.as_json:
        summary = {
            "rows_present": table.rows_present,
            "rows_read": table.rows_read,
            "rows_rejected": table.rows_rejected,
            "rejects": str(output.rejects) if table.rejects and output.rejects is not None else None,
            "segments": scored.counts,
            "warnings": [{"code": n.code, "message": n.message} for n in (*notices, *lost)],
        }
        output.say(json.dumps(summary, indent=2, ensure_ascii=False))
        return
    warn(notices, output.quiet)
    warn(lost, quiet=False)
    if output.quiet:
        return
    names = {s.id: s.name for s in segmentation.segments}
    listed = f": {output.rejects}" if output.rejects is not None else ""
    rejected = f" ({plural(table.rows_rejected, 'row')} rejected{listed})" if table.rows_rejected else ""
    place = "standard output" if output.to is None else shown(output.to, output.into)
    output.say(f"{plural(table.rows_read, 'customer')} placed{rejected}: {place}")
    for segment, n in scored.counts.items():
        output.say(f"  {segment:<8}{inert(names.get(segment, segment))}: {n:,}")


def _lost(table: Table) -> tuple[Notice, ...]:
    """What is said of rejected rows that are listed nowhere, to the quiet as well."""
    some = "; ".join(
        f"line {reject.line}{f', column {reject.column!r}' if reject.column else ''}: {reject.reason}"
        for reject in table.rejects[:_TOLD]
    )
    more = f"; and {table.rows_rejected - _TOLD:,} more" if table.rows_rejected > _TOLD else ""
    text = f"{plural(table.rows_rejected, 'row')} cannot be used and are not in the output ({some}{more})."
    return (Notice("rejected-rows", f"{text} --rejects rejects.csv lists each."),)
