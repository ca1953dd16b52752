"""The folder that `fit -o` writes: model, labelled customers, report, pictures, profile, rejects, summary.

Everything is written into a folder beside the target first, so that a failure leaves nothing behind.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from segmentry.errors import OutputError
from segmentry.plots import PICTURE_KEYS, draw_all, write_pictures
from segmentry.prototypes.everyone import Before, Placing
from segmentry.reports.buying import cohorts_csv, recommendations_csv
from segmentry.reports.csvs import csv_of
from segmentry.reports.page import RunFacts, report
from segmentry.reports.publishing import replace_folder, tidy_up, told_as
from segmentry.reports.summary import as_json, rows_of, summarise_run
from segmentry.reports.workbook import WORKBOOK, write_segments_workbook
from segmentry.scoring import score_table
from segmentry.segmentation import Segmentation
from segmentry.store import save
from segmentry.tables import (
    Table,
    mode_of,
    part_of,
    refuse_address,
    write_rejects,
    write_table,
    write_text_atomically,
)

MODEL = "segmentation.seg"
LABELLED = ("customers.parquet", "customers.csv")
PLOTS = "plots"
RECOMMENDATIONS, COHORTS = "recommendations.csv", "cohorts.csv"
# All that a run may write: what an earlier one has left of it would be taken for this one's.
_OUTPUTS = frozenset(
    (
        *(*LABELLED, "rejects.csv", "profile.csv", "report.html", "summary.json"),
        *(MODEL, WORKBOOK, RECOMMENDATIONS, COHORTS),
        *(f"{PLOTS}/{key}.png" for key in PICTURE_KEYS),
    )
)
_OF_FILES = (".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".xls", ".json", ".html", ".seg")


def check_folder(folder: Path, overwrite: bool, source: Path | None = None) -> None:
    """Raises OutputError, before any work is done, when the outputs could not be written there."""
    refuse_address(folder)
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"'{folder}' is a file, not a folder.", remedy="Name a folder with -o.")
    if folder.suffix.lower() in _OF_FILES and not folder.exists():
        raise OutputError(
            f"-o names a folder, and '{folder.name}' is the name of a file.",
            remedy="Name a folder; the labelled customers come as CSV or Parquet, with --excel as a workbook too.",
        )
    if folder.is_dir() and any(folder.iterdir()) and not overwrite:
        raise OutputError(
            f"'{folder}' is not empty.",
            remedy="Name another folder with -o, or pass --overwrite to replace its outputs.",
        )
    if source is not None and source.resolve() in {(folder / n).resolve() for n in LABELLED}:
        raise OutputError(f"'{source}' would be overwritten by the output.", remedy="Name another folder with -o.")
    existing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise OutputError(f"'{existing}' cannot be written to.", remedy="Name another folder with -o.")


def write_outputs(
    segmentation: Segmentation,
    table: Table,
    folder: Path,
    *,
    placing: Placing | None = None,
    before: Before | None = None,
    step: Callable[[str], AbstractContextManager[Any]],
    seconds: dict[str, float],
    overwrite: bool = False,
    for_spreadsheet: bool = False,
    excel: bool = False,
    share: bool = False,
    pictures: bool = True,
    peak_memory_mb: dict[str, float] | None = None,
) -> dict[str, object]:
    """Writes every output of a fit and returns what stands in `summary.json`; `excel` adds a workbook of it all.
    With `share` the pictures, and with them the report, draw no mark for fewer than ten customers; without `pictures`
    there are none, and the report says so. `placing` spares the work of placing the table's customers again; `before`
    adds where the rule of the fit before puts them today.

    `seconds` and `peak_memory_mb` are filled by `step` as the work goes on, so that the report and the summary can
    show them.
    """
    with _staged(folder, overwrite) as stage:
        with step("label"):
            scored = score_table(segmentation, table, count=False, placing=placing, before=before)
            ending = "parquet" if table.source_kind == "parquet" else "csv"
            target = stage / f"customers.{ending}"
            write_table(table, scored.frame, scored.added, target, for_spreadsheet=for_spreadsheet)
            if table.rejects:
                write_rejects(table, stage / "rejects.csv")
            save(segmentation, stage / MODEL)
            write_text_atomically(stage / "profile.csv", profile_csv(segmentation))
            _write_orders(segmentation, stage)
            if excel:
                write_segments_workbook(segmentation, table, scored, stage / WORKBOOK)
        shown = replace(segmentation, notices=(*segmentation.source_notices, *segmentation.notices))
        with step("pictures"):
            drawn = draw_all(segmentation, share=share) if pictures else ()
            if drawn:
                write_pictures(drawn, stage / PLOTS)
        with step("report"):
            rows = rows_of(segmentation, table)
            facts = RunFacts(*rows, table.source_name, dict(seconds), dict(peak_memory_mb or {}))
            report(shown, stage / "report.html", pictures=drawn, facts=facts)
        summary = summarise_run(shown, table, seconds, peak_memory_mb)
        write_text_atomically(stage / "summary.json", as_json(summary))
    return summary


def profile_csv(segmentation: Segmentation) -> str:
    """The profile as CSV, a row per measure (or level) and segment, with the segment's name; no cell is a formula."""
    names = {s.id: s.name for s in segmentation.segments}
    rows = [{"segment": names[str(r["segment_id"])], **r} for r in segmentation.profile.rows()]
    columns = ["segment_id", "segment", *(c for c in rows[0] if c not in ("segment_id", "segment"))]
    return csv_of(columns, rows)


def _write_orders(segmentation: Segmentation, stage: Path) -> None:
    """What a marketer takes along from orders: recommendations, where there are any, and cohorts."""
    baskets, over_time = segmentation.baskets, segmentation.over_time
    if baskets is not None and baskets.recommendations:
        write_text_atomically(stage / RECOMMENDATIONS, recommendations_csv(segmentation, baskets))
    if over_time is not None and over_time.cells:
        write_text_atomically(stage / COHORTS, cohorts_csv(segmentation))


@contextmanager
def _staged(folder: Path, overwrite: bool) -> Iterator[Path]:
    folder = Path(os.path.realpath(folder))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        tidy_up(folder)
        stage = part_of(folder)
        if folder.is_dir():
            # Nobody may look into the new folder who could not look into the one whose place it takes.
            stage.mkdir(0o700)
            stage.chmod(mode_of(folder))
        else:
            stage.mkdir()
    except OSError as error:
        raise OutputError(
            f"'{folder}' cannot be made.", found=error.strerror or "", remedy="Name another folder."
        ) from None
    try:
        with told_as(folder) as stages:
            stages.append(stage)
            yield stage
            _publish(stage, folder, overwrite)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _publish(stage: Path, folder: Path, overwrite: bool) -> None:
    if not folder.exists() or not any(folder.iterdir()):
        stage.replace(folder)
        return
    check_folder(folder, overwrite)
    replace_folder(stage, folder, _OUTPUTS)
