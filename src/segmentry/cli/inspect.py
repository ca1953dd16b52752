"""`segmentry inspect`: what is in a file and what is wrong with it, before segments are sought."""

from __future__ import annotations

import json
import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import typer

from segmentry.cli.reading_options import SOURCE_HELP, shown, takes_reading
from segmentry.cli.streams import a_folder, arrivals
from segmentry.cli.terminal import Steps, cut, inert, say

WIDTH = 80


@takes_reading
def inspect(
    source: str = typer.Argument(None, help=f"Customers, a row for each, or their orders. {SOURCE_HELP}"),
    orders: str = typer.Option(None, "--orders", help="Orders or order lines, a row for each, instead of SOURCE."),
    customers: str = typer.Option(None, "--customers", help="A SOURCE whose rows are customers and no orders."),
    output: Path = typer.Option(
        None,
        "-o",
        "--output",
        callback=a_folder,
        help="Folder for inspect.html and segmentry.toml; without it they are not written.",
    ),
    features: str = typer.Option(None, "--features", help="Columns or derived features to cluster on, with commas."),
    as_of: datetime | None = typer.Option(
        None, "--as-of", formats=["%Y-%m-%d"], help="Day that ages and recencies count to."
    ),
    id_column: str = typer.Option(None, "--id", help="Column that identifies a customer."),
    config: Path = typer.Option(None, "--config", help="segmentry.toml with roles and settings."),
    reading: dict[str, Any] = {},  # noqa: B006
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace the page and the settings of an earlier look."),
    as_json: bool = typer.Option(False, "--json", help="Print what was found as JSON and nothing else."),
    quiet: bool = typer.Option(False, "--quiet", help="Print errors only."),
) -> None:
    """Look at SOURCE before fitting: what each column is, what is wrong with it, and a segmentry.toml to edit."""
    from segmentry.cli.config import settings_from
    from segmentry.cli.orders import looked_at
    from segmentry.cli.pairs import split_list

    options: dict[str, Any] = {
        "features": split_list(features),
        "as_of": as_of.date() if as_of else None,
        "id": id_column,
    }
    settings = settings_from(config, options, reading, date.today())
    _inspect(looked_at(source, orders, customers), output, settings, config, overwrite, as_json, quiet)


