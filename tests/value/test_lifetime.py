"""Models of buying, leaving and spending: the published figures, planted parameters, guards."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import hyp2f1
from scipy.stats import beta as beta_distribution

from segmentry.errors import InputError, NotEnoughDataError, SettingsError, ValueModelError
from segmentry.features.lifetime import (
    LifetimeModel,
    PurchaseModel,
    SpendModel,
    expected_purchases,
    expected_spend,
    lifetime_value,
    probability_alive,
    while_alive,
)
from segmentry.value import fit_lifetime, fit_purchases, fit_spend, purchase_counts
from segmentry.value.purchasing import log_likelihood
from segmentry.value.spending import log_likelihood as spend_likelihood
from segmentry.value.spending import relation_notice

CDNOW = PurchaseModel(0.2426, 4.4136, 0.7929, 2.4259, (0.0, 0.0, 0.0, 0.0), -9582.43, 2357, "weeks", 29)


@pytest.fixture(scope="module")
def fitted(cdnow: Any) -> LifetimeModel:
    return fit_lifetime(cdnow.x, cdnow.t_x, cdnow.age, cdnow.spend, discount=0.1)[0]


def test_the_published_purchase_model_comes_out(cdnow: Any, fitted: LifetimeModel) -> None:
    """BG/NBD on CDNOW gives the parameters and the likelihood that its authors print."""
    model = fitted.purchases
    assert (model.n_customers, cdnow.age.max()) == (2357, pytest.approx(38.857, abs=5e-4))
    assert (f"{model.r:.4f}", f"{model.alpha:.4f}", f"{model.a:.4f}", f"{model.b:.4f}") == (
        "0.2426", "4.4136", "0.7929", "2.4259",
    )  # fmt: skip
    assert f"{model.log_likelihood:.2f}" == "-9582.43"


def test_the_published_spend_model_comes_out(fitted: LifetimeModel) -> None:
    """Gamma-Gamma on the repeat buyers of CDNOW gives the parameters that its authors print."""
    model = fitted.spend
    assert (f"{model.p:.2f}", f"{model.q:.2f}", f"{model.v:.2f}", model.n_customers) == ("6.25", "3.74", "15.44", 946)


def test_the_published_prediction_comes_out(fitted: LifetimeModel) -> None:
    """Two repeats, the last after 30.43 of 38.86 weeks, promise 1.226 purchases in the next 39."""
    predicted = expected_purchases(fitted.purchases, np.array([2]), np.array([30.43]), np.array([38.86]), 39.0)
    assert f"{predicted[0]:.3f}" == "1.226"


def test_parameters_that_were_planted_are_found(planted: Any) -> None:
    """On 100,000 simulated customers each true parameter lies within three standard errors of its estimate."""
    model = fit_lifetime(planted.x, planted.t_x, planted.age, planted.spend)[0]
    buying, spend = model.purchases, model.spend
    found = [buying.r, buying.alpha, buying.a, buying.b, spend.p, spend.q, spend.v]
    for value, error, true in zip(
        found, [*buying.errors, *spend.errors], [0.243, 4.414, 0.793, 2.426, 6.25, 3.74, 15.44], strict=True
    ):
        assert abs(value - true) < 3.0 * error, (value, error, true)


def test_standard_errors_are_those_of_repeated_draws() -> None:
    """Over forty draws of customers, estimates scatter as much as their standard errors say."""
    from_draws = []
    said = []
    for seed in range(40):
        shop = simulate(4000, seed)
        model = fit_purchases(purchase_counts(*shop))
        from_draws.append(np.log([model.r, model.alpha]))
        said.append([model.errors[0] / model.r, model.errors[1] / model.alpha])
    scatter, mean_said = np.std(from_draws, axis=0, ddof=1), np.mean(said, axis=0)
    assert np.all(np.abs(scatter / mean_said - 1.0) < 0.35), (scatter, mean_said)


def simulate(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    rate, leaving = random.gamma(0.8, 1 / 6.0, n), random.beta(1.2, 3.0, n)
    age = np.full(n, 50.0)
    x, t_x, now, there = np.zeros(n), np.zeros(n), np.zeros(n), np.arange(n)
    while len(there):
        now[there] += random.exponential(1 / rate[there])
        there = there[now[there] < age[there]]
        x[there] += 1
        t_x[there] = now[there]
        there = there[random.random(len(there)) > leaving[there]]
    return x, t_x, age


def test_slopes_are_those_of_the_likelihood(cdnow: Any) -> None:
    """The slopes of both likelihoods are the differences they would have by trying."""
    counts = purchase_counts(cdnow.x, cdnow.t_x, cdnow.age)
    known = cdnow.spend > 0

    def buying(at: np.ndarray) -> tuple[float, np.ndarray]:
        return log_likelihood(at, counts)

    def spending(at: np.ndarray) -> tuple[float, np.ndarray]:
        return spend_likelihood(at, cdnow.x[known], cdnow.spend[known], np.ones(int(known.sum())))

    for function, at in ((buying, np.array([0.4, 6.0, 1.3, 2.0])), (spending, np.array([5.0, 3.0, 20.0]))):
        slopes = function(at)[1]
        for place, slope in enumerate(slopes):
            aside = np.zeros(len(at))
            aside[place] = 1e-6 * at[place]
            tried = (function(at + aside)[0] - function(at - aside)[0]) / (2 * aside[place])
            assert tried == pytest.approx(slope, rel=1e-5)


@pytest.mark.parametrize("horizon", [0.1, 39.0, 400.0])
def test_predictions_are_the_hypergeometric_form_of_the_paper(cdnow: Any, horizon: float) -> None:
    """For every CDNOW customer the integral equals the paper's formula with 2F1."""
    m, x, age = CDNOW, cdnow.x, cdnow.age
    c, z = m.a + m.b + x - 1, horizon / (m.alpha + age + horizon)
    paper = c / (m.a - 1) * (1 - (1 - z) ** (m.r + x) * hyp2f1(m.r + x, m.b + x, c, z))
    paper *= probability_alive(m, x, cdnow.t_x, age)
    np.testing.assert_allclose(expected_purchases(m, x, cdnow.t_x, age, horizon), paper, rtol=1e-8)


