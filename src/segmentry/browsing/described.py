"""The segments among chosen customers: the profile measured anew on them, and rows of theirs for pictures."""

from __future__ import annotations

from dataclasses import replace

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.browsing.chosen import Chosen
from segmentry.browsing.rows import CustomerRows
from segmentry.features.grid import FEATURE
from segmentry.profiles.describe import describe
from segmentry.prototypes.assign import PLACE, SEGMENT
from segmentry.segmentation import Segmentation, View
from segmentry.tables import ROW, collect_rows, to_memory

SAMPLE = 20_000
_SPREAD = 2_654_435_761  # a row's number times this, modulo 2^32, falls evenly whatever order the file has
_RANGE = 2**32


def described(segmentation: Segmentation, rows: CustomerRows, choice: Chosen) -> Segmentation | None:
    """The segmentation as it looks among the chosen customers: sizes, shares, profile, and a view for pictures.

    The floor for small numbers holds here too. Segments without a chosen customer have size 0; None where no chosen
    customer is in any segment.
    """
    owners = [s.id for s in segmentation.segments]
    inside = rows.chosen(choice).filter(nw.col(SEGMENT).is_in(owners))
    sizes = {str(r[SEGMENT]): int(r["n"]) for r in collect_rows(inside.group_by(SEGMENT).agg(n=nw.len()))}
    total = sum(sizes.values())
    if not total:
        return None
    names = [f.name for f in rows.features]
    drawn = inside
    if total > SAMPLE:
        drawn = inside.filter((nw.col(ROW).cast(nw.Int64) * _SPREAD) % _RANGE < int(_RANGE * SAMPLE / total))
    sampled = to_memory(drawn.select(SEGMENT, *(FEATURE + n for n in names)))
    placed = np.array(sampled[SEGMENT], dtype=str)
    values = {n: sampled[FEATURE + n] for n in names}
    sensitive = frozenset(r["column"] for r in segmentation.roles if r["role"] == "sensitive")
    place = nw.lit(0)
    for i, owner in enumerate(owners):
        place = nw.when(nw.col(SEGMENT) == owner).then(nw.lit(i)).otherwise(place)
    clustered = frozenset(f.name for f in segmentation.recipe.clustered)
    features = [f for f in rows.features if values[f.name].dtype == object or np.isfinite(values[f.name]).any()]
    profile = describe(inside.with_columns(place.alias(PLACE)), features, clustered, sensitive, owners, values, placed)
    spend, value = profile.spend_shares(), profile.shares_of("lifetime_value")
    segments = tuple(
        replace(
            s,
            size=sizes.get(s.id, 0),
            share=sizes.get(s.id, 0) / total,
            spend_share=spend.get(s.id),
            value_share=value.get(s.id),
        )
        for s in segmentation.segments
    )
    return replace(segmentation, segments=segments, profile=profile, view=_view(placed, values, segmentation))


def _view(placed: np.ndarray, values: dict[str, np.ndarray], segmentation: Segmentation) -> View:
    numeric = {name: column for name, column in values.items() if column.dtype != object}
    own = [s.feature.name for s in segmentation.recipe.scales]
    apart = {m.name: m.apart for m in segmentation.profile.measures}
    two = tuple(sorted(own, key=lambda n: -apart.get(n, 0.0))[:2])
    return View(
        segment_ids=placed,
        values=numeric,
        components=np.zeros((len(placed), 2)),
        explained=(0.0, 0.0),  # not computed: the picture of components says so
        silhouettes=np.zeros(0),
        two_main=(two[0], two[1]) if len(two) == 2 else (two[0], two[0]) if two else ("", ""),
    )
