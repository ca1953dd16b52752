"""The made-up shop in files."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from segmentry.errors import OutputError, SettingsError
from segmentry.samples import sample_mall, sample_marketing, sample_marketing_truth, write_sample, writing

ROWS = 2_500


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BLOCK_ROWS", 300)
    monkeypatch.setattr(writing, "PART_ROWS", 1_000)


@pytest.mark.parametrize("name", ["shop.csv", "shop.parquet", "shop"])
def test_a_file_holds_the_sample(name: str, tmp_path: Path) -> None:
    """CSV, Parquet and a folder of parts hold the very rows of the sample, in order."""
    path = tmp_path / "new" / name
    write_sample("marketing", path, ROWS, seed=2, truth_path=tmp_path / f"truth-{name}")
    read = pl.read_csv(path, try_parse_dates=True) if path.suffix == ".csv" else pl.read_parquet(path)
    assert read.equals(sample_marketing(ROWS, seed=2))
    truth = tmp_path / f"truth-{name}"
    told = pl.read_csv(truth) if truth.suffix == ".csv" else pl.read_parquet(truth)
    assert told.equals(sample_marketing_truth(ROWS, seed=2))


def test_a_slash_means_a_folder_of_parts(tmp_path: Path) -> None:
    """A path that ends in a slash becomes a folder, whose parts sort in row order."""
    write_sample("marketing", f"{tmp_path}/shop.d/", ROWS, seed=2)
    assert sorted(p.name for p in (tmp_path / "shop.d").iterdir()) == [f"part-0000{i}.parquet" for i in range(3)]


@pytest.mark.parametrize("name", ["shop.csv", "shop.parquet"])
def test_a_file_is_the_same_bytes_again(name: str, tmp_path: Path) -> None:
    """Written twice, a sample gives equal files."""
    for folder in ("a", "b"):
        write_sample("marketing", tmp_path / folder / name, ROWS, seed=2)
    assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("name", ["shop.csv", "shop"])
def test_what_exists_is_kept_unless_told_otherwise(name: str, tmp_path: Path) -> None:
    """An existing output is an error, and stays as it was; overwrite replaces it."""
    path = tmp_path / name
    write_sample("marketing", path, 10, seed=0)
    with pytest.raises(OutputError, match="exists already"):
        write_sample("marketing", path, 20, seed=0)
    write_sample("marketing", path, 20, seed=0, overwrite=True)
    read = pl.read_csv(path) if path.suffix else pl.read_parquet(path)
    assert read.height == 20
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_folder_with_other_files_is_never_replaced(tmp_path: Path) -> None:
    """Overwriting a folder is refused when anything in it is not a part of a sample."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(OutputError, match="holds other files"):
        write_sample("marketing", tmp_path / "photos", 10, seed=0, overwrite=True)
    assert (tmp_path / "photos" / "holiday.jpg").exists()


def test_nothing_is_left_after_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills up leaves neither half a table nor half a truth."""

    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_sample("marketing", tmp_path / "shop.csv", 10, seed=0, truth_path=tmp_path / "truth.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is made up, also where the folder is not there yet."""
    monkeypatch.setattr("os.access", lambda *_: False)
    for path in (tmp_path / "shop.csv", tmp_path / "new" / "shop.csv"):
        with pytest.raises(OutputError, match="cannot be written to"):
            write_sample("marketing", path, 10, seed=0)
    assert list(tmp_path.iterdir()) == []


def test_table_and_truth_stay_apart(tmp_path: Path) -> None:
    """The truth cannot be written over the table."""
    with pytest.raises(SettingsError, match="file of its own"):
        write_sample("marketing", tmp_path / "shop.csv", 10, seed=0, truth_path=tmp_path / "shop.csv")


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    """Only CSV and Parquet are written."""
    with pytest.raises(OutputError, match=r"Found: \.xlsx"):
        write_sample("marketing", tmp_path / "shop.xlsx", 10, seed=0)


def test_no_rows_are_refused(tmp_path: Path) -> None:
    """An empty sample is an error, and leaves nothing behind."""
    with pytest.raises(SettingsError, match="at least 1 row"):
        write_sample("marketing", tmp_path / "shop.csv", 0, seed=0)
    assert list(tmp_path.iterdir()) == []


def test_a_shop_has_its_usual_number_of_customers(tmp_path: Path) -> None:
    """Without a number of rows a shop has its own, which is told."""
    assert write_sample("mall", tmp_path / "mall.csv") == 200
    assert pl.read_csv(tmp_path / "mall.csv", schema_overrides={"customer_id": pl.String}).equals(sample_mall(200, 0))


def test_an_unknown_shop_is_refused(tmp_path: Path) -> None:
    """A misspelt shop is an error that names the nearest one."""
    with pytest.raises(SettingsError, match="Did you mean 'ecommerce'"):
        write_sample("e-comerce", tmp_path / "shop.csv")