@pytest.mark.parametrize("a", [0.02, 0.3, 1.0, 1.0000001, 8.0, 150.0])
@pytest.mark.parametrize(("x", "age", "horizon"), [(0, 0.0, 52.0), (3, 40.0, 40.0), (90, 50.0, 5000.0)])
def test_predictions_hold_at_the_edges(a: float, x: int, age: float, horizon: float) -> None:
    """Where the paper's form overflows, cancels or is 0/0 (a = 1), predictions equal adaptive integration."""
    model = dataclasses.replace(CDNOW, a=a, b=2.0, most_repeats=100)
    leaving = beta_distribution(a, 2.0 + x)

    def bought(share: float) -> float:
        p = leaving.ppf(share)
        s = horizon / (model.alpha + age)
        return float(-np.expm1(-(model.r + x) * np.log1p(p * s)) / p) if p > 0 else (model.r + x) * s

    by_quantiles = quad(bought, 0, 1, limit=500, epsrel=1e-9, points=[0.001, 0.1, 0.9, 0.999])[0]
    found = while_alive(model, np.array([x]), np.array([age]), ((horizon, 1.0),))[0]
    assert found == pytest.approx(by_quantiles, rel=2e-6)


def test_present_values_discount_each_purchase_on_its_day(cdnow: Any, fitted: LifetimeModel) -> None:
    """Lifetime value is the margin on purchases expected day by day, each discounted from its day."""
    some = slice(0, 200)
    x, t_x, age, spend = (values[some] for values in (cdnow.x, cdnow.t_x, cdnow.age, cdnow.spend))
    model = dataclasses.replace(fitted, margin=0.4, discount=0.25, horizon_days=200)
    worth, before = np.zeros(len(x)), np.zeros(len(x))
    for day in range(1, 201):
        by_then = expected_purchases(model.purchases, x, t_x, age, day / 7)
        worth += (by_then - before) * 1.25 ** (-(day - 0.5) / 365.25)
        before = by_then
    worth *= 0.4 * expected_spend(model.spend, x, spend)
    np.testing.assert_allclose(lifetime_value(model, x, t_x, age, spend), worth, rtol=1e-6)


