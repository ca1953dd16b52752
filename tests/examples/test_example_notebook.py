"""The example notebook: it runs from top to bottom, and its outputs hold what its text says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jupytext
import pytest
from nbclient import NotebookClient

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def executed() -> Any:
    notebook = jupytext.read(EXAMPLES / "customer_segmentation.py")
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": EXAMPLES}})
    return client.execute()


def said(notebook: Any) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def shown(notebook: Any, kind: str = "text/plain") -> str:
    """Everything that the cells print or show, in order."""
    parts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            parts.append(output.get("text", "") or output.get("data", {}).get(kind, ""))
    return "\n".join(parts)


def test_the_notebook_runs(executed: Any) -> None:
    """Every code cell ran and shows something, but for the imports; none wrote a warning."""
    code = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert len(code) > 15
    assert all(cell.execution_count for cell in code)
    assert all(cell.outputs for cell in code[1:])
    assert [o.text for cell in code for o in cell.outputs if o.get("name") == "stderr"] == []


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("2,000 customers, 25 columns", r"2,000 customers, 25 columns"),
        ("**five** kinds of customer", r"criteria choose 5 segments, of 2 to 10 tried"),
        ("from 2 to 10 was tried", r"of 2 to 10"),
        ("age from the year of\nbirth", r"Age: year of the as-of date - year_birth"),
        ("total spend from the six `mnt_` columns", r"Total spend: mnt_\w+( \+ mnt_\w+){5};"),
        ("fills gaps with the median", r"Income: income; \d+ missing, filled with \d+"),
        ("what it left out", r"not used: \w+ \("),
        ("More than 99 % are", r"(99\.\d|100\.0)% of customers are in the segment of their planted kind"),
        ("gives way to one of yours", r"^Best customers$"),
        ("one file, works offline", r"^report\.html$"),
        ("pictures for slides", r"^plots/sizes\.png$"),
        ("keeps the segment of the fit", r"100% of the fitted customers keep their segment"),
        ("the answer says what had to be filled in", r"filled in: .*spend_total"),
        ("as an estimator", r"5 segments, inertia \d+"),
        ("real files", r"(Skipped Mall_Customers.csv: there is no|Mall_Customers.csv: .*\d+ segments)"),
    ],
)
def test_outputs_hold_what_the_text_says(executed: Any, claim: str, evidence: str) -> None:
    """Each claim of the text stands in the text, and its evidence in the outputs."""
    assert claim in said(executed)
    assert re.search(evidence, shown(executed), re.M)


def test_spend_is_skewed_as_the_text_says(executed: Any) -> None:
    """The printed mean of the spend is above the printed median."""
    found = re.search(r"spend: median (\d+), mean (\d+)", shown(executed))
    assert found
    assert int(found[2]) > int(found[1])


def test_pictures_and_the_segmentation_are_shown_in_place(executed: Any) -> None:
    """Four drawn pictures and the table of segments appear, and nothing in them is fetched or run."""
    html = shown(executed, "text/html")
    assert html.count("<svg role=") == 4
    assert "<th>Share of spend</th>" in html
    assert "<script" not in html


def test_real_files_are_used_where_they_are(executed: Any, shared_data: Path) -> None:
    """With the real files beside the checkout none is skipped."""
    assert "Skipped" not in shown(executed)
