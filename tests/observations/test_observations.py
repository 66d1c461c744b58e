"""The schema of observations: times, sites, reference states, and flags that only act when asked."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from aqcore.errors import InputError
from observations.observations import Observations, is_gas, reported_pollutants

STATES = 273.15 / 298.15  # the same moles in a warmer cubic metre


def sites(*codes: str) -> pd.DataFrame:
    table = {"name": codes, "lon": 116.4, "lat": 39.9, "district": "110101", "is_control": [c == "C" for c in codes]}
    return pd.DataFrame(table, index=pd.Index(codes, name="code"))


def observations(hours: int = 30, codes: tuple[str, ...] = ("A", "C"), **changes: object) -> Observations:
    times = np.datetime64("2016-07-02T16:00", "ns") + np.arange(hours).astype("timedelta64[h]")
    shape = (hours, len(codes))
    data = xr.Dataset(
        {"O3": (("time", "site"), np.full(shape, 100.0)), "PM25": (("time", "site"), np.full(shape, 50.0))},
        coords={"time": times, "site": list(codes)},
    )
    return Observations(data.assign(changes), sites(*codes), 273.15, "synthetic")


def test_control_sites_do_not_count() -> None:
    assert observations().evaluation_sites == ("A",)
    assert observations().pollutants == ("O3", "PM25")


def test_only_gases_change_with_the_reference_state() -> None:
    warm = observations().at_reference_state(298.15)
    np.testing.assert_allclose(warm.data["O3"], 100.0 * STATES)
    np.testing.assert_array_equal(warm.data["PM25"], 50.0)
    assert warm.reference_state_K == 298.15
    assert [is_gas(name) for name in ("O3", "CO", "PM10")] == [True, True, False]


def test_flagged_values_leave_only_when_asked() -> None:
    whole = observations()
    flags = pd.DataFrame(
        {"time": whole.data["time"].to_numpy()[[3, 4]], "site": ["A", "C"], "variable": ["O3", "PM25"]}
    )
    masked = whole.without(flags)
    assert np.isnan(masked.data["O3"].to_numpy()[3, 0])
    assert np.isnan(masked.data["PM25"].to_numpy()[4, 1])
    assert np.isnan(masked.data.to_array().to_numpy()).sum() == 2
    assert np.isfinite(whole.data.to_array().to_numpy()).all()


def test_coverage_is_the_share_of_valid_hours() -> None:
    whole = observations()
    flags = pd.DataFrame({"time": whole.data["time"].to_numpy()[:15], "site": "A", "variable": "O3"})
    coverage = whole.without(flags).coverage()
    assert coverage.loc["A", "O3"] == 0.5
    assert coverage.loc["C", "O3"] == 1.0


def test_a_gap_in_time_is_refused() -> None:
    whole = observations()
    with pytest.raises(InputError, match="next step is"):
        Observations(whole.data.isel(time=[0, 1, 3]), whole.sites, 273.15, "synthetic")


def test_sites_and_table_must_be_the_same_in_the_same_order() -> None:
    whole = observations()
    with pytest.raises(InputError) as error:
        Observations(whole.data, sites("A", "B"), 273.15, "synthetic")
    assert [fault.what for fault in error.value.faults] == ["is not in the site table", "has no data"]
    with pytest.raises(InputError, match="different order"):
        Observations(whole.data, sites("C", "A"), 273.15, "synthetic")


def test_an_unknown_variable_gets_the_nearest_name() -> None:
    with pytest.raises(InputError, match="did you mean PM25"):
        observations(**{"PM2.5": (("time", "site"), np.zeros((30, 2)))})


def test_names_of_monitoring_files() -> None:
    assert reported_pollutants()["PM2.5"] == "PM25"
    assert set(reported_pollutants().values()) == {"O3", "NO2", "SO2", "PM25", "PM10", "CO"}
