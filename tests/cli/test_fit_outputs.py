"""The main job: a raw file in, a folder with everything out, and not a word of it wrong."""

from __future__ import annotations

import csv
import json
import re

import numpy as np
import pandas as pd
import pytest

from segmentry.store import load

MARKETING, SAME_WITH_COMMAS = "marketing_campaign.csv", "customer_segmentation.csv"
MALL, SHOP = "Mall_Customers.csv", "E-commerce Customer Behavior - Sheet1.csv"
FILES = (MARKETING, SAME_WITH_COMMAS, MALL, SHOP)
ROWS = {MARKETING: 2240, SAME_WITH_COMMAS: 2240, MALL: 200, SHOP: 350}
OURS = ["segment_id", "segment", "confidence", "runner_up"]


def _summary(folder):
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.thorough("customer_segmentation.csv", "Mall_Customers.csv")
def test_every_output_is_there(fitted, name):
    """A plain fit writes model, labelled customers, report, pictures, profile and summary, and nothing else."""
    folder = fitted(name)
    there = {p.name for p in folder.iterdir()}
    assert there == {"segmentation.seg", "customers.csv", "report.html", "plots", "profile.csv", "summary.json"}
    assert any((folder / "plots").glob("*.png"))
    assert not list(folder.parent.glob(".*"))


