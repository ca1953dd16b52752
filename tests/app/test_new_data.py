"""From a file to segments, asked without a browser: roles, problems, corrections, the fit, and what is left of it."""

from __future__ import annotations

import io
import re

import polars as pl
import pytest

import segmentry as sg
from segmentry.samples import sample_mall, sample_marketing
from segmentry.store.file import parse

ROWS = 300


def handed_in(client, name: str, content: bytes) -> str:
    return client.post("/data/upload", files={"file": (name, content, "application/octet-stream")}).text


def fields(page: str) -> dict[str, list[str]]:
    """What the form would send as it stands."""
    form = page.split('action="/data/look">')[1].split("</form>")[0]
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = re.search(r' name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and ("checkbox" not in tag or " checked" in tag):
            sent.setdefault(name[1], []).append(value[1] if value else "")
    for name, options in re.findall(r'<select name="([^"]*)">(.*?)</select>', form, re.S):
        chosen = re.search(r"<option(?: value=\"([^\"]*)\")? selected>([^<]*)<", options)
        first = re.search(r"<option(?: value=\"([^\"]*)\")?>([^<]*)<", options)
        found = chosen or first
        assert found
        sent.setdefault(name, []).append(found[1] if found[1] is not None else found[2])
    return sent


def fitted_from(client, until, page: str, **stated: str) -> str:
    client.post("/data/look", data={**fields(page), "fit": "1", **stated})
    return until(client, "/job", "Open these segments")


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx", "json"])
def test_a_file_of_any_usual_kind_is_looked_at(empty, kind):
    """CSV, Parquet, Excel and JSON are told by what they hold, whatever the name says."""
    customers, out = sample_mall(ROWS, seed=2), io.BytesIO()
    writers = {
        "csv": customers.write_csv,
        "parquet": customers.write_parquet,
        "xlsx": customers.write_excel,
        "json": customers.write_ndjson,
    }
    writers[kind](out)
    page = handed_in(empty, "mall.dat", out.getvalue())
    assert f"{ROWS} rows and 5 columns were read" in page


def test_a_file_becomes_the_segments_of_the_library(empty, until):
    """Customers that are handed in get the segments that `fit` gives, and everything can be taken along."""
    customers = sample_mall(ROWS, seed=2)
    page = handed_in(empty, "mall.csv", customers.write_csv().encode())
    page = fitted_from(empty, until, page, k="5")
    expected = sg.fit(customers, k=5)
    model = parse(empty.get("/download/segmentation.seg?of=tried").content)
    assert model.rule == expected.rule
    assert [s.name for s in model.segments] == [s.name for s in expected.segments]
    assert "/download/customers.csv?of=tried" in page
    labelled = pl.read_csv(empty.get("/download/customers.csv?of=tried").content)
    assert labelled["segment_id"].to_list() == sg.score(expected, customers)["segment_id"].to_list()
    assert "5 segments" in empty.get("/download/report.html?of=tried").text
    assert "5 segments of 300 customers" in empty.post("/take").text


def test_a_purchase_log_is_recognised_and_fitted(empty, until, shared_data):
    """A file with a row per purchase is told as such; its customers are made, segmented and shown."""
    log = b"customer_id,date,cds,dollars\n" + b"\n".join(
        b",".join(line.split()[1:]) for line in (shared_data / "CDNOW_sample.txt").read_bytes().splitlines()
    )
    page = handed_in(empty, "orders.csv", log)
    assert "Each row is a purchase" in page
    assert "2,357 customers" in page
    page = fitted_from(empty, until, page, k="3")
    assert "3 segments of 2,357 customers" in page
    empty.post("/take")
    assert "3 segments of 2,357 customers" in empty.get("/").text
    until(empty, "/customers", "2,357</strong> customers")
    assert "recency_days" in empty.get("/customers").text


def test_a_role_that_is_corrected_holds(empty):
    """A role chosen on the page is the role of the next look, and what depends on it follows."""
    customers = sample_marketing(ROWS, seed=0)
    page = handed_in(empty, "shop.csv", customers.write_csv().encode())
    place = customers.columns.index("income")
    sent = fields(page)
    assert sent[f"role.{place}"] == ["income"]
    assert "income" in sent["feature"]
    page = empty.post("/data/look", data={**sent, "look": "1", f"role.{place}": "text"}).text
    assert fields(page)[f"role.{place}"] == ["text"]
    assert "income" not in fields(page)["feature"]


def test_what_a_file_leaves_open_is_settled_on_the_page(empty):
    """A date that can be read in two ways is told with the remedy, and choosing the way settles it."""
    days = ["03-04-2024", "05-06-2024", "07-08-2024", "02-03-2024", "01-02-2024", "09-10-2024"] * 4
    table = pl.DataFrame({"customer_id": [f"c{i}" for i in range(24)], "signup_date": days, "spend": range(24)})
    page = handed_in(empty, "dates.csv", table.write_csv().encode())
    assert "can be read" in page or "DD-MM-YYYY" in page
    assert 'name="fit"' not in page
    page = empty.post("/data/look", data={**fields(page), "look": "1", "date_format": "DD-MM-YYYY"}).text
    assert "24 rows and 3 columns were read" in page


def test_a_fit_that_cannot_be_done_says_why(empty, until):
    """What keeps a fit from being done is told in words, with the way back."""
    page = handed_in(empty, "few.csv", b"customer_id,age,spend\n" + b"\n".join(b"c%d,30,5" % i for i in range(30)))
    empty.post("/data/look", data={**fields(page), "fit": "1", "k": "4"})
    page = until(empty, "/job", "The fit could not be done")
    assert 'role="alert"' in page
    assert "/tmp" not in page


def test_a_fit_can_be_stopped(empty, until):
    """Stopping ends the process, keeps nothing, and leads back."""
    page = handed_in(empty, "shop.csv", sample_marketing(20_000, seed=0).write_csv().encode())
    empty.post("/data/look", data={**fields(page), "fit": "1"})
    assert "Stop" in empty.get("/job").text
    assert "The fit was stopped" in empty.post("/job/stop").text
    assert empty.get("/job").url.path == "/data"


def test_another_number_of_segments_stands_beside_the_one_that_is_open(own, out, until):
    """A refit shows who goes where, leaves what is open alone, and can be taken."""
    model = (out / "segmentation.seg").read_bytes()
    opened = sg.load(out / "segmentation.seg")
    before, used = opened.k, ["age", "income", "spend_total"]
    own.post("/refit", data={"k": "3", "method": "k-means", "feature": used})
    page = until(own, "/job", "Who goes where")
    assert f"{before} segments beside 3" in page
    shares = re.findall(r"<small>([\d,]+)</small></td>", page)
    assert sum(int(n.replace(",", "")) for n in shares) == 900
    assert (out / "segmentation.seg").read_bytes() == model
    assert f"{before} segments of 900" in own.get("/").text
    customers = pl.read_csv(out / "customers.csv", infer_schema=False)[:, :-4]
    expected = sg.fit(customers, k=3, features=used)
    assert parse(own.get("/download/segmentation.seg?of=tried").content).rule == expected.rule
    assert "3 segments of 900" in own.post("/take").text


def test_files_are_gone_when_the_dashboard_ends(dashboard, tmp_path, monkeypatch):
    """What was handed in lies in one scratch folder, which its owner alone can read and which is removed at the end."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with dashboard(None) as client:
        handed_in(client, "shop.csv", sample_mall(ROWS, seed=2).write_csv().encode())
        [scratch] = tmp_path.glob("segmentry-app-*")
        assert scratch.stat().st_mode & 0o077 == 0
        assert list(scratch.rglob("table"))
    assert not list(tmp_path.glob("segmentry-app-*"))
