"""Tables out again: the kind that came in, every cell as it was, new columns after the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from segmentry.errors import OutputError, system_error
from segmentry.tables import numbers
from segmentry.tables.database.address import is_address
from segmentry.tables.embedded.plain import in_words
from segmentry.tables.embedded.sheets import write_workbook
from segmentry.tables.embedded.tablewriting import check_database, write_database
from segmentry.tables.embedded.typing import type_where_all_fit
from segmentry.tables.engines import WAREHOUSES
from segmentry.tables.inert import FORMULA, inert_cell
from segmentry.tables.names import ROW, free_names
from segmentry.tables.table import Table
from segmentry.tables.warehouse import deliver_warehouse
from segmentry.tables.writing import atomically, check_target

_ENDINGS = {
    ".csv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow", ".xlsx": "xlsx",
}  # fmt: skip

_TYPED = ("xlsx", "jsonl")
_BINARY = ("parquet", "arrow")  # which hold cells of every type


def deliver(table: Table, frame: nw.LazyFrame[Any], added: Sequence[str]) -> Any:
    """The table as the kind that came in (a path gives a Polars frame), with the columns `added` of `frame`.

    Columns of the source are as they were and come first; a new column whose name is taken gets a trailing `_`.
    """
    if table.source_kind in WAREHOUSES:
        return deliver_warehouse(table, frame, added)
    restored = _restored(table, frame, added)
    if table.source_kind == "polars-lazy":
        return _wrapped(restored.drop(ROW, strict=False), table.origin)
    names = free_names(added, table.names)
    collected = restored.collect(engine="streaming")
    if ROW in collected.columns and not collected[ROW].is_sorted():
        collected = collected.sort(ROW)
    new = collected.select(list(names.values()))
    native = nw.to_native(table.origin, pass_through=True)
    if table.source_kind == "pandas":
        return _wrapped(_with_pandas(native, collected[ROW], new), table.origin)
    if table.source_kind == "pyarrow":
        return _with_pyarrow(native, collected[ROW], new)
    if table.source_kind == "polars":
        # In order and complete, as nearly always: then the rows need not be fetched one by one.
        kept = native if collected.height == native.height else native[collected[ROW]]
        return _wrapped(kept.hstack(new), table.origin)
    return collected.drop(ROW)


def write_table(
    table: Table,
    frame: nw.LazyFrame[Any],
    added: Sequence[str],
    path: str | Path,
    *,
    overwrite: bool = False,
    for_spreadsheet: bool = False,
    into: str | None = None,
) -> None:
    """Write what `deliver` gives, whole or not at all: the kind of file by the name's ending, or a database's table.

    Text files, Parquet and Arrow hold every cell as it was, text files with what is no text put in words (`in_words`);
    where cells have types of their own (Excel, JSON lines, a database), numbers and dates that came as text become
    numbers and dates. `for_spreadsheet` puts a ' before text cells that a spreadsheet would run, as Excel files always
    have it; numbers stay numbers. `into` names the table when `path` is the address of a database.
    """
    if is_address(path):
        rows = _typed(table, frame, added)
        rows = _inert(rows) if for_spreadsheet else rows
        write_database(rows, str(path), into, table.origin, overwrite=overwrite)
        return
    target = Path(path)
    kind = kind_of(target)
    _refuse_input(table, target)
    rows = _typed(table, frame, added) if kind in _TYPED else _restored(table, frame, added).drop(ROW, strict=False)
    if kind not in _BINARY:
        rows = in_words(rows, nested=kind != "jsonl")
    if kind == "xlsx":
        write_workbook(target, {"Customers": nw.from_native(rows)}, overwrite=overwrite)
        return
    if for_spreadsheet:
        rows = _inert(rows)
    with atomically(target, overwrite=overwrite) as part:
        try:
            _sink(rows, part, kind)
        except pl.exceptions.PolarsError as error:
            if system_error(error):
                raise
            raise OutputError(
                f"{target} could not be written.",
                found=type(error).__name__,
                remedy="Look for free space; Parquet holds columns of every type.",
            ) from error


def kind_of(target: Path) -> str:
    """The kind of table that a file's name asks for.

    >>> kind_of(Path("scored.xlsx"))
    'xlsx'
    """
    kind = _ENDINGS.get(target.suffix.lower())
    if kind is None:
        raise OutputError(
            f"{target.name} is no kind of table that can be written.",
            found=target.suffix or "no ending",
            remedy="Name a file that ends in .csv, .parquet, .xlsx, .jsonl or .arrow.",
        )
    return kind


def check_output(path: str | Path, overwrite: bool = False, into: str | None = None) -> None:
    """An error, before any work is done, when `write_table` could not write there."""
    if is_address(path):
        check_database(str(path), into, overwrite)
        return
    kind_of(Path(path))
    check_target(path, overwrite)


def _sink(rows: pl.LazyFrame, part: Path, kind: str) -> None:
    if kind == "csv":
        rows.sink_csv(part)
    elif kind == "jsonl":
        rows.sink_ndjson(part)
    elif kind == "arrow":
        rows.sink_ipc(part, compression="lz4", compat_level=pl.CompatLevel.oldest())
    else:
        # The lowest level takes as long as snappy and leaves a quarter less. Statistics would take a fifth of the time,
        # and help nobody: customers come in an order that no question asks for.
        rows.sink_parquet(part, compression="zstd", compression_level=1, statistics=False)


def typed_rows(table: Table, frame: nw.LazyFrame[Any], added: Sequence[str]) -> nw.LazyFrame[Any]:
    """The rows that `write_table` writes where cells have types, lazily, in the source's order."""
    return nw.from_native(in_words(_typed(table, frame, added)))