def test_spend_is_drawn_towards_everyone_less_the_more_is_known() -> None:
    """The more repeats, the more their own mean counts; without any, that of all customers does."""
    model = SpendModel(6.25, 3.74, 15.44, (0.0, 0.0, 0.0), -4055.9, 946, 0.11)
    usual, once, often, free = expected_spend(model, np.array([0, 1, 40, 3]), np.array([np.nan, 100.0, 100.0, 0.0]))
    assert usual == free == pytest.approx(6.25 * 15.44 / 2.74)
    assert usual < once < often < 100.0


def test_order_repetition_and_threads_change_no_byte(cdnow: Any, fitted: LifetimeModel) -> None:
    """Shuffled customers, or customers given as groups, lead to the same model to the last digit."""
    order = np.random.default_rng(3).permutation(len(cdnow.x))
    shuffled = fit_lifetime(
        cdnow.x[order], cdnow.t_x[order], cdnow.age[order], cdnow.spend[order], discount=0.1
    )[0]  # fmt: skip
    assert repr(shuffled) == repr(fitted)
    counts = purchase_counts(cdnow.x, cdnow.t_x, cdnow.age)
    assert len(counts.x) < len(cdnow.x)
    grouped = fit_purchases(purchase_counts(counts.x, counts.t_x, counts.age, counts.customers))
    assert repr(grouped) == repr(fitted.purchases)


def test_days_and_weeks_are_the_same_model(cdnow: Any, fitted: LifetimeModel) -> None:
    """Counted in days, alpha is seven times that of weeks, and nothing that is predicted changes."""
    days = fit_lifetime(
        cdnow.x, np.round(cdnow.t_x * 7), np.round(cdnow.age * 7), cdnow.spend, discount=0.1, time_unit="days"
    )[0]
    assert days.purchases.alpha == pytest.approx(7 * fitted.purchases.alpha, rel=1e-5)
    in_days = lifetime_value(days, cdnow.x, np.round(cdnow.t_x * 7), np.round(cdnow.age * 7), cdnow.spend)
    in_weeks = lifetime_value(fitted, cdnow.x, cdnow.t_x, cdnow.age, cdnow.spend)
    np.testing.assert_allclose(in_days, in_weeks, rtol=1e-4)


def test_too_few_customers_are_told_what_it_takes() -> None:
    """Ten customers are refused with what was found and what it takes."""
    with pytest.raises(NotEnoughDataError, match=r"10 customers, 5 of them with a second purchase\. It takes 50"):
        purchase_counts([0, 1] * 5, [0, 1] * 5, [9, 9] * 5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("x", "t_x", "age", "said"),
    [
        (-1, 0.0, 9.0, "missing, negative or broken"),
        (1.5, 2.0, 9.0, "missing, negative or broken"),
        (1, 10.0, 9.0, "after the as-of date"),
        (1, 0.0, 9.0, "at the time of the first"),
        (0, 3.0, 9.0, "without a repeat"),
        (0, 0.0, np.nan, "missing time"),
    ],
)
def test_counts_that_cannot_be_are_refused(x: float, t_x: float, age: float, said: str) -> None:
    """Each impossible count is named with how many customers have it."""
    with pytest.raises(InputError, match=said):
        purchase_counts(np.full(60, x), np.full(60, t_x), np.full(60, age))


