"""Temporal profiles: every year closes, every month emits exactly its month, the local clock is obeyed."""

import csv
from importlib import resources

import numpy as np
import pytest

from aqcore.calendar import CHINA, china_holidays, hours_of_year, to_local
from aqcore.errors import InputError
from emissions.profiles import CYCLES, TimeProfiles, default_time_profiles, profile_flags, read_time_profiles
from emissions.source_classes import source_classes

CLOSED = 1e-12
"""Relative: 8784 terms of double precision, summed pairwise."""

YEARS = (2012, 2013, 2016, 2017, 2026)


@pytest.fixture(scope="module", params=[None, "china"])
def profiles(request):
    return default_time_profiles(holidays=china_holidays() if request.param else None)


def flat():
    return default_time_profiles().select(["T_FLAT"])


def by_hand(weekday, hour=None):
    hours = np.full(24, 1 / 24) if hour is None else np.asarray(hour, dtype=float)
    week = np.asarray(weekday, dtype=float)
    return TimeProfiles(("X",), np.full((1, 12), 1 / 12), (week / week.sum())[None], (hours / hours.sum())[None])


@pytest.mark.parametrize("year", YEARS)
def test_every_profile_closes_over_every_year(profiles, year):
    assert np.abs(profiles.year_shares(year).sum(axis=1) - 1.0).max() < CLOSED


@pytest.mark.parametrize("year", [2015, 2016])
def test_a_month_emits_exactly_its_month(profiles, year):
    # the defect of `month * 0.25` a week: 110.7 % of a month of 31 days, 100 % only of one of 28
    months = to_local(hours_of_year(year, CHINA), CHINA).astype("datetime64[M]").astype(int) % 12
    shares = profiles.year_shares(year)
    for month in range(12):
        assert shares[:, months == month].sum(axis=1) == pytest.approx(profiles.month[:, month], rel=CLOSED)


def test_flat_profile_by_hand():
    # January holds the share s01 of the table, in 744 hours
    january = flat().shares(np.array(["2016-12-31T16:00", "2017-01-15T03:00"], dtype="datetime64[h]"))
    assert january == pytest.approx(flat().month[0, 0] / 744, rel=CLOSED)


def test_weekend_weight_by_hand():
    # July 2017 has 5 Saturdays, 5 Sundays and 21 working days; weekend half as strong
    profile = by_hand([2, 2, 2, 2, 2, 1, 1])
    working = profile.factor("X", np.array(["2017-07-03T12:00"], dtype="datetime64[h]"))
    weekend = profile.factor("X", np.array(["2017-07-02T12:00"], dtype="datetime64[h]"))
    assert working[0] == pytest.approx(1 / 12 * 2 / (21 * 2 + 10 * 1) / 24, rel=CLOSED)
    assert weekend[0] == pytest.approx(working[0] / 2, rel=CLOSED)


def test_rush_hour_is_at_the_local_clock():
    hour = np.zeros(24)
    hour[8] = 1.0
    shares = by_hand(np.ones(7), hour).shares(np.datetime64("2017-07-03T00", "h") + np.arange(24))[0]
    # 08 in Beijing is 00 UTC
    assert np.flatnonzero(shares).tolist() == [0]


def test_times_within_an_hour_share_it():
    times = np.array(["2017-07-03T05:00", "2017-07-03T05:59"], dtype="datetime64[ns]")
    shares = default_time_profiles().shares(times)
    assert (shares[:, 0] == shares[:, 1]).all()


def test_rates_are_shares_a_second():
    times = np.array(["2017-07-03T05:00"], dtype="datetime64[h]")
    profile = default_time_profiles()
    assert profile.rates(times) * 3600 == pytest.approx(profile.shares(times), rel=CLOSED)


def test_local_and_utc_lookups_agree_across_the_new_year():
    times = np.datetime64("2015-12-31T00", "h") + np.arange(60)
    profile = default_time_profiles(holidays=china_holidays())
    row = profile.rows(["T_ONROAD_LD"])[0]
    local = to_local(times, CHINA)
    assert (profile.factor("T_ONROAD_LD", local) == profile.shares(times)[row]).all()


