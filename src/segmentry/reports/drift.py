"""What `drift` found as one page to look at, its pictures, and its figures for machines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segmentry.monitoring import Drift
from segmentry.monitoring.index import ACT, WATCH
from segmentry.plots.drift import draw_drift
from segmentry.plots.picture import Picture, write_pictures
from segmentry.profiles.wording import say_number
from segmentry.reports.page import environment, picture_svg
from segmentry.reports.publishing import check_files, files_for
from segmentry.reports.summary import as_json
from segmentry.segmentation import Segmentation
from segmentry.tables import write_bytes_atomically, write_text_atomically

PAGE, FIGURES = "drift.html", "drift.json"
FILES = (PAGE, FIGURES, "drift.png", "drift-bins.png", "drift-segments.png")
TITLES = {
    "stable": "These customers are like those of the fit",
    "watch": "These customers are somewhat unlike those of the fit",
    "act": "These customers are clearly unlike those of the fit",
}
_NEXT = {
    "stable": "Nothing: the segments mean what they meant. Place the customers with segmentry score.",
    "watch": "Look at what moved, and measure again with the next customers. This model can still place them.",
    "act": "Look first whether a source or a unit has changed: an income a hundred times as high is a unit, half of "
    "the cells missing is a source; mend them there. If the customers have changed, fit anew with this model as the "
    "previous one (segmentry fit --previous), so that ids, own names and plans stay.",
}


def check_drift_folder(folder: Path, overwrite: bool) -> None:
    """Raises OutputError, before anything is counted, when the files could not be written there."""
    check_files(folder, FILES, overwrite)


def write_drift(
    segmentation: Segmentation, found: Drift, folder: Path, *, source_name: str = "", overwrite: bool = False
) -> Path:
    """Writes the page, its pictures and `drift.json` into the folder, and returns the page's path.

    Raises OutputError when one of them is there already (unless `overwrite`) or cannot be written.
    """
    check_drift_folder(folder, overwrite)
    pictures = draw_drift(segmentation, found)
    page = drift_page(segmentation, found, pictures=pictures, source_name=source_name)
    with files_for(folder) as stage:
        write_pictures(pictures, stage)
        write_text_atomically(stage / FIGURES, as_json(found.plain()))
        write_bytes_atomically(stage / PAGE, page.encode())
    return folder / PAGE


def drift_page(
    segmentation: Segmentation, found: Drift, *, pictures: Sequence[Picture] | None = None, source_name: str = ""
) -> str:
    """The page as HTML; the same finding gives the same bytes."""
    drawn = draw_drift(segmentation, found) if pictures is None else pictures
    return (
        environment()
        .get_template("drift.html.j2")
        .render(
            found=found,
            source_name=source_name,
            title=TITLES[found.verdict],
            pictures=[(picture, picture_svg(picture)) for picture in drawn],
            features=feature_rows(found),
            segments=segment_rows(found),
            next=_NEXT[found.verdict],
            watch=f"{WATCH:.2f}",
            act=f"{ACT:.2f}",
            n_then=segmentation.provenance.n_customers,
        )
    )


def feature_rows(found: Drift) -> list[dict[str, str]]:
    """Every figure of every feature, as text, those that moved most first."""
    return [
        {
            "Feature": f.label,
            "Verdict": f"{f.verdict}, {f.moved}" if f.moved else f.verdict,
            "Index": f"{f.index:.3f}",
            "Chance": f"{f.chance:.3f}",
            "Missing then": say_number(f.missing_then, "share"),
            "Missing now": say_number(f.missing_now, "share"),
            "Outside": say_number(f.outside, "share"),
        }
        for f in found.features
    ]


def segment_rows(found: Drift) -> list[dict[str, str]]:
    """The segments with their shares then and now, as text."""
    return [
        {
            "Segment": f"{s.id} {s.name}" if s.id != s.name else s.name,
            "Then": say_number(s.then, "share"),
            "Now": say_number(s.now, "share"),
        }
        for s in found.segments
    ]
