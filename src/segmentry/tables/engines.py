"""What one engine does otherwise than the others: the only list of such gaps.

Everything else is written once, as expressions that every engine runs. pandas and Arrow frames are read into the
embedded engine. A new engine is one more line here, and no `if` anywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl

from segmentry.tables.days import ordinal
from segmentry.tables.embedded.distinct import all_different
from segmentry.tables.names import ROW
from segmentry.tables.table import SourceKind

Lazy = nw.LazyFrame[Any]
Release = Callable[[], object]
Adder = Callable[[Lazy], Lazy]
Words = Mapping[str, tuple[str, Sequence[str]]]  # by new column: the column of places, and the text at each place
_MOST_PARTITIONS = 2**31 - 1


def _streamed(frame: Lazy) -> nw.DataFrame[Any]:
    # The streaming engine takes less memory, and less time on many rows.
    return nw.from_native(nw.to_native(frame).collect(engine="streaming"), eager_only=True)


def _streamed_together(frames: Sequence[Lazy]) -> list[nw.DataFrame[Any]]:
    # What the queries share, such as reading the file, is done once for all.
    found = pl.collect_all([nw.to_native(frame) for frame in frames], engine="streaming")
    return [nw.from_native(one, eager_only=True) for one in found]


def _fetched(frame: Lazy) -> nw.DataFrame[Any]:
    return frame.collect("polars")


def _fetched_in_turn(frames: Sequence[Lazy]) -> list[nw.DataFrame[Any]]:
    return [_fetched(frame) for frame in frames]


def _in_memory(frame: Lazy) -> tuple[Lazy, Release]:
    return _streamed(frame).lazy(), lambda: None


def _as_it_is(frame: Lazy) -> tuple[Lazy, Release]:
    # A relation gives no hold on its connection, and a table of ours in the user's database would be seen by others.
    return frame, lambda: None


def _on_the_cluster(frame: Lazy) -> tuple[Lazy, Release]:
    kept = nw.to_native(frame).persist()
    return nw.from_native(kept), kept.unpersist


def _quickly_all_different(frame: Lazy, column: str) -> bool:
    return all_different(nw.to_native(frame), column)


def _kept_by_row(made: Lazy) -> Adder:
    found = nw.to_native(_streamed(made))
    # A query of conditions between constants alone comes in any order, and so may others one day.
    if not found[ROW].is_sorted():
        found = found.sort(ROW)
    numbers = pl.select(pl.int_range(found[ROW].max() + 1 if len(found) else 0, dtype=found[ROW].dtype).alias(ROW))
    if len(found) < len(numbers):  # some rows were rejected
        found = numbers.join(found, on=ROW, how="left", maintain_order="left")
    kept = [pl.lit(column).gather(pl.col(ROW)).alias(column.name) for column in found.drop(ROW).iter_columns()]

    def add(frame: Lazy) -> Lazy:
        with_kept: Lazy = nw.from_native(nw.to_native(frame).with_columns(kept))
        return with_kept

    return add


def _not_told(_frame: Lazy, _column: str) -> bool:
    return False


def _no_cut(frame: Lazy) -> Lazy:
    return frame


def _cut_program(frame: Lazy) -> Lazy:
    # To no more partitions than there are: no row moves, and programs do not reach across this step.
    apart: Lazy = nw.from_native(nw.to_native(frame).coalesce(_MOST_PARTITIONS))
    return apart


def _gathered(frame: Lazy, words: Words) -> Lazy:
    # Ten times as fast as asking for one place after the other, where texts are longer than twelve bytes.
    made = {
        name: pl.lit(pl.Series(texts, dtype=pl.String)).gather(pl.col(place)) for name, (place, texts) in words.items()
    }
    found: Lazy = nw.from_native(nw.to_native(frame).with_columns(**made))
    return found


def _days_at_hand(frame: Lazy, columns: Mapping[str, str]) -> Lazy:
    # Dates are stored as days; to part them into years and days of the year takes ten times as long.
    first = date(1970, 1, 1).toordinal()
    days = {name: pl.col(own).cast(pl.Date).cast(pl.Int32).cast(pl.Float64) + first for name, own in columns.items()}
    found: Lazy = nw.from_native(nw.to_native(frame).with_columns(**days))
    return found


def _days_by_year(frame: Lazy, columns: Mapping[str, str]) -> Lazy:
    return frame.with_columns(**{name: ordinal(nw.col(own)).cast(nw.Float64) for name, own in columns.items()})


def _case_by_case(frame: Lazy, words: Words) -> Lazy:
    def text(place: str, texts: Sequence[str]) -> nw.Expr:
        result = nw.lit(None, dtype=nw.String)
        for number, word in reversed(list(enumerate(texts))):
            result = nw.when(nw.col(place) == number).then(nw.lit(word)).otherwise(result)
        return result

    return frame.with_columns(**{name: text(place, texts) for name, (place, texts) in words.items()})


@dataclass(frozen=True)
class Engine:
    """`collect` brings a small result into memory, `collect_all` several of the same table, in one pass over it where
    the engine can. `hold` keeps a frame that several passes read, where the engine can, and says how to let go of it.
    `warehouse` names the kind of source whose tables stay where they are.
    `all_different` tells cheaply whether no two rows have the same value in a column; False where it cannot. `words`
    adds texts by their places in a list, and `days` dates as numbers of days. `keep` computes a frame that has the
    numbers of rows, and gives what adds its columns to other frames by these; None where rows have no number.
    `not_in_names` are characters that its expressions take for something else in a column's name. `cut` ends one
    step of a query before the next begins: Spark makes one program of all steps up to a cut, and Java runs a program
    that is too long uncompiled, ten times slower."""

    warehouse: SourceKind | None
    collect: Callable[[Lazy], nw.DataFrame[Any]]
    collect_all: Callable[[Sequence[Lazy]], list[nw.DataFrame[Any]]]
    hold: Callable[[Lazy], tuple[Lazy, Release]]
    all_different: Callable[[Lazy, str], bool]
    words: Callable[[Lazy, Words], Lazy] = _case_by_case
    days: Callable[[Lazy, Mapping[str, str]], Lazy] = _days_by_year
    cut: Callable[[Lazy], Lazy] = _no_cut
    keep: Callable[[Lazy], Adder] | None = None
    not_in_names: str = ""


_SPARK = Engine("spark", _fetched, _fetched_in_turn, _on_the_cluster, _not_told, cut=_cut_program, not_in_names=".`")

# By the name that narwhals gives an engine.
ENGINES: Mapping[str, Engine] = {
    "polars": Engine(
        None,
        _streamed,
        _streamed_together,
        _in_memory,
        _quickly_all_different,
        words=_gathered,
        days=_days_at_hand,
        keep=_kept_by_row,
    ),
    "duckdb": Engine("duckdb", _fetched, _fetched_in_turn, _as_it_is, _not_told),
    "pyspark": _SPARK,
    "pyspark[connect]": _SPARK,
}
WAREHOUSES = frozenset(engine.warehouse for engine in ENGINES.values() if engine.warehouse)


def engine_of(frame: Lazy) -> Engine:
    return ENGINES[str(frame.implementation.value)]


def cut(frame: Lazy) -> Lazy:
    """The same frame. Where an engine makes a program of a query, what follows is another program than what was before.

    >>> import polars as pl
    >>> cut(nw.from_native(pl.LazyFrame({"age": [41]}))).collect()["age"].to_list()
    [41]
    """
    return engine_of(frame).cut(frame)


def with_words(frame: Lazy, words: Words) -> Lazy:
    """Adds columns of texts that are told by their places in a list; a missing place is a missing text.

    >>> import polars as pl
    >>> frame = nw.from_native(pl.LazyFrame({"place": [1, 0, None]}))
    >>> with_words(frame, {"colour": ("place", ["red", "blue"])}).collect()["colour"].to_list()
    ['blue', 'red', None]
    """
    return engine_of(frame).words(frame, words)


def with_days(frame: Lazy, columns: Mapping[str, str]) -> Lazy:
    """Adds, by new name, columns of dates as days that `date.toordinal` counts, in float64.

    >>> import polars as pl
    >>> frame = nw.from_native(pl.LazyFrame({"joined": [date(1970, 1, 2), None]}))
    >>> with_days(frame, {"day": "joined"}).collect()["day"].to_list()
    [719164.0, None]
    """
    return engine_of(frame).days(frame, columns) if columns else frame


def warehouse_of(source: Any) -> SourceKind | None:
    """The kind of warehouse that a frame lives in; None for anything else.

    >>> import polars as pl
    >>> warehouse_of(pl.LazyFrame({"age": [41]})) is None
    True
    """
    try:
        frame = nw.from_native(source)
    except (TypeError, nw.exceptions.DuplicateError):  # whoever reads the frame names the columns
        return None
    engine = ENGINES.get(str(frame.implementation.value)) if isinstance(frame, nw.LazyFrame) else None
    return engine.warehouse if engine else None


def share_an_engine(one: Lazy, other: Lazy) -> bool:
    """Whether two frames can be joined where they are."""
    return one.implementation is other.implementation


def in_warehouse(kind: SourceKind) -> bool:
    """Whether tables of this kind stay where they are.

    >>> in_warehouse("duckdb"), in_warehouse("csv")
    (True, False)
    """
    return kind in WAREHOUSES


def with_arrays(frame: nw.DataFrame[Any], columns: Mapping[str, np.ndarray[Any, Any]]) -> nw.DataFrame[Any]:
    """A frame in memory with arrays beside its columns, NaN as missing."""
    made = [nw.new_series(name, column, backend=frame.implementation) for name, column in columns.items()]
    return frame.with_columns(*(column.fill_nan(None) for column in made))


@contextmanager
def held(frame: Lazy) -> Iterator[Callable[[], Lazy]]:
    """A frame that several passes read: computed once and kept until the block ends, where the engine can.

    The work begins at once, beside what the block does first; calling what is yielded waits for the frame.
    """
    with ThreadPoolExecutor(1) as beside:
        work = beside.submit(engine_of(frame).hold, frame)
        try:
            yield lambda: work.result()[0]
        finally:
            if work.exception() is None:
                _, release = work.result()
                release()
