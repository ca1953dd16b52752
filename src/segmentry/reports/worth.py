"""The section on lifetime value: what it comes to by segment, how far to trust it, how it was computed."""

from __future__ import annotations

from dataclasses import dataclass

from segmentry.features.lifetime import LifetimeModel
from segmentry.profiles.holdout import Holdout
from segmentry.profiles.wording import say, say_number
from segmentry.segmentation import Segment, Segmentation


@dataclass(frozen=True)
class WorthRow:
    """A segment's value in text."""

    name: str
    worth: str
    share: str
    spend_share: str
    expected: str
    alive: str


@dataclass(frozen=True)
class Worth:
    """The section in text."""

    found: str
    tested: str
    segments: tuple[WorthRow, ...]
    reading: str
    method: str
    parameters: tuple[dict[str, str], ...]


def worth_of(segmentation: Segmentation) -> Worth | None:
    """The section; None where lifetime value was not estimated."""
    model = segmentation.value
    if model is None:
        return None
    return Worth(
        found=_found(segmentation, model),
        tested=_tested(segmentation.holdout),
        segments=tuple(_row(segmentation, s) for s in segmentation.segments),
        reading=(
            "Probability alive is the chance that a customer has not left for good, on average over those with a "
            "repeat purchase: the model cannot tell of the others. Their expected purchases say what to count on."
        ),
        method=_method(model),
        parameters=_parameters(model),
    )


def _found(segmentation: Segmentation, model: LifetimeModel) -> str:
    measure = next((m for m in segmentation.profile.measures if m.name == "lifetime_value"), None)
    earned = "turnover" if model.margin == 1.0 else f"earnings at a margin of {say_number(model.margin, 'share')}"
    terms = (
        f"{earned} of the next {model.horizon_days} days, discounted at {say_number(model.discount, 'share')} a year"
    )
    if measure is None or measure.population.mean is None:
        return f"Lifetime value is the {terms}."
    total = say_number(measure.population.mean * measure.population.n, "money", measure.symbol)
    each = say(measure, measure.population.mean)
    return f"The customers are expected to bring {total} ({each} each): the {terms}."


def _tested(found: Holdout | None) -> str:
    if found is None or found.error is None:
        return "The model could not be held against purchases that it had not seen: compare it with what happens next."
    when = f"From the purchases up to {found.cut}" if found.cut else "From the earlier purchases"
    return (
        f"Tested on what it had not seen: {when}, {say_number(found.expected_total)} purchases were predicted for the "
        f"{found.horizon:.0f} {found.time_unit} after it, and {say_number(found.actual_total)} were made: "
        f"the forecast was {_off(found.error)}.{_farthest(found)} The picture below shows it by group and over time."
    )


def _off(error: float) -> str:
    """
    >>> _off(-0.028), _off(0.5)
    ('2.8 % too low', '50 % too high')
    """
    return f"{say_number(abs(error), 'share')} too {'high' if error > 0 else 'low'}"


def _farthest(found: Holdout) -> str:
    """The group of which the forecast was furthest off, where that is further than for all together."""
    errors = [(b.expected / b.actual - 1.0, b) for b in found.bins if b.actual]
    error, worst = max(errors, key=lambda pair: abs(pair[0]), default=(0.0, None))
    if worst is None or abs(error) <= abs(found.error or 0.0):
        return ""
    times = {0: "not bought again", 1: "bought again once"}.get(worst.repeats, f"bought again {worst.repeats} times")
    more = " or more" if worst.and_more else ""
    return f" It was furthest off for customers who had {times}{more} before: {_off(error)}."


def _row(segmentation: Segmentation, segment: Segment) -> WorthRow:
    measures = {m.name: m for m in segmentation.profile.measures}

    def mean(name: str) -> str:
        measure = measures.get(name)
        return "–" if measure is None else say(measure, measure.segments[segment.id].spread.mean)

    return WorthRow(
        name=segment.name,
        worth=mean("lifetime_value"),
        share=say_number(segment.value_share, "share"),
        spend_share=say_number(segment.spend_share, "share"),
        expected=mean("expected_purchases"),
        alive=mean("probability_alive"),
    )


def _method(model: LifetimeModel) -> str:
    buying, spend = model.purchases, model.spend
    return (
        f"BG/NBD on {say_number(buying.n_customers)} customers (times in {buying.time_unit}, a day is one purchase) "
        "says how often they buy and when they leave; Gamma-Gamma on the "
        f"{say_number(spend.n_customers)} with a repeat purchase says what an order is worth (Fader, Hardie and Lee "
        f"2005). Both by maximum likelihood, with log-likelihoods of {buying.log_likelihood:,.2f} and "
        f"{spend.log_likelihood:,.2f}. How often and how much they buy correlate by {spend.correlation:.2f}."
    )


def _parameters(model: LifetimeModel) -> tuple[dict[str, str], ...]:
    buying, spend = model.purchases, model.spend
    values = {
        "r": (buying.r, buying.errors[0], "how alike customers are in how often they buy"),
        "alpha": (
            buying.alpha,
            buying.errors[1],
            f"{buying.time_unit}; r / alpha purchases a customer and unit of time",
        ),
        "a": (buying.a, buying.errors[2], "leaving: a / (a + b) on average after a purchase"),
        "b": (buying.b, buying.errors[3], "staying"),
        "p": (spend.p, spend.errors[0], "how alike a customer's orders are in amount"),
        "q": (spend.q, spend.errors[1], "how alike customers are in it"),
        "v": (spend.v, spend.errors[2], "its scale: p v / (q - 1) is the mean order"),
    }
    return tuple(
        {"Parameter": name, "Value": f"{value:.4g}", "Standard error": f"{error:.2g}", "What it says": said}
        for name, (value, error, said) in values.items()
    )
