"""Whether later customers are still like those that the segments were made of. Never fits."""

from segmentry.monitoring.bins import BinDrift
from segmentry.monitoring.drift import Drift, FeatureDrift, SegmentDrift, drift, drift_rows
from segmentry.monitoring.index import Verdict, chance_of, stability_index, verdict_on

__all__ = [
    "BinDrift",
    "Drift",
    "FeatureDrift",
    "SegmentDrift",
    "Verdict",
    "chance_of",
    "drift",
    "drift_rows",
    "stability_index",
    "verdict_on",
]
