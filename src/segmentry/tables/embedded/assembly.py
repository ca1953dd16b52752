"""From a source's columns to a Table: typed, with the cells as they were beside them, and every row accounted for."""

from __future__ import annotations

import shlex
import shutil
import weakref
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl

from segmentry.errors import InputError, Notice, plural
from segmentry.tables.embedded.moments import find_moments
from segmentry.tables.embedded.native import as_text, is_text, is_usable, own_kind, type_native
from segmentry.tables.embedded.typing import Typed, far_dates, spikes, text_as_told, type_text
from segmentry.tables.masking import FEWEST_TOLD, shown
from segmentry.tables.names import ROW, check_names, raw_name
from segmentry.tables.scratch import scratch_folder
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Column, Reading, Reject, SourceKind, Table

# Sources of which some rows are had without reading, or computing, all.
_ROWS_AT_HAND = ("parquet", "arrow", "polars", "pandas", "pyarrow")
_MOST_WORDS = 4  # that an error names

Keep = Callable[[pl.LazyFrame], pl.LazyFrame]


class Scratch(type(Path())):  # type: ignore[misc]
    """A folder that lasts as long as any table holds it: a copy of a table shares it with the original."""


@contextmanager
def new_scratch() -> Iterator[Scratch]:
    """Such a folder, of which nothing stays on disk where the block fails."""
    scratch = Scratch(scratch_folder())
    try:
        yield scratch
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


@dataclass(frozen=True)
class Source:
    """A source's columns as they are. `lines[i]` is the physical line of row i; None where a row is its own line.

    `keep` says where the typed rows live: in memory, in the scratch folder, or nowhere until asked for.
    `judged` is False where all columns are known beforehand and nobody asks what is odd about them: then they are
    looked at no more than their values need.
    Of one that is `whole` no row is set aside: cells that do not fit count as missing.
    Numbers of `unseen` columns are not looked at: whoever computes with them does.
    """

    frame: pl.LazyFrame
    kind: SourceKind
    name: str
    keep: Keep
    present: int | None = None
    lines: np.ndarray[Any, np.dtype[np.int64]] | None = None
    rejects: tuple[Reject, ...] = ()
    notices: tuple[Notice, ...] = ()
    origin: Any = None
    how: str = ""
    scratch: Scratch | None = None
    judged: bool = True
    whole: bool = False
    unseen: frozenset[str] = frozenset()


def in_memory(frame: pl.LazyFrame) -> pl.LazyFrame:
    return frame.collect().lazy()


def as_it_is(frame: pl.LazyFrame) -> pl.LazyFrame:
    return frame


def assemble(
    source: Source,
    settings: ReadingSettings,
    expected: Mapping[str, Reading],
    only: Collection[str] | None = None,
) -> Table:
    """Type every column, or those of `only`, over all rows, set aside the rows that do not fit, and stop when these are
    too many."""
    schema = source.frame.collect_schema()
    check_names(list(schema), source.name)
    read = {name: dtype for name, dtype in schema.items() if only is None or name in only}
    frame, preset, moments = _as_expected(source.frame, read, settings, expected)
    present = source.present
    if present is None:
        present = int(frame.select(pl.len()).collect(engine="streaming").item())
    made, said = _columns(frame, source, read, preset, settings, expected, present)
    spare = {name: Typed(Column.unread(name), pl.col(name)) for name in schema if name not in read}
    typed = [spare[name] if name in spare else made[name] for name in schema]
    notices = [*source.notices, *moments, *said]
    if only is None:
        notices += _of_no_column(settings, list(schema), source.name)
    numbered = frame.with_row_index(ROW)
    rejects = _rejects(numbered, typed, source.lines)
    every = tuple(sorted((*source.rejects, *rejects), key=lambda r: r.line))
    _check_share(every, present, settings, source.name, {n for n in preset if own_kind(read[n]) == "date"})
    if source.whole and rejects:
        typed, said = _as_missing(frame, typed)
        notices += said
        every, rejects = (), []
    if not present:
        notices.append(Notice("no-rows", f"{source.name} has a header and no rows."))
    kept = source.keep(_typed_frame(numbered, typed, preset, bool(rejects)))
    if source.judged:
        notices += spikes(kept, typed, some_bad=bool(rejects))
        notices += far_dates(kept, [t.column.name for t in typed if t.column.reading.kind == "date"])
    table = Table(
        frame=nw.from_native(kept),
        columns=tuple(t.column.with_missing(settings.missing_in(expected.get(t.column.name))) for t in typed),
        rows_present=present,
        rows_read=present - len(every),
        source_kind=source.kind,
        source_name=source.name,
        rejects=every,
        notices=tuple(notices),
        missing=settings.missing,
        origin=source.origin,
        how=source.how,
        scratch=source.scratch,
    )
    if source.scratch is not None:
        weakref.finalize(source.scratch, shutil.rmtree, str(source.scratch), ignore_errors=True)
    return table


