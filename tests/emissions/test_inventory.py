"""The inventory in memory: totals, scaling with nested particles, refusals."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from aqcore.errors import InputError
from emissions.inventory import Inventory, inventory_of, place

EXACT = 1e-12  # sums of a few float64

ROWS = [
    {
        "district": "110101",
        "source_class": "onroad_diesel",
        "NOx": 100.0,
        "PM10": 6.0,
        "PM25": 5.0,
        "BC": 3.0,
        "OC": 1.0,
    },
    {"district": "110102", "source_class": "onroad_diesel", "NOx": 50.0, "PM25": 2.0},
    {
        "source_id": "A1",
        "district": "110102",
        "source_class": "cement",
        "lon": 116.3,
        "lat": 39.9,
        "NOx": 7.0,
        "SO2": 1.0,
    },
]


@pytest.fixture
def inventory() -> Inventory:
    return inventory_of(ROWS)


def factors(**by_pollutant: float) -> xr.DataArray:
    names = list(by_pollutant)
    return xr.DataArray(list(by_pollutant.values()), {"pollutant": names}, ("pollutant",))


def test_sources_and_their_attributes(inventory: Inventory) -> None:
    assert list(inventory.sources.index) == ["110101:onroad_diesel", "110102:onroad_diesel", "A1"]
    assert inventory.sources["kind"].tolist() == ["area", "area", "point"]
    assert inventory.sectors == ("ONROAD", "INDUSTRY")
    assert inventory.districts == ("110101", "110102")
    assert np.isnan(inventory.sources.loc["110101:onroad_diesel", "lon"])


def test_pollutants_stand_in_the_order_of_their_table(inventory: Inventory) -> None:
    assert inventory.pollutants == ("SO2", "NOx", "PM10", "PM25", "BC", "OC")
    assert inventory.mass.dims == ("source", "pollutant")
    assert inventory.mass.dtype == np.float64
    assert inventory.mass.attrs["units"] == "t/a"


def test_what_is_stated_and_what_is_left_empty(inventory: Inventory) -> None:
    assert inventory.sources["states_BC"].tolist() == [True, False, False]
    assert inventory.sources["states_PM10"].tolist() == [True, False, False]
    zero = inventory_of([{"district": "110101", "source_class": "road_dust", "PM25": 1.0, "BC": 0.0, "OC": None}])
    assert zero.sources["states_BC"].item() is True
    assert zero.sources["states_OC"].item() is False


def test_totals_by_any_key(inventory: Inventory) -> None:
    by_sector = inventory.total().set_index(["sector", "pollutant"])["mass_t"]
    assert by_sector["ONROAD", "NOx"] == 150.0
    assert by_sector["INDUSTRY", "NOx"] == 7.0
    by_district = inventory.total(by=("district", "source_class", "pollutant"))
    assert by_district["mass_t"].sum() == pytest.approx(float(inventory.mass.sum()), rel=EXACT)
    assert inventory.total(by=("pollutant",)).columns.tolist() == ["pollutant", "mass_t"]


def test_table_and_long_form_hold_the_same_mass(inventory: Inventory) -> None:
    assert inventory.table().loc["A1", "SO2"] == 1.0
    assert len(inventory.long()) == inventory.mass.size


def test_selection(inventory: Inventory) -> None:
    chosen = inventory.select(inventory.sources["kind"] == "point")
    assert list(chosen.sources.index) == ["A1"]
    assert float(chosen.mass.sum()) == 8.0


def test_scaling_by_source_and_pollutant(inventory: Inventory) -> None:
    full = xr.ones_like(inventory.mass)
    full.loc[{"source": "A1", "pollutant": "NOx"}] = 0.5
    scaled = inventory.scaled(full)
    assert float(scaled.mass.sel(source="A1", pollutant="NOx")) == 3.5
    assert float(scaled.mass.sum()) == pytest.approx(float(inventory.mass.sum()) - 3.5, rel=EXACT)
    assert float(inventory.mass.sel(source="A1", pollutant="NOx")) == 7.0


def test_what_factors_do_not_name_keeps_its_mass(inventory: Inventory) -> None:
    scaled = inventory.scaled(factors(NOx=0.0))
    assert float(scaled.mass.sel(pollutant="NOx").sum()) == 0.0
    assert float(scaled.mass.sel(pollutant="PM25").sum()) == 7.0


def test_a_factor_acts_on_the_whole_of_its_pollutant(inventory: Inventory) -> None:
    mass = inventory.scaled(factors(PM10=0.75, PM25=0.5)).mass.sel(source="110101:onroad_diesel")
    values = mass.to_series()
    assert values["PM10"] == 4.5
    assert values["PM25"] == 2.5
    assert values["BC"] == 3.0


def test_one_factor_for_all_keeps_every_ratio(inventory: Inventory) -> None:
    everything = factors(**dict.fromkeys(inventory.pollutants, 1.3))
    xr.testing.assert_allclose(inventory.scaled(everything).mass, 1.3 * inventory.mass, rtol=EXACT)


def test_unknown_names_in_factors(inventory: Inventory) -> None:
    with pytest.raises(ValueError, match="unknown pollutant"):
        inventory.scaled(factors(NOX=0.5))
    with pytest.raises(ValueError, match="unknown source"):
        inventory.scaled(xr.DataArray([0.5], {"source": ["Z"]}, ("source",)))


@pytest.mark.parametrize("value", [-1.0, np.inf])
def test_mass_is_finite_and_not_negative(value: float) -> None:
    with pytest.raises(ValueError, match="finite and not negative"):
        inventory_of([{"district": "110101", "source_class": "cement", "NOx": value}])


def test_sources_and_mass_must_match(inventory: Inventory) -> None:
    with pytest.raises(ValueError, match="different sources"):
        Inventory(inventory.sources.iloc[::-1], inventory.mass)


def test_every_fault_of_rows_in_memory() -> None:
    rows = [
        {"district": "110101", "source_class": "cemment", "NOx": 1.0},
        {"district": "110101", "source_class": "cement", "NOX": 1.0},
        {"district": "110101", "source_class": "cement", "NOx": 1.0},
    ]
    with pytest.raises(InputError) as caught:
        inventory_of(rows)
    text = str(caught.value)
    assert "unknown source class 'cemment' -> did you mean cement?" in text
    assert "unknown key 'NOX' -> did you mean NOx?" in text
    assert "stands already in row 2" in text
    assert len(caught.value.faults) == 3


def test_places_of_sources() -> None:
    assert place(pd.Series({"file": "area.csv", "row": 7.0}, name="x")) == "area.csv:7"
    assert place(pd.Series({"file": "", "row": np.nan}, name="x")) == "source x"
