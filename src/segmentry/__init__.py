"""segmentry: from a raw customer file to segments that a marketer can understand, trust, act on and keep using.

    import segmentry as sg
    segmentation = sg.fit("customers.csv")
    sg.report(segmentation, "report.html")
    sg.save(segmentation, "spring.seg")
    sg.score(sg.load("spring.seg"), new_customers)

Names are imported when they are first used, so that scoring and `--help` start without scikit-learn.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from segmentry.errors import Notice, SegmentryError
    from segmentry.estimator import Segmenter
    from segmentry.explanations import explain, recommend
    from segmentry.exploration import Inspection, inspect
    from segmentry.fitting import FitSettings, fit
    from segmentry.fitting.comparing import compare
    from segmentry.monitoring import Drift, drift
    from segmentry.plots import draw, draw_all, write_pictures
    from segmentry.plots.drift import draw_drift
    from segmentry.reports import report
    from segmentry.scoring import score, score_one, to_sql
    from segmentry.segmentation import Segmentation, plan, rename
    from segmentry.store import load, save

_HOMES = {
    "Drift": "segmentry.monitoring",
    "FitSettings": "segmentry.fitting",
    "Inspection": "segmentry.exploration",
    "Notice": "segmentry.errors",
    "SegmentryError": "segmentry.errors",
    "Segmentation": "segmentry.segmentation",
    "Segmenter": "segmentry.estimator",
    "compare": "segmentry.fitting.comparing",
    "draw": "segmentry.plots",
    "draw_all": "segmentry.plots",
    "draw_drift": "segmentry.plots.drift",
    "drift": "segmentry.monitoring",
    "explain": "segmentry.explanations",
    "fit": "segmentry.fitting",
    "inspect": "segmentry.exploration",
    "load": "segmentry.store",
    "plan": "segmentry.segmentation",
    "recommend": "segmentry.explanations",
    "rename": "segmentry.segmentation",
    "report": "segmentry.reports",
    "save": "segmentry.store",
    "score": "segmentry.scoring",
    "score_one": "segmentry.scoring",
    "to_sql": "segmentry.scoring",
    "write_pictures": "segmentry.plots",
}

__all__ = [
    "Drift",
    "FitSettings",
    "Inspection",
    "Notice",
    "Segmentation",
    "Segmenter",
    "SegmentryError",
    "compare",
    "draw",
    "draw_all",
    "draw_drift",
    "drift",
    "explain",
    "fit",
    "inspect",
    "load",
    "plan",
    "recommend",
    "rename",
    "report",
    "save",
    "score",
    "score_one",
    "to_sql",
    "write_pictures",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'segmentry' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
