"""Control effect and relative response on outputs whose answer is known by hand."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from aqcore.errors import InputError
from evaluation.effect import COLUMNS, control_effect, response_factor, weighted_mean, with_city

REFERENCE = 273.15
DATES = ("2013-07-10", "2013-07-17", "2013-01-16", "2013-01-23")
DAYS = pd.DataFrame(
    {"season": ["summer", "summer", "winter", "winter"], "weight": [63.0, 121.0, 80.0, 101.0]},
    index=pd.DatetimeIndex(DATES, name="day"),
)
PM25 = {"a": (50.0, 30.0, 200.0, 60.0), "b": (40.0, 20.0, 160.0, 40.0)}
O3_PPB = {"a": (90.0, 40.0, 20.0, 30.0), "b": (80.0, 50.0, 25.0, 35.0)}
EXACT = 1e-9  # products and sums of doubles


def outputs(pm_factor: float = 1.0, o3_shift: float = 0.0) -> xr.Dataset:
    """Every hour of a local day has the same value, so that daily means and MDA8 are that value."""
    starts = np.array(DATES, dtype="datetime64[h]") - np.timedelta64(8, "h")
    times = (starts[:, None] + np.arange(24).astype("timedelta64[h]")).ravel().astype("datetime64[ns]")

    def hours(values: dict[str, tuple[float, ...]]) -> np.ndarray:
        return np.repeat(np.array([values["a"], values["b"]]).T, 24, axis=0)

    fields = {"PM25": hours(PM25) * pm_factor, "O3": hours(O3_PPB) + o3_shift}
    units = {"PM25": "ug m-3", "O3": "ppb"}
    return xr.Dataset(
        {name: (("time", "zone"), value, {"units": units[name]}) for name, value in fields.items()},
        coords={"time": times, "zone": ["a", "b"]},
    )


def rows(effect_table: pd.DataFrame) -> pd.DataFrame:
    return effect_table.set_index(["season", "zone", "pollutant", "statistic"])


def effect(**options: object) -> pd.DataFrame:
    control = outputs(0.8, -10.0)
    return rows(control_effect(outputs(), control, DAYS, scenario="s", reference_state_K=REFERENCE, **options).table)


def test_means_are_weighted_by_the_days_that_a_day_stands_for() -> None:
    row = effect().loc[("summer", "a", "PM25", "mean")]
    assert row["base"] == pytest.approx((63 * 50 + 121 * 30) / 184, rel=EXACT)
    assert row["control"] == pytest.approx(0.8 * row["base"], rel=EXACT)
    assert row["change_pct"] == pytest.approx(-20.0, rel=EXACT)
    assert row["n"] == 2


def test_the_year_holds_all_seasons() -> None:
    row = effect().loc[("year", "a", "PM25", "mean")]
    assert row["base"] == pytest.approx((63 * 50 + 121 * 30 + 80 * 200 + 101 * 60) / 365, rel=EXACT)
    assert row["n"] == 4


def test_ozone_is_judged_as_mass_by_its_mda8() -> None:
    table = effect()
    row = table.loc[("summer", "a", "O3", "MDA8_p90")]
    assert row["base"] == pytest.approx(90.0 * 2.1415, rel=1e-3)  # ppb to ug m-3 at 273.15 K
    assert row["change"] == pytest.approx(-10.0 * 2.1415, rel=1e-3)
    assert row["unit"] == "ug m-3"
    assert ("summer", "a", "O3", "mean") in table.index
    assert ("summer", "a", "O3", "p90") not in table.index


def test_the_city_is_the_mean_of_the_zones_or_weighted_by_people() -> None:
    plain = effect().loc[("winter", "city", "PM25", "mean"), "base"]
    assert plain == pytest.approx((80 * 180 + 101 * 50) / 181, rel=EXACT)
    people = effect(zone_weights={"a": 3.0, "b": 1.0}).loc[("winter", "city", "PM25", "mean"), "base"]
    assert people == pytest.approx((80 * 190 + 101 * 55) / 181, rel=EXACT)


def test_no_change_is_zero_everywhere() -> None:
    table = control_effect(outputs(), outputs(), DAYS, scenario="s", reference_state_K=REFERENCE).table
    assert list(table.columns) == list(COLUMNS)
    assert (table["change"] == 0).all()
    assert (table["change_pct"] == 0).all()


def test_relative_response_by_season_and_class_of_day() -> None:
    base = outputs()
    control = outputs()
    control["PM25"][48:72] *= 0.5  # 2013-01-16, the haze day
    response = control_effect(base, control, DAYS, scenario="s", reference_state_K=REFERENCE).response
    its = response.set_index(["season", "zone", "pollutant", "day_class"])
    assert its.loc[("winter", "a", "PM25", "high"), "rrf"] == pytest.approx(0.5)
    assert its.loc[("winter", "a", "PM25", "low"), "rrf"] == pytest.approx(1.0)
    before, after = 80 * 200 + 101 * 60, 80 * 100 + 101 * 60
    assert its.loc[("winter", "a", "PM25", "all"), "rrf"] == pytest.approx(after / before)
    assert its.loc[("summer", "a", "PM25", "all"), "rrf"] == pytest.approx(1.0)
    assert its.loc[("winter", "a", "PM25", "high"), "n"] == 1
    assert "O3" in response["pollutant"].to_numpy()


def test_lazy_outputs_give_the_same() -> None:
    lazy = control_effect(
        outputs().chunk(time=24), outputs(0.8, -10.0).chunk(time=24), DAYS, scenario="s", reference_state_K=REFERENCE
    )
    pd.testing.assert_frame_equal(rows(lazy.table), effect())


def test_base_and_control_must_be_the_same_days_zones_and_variables() -> None:
    control = outputs().isel(time=slice(24, None)).drop_vars("O3")
    with pytest.raises(InputError) as error:
        control_effect(outputs(), control, DAYS, scenario="s", reference_state_K=REFERENCE)
    assert [fault.where for fault in error.value.faults] == ["coordinate time", "variable O3"]


def test_a_day_without_season_is_named() -> None:
    with pytest.raises(InputError, match="day 2013-07-17: has no season"):
        control_effect(outputs(), outputs(), DAYS.drop(index="2013-07-17"), scenario="s", reference_state_K=REFERENCE)


def test_small_parts() -> None:
    ones = np.ones(2)
    assert np.isnan(weighted_mean(np.array([np.nan, np.nan]), ones))
    assert weighted_mean(np.array([1.0, np.nan]), ones) == 1.0
    assert np.isnan(response_factor(np.zeros(2), ones, ones))
    assert response_factor(np.array([2.0, np.nan]), np.array([1.0, 5.0]), ones) == 0.5
    daily = xr.Dataset({"PM25": (("day", "zone"), [[1.0, np.nan]])}, coords={"day": [0], "zone": ["a", "b"]})
    assert with_city(daily)["PM25"].sel(zone="city").item() == 1.0
