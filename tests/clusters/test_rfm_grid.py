"""Grids of RFM segments: what is built in, what a user writes, what is refused."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from segmentry.clusters.rfm.grid import BUILT_IN, RfmGrid, rfm_grid
from segmentry.errors import SettingsError


def written(folder: Path, body: str) -> Path:
    path = folder / "grid.toml"
    path.write_text(body, encoding="utf-8")
    return path


@pytest.mark.parametrize(("name", "axes", "segments"), [("eleven", 3, 11), ("ten", 2, 10)])
def test_built_in_grids_are_partitions(name: str, axes: int, segments: int) -> None:
    """Every combination of scores belongs to exactly one of the segments, and each segment has some."""
    grid = rfm_grid(name)
    assert list(grid.cells) == list(itertools.product(range(1, 6), repeat=axes))
    assert set(grid.cells.values()) == set(grid.segments)
    assert len(grid.segments) == segments
    assert sum(len({*grid._cells(p)}) for patterns in grid.segments.values() for p in patterns) == 5**axes


@pytest.mark.parametrize(
    ("name", "cell", "segment"),
    [
        ("eleven", (5, 5, 5), "Champions"),
        ("eleven", (1, 5, 5), "Cannot lose them"),
        ("eleven", (1, 1, 1), "Lost"),
        ("eleven", (5, 1, 1), "New customers"),
        ("ten", (5, 4), "Champions"),
        ("ten", (1, 5), "Cannot lose them"),
        ("ten", (2, 3), "At risk"),
        ("ten", (4, 1), "Promising"),
    ],
)
def test_cells_are_where_the_published_tables_have_them(name: str, cell: tuple[int, ...], segment: str) -> None:
    """Cells that are told apart by their names in the published tables are found under these names."""
    assert rfm_grid(name).cells[cell] == segment


def test_a_grid_of_ones_own_may_use_ranges_and_stars(tmp_path: Path) -> None:
    """Digits, ranges and * name combinations, over any of the axes and any number of scores."""
    grid = rfm_grid(
        written(
            tmp_path,
            'title = "mine"\naxes = ["spend", "recency"]\nscores = 3\n'
            '[segments]\n"Big" = ["3 *"]\n"Middle" = ["2 2-3", "21"]\n"Rest" = ["1*"]\n',
        )
    )
    assert [grid.cells[c] for c in ((3, 1), (2, 1), (2, 3), (1, 2))] == ["Big", "Middle", "Middle", "Rest"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('[segments]\n"A" = ["3*", "2*"]\n"B" = ["1 1-2"]', r"13 belongs to no segment"),
        ('[segments]\n"A" = ["3*"]\n"B" = ["1 1-2"]', r"13, 21, 22, 23 belong to no segment"),
        ('[segments]\n"A" = ["3*", "2*"]\n"B" = ["1*", "22"]', r"22 \(A and B\) belongs to several"),
        (
            '[segments]\n"A" = ["**"]\n"B" = ["3 *"]',
            r"31 \(A and B\), 32 \(A and B\), 33 \(A and B\) belong to several",
        ),
        ('[segments]\n"A" = ["4*"]', r'"4" in "4\*" should be a score from 1 to 3'),
        ('[segments]\n"A" = ["3-2 *"]', r"should be a score from 1 to 3"),
        ('[segments]\n"A" = ["111"]', r'"111" should say 2 scores: recency, frequency'),
        ('[segments]\n"A" = []', r"segments.A: .*at least 1"),
        ('colour = "red"\n[segments]\n"A" = ["**"]', r"colour: Extra inputs"),
    ],
)
def test_what_is_no_partition_is_refused_with_the_cells(body: str, said: str, tmp_path: Path) -> None:
    """Overlapping, incomplete and unreadable grids are refused, and the combinations at fault are named."""
    path = written(tmp_path, f'title = "mine"\naxes = ["recency", "frequency"]\nscores = 3\n{body}\n')
    with pytest.raises(SettingsError, match=said):
        rfm_grid(path)


def test_unknown_axes_are_refused(tmp_path: Path) -> None:
    """An axis that is none of the three is named beside those that are."""
    path = written(tmp_path, 'title = "x"\naxes = ["age"]\nscores = 2\n[segments]\nA = ["*"]\n')
    with pytest.raises(SettingsError, match=r"some of recency, frequency, spend, each once, not age"):
        rfm_grid(path)


def test_a_grid_that_is_not_there_says_what_is() -> None:
    """A misspelt name is answered with the names of the built-in grids."""
    with pytest.raises(SettingsError, match=r"'twelve' cannot be read.*eleven, ten or a TOML file"):
        rfm_grid("twelve")


def test_what_is_not_toml_is_refused(tmp_path: Path) -> None:
    """A file that is no TOML is named with the place at fault."""
    with pytest.raises(SettingsError, match=r"is not TOML.*line 1"):
        rfm_grid(written(tmp_path, "title = \n"))


def test_every_built_in_grid_is_a_file_of_data() -> None:
    """What is built in is read by the reader that reads a user's own."""
    import segmentry.clusters.rfm as room

    for name in BUILT_IN:
        assert isinstance(rfm_grid(Path(room.__file__).parent / f"{name}.toml"), RfmGrid)