def _columns(
    frame: pl.LazyFrame,
    source: Source,
    schema: Mapping[str, Any],
    preset: set[str],
    settings: ReadingSettings,
    expected: Mapping[str, Reading],
    present: int,
) -> tuple[dict[str, Typed], list[Notice]]:
    """The typed columns by name, and what was unusual about them; those of `preset` were made text."""
    texts = [name for name in schema if is_text(schema[name]) or name in preset]
    native = {name: dtype for name, dtype in schema.items() if name not in texts}
    told = [] if source.judged else [n for n in texts if n in expected and expected[n].kind == "text"]
    others = [n for n in texts if n not in told]
    made, notices = type_text(frame, others, settings, expected, present if source.kind in _ROWS_AT_HAND else None)
    made += [text_as_told(name, settings.missing_in(expected[name])) for name in told]
    more, said = type_native(frame, native, settings, expected, source.unseen)
    # Columns that were turned to text, and categories, differ from the source's own even when no cell does.
    changed = preset | {name for name in texts if schema[name] != pl.String}
    typed = [_with_raw(t) if t.column.name in changed else t for t in (*made, *more)]
    return {t.column.name: t for t in typed}, [*notices, *said]


def _as_expected(
    frame: pl.LazyFrame, schema: Mapping[str, Any], settings: ReadingSettings, expected: Mapping[str, Reading]
) -> tuple[pl.LazyFrame, set[str], list[Notice]]:
    """Columns that must be read as another kind than their own become text first, and so do moments counted from 1970,
    with a word on each; their own cells are kept."""
    kinds = {name: expected[name].kind if name in expected else settings.types.get(name) for name in schema}
    dated = {name for name, kind in kinds.items() if kind == "date"} | set(settings.date_formats)
    settled = {name for name, kind in kinds.items() if kind not in (None, "date")}
    moments = find_moments(frame, schema, dated, settled)
    preset: set[str] = set()
    for name, dtype in schema.items():
        wanted = kinds[name]
        if wanted is not None and not is_text(dtype) and is_usable(dtype) and wanted != own_kind(dtype):
            preset.add(name)
    changed: list[pl.Expr] = []
    for name in schema:
        if name in moments:
            changed += [pl.col(name).alias(raw_name(name)), moments[name].days.alias(name)]
        elif name in preset:
            changed += [pl.col(name).alias(raw_name(name)), as_text(name, schema[name]).alias(name)]
    said = [found.notice for name, found in moments.items() if name not in expected]
    return (frame.with_columns(changed) if changed else frame), preset | moments.keys(), said


def _with_raw(typed: Typed) -> Typed:
    column = typed.column
    return replace(typed, column=replace(column, raw=column.raw or raw_name(column.name)))


def _typed_frame(numbered: pl.LazyFrame, typed: list[Typed], preset: set[str], some_bad: bool) -> pl.LazyFrame:
    raws = [
        pl.col(t.column.raw if t.column.name in preset else t.column.name).alias(t.column.raw)
        for t in typed
        if t.column.raw is not None
    ]
    frame = numbered
    if some_bad:
        conditions = [t.bad.fill_null(value=False) for t in typed if t.bad is not None]
        frame = frame.filter(~pl.any_horizontal(conditions))
    return frame.select(*[t.value.alias(t.column.name) for t in typed], *raws, pl.col(ROW).cast(pl.Int64))


