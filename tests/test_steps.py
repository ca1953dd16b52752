"""What is said while a fit is under way."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from segmentry.app.jobs import SHARES
from segmentry.fitting import FitSettings, fit_source
from segmentry.reports.folder import write_outputs
from segmentry.samples import sample_marketing
from segmentry.selection import SelectionSettings
from segmentry.steps import STEPS


def test_each_step_of_a_fit_and_of_its_outputs_has_words(tmp_path: Path) -> None:
    """The steps are entered in the order of the table, and it has none besides but loading, waiting and scoring."""
    entered: list[str] = []

    def step(name: str) -> AbstractContextManager[None]:
        entered.append(name)
        return nullcontext()

    fitted = fit_source(sample_marketing(300, seed=1), FitSettings(selection=SelectionSettings(k=3)), step)
    write_outputs(fitted.segmentation, fitted.table, tmp_path / "out", step=step, seconds={}, pictures=False)
    assert entered == [name for name in STEPS if name not in ("imports", "input", "score")]


def test_the_dashboard_counts_on_steps_that_there_are() -> None:
    """Each step that a share of the time is told of has words, in the same order, and the shares make up a whole."""
    assert list(SHARES) == [name for name in STEPS if name in SHARES]
    assert abs(sum(SHARES.values()) - 1.0) < 1e-9
