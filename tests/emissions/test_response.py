"""Factors on species: the linear map against the speciation itself, particles that stay nested, bad factors."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from aqcore.errors import InputError
from emissions.inventory import inventory_of
from emissions.response import build_response, checked
from emissions.speciation import build_speciation
from emissions.zone_operator import ZoneOperator, zone_matrix

SAME = 1e-9
"""Relative: differences of two speciations (1e-15 of each) whose small rest is one species."""

NOTHING = 1e-6
"""mol/a or g/a: what is left of cancelled sums of up to 1e9 g/a."""

ROWS = [
    {"district": "1", "source_class": "onroad_gasoline", "NOx": 12.0, "VOC": 9.0, "CO": 80.0, "PM10": 5.0, "PM25": 4.0,
     "BC": 1.2, "OC": 1.0},
    {"district": "2", "source_class": "residential_coal", "SO2": 30.0, "PM10": 20.0, "PM25": 15.0},
    {"district": "2", "source_class": "cement", "PM10": 9.0, "PM25": 5.0, "BC": 0.1},
    {"district": "1", "source_class": "road_dust", "PM10": 70.0, "PM25": 9.0, "OC": 0.4},
    {"district": "1", "source_class": "cooking", "VOC": 3.0, "PM25": 4.0, "OC": 2.0},
]  # fmt: skip


@pytest.fixture(scope="module")
def inventory():
    return inventory_of(ROWS)


@pytest.fixture(scope="module")
def response(inventory):
    return build_response(inventory, build_speciation())


def test_without_factors_it_is_the_speciation(inventory, response):
    expected = build_speciation().species(inventory).to_numpy()
    assert response.amounts() == pytest.approx(expected, rel=SAME, abs=NOTHING)


def nested(values, names):
    """Random factors in which a part keeps no more than its whole."""
    at = {name: names.index(name) for name in ("PM10", "PM25", "BC", "OC")}
    for part, whole in (("PM25", "PM10"), ("BC", "PM25"), ("OC", "PM25")):
        values[:, at[part]] = np.minimum(values[:, at[part]], values[:, at[whole]])
    return values


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), low=st.floats(0.0, 1.0), high=st.floats(0.0, 2.0))
def test_any_factors_give_the_speciation_of_the_scaled_inventory(inventory, response, seed, low, high):
    values = np.random.default_rng(seed).uniform(low, low + high, inventory.mass.shape)
    values = nested(values, response.pollutants)
    factors = xr.DataArray(values, inventory.mass.coords, inventory.mass.dims)
    expected = build_speciation().species(inventory.scaled(factors)).to_numpy()
    assert response.amounts(values) == pytest.approx(expected, rel=SAME, abs=NOTHING)


def test_nothing_left_of_a_source_that_is_closed(inventory, response):
    values = np.ones(inventory.mass.shape)
    values[1] = 0.0
    amounts = response.amounts(values)
    assert (amounts[1] == 0.0).all()
    assert (amounts[0] == response.amounts()[0]).all()


def test_part_that_keeps_more_than_its_whole_is_named(inventory, response):
    values = np.ones(inventory.mass.shape)
    values[3, response.pollutants.index("PM10")] = 0.1
    with pytest.raises(InputError, match="at 1:road_dust a part keeps more mass than the whole"):
        response.amounts(values)


@pytest.mark.parametrize("value", [-1e-3, np.nan, np.inf])
def test_what_is_no_factor_is_refused(value):
    with pytest.raises(InputError, match="negative or not finite"):
        checked(np.array([1.0, value]))


def test_aligned_factors_by_hand(response):
    one = xr.DataArray([0.5], {"pollutant": ["NOx"]}, ("pollutant",))
    aligned = response.aligned(one)
    column = response.pollutants.index("NOx")
    assert (aligned[:, column] == 0.5).all()
    assert (np.delete(aligned, column, axis=1) == 1.0).all()
    turned = xr.DataArray([[0.25]], {"pollutant": ["CO"], "source": ["1:onroad_gasoline"]}, ("pollutant", "source"))
    assert response.aligned(turned)[0, response.pollutants.index("CO")] == 0.25
    assert response.aligned(turned).sum() == response.aligned(turned).size - 0.75


@pytest.mark.parametrize(("dim", "name"), [("pollutant", "NOX"), ("source", "nobody")])
def test_unknown_names_are_refused(response, dim, name):
    with pytest.raises(ValueError, match=f"unknown {dim}: .*{name}"):
        response.aligned(xr.DataArray([1.0], {dim: [name]}, (dim,)))


def test_source_class_without_a_profile_is_refused():
    with pytest.raises(InputError, match=r"livestock.*emits NOx"):
        build_response(inventory_of([{"district": "1", "source_class": "livestock", "NOx": 5.0}]), build_speciation())


def test_zone_operator_against_loops(inventory, response):
    rng = np.random.default_rng(4)
    zone, profile, rates = np.array([0, 1, 1, 0, 0]), np.array([2, 0, 1, 1, 0]), rng.uniform(0, 1, (3, 6))
    matrix = zone_matrix(response, zone, profile, (2, 3))
    operator = ZoneOperator(matrix, rates, ("1", "2"), response.species, response.pollutants)
    factors = nested(rng.uniform(0.2, 1.0, inventory.mass.shape), response.pollutants)
    expected = np.zeros((len(response.species), 6, 2))
    amounts = response.amounts(factors)
    for source in range(5):
        expected[:, :, zone[source]] += amounts[source][:, None] * rates[profile[source]]
    assert operator.emissions(factors) == pytest.approx(expected, rel=SAME, abs=NOTHING)


def test_zone_operator_refuses_what_is_no_factor(inventory, response):
    matrix = zone_matrix(response, np.zeros(5, dtype=int), np.zeros(5, dtype=int), (1, 1))
    operator = ZoneOperator(matrix, np.ones((1, 1)), ("1",), response.species, response.pollutants)
    with pytest.raises(InputError, match="negative or not finite"):
        operator.emissions(np.full(inventory.mass.shape, -1.0))
