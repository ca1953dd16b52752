"""Where the money of the next months comes from, in words: from what a model of lifetime value says of each segment."""

from __future__ import annotations

from collections.abc import Sequence

from segmentry.profiles.answer import Answer
from segmentry.profiles.playbook import Group
from segmentry.profiles.profile import Measure, Profile
from segmentry.profiles.sayable import KNOWN
from segmentry.profiles.wording import beside, say, say_number

CLEAR = 0.1  # share of future value by which a segment brings more or less than its share of spend so far
_RULE = (
    "Segments in order of the lifetime value that a model of purchases expects of them together. A segment whose share "
    "of it is a tenth of the whole below its share of spend so far is slipping. Probability alive is told of "
    "customers with a repeat purchase."
)


def future_answer(profile: Profile, groups: Sequence[Group]) -> Answer | None:
    """Which segments the next months rest on, and which are slipping; None where lifetime value was not estimated."""
    shares = profile.shares_of("lifetime_value")
    if not shares:
        return None
    measures = {m.name: m for m in profile.measures}
    worth = measures["lifetime_value"]
    told = sorted((g for g in groups if g.id in shares), key=lambda g: (-shares[g.id], g.id))
    lines = []
    for group in told:
        weight = f"{say_number(shares[group.id], 'share')} of future value"
        weight += f" from {say_number(group.share, 'share')} of customers"
        parts = [weight, f"{say(worth, worth.segments[group.id].spread.mean)} each"]
        more = [measures[n] for n in ("expected_purchases", "probability_alive") if n in measures]
        parts += [_known(m, group) for m in more if m.segments[group.id].spread.mean is not None]
        lines.append(f"“{group.name}” ({group.id}): {', '.join(parts)}")
    slipping = [g for g in told if g.spend_share is not None and shares[g.id] < g.spend_share - CLEAR]
    text = ";\n".join(lines) + "."
    if slipping:
        named = " and ".join(
            f"“{g.name}” ({say_number(g.spend_share, 'share')} of spend, {say_number(shares[g.id], 'share')} of value)"
            for g in slipping
        )
        text += f"\nSlipping: {named}."
    used = tuple(n for n in ("lifetime_value", "expected_purchases", "probability_alive") if n in measures)
    return Answer(
        "Where will the money come from, and who is slipping?", text, tuple(g.id for g in told), used, "", _RULE
    )


def _known(measure: Measure, group: Group) -> str:
    """The figure, and of how many customers it is where it is not of most."""
    text, n = beside(measure, group.id), measure.segments[group.id].spread.n
    return text if n >= KNOWN * group.size else f"{text.removesuffix(')')}; known of {n:,} of them)"
