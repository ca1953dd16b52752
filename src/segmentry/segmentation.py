"""The value that everything leads to and everything starts from: a fitted segmentation.

It holds no customer's row, except for `view`, the rows in memory right after fitting that pictures
are drawn from, which are never stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from html import escape
from pathlib import Path

import numpy as np

from segmentry.baskets import Baskets, OverTime
from segmentry.errors import Notice, SettingsError
from segmentry.features.lifetime import LifetimeModel
from segmentry.features.recipe import Recipe
from segmentry.profiles.baseline import Baseline
from segmentry.profiles.evidence import Evidence
from segmentry.profiles.holdout import Holdout
from segmentry.profiles.playbook import Play
from segmentry.profiles.profile import Profile
from segmentry.profiles.questions import GoldenQuestions
from segmentry.profiles.stability import SegmentStability, SolutionStability
from segmentry.profiles.succession import Succession
from segmentry.profiles.wording import say_number
from segmentry.prototypes.rule import Rule
from segmentry.prototypes.tree import ThresholdTree
from segmentry.purchases import Account, PurchaseRecipe
from segmentry.tables import Frame, as_day, as_values, check_kind, check_known, result_frame

NO_GROUPS_MARK = "No groups were found: these segments are a convenient division."
ONE_SEGMENT_MARK = "No groups were found: all customers are kept together."
NOT_STORED = {"stored": False}  # of a field that a model file leaves out


@dataclass(frozen=True)
class Candidate:
    """One grouping that was tried. Criteria that could not be computed are None."""

    k: int
    method: str
    inertia: float  # in squared standard deviations, on the sample
    silhouette: float | None
    calinski_harabasz: float | None
    davies_bouldin: float | None
    sizes: tuple[int, ...]
    # On the rows that the verdict was computed on: how many standard deviations better than look-alikes without groups
    # in silhouette and in tightness (-log inertia); then gap, its error, prediction strength, bootstrap adjusted Rand.
    silhouette_beyond_chance: float | None = None
    tightness_beyond_chance: float | None = None
    gap: float | None = None
    gap_error: float | None = None
    prediction_strength: float | None = None
    stability: float | None = None
    bic: float | None = None  # where the method has a likelihood; lower is better


@dataclass(frozen=True)
class Segment:
    """A group of customers with a permanent identity.

    `evidence` holds one sentence per word of the name; `description` is a paragraph for a marketer.
    """

    id: str
    name: str
    colour: str
    marker: str
    size: int
    share: float
    spend_share: float | None
    evidence: tuple[str, ...]
    description: str
    named_by: str = "rule"  # "rule", "grid" or "user"
    playbook: tuple[Play, ...] = ()  # what to do, the most pressing first
    stability: SegmentStability | None = None  # None where it was not measured
    value_share: float | None = None  # of all customers' lifetime value
    planned_by: str = "rule"  # "rule" or "user"


@dataclass(frozen=True)
class OwnAnswer:
    """What the method itself said of the rows it saw, before the rule took its place.

    `moved` is the share of them whom the rule places elsewhere; None when the method found no groups.
    """

    rows: int
    sizes: dict[str, int]  # by segment id
    noise: int
    moved: float | None


@dataclass(frozen=True)
class Provenance:
    """Where the segmentation comes from; nothing in it depends on path, format, engine, threads or clock."""

    # Digest, free of row order, of all numbers and dates that were used, and of the ids and texts of up to 20,000 rows.
    fingerprint: str
    n_customers: int
    n_no_data: int
    seed: int
    settings: dict[str, object]
    versions: dict[str, str]


@dataclass(frozen=True)
class View:
    """Rows of the sample, for pictures. Arrays are parallel, one entry a customer."""

    segment_ids: np.ndarray  # text
    values: dict[str, np.ndarray]  # by measure name, original units, NaN where missing
    components: np.ndarray  # (n, 2) principal components of the prepared features
    explained: tuple[float, float]  # share of variance of each
    silhouettes: np.ndarray  # (m,) silhouette of each of the first m customers, m <= n
    two_main: tuple[str, str]  # the two features that separate the segments best


@dataclass(frozen=True)
class Segmentation:
    """Recipe, rule, segments, profile, candidates: enough to plot, report, store, score and explain."""

    recipe: Recipe
    rule: Rule
    segments: tuple[Segment, ...]
    profile: Profile
    candidates: tuple[Candidate, ...]
    method: str
    k: int
    reason: str  # why this k: a plain sentence, then the figures
    inertia: float  # of the final assignment over all customers, in squared standard deviations
    polish: str  # how the polishing passes ended
    knee: int | None  # k at the elbow of the inertia curve; drawn, never decides
    roles: tuple[dict[str, str], ...]  # column, role, reason
    notices: tuple[Notice, ...]
    provenance: Provenance
    stability: SolutionStability | None = None
    own_answer: OwnAnswer | None = None  # none for k-means, whose rule is what the method says
    n_noise: int = 0  # customers in no segment
    evidence: Evidence | None = None
    tree: ThresholdTree | None = None  # nearly the same segments as a rule for people
    questions: GoldenQuestions | None = None
    verdict: str = ""  # "natural", "reproducible", "constructive" or "no groups"; "" where none was computed
    verdict_words: str = ""  # what that means, in plain words
    purchases: PurchaseRecipe | None = None  # how orders become customers; None where customers came as a table
    orders: Account | None = None  # the lines of the orders that were fitted on
    baskets: Baskets | None = None  # what each segment buys; None where there are no orders
    over_time: OverTime | None = None  # when customers buy; None where there are no orders
    value: LifetimeModel | None = None  # what customers will buy and be worth; None where it was not estimated
    holdout: Holdout | None = None  # what that model foresaw, beside what happened
    baselines: tuple[Baseline, ...] = ()  # how features were spread, to compare later customers with
    succession: Succession | None = None  # how the segments follow those of the fit before; None for a fit of its own
    # Known right after fitting and never stored: what was said of the source, and rows for pictures.
    source_notices: tuple[Notice, ...] = field(default=(), compare=False, metadata=NOT_STORED)
    view: View | None = field(default=None, compare=False, repr=False, metadata=NOT_STORED)
    # Customers that a mark of a picture stands for at least; pictures to pass on ask for ten. Never stored.
    mark_floor: int = field(default=1, compare=False, metadata=NOT_STORED)

    @property
    def plain_reason(self) -> str:
        """The first sentence of the reason, which needs no word of statistics."""
        return f"{self.reason.partition('. ')[0].removesuffix('.')}."

    @property
    def mark(self) -> str:
        """What every page and picture says where there are no groups; "" where there are."""
        if self.verdict != "no groups":
            return ""
        return NO_GROUPS_MARK if len(self.segments) > 1 else ONE_SEGMENT_MARK

    def segment(self, segment_id: str) -> Segment:
        """The segment with this id. Raises SettingsError where there is none."""
        check_known(segment_id, [s.id for s in self.segments], "segment")
        return next(s for s in self.segments if s.id == segment_id)

    def frame(self) -> Frame:
        """The segments as a Polars frame, a row each: id, name, size, shares, description."""
        shown = ("id", "name", "size", "share", "spend_share", "description")
        return result_frame([{name: getattr(s, name) for name in shown} for s in self.segments])

    def candidates_frame(self) -> Frame:
        """Every grouping that was tried as a Polars frame, with its criteria and the size of its smallest segment."""
        return result_frame([asdict(c) | {"sizes": list(c.sizes), "smallest": min(c.sizes)} for c in self.candidates])

    def __repr__(self) -> str:
        named = ", ".join(f"{s.id} {s.name} ({say_number(s.share, 'share')})" for s in self.segments)
        return f"<Segmentation of {self.provenance.n_customers:,} customers: {named}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: one row per segment, then why there are so many."""
        rows = "".join(
            f"<tr><td>{escape(s.id)}</td><td><b>{escape(s.name)}</b></td><td>{s.size:,}</td>"
            f"<td>{say_number(s.share, 'share')}</td><td>{say_number(s.spend_share, 'share')}</td></tr>"
            for s in self.segments
        )
        heads = "".join(f"<th>{head}</th>" for head in ("", "Segment", "Customers", "Share", "Share of spend"))
        words = " ".join(part for part in (self.verdict_words, self.reason) if part)
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table><p>{escape(words)}</p>"


