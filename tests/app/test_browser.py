"""Each page driven in a real browser: clicked, typed in, uploaded to, downloaded from, looked at."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

import segmentry as sg
from segmentry.features.choice import FeatureSettings
from segmentry.fitting import FitSettings
from segmentry.samples import sample_mall, sample_orders
from segmentry.segmentation import Segmentation
from segmentry.store.file import parse

pytestmark = pytest.mark.xdist_group("browser")


def visit(browser, path: str) -> None:
    browser.page.goto(browser.address + path)


def looked_at(browser, folder: Path, name: str) -> None:
    """A screenshot that is a picture of something, on a page as wide as its window."""
    shot = browser.page.screenshot(path=str(folder / f"{name}.png"))
    assert len(shot) > 8_000
    assert browser.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_overview_leads_to_a_segment_and_to_the_report(browser, fitted, tmp_path):
    """Cards show the segments, warnings unfold, a card opens its segment, and the report can be taken along."""
    page, segmentation = browser.page, sg.load(fitted / "segmentation.seg")
    visit(browser, "/")
    assert page.locator("article.card h3").all_inner_texts() == [s.name for s in segmentation.segments]
    page.get_by_text("to read before acting").click()
    assert page.locator(".notices li").first.is_visible()
    looked_at(browser, tmp_path, "overview")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Report").click()
    assert "segments of 900 customers" in Path(taken.value.path()).read_text(encoding="utf-8")
    page.get_by_role("link", name=segmentation.segments[1].name, exact=True).click()
    assert page.locator("h1").inner_text().strip() == segmentation.segments[1].name


def test_explore_draws_what_is_chosen_at_once(browser, tmp_path):
    """Choosing features, another picture and a filter changes the picture without leaving the page."""
    page = browser.page
    visit(browser, "/explore")
    page.locator("figure svg").wait_for(timeout=60_000)
    page.evaluate("window.stayed = true")
    page.get_by_label("Across").select_option(label="Income")
    page.locator("figure h2", has_text="Income and ").wait_for()
    page.locator("select[name=y]").select_option(label="Age")
    page.locator("figure h2", has_text="Income and age ").wait_for()
    looked_at(browser, tmp_path, "explore")
    page.get_by_text("Heat map").click()
    page.locator("table.heat").wait_for()
    before = page.locator("table.heat td").all_inner_texts()
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Feature to filter by").first.select_option(label="Income")
    page.get_by_label("from").first.fill("60000")
    page.get_by_text("customers fulfil the filters").wait_for()
    assert page.locator("table.heat td").all_inner_texts() != before
    for name, view in (("Distributions", "distributions"), ("Box plots", "boxes")):
        page.get_by_text(name).click()
        page.wait_for_url(f"**view={view}&*")
        page.locator("figure svg").wait_for()
    assert page.evaluate("window.stayed") is True


def test_a_segment_can_be_searched_sorted_exported_and_renamed(browser, tmp_path):
    """Its customers answer a search while one types, sort by a click, leave as CSV and Excel; a new name stays."""
    page = browser.page
    visit(browser, "/segments/s1")
    total = int(page.locator("#customers strong").first.inner_text().replace(",", ""))
    page.get_by_label("Search the customers").press_sequentially("doctor", delay=20)
    page.locator("#customers strong:first-child", has_not_text=f"{total:,}").first.wait_for()
    found = int(page.locator("#customers strong").first.inner_text().replace(",", ""))
    with page.expect_download() as taken:
        page.get_by_role("link", name="CSV", exact=True).click()
    export = pl.read_csv(taken.value.path())
    assert export.height == found < total
    assert set(export["education"]) == {"Doctorate"}
    with page.expect_download() as taken:
        page.get_by_role("link", name="Excel", exact=True).click()
    assert pl.read_excel(taken.value.path()).height == found
    page.locator("th a", has_text="income").click()
    page.locator("th[aria-sort=ascending]").wait_for()
    page.locator("th a", has_text="income").click()
    page.locator("th[aria-sort=descending]").wait_for()
    place = page.locator("table.rows thead th").all_inner_texts().index("income ▾")
    shown = page.locator(f"table.rows tbody tr > :nth-child({place + 1})").all_inner_texts()
    assert [float(v) for v in shown if v] == sorted((float(v) for v in shown if v), reverse=True)
    page.get_by_text("Rename, or write your own plan").click()
    page.get_by_label("Name", exact=True).fill("Friends of the house")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved in the model file").wait_for()
    assert page.locator("h1").inner_text().strip() == "Friends of the house"
    looked_at(browser, tmp_path, "segment")


def test_a_slider_moves_the_customer_live(browser, fitted, tmp_path):
    """Moving a slider with the keyboard changes number, segment and address at once, as the library would say."""
    page, segmentation = browser.page, sg.load(fitted / "segmentation.seg")
    visit(browser, "/predict")
    page.evaluate("window.stayed = true")
    slider = page.get_by_label("Total spend, slider")
    slider.focus()
    slider.press("End")
    page.wait_for_url("**spend_total=*")
    stated = dict(re.findall(r"[?&](\w+)=([\d.]+)", page.url))
    stated.pop("asked")
    expected = sg.score_one(segmentation, {k: float(v) for k, v in stated.items()})["segment_id"]
    page.locator("#answer .kicker", has_text=f"Segment {expected}").wait_for()
    slider.press("Home")
    page.locator("#answer .kicker", has_not_text=f"Segment {expected}").wait_for()
    assert page.evaluate("window.stayed") is True
    looked_at(browser, tmp_path, "predict")
    page.get_by_label("Look up a customer by id").fill("C0000007")
    page.get_by_role("button", name="Look up").click()
    row = pl.read_csv(fitted / "customers.csv").filter(pl.col("customer_id") == "C0000007").row(0, named=True)
    assert page.locator("#answer .kicker").inner_text() == f"Segment {row['segment_id']}"


def test_another_number_is_tried_beside_the_one_that_is_open(browser, fitted, tmp_path):
    """A refit with another number and other features shows its progress from the first moment, then both side by side;
    it is the fit of the library, leaves what is open alone, and is left."""
    page, opened = browser.page, sg.load(fitted / "segmentation.seg")
    used = ["age", "income", "spend_total"]
    visit(browser, "/choosing")
    assert page.locator("figure svg").count() == 3
    page.locator("select[name=k]").select_option("3")
    page.get_by_text("What the segments rest on").click()
    for box in page.locator("input[name=feature]").all():
        box.set_checked(box.get_attribute("value") in used)
    page.get_by_role("button", name="Try it").click()
    assert page.locator("[role=status]", has_text="…").inner_text()
    assert int(page.locator("progress").get_attribute("value")) >= 1
    page.get_by_role("heading", name="Who goes where").wait_for(timeout=120_000)
    assert page.locator("h1").inner_text() == f"{opened.k} segments beside 3"
    looked_at(browser, tmp_path, "beside")
    counts = re.findall(r"<small>([\d,]+)</small></td>", page.content())
    assert sum(int(n.replace(",", "")) for n in counts) == 900
    customers = pl.read_csv(fitted / "customers.csv", infer_schema=False)[:, :-4]
    quick = FitSettings(stability_pairs=0)
    expected = sg.fit(customers, k=3, features=used, previous=opened, settings=quick)
    assert model_taken(page).rule == expected.rule
    page.get_by_role("button", name="Keep the one that is open").click()
    page.get_by_text("The segmentation that was open stays").wait_for()
    visit(browser, "/")
    page.get_by_role("heading", name=f"{opened.k} segments of 900 customers").wait_for()


def test_from_a_file_to_a_report(browser, tmp_path):
    """A file is chosen and looked at, a role corrected, the fit followed, and what it made, which is what the library
    makes of it, is taken along and opened."""
    page, customers = browser.page, sample_mall(300, seed=2)
    customers.write_csv(tmp_path / "mall.csv")
    visit(browser, "/data")
    page.locator("#file").set_input_files(tmp_path / "mall.csv")
    page.get_by_role("button", name="Look at it").click()
    page.get_by_text("300 rows and 5 columns were read").wait_for()
    page.get_by_label("Role of gender").select_option("text")
    page.get_by_role("button", name="Look again").click()
    page.get_by_text("300 rows and 5 columns were read").wait_for()
    assert page.get_by_label("Role of gender").input_value() == "text"
    looked_at(browser, tmp_path, "looked")
    page.locator("select[name=k]").select_option("5")
    page.get_by_role("button", name="Find segments").click()
    page.locator("progress").wait_for()
    page.get_by_role("button", name="Open these segments").wait_for(timeout=120_000)
    taken = {}
    for name in ("Report", "Model", "Labelled customers"):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        taken[name] = Path(download.value.path()).read_bytes()
    roles = FeatureSettings(roles={"gender": "text"})
    expected = sg.fit(customers, k=5, settings=FitSettings(features=roles, stability_pairs=0))
    model = parse(taken["Model"])
    assert model.rule == expected.rule
    assert [s.name for s in model.segments] == [s.name for s in expected.segments]
    labelled = pl.read_csv(taken["Labelled customers"])
    assert labelled["segment_id"].to_list() == sg.score(expected, customers)["segment_id"].to_list()
    assert b"5 segments of 300 customers" in taken["Report"]
    page.get_by_role("button", name="Open these segments").click()
    page.get_by_role("heading", name="5 segments of 300 customers").wait_for()


def test_purchases_are_joined_to_customers_and_refitted(browser, tmp_path):
    """Two files are handed in, in the wrong order, and become the segments that the library makes of both. Another
    number on other features is fitted beside them, is what the library makes of it, and is taken."""
    page, orders = browser.page, sample_orders(300, seed=2)
    ids = orders["customer_id"].unique().sort()
    own = pl.DataFrame({"customer_id": ids, "age": [20 + i * 7 % 50 for i in range(len(ids))]})
    orders.write_csv(tmp_path / "orders.csv")
    own.write_csv(tmp_path / "people.csv")
    visit(browser, "/data")
    page.locator("#file").set_input_files(tmp_path / "people.csv")
    page.get_by_text("Add a second file").click()
    page.locator("#second").set_input_files(tmp_path / "orders.csv")
    page.get_by_role("button", name="Look at it").click()
    page.get_by_text(f"columns of people.csv: {len(ids)} customers").wait_for()
    assert page.locator("h1").inner_text().split() == ["orders.csv", "with", "people.csv"]
    assert page.get_by_label("Role of age").input_value() == "age"
    assert page.get_by_label("Role of amount").input_value() == "amount"
    looked_at(browser, tmp_path, "joined")
    page.locator("select[name=k]").select_option("4")
    page.get_by_role("button", name="Find segments").click()
    page.get_by_role("button", name="Open these segments").wait_for(timeout=120_000)
    quick = FitSettings(stability_pairs=0)
    expected = sg.fit(orders=orders, customers=own, k=4, settings=quick)
    assert model_taken(page).rule == expected.rule
    page.get_by_role("button", name="Open these segments").click()
    page.get_by_role("heading", name=f"4 segments of {len(ids)} customers").wait_for()

    used = ["age", "n_orders", "recency_days"]
    visit(browser, "/choosing")
    page.locator("form.try").wait_for(timeout=60_000)
    page.locator("select[name=k]").select_option("3")
    page.get_by_text("What the segments rest on").click()
    for box in page.locator("input[name=feature]").all():
        box.set_checked(box.get_attribute("value") in used)
    page.get_by_role("button", name="Try it").click()
    page.get_by_role("heading", name="Who goes where").wait_for(timeout=120_000)
    again = model_taken(page)
    assert {f.name for f in again.recipe.clustered} == set(used)
    assert again.recipe.as_of == expected.recipe.as_of
    after = sg.fit(orders=orders, customers=own, k=3, features=used, previous=expected, settings=quick)
    assert again.rule == after.rule
    page.get_by_role("button", name="Use the one just tried").click()
    page.get_by_role("heading", name=f"3 segments of {len(ids)} customers").wait_for()


def model_taken(page) -> Segmentation:
    with page.expect_download() as taken:
        page.get_by_role("link", name="Model").click()
    return parse(Path(taken.value.path()).read_bytes())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_phone(browser, chromium, tmp_path, scheme):
    """At 390 pixels no page is wider than the window, light or dark, and the page that is open is in sight above."""
    context = chromium.new_context(viewport={"width": 390, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    for path in ("/", "/explore", "/choosing", "/segments/s1", "/customers", "/predict", "/drift", "/data"):
        page.goto(browser.address + path)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
        box = page.locator(".pages a[aria-current]").bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= 390 - box["width"], path
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(255, 255, 255)") is (scheme == "light")
    context.close()


def test_the_keyboard_reaches_everything(browser):
    """The first Tab offers to skip to the page; every control of a page can be reached and shows that it is."""
    page = browser.page
    visit(browser, "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    visit(browser, "/predict")
    wanted = page.locator("main :is(a, button, input:not([type=hidden]), select, summary)").count()
    reached = set()
    for _ in range(wanted + 15):
        page.keyboard.press("Tab")
        inside, place, outline = page.evaluate(
            "[!!document.activeElement.closest('main'), [...document.querySelectorAll('*')]"
            ".indexOf(document.activeElement), getComputedStyle(document.activeElement).outlineStyle]"
        )
        if inside:
            reached.add(place)
            assert outline != "none"
    assert len(reached) >= wanted
