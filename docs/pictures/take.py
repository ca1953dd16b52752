"""Takes the pictures of the first page anew: the demo's report and three pages of the dashboard, in Chromium.

make pictures
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
SEGMENTRY = [sys.executable, "-m", "segmentry"]


def main() -> None:
    """Writes the four pictures beside this file."""
    with TemporaryDirectory() as scratch, sync_playwright() as driver:
        subprocess.run([*SEGMENTRY, "demo", "-o", scratch, "--overwrite", "--quiet"], check=True)
        segments = Path(scratch) / "segments"
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1050})
        page.goto((segments / "report.html").as_uri())
        page.screenshot(path=HERE / "report.png")
        with dashboard(segments) as address:
            take_dashboard(page, address)
        browser.close()


@contextmanager
def dashboard(segments: Path) -> Iterator[str]:
    """The dashboard of a folder as a command of its own, and its address."""
    command = [*SEGMENTRY, "app", str(segments), "--no-browser", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
    assert found is not None
    try:
        yield found[0]
    finally:
        process.terminate()
        process.wait(20)


def take_dashboard(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 1240, "height": 960})
    page.goto(address)
    page.screenshot(path=HERE / "dashboard-overview.png")
    page.set_viewport_size({"width": 1240, "height": 900})
    page.goto(f"{address}/explore?view=scatter&x=age&y=income")
    page.wait_for_selector("#shown svg", timeout=60_000)
    page.screenshot(path=HERE / "dashboard-explore.png")
    page.goto(f"{address}/predict?customer=C0000003")
    page.screenshot(path=HERE / "dashboard-predict.png")


if __name__ == "__main__":
    main()
