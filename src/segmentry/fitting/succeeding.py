"""A fit after another: which segments are those of the fit before, by where both rules put the customers of today."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Real

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.errors import AgreementError, Notice, SettingsError, plural
from segmentry.features.customers import Customers
from segmentry.features.grid import axis_columns, axis_expressions, is_known, with_features
from segmentry.fitting.prepared import Prepared
from segmentry.fitting.segments import Heritage, number_of
from segmentry.profiles.succession import ENOUGH_STAY, Kept, Moved, Retired, Succession
from segmentry.profiles.wording import say_number
from segmentry.prototypes.assign import NO_DATA, NOISE, PLACE, answers_of
from segmentry.prototypes.everyone import BEFORE, Before, Placing, place_before
from segmentry.prototypes.rule import Rule
from segmentry.quality.successors import Matched, match
from segmentry.segmentation import Segment, Segmentation, check_segmentation, counted_to
from segmentry.tables import collect_rows
from segmentry.tables.masking import FEWEST_TOLD

_NOWHERE = (NO_DATA, NOISE)


@dataclass(frozen=True)
class Predecessor:
    """The segmentation that a fit follows, and the least share of customers who must keep their segment."""

    segmentation: Segmentation
    min_agreement: float | None = None

    @contextmanager
    def named(self, wanted: Sequence[str]) -> Iterator[None]:
        """An error about a feature that was taken from it says so."""
        own = {f.name for f in self.segmentation.recipe.clustered} & set(wanted)
        try:
            yield
        except SettingsError as error:
            quoted = re.search(r"'(.*)'", error.what)
            if quoted is None or quoted[1] not in own:
                raise
            text = "The previous segmentation rests on it: state roles as they were, or other features."
            raise error.also(text) from None


@dataclass(frozen=True)
class Past:
    """The segmentation that a fit follows, and where its rule puts the customers of today."""

    after: Predecessor
    before: Before


@dataclass(frozen=True)
class Inheritance:
    """What the owners of a new rule have of the fit before; `counts` are customers by their old and their new place."""

    previous: Segmentation
    heritage: Heritage
    matched: Matched
    counts: Mapping[tuple[str, str], int]


def predecessor(previous: Segmentation | None, min_agreement: float | None) -> Predecessor | None:
    """What a fit follows, or None. Raises SettingsError for a bound without it, and for one that is no share."""
    if min_agreement is not None and not (isinstance(min_agreement, Real) and 0 <= min_agreement <= 1):
        raise SettingsError(
            "min_agreement is a share of customers.", found=str(min_agreement), remedy="Pass a number from 0 to 1."
        )
    if previous is None:
        if min_agreement is not None:
            raise SettingsError(
                "min_agreement says how many keep their segment of an earlier fit, and there is none.",
                remedy="Give that fit as well: --previous FILE (previous=... in Python).",
            )
        return None
    check_segmentation(previous)
    return Predecessor(previous, min_agreement)


def look_back(after: Predecessor, customers: Customers) -> Past:
    """Where the previous rule puts the customers, with ages and recencies counted to their own day."""
    previous = after.segmentation
    today = counted_to(previous, customers.as_of if previous.recipe.as_of is not None else None)
    return Past(after, place_before(customers.table, today.recipe, today.rule))


def previous_centres(past: Past, prepared: Prepared) -> np.ndarray | None:
    """The centres of the previous segments on the new grid, by their customers of today; None where one has nobody.

    One query over all customers; whole numbers, so that it is the same in any order.
    """
    recipe, names = prepared.recipe, axis_columns(prepared.recipe.axes)
    earlier = past.before.placing(prepared.customers.table.frame)
    derived = with_features(earlier, recipe.clustered, recipe.as_of).filter(is_known(recipe))
    gridded = derived.with_columns(*axis_expressions(recipe)).select(BEFORE, *names)
    sums = collect_rows(gridded.group_by(BEFORE).agg(*(nw.col(name).sum() for name in names), n=nw.len()))
    segments = len(past.after.segmentation.rule.segments)
    found = {int(r[BEFORE]): [math.floor(r[name] / r["n"] + 0.5) for name in names] for r in sums}
    if not set(range(segments)) <= found.keys():
        return None
    return np.array([found[place] for place in range(segments)], dtype=np.float64)


def inherit(past: Past, prepared: Prepared, rule: Rule, placing: Placing) -> Inheritance:
    """The segments of the fit before that those of the new rule are, on all customers.

    Raises AgreementError where fewer customers keep their segment than the bound that was set.
    """
    after, previous = past.after, past.after.segmentation
    old, new = previous.rule.segments, rule.segments
    counts = _counts(past.before, prepared, rule, placing)
    rows, columns = ({name: place for place, name in enumerate(names)} for names in (old, new))
    table = np.zeros((len(old) + 1, len(new) + 1), dtype=np.int64)
    for (was, now), n in counts.items():
        table[rows.get(was, len(old)), columns.get(now, len(new))] += n
    matched = match(table)
    if after.min_agreement is not None and matched.agreement < after.min_agreement:
        raise _too_few(matched, after.min_agreement, len(new))
    used = previous.succession.ids_used if previous.succession is not None else ()
    return Inheritance(
        previous,
        Heritage(
            {new[place]: previous.segment(old[was]) for place, was in matched.old_of.items()},
            max(number_of(id_) for id_ in (*old, *used)),
        ),
        matched,
        counts,
    )


def _counts(before: Before, prepared: Prepared, rule: Rule, placing: Placing) -> dict[tuple[str, str], int]:
    """Customers by where the previous rule puts them and where the new one does: one query over all of them."""
    recipe = prepared.recipe
    earlier = before.placing(prepared.customers.table.frame)
    both = placing(with_features(earlier, recipe.clustered, recipe.as_of))
    answers = answers_of(rule)
    found = collect_rows(both.select(BEFORE, PLACE).group_by(BEFORE, PLACE).agg(n=nw.len()))
    return {(before.ids[int(r[BEFORE])], answers[int(r[PLACE])]): int(r["n"]) for r in found}


def _too_few(matched: Matched, least: float, k: int) -> AgreementError:
    stay = round(matched.agreement * matched.customers)
    return AgreementError(
        f"Only {say_number(matched.agreement, 'share')} of customers would keep their segment, and at least "
        f"{say_number(least, 'share')} should.",
        found=f"{stay:,} of {plural(matched.customers, 'customer')}; {len(matched.old_of)} of {plural(k, 'segment')} "
        "like one of the previous fit",
        remedy="Nothing was written. Go on with the previous model, or fit without --min-agreement and look at what "
        "changed.",
    )


def succession_of(found: Inheritance, renamed: Mapping[str, str], segments: Sequence[Segment]) -> Succession:
    """What became of the previous segments; `renamed` gives the segment of each owner of the new rule."""
    previous = found.previous
    same, figures = found.heritage.of_owner.values(), found.matched.jaccards.values()
    jaccard = {segment.id: figure for segment, figure in zip(same, figures, strict=True)}
    old = previous.succession
    return Succession(
        fingerprint=previous.provenance.fingerprint,
        as_of=previous.recipe.as_of,
        customers=found.matched.customers,
        agreement=found.matched.agreement,
        adjusted_rand=found.matched.adjusted_rand,
        kept=tuple(_kept(previous.segment(s.id), s, jaccard[s.id]) for s in segments if s.id in jaccard),
        new=tuple(s.id for s in segments if s.id not in jaccard),
        retired=tuple(Retired(s.id, s.name, s.size, s.share) for s in previous.segments if s.id not in jaccard),
        moves=_moves(found.counts, renamed),
        retired_before=(*old.retired_before, *(r.id for r in old.retired)) if old is not None else (),
    )


def _kept(before: Segment, now: Segment, jaccard: float) -> Kept:
    told = round(jaccard, 2) if now.size >= FEWEST_TOLD else None
    return Kept(before.id, before.name, before.size, before.share, told)


def _moves(counts: Mapping[tuple[str, str], int], renamed: Mapping[str, str]) -> tuple[Moved, ...]:
    """The largest first. Fewer than ten are not told of, nor are so few left out that the rest gives them away."""
    ids = {**renamed, NO_DATA: NO_DATA, NOISE: NOISE}
    moved = [
        Moved(was, ids[now], n)
        for (was, now), n in counts.items()
        if was != ids[now] and not (was in _NOWHERE and now in _NOWHERE)
    ]
    told = sorted((m for m in moved if m.customers >= FEWEST_TOLD), key=lambda m: (-m.customers, m.before, m.after))
    hidden = sum(m.customers for m in moved) - sum(m.customers for m in told)
    return tuple(told[:-1] if 0 < hidden < FEWEST_TOLD else told)


def succession_notices(found: Succession | None, past: Past | None) -> list[Notice]:
    """One where so many customers changed segments that it must be said, and nobody set a bound."""
    bound = past is not None and past.after.min_agreement is not None
    if found is None or bound or found.agreement >= ENOUGH_STAY:
        return []
    text = (
        f"Only {say_number(found.agreement, 'share')} of customers are where the previous model puts them: figures by "
        "segment cannot be laid beside those of last time. Look at what changed before this model takes the place of "
        "that one; --min-agreement ends such a run before anything is written."
    )
    return [Notice("low-agreement", text)]
