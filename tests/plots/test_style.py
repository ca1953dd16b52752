"""Charts that share their parts when they are copied."""

import altair as alt
import pytest

from segmentry.plots.style import below, beside, drawn, layered

ROWS = [{"a": 1, "b": 2, "c": "x"}, {"a": 3, "b": 4, "c": "y"}]
TINT = alt.condition("datum.c == 'x'", alt.Color("c:N", legend=None), alt.value("#ccc"))


def marks(base: alt.Chart) -> tuple[alt.Chart, alt.Chart, alt.Chart]:
    x = alt.X("a:Q", scale=alt.Scale(nice=False))
    return (
        base.mark_bar().encode(x=x, x2=alt.datum(0), y="b:Q", color=TINT),
        base.mark_text(dx=3).encode(x=alt.value(4), y=alt.Y("b:Q"), text="c:N", strokeDash="c:N"),
        base.mark_rule().encode(y=alt.datum(2.5), opacity=alt.value(0.4)),
    )


def dictionary(chart: alt.TopLevelMixin) -> dict:
    return chart.to_dict(validate=False)


@pytest.mark.parametrize("config", [{}, {"font": "Arial"}])
def test_a_picture_is_described_as_altair_describes_it(config):
    """Fields, values, data, conditions; marks over one another, in lines, in columns, on data of one and of several."""
    own, plain = drawn(ROWS), alt.Chart(drawn(ROWS).data)

    def panel(layer, base, **size):
        return layer(*marks(base)).properties(title="Panel", **size)

    ours = below(
        beside(panel(layered, own, width=90), panel(layered, drawn(ROWS[:1]), width=70), spacing=4, bounds="flush"),
        beside(panel(layered, own, height=50), marks(own)[0]),
        spacing=6,
    ).properties(title="All", config=config)
    theirs = alt.vconcat(
        alt.hconcat(
            panel(alt.layer, plain, width=90),
            panel(alt.layer, alt.Chart(drawn(ROWS[:1]).data), width=70),
            spacing=4,
            bounds="flush",
        ),
        alt.hconcat(panel(alt.layer, plain, height=50), marks(plain)[0]),
        spacing=6,
    ).properties(title="All", config=config)
    assert dictionary(ours) == dictionary(theirs)
    assert alt.Chart.from_dict(dictionary(ours), validate=True)


def test_a_chart_stays_as_it_is_when_others_are_made_of_it():
    """Its size goes to what it is put into, its data too; it keeps both."""
    charts = [mark.properties(width=80) for mark in marks(drawn(ROWS))]
    before = [dictionary(chart) for chart in charts]
    charts.append(layered(*charts).properties(height=30))
    before.append(dictionary(charts[-1]))
    charts.append(beside(charts[-1], charts[-1]))
    before.append(dictionary(charts[-1]))
    below(charts[-1], beside(charts[-2], charts[0]).properties(title="Twice")).properties(background="white")
    assert [dictionary(chart) for chart in charts] == before
