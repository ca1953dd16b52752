"""The report on a narrow screen, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from segmentry.fitting import fit
from segmentry.reports import report
from segmentry.samples import sample_marketing
from segmentry.segmentation import Segmentation

pytestmark = pytest.mark.xdist_group("browser")


def test_no_page_of_the_report_is_wider_than_its_window(
    chromium: Any, tea_shop_segmentation: Segmentation, tmp_path: Path
) -> None:
    """On a phone nothing scrolls sideways but what is meant to, and conditions of a rule stand several words a line."""
    context = chromium.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    for name, found in (("orders", tea_shop_segmentation), ("customers", fit(sample_marketing(500, seed=3), k=7))):
        report(found, tmp_path / f"{name}.html")
        page.goto((tmp_path / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == 390, name
        assert page.locator(".rules td:nth-child(2)").first.evaluate("cell => cell.clientWidth") > 200, name
    context.close()