def _typed(table: Table, frame: nw.LazyFrame[Any], added: Sequence[str]) -> pl.LazyFrame:
    original: pl.LazyFrame = nw.to_native(table.frame)
    schema = original.collect_schema()
    read = [c.name for c in table.columns if c.reading.kind != "text" and schema[c.raw or c.name] == pl.String]
    unread = [c.name for c in table.columns if c.as_it_came and schema[c.name] == pl.String]
    more = type_where_all_fit(original, unread, table.missing)
    values = [t.value.alias(t.column.name) for t in more]
    original = original.with_columns(values)
    rows = _restored(table, frame, added, read).drop(ROW, strict=False).with_columns(values)
    columns = (*(c for c in table.columns if c.name in read), *(t.column for t in more))
    numeric = [c.name for c in columns if c.reading.kind == "number"]
    if not numeric:
        return rows
    whole = [((pl.col(n) == pl.col(n).floor()) & (pl.col(n).abs() <= numbers.LARGEST_EXACT)).all() for n in numeric]
    found = original.select(w.alias(n) for w, n in zip(whole, numeric, strict=True)).collect(engine="streaming")
    return rows.with_columns(pl.col(n).cast(pl.Int64) for n, all_whole in found.row(0, named=True).items() if all_whole)


def _restored(table: Table, frame: nw.LazyFrame[Any], added: Sequence[str], typed: Sequence[str] = ()) -> pl.LazyFrame:
    """The source's columns as they were, then the new ones, then the hidden row number; in the source's order.

    Columns in `typed` come as they were read instead.
    """
    rows: pl.LazyFrame = nw.to_native(frame).lazy()
    names = free_names(added, table.names)
    clashing = {old: new for old, new in names.items() if old != new}
    if clashing:
        # The caller's column has taken the place of the source's, which is fetched again.
        own = [c.name for c in table.columns if c.name in clashing and (c.raw is None or c.name in typed)]
        rows = rows.rename(clashing)
        original: pl.LazyFrame = nw.to_native(table.frame)
        if own:
            # Lazy engines promise no order after a join.
            rows = rows.join(original.select(ROW, *own), on=ROW, how="left").sort(ROW)
    present = rows.collect_schema().names()
    columns = [pl.col(c.name if c.name in typed else c.raw or c.name).alias(c.name) for c in table.columns]
    hidden = [pl.col(ROW)] if ROW in present else []
    return rows.select(*columns, *[pl.col(new) for new in names.values()], *hidden)


def _with_pandas(origin: Any, rows: pl.Series, new: pl.DataFrame) -> Any:
    out = origin.iloc[rows.to_numpy()].copy()
    for series in new.iter_columns():
        numeric = series.dtype.is_numeric() or series.dtype == pl.Boolean
        out[series.name] = series.to_numpy() if numeric else series.to_list()
    return out


def _with_pyarrow(origin: Any, rows: pl.Series, new: pl.DataFrame) -> Any:
    out = origin if len(rows) == origin.num_rows else origin.take(rows.to_arrow())
    for series in new.iter_columns():
        out = out.append_column(series.name, series.to_arrow())
    return out


def _wrapped(native: Any, origin: Any) -> Any:
    return (
        nw.from_native(native)
        if native is not None and nw.to_native(origin, pass_through=True) is not origin
        else native
    )


def _inert(rows: pl.LazyFrame) -> pl.LazyFrame:
    schema = rows.collect_schema()
    cells = []
    for name, dtype in schema.items():
        if dtype == pl.String or isinstance(dtype, (pl.Categorical, pl.Enum)):
            text = pl.col(name).cast(pl.String)
            trimmed = text.str.strip_chars()
            number = trimmed.str.contains(numbers.pattern(".")) | trimmed.str.contains(numbers.pattern(","))
            runs = text.str.contains(FORMULA) & ~number
            cells.append(pl.when(runs).then(pl.lit("'") + text).otherwise(text).alias(name))
    return rows.with_columns(cells).rename({name: inert_cell(name) for name in schema})


def _refuse_input(table: Table, target: Path) -> None:
    origin = table.origin
    if isinstance(origin, Path) and target.exists() and origin.exists() and target.samefile(origin):
        raise OutputError(f"{target} is the input.", remedy="Name another file; the input is never overwritten.")
