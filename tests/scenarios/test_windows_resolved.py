"""Windows of scenarios: factors by hour worked by hand, alerts by grade and level, shifted hours, contradictions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aqcore.errors import InputError
from emissions.inventory import inventory_of
from emissions.profiles import TimeProfiles, default_time_profiles
from emissions.source_classes import source_classes
from scenarios import Effect, Measure, Scenario, Target, resolve
from scenarios.emergency import GradingRow
from scenarios.periods import alert_shares, period_totals
from scenarios.scenario_factor import DirectFactor
from scenarios.window import ALL_HOURS, Window, read_hours, read_span
from scenarios.window_plan import Shift, WindowPlan

CLOSE = 1e-12  # relative: products and sums of a handful of numbers
DAY_CLOSE = 1e-9  # relative: sums of 24 products of rounded weights
ALERT = ("2016-12-16/2016-12-21",)
PROFILES = default_time_profiles()
JUNE_DAY = np.datetime64("2024-06-05T00") + np.arange(24)


@pytest.fixture(scope="module")
def inventory():
    """Cement and furniture plants of every grade, and lorries."""
    point = {"lon": 116.4, "lat": 39.9, "district": "110101"}
    plants = [{"source_id": f"cement_{grade}", "source_class": "cement", "grade": grade, **point, "NOx": 100.0,
               "SO2": 10.0, "PM10": 20.0, "PM25": 10.0} for grade in "ABCD"]  # fmt: skip
    return inventory_of([
        *plants,
        {"source_id": "cement_new", "source_class": "cement", **point, "NOx": 100.0, "SO2": 10.0, "PM10": 0.0,
         "PM25": 0.0},
        {"source_id": "furniture", "source_class": "furniture_coating", "grade": "B", **point, "VOC": 50.0},
        {"district": "110101", "source_class": "onroad_diesel", "NOx": 400.0, "PM10": 0.0, "PM25": 0.0},
    ])  # fmt: skip


def plan(name="w", dates=(), hours=ALL_HOURS, **more):
    return WindowPlan(Window(name, tuple(read_span(date) for date in dates), hours), **more)


def measure(name, removal=0.5, pollutant="NOx", group="", **target):
    return Measure(name, name, name, Target(**target), {pollutant: Effect(removal, 0.0, 1.0, flag="read")}, group=group)


def resolved(inventory, *plans, measures=()):
    return resolve([Scenario("s", windows=plans)], measures, inventory)


def faults_of(inventory, *plans, measures=()):
    with pytest.raises(InputError) as caught:
        resolved(inventory, *plans, measures=measures)
    return [str(fault) for fault in caught.value.faults]


def at(table, time, source, pollutant, scenario="s"):
    own = table.factors_at(scenario, [time])
    return float(own.factors.isel(state=int(own.state[0])).sel(source=source, pollutant=pollutant))


# ---- factors by hour


def test_what_acts_in_a_window_comes_on_top_of_what_acts_all_year(inventory):
    measures = [measure("year", 0.5), measure("window", 0.2, sectors=("ONROAD",))]
    summer = plan("summer", ["05-01/10-31"], read_hours("10-18"), measures=("window",))
    table = resolve([Scenario("s", measures=("year",), windows=(summer,))], measures, inventory)
    lorries = "110101:onroad_diesel"
    assert at(table, "2024-06-01T12", lorries, "NOx") == pytest.approx(0.5 * 0.8, rel=CLOSE)
    assert at(table, "2024-06-01T18", lorries, "NOx") == pytest.approx(0.5, rel=CLOSE)
    assert at(table, "2024-12-01T12", lorries, "NOx") == pytest.approx(0.5, rel=CLOSE)
    assert at(table, "2024-06-01T12", "cement_A", "NOx") == pytest.approx(0.5, rel=CLOSE)


def test_the_states_of_a_year_are_few_and_every_hour_has_one(inventory):
    plans = (plan("a", ["06-01/08-31"], background={"O3": 0.9}),
             plan("b", (), read_hours("20-6"), factors=(DirectFactor(Target(), "NOx", 0.7),)))  # fmt: skip
    table = resolved(inventory, *plans)
    year = (np.datetime64("2023-01-01T00") + np.arange(8760)).reshape(365, 24)
    own = table.factors_at("s", year)
    assert own.count == 4
    assert own.state.shape == year.shape
    nox = own.factors.sel(source="cement_A", pollutant="NOx").to_numpy()[own.state]
    assert np.unique(nox).tolist() == [0.7, 1.0]
    assert (nox == 0.7).sum() == 365 * 10
    inflow = own.background.sel(species="O3").to_numpy()[own.state]
    assert (inflow == 0.9).sum() == 92 * 24


def test_a_scenario_without_windows_costs_no_copy(inventory):
    table = resolved(inventory, plan("w", ALERT, emergency="red"))
    own = table.factors_at("base", JUNE_DAY)
    assert (own.count, own.state.sum()) == (1, 0)
    assert np.shares_memory(own.factors.to_numpy(), table.factors.to_numpy())


def test_sinks_that_know_only_years_are_told_so(inventory):
    table = resolved(inventory, plan("w", ALERT, emergency="red"))
    with pytest.raises(InputError, match=r"w \(2016-12-16/2016-12-21\)\), which annual factors cannot say"):
        table.of("s")
    assert float(table.all_year("s").min()) == 1.0
    assert float(table.of("base").min()) == 1.0


# ---- alerts


@pytest.mark.parametrize(
    ("level", "left"),
    [("yellow", (1.0, 1.0, 0.5, 0.0)), ("orange", (1.0, 0.8, 0.0, 0.0)), ("red", (1.0, 0.0, 0.0, 0.0))],
)
def test_an_alert_acts_by_grade_and_level_as_the_guide_says_of_cement(inventory, level, left):
    """Clinker lines in the guide of 2020: B 0, 20, 100 %; C 50, 100, 100 %; D 100 %; A decides for itself."""
    table = resolved(inventory, plan("w", ALERT, emergency=level))
    for grade, factor in zip("ABCD", left, strict=True):
        for pollutant in ("NOx", "SO2", "PM10", "PM25"):
            assert at(table, "2016-12-18T05", f"cement_{grade}", pollutant) == pytest.approx(factor, abs=CLOSE)
            assert at(table, "2016-12-22T00", f"cement_{grade}", pollutant) == 1.0
    assert at(table, "2016-12-18T05", "cement_new", "NOx") == 1.0


def test_an_enterprise_without_a_grade_takes_the_one_it_is_given(inventory):
    table = resolved(inventory, plan("w", ALERT, emergency="orange", ungraded="D"))
    assert at(table, "2016-12-18T05", "cement_new", "NOx") == 0.0


def test_the_reach_of_an_alert_says_what_is_an_assumption(inventory):
    table = resolved(inventory, plan("w", ALERT, emergency="orange"))
    rows = table.window_reach.set_index(["measure", "pollutant"])
    assert rows.loc[("orange 水泥熟料 B", "NOx"), "flag"] == "read"
    assert rows.loc[("orange 家具制造 B", "VOC"), "flag"] == "assumption"
    assert rows.loc[("orange 水泥熟料 C", "NOx"), "removed_t_per_d"] == pytest.approx(100.0 / 365.2425, rel=CLOSE)
    assert rows.loc[("orange 水泥熟料 B", "NOx"), "removed_t_per_d"] == pytest.approx(20.0 / 365.2425, rel=CLOSE)


def test_the_share_of_the_city_is_held_against_what_the_level_asks(inventory):
    """Orange: NOx of cement B 20, C 100, D 100 t of 900, lorries 30 % of 400 t; VOC 20 % of the furniture plant."""
    shares = alert_shares(resolved(inventory, plan("w", ALERT, emergency="orange")), inventory)
    rows = shares.set_index("pollutant")
    assert rows.loc["NOx", "reduction_pct"] == pytest.approx(100.0 * (220.0 + 120.0) / 900.0, rel=CLOSE)
    assert rows.loc["NOx", "assumed_pct"] == pytest.approx(100.0 * 120.0 / 900.0, rel=CLOSE)
    assert rows.loc["VOC", "reduction_pct"] == pytest.approx(20.0, rel=CLOSE)
    assert (rows["required_pct"] == 20.0).all()
    assert rows["met"].to_dict()["NOx"]


def test_a_city_brings_its_own_table(inventory):
    row = GradingRow("industry", "水泥", "cement", ("cement",), (), "A", "red", 0.3, "plan", "read", "local_plan")
    table = resolve([Scenario("s", windows=(plan("w", ALERT, emergency="red"),))], [], inventory, grading=(row,))
    assert at(table, "2016-12-18T05", "cement_A", "NOx") == pytest.approx(0.7, rel=CLOSE)
    assert at(table, "2016-12-18T05", "cement_D", "NOx") == 1.0


# ---- hours moved


PAINT = Shift(Target(source_classes=("furniture_coating",)), read_hours("10-18"), read_hours("20-6"), 0.8)


def test_moved_hours_by_hand(inventory):
    """With the cycle w: 0.2 stays by day, the night gets 1 + 0.8 A / B."""
    table = resolved(inventory, plan("night", ["06-01/08-31"], shifts=(PAINT,)))
    (cycle,) = PROFILES.hour[PROFILES.rows([source_classes()["furniture_coating"].temporal_profile])]
    day, night = cycle[10:18].sum(), cycle[[20, 21, 22, 23, 0, 1, 2, 3, 4, 5]].sum()
    assert at(table, "2024-06-05T12", "furniture", "VOC") == pytest.approx(0.2, rel=CLOSE)
    assert at(table, "2024-06-05T22", "furniture", "VOC") == pytest.approx(1.0 + 0.8 * day / night, rel=CLOSE)
    assert at(table, "2024-06-05T08", "furniture", "VOC") == 1.0
    assert at(table, "2024-06-05T12", "cement_A", "NOx") == 1.0


@settings(max_examples=20, deadline=None)  # each resolves a table
@given(
    away=st.frozensets(st.integers(0, 23), min_size=1, max_size=22),
    share=st.floats(0.0, 1.0),
    data=st.data(),
)
def test_moving_hours_changes_no_day(inventory, away, share, data):
    to = data.draw(st.frozensets(st.sampled_from(sorted(ALL_HOURS - away)), min_size=1))
    shift = Shift(Target(), away, to, share)
    totals = period_totals(resolved(inventory, plan("w", shifts=(shift,))), inventory, PROFILES,
                           np.datetime64("2024-06-04T16") + np.arange(24))  # fmt: skip
    own = totals[totals["scenario"] == "s"]
    np.testing.assert_allclose(own["mass_t"], own["base_t"], rtol=DAY_CLOSE)


@pytest.mark.parametrize(
    ("shifts", "message"),
    [
        ((Shift(Target(), read_hours("10-18"), read_hours("17-20")),), "the hours 17-18 are left and filled"),
        ((Shift(Target(sectors=("SOLVENT",)), read_hours("9-10"), read_hours("1-2"), pollutants=("SO2",)),),
         "reaches nothing"),
        ((PAINT, Shift(Target(), read_hours("8-9"), read_hours("9-10"))), "both move furniture"),
    ],
)  # fmt: skip
def test_shifts_that_cannot_be(inventory, shifts, message):
    faults = faults_of(inventory, plan("w", shifts=shifts))
    assert any(message in fault for fault in faults)


def test_hours_without_emission_cannot_take_any(inventory):
    hour = np.zeros((1, 24))
    hour[0, 8:18] = 0.1
    empty = TimeProfiles(PROFILES.ids, PROFILES.month, PROFILES.weekday, np.repeat(hour, len(PROFILES.ids), axis=0))
    with pytest.raises(InputError, match="furniture emits nothing in the hours 20-6"):
        resolve([Scenario("s", windows=(plan("w", shifts=(PAINT,)),))], [], inventory, profiles=empty)


# ---- sums over hours


def test_the_sum_over_a_year_without_windows_is_the_annual_mass(inventory):
    year = np.datetime64("2022-12-31T16") + np.arange(8760)
    table = resolve([Scenario("s", growth={"ONROAD": 1.1})], [], inventory)
    totals = period_totals(table, inventory, PROFILES, year)
    rows = totals.query("scenario == 's' and pollutant == 'NOx'").set_index("sector")
    assert rows.loc["ONROAD", "mass_t"] == pytest.approx(440.0, rel=DAY_CLOSE)
    assert rows.loc["ONROAD", "change_pct"] == pytest.approx(10.0, rel=1e-6)
    assert rows.loc["INDUSTRY", "mass_t"] == pytest.approx(500.0, rel=DAY_CLOSE)


def test_half_a_day_of_an_alert_takes_its_part(inventory):
    """Red stops cement B, C, D (300 of 500 t NOx of industry) from noon on."""
    table = resolved(inventory, plan("w", ["2016-12-18"], read_hours("12-24"), emergency="red"))
    day = np.datetime64("2016-12-17T16") + np.arange(24)
    (cycle,) = PROFILES.hour[PROFILES.rows([source_classes()["cement"].temporal_profile])]
    rows = period_totals(table, inventory, PROFILES, day).query("scenario == 's'").set_index(["sector", "pollutant"])
    expected = -100.0 * (300.0 / 500.0) * cycle[12:].sum()
    assert rows.loc[("INDUSTRY", "NOx"), "change_pct"] == pytest.approx(expected, rel=1e-6)


# ---- contradictions


def test_contradictions_are_listed_at_once(inventory):
    measures = [measure("m"), measure("x", group="g"), measure("y", group="g")]
    plans = (
        plan("yellow", ["2016-12-16/2016-12-18"], emergency="yellow"),
        plan("orange", ["2016-12-18/2016-12-21"], emergency="orange"),
        plan("again", measures=("m",)),
        plan("one", ["06-01/06-30"], measures=("x",), factors=(DirectFactor(Target(), "SO2", 0.5),)),
        plan("two", ["06-30/07-10"], measures=("x",), factors=(DirectFactor(Target(), "SO2", 0.6),)),
        plan("three", ["06-15"], measures=("y",)),
        plan("empty", ["2016-12-31"]),
    )
    with pytest.raises(InputError) as caught:
        resolve([Scenario("s", measures=("m",), windows=plans)], measures, inventory)
    faults = [str(fault) for fault in caught.value.faults]
    for message in (
        "the orange alert of 2016-12-18/2016-12-21 meets the yellow alert",
        "'m' acts all year already",
        "'x' acts in the window 'one' of the same hours already",
        "SO2 of every source has a factor in 'one' at the same hours",
        "x, y exclude each other (group 'g')",
        "nothing happens in the window",
    ):
        assert sum(message in fault for fault in faults) == 1, message
    assert len(faults) == 6


def test_windows_that_do_not_meet_may_say_different_things(inventory):
    measures = [measure("x", group="g"), measure("y", 0.2, group="g")]
    table = resolved(
        inventory,
        plan("one", ["06-01/06-30"], measures=("x",)),
        plan("two", ["07-01/07-10"], measures=("y",)),
        measures=measures,
    )
    assert at(table, "2024-06-30T23", "cement_A", "NOx") == pytest.approx(0.5, rel=CLOSE)
    assert at(table, "2024-07-01T00", "cement_A", "NOx") == pytest.approx(0.8, rel=CLOSE)


def test_an_alert_that_reaches_nothing_is_a_fault():
    lorries = inventory_of([{"district": "110101", "source_class": "onroad_gasoline", "NOx": 1.0, "PM10": 0.0,
                             "PM25": 0.0}])  # fmt: skip
    (fault,) = faults_of(lorries, plan("w", ALERT, emergency="red"))
    assert "the red alert reaches no source" in fault


def test_particles_stay_nested_in_a_window(inventory):
    factors = (DirectFactor(Target(), "PM10", 0.1), DirectFactor(Target(), "PM25", 1.0))
    (fault,) = faults_of(inventory, plan("w", factors=factors))
    assert "PM25 comes out above PM10" in fault
