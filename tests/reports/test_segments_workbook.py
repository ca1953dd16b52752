"""The workbook for marketers: four sheets that can be read back."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from segmentry.fitting import FitSettings, Fitted, fit_source
from segmentry.reports.workbook import write_segments_workbook
from segmentry.samples import write_sample
from segmentry.scoring.orders import read_orders
from segmentry.scoring.score import score_table
from segmentry.segmentation import Segmentation
from segmentry.selection import SelectionSettings
from segmentry.tables import ReadingSettings, deliver, read


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    path = tmp_path_factory.mktemp("shop") / "customers.csv"
    write_sample("marketing", path, 400, 0)
    return fit_source(path, FitSettings(selection=SelectionSettings(k=4)))


def sheet(path: Path, name: str) -> pl.DataFrame:
    table = read(path, ReadingSettings(sheet=name, header=True))
    frame: pl.DataFrame = deliver(table, table.frame, [])
    return frame


def test_four_sheets_tell_it_all(fitted: Fitted, tmp_path: Path) -> None:
    """Segments with sizes and advice, their figures, every customer with a segment, and the warnings."""
    segmentation, table = fitted.segmentation, fitted.table
    path = tmp_path / "segments.xlsx"
    write_segments_workbook(segmentation, table, score_table(segmentation, table), path)
    segments = sheet(path, "Segments")
    assert segments["Id"].to_list() == [s.id for s in segmentation.segments]
    assert segments["Customers"].to_list() == [s.size for s in segmentation.segments]
    assert segments["What to do"].null_count() == 0
    profile = sheet(path, "Profile")
    assert profile.columns[4:] == [s.name for s in segmentation.segments]
    customers = sheet(path, "Customers")
    assert customers.height == table.rows_read
    assert customers["segment_id"].value_counts().sort("segment_id")["count"].to_list() == [
        s.size for s in sorted(segmentation.segments, key=lambda s: s.id)
    ]
    assert sheet(path, "Warnings").columns == ["Code", "What was noticed"]


def test_too_many_customers_are_left_to_the_file(
    fitted: Fitted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More customers than a sheet holds leave out that sheet, and the warnings say where they are."""
    monkeypatch.setattr("segmentry.reports.workbook.MOST_CUSTOMERS", 10)
    segmentation, table = fitted.segmentation, fitted.table
    path = tmp_path / "segments.xlsx"
    write_segments_workbook(segmentation, table, score_table(segmentation, table), path)
    assert "too-many-for-excel" in sheet(path, "Warnings")["Code"].to_list()
    with pytest.raises(Exception, match="no sheet 'Customers'"):
        sheet(path, "Customers")


def test_orders_bring_a_sheet_of_recommendations(
    tea_shop_segmentation: Segmentation, tea_shop_lines: pl.DataFrame, tmp_path: Path
) -> None:
    """Where the segments come from orders, a sheet says what to offer to whom, and why."""
    made = read_orders(tea_shop_segmentation, tea_shop_lines)
    path = tmp_path / "segments.xlsx"
    write_segments_workbook(tea_shop_segmentation, made.table, score_table(tea_shop_segmentation, made.table), path)
    rows = sheet(path, "Recommendations")
    baskets = tea_shop_segmentation.baskets
    assert baskets is not None
    assert rows["What"].to_list() == [r.name for r in baskets.recommendations]
    assert rows["Why"].null_count() == 0
