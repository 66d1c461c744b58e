import numpy as np
import pytest

from aqcore.calendar import (
    CHINA,
    china_holidays,
    hours_of_year,
    read_holidays,
    time_zone,
    to_local,
    to_utc,
    utc_steps,
    weekdays,
)
from aqcore.errors import InputError


def days(*texts):
    return np.array(texts, dtype="datetime64[D]")


def test_beijing_is_eight_hours_ahead():
    local = to_local(np.array(["2016-12-31T16:00", "2017-01-01T00:00"], dtype="datetime64[h]"), CHINA)
    assert list(local) == list(np.array(["2017-01-01T00:00", "2017-01-01T08:00"], dtype="datetime64[ns]"))


def test_local_and_utc_are_inverse_for_any_shape():
    times = np.datetime64("2020-02-28T00", "ns") + np.arange(72).reshape(3, 24) * np.timedelta64(1, "h")
    assert (to_utc(to_local(times, CHINA), CHINA) == times).all()


def test_hour_that_the_clocks_skip_is_refused():
    with pytest.raises(InputError, match="not one moment"):
        to_utc(np.array(["2017-03-26T02:30"], dtype="datetime64[ns]"), "Europe/Berlin")


@pytest.mark.parametrize(("year", "count"), [(2015, 8760), (2016, 8784), (1900 + 200, 8760), (2000, 8784)])
def test_a_year_has_all_its_hours(year, count):
    hours = hours_of_year(year, CHINA)
    assert len(hours) == count
    local = to_local(hours, CHINA)
    assert local[0] == np.datetime64(f"{year}-01-01T00")
    assert local[-1] == np.datetime64(f"{year}-12-31T23")


def test_zone_off_by_part_of_an_hour_is_refused():
    with pytest.raises(InputError, match="part of an hour"):
        hours_of_year(2017, "Asia/Kolkata")


def test_unknown_zone_names_the_nearest():
    with pytest.raises(InputError, match="Asia/Shanghai"):
        time_zone("Asia/Shangai")


def test_emission_day_has_twenty_five_steps_into_the_next_day():
    steps = utc_steps("2016-02-28")
    assert len(steps) == 25
    assert steps[0] == np.datetime64("2016-02-28T00")
    assert steps[24] == np.datetime64("2016-02-29T00")


def test_weekdays_of_known_dates():
    # 14 July 1789 was a Tuesday, 2000-01-01 a Saturday, 2013-09-10 (Clean Air Action published) a Tuesday
    assert weekdays(days("1789-07-14", "2000-01-01", "2013-09-10")).tolist() == [1, 5, 1]


def test_holidays_of_2013_by_the_state_council_notice():
    # National Day 1-7 October off; Sunday 29 September and Saturday 12 October worked
    types = china_holidays().day_types(days("2013-09-29", "2013-10-01", "2013-10-07", "2013-10-08", "2013-10-12"))
    assert types.tolist() == [2, 6, 6, 1, 2]


def test_only_weekends_are_worked_in_exchange_and_no_day_is_both():
    holidays = china_holidays()
    assert set(weekdays(holidays.worked).tolist()) == {5, 6}
    assert not np.isin(holidays.rest, holidays.worked).any()


@pytest.mark.parametrize("year", range(2010, 2027))
def test_every_year_is_whole(year):
    # 11 statutory days until 2024, 13 from 2025 (State Council decree 513, changed by decree 795 of 2024);
    # with the exchanged days no year has fewer than 23 or more than 35 days in its notice
    rest = china_holidays().rest
    in_year = rest[rest.astype("datetime64[Y]").astype(int) + 1970 == year]
    assert 23 <= len(in_year) <= 35
    assert np.isin(days(f"{year}-01-01", f"{year}-05-01", *(f"{year}-10-0{day}" for day in range(1, 7))), in_year).all()


def test_year_outside_the_table_is_an_error_with_a_remedy():
    with pytest.raises(InputError, match=r"no public holidays for 2031 .*switch holidays off"):
        china_holidays().day_types(days("2031-05-01"))


def test_all_faults_of_a_table_at_once(tmp_path):
    table = tmp_path / "holidays.csv"
    table.write_text(
        "first,last,kind\n2013-13-01,2013-10-07,rest\n2013-10-07,2013-10-01,rest\n2013-01-01,2013-01-01,rset\n"
    )
    with pytest.raises(InputError) as caught:
        read_holidays(table)
    faults = [str(fault) for fault in caught.value.faults]
    assert [fault.split(": ")[0] for fault in faults] == [
        "holidays.csv:2:first",
        "holidays.csv:3:last",
        "holidays.csv:4:kind",
    ]
    assert "did you mean rest" in faults[2]


def test_missing_column_is_named(tmp_path):
    table = tmp_path / "holidays.csv"
    table.write_text("first,kind\n2013-10-01,rest\n")
    with pytest.raises(InputError, match="missing column last"):
        read_holidays(table)
