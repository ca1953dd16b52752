"""Options that say how a table is to be read: stated once, taken by every command that reads one."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import quote

import typer

from segmentry.cli.streams import Stream, stream_of

SOURCE_HELP = (
    "A file (CSV in any usual form, also .gz; Parquet, Excel, JSON lines, Arrow), "
    "a database (sqlite:///shop.db, duckdb:///shop.duckdb, postgresql://host/shop), or - for standard input."
)
AS_OF = "Day that ages, tenures and orders count to, YYYY-MM-DD; that of the fit unless stated."

# The commands' names for settings that are called otherwise in ReadingSettings.
_CALLED = {"max_rejected": "max_rejected_share"}


def reading_options(
    sheet: str | None = typer.Option(None, "--sheet", help="Sheet of an Excel file that has several."),
    table: str | None = typer.Option(None, "--table", help="Table of a database."),
    query: str | None = typer.Option(None, "--query", help='Rows of a database: "select ... from ...".'),
    header: bool | None = typer.Option(None, "--header/--no-header", help="Whether the first line names the columns."),
    columns: str | None = typer.Option(None, "--columns", help="Names for a text file without a header, with commas."),
    separator: str | None = typer.Option(None, "--separator", help='Between fields: ",", ";", tab, "|".'),
    encoding: str | None = typer.Option(None, "--encoding", help="Encoding of the file, for example cp1252."),
    decimal: str | None = typer.Option(None, "--decimal", help='Decimal mark of numbers: "." or ",".'),
    date_format: str | None = typer.Option(
        None, "--date-format", help='How dates are written: DD-MM-YYYY, or "YYYY-MM-DD or DD.MM.YYYY".'
    ),
    missing: list[str] = typer.Option([], "--missing", help='A cell that means "not known": --missing -999.'),
    max_rejected: float | None = typer.Option(
        None, "--max-rejected", help="Share of rows that may be rejected (0.05)."
    ),
) -> None:
    """Never called: its parameters are the options."""


def takes_reading(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameter `reading`, a mapping of settings by name, becomes the options above."""
    return takes(reading=reading_options)(command)


def takes(**groups: Callable[..., None]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command with a parameter for each group, a mapping by name, in whose place the options of the group are.

    Only options that were given are in the mapping, so that a settings file can state the others.
    """
    options = {group: _parameters(stated) for group, stated in groups.items()}

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        parameters = [p for own in _parameters(command) for p in options.get(own.name, [own])]

        @functools.wraps(command)
        def run(**given: Any) -> None:
            for group, shared in options.items():
                stated = {p.name: given.pop(p.name) for p in shared}
                given[group] = {_CALLED.get(n, n): _plain(v) for n, v in stated.items() if v is not None and v != []}
            command(**given)

        keywords = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
        run.__signature__ = inspect.Signature(keywords, return_annotation=None)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in keywords}
        return run

    return decorated


def _parameters(command: Callable[..., None]) -> list[inspect.Parameter]:
    hints = get_type_hints(command)
    return [p.replace(annotation=hints[name]) for name, p in inspect.signature(command).parameters.items()]


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def refuse_beside(option: str, others: Mapping[str, object], reading: Mapping[str, object]) -> None:
    """Raises BadParameter for an option that was given and would be passed over beside `option`."""
    given = [name for name, value in others.items() if value not in (None, False, [])]
    given += [f"--{name.removesuffix('_share').replace('_', '-')}" for name in reading]
    if given:
        raise typer.BadParameter(f"{' and '.join(given)} cannot be used with {option}: leave one of them out.")


def source_of(text: str) -> str | Path | Stream:
    """A database stays the text it is, `-` is standard input, anything else is a path; nothing is not the folder one is
    in.

    >>> source_of("sqlite:///shop.db"), source_of("shop.csv").name
    ('sqlite:///shop.db', 'shop.csv')
    """
    stream = stream_of(text)
    if stream is not None:
        return stream
    return Path(text) if text.strip() and "://" not in text else text


def shown(place: str | Path | Stream, table: str | None = None) -> str:
    """A path or an address as it may be printed and given again: never with a password."""
    if isinstance(place, Stream):
        return place.text
    if isinstance(place, Path):
        return str(place)
    from segmentry.tables.database.address import parse

    address = parse(place)
    named = table or address.table
    return f"{address.shown}?table={quote(named)}" if named else address.shown
