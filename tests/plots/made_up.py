"""A made-up segmentation, built by hand and without fitting, so that pictures and pages can be tested alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from segmentry.errors import Notice
from segmentry.features.feature import Feature, Theme, Unit
from segmentry.features.recipe import LeftOut, Levels, Recipe, Scale, SourceColumn
from segmentry.profiles.evidence import BINS, Effect, Evidence, Gorge, Switch
from segmentry.profiles.profile import Category, Level, LevelInSegment, Measure, MeasureInSegment, Profile, Spread
from segmentry.profiles.stability import Interval, SegmentStability, SeriesEdge, SeriesNode, SolutionStability
from segmentry.prototypes.rule import Rule
from segmentry.segmentation import Candidate, Provenance, Segment, Segmentation, View
from segmentry.tables.table import Reading

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#F0E442", "#000000")
MARKERS = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-left", "triangle-right")
NAMES = (
    "High-income champions",
    "Deal-seeking families",
    "Loyal older couples",
    "Young occasional buyers",
    "Lapsed low spenders",
    "Web-first newcomers",
    "Catalogue regulars",
    "Wine lovers",
    "Once-only visitors",
)
SHARES = (0.14, 0.22, 0.19, 0.27, 0.18, 0.11, 0.09, 0.08, 0.05)
# name, label, unit, theme, symbol, log, and per segment (location, spread)
FEATURES: tuple[tuple[str, str, Unit, Theme, str, bool], ...] = (
    ("age", "Age", "years", "age", "", False),
    ("income", "Household income", "money", "income", "$", False),
    ("n_purchases", "Number of purchases", "count", "frequency", "", False),
    ("recency_days", "Days since the last purchase", "days", "recency", "", False),
    ("share_deals", "Share of purchases with a discount", "share", "deals", "", False),
    ("spend_total", "Total spend", "money", "spend", "$", True),
)
CENTRES = {
    "age": (48, 44, 62, 29, 41, 33, 66, 54, 38),
    "income": (82_000, 52_000, 61_000, 31_000, 34_000, 45_000, 48_000, 71_000, 28_000),
    "n_purchases": (23, 16, 19, 7, 5, 11, 14, 20, 1),
    "recency_days": (28, 45, 38, 50, 82, 12, 40, 33, 90),
    "share_deals": (0.06, 0.34, 0.12, 0.22, 0.17, 0.15, 0.2, 0.05, 0.4),
    "spend_total": (1480, 520, 760, 95, 48, 210, 330, 1100, 25),
}
SPREADS = {"age": 7, "income": 9_000, "n_purchases": 3.2, "recency_days": 14, "share_deals": 0.06, "spend_total": 0.45}


def made_up(
    k: int = 5,
    *,
    n: int = 2000,
    spend: bool = True,
    view: bool = True,
    names: Sequence[str] | None = None,
    only: Sequence[str] | None = None,
    tiny: bool = False,
    single_candidate: bool = False,
    level: str = "Married",
) -> Segmentation:
    """A segmentation of `n` customers into `k` segments; `tiny` makes the last one too small for any figure."""
    random = np.random.default_rng(7)
    ids = [f"s{i + 1}" for i in range(k)]
    chance = np.array(SHARES[:k]) / sum(SHARES[:k])
    if tiny:
        chance = np.append(chance[:-1] / chance[:-1].sum() * (1 - 4 / n), 4 / n)
    sizes = np.floor(chance * n).astype(int)
    sizes[0] += n - sizes.sum()
    owner = np.repeat(np.arange(k), sizes)
    features = tuple(Feature(a, b, u, t, "column", (a,), symbol=s) for a, b, u, t, s, _ in FEATURES)
    features = tuple(f for f in features if (not only or f.name in only) and (spend or f.theme != "spend"))
    values = {f.name: draw(f.name, owner, random) for f in features}
    segment_ids = np.array(ids)[owner]
    profile = make_profile(features, values, segment_ids, ids, spend, level)
    total = values["spend_total"] if spend and "spend_total" in values else None
    segments = tuple(make_segment(i, sizes, total, owner, (names or NAMES)[i % len(names or NAMES)]) for i in range(k))
    return Segmentation(
        recipe=make_recipe(features, values, n),
        rule=make_rule(features, ids),
        segments=segments,
        profile=profile,
        candidates=make_candidates(k, n, sizes, single_candidate),
        method="k-means",
        k=k,
        reason=f"{k} segments have the highest silhouette of 2 to 10 (0.41), and none is below 5 % of customers.",
        inertia=7421.375,
        polish="ended after 4 passes: no customer moved",
        knee=4,
        roles=(
            {"column": "ID", "role": "id", "reason": "every value occurs once and the name says so"},
            {"column": "Year_Birth", "role": "birth year", "reason": "whole numbers from 1940 to 2005"},
            {"column": "Email", "role": "personal", "reason": "values look like e-mail addresses; never used"},
        ),
        notices=(
            Notice("constant-column", "'Z_Revenue' has one value only; it is left out."),
            Notice(
                "missing-values", "'Income' is missing for 24 customers; the median of $51,382 is put in its place."
            ),
        ),
        provenance=Provenance(
            fingerprint="9f2c4e1ab07d55c3e8a1f00d7b6a4c21",
            n_customers=n,
            n_no_data=3,
            seed=0,
            settings={"k": "2-10", "method": "k-means", "sample": 50_000},
            versions={"segmentry": "0.1.0", "numpy": "2.4.6"},
        ),
        stability=make_stability(ids, n) if k > 1 else None,
        evidence=make_evidence(features, ids, n) if k > 1 else None,
        view=make_view(segment_ids, values, owner, random) if view else None,
    )


def draw(name: str, owner: np.ndarray, random: np.random.Generator) -> np.ndarray:
    centre = np.array(CENTRES[name], dtype=float)[owner]
    noise = random.normal(size=len(owner)) * SPREADS[name]
    drawn = centre * np.exp(noise) if name == "spend_total" else centre + noise
    drawn = np.clip(drawn, 0, None)
    if name in ("age", "n_purchases", "recency_days"):
        drawn = np.round(drawn)
    if name == "share_deals":
        drawn = np.clip(drawn, 0, 1)
    if name == "income":
        drawn[::83] = np.nan
    return drawn


def spread(values: np.ndarray, floor: int = 10) -> Spread:
    known = np.sort(values[~np.isnan(values)])
    if len(known) < floor:
        return Spread(len(known), None, None, None, None, None)
    q1, q2, q3 = (float(known[int(q * (len(known) - 1))]) for q in (0.25, 0.5, 0.75))
    return Spread(len(known), float(known.mean()), float(known.std()), q1, q2, q3)


def make_profile(
    features: Sequence[Feature],
    values: dict[str, np.ndarray],
    segment_ids: np.ndarray,
    ids: Sequence[str],
    spend: bool,
    level: str,
) -> Profile:
    measures = []
    for f in features:
        whole = spread(values[f.name])
        cells = {}
        for name in ids:
            part = spread(values[f.name][segment_ids == name])
            known = part.mean is not None and whole.mean is not None and whole.sd is not None
            index = 100 * part.mean / whole.mean if known else None  # type: ignore[operator]
            difference = (part.mean - whole.mean) / whole.sd if known else None  # type: ignore[operator]
            cells[name] = MeasureInSegment(part, index, difference)
        measures.append(Measure(f.name, f.label, f.unit, f.symbol, f.theme, True, whole, cells))
    levels = []
    for i, (text, share) in enumerate(((level, 0.45), ("Single", 0.35), ("Other", 0.2))):
        parts = {}
        for j, name in enumerate(ids):
            factor = 1 + 0.3 * ((i + j) % 3 - 1)
            parts[name] = LevelInSegment(share * factor, 100 * factor)
        levels.append(Level(text, int(share * len(segment_ids)), share, parts))
    category = Category("marital_status", "Marital status", False, True, tuple(levels))
    return Profile(
        n_customers=len(segment_ids),
        minimum_customers=10,
        quantiles_from=len(segment_ids),
        spend="spend_total" if spend and "spend_total" in values else None,
        measures=tuple(measures),
        categories=(category,),
    )


def make_segment(i: int, sizes: np.ndarray, total: np.ndarray | None, owner: np.ndarray, name: str) -> Segment:
    spent = None if total is None else float(total[owner == i].sum() / total.sum())
    return Segment(
        id=f"s{i + 1}",
        name=name,
        colour=COLOURS[i % len(COLOURS)],
        marker=MARKERS[i % len(MARKERS)],
        size=int(sizes[i]),
        share=float(sizes[i] / sizes.sum()),
        spend_share=spent,
        evidence=("Income is 1.6 times the average ($82,000 against $51,000).", "They buy 23 times, others 13 times."),
        description="They buy often, at full price and across all channels. Discounts do not move them; service does.",
        stability=make_segment_stability(0.95 - 0.09 * (i % 5)) if len(sizes) > 1 else None,
    )


def make_segment_stability(mean: float) -> SegmentStability:
    low, high = mean - 0.2, min(mean + 0.1, 1.0)
    return SegmentStability(mean, low, high, 40, 3, 30, Interval(mean, low, high, 20), "stable: made up")


def make_stability(ids: Sequence[str], n: int) -> SolutionStability:
    """Segments that split from one more each time, in a series from 2 to one more than there are."""
    ks = range(2, len(ids) + 2)
    nodes = tuple(SeriesNode(k, place, 1 / k, None if k == 2 else 1 - 0.1 * place) for k in ks for place in range(k))
    edges = tuple(SeriesEdge(k, min(place, k - 2), place, 1.0) for k in ks if k > 2 for place in range(k))
    chosen = {name: place for place, name in enumerate(ids)}
    return SolutionStability(n, n, 20, Interval(0.8, 0.7, 0.9, 20), nodes, edges, chosen)


def make_evidence(features: Sequence[Feature], ids: Sequence[str], n: int) -> Evidence:
    """Each segment is marked by every second feature, and next to all others in equal parts."""
    effects = tuple(
        Effect(name, f.name, "", True, 1.0 - 0.2 * i, 0.5, 1.5, None, i % 2 == 0, n // len(ids), n)
        for name in ids
        for i, f in enumerate(features)
    )
    each = n // len(ids) // (len(ids) - 1)
    switches = tuple(Switch(a, b, each, 0.4, each // 5) for a in ids for b in ids if a != b)
    gorge = tuple(Gorge(name, tuple(1 + abs(i - 10) for i in range(BINS))) for name in ids)
    return Evidence(effects, switches, gorge, n, n, n)


def make_recipe(features: Sequence[Feature], values: dict[str, np.ndarray], n: int) -> Recipe:
    logged = {name for name, *_, log in FEATURES if log}
    scales = tuple(
        Scale(
            feature=f,
            fill=float(np.nanmedian(values[f.name])),
            low=None,
            high=float(np.nanquantile(values[f.name], 0.999)) if f.unit == "money" else None,
            transform="log1p" if f.name in logged else "none",
            centre=float(np.nanmean(values[f.name])),
            scale=float(np.nanstd(values[f.name])),
            minimum=float(np.nanmin(values[f.name])),
            maximum=float(np.nanmax(values[f.name])),
            n_missing=int(np.isnan(values[f.name]).sum()),
            n_capped=2 if f.unit == "money" else 0,
            skewness=1.23456,
        )
        for f in features
    )
    member = Feature("membership", "Membership", "category", "membership", "category", ("membership",))
    return Recipe(
        id_column="ID",
        as_of=date(2014, 12, 31),
        columns=tuple(SourceColumn(f.name, Reading("number"), "money") for f in features),
        scales=scales,
        levels=(Levels(member, ("Gold", "Silver"), 512, 0),) if len(features) > 1 else (),
        described=(),
        left_out=(
            LeftOut("tenure_days", "it says almost nothing that age does not say (correlation 0.97)"),
            LeftOut("Z_Revenue", "it has one value only"),
        ),
        n_sample=n,
    )


def make_rule(features: Sequence[Feature], ids: Sequence[str]) -> Rule:
    return Rule(
        axes=tuple(f.name for f in features),
        offsets=tuple(range(len(ids))),
        weights=tuple(tuple(i * 10 for _ in features) for i in range(len(ids))),
        owners=tuple(ids),
    )


def make_candidates(k: int, n: int, sizes: np.ndarray, single: bool) -> tuple[Candidate, ...]:
    tried = [k] if single else range(2, 11)
    return tuple(
        Candidate(
            k=one,
            method="k-means",
            inertia=6 * n * (0.18 + 0.82 / one**1.1),
            silhouette=0.41 - 0.035 * abs(one - k) + 0.004 * (one % 3),
            calinski_harabasz=1200 - 60 * abs(one - k - 1),
            davies_bouldin=0.9 + 0.06 * abs(one - k),
            sizes=tuple(int(size) for size in sizes),
        )
        for one in tried
    )


def make_view(
    segment_ids: np.ndarray, values: dict[str, np.ndarray], owner: np.ndarray, random: np.random.Generator
) -> View:
    order = random.permutation(len(owner))
    columns = [np.nan_to_num(v, nan=float(np.nanmedian(v))) for v in values.values()]
    grid = np.column_stack([(c - c.mean()) / c.std() for c in columns])
    u, s, _ = np.linalg.svd(grid - grid.mean(axis=0), full_matrices=False)
    if grid.shape[1] == 1:
        components, explained = np.column_stack([grid[:, 0], np.zeros(len(owner))]), (1.0, 0.0)
    else:
        components = u[:, :2] * s[:2]
        explained = (float(s[0] ** 2 / (s**2).sum()), float(s[1] ** 2 / (s**2).sum()))
    m = min(1500, len(owner))
    names = list(values)
    main = ("income", "spend_total") if {"income", "spend_total"} <= set(names) else (names[0], names[-1])
    single = len(set(owner.tolist())) < 2
    silhouettes = np.zeros(0) if single else np.clip(random.normal(0.4 - 0.05 * owner[order[:m]], 0.2), -1, 1)
    return View(
        segment_ids=segment_ids[order],
        values={name: v[order] for name, v in values.items()},
        components=components[order],
        explained=explained,
        silhouettes=silhouettes,
        two_main=main,
    )
