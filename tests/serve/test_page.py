"""The examples of docs/api.md are run against a server; what the page says of limits is what the settings say."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
import subprocess
import urllib.request
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import segmentry as sg
from segmentry.cli.serve import serve as serve_command
from segmentry.fitting import FitSettings
from segmentry.samples import sample_orders
from segmentry.serve import ServeSettings

pytestmark = pytest.mark.xdist_group("serve")

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.S | re.M)


def test_the_python_example_prints_segments(server: Any) -> None:
    """It runs as it stands, but for the address, and prints a line for each customer."""
    first, second = _printed(_blocks("py")[0], server.url, {}).splitlines()
    assert re.match(r"C1 s\d ", first)
    assert second == "C2 no-data No data None"


def test_the_example_of_drift_prints_a_verdict_and_the_features(server: Any) -> None:
    """It runs as it stands, with customers who are all alike, and says that they have changed."""
    _, code = _blocks("py")
    alike = {"income": 52000, "mnt_wine": 310, "recency": 12}
    said, *features = _printed(code, server.url, {"json": json, "urllib": urllib, "tonight": [alike] * 60}).splitlines()
    assert said.startswith("act Act: 60 customers")
    assert len(features) > 2


def _printed(code: str, url: str, names: dict[str, Any]) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code.replace("http://127.0.0.1:8000", url), "docs/api.md", "exec"), names)
    return printed.getvalue()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_example_places_a_customer(server: Any) -> None:
    """It runs as it stands, but for the address."""
    [command] = [block for block in _blocks("sh") if block.startswith("curl")]
    command = command.replace("http://127.0.0.1:8000", server.url)
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True, timeout=60)
    [customer] = json.loads(done.stdout)["customers"]
    assert customer["id"] == "C1"
    assert customer["segment_id"].startswith("s")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_commands_in_the_help_are_answered(server: Any) -> None:
    """What `segmentry serve --help` tells to paste tells the fields, and places a customer."""
    told = (serve_command.__doc__ or "").split("In another window:")[1].split("Between the inner")[0]
    script = told.replace("http://127.0.0.1:8000", server.url)
    done = subprocess.run(["sh", "-ec", script], capture_output=True, text=True, check=True, timeout=60)
    fields, end = json.JSONDecoder().raw_decode(done.stdout)
    assert "customer_id" in {field["name"] for field in fields["fields"]}
    assert [customer["segment_id"] for customer in json.loads(done.stdout[end:])["customers"]] == ["no-data"]


def test_the_refusal_on_the_page_is_the_one_that_comes(server: Any) -> None:
    """Word for word."""
    [shown] = _blocks("json")
    answer = server.post("/v1/score", {"customers": [{}, {}, {}, {"income": "much"}]})
    assert answer.json() == json.loads(shown)


def test_the_limits_on_the_page_are_those_of_the_settings() -> None:
    """Numbers in the text and in the code agree."""
    settings = ServeSettings(model="x")
    assert f"1 to {settings.max_customers:,} customers" in PAGE
    assert f"{settings.max_body // 2**20} MiB, a million" in PAGE
    assert f"| {settings.max_bodies // 2**20} MiB |" in PAGE
    assert f"| {settings.max_waiting}: room for 300 clients" in PAGE
    assert f"`--patience`, {settings.body_seconds:g} |" in PAGE
    assert f"| {settings.max_connections:,} |" in PAGE


def test_a_model_made_from_orders_takes_figures_by_name(serve: Any, tmp_path: Path) -> None:
    """The schema says what the fields are; the customers that `score` makes from the orders get the same segments."""
    orders = sample_orders(400, seed=2)
    segmentation = sg.fit(orders=orders, k=3, settings=FitSettings(stability_pairs=0))
    model = sg.save(segmentation, tmp_path / "orders.seg")
    by_library = sg.score(segmentation, orders=orders)
    with serve(model) as server:
        schema = server.get("/v1/schema").json()
        assert "figure of one customer's orders" in schema["about"]
        names = [field["name"] for field in schema["fields"]]
        assert set(names) <= set(by_library.columns)
        rows = by_library.select(names).to_dicts()
        given = [{k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()} for row in rows]
        placed = server.post("/v1/score", {"customers": given}).json()["customers"]
        assert [row["segment_id"] for row in placed] == by_library["segment_id"].to_list()
        assert [row["confidence"] for row in placed] == by_library["confidence"].to_list()
