"""From profiled groups to segments with an identity: number, name, colour, description."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from segmentry.errors import Notice, plural
from segmentry.features.feature import Feature
from segmentry.features.roles import ColumnRole
from segmentry.profiles.identity import colour_and_marker
from segmentry.profiles.names import Naming, name_segments
from segmentry.profiles.playbook import choose_plays, origins_of
from segmentry.profiles.playrules import Playbook, built_in_playbook
from segmentry.profiles.profile import MISSING, OTHER, Profile
from segmentry.profiles.story import tell
from segmentry.profiles.wording import say_number
from segmentry.prototypes.rule import Rule
from segmentry.segmentation import Segment

NEARLY_ALL = 0.95  # share of a segment that makes it one group's
MIXED = 0.8  # share of all customers up to which that says something of the segment


@dataclass(frozen=True)
class Heritage:
    """The segment of the fit before that each owner of a rule is, where it is one, and the highest number of any id
    that was ever given."""

    of_owner: Mapping[str, Segment] = field(default_factory=dict)
    highest: int = 0


def number_of(segment_id: str) -> int:
    """The number in a segment's id; 0 where it has none.

    >>> number_of("s12"), number_of("other")
    (12, 0)
    """
    found = re.fullmatch(r"s(\d{1,9})", segment_id)
    return int(found[1]) if found else 0


def in_order_of_value(
    rule: Rule, profile: Profile, sizes: Mapping[str, int], heritage: Heritage
) -> tuple[Rule, Profile, dict[str, str]]:
    """Owners renamed s1, s2, ... by mean spend, else by size: a number means something, whatever the search did.

    Those that were a segment of the fit before keep its id, and the others go on counting from there. Also gives the
    new name of each owner, in order of value. `sizes` goes by owner.
    """
    spend = profile.measure(profile.spend) if profile.spend else None

    def rank(place: int) -> tuple[float, float, int]:
        owner = rule.segments[place]
        mean = spend.segments[owner].spread.mean if spend else None
        return (-mean if mean is not None else math.inf, -sizes[owner], place)

    order = sorted(range(len(rule.segments)), key=rank)
    numbers = count(heritage.highest + 1)
    new: dict[str, str] = {}
    for owner in (rule.segments[place] for place in order):
        same = heritage.of_owner.get(owner)
        new[owner] = same.id if same is not None else f"s{next(numbers)}"
    return replace(rule, owners=tuple(new[o] for o in rule.owners)), profile.renamed(new), new


def make_segments(
    ids: Sequence[str], profile: Profile, sizes: Mapping[str, int], noise: int = 0
) -> tuple[Segment, ...]:
    """The segments with these ids, in their order; shares are of all customers, those of noise among them."""
    naming = name_segments(profile, {s: sizes[s] for s in ids})
    spend_shares, value_shares = profile.spend_shares(), profile.shares_of("lifetime_value")
    everyone = sum(sizes.values()) + noise
    return tuple(
        replace(
            _segment(s, sizes[s], sizes[s] / everyone, spend_shares.get(s), naming[s], profile),
            value_share=value_shares.get(s),
        )
        for s in ids
    )


def with_plays(
    segments: Sequence[Segment],
    profile: Profile,
    playbook: Playbook | None,
    features: Sequence[Feature],
    roles: Sequence[ColumnRole],
) -> tuple[Segment, ...]:
    """The segments with what to do with each, by the playbook given or the built-in one."""
    origins = origins_of(features, {r.column: r.role for r in roles})
    rules = playbook or built_in_playbook()
    return tuple(replace(s, playbook=choose_plays(profile, s, rules, origins)) for s in segments)


def with_heritage(segments: Sequence[Segment], heritage: Heritage) -> tuple[Segment, ...]:
    """The segments with what stays of those of the fit before: colour, marker, and a name and plays of the user's own.

    A name made by rule that the user gave to another segment is told apart by the id.
    """
    before = {same.id: same for same in heritage.of_owner.values()}
    own = {s.id: before[s.id].name for s in segments if s.id in before and before[s.id].named_by == "user"}
    given = frozenset(own.values())
    return tuple(_inherited(s, before.get(s.id), given) for s in segments)


def _inherited(segment: Segment, before: Segment | None, given: frozenset[str]) -> Segment:
    if segment.name in given:
        segment = replace(segment, name=f"{segment.name} ({segment.id})")
    if before is None:
        return segment
    segment = replace(segment, colour=before.colour, marker=before.marker)
    if before.named_by == "user":
        segment = replace(segment, name=before.name, named_by="user")
    if before.planned_by == "user":
        segment = replace(segment, playbook=before.playbook, planned_by="user")
    return segment


def _segment(
    segment: str, size: int, share: float, spend_share: float | None, naming: Naming, profile: Profile
) -> Segment:
    colour, marker = colour_and_marker(max(number_of(segment), 1) - 1)
    return Segment(
        id=segment,
        name=naming.name,
        colour=colour,
        marker=marker,
        size=size,
        share=share,
        spend_share=spend_share,
        evidence=naming.evidence,
        description=tell(profile, segment, size, share, spend_share),
    )


def one_sided_notices(segments: Sequence[Segment], profile: Profile) -> list[Notice]:
    """One for each segment that is nearly all of one level of a sensitive attribute, which all customers are not."""
    return [
        Notice(
            "one-sided-segment",
            f"{say_number(share, 'share')} of segment {s.id} are '{level.level}' by '{category.label}', of all "
            f"customers {say_number(level.share, 'share')}: whatever is done with this segment is done to that group.",
        )
        for s in segments
        for category in profile.categories
        for level in category.levels
        if category.sensitive
        and level.level not in (MISSING, OTHER)
        and (share := level.segments[s.id].share) is not None
        and share >= NEARLY_ALL
        and level.share <= MIXED
    ]


def size_notices(segments: Sequence[Segment], profile: Profile) -> list[Notice]:
    """One for each segment with too few customers to describe, and one where these have much of the money."""
    fewest = profile.minimum_customers
    small = [s for s in segments if s.size < fewest]
    left_out = "The figures of all customers leave them out. " if sum(s.size for s in small) < fewest else ""
    found = [
        Notice(
            "small-segment",
            f"Segment {s.id} has {plural(s.size, 'customer')}: too few to describe without pointing at persons. "
            f"{left_out}Ask for fewer segments with --k, or look at its outliers.",
        )
        for s in small
    ]
    if profile.spend is not None and not profile.measure(profile.spend).whole:
        named = " and ".join(s.id for s in small)
        message = (
            f"No shares of spend are told: the customers of {named}, too few to tell their money, have a good part of "
            "it, and shares of the rest would mislead. Ask for fewer segments with --k, or look at its outliers."
        )
        found.append(Notice("hidden-spend", message))
    return found
