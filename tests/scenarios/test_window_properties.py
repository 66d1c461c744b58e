"""Invariants of windows on random cases: range, no order, totals that are the sum over sources and hours."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aqcore.calendar import hours_of_year, to_local
from emissions.inventory import inventory_of
from emissions.profiles import default_time_profiles
from emissions.source_classes import source_classes
from scenarios import Scenario, Target, resolve
from scenarios.scenario_factor import DirectFactor
from scenarios.window import DateSpan, Window
from scenarios.window_plan import Shift, WindowPlan
from scenarios.year_totals import Year, year_totals

SUMS = 1e-9  # relative: sums over a year of hours and some products
PROFILES = default_time_profiles()
YEAR = 2023
TIMES = hours_of_year(YEAR, PROFILES.timezone)
LOCAL = to_local(TIMES, PROFILES.timezone)
SECTORS = ("ONROAD", "SOLVENT", "COOKING")
INVENTORY = inventory_of([
    {"district": district, "source_class": name, "NOx": mass, "VOC": mass / 3}
    for district, mass in (("110101", 90.0), ("110105", 7.0))
    for name in ("onroad_diesel", "furniture_coating", "cooking")
])  # fmt: skip
FEW = settings(max_examples=25, deadline=None)


@st.composite
def spans(draw):
    """A yearly span, over the end of the year as well."""
    ends = [draw(st.tuples(st.integers(1, 12), st.integers(1, 28))) for _ in range(2)]
    return DateSpan((0, *ends[0]), (0, *ends[1]))


@st.composite
def plans(draw):
    """Some windows with one factor each, every one on a (sector, pollutant) of its own."""
    keys = draw(st.lists(st.tuples(st.sampled_from(SECTORS), st.sampled_from(("NOx", "VOC"))), min_size=1, max_size=5,
                         unique=True))  # fmt: skip
    found = []
    for number, (sector, pollutant) in enumerate(keys):
        hours = draw(st.sets(st.integers(0, 23), min_size=1))
        window = Window(f"w{number}", tuple(draw(st.lists(spans(), max_size=2))), frozenset(hours))
        factor = DirectFactor(Target(sectors=(sector,)), pollutant, draw(st.floats(0.0, 1.0)))
        found.append(WindowPlan(window, factors=(factor,)))
    return tuple(found)


def table_of(windows):
    permanent = (DirectFactor(Target(sectors=("ONROAD",)), "NOx", 0.9),)
    return resolve([Scenario("s", factors=permanent, windows=windows)], (), INVENTORY)


@FEW
@given(plans(), st.randoms(use_true_random=False))
def test_no_order_of_windows_matters(windows, random):
    shuffled = list(windows)
    random.shuffle(shuffled)
    one, other = (table_of(tuple(own)).factors_at("s", LOCAL[::7]) for own in (windows, shuffled))
    np.testing.assert_allclose(one.factors.to_numpy()[one.state], other.factors.to_numpy()[other.state], rtol=SUMS)


@FEW
@given(plans())
def test_factors_lie_between_nothing_and_what_acts_all_year(windows):
    table = table_of(windows)
    own = table.factors_at("s", LOCAL).factors.to_numpy()
    assert (own >= 0.0).all()
    assert (own <= table.all_year("s").to_numpy() * (1.0 + SUMS)).all()


@FEW
@given(plans())
def test_the_year_is_the_sum_over_sources_and_hours(windows):
    """Each source alone, hour by hour: its mass, its share of the hour, the product of the windows that are open."""
    table = table_of(windows)
    classes = [source_classes()[name].temporal_profile for name in INVENTORY.sources["source_class"]]
    shares = PROFILES.shares(TIMES)[PROFILES.rows(classes)]
    left = np.ones((*shares.shape, len(INVENTORY.pollutants)))
    for plan in windows:
        for factor in plan.factors:
            rows = factor.target.mask(INVENTORY.sources)
            column = INVENTORY.pollutants.index(factor.pollutant)
            left[np.ix_(rows, plan.window.holds(LOCAL), [column])] *= factor.factor
    permanent = INVENTORY.mass.to_numpy() * table.all_year("s").to_numpy()
    expected = permanent * (shares[:, :, None] * left).sum(axis=1)
    found = year_totals(table, INVENTORY, Year(PROFILES, YEAR)).query("scenario == 's'")
    for sector in SECTORS:
        own = found[found["sector"] == sector].set_index("pollutant")["mass_t"]
        rows = (INVENTORY.sources["sector"] == sector).to_numpy()
        for column, pollutant in enumerate(INVENTORY.pollutants):
            assert own[pollutant] == pytest.approx(expected[rows, column].sum(), rel=SUMS)


@FEW
@given(st.sets(st.integers(0, 23), min_size=1, max_size=23), st.floats(0.0, 1.0), st.lists(spans(), max_size=2))
def test_moved_hours_keep_every_day(away, share, dates):
    to = frozenset(range(24)) - away
    shift = Shift(Target(sectors=("SOLVENT",)), frozenset(away), to, share)
    table = table_of((WindowPlan(Window("w", tuple(dates)), shifts=(shift,)),))
    profile = source_classes()["furniture_coating"].temporal_profile
    shares = PROFILES.shares(TIMES)[PROFILES.rows([profile])[0]]
    hours = table.factors_at("s", LOCAL)
    own = hours.factors.sel(source="110101:furniture_coating", pollutant="VOC").to_numpy()[hours.state]
    by_day = (shares * own).reshape(365, 24).sum(axis=1)
    np.testing.assert_allclose(by_day, shares.reshape(365, 24).sum(axis=1), rtol=SUMS)


@FEW
@given(plans())
def test_a_scenario_whose_windows_are_all_closed_is_its_all_year_self(windows):
    never = tuple(replace(plan, window=Window(plan.name, (DateSpan((2016, 1, 1), (2016, 1, 2)),))) for plan in windows)
    own = table_of(never).factors_at("s", LOCAL)
    assert own.count == 1
    np.testing.assert_array_equal(own.factors.to_numpy()[0], table_of(windows).all_year("s").to_numpy())