def _inspect(
    source: Any,
    output: Path | None,
    settings: Any,
    config: Path | None,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    from segmentry.cli.orders import arrived, option_of, table_of
    from segmentry.exploration import inspect as look

    named = shown(table_of(source), settings.reading.table)
    option = option_of(source)
    steps = Steps(quiet or as_json)
    if output is not None:
        from segmentry.reports.inspection import check_inspection_folder

        check_inspection_folder(output, overwrite)
    with arrivals(steps) as arrive:
        source = arrived(source, arrive)
        with steps("roles"):
            inspection = look(source, settings=settings)
    written: tuple[Path, ...] = ()
    if output is not None:
        from segmentry.reports.inspection import write_inspection

        with steps("report"):
            written = write_inspection(
                inspection,
                output,
                stated=_stated(settings, config, output, option),
                source=named,
                overwrite=overwrite,
            )
    if as_json:
        say(json.dumps(summary(inspection), indent=2, ensure_ascii=False))
    elif not quiet:
        for line in told(inspection, named, written, option):
            say(line)


def _stated(settings: Any, config: Path | None, output: Path, option: str) -> Any:
    from segmentry.cli.config import apart_from_inspection
    from segmentry.reports.inspection_settings import Stated

    return Stated(
        k=settings.selection.k,
        seed=settings.selection.seed,
        id=settings.id,
        as_of=settings.as_of,
        features=settings.features,
        reading=settings.reading,
        names=settings.names,
        on_duplicate=settings.on_duplicate,
        orders=settings.orders,
        value=settings.value,
        more=apart_from_inspection(settings, config, output),
        option=option,
    )


def summary(inspection: Any) -> dict[str, object]:
    """What was found, for machines."""
    return {
        "rows_present": inspection.rows_present,
        "rows_read": inspection.rows_read,
        "rows_rejected": inspection.rows_rejected,
        "id": inspection.id_column,
        "as_of": inspection.as_of.isoformat() if inspection.as_of else None,
        "columns": [
            {k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()} for row in inspection.rows()
        ],
        "findings": [
            {
                "code": f.code,
                "severity": f.severity,
                "columns": list(f.columns),
                "message": f.message,
                "remedy": f.remedy,
                "figures": dict(f.figures),
            }
            for f in inspection.findings
        ],
        **({"orders": _orders_summary(inspection.orders)} if inspection.orders is not None else {}),
        "features": list(inspection.chosen),
        "left_out": [{"feature": part.feature, "reason": part.reason} for part in inspection.left_out],
    }


def _orders_summary(orders: Any) -> dict[str, object]:
    from segmentry.reports.summary import summarise_orders

    months = [asdict(m) for m in orders.months]
    return {**summarise_orders(orders.account), "amount_is": orders.recipe.amount_is, "months": months}


def told(inspection: Any, source: str, written: tuple[Path, ...], option: str = "") -> Iterator[str]:
    """What was found, for people: 80 columns wide, findings of one kind together. `option` stands before the source."""
    rejected = f", {inspection.rows_rejected:,} rejected" if inspection.rows_rejected else ", none rejected"
    yield from _wrapped(f"{inspection.rows_read:,} rows read from {inspection.source_name}{rejected}.", "")
    yield ""
    yield from _columns(inspection)
    yield from _orders(inspection)
    yield from _found(inspection)
    yield ""
    used = ", ".join(inspection.chosen) or "nothing was found to compare customers by"
    yield from _wrapped(f"A fit would cluster on: {used}", "", "  ")
    if inspection.as_of:
        yield f"Ages and recencies count to {inspection.as_of}."
    if written:
        yield f"Written: {', '.join(str(path) for path in written)}"
    yield ""
    yield from _next(option, source, written)


def _orders(inspection: Any) -> Iterator[str]:
    from segmentry.reports.orders import account_rows

    if inspection.orders is None:
        return
    yield ""
    yield "A row is a purchase, or a line of one:"
    rows = account_rows(inspection.orders.account, inspection.orders.recipe)
    wide = max(len(heading) for heading, _ in rows)
    for heading, value in rows:
        yield f"  {heading:<{wide}}  {value}"


def _columns(inspection: Any) -> Iterator[str]:
    widest = max(len(inert(c.name)) for c in inspection.columns)
    name_width = min(26, max(widest, 6))
    role_width = max(len(c.role) for c in inspection.columns) + 1
    yield f"{'Column':<{name_width}}  {'Role':<{role_width}}  Why and how it was read"
    for c in inspection.columns:
        gaps = f"; {c.n_missing:,} empty" if c.n_missing else ""
        reason = f"{_short(c.reason)}; {c.how}{gaps}"
        doubt = "?" if not c.confident else ""
        start = f"{cut(inert(c.name), name_width):<{name_width}}  {c.role + doubt:<{role_width}}  "
        yield from _wrapped(reason, start, " " * len(start))
    if any(not c.confident for c in inspection.columns):
        yield "A role with ? is a guess."


def _short(reason: str) -> str:
    """
    >>> _short("the name says 'year birth'; whole numbers from 1893 to 1996")
    "name 'year birth'; 1893 to 1996"
    """
    return re.sub(r"\b(whole numbers|numbers|dates) from (?=\S+ to )", "", reason.replace("the name says", "name"))


def _found(inspection: Any) -> Iterator[str]:
    from segmentry.reports.inspection import groups

    found = groups(inspection)
    if not found:
        yield ""
        yield "Nothing in the data asks for a word of caution."
    for group in found:
        yield ""
        yield f"{group.heading} ({group.n}):"
        for kind in group.kinds:
            for finding in kind.findings:
                yield from _wrapped(finding.message, "  - ", "    ")
            if kind.remedy:
                yield from _wrapped(kind.remedy, "    > ", "      ")


def _next(option: str, source: str, written: tuple[Path, ...]) -> Iterator[str]:
    source = option + shlex.quote(inert(source))
    if written:
        page, settings = (shlex.quote(str(path)) for path in written)
        yield f"Next: open {page}, edit {settings} if need be, then"
        yield f"  segmentry fit {source} --config {settings} -o segments/"
    else:
        yield f"Next: segmentry inspect {source} -o look/    for pictures and a segmentry.toml to edit,"
        yield f"  or  segmentry fit {source} -o segments/"


def _wrapped(text: str, first: str, later: str = "") -> list[str]:
    # A figure stays on one line with its sign.
    whole = inert(text).replace(" %", "\u00a0%")
    lines = textwrap.wrap(whole, WIDTH, initial_indent=first, subsequent_indent=later, break_on_hyphens=False)
    return [line.replace("\u00a0%", " %") for line in lines] or [first]
