"""The folder of a fit: what is in it is of this run, and who may read it stays as it was."""

from __future__ import annotations

import csv
import io
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import segmentry as sg
from segmentry.fitting import FitSettings, fit_source
from segmentry.reports.folder import profile_csv, write_outputs
from segmentry.samples import sample_marketing
from segmentry.segmentation import Segmentation


def test_no_cell_of_the_profile_is_a_formula(five: Segmentation) -> None:
    """A segment's name that a spreadsheet would run is text; figures stay figures."""
    named = replace(five, segments=(replace(five.segments[0], name="＝1+1"), *five.segments[1:]))
    rows = list(csv.DictReader(io.StringIO(profile_csv(named))))
    assert rows[0]["segment"] == "'＝1+1"
    assert not any(cell.startswith("'") for row in rows for name, cell in row.items() if name != "segment")


@contextmanager
def _step(_: str) -> Iterator[None]:
    yield


def _written(folder: Path, *, k: int, **options: bool) -> set[str]:
    settings = FitSettings(selection={"k": k}, stability_pairs=0)
    fitted = fit_source(sample_marketing(200, seed=1), settings)
    write_outputs(fitted.segmentation, fitted.table, folder, step=_step, seconds={}, **options)
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_what_an_earlier_run_left_is_gone(tmp_path: Path) -> None:
    """A run without pictures and workbook takes those of the one before away, and nothing that is the user's."""
    folder = tmp_path / "out"
    first = _written(folder, k=4, excel=True)
    assert {"plots/sizes.png", "segments.xlsx"} < first
    again = _written(folder, k=3, pictures=False, overwrite=True)
    assert again == {name for name in first if not name.startswith("plots") and name != "segments.xlsx"}
    assert len(sg.load(folder / "segmentation.seg").segments) == 3
    (folder / "plots").mkdir()
    for name in ("plots/mine.png", "notes.txt", "plots/sizes.png"):
        (folder / name).touch()
    assert _written(folder, k=3, pictures=False, overwrite=True) == again | {"plots", "plots/mine.png", "notes.txt"}


def test_who_may_look_into_the_folder_stays_as_it_was(tmp_path: Path) -> None:
    """A folder that is there keeps its rights, and so does a file that is replaced."""
    folder = tmp_path / "priv"
    folder.mkdir(0o700)
    _written(folder, k=3, pictures=False)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    model = folder / "segmentation.seg"
    model.chmod(0o600)
    _written(folder, k=3, pictures=False, overwrite=True)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(model.stat().st_mode) == 0o600
