"""The schema of model days: what is refused, and the hours as the world counts them."""

import numpy as np
import pytest
import xarray as xr

from aqcore.errors import InputError
from observations.model_days import MET_UNITS, ModelDays, utc_hours


def dataset(**changes: object) -> xr.Dataset:
    """Two days, one zone, everything at a plausible value."""
    shape = (2, 24, 1)
    values = {"T": 290.0, "P": 1.0e5, "RH": 0.5, "wind": 2.0}
    data = xr.Dataset(
        {name: (("day", "hour", "zone"), np.full(shape, value)) for name, value in values.items()},
        coords={
            "day": [0, 1],
            "hour": np.arange(24),
            "zone": ["110101"],
            "date": ("day", np.array(["2016-07-03", "2016-01-05"], dtype="datetime64[ns]")),
            "season": ("day", ["summer", "winter"]),
            "weight": ("day", [184.0, 181.0]),
            "label": ("day", ["a", "b"]),
        },
    )
    data["obs_O3"] = (("day", "hour", "zone"), np.arange(48.0).reshape(shape))
    return data.assign(changes)


def model_days(data: xr.Dataset) -> ModelDays:
    return ModelDays(data, 273.15, "observed", "synthetic")


def test_a_local_midnight_in_beijing_is_16_utc_of_the_day_before() -> None:
    hours = model_days(dataset()).times_utc()
    assert hours.shape == (2, 24)
    assert hours[0, 0] == np.datetime64("2016-07-02T16:00")
    assert hours[1, 23] == np.datetime64("2016-01-05T15:00")


def test_another_time_zone() -> None:
    assert utc_hours(["2016-07-03"], "Asia/Tokyo")[0, 0] == np.datetime64("2016-07-02T15:00")


def test_observed_hours_have_the_layout_of_outputs() -> None:
    hours = model_days(dataset()).observed_hours()
    assert hours["O3"].dims == ("time", "zone")
    assert float(hours["O3"].sel(time="2016-07-02T16:00", zone="110101")) == 0.0
    assert float(hours["O3"].sel(time="2016-01-05T15:00", zone="110101")) == 47.0


def test_zones_without_a_site_are_not_observed() -> None:
    data = dataset().assign_coords(has_site=("zone", [False]))
    assert model_days(data).observed_hours().sizes["zone"] == 0


def test_the_day_table() -> None:
    table = model_days(dataset()).day_table()
    assert table.index.astype(str).tolist() == ["2016-07-03", "2016-01-05"]
    assert table["weight"].tolist() == [184.0, 181.0]
    assert table["season"].tolist() == ["summer", "winter"]


def test_cases_fall_back_to_seasons() -> None:
    assert model_days(dataset()).cases == ("summer", "winter")
    assert model_days(dataset().assign_coords(case=("day", ["x", "y"]))).cases == ("x", "y")


@pytest.mark.parametrize("name", ["T", "P", "RH", "wind", "season", "weight", "date", "label"])
def test_what_is_missing_is_named(name: str) -> None:
    with pytest.raises(InputError, match=f"'{name}' is missing"):
        model_days(dataset().drop_vars(name))


@pytest.mark.parametrize(("name", "value"), [("T", 25.0), ("P", 1013.0), ("RH", 60.0), ("wind", -1.0), ("T", np.nan)])
def test_weather_in_a_wrong_unit_or_missing_is_refused(name: str, value: float) -> None:
    data = dataset()
    data[name][1, 5, 0] = value
    with pytest.raises(InputError, match=f"{name}: 1 of 48 values") as error:
        model_days(data)
    assert MET_UNITS[name] in error.value.faults[0].remedy


def test_a_day_of_23_hours_is_refused_also_for_the_day_before() -> None:
    with pytest.raises(InputError, match="has 23 hours"):
        model_days(dataset().isel(hour=slice(23)))
    with pytest.raises(InputError, match="the days before"):
        ModelDays(dataset(), 273.15, "observed", "synthetic", dataset().isel(hour=slice(23)))
