"""A comparison of methods as files: one page, its picture, and its tables."""

from __future__ import annotations

from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

from segmentry.plots.comparison import picture_comparison
from segmentry.plots.picture import Picture, to_svg, write_pictures
from segmentry.profiles.comparison import Comparison
from segmentry.reports.csvs import csv_of
from segmentry.reports.publishing import check_files, files_for
from segmentry.reports.summary import as_json
from segmentry.tables import write_text_atomically

FILES = ("comparison.html", "comparison.json", "methods.csv", "agreement.csv", "comparison.png")


def check_comparison_folder(folder: Path, overwrite: bool) -> None:
    """Raises OutputError, before any work is done, when the files could not be written there."""
    check_files(folder, FILES, overwrite)


def write_comparison(comparison: Comparison, folder: Path, *, overwrite: bool = False) -> None:
    """Writes the page, the picture and the tables. Raises OutputError when one exists or cannot be written."""
    check_comparison_folder(folder, overwrite)
    picture = picture_comparison(comparison)
    rows, agreement = _rows(comparison), comparison.agreement_frame()
    texts = {
        "comparison.html": _page(comparison, picture),
        "comparison.json": as_json(summary(comparison)),
        "methods.csv": csv_of(list(rows[0]), [{**row, "sizes": " ".join(map(str, row["sizes"]))} for row in rows]),
        "agreement.csv": csv_of(agreement.columns, agreement.rows()),
    }
    with files_for(folder) as stage:
        write_pictures([picture], stage)
        for name, text in texts.items():
            write_text_atomically(stage / name, text)


def summary(comparison: Comparison) -> dict[str, object]:
    """The comparison as plain values, for machines."""
    return {
        "recommended": comparison.recommended,
        "reason": comparison.reason,
        "customers": comparison.n_customers,
        "customers_compared": comparison.n_compared,
        "methods": _rows(comparison),
        "agreement": [list(row) for row in comparison.agreement],
    }


def _rows(comparison: Comparison) -> list[dict[str, Any]]:
    return [
        asdict(m) | {"sizes": list(m.sizes), "seconds": round(comparison.seconds.get(m.name, 0.0), 3)}
        for m in comparison.methods
    ]


def _page(comparison: Comparison, picture: Picture) -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Methods side by side</title>\n'
        "<style>body{font-family:system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#1b2430}"
        "svg{max-width:100%;height:auto}p{max-width:46rem}</style></head><body>\n"
        f"<h1>{escape(picture.title)}</h1>\n<p>{escape(picture.caption)}</p>\n{to_svg(picture, titled=False)}\n"
        f"<p>It rests on {comparison.n_compared:,} of {comparison.n_customers:,} customers.</p>\n</body></html>\n"
    )