def check_segmentation(given: object) -> None:
    """Raises SettingsError for what is no segmentation, such as the name of the file that holds one."""
    if isinstance(given, Segmentation):
        return
    named = isinstance(given, (str, Path))
    raise SettingsError(
        "This is not a segmentation.",
        found=repr(str(given)) if named else type(given).__name__,
        remedy=f"Load it first: sg.load({str(given)!r})." if named else "Give what sg.fit or sg.load returned.",
    )


def counted_to(segmentation: Segmentation, as_of: date | str | None) -> Segmentation:
    """The same segmentation for customers of another day: ages, tenures and recencies count to `as_of`. None leaves
    it as it is.

    For placing only: what it says of the customers it was fitted on was true on the day of the fit. Raises
    SettingsError where nothing that the segments rest on counts to a day.
    """
    day = None if as_of is None else as_day(as_of)
    check_segmentation(segmentation)
    if day is None:
        return segmentation
    if segmentation.recipe.as_of is None:
        raise SettingsError(
            "The segments rest on nothing that counts to a day, so that as_of would change nothing.",
            found=f"as_of {day}",
            remedy="Leave as_of (--as-of) out.",
        )
    purchases = segmentation.purchases
    return replace(
        segmentation,
        recipe=replace(segmentation.recipe, as_of=day),
        purchases=None if purchases is None else replace(purchases, as_of=day),
    )