def _rejects(numbered: pl.LazyFrame, typed: list[Typed], lines: Any) -> list[Reject]:
    """One reject for each row with a cell that does not fit, naming the first such cell."""
    doubtful = [(i, t, t.bad.fill_null(value=False)) for i, t in enumerate(typed) if t.bad is not None]
    if not doubtful:
        return []
    flags = [bad.alias(f"bad {i}") for i, _, bad in doubtful]
    cells = [pl.col(t.column.name).cast(pl.String).str.strip_chars().alias(f"cell {i}") for i, t, _ in doubtful]
    found = numbered.select(ROW, *flags, *cells).filter(pl.any_horizontal([f"bad {i}" for i, _, _ in doubtful]))
    out: list[Reject] = []
    for row in found.collect(engine="streaming").sort(ROW).iter_rows(named=True):
        i, first = next((i, t) for i, t, _ in doubtful if row[f"bad {i}"])
        line = int(lines[row[ROW]]) if lines is not None else row[ROW] + 1
        out.append(Reject(line, first.column.name, first.reason, row[f"cell {i}"] or ""))
    common = Counter(reject.value for reject in out)
    return [replace(reject, value=shown(reject.value, common[reject.value])) for reject in out]


def _as_missing(frame: pl.LazyFrame, typed: list[Typed]) -> tuple[list[Typed], list[Notice]]:
    """The columns with nothing in place of each cell that does not fit, and how many these were."""
    bad = {t.column.name: t.bad.fill_null(value=False) for t in typed if t.bad is not None}
    counts = frame.select(b.sum().alias(name) for name, b in bad.items()).collect(engine="streaming").row(0, named=True)
    made, notices = [], []
    for t in typed:
        n = counts.get(t.column.name, 0)
        if n:
            column = replace(t.column, raw=t.column.raw or raw_name(t.column.name), n_unfit=n)
            made.append(Typed(column, pl.when(~bad[column.name]).then(t.value)))
            count = "counts" if n == 1 else "count"
            text = f"{plural(n, 'cell')} of '{column.name}' cannot be used ({t.reason}) and {count} as missing."
            notices.append(Notice("unfit-cells", text))
        else:
            made.append(t)
    return made, notices


def _check_share(
    rejects: tuple[Reject, ...], present: int, settings: ReadingSettings, name: str, dated: Collection[str]
) -> None:
    """Raises InputError where too many rows do not fit. `dated` columns are dates by their own type and wanted
    as numbers: no way of writing mends that."""
    if not present or len(rejects) <= settings.max_rejected_share * present:
        return
    of_dates = [r.column for r in rejects if r.column in dated]
    if of_dates:
        raise InputError(
            f"'{of_dates[0]}' is wanted as numbers and holds dates in {name}.",
            found=plural(of_dates.count(of_dates[0]), "date"),
            remedy="Give it as numbers; look whether another column has its name.",
            code="column-kind",
        )
    some = "; ".join(
        f"line {r.line}{f', column {r.column!r}' if r.column else ''}: {r.reason} ({r.value})" for r in rejects[:3]
    )
    most = f"{100 * settings.max_rejected_share:.0f}"
    words = _common_words(rejects)
    named = f" ({' '.join(f'--missing {shlex.quote(word)}' for word in words)})" if words else ""
    raise InputError(
        f"{len(rejects)} of {present} rows of {name} cannot be used, more than {most} %.",
        found=some + (f"; and {len(rejects) - 3} more" if len(rejects) > 3 else ""),
        remedy=f"Correct these rows, {_other_forms(rejects)}name words that mean 'missing' with --missing{named}, or "
        "allow a larger share (--max-rejected).",
        code="too-many-rejects",
    )


def _common_words(rejects: tuple[Reject, ...]) -> list[str]:
    """Words that stand in many of the cells that are no numbers or dates, the commonest first."""
    common = Counter(r.value for r in rejects if r.value.replace(" ", "").replace("_", "").isalpha())
    return [word for word, n in common.most_common(_MOST_WORDS) if n >= FEWEST_TOLD]


def _other_forms(rejects: tuple[Reject, ...]) -> str:
    """The options for numbers and dates that are right and written in another way than was expected."""
    options = [
        option
        for begins, option in (("not a finite number", "--decimal"), ("not a date", "--date-format"))
        if any(reject.reason.startswith(begins) for reject in rejects)
    ]
    return f"say how they are written with {' and '.join(options)}, " if options else ""


def _of_no_column(settings: ReadingSettings, names: list[str], source: str) -> list[Notice]:
    stated = dict.fromkeys([*settings.types, *settings.decimals, *settings.date_formats])
    missing = ", ".join(f"'{name}'" for name in stated if name not in names)
    if not missing:
        return []
    return [Notice("unknown-column", f"The settings say how to read {missing}, and {source} has no such column.")]
