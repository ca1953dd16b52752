"""Tables: any source in, checked and typed; the same kind out, every cell as it was.

Reads and writes; knows nothing of customers, features or segments.
"""

from segmentry.tables.computed import beside, computed_table, unmatched, with_numbers
from segmentry.tables.database.address import refuse_address
from segmentry.tables.days import ordinal
from segmentry.tables.embedded.beside import (
    Numbers,
    Words,
    coded_days,
    coded_texts,
    deliver_beside,
    numbers_of,
)
from segmentry.tables.embedded.output import check_output, deliver, typed_rows, write_table
from segmentry.tables.embedded.parquet import kept_on_disk, parquet_size
from segmentry.tables.embedded.rows import Frame, n_threads, number_table, result_frame, text_frame
from segmentry.tables.embedded.sheets import SheetContent, write_workbook
from segmentry.tables.engines import cut, held, in_warehouse, share_an_engine, with_days, with_words
from segmentry.tables.files import text_size
from segmentry.tables.inert import inert_cell
from segmentry.tables.memory import (
    all_different,
    arrays_of,
    asked_id,
    collect_rows,
    count_rows,
    has_id,
    keeping_of,
    materialise,
    materialise_beside,
    plain_id,
    row_of,
    text_of,
    to_memory,
)
from segmentry.tables.names import ROW, fold, free_names
from segmentry.tables.numbers import currency_code, said_by
from segmentry.tables.reading import read
from segmentry.tables.scratch import ROOM, scratch_folder
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.stated import (
    Day,
    as_day,
    as_names,
    as_path,
    as_values,
    check_kind,
    check_known,
    checked,
    is_unknown,
)
from segmentry.tables.table import Column, Kind, Reading, Table
from segmentry.tables.writing import (
    abandoned,
    check_target,
    mode_of,
    part_of,
    write_bytes_atomically,
    write_rejects,
    write_text_atomically,
)

__all__ = [
    "ROOM",
    "ROW",
    "Column",
    "Day",
    "Frame",
    "Kind",
    "Numbers",
    "Reading",
    "ReadingSettings",
    "SheetContent",
    "Table",
    "Words",
    "abandoned",
    "all_different",
    "arrays_of",
    "as_day",
    "as_names",
    "as_path",
    "as_values",
    "asked_id",
    "beside",
    "check_kind",
    "check_known",
    "check_output",
    "check_target",
    "checked",
    "coded_days",
    "coded_texts",
    "collect_rows",
    "computed_table",
    "count_rows",
    "currency_code",
    "cut",
    "deliver",
    "deliver_beside",
    "ends_of_pieces",
    "fold",
    "free_names",
    "has_id",
    "held",
    "in_warehouse",
    "inert_cell",
    "is_unknown",
    "keeping_of",
    "kept_on_disk",
    "materialise",
    "materialise_beside",
    "mode_of",
    "n_threads",
    "number_table",
    "numbers_of",
    "ordinal",
    "parquet_size",
    "part_of",
    "plain_id",
    "read",
    "refuse_address",
    "result_frame",
    "row_of",
    "said_by",
    "scratch_folder",
    "share_an_engine",
    "text_frame",
    "text_of",
    "text_size",
    "to_memory",
    "typed_rows",
    "unmatched",
    "with_days",
    "with_numbers",
    "with_words",
    "write_bytes_atomically",
    "write_rejects",
    "write_table",
    "write_text_atomically",
    "write_workbook",
]
