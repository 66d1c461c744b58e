"""Episodes, days and status tables on a small synthetic record whose answer is known by hand."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from aqcore.errors import InputError
from evaluation.episodes import day_table, episodes, observed_city_daily
from evaluation.status import annual_status, day_status, exceedances
from observations.observations import Observations

EDITION = "HJ633-2012"
CLEAN = {"PM25": 20.0, "PM10": 40.0, "SO2": 5.0, "NO2": 20.0, "CO": 0.5, "O3_MDA8": 60.0, "O3_1h": 80.0}


def daily(days: int = 12, **changes: dict[int, float]) -> xr.Dataset:
    dates = pd.date_range("2016-12-24", periods=days)
    fields = {name: np.full(days, value) for name, value in CLEAN.items()}
    for name, values in changes.items():
        for place, value in values.items():
            fields[name][place] = value
    return xr.Dataset({name: ("day", values) for name, values in fields.items()}, coords={"day": dates})


def test_a_heavy_episode_with_its_peak_and_warnings() -> None:
    """PM2.5 160, 260, 180 on the second to fourth day: AQI 210, 310, 230; the fifth (120) belongs to no episode."""
    table = episodes(daily(PM25={1: 160.0, 2: 260.0, 3: 180.0, 4: 120.0}), EDITION)
    assert len(table) == 1
    its = table.iloc[0]
    assert its["kind"] == "PM25_heavy"
    assert (str(its["start"])[:10], str(its["end"])[:10], its["days"]) == ("2016-12-25", "2016-12-27", 3)
    assert (its["peak"], str(its["peak_day"])[:10], its["mean"]) == (260.0, "2016-12-26", 200.0)
    assert (its["aqi_max"], its["aqi_mean"]) == (310.0, 250.0)
    assert its["primary"] == "PM25"
    assert (its["warning_2017"], its["warning_2024"]) == ("orange", "red")


def test_an_ozone_episode_has_no_coloured_warning() -> None:
    table = episodes(daily(O3_MDA8={2: 170.0, 3: 200.0, 7: 161.0}, PM25={3: 160.0}), EDITION)
    assert table["kind"].tolist() == ["O3_exceedance", "PM25_heavy", "O3_exceedance"]
    first = table.iloc[0]
    assert (first["days"], first["peak"], first["warning_2024"]) == (2, 200.0, "")
    assert first["primary"] == "O3;PM25"
    assert episodes(daily(O3_MDA8={2: 170.0, 3: 200.0, 7: 161.0}), EDITION, min_days=2)["days"].tolist() == [2]


def test_a_gap_can_be_bridged() -> None:
    its = daily(PM25={1: 160.0, 2: 40.0, 3: 170.0})
    assert episodes(its, EDITION)["days"].tolist() == [1, 1]
    assert episodes(its, EDITION, gap_days=1)["days"].tolist() == [3]
    broken = daily(PM25={1: 160.0, 2: np.nan, 3: 170.0})
    assert episodes(broken, EDITION)["days"].tolist() == [1, 1]


def test_no_episode_is_an_empty_table() -> None:
    table = episodes(daily(), EDITION)
    assert table.empty
    assert "warning_2024" in table.columns


def test_missing_daily_values_are_named() -> None:
    with pytest.raises(InputError) as error:
        episodes(daily().drop_vars(["PM25", "O3_MDA8"]), EDITION)
    assert [fault.what for fault in error.value.faults] == ["'PM25' is missing", "'O3_MDA8' is missing"]


def test_days_with_their_index() -> None:
    table = day_table(daily(PM25={1: 160.0}, SO2={2: np.nan}, PM10={3: 150.0}, O3_MDA8={3: 160.0}), EDITION)
    assert table["aqi"].tolist()[:4] == [40.0, 210.0, pytest.approx(np.nan, nan_ok=True), 100.0]
    assert table["category"].tolist()[:4] == ["excellent", "heavy", "", "good"]
    assert table["primary"].tolist()[:4] == ["", "PM25", "", "PM10;O3"]
    assert table["PM25"].tolist()[1] == 160.0


def test_status_by_year_and_edition() -> None:
    """The first eight days lie in 2016: PM2.5 65 is good by 2012 (100 at 75) and light by 2026 (100 at 60)."""
    table = day_status(daily(PM25={1: 65.0, 2: 160.0, 3: np.nan, 9: 55.0})).set_index(["year", "edition"])
    old, new = table.loc[(2016, "GB3095-2012")], table.loc[(2016, "GB3095-2026-transition")]
    assert (old["valid"], old["good_days"], old["heavy_days"]) == (7, 6, 1)
    assert (new["valid"], new["good_days"], new["heavy_days"]) == (7, 5, 1)
    assert old["good_pct"] == pytest.approx(600.0 / 7.0)
    assert (old["over_PM25"], new["over_PM25"]) == (1, 2)
    assert (
        table.loc[(2017, "GB3095-2026-transition"), "over_PM25"],
        table.loc[(2017, "GB3095-2026-final"), "over_PM25"],
    ) == (0, 1)
    assert (old["primary_PM25"], old["primary_O3"]) == (2, 0)
    assert len(table) == 6


def test_days_above_the_limit_are_above_as_they_are_reported() -> None:
    over = exceedances(daily(PM25={1: 75.4, 2: 75.6}, O3_MDA8={3: 160.5, 4: 160.6}), "GB3095-2012")
    assert np.flatnonzero(over["PM25"]).tolist() == [2]
    assert np.flatnonzero(over["O3"]).tolist() == [4]
    assert not over["CO"].any()


def test_annual_statistics_with_the_verdict_of_each_edition() -> None:
    dates = pd.date_range("2016-01-01", "2016-12-31")
    year = xr.Dataset({name: ("day", np.full(366, value)) for name, value in CLEAN.items()}, coords={"day": dates})
    year["PM25"] = year["PM25"] + 12.0
    table = annual_status(year).set_index(["edition", "statistic"])
    assert table.loc[("GB3095-2012", "PM25_mean"), "attained"]
    assert not table.loc[("GB3095-2026-transition", "PM25_mean"), "attained"]
    assert table.loc[("GB3095-2026-final", "PM25_mean"), "margin"] == pytest.approx(-7.0)
    assert table["sufficient"].all()
    assert len(table) == 30
    short = annual_status(daily(), ["GB3095-2012"])
    assert not short["sufficient"].any()
    assert short["reason"].str.contains("valid days").all()


def test_the_city_s_days_from_hourly_observations() -> None:
    """Two evaluation sites of 10 and 30 and a control site of 900 (synthetic): the city is 20."""
    times = pd.date_range("2016-07-01 16:00", periods=48, freq="h", name="time")
    sites = pd.DataFrame({"is_control": [False, False, True]}, index=pd.Index(["1A", "2A", "3A"], name="code"))
    values = np.broadcast_to([10.0, 30.0, 900.0], (48, 3))
    fields = dict.fromkeys(("PM25", "O3"), (("time", "site"), values))
    data = xr.Dataset(fields, coords={"time": times, "site": list(sites.index)})
    city = observed_city_daily(Observations(data, sites, 273.15, "synthetic"))
    assert city["PM25"].to_numpy().tolist() == [20.0, 20.0]
    assert city["O3_MDA8"].to_numpy().tolist() == [20.0, 20.0]
