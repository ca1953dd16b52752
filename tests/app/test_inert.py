"""Text of the data is text: on every page, in a real browser."""

from __future__ import annotations

import polars as pl
import pytest

from segmentry.samples import sample_marketing

pytestmark = pytest.mark.xdist_group("browser")

PAYLOADS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(2)>", "[x](javascript:alert(3))",
    "![x](http://elsewhere.example/x.png)", "$\\frac{1}{2}$", "\"><svg onload=alert(4)>", "{{ 7 * 7 }}",
    "'; alert(5) //",
    "<style>body{display:none}</style>", "</table><h1>mine</h1>",
]  # fmt: skip


def test_nothing_in_the_data_runs_or_loads(browser, tmp_path):
    """Ids, levels, column and file names that are scripts, links, pictures or formulas are shown as they are written.

    The visitor fails the test when a dialog opens, a script complains, or anything elsewhere is asked for.
    """
    page, n = browser.page, 400
    rows = sample_marketing(n, seed=0)
    ids = [f"{PAYLOADS[i % len(PAYLOADS)]} {i}" for i in range(n)]
    shops = [PAYLOADS[i % len(PAYLOADS)] for i in range(n)]
    hostile = rows.select("income", "recency", "mnt_wine", "year_birth").with_columns(
        pl.Series("customer_id", ids), pl.Series("<b>shop</b> [y](javascript:alert(6))", shops)
    )
    hostile = hostile.rename({"mnt_wine": "<script>alert(7)</script> spend"})
    path = tmp_path / "<img src=x onerror=alert(8)>.csv"
    hostile.write_csv(path)

    page.goto(browser.address + "/data")
    page.locator("#file").set_input_files(path)
    page.get_by_role("button", name="Look at it").click()
    page.get_by_text(f"{n} rows and 6 columns were read").wait_for()
    assert page.locator("h1").inner_text() == path.name
    assert page.get_by_role("rowheader", name="<script>alert(7)</script> spend").count() == 1
    page.locator("select[name=k]").select_option("3")
    page.get_by_role("button", name="Find segments").click()
    page.get_by_role("button", name="Open these segments").wait_for(timeout=120_000)
    page.get_by_role("button", name="Open these segments").click()
    page.get_by_role("heading", name=f"3 segments of {n} customers").wait_for()

    page.goto(browser.address + "/segments/s1")
    page.get_by_text("Rename, or write your own plan").click()
    page.get_by_label("Name", exact=True).fill(PAYLOADS[0])
    page.get_by_label("What", exact=True).first.fill(PAYLOADS[1])
    page.get_by_label("How", exact=True).first.fill(PAYLOADS[5])
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved in the model file").wait_for()
    assert page.locator("h1").inner_text().strip() == PAYLOADS[0]

    page.goto(browser.address + "/customers")
    page.locator("table.rows").wait_for(timeout=60_000)
    shown = page.locator("table.rows").inner_text()
    assert all(payload in shown for payload in PAYLOADS)
    for address in (
        "/", "/explore", "/explore?view=heatmap", "/explore?view=distributions", "/choosing", "/predict", "/drift",
        "/predict?customer=%3Cscript%3Ealert(9)%3C/script%3E",
        "/customers?search=%3Cimg%20src=x%20onerror=alert(10)%3E",
        "/explore?feature1=%22%3E%3Cscript%3Ealert(11)%3C/script%3E", "/segments/s1?sort=%3Cscript%3E",
    ):  # fmt: skip
        page.goto(browser.address + address)
        page.wait_for_load_state("networkidle")
        assert page.locator("main script, main style, main a[href^='javascript'], main img[src^=http]").count() == 0
        assert page.locator("h1", has_text="mine").count() == 0
        assert page.locator("body").is_visible()
