"""Tables out again: the kind that came in, every cell as it was, new columns after the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from segmentry.errors import OutputError
from segmentry.tables import numbers
from segmentry.tables.names import ROW, free_names
from segmentry.tables.table import Table
from segmentry.tables.writing import atomically

# A cell that a spreadsheet would run: these characters first, also behind white space or as wide forms.
_FORMULA = r"^\s*[=+\-@＝＋－＠]|^[\t\r\n]"
_CSV, _PARQUET = (".csv", ".txt"), (".parquet", ".pq")


def deliver(table: Table, frame: nw.LazyFrame[Any], added: Sequence[str]) -> Any:
    """The table as the kind that came in (a path gives a Polars frame), with the columns `added` of `frame`.

    Columns of the source are as they were and come first; a new column whose name is taken gets a trailing `_`.
    """
    restored = _restored(table, frame, added)
    if table.source_kind == "polars-lazy":
        return _wrapped(restored.drop(ROW, strict=False), table.origin)
    names = free_names(added, table.names)
    collected = restored.collect(engine="streaming")
    new = collected.select(list(names.values()))
    native = nw.to_native(table.origin, pass_through=True)
    if table.source_kind == "pandas":
        return _wrapped(_with_pandas(native, collected[ROW], new), table.origin)
    if table.source_kind == "polars":
        return _wrapped(native[collected[ROW].to_list()].hstack(new), table.origin)
    return collected.drop(ROW)


def write_table(
    table: Table,
    frame: nw.LazyFrame[Any],
    added: Sequence[str],
    path: str | Path,
    *,
    overwrite: bool = False,
    for_spreadsheet: bool = False,
) -> None:
    """Write what `deliver` gives, as CSV or Parquet by the name's ending, whole or not at all.

    `for_spreadsheet` puts a ' before text cells that a spreadsheet would run; numbers stay numbers.
    """
    target = Path(path)
    _refuse_input(table, target)
    kind = target.suffix.lower()
    if kind not in _CSV + _PARQUET:
        raise OutputError(
            f"{target.name} is no kind of table that can be written.",
            found=kind or "no ending",
            remedy="Name a file that ends in .csv or .parquet.",
        )
    rows = _restored(table, frame, added).drop(ROW, strict=False)
    if for_spreadsheet:
        rows = _inert(rows)
    with atomically(target, overwrite=overwrite) as part:
        try:
            if kind in _CSV:
                rows.sink_csv(part)
            else:
                rows.sink_parquet(part, compression="zstd")
        except pl.exceptions.PolarsError as error:
            raise OutputError(
                f"{target} could not be written.",
                found=type(error).__name__,
                remedy="Nested columns need Parquet; otherwise look for free space.",
            ) from error


def _restored(table: Table, frame: nw.LazyFrame[Any], added: Sequence[str]) -> pl.LazyFrame:
    """The source's columns as they were, then the new ones, then the hidden row number; in the source's order."""
    rows: pl.LazyFrame = nw.to_native(frame).lazy()
    names = free_names(added, table.names)
    clashing = {old: new for old, new in names.items() if old != new}
    if clashing:
        # The caller's column has taken the place of the source's, which is fetched again.
        own = [c.name for c in table.columns if c.name in clashing and c.raw is None]
        rows = rows.rename(clashing)
        original: pl.LazyFrame = nw.to_native(table.frame)
        if own:
            rows = rows.join(original.select(ROW, *own), on=ROW, how="left", maintain_order="left")
    present = rows.collect_schema().names()
    if ROW in present:
        # Lazy engines promise no order after a join; on sorted rows this costs next to nothing.
        rows = rows.sort(ROW)
    columns = [pl.col(c.raw or c.name).alias(c.name) for c in table.columns]
    hidden = [pl.col(ROW)] if ROW in present else []
    return rows.select(*columns, *[pl.col(new) for new in names.values()], *hidden)


def _with_pandas(origin: Any, rows: pl.Series, new: pl.DataFrame) -> Any:
    out = origin.iloc[rows.to_numpy()].copy()
    for series in new.iter_columns():
        numeric = series.dtype.is_numeric() or series.dtype == pl.Boolean
        out[series.name] = series.to_numpy() if numeric else series.to_list()
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
            runs = text.str.contains(_FORMULA) & ~number
            cells.append(pl.when(runs).then(pl.lit("'") + text).otherwise(text).alias(name))
    heads = {name: "'" + name for name in schema if name.startswith(("=", "+", "-", "@", "\t", "\r"))}
    return rows.with_columns(cells).rename(heads)


def _refuse_input(table: Table, target: Path) -> None:
    origin = table.origin
    if isinstance(origin, Path) and target.exists() and origin.exists() and target.samefile(origin):
        raise OutputError(f"{target} is the input.", remedy="Name another file; the input is never overwritten.")
