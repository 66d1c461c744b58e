"""Hand-worked: what one measure leaves, from removal, coverage and stage share."""

import pytest

from scenarios.coupling import leader, with_components
from scenarios.measure import Effect, Measure
from scenarios.target import Target

EXACT = 1e-14  # a few roundings of numbers near 1


def measure(effects, **more):
    return Measure("M", "措施", "measure", Target(), effects, **more)


@pytest.mark.parametrize(
    ("effect", "left"),
    [
        (Effect(removal=0.8, coverage_now=0.0, coverage_planned=0.5), 0.6),  # 1 - 0.5 * 0.8
        (Effect(removal=0.8, coverage_now=0.5, coverage_planned=1.0), 1 / 3),  # (1 - 0.8) / (1 - 0.4)
        (Effect(removal=0.5, coverage_now=0.4, coverage_planned=0.4), 1.0),  # nothing new
        (Effect(removal=1.0, coverage_now=0.0, coverage_planned=1.0), 0.0),  # all of it
        (Effect(removal=0.9, coverage_now=0.0, coverage_planned=1.0, stage_share=0.2), 0.82),  # only the leaks
        (Effect(removal=0.5, coverage_now=0.5, coverage_planned=1.0, stage_share=0.8), 0.75),  # (1 - 0.4) / (1 - 0.2)
    ],
)
def test_remaining_fraction(effect, left):
    assert effect.remaining() == pytest.approx(left, abs=EXACT)


def test_the_inventory_already_holds_what_is_covered_now():
    """Uncontrolled 100 t, 30 % of it behind a device of 90 %: the inventory says 73 t, and at 60 % it is 46 t."""
    effect = Effect(removal=0.9, coverage_now=0.3, coverage_planned=0.6)
    assert 73.0 * effect.remaining() == pytest.approx(46.0, abs=100 * EXACT)


def test_a_source_that_is_fully_controlled_already_has_nothing_left_to_change():
    assert Effect(removal=1.0, coverage_now=1.0, coverage_planned=1.0).remaining() == 1.0


def test_fine_particles_carry_the_coarse_and_the_carbon_with_them():
    left = measure({"PM25": Effect(0.8, 0.0, 1.0)}).remaining()
    assert left == pytest.approx({"PM25": 0.2, "PM10": 0.2, "BC": 0.2, "OC": 0.2}, abs=EXACT)


def test_dust_control_given_for_pm10_reaches_the_fine_part():
    assert with_components({"PM10": 0.4}) == {"PM10": 0.4, "PM25": 0.4, "BC": 0.4, "OC": 0.4}


def test_what_is_given_is_not_overwritten():
    assert with_components({"PM10": 0.5, "PM25": 0.6, "BC": 0.1}) == {"PM10": 0.5, "PM25": 0.6, "BC": 0.1, "OC": 0.6}


def test_a_part_says_nothing_of_the_whole_and_gases_nothing_of_each_other():
    assert with_components({"BC": 0.1, "NOx": 0.5}) == {"BC": 0.1, "NOx": 0.5}
    assert leader("BC", {"PM10": 0.5}) == "PM10"
    assert leader("NOx", {"PM10": 0.5}) == ""


@pytest.mark.parametrize(
    ("change", "now", "planned", "left"),
    [(-0.4, 0.0, 0.5, 0.8), (0.02, 0.0, 0.5, 1.01), (-0.5, 0.5, 1.0, 2 / 3), (-1.0, 1.0, 1.0, 1.0)],
)
def test_co2_follows_the_coverage(change, now, planned, left):
    own = measure({"NOx": Effect(0.5, now, planned)}, co2_change=change)
    assert own.remaining()["CO2"] == pytest.approx(left, abs=EXACT)


def test_a_co2_row_of_its_own_wins_over_the_general_change():
    own = measure({"CO2": Effect(0.1, 0.0, 1.0)}, co2_change=-0.4)
    assert own.remaining() == pytest.approx({"CO2": 0.9}, abs=EXACT)


def test_co2_takes_the_widest_coverage():
    own = measure({"NOx": Effect(0.5, 0.0, 0.2), "SO2": Effect(0.5, 0.0, 1.0)}, co2_change=-0.5)
    assert own.remaining()["CO2"] == pytest.approx(0.5, abs=EXACT)


@pytest.mark.parametrize(
    ("start", "end", "year", "works"),
    [
        (None, None, 2025, True), (2025, None, 2025, True), (2026, None, 2025, False), (2020, 2024, 2025, False),
        (2020, 2025, 2025, True), (2030, None, None, True),
    ],
)  # fmt: skip
def test_years(start, end, year, works):
    assert measure({}, start=start, end=end).active(year) is works


def test_an_assumption_in_the_coverage_makes_the_effect_an_assumption():
    sure = Effect(0.5, 0.0, 1.0, flag="read")
    unsure = Effect(0.5, 0.0, 1.0, flag="read", assumed=("coverage", "cost"))
    costly = Effect(0.5, 0.0, 1.0, flag="read", assumed=("cost",))
    own = measure({"NOx": sure, "PM25": unsure, "SO2": costly}, co2_change=-0.1)
    assert [own.certainty(name) for name in ("NOx", "PM25", "BC", "SO2")] == [
        "read",
        "assumption",
        "assumption",
        "read",
    ]


def test_certainty_of_co2_comes_from_its_own_flag_or_the_coverage():
    stated = measure({"NOx": Effect(0.5, 0.0, 1.0, flag="read")}, co2_change=-0.1)
    assumed = measure({"NOx": Effect(0.5, 0.0, 1.0, flag="read", assumed=("co2",))}, co2_change=-0.1)
    assert (stated.certainty("CO2"), assumed.certainty("CO2")) == ("read", "assumption")


def test_half_the_roll_out_is_half_the_way_from_today():
    own = measure({"NOx": Effect(0.8, 0.2, 0.6)}, co2_change=-0.5)
    assert own.remaining(0.5)["NOx"] == pytest.approx((1 - 0.4 * 0.8) / (1 - 0.2 * 0.8), abs=EXACT)
    assert own.remaining(0.5)["CO2"] == pytest.approx((1 - 0.4 * 0.5) / (1 - 0.2 * 0.5), abs=EXACT)
    assert set(own.remaining(0.0).values()) == {1.0}
