"""What measures cost: the annuity by hand, and the two ways of stating a cost."""

import math

import pytest

from emissions.inventory import inventory_of
from scenarios import Effect, Measure, Scenario, Target, resolve
from scenarios.cost import annualised_cost, annuity_factor, cost_table

CLOSE = 1e-12  # relative: a handful of roundings
PRINTED = 5e-6  # the textbook's annuities have five decimals


@pytest.mark.parametrize(
    ("rate", "years", "payment"),
    [(0.05, 10, 0.12950), (0.08, 15, 0.11683), (0.03, 20, 0.06722), (0.07, 1, 1.07)],  # tables of capital recovery
)
def test_the_annuity_is_that_of_the_tables(rate, years, payment):
    assert annuity_factor(rate, years) == pytest.approx(payment, abs=PRINTED)


def test_without_interest_the_investment_is_spread_evenly_and_small_rates_come_near():
    assert annuity_factor(0.0, 8) == 0.125
    assert annuity_factor(1e-9, 8) == pytest.approx(0.125, rel=1e-7)  # first order in the rate: (n + 1) / 2 x 1e-9


@pytest.mark.parametrize(("rate", "years"), [(0.05, 0), (-0.01, 10)])
def test_an_annuity_without_years_or_with_a_negative_rate_is_refused(rate, years):
    with pytest.raises(ValueError, match="annuity needs years"):
        annuity_factor(rate, years)


def measure(name, cost=None, assumed=(), **more):
    effects = {"NOx": Effect(0.5, 0.0, 1.0, cost=cost, flag="read", assumed=assumed)}
    return Measure(name, name, name, Target(), effects, **more)


def test_investment_running_cost_and_savings():
    own = measure("M", lifetime=10, investment=1e6, running_cost=-2e4)
    assert annualised_cost(own, 0.05) == pytest.approx(1e6 * 0.05 * 1.05**10 / (1.05**10 - 1) - 2e4, rel=CLOSE)
    assert annualised_cost(measure("M", running_cost=5e4)) == 5e4
    assert annualised_cost(measure("M")) is None


def test_the_cost_table_annualises_or_counts_tonnes_and_says_which():
    inventory = inventory_of([{"district": "110101", "source_class": "onroad_diesel", "NOx": 100.0, "PM10": 0.0,
                               "PM25": 0.0}])  # fmt: skip
    measures = [
        measure("whole", lifetime=1, investment=1e5, running_cost=1e4),
        measure("tonnes", cost=2000.0, assumed=("cost",)),
        measure("free"),
    ]
    scenarios = [Scenario(own.id, measures=(own.id,)) for own in measures]
    scenarios.append(Scenario("half", measures=("whole",), rollout={"whole": 0.5}))
    rows = cost_table(resolve(scenarios, measures, inventory), measures, rate=0.0).set_index("scenario")
    assert rows["basis"].to_dict() == {"whole": "annualised", "tonnes": "per tonne", "free": "none",
                                       "half": "annualised"}  # fmt: skip
    assert rows.loc["whole", "cost_cny_per_a"] == pytest.approx(1.1e5, rel=CLOSE)
    assert rows.loc["whole", "cny_per_t"] == pytest.approx(1.1e5 / 50.0, rel=CLOSE)
    assert rows.loc["tonnes", "cost_cny_per_a"] == pytest.approx(2000.0 * 50.0, rel=CLOSE)
    assert math.isnan(rows.loc["free", "cost_cny_per_a"])
    assert rows.loc["half", "cost_cny_per_a"] == pytest.approx(0.55e5, rel=CLOSE)
    assert rows.loc["half", "removed_t"] == pytest.approx(25.0, rel=CLOSE)
    assert rows["flag"].to_dict() == {"whole": "read", "tonnes": "assumption", "free": "read", "half": "read"}
