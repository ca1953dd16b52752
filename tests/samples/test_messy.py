"""Files with the quirks of real exports."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

from segmentry import fit, score
from segmentry.errors import SettingsError
from segmentry.samples import SHOPS, write_sample, writing
from segmentry.samples.messy import ENCODING, dialect_of, messy, messy_truth
from segmentry.samples.shop import Shop

KINDS = ["marketing", "mall", "ecommerce"]


@pytest.fixture(params=KINDS)
def shop(request: pytest.FixtureRequest) -> Shop:
    return SHOPS[request.param]


def test_a_messy_sample_can_be_made_in_parts(shop: Shop) -> None:
    """Any part of an untidy table is what the whole has there, the copies of customers included."""
    whole, truth = messy(shop, 900, 4), messy_truth(shop, 900, 4)
    for start in (0, 11, 300, 777):
        assert messy(shop, 100, 4, start=start).equals(whole[start : start + 100])
        assert messy_truth(shop, 100, 4, start=start).equals(truth[start : start + 100])


def test_blocks_join_without_a_seam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is the same however many rows are made at a time."""
    write_sample("mall", tmp_path / "once.csv", 500, 1, messy=True)
    monkeypatch.setattr(writing, "BLOCK_ROWS", 70)
    write_sample("mall", tmp_path / "parts.csv", 500, 1, messy=True)
    assert (tmp_path / "once.csv").read_bytes() == (tmp_path / "parts.csv").read_bytes()


def test_every_quirk_is_there(shop: Shop) -> None:
    """A table of the usual size has each of the quirks that its shop may have."""
    clean, table = shop.customers(shop.rows, 2), messy(shop, shop.rows, 2)
    quirks = shop.quirks
    assert table.columns == ["customer_id", "email", *clean.columns[1:], "branch"]
    assert table["email"].str.ends_with("@example.com").all()
    assert table["branch"].n_unique() == 1
    for name in quirks.holes:
        assert {"", "N/A", "-"} <= set(table[name])
        assert 0.01 < table[name].is_in(["", "N/A", "-", "unknown", "#N/A", "n/a"]).mean() < 0.05
    for name in quirks.recased:
        assert table[name].str.contains("^ .* $").any()
        assert {text.strip() for text in table[name] if text} > set(clean[name].drop_nulls())
    for name, odd in (*quirks.impossible.items(), *quirks.outliers.items(), *quirks.odd_levels.items()):
        written = {re.sub(r"[^0-9]", "", text) if isinstance(odd[0], int) else text for text in table[name] if text}
        assert any(str(value) in text for value in odd for text in written), name
    for name in quirks.dates:
        assert table[name].str.contains(r"^(1[3-9]|2\d|3[01])[-./]\d\d[-./]\d{4}$").any()


def test_copies_repeat_a_customer_but_for_the_id(shop: Shop) -> None:
    """About one row in a hundred is that of another customer under an id of its own, and of the same kind."""
    table, truth = messy(shop, 1_000, 3), messy_truth(shop, 1_000, 3)
    assert table["customer_id"].is_unique().all()
    copied = table.with_columns(truth["group"]).filter(table.drop("customer_id").is_duplicated())
    assert 12 <= copied.height <= 24
    assert (copied.group_by("email").agg(pl.col("group").n_unique())["group"] == 1).all()


def test_the_seed_decides_how_a_file_is_written() -> None:
    """Over a few seeds, each separator, sign, mark and form of date is met."""
    dialects = [dialect_of(seed) for seed in range(40)]
    assert {d.separator for d in dialects} == {";", "\t"}
    assert {d.money.decimal for d in dialects} == {".", ","}
    assert {d.money.thousands for d in dialects} == {".", ",", "'"}
    assert len({d.money.before + d.money.after for d in dialects}) == 5
    assert len({d.dates for d in dialects}) == 3


def test_a_messy_file_looks_like_an_export(tmp_path: Path) -> None:
    """It is cp1252 and no UTF-8, its lines end as on Windows, and it ends with a customer."""
    path = tmp_path / "export.csv"
    write_sample("marketing", path, 400, 2, messy=True)
    content = path.read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    lines = content.decode(ENCODING).split("\r\n")
    assert lines[-1] == ""
    assert len(lines) == 402
    assert "\n" not in "".join(lines)
    assert lines[-2].startswith("C0000400;") or lines[-2].startswith("C0000400\t")


@pytest.mark.parametrize(
    ("kind", "seed"), [("marketing", 0), ("marketing", 3), ("mall", 1), ("mall", 2), ("ecommerce", 0), ("ecommerce", 3)]
)
@pytest.mark.thorough("marketing-3", "ecommerce-3", "mall-2")
def test_a_messy_file_is_fit_with_no_option(kind: str, seed: int, tmp_path: Path) -> None:
    """All rows are read, and the planted groups are found about as well as in the clean table."""
    shop, path = SHOPS[kind], tmp_path / "export.csv"
    write_sample(kind, path, seed=seed, truth_path=tmp_path / "truth.csv", messy=True)
    segmentation = fit(path)
    assert segmentation.provenance.n_customers == shop.rows
    assert segmentation.k == 5
    separator = dialect_of(seed).separator
    table = pl.read_csv(path, separator=separator, encoding=ENCODING, infer_schema=False)
    truth = pl.read_csv(tmp_path / "truth.csv", infer_schema=False)
    assert table["customer_id"].equals(truth["customer_id"])
    untidy = adjusted_rand_score(truth["group"], score(segmentation, table)["segment_id"])
    tidy_table = shop.customers(shop.rows, seed)
    tidy = adjusted_rand_score(shop.truth(shop.rows, seed)["group"], score(fit(tidy_table), tidy_table)["segment_id"])
    assert untidy > tidy - 0.1
    assert untidy > 0.9


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from segmentry.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_from_sample_to_segments_at_the_shell(tmp_path: Path) -> None:
    """`sample --messy` then `fit` with no option ends well, every row accounted for."""
    made = run("sample", "ecommerce", "--messy", "--seed", "2", "-o", tmp_path / "export.csv")
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("500 customers")
    fitted = run("fit", tmp_path / "export.csv", "-o", tmp_path / "out", "--no-pictures", "--json")
    assert fitted.returncode == 0, fitted.stderr
    summary = json.loads(fitted.stdout)
    assert (summary["rows_present"], summary["rows_read"], summary["rows_rejected"]) == (500, 500, 0)
    assert summary["k"] == 5


@pytest.mark.parametrize("name", ["export.parquet", "export"])
def test_only_csv_is_messy(name: str, tmp_path: Path) -> None:
    """Parquet has types, so that there is nothing to be untidy about."""
    with pytest.raises(SettingsError, match="Only CSV"):
        write_sample("mall", tmp_path / name, messy=True)
    assert list(tmp_path.iterdir()) == []
