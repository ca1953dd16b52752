"""From the final rule to segments: what each is like, its number by value, its name and what to do with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from segmentry.errors import Notice
from segmentry.fitting.final import Final
from segmentry.fitting.grid_names import named_by_grid
from segmentry.fitting.prepared import Prepared
from segmentry.fitting.segments import Heritage, in_order_of_value, make_segments, with_heritage, with_plays
from segmentry.profiles.describe import describe
from segmentry.profiles.playrules import Playbook
from segmentry.profiles.profile import Profile
from segmentry.prototypes.assign import NOISE, segment_of
from segmentry.prototypes.everyone import Placing
from segmentry.prototypes.rule import Rule
from segmentry.segmentation import Segment


@dataclass(frozen=True)
class Profiled:
    """The rule with its owners as segments, their profile, and the segment that each owner of `Final` became."""

    rule: Rule
    profile: Profile
    segments: tuple[Segment, ...]
    renamed: Mapping[str, str]
    notices: tuple[Notice, ...] = ()

    @property
    def n_customers(self) -> int:
        """Customers in segments."""
        return sum(s.size for s in self.segments)


def profile_segments(
    prepared: Prepared, final: Final, placing: Placing, playbook: Playbook | None, heritage: Heritage
) -> Profiled:
    """Describe the groups of the final rule over all customers, and number, name and plan for them, but for what they
    have of the fit before."""
    customers, recipe = prepared.customers, prepared.recipe
    sampled = segment_of(final.rule, prepared.grid)
    inside = sampled != NOISE
    profile = describe(
        placing(prepared.customers.frame),
        [f for f in customers.features if f.bins is None],
        # What a score is made of says more than the score.
        frozenset(f.measured for f in recipe.clustered),
        customers.sensitive,
        final.rule.segments,
        {name: column[inside] for name, column in prepared.values.items()},
        sampled[inside],
    )
    rule, profile, renamed = in_order_of_value(final.rule, profile, final.sizes, heritage)
    sizes = {renamed[owner]: n for owner, n in final.sizes.items()}
    segments = make_segments([*renamed.values()], profile, sizes, final.noise)
    notices: tuple[Notice, ...] = ()
    if prepared.cells is not None:
        segments, notices = named_by_grid(segments, prepared.cells, renamed, profile)
    planned = with_plays(segments, profile, playbook, customers.features, customers.roles)
    return Profiled(rule, profile, with_heritage(planned, heritage), renamed, notices)
