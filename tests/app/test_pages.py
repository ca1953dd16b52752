"""What pages say and do, asked without a browser."""

from __future__ import annotations

import http.client
import re

import polars as pl
import pytest

import segmentry as sg
from segmentry.app.uploads import LARGEST
from segmentry.fitting import FitSettings
from segmentry.plots.style import tight
from segmentry.reports.cards import cards
from segmentry.samples import sample_marketing

pytestmark = pytest.mark.xdist_group("browser")

PAGES = [
    "/", "/explore", "/explore?view=heatmap", "/explore?view=distributions", "/explore?view=boxes", "/choosing",
    "/customers", "/segments/s1", "/predict", "/drift", "/data",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_can_be_read_by_a_screen_reader(client, path):
    """Each page has one heading of the first rank, a language, a skip link, and a label for each field and picture."""
    page = client.get(path)
    assert page.status_code == 200
    text = page.text
    assert len(re.findall(r"<h1[ >]", text)) == 1
    assert '<html lang="en">' in text
    assert 'class="skip"' in text
    assert all('aria-labelledby="' in svg for svg in re.findall(r"<svg [^>]*role=\"img\"[^>]*>", text))
    for field in re.findall(r"<(?:input|select|textarea)\b[^>]*>", text):
        if 'type="hidden"' in field or "aria-label" in field:
            continue
        name = re.search(r' id="([^"]+)"', field)
        before = text[: text.index(field)]
        inside = before.rfind("<label") > before.rfind("</label>")
        assert inside or (name and f'for="{name[1]}"' in text), field


def test_the_overview_says_what_the_library_says(client, fitted):
    """Sizes, shares, names, plays, verdict and warnings of the first page are those of the model."""
    segmentation, page = sg.load(fitted / "segmentation.seg"), client.get("/").text
    for segment in segmentation.segments:
        assert segment.name in page
        assert f"{segment.size:,}" in page
        assert f"{segment.playbook[0].title}" in page
    assert f"<strong>{len(segmentation.notices)} warnings</strong>" in page


def test_a_card_says_how_far_to_rely_on_its_segment(client, fitted):
    """In the words of the report, on each card of a segment that was measured."""
    page = client.get("/").text
    shown = re.findall(r'<p class="reliance"><strong>(.*?)\.</strong> (.*?)</p>', page)
    measured = [c for c in cards(sg.load(fitted / "segmentation.seg")) if c.reliance]
    expected = [(c.reliance, tight(c.reliance_means)) for c in measured]
    assert expected
    assert shown == expected


def test_where_one_number_was_tried_there_are_no_empty_panels(tmp_path, dashboard):
    """One sentence says why there is nothing to compare, in place of two pictures that are not there."""
    model = tmp_path / "three.seg"
    sg.save(sg.fit(sample_marketing(300, seed=1), k=3, settings=FitSettings(stability_pairs=4)), model)
    with dashboard(model) as visitor:
        page = visitor.get("/choosing").text
    assert page.count("One number of segments was tried only") == page.count('class="absent"') == 1
    assert page.count("<figure") == 1


def test_without_anything_open_one_begins_at_new_data(empty):
    """The first page, and each that needs a segmentation, leads to New data, where sample data is one click away."""
    for path in ["/", "/explore", "/choosing", "/customers", "/predict", "/segments/s1", "/download/report.html"]:
        page = empty.get(path)
        assert page.url.path == "/data", path
        assert "Try with this" in page.text


@pytest.mark.parametrize("path", ["/nothing", "/segments/s99", "/download/passwd", "/customers.exe"])
def test_what_is_not_there_is_said_on_a_page(client, path):
    """An address that is not there is told with 404, on a page with the way back."""
    page = client.get(path)
    assert page.status_code == 404
    assert "There is no such page" in page.text


def test_a_filter_that_leaves_nobody_says_so(client):
    """No customer at all is a designed state, with the way out."""
    page = client.get("/explore?feature1=income&from1=99999999").text
    assert "No customer fulfils all of these filters" in page
    assert "<svg" not in page.split('id="shown"')[1].split("</main>")[0]


@pytest.mark.parametrize(
    "query",
    ["x=nope&y=nope", "panel=nope&view=boxes", "feature1=nope&from1=1", "from1=abc&feature1=income", "level=9.9",
     "segment=s99", "view=nope", "page=-1", "feature1=income&from1=nan&to1=inf"],
)  # fmt: skip
def test_what_cannot_be_asked_is_left_aside(client, query):
    """An address with things that there are not shows the page as if they were not said."""
    assert client.get(f"/explore?{query}").status_code == 200
    assert client.get(f"/customers?{query}").status_code == 200


def test_edits_stay_in_the_model_and_are_shown_everywhere(own, out):
    """A name and a plan of one's own are in the model file, on the pages, in exports and in the report."""
    before = sg.load(out / "segmentation.seg").segment("s1").playbook
    sent = {"name": "Premium & loyal", "title": [before[0].title, "Invite"], "action": [before[0].action, "To tea."]}
    page = own.post("/segments/s1", data=sent)
    assert "Saved in the model file" in page.text
    segment = sg.load(out / "segmentation.seg").segment("s1")
    assert (segment.name, segment.named_by) == ("Premium & loyal", "user")
    assert segment.playbook[0] == before[0]
    assert [(p.title, p.action) for p in segment.playbook] == [
        (before[0].title, before[0].action),
        ("Invite", "To tea."),
    ]
    assert "Premium &amp; loyal" in own.get("/").text
    export = pl.read_csv(own.get("/customers.csv?segment=s1").content)
    assert set(export["segment"]) == {"Premium & loyal"}
    assert "Premium &amp; loyal" in own.get("/download/report.html").text


def test_two_segments_do_not_get_one_name(own, out):
    """A name that another segment has is refused in words, and nothing is changed."""
    model = (out / "segmentation.seg").read_bytes()
    taken = sg.load(out / "segmentation.seg").segment("s2").name
    page = own.post("/segments/s1", data={"name": taken})
    assert page.status_code == 400
    assert "Each segment needs a name of its own" in page.text
    assert (out / "segmentation.seg").read_bytes() == model


def test_a_model_alone_shows_no_customers(out, tmp_path, dashboard):
    """A model without its folder has its pages, and says what is missing where customers would be."""
    alone = tmp_path / "alone.seg"
    (out / "segmentation.seg").rename(alone)
    with dashboard(alone) as client:
        assert client.get("/").status_code == 200
        for path in ("/customers", "/explore", "/segments/s1", "/choosing"):
            assert "Only the model is open" in client.get(path).text
        assert "Averages by segment" in client.get("/explore?view=heatmap").text
        assert "segment-name" in client.get("/predict").text


def test_predictions_are_those_of_the_library(client, fitted):
    """By id and by value, the page gives customers of the file the segment and confidence that the library gives."""
    segmentation = sg.load(fitted / "segmentation.seg")
    rows = pl.read_csv(fitted / "customers.csv", infer_schema=False)
    for row in rows.sample(6, seed=4).rows(named=True):
        page = client.get("/predict", params={"customer": row["customer_id"]}).text
        assert _segment(page) == row["segment"]
        stated = dict(re.findall(r'name="([a-z_]+)" value="([^"]*)" inputmode', page))
        by_hand = sg.score_one(segmentation, {k: float(v) for k, v in stated.items() if v})
        again = client.get("/predict", params={"asked": "1", **stated}).text
        assert _segment(again) == by_hand["segment"]
        assert f"<b>{by_hand['confidence'] * 100:.0f} %</b>" in again or by_hand["confidence"] < 0.03


def _segment(page: str) -> str:
    found = re.search(r'id="segment-name">([^<]*)<', page)
    assert found
    return found[1].replace("&amp;", "&")


def test_sliders_reach_over_what_was_seen_and_no_farther(client, fitted):
    """A slider begins and ends within the values of the fitted customers, and holds the usual one."""
    page = client.get("/predict").text
    ranges = re.findall(r'type="range" min="([^"]+)" max="([^"]+)" step="[^"]+" value="([^"]+)"', page)
    scales = sg.load(fitted / "segmentation.seg").recipe.scales
    assert len(ranges) == len(scales) > 2
    for (low, high, value), scale in zip(ranges, scales, strict=True):
        assert round(scale.minimum) <= float(low) <= float(value) <= float(high) <= round(scale.maximum), scale


def test_what_is_no_number_is_said(client):
    """A word where a number belongs is told by the field's label; nothing is placed."""
    page = client.get("/predict?asked=1&income=much").text
    assert "“Income” is not a number" in page
    assert "segment-name" not in page


def test_numbers_are_read_as_people_type_them(client):
    """A decimal comma is no thousands separator; what the pages write themselves is read as they write it."""
    places = {
        text: client.get("/predict", params={"asked": "1", "income": text}).text.split("<main", 1)[1]
        for text in ("52000.5", "52000,5", "52.000,5", "52,000.5")
    }
    plain = {re.sub(r'value="[^"]*"', "", page) for page in places.values()}
    assert len(plain) == 1
    assert "segment-name" in plain.pop()


def test_an_end_of_a_range_that_is_no_number_is_said(client):
    """It filters nothing, and the page says so."""
    assert "“about 5” is no number" in client.get("/explore?feature1=income&from1=about+5&to1=90000").text
    assert "is no number" not in client.get("/explore?feature1=income&from1=40000&to1=").text


def test_a_file_too_large_is_refused_before_it_is_read(empty):
    """More than the limit is refused by its announced length."""
    connection = http.client.HTTPConnection(empty.base_url.host, empty.base_url.port)
    connection.putrequest("POST", "/data/upload")
    connection.putheader("Content-Length", str(LARGEST * 2))
    connection.endheaders(b"x")
    answer = connection.getresponse()
    assert answer.status == 413
    assert b"The file is larger than" in answer.read()
    connection.close()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("customers.csv", b"%PDF-1.4 what", "a PDF document"),
        ("customers.csv", b"SQLite format 3\0" + b"\0" * 200, "A database is not taken here"),
        ("customers.xlsx", b"", "is empty"),
        ("spring.csv", b"%PDF-1.4 what", "spring.csv is not a text table"),
        ("page.csv", b"<!doctype html><html>", "HTML or XML"),
    ],
)
def test_the_server_looks_at_what_a_file_holds(empty, name, content, said):
    """What is no table is refused by its content, whatever it is called, and named as its owner calls it."""
    page = empty.post("/data/upload", files={"file": (name, content, "text/csv")})
    assert page.status_code == 400
    assert said in page.text
    assert "/tmp" not in page.text


