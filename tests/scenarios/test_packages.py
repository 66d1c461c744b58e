"""Shipped packages: they resolve in a city with every class of source, and leave out what a city does not have."""

import pytest

from emissions.inventory import inventory_of
from emissions.source_classes import source_classes
from scenarios import house_vocabulary, measure_library, read_scenarios, resolve
from scenarios.packages import packages

CLOSE = 1e-12  # relative: products and sums of a handful of numbers
POLLUTANTS = ("SO2", "NOx", "VOC", "NH3", "CO", "PM10", "PM25", "CO2")
YEARS = (2025, 2027, 2030, 2031, 2035)


@pytest.fixture(scope="module")
def everything():
    """A source of each class that emits 100 t of everything but 40 t of PM2.5; points have grade D."""
    point = {"lon": 116.4, "lat": 39.9, "grade": "D"}
    return inventory_of(
        {"district": "110101", "source_class": name, **dict.fromkeys(POLLUTANTS, 100.0), "PM25": 40.0, **(
            {"source_id": name, **point} if own.kind == "point" or own.sector == "INDUSTRY" else {})}
        for name, own in source_classes().items()
    )  # fmt: skip


def read(tmp_path, text):
    path = tmp_path / "scenarios.toml"
    path.write_text(text, encoding="utf-8")
    return read_scenarios(path, [], house_vocabulary())


def extending(tmp_path, *names, own=""):
    listed = ", ".join(f'"{name}"' for name in names)
    return read(tmp_path, f'[[scenario]]\nname = "s"\nextends = [{listed}]\n{own}\n')


def test_there_is_a_package_for_each_target_year_and_season():
    assert set(packages()) == {*(f"target_{year}" for year in YEARS), "summer_o3", "winter_pm25"}


def test_packages_name_measures_of_the_library():
    known = {own.id for own in measure_library()}
    for entry in packages().values():
        named = {*entry.measures, *(name for window in entry.windows for name in window.measures)}
        assert named <= known


@pytest.mark.parametrize("name", sorted(packages()))
def test_every_package_finds_everything_in_a_city_that_has_all(tmp_path, everything, name):
    table = resolve(extending(tmp_path, name), [], everything)
    assert (table.reach["sources"] > 0).all()
    assert (table.window_reach["sources"] > 0).all()
    assert len(table.reach) + len(table.windows) > 0


def test_a_later_target_year_leaves_less_and_2035_has_all_of_the_plan(tmp_path, everything):
    left = []
    for year in YEARS:
        table = resolve(extending(tmp_path, f"target_{year}"), [], everything)
        left.append(float(table.of("s").sum()))
        (scenario,) = (own for own in table.scenarios if own.name == "s")
        assert scenario.year == year
        assert scenario.rollout["M001"] == pytest.approx((year - 2024) / 11, rel=CLOSE)
    assert left == sorted(left, reverse=True)
    coal = table.of("s").sel(source="power_coal", pollutant="NOx")
    assert float(coal) == pytest.approx((1 - 0.8 * 0.6) * (1 - 0.08) * (1 - 0.15), rel=CLOSE)


def test_seasons_join_a_target_year(tmp_path, everything):
    table = resolve(extending(tmp_path, "target_2030", "summer_o3", "winter_pm25"), [], everything)
    own = table.factors_at("s", ["2030-07-01T12", "2030-07-01T22", "2030-01-15T12", "2030-04-15T12"])
    paint = own.factors.sel(source="110101:furniture_coating", pollutant="VOC").to_numpy()[own.state]
    assert paint[0] == pytest.approx(0.6 * paint[3], rel=CLOSE)
    assert paint[1] > paint[3] == paint[2]
    assert float(own.factors.sel(source="brick", pollutant="SO2").to_numpy()[own.state][2]) == 0.0


def test_what_a_city_does_not_have_is_left_out_and_told(tmp_path):
    city = inventory_of([{"district": "110101", "source_class": "power_coal", "lon": 116.4, "lat": 39.9, "NOx": 10.0,
                          "SO2": 1.0, "VOC": 1.0, "NH3": 1.0, "PM10": 1.0, "PM25": 1.0}])  # fmt: skip
    table = resolve(extending(tmp_path, "target_2030", "summer_o3", "winter_pm25"), [], city)
    reached = table.reach.groupby("measure")["sources"].max()
    assert set(reached[reached > 0].index) == {"M001", "M009", "M010"}
    assert reached["M026"] == 0
    assert len(reached) == len(packages()["target_2030"].measures)


def test_a_measure_that_the_scenario_names_itself_has_to_reach(tmp_path):
    city = inventory_of([{"district": "110101", "source_class": "onroad_diesel", "NOx": 10.0, "PM10": 1.0,
                          "PM25": 1.0}])  # fmt: skip
    text = '[[scenario]]\nname = "s"\nextends = "target_2030"\nmeasures = ["M026"]\n'
    path = tmp_path / "scenarios.toml"
    path.write_text(text, encoding="utf-8")
    scenarios = read_scenarios(path, measure_library(), house_vocabulary())
    with pytest.raises(Exception, match="M026 reaches nothing"):
        resolve(scenarios, measure_library(), city)


def test_a_scenario_of_the_city_with_the_name_of_a_package_is_its_own(tmp_path):
    scenarios = read(tmp_path, '[[scenario]]\nname = "target_2030"\nyear = 2029\n[[scenario]]\nname = "s"\n'
                     'extends = "target_2030"\n')  # fmt: skip
    assert [own.year for own in scenarios] == [None, 2029, 2029]
    assert scenarios[2].measures == ()