def rename(segmentation: Segmentation, names: Mapping[str, str]) -> Segmentation:
    """The same segmentation with names of the user's own, by segment id; they stay through save and load.

    Raises SettingsError for an id that is not there, or a name that is empty, of several lines, or given to two
    segments.
    """
    check_segmentation(segmentation)
    names = as_values(names, "Names are given by segment.", 'For example {"s1": "Regulars"}.')
    for segment_id, name in names.items():
        segmentation.segment(segment_id)
        check_kind(name, str, f"The name of {segment_id} should be a text.", 'For example {"s1": "Regulars"}.')
        if len(name.strip().splitlines()) > 1:
            raise SettingsError(f"The name of {segment_id} has several lines.", remedy="Give it one.")
    segments = tuple(
        replace(s, name=names[s.id].strip(), named_by="user") if s.id in names else s for s in segmentation.segments
    )
    all_names = [s.name for s in segments]
    if "" in all_names or len(set(all_names)) < len(all_names):
        raise SettingsError("Each segment needs a name of its own.", found="; ".join(all_names))
    return replace(segmentation, segments=segments)


def plan(segmentation: Segmentation, plays: Mapping[str, Sequence[Play]]) -> Segmentation:
    """The same segmentation with a playbook of the user's own for the segments named; it stays through save and load.

    Raises SettingsError for an id that is not there, or a play without a title.
    """
    check_segmentation(segmentation)
    plays = as_values(plays, "Plays are given by segment.", 'For example {"s1": [play]}.')
    for segment_id, own in plays.items():
        segmentation.segment(segment_id)
        check_kind(own, (list, tuple), f"The plan of {segment_id} should be a list of plays.", "Pass [play, ...].")
        for play in own:
            check_kind(play, Play, f"The plan of {segment_id} has what is no play.", "See Play in docs/python.md.")
            if not play.title.strip():
                raise SettingsError("Each play needs a title.", remedy="Say in a few words what to do.")
    segments = tuple(
        replace(s, playbook=tuple(plays[s.id]), planned_by="user") if s.id in plays else s
        for s in segmentation.segments
    )
    return replace(segmentation, segments=segments)