def test_a_visitor_sees_nothing_of_another(out, dashboard):
    """What one visitor hands in is not on the pages of another."""
    with dashboard(out) as one:
        one.post("/data/upload", files={"file": ("secret-customers.csv", b"id,spend\n1,5\n2,7\n3,9\n", "text/csv")})
        assert "secret-customers" in one.get("/data").text
        mine = dict(one.cookies)
        one.cookies.clear()
        assert "secret-customers" not in one.get("/data").text
        one.cookies.clear()
        one.cookies.set("segmentry_desk", "x" * 32)
        assert "secret-customers" not in one.get("/data").text
        one.cookies.clear()
        for name, value in mine.items():
            one.cookies.set(name, value)
        assert "secret-customers" in one.get("/data").text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "", "10.0.0.1"])
def test_another_name_for_this_machine_is_refused(client, host):
    """A page elsewhere that gives itself this machine's address gets nothing."""
    assert client.get("/", headers={"host": host}).status_code == 403
    assert client.get("/", headers={"host": "localhost:1234"}).status_code == 200


def test_forms_of_other_pages_are_refused(own, out):
    """A form that another site sends changes nothing."""
    model = (out / "segmentation.seg").read_bytes()
    for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        assert own.post("/segments/s1", data={"name": "Mine"}, headers=headers).status_code == 403
    assert (out / "segmentation.seg").read_bytes() == model
    ours = {"origin": str(own.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
    assert own.post("/segments/s1", data={"name": "Mine"}, headers=ours).status_code == 200


def test_pages_run_no_script_but_ours(client):
    """The policy of each page allows scripts and styles of the dashboard alone, and no page has one in it."""
    for path in PAGES:
        page = client.get(path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert re.findall(r"<script(?! src=\"/static/app.js\" defer></script>)", page.text) == []
        assert re.findall(r"<style|\son\w+=", page.text) == []
