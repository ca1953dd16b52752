"""What the customers of the segments bought, from the log that they come from."""

from __future__ import annotations

from segmentry.baskets import Baskets, OverTime, placed_customers, study_baskets, study_time
from segmentry.fitting.sources import Source
from segmentry.prototypes.assign import SEGMENT
from segmentry.scoring import score_table
from segmentry.segmentation import Segmentation
from segmentry.tables import plain_id, text_of


def study_orders(segmentation: Segmentation, source: Source) -> tuple[Baskets | None, OverTime | None]:
    """What each segment buys, and when; neither where customers came as a table alone."""
    if source.log is None or source.id_column is None:
        return None, None
    scored = score_table(segmentation, source.table, count=False)
    placed = placed_customers(scored.frame, plain_id(text_of(source.table, source.id_column)), SEGMENT)
    segments = [s.id for s in segmentation.segments]
    return study_baskets(source.log, placed, segments), study_time(source.log, placed, segments)