def test_national_day_is_a_sunday_and_the_worked_sunday_is_not():
    week = [3, 3, 3, 3, 3, 2, 1]
    plain = by_hand(week)
    with_days = TimeProfiles(plain.ids, plain.month, plain.weekday, plain.hour, CHINA, china_holidays())
    noon = np.array(["2013-10-01T12:00", "2013-10-08T12:00", "2013-10-06T12:00"], dtype="datetime64[h]")
    holiday, working, sunday = with_days.factor("X", noon)
    assert working / holiday == pytest.approx(3.0, rel=CLOSED)
    assert holiday == sunday
    worked = with_days.factor("X", np.array(["2013-09-29T12:00", "2013-09-30T12:00"], dtype="datetime64[h]"))
    assert worked[0] == worked[1]
    assert plain.factor("X", noon)[0] == plain.factor("X", noon)[1]


def test_year_with_a_change_of_the_clocks_closes_too():
    berlin = default_time_profiles(timezone="Europe/Berlin")
    assert np.abs(berlin.year_shares(2017).sum(axis=1) - 1.0).max() < CLOSED


def test_shipped_table_names_source_and_flag_of_every_row():
    with (resources.files("emissions") / "data" / "temporal_profiles.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * len(default_time_profiles().ids)
    for row in rows:
        assert row["source"]
        assert row["flag"] in {"read", "derived", "knowledge", "constructed"}
        values = [row[f"s{number:02d}"] for number in range(1, 25)]
        assert sum(map(bool, values)) == CYCLES[row["cycle"]]
        # the shares as they stand in the file: five decimals, so at most 24 roundings of 5e-6
        assert sum(float(value) for value in values if value) == pytest.approx(1.0, abs=1.2e-4)


def test_flags_show_what_is_constructed():
    flags = profile_flags()
    assert flags["T_MEIC_POWER"] == "read"
    assert flags["T_HEATING"] == "constructed"


def test_every_source_class_has_a_known_profile():
    names = [row.temporal_profile for row in source_classes().values()]
    assert len(default_time_profiles().rows(names)) == len(names)


def test_unknown_profile_names_the_nearest():
    with pytest.raises(InputError, match="did you mean T_POWER"):
        default_time_profiles().rows(["T_POWR"])


def table(tmp_path, *rows):
    path = tmp_path / "profiles.csv"
    header = ["profile", "cycle", *(f"s{number:02d}" for number in range(1, 25))]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([profile, cycle, *values, *[""] * (24 - len(values))] for profile, cycle, values in rows)
    return path


def test_all_faults_of_a_table_at_once(tmp_path):
    path = table(
        tmp_path,
        ("A", "month", [1 / 12] * 12),
        ("A", "weekday", [0.2] * 7),
        ("A", "hour", [-0.1, *[1.1 / 23] * 23]),
        ("B", "month", ["x", *[1 / 12] * 11]),
        ("B", "weekday", [1 / 7] * 7),
        ("B", "weekday", [1 / 7] * 7),
        ("B", "houer", [1 / 24] * 24),
    )
    with pytest.raises(InputError) as caught:
        read_time_profiles(path)
    text = str(caught.value)
    assert "profiles.csv:8:cycle: unknown cycle 'houer' -> did you mean hour?" in text
    assert "profiles.csv:B:weekday: stands more than once" in text
    assert "profiles.csv:A:weekday: the shares sum to 1.4000" in text
    assert "profiles.csv:A:hour: negative share -0.1" in text
    assert "profiles.csv:B:month: share s01 is no number" in text
    assert "profiles.csv:B:hour: this cycle is missing" in text
    assert len(caught.value.faults) == 6


def test_hour_table_of_a_peer_that_sums_to_1_016_is_refused(tmp_path):
    hours = np.full(24, 1.016 / 24)
    path = table(tmp_path, ("R", "month", [1 / 12] * 12), ("R", "weekday", [1 / 7] * 7), ("R", "hour", hours))
    with pytest.raises(InputError, match=r"sum to 1\.0160"):
        read_time_profiles(path)


def test_rounded_shares_are_normalised(tmp_path):
    path = table(tmp_path, ("R", "month", [0.0833] * 12), ("R", "weekday", [0.143] * 7), ("R", "hour", [0.0417] * 24))
    assert read_time_profiles(path).year_shares(2016).sum() == pytest.approx(1.0, abs=CLOSED)


def test_missing_column_is_named(tmp_path):
    path = tmp_path / "profiles.csv"
    path.write_text("profile,s01\nA,1\n")
    with pytest.raises(InputError, match="missing columns cycle, s02"):
        read_time_profiles(path)
