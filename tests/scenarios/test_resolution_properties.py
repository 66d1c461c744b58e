"""Invariants of every control table, on random inventories, measures and scenarios."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emissions.inventory import inventory_of
from scenarios import Effect, Measure, Scenario, Target, resolve

SUMS = 1e-9  # relative: sums over some ten sources and products over some ten rules
CLASSES = ("power_coal", "onroad_diesel", "cooking", "furniture_coating", "road_dust")
SECTORS = ("POWER", "ONROAD", "COOKING", "SOLVENT", "DUST")
DISTRICTS = ("110101", "110105", "110108")
POLLUTANTS = ("NOx", "VOC", "PM25")
FRACTION = st.floats(0.0, 1.0)


@st.composite
def measures(draw):
    """Some measures that reach at least the whole of one district or sector."""

    def one(number):
        planned = draw(FRACTION)
        now = planned * draw(FRACTION)
        target = draw(st.sampled_from([Target(), *(Target(districts=(name,)) for name in DISTRICTS),
                                       *(Target(sectors=(name,)) for name in SECTORS)]))  # fmt: skip
        effects = {
            name: Effect(draw(FRACTION), now, planned)
            for name in draw(st.sets(st.sampled_from(POLLUTANTS), min_size=1))
        }
        return Measure(f"M{number}", "m", "m", target, effects)

    return [one(number) for number in range(draw(st.integers(1, 7)))]


@st.composite
def cases(draw):
    """An inventory in which every class emits in every district, measures, and growth."""
    masses = draw(st.lists(st.floats(0.01, 1e4), min_size=15, max_size=15))
    rows = [
        {"district": district, "source_class": name, "NOx": mass, "VOC": mass / 3, "PM10": mass, "PM25": mass / 2,
         "BC": mass / 9, "OC": mass / 7}
        for mass, (district, name) in zip(masses, [(d, c) for d in DISTRICTS for c in CLASSES], strict=True)
    ]  # fmt: skip
    growth = draw(st.dictionaries(st.sampled_from(SECTORS), st.floats(0.1, 3.0)))
    return inventory_of(rows), draw(measures()), growth


@given(cases(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=40)
def test_order_cannot_matter(case, random):
    inventory, own, growth = case
    names = [measure.id for measure in own]
    shuffled = random.sample(names, len(names))
    scenarios = [
        Scenario("s", measures=tuple(names), growth=growth),
        Scenario("t", measures=tuple(shuffled), growth=growth),
    ]
    table = resolve(scenarios, random.sample(own, len(own)), inventory)
    assert (table.of("s") == table.of("t")).all()


@given(cases())
@settings(deadline=None, max_examples=40)
def test_factors_lie_between_nothing_and_growth(case):
    inventory, own, growth = case
    table = resolve([Scenario("s", measures=tuple(measure.id for measure in own), growth=growth)], own, inventory)
    limit = np.array([growth.get(sector, 1.0) for sector in inventory.sources["sector"]])
    factors = table.of("s").to_numpy()
    assert (factors >= 0.0).all()
    assert (factors <= limit[:, None] * (1.0 + SUMS)).all()


@given(cases())
@settings(deadline=None, max_examples=40)
def test_what_the_measures_removed_adds_up_to_what_is_gone(case):
    inventory, own, growth = case
    table = resolve([Scenario("s", measures=tuple(measure.id for measure in own), growth=growth)], own, inventory)
    grown = resolve([Scenario("s", growth=growth)], [], inventory).inventory("s", inventory)
    gone = (grown.mass - table.inventory("s", inventory).mass).sum("source").to_series()
    removed = table.reach.groupby("pollutant")["removed_t"].sum().reindex(gone.index, fill_value=0.0)
    assert removed.to_numpy() == pytest.approx(gone.to_numpy(), rel=SUMS, abs=SUMS * float(grown.mass.sum()))


@given(cases())
@settings(deadline=None, max_examples=40)
def test_totals_are_those_of_the_scaled_inventory(case):
    inventory, own, growth = case
    table = resolve([Scenario("s", measures=tuple(measure.id for measure in own), growth=growth)], own, inventory)
    totals = table.totals(inventory)
    mine = totals[totals["scenario"] == "s"].set_index(["sector", "pollutant"])["mass_t"]
    scaled = inventory.scaled(table.of("s")).total().set_index(["sector", "pollutant"])["mass_t"]
    assert mine.reindex(scaled.index).to_numpy() == pytest.approx(scaled.to_numpy(), rel=SUMS)


@given(cases())
@settings(deadline=None, max_examples=40)
def test_one_more_measure_never_raises_an_emission(case):
    inventory, own, growth = case
    names = [measure.id for measure in own]
    scenarios = [Scenario(f"s{count}", measures=tuple(names[:count]), growth=growth) for count in range(len(names) + 1)]
    factors = resolve(scenarios, own, inventory).factors.to_numpy()[1:]
    assert (np.diff(factors, axis=0) <= SUMS).all()


@given(cases())
@settings(deadline=None, max_examples=20)
def test_particles_stay_nested_when_only_pm25_is_named(case):
    inventory, own, growth = case
    table = resolve([Scenario("s", measures=tuple(measure.id for measure in own), growth=growth)], own, inventory)
    mass = table.inventory("s", inventory).mass
    whole, part = mass.sel(pollutant="PM10"), mass.sel(pollutant="PM25")
    assert (part <= whole * (1.0 + SUMS)).all()
    assert (mass.sel(pollutant=["BC", "OC"]).sum("pollutant") <= part * (1.0 + SUMS)).all()
