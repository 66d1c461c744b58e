"""Gases as mass at the reference state, against published factors."""

import numpy as np
import pytest
import xarray as xr

from evaluation.units import in_standard_units

PUBLISHED = {"O3": 1.962, "NO2": 1.881, "SO2": 2.619, "CO": 1.145e-3}  # ug m-3 per ppb (CO mg m-3) at 298.15 K
TOLERANCE = 5e-4  # four digits are published


def outputs() -> xr.Dataset:
    ones = xr.DataArray(np.ones((2, 1)), dims=("time", "zone"))
    return xr.Dataset(dict.fromkeys(("O3", "NO2", "SO2", "CO", "NOx", "PM25", "HNO3"), ones))


@pytest.mark.parametrize(("name", "factor"), PUBLISHED.items())
def test_one_ppb_is_the_published_mass(name: str, factor: float) -> None:
    warm = in_standard_units(outputs(), reference_state_K=298.15)
    cold = in_standard_units(outputs(), reference_state_K=273.15)
    assert float(warm[name][0, 0]) == pytest.approx(factor, rel=TOLERANCE)
    assert float(cold[name][0, 0]) == pytest.approx(factor * 1.0915, rel=TOLERANCE)


def test_units_are_written_and_the_rest_is_left_alone() -> None:
    mass = in_standard_units(outputs(), reference_state_K=273.15)
    assert mass["O3"].attrs["units"] == "ug m-3"
    assert mass["CO"].attrs["units"] == "mg m-3"
    assert mass.attrs["reference_state_K"] == 273.15
    np.testing.assert_array_equal(mass["PM25"], 1.0)
    np.testing.assert_array_equal(mass["HNO3"], 1.0)
    np.testing.assert_array_equal(mass["NOx"], mass["NO2"])  # NOx counts as NO2
