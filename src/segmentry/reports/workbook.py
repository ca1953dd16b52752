"""`segments.xlsx`: the segments for those who live in spreadsheets: what they are, their figures, every customer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segmentry.baskets import Baskets
from segmentry.errors import Notice
from segmentry.features.feature import Unit
from segmentry.profiles.playbook import Play
from segmentry.profiles.profile import Measure
from segmentry.reports.buying import offer_rows
from segmentry.scoring.score import Scored
from segmentry.segmentation import Segmentation
from segmentry.tables import SheetContent, Table, typed_rows, write_workbook

WORKBOOK = "segments.xlsx"
# An Excel sheet holds 1,048,576 rows, the header among them.
MOST_CUSTOMERS = 1_048_575

_WHOLE = ("years", "days", "count")


def write_segments_workbook(segmentation: Segmentation, table: Table, scored: Scored, path: str | Path) -> None:
    """Write the sheets Segments, Profile, Customers and Warnings. Too many customers for a sheet are left to the
    labelled file, which the sheet Warnings then says."""
    fits = table.rows_read <= MOST_CUSTOMERS
    notices = [*segmentation.source_notices, *segmentation.notices]
    if not fits:
        text = f"{table.rows_read:,} customers do not fit into an Excel sheet; they are in the labelled file beside."
        notices.append(Notice("too-many-for-excel", text))
    sheets: dict[str, SheetContent] = {"Segments": _segments(segmentation), "Profile": _profile(segmentation)}
    if fits:
        sheets["Customers"] = SheetContent((), typed_rows(table, scored.frame, scored.added), {"confidence": "0.00"})
    baskets = segmentation.baskets
    if baskets is not None and baskets.recommendations:
        sheets["Recommendations"] = _recommendations(segmentation, baskets)
    write_workbook(path, {**sheets, "Warnings": _warnings(notices)})


def _segments(segmentation: Segmentation) -> SheetContent:
    header = ["Id", "Segment", "Customers", "Share of customers", "Share of spend", "What they are like", "What to do"]
    rows = [
        (s.id, s.name, s.size, s.share, s.spend_share, s.description, "\n".join(map(_play, s.playbook)) or None)
        for s in segmentation.segments
    ]
    formats = {"Customers": "#,##0", "Share of customers": "0 %", "Share of spend": "0 %"}
    return SheetContent(header, rows, formats, wrapped=("What they are like", "What to do"))


def _play(play: Play) -> str:
    return f"{play.title}: {play.action}".rstrip(": ")


def _profile(segmentation: Segmentation) -> SheetContent:
    """Means by segment, a row for each measure, then shares, a row for each level of a category."""
    names = [s.name for s in segmentation.segments]
    ids = [s.id for s in segmentation.segments]
    rows: list[tuple[object, ...]] = []
    formats: list[str] = []
    for measure in sorted(segmentation.profile.measures, key=lambda m: not m.clustered):
        means = [measure.segments[i].spread.mean if i in measure.segments else None for i in ids]
        used = "yes" if measure.clustered else "no"
        rows.append((measure.label, _unit(measure), used, measure.population.mean, *means))
        formats.append(_format(measure.unit))
    for category in segmentation.profile.categories:
        for level in category.levels:
            shares = [level.segments[i].share if i in level.segments else None for i in ids]
            used = "yes" if category.clustered else "no"
            rows.append((f"{category.label}: {level.level}", "share of customers", used, level.share, *shares))
            formats.append("0 %")
    header = ["Average of", "Unit", "Segments rest on it", "All customers", *names]
    return SheetContent(header, rows, row_formats=formats)


def _unit(measure: Measure) -> str:
    if measure.unit == "money":
        return measure.symbol or "money"
    if measure.unit in ("share", "flag"):
        return "share of customers" if measure.unit == "flag" else "share"
    if measure.levels:
        return f"place from 0 ({measure.levels[0]}) to {len(measure.levels) - 1} ({measure.levels[-1]})"
    return measure.unit


def _format(unit: Unit) -> str:
    if unit in ("share", "flag"):
        return "0 %"
    if unit == "money":
        return "#,##0"
    return "#,##0.0" if unit in _WHOLE else "#,##0.00"


def _recommendations(segmentation: Segmentation, baskets: Baskets) -> SheetContent:
    """To whom, what and why: the rows of recommendations.csv that a person reads."""
    rows = [
        (row.segment, row.what, row.why, r.share, r.compared, r.reach)
        for row, r in zip(offer_rows(segmentation, baskets), baskets.recommendations, strict=True)
    ]
    header = ["For", "What", "Why", "Share", "Compared with", "Customers"]
    return SheetContent(header, rows, {"Share": "0 %", "Compared with": "0 %", "Customers": "#,##0"}, wrapped=("Why",))


def _warnings(notices: Sequence[Notice]) -> SheetContent:
    rows = [(notice.code, notice.message) for notice in notices] or [("none", "Nothing was unusual.")]
    return SheetContent(["Code", "What was noticed"], rows, wrapped=("What was noticed",))
