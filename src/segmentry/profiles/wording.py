"""Numbers and units as a reader says them: `1.2 M`, `47 %`, `$606`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal

from segmentry.features.feature import Unit
from segmentry.profiles.profile import Measure

ROUNDING = 1e-9  # what is smaller is left over from adding up, such as the mean of what is 0 on average


def say_number(value: float | None, unit: Unit = "number", symbol: str = "") -> str:
    """A number with two or three digits that matter, and its unit.

    >>> say_number(606.4, "money", "$"), say_number(0.4712, "share"), say_number(1_234_567)
    ('$606', '47 %', '1.2 M')
    >>> say_number(45.23, "years"), say_number(0.00461), say_number(None)
    ('45 years', '0.0046', '–')
    """
    if value is None or value != value:
        return "–"
    if unit in ("share", "flag"):
        return f"{_percent(100 * value)} %"
    text = _shorten(value)
    if unit == "money":
        if symbol.startswith("k"):
            return f"{symbol[1:]}{_shorten(1000 * value)}"
        return f"{symbol}{text}"
    if unit in ("years", "days"):
        return f"{_shorten(float(round(value)))} {unit}"
    return text


def say_exactly(value: float, unit: Unit = "number", symbol: str = "") -> str:
    """A number with all its digits, and its unit: whoever acts on what is read gets the same answer.

    >>> say_exactly(0.325, "share"), say_exactly(60.56, "money", "k$"), say_exactly(1_234_567.0), say_exactly(-0.0)
    ('32.5 %', '$60,560', '1,234,567', '0')
    """
    share, thousands = unit in ("share", "flag"), unit == "money" and symbol.startswith("k")
    # In decimals: 100 x 0.337 in floating point has digits that nobody stated.
    stated = Decimal(str(value)) * (100 if share else 1000 if thousands else 1)
    text = f"{stated:,f}" if stated else "0"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    if unit == "money":
        return f"{symbol.removeprefix('k')}{text}"
    return f"{text} %" if share else f"{text} {unit}" if unit in ("years", "days") else text


def say(measure: Measure, value: float | None) -> str:
    """A value of a measure as a reader says it: a level by the name of the nearest one, else a number with its unit."""
    if measure.levels:
        return say_level(value, measure.levels)
    return say_number(value, measure.unit, measure.symbol)


def say_level(value: float | None, levels: Sequence[str]) -> str:
    """The name of the level that is nearest to a place among them.

    >>> say_level(1.6, ("Unsatisfied", "Neutral", "Satisfied")), say_level(None, ("no", "yes"))
    ('Satisfied', '–')
    """
    if value is None or value != value:
        return "–"
    return levels[min(max(math.floor(value + 0.5), 0), len(levels) - 1)]


def beside(measure: Measure, segment: str, everyone: str = "everyone ") -> str:
    """A segment's mean beside everyone's: `age 51 years (everyone 46 years)`.

    Where both are nearest to the same level of a scale, it says which way they differ, and by how much.
    """
    mean, population = measure.segments[segment].spread.mean, measure.population.mean
    text = f"{lowered(measure.label)} {say(measure, mean)} ({everyone}{say(measure, population)}"
    alike = measure.levels and say(measure, mean) == say(measure, population)
    if alike and mean is not None and population is not None and abs(mean - population) >= 0.05:
        way = "above" if mean > population else "below"
        text += f", {way} it by {abs(mean - population):.1f} of a level"
    return f"{text})"


_WAYS = {
    "app": "in the app",
    "catalog": "by catalogue",
    "mobile": "on the phone",
    "online": "online",
    "shop": "in the shop",
    "store": "in the store",
    "web": "on the web",
}


def part_of(measure: Measure) -> str:
    """What follows the colon of a label, else the label inside a sentence."""
    return measure.label.partition(": ")[2] or lowered(measure.label)


def way(measure: Measure) -> str:
    """How those buy whom a measure of a channel counts: `in the store`, `by post`."""
    part = part_of(measure)
    # Some shops write a channel by the number of an app.
    return _WAYS.get(part, f"through channel {part}" if part.isdigit() else f"by {part}")


def lowered(label: str) -> str:
    """A label inside a sentence; an abbreviation keeps its capitals.

    >>> lowered("Total spend"), lowered("RFM score"), lowered("HubSpot score")
    ('total spend', 'RFM score', 'HubSpot score')
    """
    own = label[:2].isupper() or re.match(r"\w*[a-z][A-Z]", label)  # an abbreviation, or a name written so
    return label if own else label[:1].lower() + label[1:]


def _percent(percent: float) -> str:
    size = abs(percent)
    return _signed(percent, f"{size:.0f}" if size >= 3 else f"{size:.1f}" if size >= 0.1 else _digits(size))


def _shorten(value: float) -> str:
    size = abs(value)
    for limit, divisor, suffix in ((999_500_000, 1e9, " bn"), (999_500, 1e6, " M")):
        if size >= limit:
            return _signed(value, f"{_digits(size / divisor)}{suffix}")
    return _signed(value, _digits(size))


def _signed(value: float, text: str) -> str:
    return f"-{text}" if value < 0 and text != "0" else text


def _digits(size: float) -> str:
    if size >= 1000:
        return f"{size:,.0f}"
    if size >= 100:
        return f"{size:.0f}"
    if size < ROUNDING:
        return "0"
    places = 1 if size >= 1 else 1 - math.floor(math.log10(size))
    return f"{size:.{places}f}".rstrip("0").rstrip(".")
