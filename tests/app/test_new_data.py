"""From a file to segments, asked without a browser: roles, problems, corrections, the fit, and what is left of it."""

from __future__ import annotations

import io
import re

import polars as pl
import pytest

from segmentry.samples import sample_mall, sample_marketing

ROWS = 300
pytestmark = pytest.mark.xdist_group("browser")


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


def test_a_purchase_log_is_recognised(empty, shared_data):
    """A file with a row per purchase is told as such, and its customers are counted before anything is fitted."""
    log = b"customer_id,date,cds,dollars\n" + b"\n".join(
        b",".join(line.split()[1:]) for line in (shared_data / "CDNOW_sample.txt").read_bytes().splitlines()
    )
    page = handed_in(empty, "orders.csv", log)
    assert "Each row is a purchase" in page
    assert "2,357 customers" in page


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
    assert "handed-in" not in page


def test_a_file_without_rows_is_told_by_its_name_and_in_whole_words(empty, until):
    """Only the name that the file has here is put right: "the table" stays a table."""
    page = handed_in(empty, "spring.csv", b"customer_id,age,spend\n")
    if 'action="/data/look"' in page:
        empty.post("/data/look", data={**fields(page), "fit": "1"})
        page = until(empty, "/job", 'role="alert"')
    assert "spring.csv" in page
    assert "The spring.csv" not in page
    assert "handed-in" not in page


def test_a_fit_can_be_stopped(empty, until):
    """Stopping ends the process, keeps nothing, and leads back."""
    page = handed_in(empty, "shop.csv", sample_marketing(20_000, seed=0).write_csv().encode())
    empty.post("/data/look", data={**fields(page), "fit": "1"})
    assert "Stop" in empty.get("/job").text
    assert "The fit was stopped" in empty.post("/job/stop").text
    assert empty.get("/job").url.path == "/data"


def test_an_id_that_is_there_twice_is_asked_about(empty, until):
    """Where an id repeats, the page asks what that means: a mistake stops the fit, else each row is a customer."""
    customers = sample_mall(ROWS, seed=2)
    twice = pl.concat([customers, customers[:1]]).write_csv().encode()
    page = handed_in(empty, "twice.csv", twice)
    assert 'name="on_duplicate"' in page
    empty.post("/data/look", data={**fields(page), "fit": "1", "k": "3"})
    assert "The fit could not be done" in until(empty, "/job", 'role="alert"')
    empty.post("/data/look", data={**fields(empty.get("/data").text), "fit": "1", "k": "3", "on_duplicate": "keep"})
    assert f"3 segments of {ROWS + 1} customers" in until(empty, "/job", "Open these segments")
    assert 'name="on_duplicate"' not in handed_in(empty, "once.csv", customers.write_csv().encode())


def test_two_files_are_one_of_purchases_and_one_of_customers(empty):
    """Two tables of customers are refused in words, with both files' contents looked at on the server."""
    mall = sample_mall(ROWS, seed=2).write_csv().encode()
    both = {"file": ("a.csv", mall, "text/csv"), "second": ("b.csv", mall, "text/csv")}
    page = empty.post("/data/upload", files=both)
    assert page.status_code == 422
    assert "one has to hold purchases" in page.text
    assert 'name="fit"' not in page.text
    dropped = empty.post("/data/upload", files=[("file", sent) for sent in both.values()])
    assert "one has to hold purchases" in dropped.text
    wrong = empty.post("/data/upload", files={**both, "second": ("b.csv", b"%PDF-1.4 what", "text/csv")})
    assert wrong.status_code == 400
    assert "a PDF document" in wrong.text


def test_files_are_gone_when_the_dashboard_ends(dashboard, tmp_path, monkeypatch):
    """What was handed in lies in one scratch folder, which its owner alone can read and which is removed at the end."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with dashboard(None) as client:
        handed_in(client, "shop.csv", sample_mall(ROWS, seed=2).write_csv().encode())
        [scratch] = tmp_path.glob("segmentry-app-*")
        assert scratch.stat().st_mode & 0o077 == 0
        assert list(scratch.rglob("handed-in-1"))
    assert not list(tmp_path.glob("segmentry-app-*"))