def test_purchases_that_settle_nothing_are_an_error_with_advice() -> None:
    """Where every customer buys alike, no finite parameters explain it best, and a longer log may well say the same."""
    x, age = np.full(400, 4.0), np.full(400, 50.0)
    with pytest.raises(ValueModelError, match=r"do not settle.*If that is so, there is nothing.*--no-value"):
        fit_purchases(purchase_counts(x, age * 0.99, age))


def test_why_purchases_settle_nothing_is_said_in_words() -> None:
    """The reason speaks of customers, and names no parameter."""
    random = np.random.default_rng(0)
    age = np.full(2000, 50.0)
    with pytest.raises(ValueModelError) as alike:
        fit_purchases(purchase_counts(np.full(400, 4.0), np.full(400, 49.5), np.full(400, 50.0)))
    x = random.poisson(random.gamma(2.0, 1.0, 2000)).astype(float)
    with pytest.raises(ValueModelError) as stays:
        fit_purchases(purchase_counts(x, np.where(x > 0, 49.9, 0.0), age))
    with pytest.raises(ValueModelError) as same:
        fit_spend(np.full(400, 5.0), np.full(400, 20.0))
    assert alike.value.found == "by these purchases, all customers buy equally often"
    assert stays.value.found == "by these purchases, no customer ever leaves"
    assert same.value.found == "by these purchases, each customer always spends the same"


def test_spend_without_a_mean_is_an_error() -> None:
    """A spread of spend so wide that it has no mean (q of 1 or less) is refused."""
    random = np.random.default_rng(0)
    spend = random.gamma(2.0, 1.0, 4000) / random.gamma(0.5, 1.0, 4000)
    with pytest.raises(ValueModelError, match=r"Spend has no mean.*q = 0\.49.*mistaken amounts"):
        fit_spend(np.ones(4000), spend)


def test_frequency_that_goes_with_spend_warns(planted: Any) -> None:
    """A correlation beyond 0.15 of how often and how much is said aloud; below it nothing is said."""
    plain = fit_spend(planted.x, planted.spend)
    assert relation_notice(plain) is None
    related = fit_spend(planted.x, planted.spend * (1.0 + planted.x))
    notice = relation_notice(related)
    assert notice is not None
    assert notice.code == "frequency-and-spend"
    assert f"correlation {related.correlation:.2f}" in notice.message


@pytest.mark.parametrize(
    ("setting", "said"),
    [({"horizon_days": 0}, "horizon"), ({"margin": 0.0}, "margin"), ({"margin": 30.0}, "--margin 0.3"),
     ({"discount": 10.0}, "--discount 0.1"), ({"time_unit": "months"}, "days or in weeks")],
)  # fmt: skip
def test_settings_out_of_range_are_refused(setting: dict[str, Any], said: str, planted: Any) -> None:
    """Each setting of value that makes no sense is refused with the spelling that does."""
    with pytest.raises(SettingsError, match=said):
        fit_lifetime(planted.x, planted.t_x, planted.age, planted.spend, **setting)


MILLION = """
import sys, time, resource
sys.path.insert(0, {folder!r})
from conftest import plant
from segmentry.features.lifetime import lifetime_value
from segmentry.value import fit_lifetime
import numpy as np
shop = plant(1_000_000, seed=2)
t_x = np.ceil(shop.t_x * 7) / 7  # a purchase log has days
before = time.process_time()
model = fit_lifetime(shop.x, t_x, shop.age, shop.spend, discount=0.1)[0]
lifetime_value(model, shop.x, t_x, shop.age, shop.spend)
print(time.process_time() - before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


def test_a_million_customers_take_seconds(request: pytest.FixtureRequest) -> None:
    """Fitting and valuing a million customers takes less than 15 s of work and 2 GiB of memory."""
    script = MILLION.format(folder=str(request.path.parent))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seconds, gib = map(float, done.stdout.split())
    assert seconds < 15.0
    assert gib < 2.0
