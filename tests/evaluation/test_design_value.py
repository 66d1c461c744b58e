"""Design values: the response of the high days, intervals that hold it and the bias of the model."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from aqcore.errors import InputError
from evaluation.design_value import future_statistic, future_statistics
from evaluation.effect import DailyPair, with_city

DRAWS = 200


def pair(days: int = 40, zones: int = 3, noise: float = 0.0) -> DailyPair:
    """Half summer, half winter; control is 0.9 of the base, on days above 120 of O3 0.7; the last zone is `city`."""
    generator = np.random.default_rng(2)
    o3 = np.linspace(60.0, 220.0, days)[:, None] * np.ones((1, zones))
    pm = np.linspace(20.0, 150.0, days)[:, None] * np.ones((1, zones))
    wobble = 1.0 + noise * generator.standard_normal((days, zones))
    dates = pd.date_range("2016-01-01", periods=days, name="day")
    names = [f"z{number}" for number in range(zones)]

    def dataset(o3_values: np.ndarray, pm_values: np.ndarray) -> xr.Dataset:
        fields = {"O3_MDA8": (("day", "zone"), o3_values), "PM25": (("day", "zone"), pm_values)}
        plain = xr.Dataset(fields, coords={"day": dates, "zone": names})
        return xr.concat([plain, plain.mean("zone").expand_dims(zone=["city"])], dim="zone")

    table = pd.DataFrame({"season": ["summer", "winter"] * (days // 2), "weight": 365.0 / days}, index=dates)
    base = dataset(o3, pm)
    control = dataset(o3 * np.where(o3 > 120.0, 0.7, 0.9) * wobble, pm * 0.9 * wobble)
    return DailyPair(base, control, table)


def test_a_mean_responds_as_all_days() -> None:
    value = future_statistic("PM25_mean", 89.5, pair(), draws=DRAWS)
    assert value.rrf == pytest.approx(0.9)
    assert value.value == pytest.approx(89.5 * 0.9)
    assert (value.n_days, value.n_zones) == (40, 3)
    assert value.unit == "ug/m3"


def test_the_ozone_percentile_responds_as_the_high_days() -> None:
    assert future_statistic("O3_MDA8_p90", 199.0, pair(), draws=DRAWS).rrf == pytest.approx(0.7)


def test_without_spread_the_interval_closes() -> None:
    """The observed 85 is the model's own mean, so that both methods agree."""
    value = future_statistic("PM25_mean", 85.0, pair(), draws=DRAWS)
    assert value.high - value.low == pytest.approx(0.0, abs=1e-9)


def test_spread_over_days_opens_the_interval_and_it_holds_the_value() -> None:
    value = future_statistic("PM25_mean", 85.0, pair(noise=0.1), draws=DRAWS)
    assert value.low < value.value < value.high
    assert value.low == pytest.approx(85.0 * value.rrf_low)
    wider = future_statistic("PM25_mean", 85.0, pair(noise=0.3), draws=DRAWS)
    assert wider.high - wider.low > 2.0 * (value.high - value.low)


def test_more_days_narrow_it() -> None:
    few, many = (future_statistic("PM25_mean", 85.0, pair(n, noise=0.2), draws=DRAWS) for n in (10, 160))
    assert many.high - many.low < 0.6 * (few.high - few.low)


def test_a_report_says_the_same_twice_and_seeds_differ() -> None:
    first, second = (future_statistic("PM25_mean", 100.0, pair(noise=0.1), draws=DRAWS) for _ in range(2))
    assert first == second
    other = future_statistic("PM25_mean", 100.0, pair(noise=0.1), draws=DRAWS, seed=1)
    assert other.low != first.low


def test_one_zone_alone() -> None:
    value = future_statistic("PM25_mean", 100.0, pair(noise=0.1), zone="z1", draws=DRAWS)
    assert value.n_zones == 1


def days_of(
    *rows: tuple[str, float, tuple[float, ...], tuple[float, ...]], name: str = "O3_MDA8", **options: object
) -> DailyPair:
    """A pair of days (season, weight, base by zone, control by zone) in the districts a, b, ... and the city."""
    dates = pd.date_range("2016-07-01", periods=len(rows), name="day")
    table = pd.DataFrame({"season": [row[0] for row in rows], "weight": [row[1] for row in rows]}, index=dates)
    zones = [chr(ord("a") + place) for place in range(len(rows[0][2]))]

    def run(place: int) -> xr.Dataset:
        values = np.array([row[place] for row in rows], dtype=float)
        daily = xr.Dataset({name: (("day", "zone"), values)}, coords={"day": dates, "zone": zones})
        return with_city(daily, options.get("zone_weights"))

    return DailyPair(run(2), run(3), table, **options)


def test_one_composite_episode_does_not_pass_for_certainty() -> None:
    """A high day that responds by 0.8 and another summer day by 0.95: the high class is one day, so its season speaks.

    Weights 95 and 89 of 365, winter far below. The high day holds the ranks 271 to 365, P75 is rank 274, P90 328.6:
    both are the high day, 200 to 160. Observed 190: relative 152, absolute 190 - 40 = 150; at 0.95
    180.5 and 190 - 40 + 200 x 0.15 = 180.
    """
    pair = days_of(
        ("summer", 95.0, (200.0,), (160.0,)),
        ("summer", 89.0, (120.0,), (114.0,)),
        ("winter", 181.0, (40.0,), (42.0,)),
    )
    value = future_statistic("O3_MDA8_p90", 190.0, pair, draws=DRAWS)
    assert (value.n_high, value.n_days, value.n_zones) == (1, 3, 1)
    assert value.rrf == pytest.approx(0.8)
    assert (value.rrf_low, value.rrf_high) == pytest.approx((0.8, 0.95))
    assert value.value == pytest.approx(152.0)
    assert value.value_absolute == pytest.approx(150.0)
    assert (value.low, value.high) == pytest.approx((150.0, 180.5))


