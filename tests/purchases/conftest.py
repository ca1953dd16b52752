"""Purchase logs: the real ones, and small made-up files in the layouts of shops' exports."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from segmentry.purchases import Purchases, open_log
from segmentry.tables import ReadingSettings, read

LAYOUTS = Path(__file__).parent / "layouts"


@pytest.fixture(scope="session")
def cdnow(shared_data: Path) -> Purchases:
    """Every purchase of 23,570 people at a music shop, to 30 June 1998."""
    return open_log(read(shared_data / "CDNOW_master.txt"))


@pytest.fixture(scope="session")
def cdnow_sample(shared_data: Path) -> Purchases:
    """One in ten of them, from a file without a header, calibrated to 30 September 1997."""
    names = ("master_id", "customer_id", "date", "cds", "dollars")
    table = read(shared_data / "CDNOW_sample.txt", ReadingSettings(columns=names))
    return open_log(table, customer="customer_id", as_of=date(1997, 9, 30))
