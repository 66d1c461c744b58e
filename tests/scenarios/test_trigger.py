"""Alert triggers: which of the modelled days a window acts on, and what is told when it acts on none."""

import numpy as np
import pandas as pd
import pytest

from aqcore.errors import InputError
from emissions.inventory import inventory_of
from scenarios import Scenario, house_vocabulary, read_scenarios, resolve
from scenarios.trigger import idle_windows, with_trigger_days
from scenarios.window import Window, read_span
from scenarios.window_plan import Trigger, WindowPlan

DAYS = pd.DataFrame(
    {"PM25": [74.0, 230.0, 150.0, np.nan], "O3": [198.0, 22.0, 40.0, 170.0]},
    index=pd.DatetimeIndex(["2013-07-10", "2013-01-16", "2013-01-23", "2013-06-01"]),
)


def scenario(*plans):
    return Scenario("s", windows=plans, where="scenarios.toml:s")


def plan(name, trigger, dates=(), emergency="red"):
    window = Window(name, tuple(read_span(date) for date in dates))
    return WindowPlan(window, emergency=emergency, trigger=trigger, where=f"scenarios.toml:s:{name}")


def dates_of(found, number=0):
    return sorted(map(str, found[0].windows[number].window.dates))


def test_a_window_acts_on_the_days_that_reach_its_value():
    found = with_trigger_days([scenario(plan("haze", Trigger("PM25", 150.0)))], DAYS)
    assert dates_of(found) == ["2013-01-16", "2013-01-23"]
    assert found[0].windows[0].trigger is None


def test_levels_divide_the_days_by_from_and_below():
    orange, red = plan("orange", Trigger("PM25", 150.0, 200.0), emergency="orange"), plan("red", Trigger("PM25", 200.0))
    found = with_trigger_days([scenario(orange, red)], DAYS)
    assert (dates_of(found, 0), dates_of(found, 1)) == (["2013-01-23"], ["2013-01-16"])


def test_dates_and_trigger_both_have_to_hold():
    found = with_trigger_days([scenario(plan("ozone", Trigger("O3", 160.0), ["06-15/08-31"]))], DAYS)
    assert dates_of(found) == ["2013-07-10"]


def test_a_trigger_that_no_day_reaches_is_told_with_the_highest_days():
    with pytest.raises(InputError) as caught:
        with_trigger_days([scenario(plan("a", Trigger("PM25", 400.0)), plan("b", Trigger("PM10", 100.0)))], DAYS)
    one, two = map(str, caught.value.faults)
    assert one.startswith("scenarios.toml:s:a:trigger: no modelled day has PM25 from 400 ug/m3 -> ")
    assert "2013-01-16 230, 2013-01-23 150, 2013-07-10 74" in one
    assert "measure nothing" in two


def test_a_trigger_whose_days_nobody_named_is_refused_not_ignored():
    cement = {"source_id": "c", "source_class": "cement", "grade": "D", "lon": 116.4, "lat": 39.9, "district": "110101",
              "NOx": 1.0}  # fmt: skip
    with pytest.raises(InputError, match="is not known here"):
        resolve([scenario(plan("haze", Trigger("PM25", 150.0)))], (), inventory_of([cement]))


def test_idle_windows_are_those_that_hold_no_day_but_not_of_packages():
    days = np.array(["2013-01-16", "2013-07-10"], dtype="datetime64[D]")
    acting = WindowPlan(Window("w", (read_span("11-01/03-31"),)))
    idle = WindowPlan(Window("v", (read_span("2016-12-16/2016-12-21"),)))
    package = WindowPlan(Window("p", (read_span("04-01/04-02"),)), optional=True)
    assert [found.plan.name for found in idle_windows([scenario(acting, idle, package)], days)] == ["v"]


def read(tmp_path, line):
    path = tmp_path / "scenarios.toml"
    path.write_text(f'[[scenario]]\nname = "s"\n[[scenario.windows]]\nname = "w"\nemergency = "red"\n{line}\n')
    return read_scenarios(path, (), house_vocabulary())


def test_a_trigger_is_read_from_the_table(tmp_path):
    own = read(tmp_path, 'trigger = {pollutant = "PM25", at_least = 150, below = 250}')[1].windows[0]
    assert own.trigger == Trigger("PM25", 150.0, 250.0)
    assert str(own) == "every day with PM25 from 150 ug/m3, below 250: red alert"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('trigger = {pollutant = "PM2.5", at_least = 150}', "'PM25', 'PM10' or 'O3'"),
        ('trigger = {pollutant = "PM25", at_lest = 150}', "did you mean at_least"),
        ('trigger = {pollutant = "PM25", at_least = 150, below = 100}', "leaves nothing"),
        ('trigger = {pollutant = "PM25", at_least = -1}', "greater than 0"),
    ],
)
def test_wrong_triggers_are_told(tmp_path, line, expected):
    with pytest.raises(InputError) as caught:
        read(tmp_path, line)
    assert expected in str(caught.value)