def test_five_high_days_speak_for_themselves() -> None:
    """All five high days respond by 0.8: however the other days of the season do, the interval is closed."""
    high = [("summer", 18.25, (200.0,), (160.0,))] * 5
    other = [("summer", 18.25, (100.0,), (99.0,))] * 15
    value = future_statistic("O3_MDA8_p90", 200.0, days_of(*high, *other), draws=DRAWS)
    assert value.n_high == 5
    assert (value.low, value.high) == pytest.approx((160.0, 160.0))
    fewer = future_statistic("O3_MDA8_p90", 200.0, days_of(*high[:4], *other[:12]), draws=DRAWS)
    assert fewer.n_high == 4
    assert fewer.rrf == pytest.approx(0.8)
    assert fewer.rrf_high > 0.9


def test_a_season_of_one_day_borrows_the_spread_of_the_year() -> None:
    pair = days_of(("summer", 184.0, (50.0,), (45.0,)), ("winter", 181.0, (100.0,), (60.0,)), name="PM25")
    value = future_statistic("PM25_mean", 75.0, pair, draws=DRAWS)
    assert value.rrf == pytest.approx((184 * 45 + 181 * 60) / (184 * 50 + 181 * 100))
    assert (value.rrf_low, value.rrf_high) == pytest.approx((0.6, 0.9))


def test_a_single_day_has_no_spread_of_days() -> None:
    value = future_statistic("PM25_mean", 100.0, days_of(("winter", 365.0, (100.0,), (60.0,)), name="PM25"))
    assert (value.low, value.value, value.high) == (60.0, 60.0, 60.0)
    assert (value.n_high, value.n_days) == (1, 1)


def test_a_biased_base_opens_the_interval_by_the_two_methods() -> None:
    """Base 60 for an observed 90, halved: relative 45, absolute 90 - 30 = 60; twice too high a base: 45 and 0."""
    low = future_statistic("PM25_mean", 90.0, days_of(*[("winter", 36.5, (60.0,), (30.0,))] * 10, name="PM25"))
    assert (low.value, low.value_absolute) == pytest.approx((45.0, 60.0))
    assert (low.low, low.high) == pytest.approx((45.0, 60.0))
    high = future_statistic("PM25_mean", 90.0, days_of(*[("winter", 36.5, (200.0,), (100.0,))] * 10, name="PM25"))
    assert high.value_absolute == 0.0
    assert (high.low, high.high) == pytest.approx((0.0, 45.0))


def test_districts_count_by_their_weight_in_the_city() -> None:
    """a halves from 100, b stays at 50: alike (50 + 50)/150, with three stations in a (150 + 50)/350."""
    rows = [("winter", 36.5, (100.0, 50.0, 10.0), (50.0, 50.0, 90.0))] * 10
    alike = future_statistic("PM25_mean", 100.0, days_of(*rows, name="PM25", zone_weights={"a": 1, "b": 1, "c": 0}))
    assert alike.n_zones == 2
    assert alike.rrf == pytest.approx(100 / 150)
    assert (alike.rrf_low, alike.rrf_high) == pytest.approx((0.5, 1.0))  # one of the two districts drawn at a time
    three = days_of(*rows, name="PM25", zone_weights={"a": 3, "b": 1, "c": 0})
    assert future_statistic("PM25_mean", 100.0, three).rrf == pytest.approx(200 / 350)
    own = float(three.control["PM25"].sel(zone="city").mean() / three.base["PM25"].sel(zone="city").mean())
    assert own == pytest.approx(200 / 350)


def test_missing_days_do_not_count() -> None:
    rows = [("winter", 36.5, (100.0,), (50.0,))] * 9 + [("winter", 36.5, (float("nan"),), (90.0,))]
    value = future_statistic("PM25_mean", 100.0, days_of(*rows, name="PM25"), draws=DRAWS)
    assert (value.n_days, value.value) == (9, pytest.approx(50.0))


def test_a_city_without_a_weighted_district_is_refused() -> None:
    pair = days_of(("winter", 365.0, (100.0,), (50.0,)), name="PM25")
    with pytest.raises(InputError, match="none of its zones has a weight"):
        future_statistic("PM25_mean", 100.0, DailyPair(pair.base, pair.control, pair.days, {"a": 0.0}))
    with pytest.raises(InputError, match="zone a: has no weight in the city"):
        future_statistic("PM25_mean", 100.0, DailyPair(pair.base, pair.control, pair.days, {"z": 1.0}))


def test_a_table_of_several() -> None:
    table = future_statistics({"PM25_mean": 89.5, "O3_MDA8_p90": 183.4}, pair(), draws=DRAWS)
    assert table["statistic"].tolist() == ["PM25_mean", "O3_MDA8_p90"]
    assert (table["value"] < table["observed"]).all()


def test_what_cannot_be_answered_is_refused() -> None:
    with pytest.raises(InputError, match="have no NO2"):
        future_statistic("NO2_mean", 50.0, pair(), draws=DRAWS)
    with pytest.raises(InputError, match="did you mean PM25_mean"):
        future_statistic("PM2.5_mean", 50.0, pair(), draws=DRAWS)
    with pytest.raises(InputError, match=r"zone z9: is not in the outputs"):
        future_statistic("PM25_mean", 50.0, pair(), zone="z9", draws=DRAWS)
    empty = pair()
    empty.base["PM25"][:] = 0.0
    with pytest.raises(InputError, match="is zero or empty"):
        future_statistic("PM25_mean", 50.0, empty, draws=DRAWS)