def test_a_run_without_pictures_says_so(segmentry, fitted, shared_data, tmp_path):
    """--no-pictures gives the same model and customers, no picture, and a report that tells of it."""
    outcome = segmentry("fit", shared_data / MALL, "-o", tmp_path / "out", "--no-pictures", "--quiet")
    assert outcome.code == 0, outcome.err
    for name in ("segmentation.seg", "customers.csv", "profile.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (fitted(MALL) / name).read_bytes()
    assert not (tmp_path / "out" / "plots").exists()
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<figure" not in page
    assert "<code>--no-pictures</code>" in page


@pytest.mark.parametrize("name", FILES)
def test_every_row_is_accounted_for(fitted, name):
    """Rows read and rows rejected add up to the rows in the file, and the segments to the rows read."""
    summary = _summary(fitted(name))
    assert summary["rows_present"] == ROWS[name]
    assert summary["rows_read"] + summary["rows_rejected"] == summary["rows_present"]
    sizes = sum(s["size"] for s in summary["segments"]) + summary["customers_without_data"]
    assert sizes == summary["customers"] == summary["rows_read"]
    assert sum(s["share"] for s in summary["segments"]) == pytest.approx(1.0)


@pytest.mark.parametrize("name", FILES)
def test_the_summary_says_everything_a_program_asks(fitted, name):
    """`summary.json` has k, method, reason, candidates, segments, warnings, seed, as-of date and seconds."""
    summary = _summary(fitted(name))
    assert {"k", "method", "reason", "candidates", "segments", "warnings", "seed", "as_of", "seconds"} <= set(summary)
    assert summary["k"] == len(summary["segments"]) >= 2
    assert [s["id"] for s in summary["segments"]] == [f"s{i}" for i in range(1, summary["k"] + 1)]
    assert len({s["name"] for s in summary["segments"]}) == summary["k"]
    assert summary["k"] in {c["k"] for c in summary["candidates"]}
    assert all(set(w) == {"code", "message"} for w in summary["warnings"])


@pytest.mark.parametrize("name", FILES)
def test_input_columns_come_back_verbatim(fitted, shared_data, name):
    """`customers.csv` has every input cell as it was, in the order it had, and then our four columns."""
    with (shared_data / name).open(newline="", encoding="utf-8-sig") as file:
        before = list(csv.reader(file, delimiter="\t" if name == MARKETING else ","))
    with (fitted(name) / "customers.csv").open(newline="", encoding="utf-8") as file:
        after = list(csv.reader(file))
    assert after[0] == [*before[0], *OURS]
    assert [row[: len(before[0])] for row in after[1:]] == before[1:]


def test_separators_change_nothing(fitted):
    """The same customers with tabs and with commas give the same model bytes and the same labels."""
    tabs, commas = fitted(MARKETING), fitted(SAME_WITH_COMMAS)
    assert (tabs / "segmentation.seg").read_bytes() == (commas / "segmentation.seg").read_bytes()
    assert (tabs / "customers.csv").read_bytes() == (commas / "customers.csv").read_bytes()
    assert (tabs / "profile.csv").read_bytes() == (commas / "profile.csv").read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_segments_are_numbered_by_spend(fitted, name):
    """s1 spends most on average; where no spend is known it is the largest."""
    segments = _summary(fitted(name))["segments"]
    by = [s["means"].get("spend_total", s["size"]) for s in segments]
    assert by == sorted(by, reverse=True)


@pytest.mark.parametrize("name", FILES)
def test_confidence_is_between_border_and_heart(fitted, name):
    """Confidence lies from 0 to 1, and the runner-up is another segment than the customer's own."""
    customers = pd.read_csv(fitted(name) / "customers.csv", dtype=str)
    confidence = customers["confidence"].astype(float)
    assert confidence.between(0, 1).all()
    assert (customers["runner_up"] != customers["segment_id"]).all()
    assert set(customers["runner_up"]) <= set(customers["segment_id"])


@pytest.mark.parametrize("name", FILES)
def test_profile_equals_an_independent_group_by(fitted, shared_data, name):
    """Means, counts and medians of plain columns are those that pandas finds on the labelled customers."""
    folder = fitted(name)
    customers = pd.read_csv(folder / "customers.csv", keep_default_na=False, na_values=[""])
    profile = pd.read_csv(folder / "profile.csv", keep_default_na=False, na_values=[""])
    recipe = load(folder / "segmentation.seg").recipe
    plain = {
        f.name: f.sources
        for f in (*recipe.clustered, *recipe.described)
        if f.operation in ("column", "sum")
        and not f.levels
        and all(pd.api.types.is_numeric_dtype(customers[c]) for c in f.sources)
    }
    assert len(plain) >= 2
    for feature, sources in plain.items():
        values = customers[list(sources)].sum(axis=1, min_count=1)
        rows = profile[(profile["measure"] == feature) & profile["level"].isna()].set_index("segment_id")
        for segment, own in values.groupby(customers["segment_id"]):
            row, known = rows.loc[segment], np.sort(own.dropna().to_numpy())
            assert row["n"] == len(known)
            assert row["mean"] == pytest.approx(known.mean(), rel=1e-6)
            assert row["sd"] == pytest.approx(known.std(), rel=0.01)
            assert row["median"] == known[int((len(known) - 1) * 0.5)]
        assert rows["population_mean"].iloc[0] == pytest.approx(values.mean(), rel=1e-6)


@pytest.mark.parametrize("name", FILES)
def test_every_word_of_a_name_is_borne_out(fitted, name):
    """Each word's evidence states a mean at least 0.3 standard deviations, or an index of 130 or 75, from everyone's,
    and pandas finds the same on the labelled customers."""
    folder = fitted(name)
    model = load(folder / "segmentation.seg")
    customers = pd.read_csv(folder / "customers.csv", keep_default_na=False, na_values=[""])
    labels = {m.label.lower(): m.name for m in model.profile.measures}
    sources = {f.name: f for f in (*model.recipe.clustered, *model.recipe.described)}
    checked = 0
    for segment in model.segments:
        words = [w.lower() for w in re.sub(r" \(\d+\)$", "", segment.name).split(", ")]
        if words == ["average"]:
            continue
        assert [e.split(":")[0].lower() for e in segment.evidence] == words
        for sentence in segment.evidence:
            difference = re.search(r"([+-][\d.]+) standard deviations", sentence)
            index = re.search(r"index (\d+)", sentence)
            strong = difference is not None and abs(float(difference[1])) >= 0.3
            assert strong or (index is not None and (int(index[1]) >= 130 or int(index[1]) <= 75)), sentence
            label = max((text for text in labels if f": {text} " in sentence), key=len)
            feature = sources[labels[label]]
            if difference is None or feature.operation not in ("column", "sum") or feature.levels:
                continue
            own = customers[list(feature.sources)]
            if not all(pd.api.types.is_numeric_dtype(own[c]) for c in own):
                continue
            values = own.sum(axis=1, min_count=1)
            here = values[customers["segment_id"] == segment.id].mean()
            assert (here - values.mean()) / values.std(ddof=0) == pytest.approx(float(difference[1]), abs=0.06)
            checked += 1
    assert checked


def test_a_clashing_column_keeps_its_name(segmentry, tmp_path):
    """An input column called `segment` stays as it is, and ours gets a trailing underscore."""
    lines = [f"{i},{20 + i % 40},{1000 * (1 + i % 3) + i},old{i % 2}" for i in range(60)]
    (tmp_path / "in.csv").write_text("id,age,income,segment\n" + "\n".join(lines) + "\n")
    outcome = segmentry("fit", "--no-pictures", tmp_path / "in.csv", "-o", tmp_path / "out", "--k", 3, "--quiet")
    assert outcome.code == 0, outcome.err
    with (tmp_path / "out" / "customers.csv").open(newline="") as file:
        after = list(csv.reader(file))
    assert after[0] == ["id", "age", "income", "segment", "segment_id", "segment_", "confidence", "runner_up"]
    assert [",".join(row[:4]) for row in after[1:]] == lines


def test_parquet_comes_back_as_parquet(segmentry, shared_data, tmp_path):
    """A Parquet file gives `customers.parquet`, with the columns and types it had."""
    before = pd.read_csv(shared_data / MALL)
    before.to_parquet(tmp_path / "mall.parquet")
    outcome = segmentry(
        "fit", "--no-pictures", tmp_path / "mall.parquet", "-o", tmp_path / "out", "--k", "5", "--quiet"
    )
    assert outcome.code == 0, outcome.err
    after = pd.read_parquet(tmp_path / "out" / "customers.parquet")
    assert list(after) == [*before, *OURS]
    pd.testing.assert_frame_equal(after[list(before)], before, check_dtype=False)


def test_names_of_the_users_own_are_remembered(segmentry, fitted, tmp_path):
    """--name is in model, report, labels and scores; `rename` changes it later, and two names never agree."""
    model = tmp_path / "m.seg"
    model.write_bytes((fitted(MALL) / "segmentation.seg").read_bytes())
    assert segmentry("rename", model, "s1=Prämie & Co").code == 0
    assert load(model).segment("s1").name == "Prämie & Co"
    assert load(model).segment("s1").named_by == "user"
    other = load(model).segment("s2").name
    outcome = segmentry("rename", model, f"s1={other}")
    assert outcome.code == 1
    assert "name of its own" in outcome.err
    assert load(model).segment("s1").name == "Prämie & Co"
