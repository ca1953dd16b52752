"""Compares later customers with those of the fit: feature by feature, and by how many are in each segment.

The counts are one query, so that a table of any size or engine stays where it is; customers that are given as plain
values are counted in memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from segmentry.errors import NotEnoughDataError, Notice, plural
from segmentry.features.feature import Feature
from segmentry.monitoring.bins import BinDrift, bin_names
from segmentry.monitoring.counting import MISSING, OUTSIDE, N, count_of, count_rows, count_table
from segmentry.monitoring.index import Verdict, chance_of, stability_index, verdict_on
from segmentry.profiles.baseline import Baseline
from segmentry.prototypes.assign import NO_DATA, NOISE, SEGMENT
from segmentry.scoring import RowScorer
from segmentry.scoring.score import read_any, score_table
from segmentry.segmentation import Segmentation, counted_to
from segmentry.tables import Frame, ReadingSettings, result_frame
from segmentry.tables.masking import FEWEST_TOLD

FEWEST = 30  # customers to compare
HIGHER = 0.05  # of the ranks at the fit, by which a feature has gone up or down
_ORDER: tuple[Verdict, ...] = ("stable", "watch", "act")


@dataclass(frozen=True)
class FeatureDrift:
    """How far one feature has moved. Shares are of customers, from 0 to 1."""

    feature: str
    label: str
    index: float  # population stability index over its bins, missing values among them
    chance: float  # what the index stays below in about 999 of 1,000 draws of the same customers
    verdict: Verdict
    moved: str  # "higher", "lower", "spread otherwise", "more missing", "more: web"; "" where it is stable
    missing_then: float
    missing_now: float
    outside: float  # beyond the lowest and highest value, or in none of the levels, of the fit
    bins: tuple[BinDrift, ...]  # those that anyone was or is in: what the index adds up


@dataclass(frozen=True)
class SegmentDrift:
    """The share of customers in a segment, of all that are in one."""

    id: str
    name: str
    then: float
    now: float


@dataclass(frozen=True)
class Drift:
    """Whether later customers are like those that the segments were made of."""

    customers: int
    without_data: int  # of whom nothing that the segments rest on is known
    verdict: Verdict  # the worst of the segments' and the features'
    words: str
    segments_index: float
    segments_chance: float
    segments_verdict: Verdict
    segments: tuple[SegmentDrift, ...]
    features: tuple[FeatureDrift, ...]  # those that moved most first
    notices: tuple[Notice, ...] = ()

    @property
    def largest(self) -> float:
        """The largest index that is beyond chance, of the features and of the segments; 0 where none is."""
        found = [(f.index, f.chance) for f in self.features] + [(self.segments_index, self.segments_chance)]
        return max((index for index, chance in found if index > chance), default=0.0)

    def frame(self) -> Frame:
        """A row for each feature, as a Polars frame."""
        return result_frame([{name: value for name, value in vars(f).items() if name != "bins"} for f in self.features])

    def plain(self) -> dict[str, Any]:
        """Every figure as plain values, for machines."""
        return {**asdict(self), "largest": self.largest}


def drift(
    segmentation: Segmentation,
    customers: Any = None,
    *,
    orders: Any = None,
    as_of: date | str | None = None,
    reading: ReadingSettings | None = None,
) -> Drift:
    """How far `customers`, or those of `orders`, have moved away from those that the segments were made of.

    For each feature the population stability index over the tenths of the fit (categories: over the levels) with a bin
    for missing values; below 0.10, or within what chance brings about, it is stable, up to 0.25 to be watched, beyond
    to be acted on. The same over the shares of the segments. Ages and recencies count to the day of the fit, or to
    `as_of`, which new orders need. Raises NotEnoughDataError below 30 customers.

    >>> import segmentry as sg
    >>> from segmentry.samples import sample_mall
    >>> segmentation = sg.fit(sample_mall(400, seed=1), k=5)
    >>> sg.drift(segmentation, sample_mall(400, seed=2)).verdict
    'stable'
    >>> poor = sample_mall(400, seed=2).to_pandas()
    >>> poor["income_k_usd"] /= 2
    >>> sg.drift(segmentation, poor).features[0].moved
    'lower'
    """
    segmentation = counted_to(segmentation, as_of)
    table, said = read_any(segmentation, customers, orders, reading=reading)
    scored = score_table(segmentation, table, count=False)
    return _measured(segmentation, count_table(segmentation, scored.frame), (*said, *table.notices))


def drift_rows(scorer: RowScorer, rows: Sequence[Mapping[str, object]]) -> Drift:
    """As `drift`, of customers given as plain values by field. Raises RowError as well, with the row and the field.

    >>> import segmentry as sg
    >>> from segmentry.samples import sample_mall
    >>> scorer = RowScorer(sg.fit(sample_mall(400, seed=1), k=5, features=["age", "income_k_usd"]))
    >>> customers = sample_mall(200, seed=2).select("age", "income_k_usd").to_dicts()
    >>> drift_rows(scorer, customers).verdict
    'stable'
    """
    return _measured(scorer.segmentation, count_rows(scorer, rows), ())


def _measured(segmentation: Segmentation, rows: Sequence[Mapping[str, Any]], notices: tuple[Notice, ...]) -> Drift:
    """What the counts say, a row a segment."""
    without = sum(int(r[N]) for r in rows if r[SEGMENT] == NO_DATA)
    known = [r for r in rows if r[SEGMENT] != NO_DATA]
    total = {name: sum(int(r[name]) for r in known) for name in (known[0] if known else {}) if name != SEGMENT}
    n = total.get(N, 0)
    if n < FEWEST:
        raise NotEnoughDataError(
            f"Whether customers have changed cannot be told of fewer than {FEWEST}.",
            found=plural(n, "customer") + " with a value",
            remedy="Give more customers, of several weeks or months say.",
        )
    known_by = {f.name: f for f in segmentation.recipe.clustered}
    features = [_feature(b, known_by[b.feature], total, n) for b in segmentation.baselines]
    ranked = tuple(sorted(features, key=lambda f: (-f.index, f.feature)))
    segments = _segments(segmentation, {str(r[SEGMENT]): int(r[N]) for r in known})
    index = stability_index([s.then for s in segments], [s.now for s in segments], n)
    chance = chance_of(len(segments), segmentation.provenance.n_customers, n)
    mixed = verdict_on(index, chance)
    worst = max([mixed, *(f.verdict for f in ranked)], key=_ORDER.index)
    words = _words(worst, mixed, ranked, n, bool(segmentation.baselines))
    return Drift(n + without, without, worst, words, index, chance, mixed, segments, ranked, notices)


def _feature(baseline: Baseline, feature: Feature, total: Mapping[str, int], n: int) -> FeatureDrift:
    counts = [total[count_of(baseline, place)] for place in range(len(baseline.shares))]
    missing = total[count_of(baseline, MISSING)] / n
    then = [baseline.missing, *(share * (1.0 - baseline.missing) for share in baseline.shares)]
    now = [missing, *(count / n for count in counts)]
    index = stability_index(then, now, n)
    chance = chance_of(len(then), baseline.n, n)
    verdict = verdict_on(index, chance)
    told = [*zip(bin_names(baseline, feature), then[1:], now[1:], strict=True), (MISSING, then[0], now[0])]
    return FeatureDrift(
        feature=baseline.feature,
        label=feature.label,
        index=index,
        chance=chance,
        verdict=verdict,
        moved="" if verdict == "stable" else _moved(baseline, counts, missing),
        missing_then=baseline.missing,
        missing_now=missing,
        outside=total.get(count_of(baseline, OUTSIDE), counts[-1]) / n,
        bins=tuple(BinDrift(name, was, is_now) for name, was, is_now in told if was or is_now),
    )


def _moved(baseline: Baseline, counts: Sequence[int], missing: float) -> str:
    """In which way a feature has changed, in a word or two."""
    known = sum(counts)
    if missing - baseline.missing > HIGHER or not known:
        return "more missing"
    now = [count / known for count in counts]
    if baseline.levels:
        names = [*baseline.levels, "others"]
        gains = [b - a for a, b in zip(baseline.shares, now, strict=True)]
        most = max(range(len(gains)), key=lambda place: gains[place])
        return f"more: {names[most] if counts[most] >= FEWEST_TOLD else 'others'}"
    rank, mean_then, mean_now = 0.0, 0.0, 0.0
    for a, b in zip(baseline.shares, now, strict=True):
        mean_then, mean_now, rank = mean_then + a * (rank + a / 2), mean_now + b * (rank + a / 2), rank + a
    if abs(mean_now - mean_then) <= HIGHER:
        return "spread otherwise"
    return "higher" if mean_now > mean_then else "lower"


def _segments(segmentation: Segmentation, counts: Mapping[str, int]) -> tuple[SegmentDrift, ...]:
    """Then and now of each segment, and of noise where there was or is any."""
    sizes = {s.id: (s.name, s.size) for s in segmentation.segments}
    if segmentation.n_noise or counts.get(NOISE):
        sizes[NOISE] = (NOISE, segmentation.n_noise)
    before, now = sum(size for _, size in sizes.values()), sum(counts.values())
    return tuple(
        SegmentDrift(segment, name, size / before, counts.get(segment, 0) / now)
        for segment, (name, size) in sizes.items()
    )


def _words(worst: Verdict, mixed: Verdict, features: Sequence[FeatureDrift], n: int, compared: bool) -> str:
    who = plural(n, "customer")
    moved = [f"{f.label} ({f.moved}, {f.index:.2f})" for f in features if f.verdict != "stable"]
    if mixed != "stable":
        moved.append("the shares of the segments")
    if worst == "stable":
        words = f"Stable: {who}, like those that the segments were made of."
    elif worst == "watch":
        words = f"Watch: {who}, somewhat unlike those that the segments were made of, by {', '.join(moved)}."
    else:
        words = (
            f"Act: {who}, clearly unlike those that the segments were made of, by {', '.join(moved)}. Look whether a "
            "source or a unit has changed; if the customers have, fit anew, with this model as the previous one."
        )
    return words if compared else f"{words} (The model is of an earlier version: features could not be compared.)"
