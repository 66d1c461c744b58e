"""Measures that begin or end within a scenario's year act in their months only."""

import numpy as np
import pytest

from aqcore.errors import InputError
from emissions.inventory import inventory_of
from scenarios import Effect, Measure, Target, house_vocabulary, read_measures, read_scenarios, resolve

CLOSE = 1e-12  # relative: a product
HEADER = "measure_id,name_en,start,end,pollutant,removal_pct,coverage_now_pct,coverage_planned_pct,source,flag"


def measures_of(tmp_path, *rows):
    path = tmp_path / "measures.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return read_measures(path, house_vocabulary())


def scenarios_of(tmp_path, text, measures):
    path = tmp_path / "scenarios.toml"
    path.write_text(text, encoding="utf-8")
    return read_scenarios(path, measures, house_vocabulary())


def test_months_are_read_beside_years(tmp_path):
    june, year = measures_of(tmp_path, "a,A,2026-06,2028-09,NOx,50,0,100,x,read", "b,B,2026,2028,NOx,50,0,100,x,read")
    assert (june.start, june.start_month, june.end, june.end_month) == (2026, 6, 2028, 9)
    assert (year.start, year.start_month, year.end, year.end_month) == (2026, 1, 2028, 12)


@pytest.mark.parametrize("start", ["2026-13", "2026-6", "26", "June"])
def test_no_month_is_told_with_its_row(tmp_path, start):
    with pytest.raises(InputError, match=r"measures.csv:2:start: .* is no year or month"):
        measures_of(tmp_path, f"a,A,{start},,NOx,50,0,100,x,read")


def test_an_end_before_the_start_in_the_same_year_is_told(tmp_path):
    with pytest.raises(InputError, match=r"2026-03 lies before the start 2026-06"):
        measures_of(tmp_path, "a,A,2026-06,2026-03,NOx,50,0,100,x,read")


@pytest.mark.parametrize(
    ("year", "january", "july", "december"), [(2026, 1.0, 0.5, 0.5), (2027, 0.5, 0.5, 0.5), (2028, 0.5, 0.5, 1.0)]
)
def test_a_measure_acts_from_its_first_to_its_last_month(tmp_path, year, january, july, december):
    own = measures_of(tmp_path, "a,A,2026-06,2028-09,NOx,50,0,100,x,read")
    text = f'[[scenario]]\nname = "s"\nyear = {year}\nmeasures = ["a"]\n'
    table = resolve(scenarios_of(tmp_path, text, own), own, inventory_of([lorries()]))
    left = table.factors_at("s", [f"{year}-01-15T12", f"{year}-07-15T12", f"{year}-12-15T12"])
    np.testing.assert_allclose(left.factors.to_numpy()[left.state, 0, 0], [january, july, december], rtol=CLOSE)


def lorries():
    return {"district": "110101", "source_class": "onroad_diesel", "NOx": 400.0}


def test_the_roll_out_goes_along_and_measures_of_the_same_months_share_a_window(tmp_path):
    own = [
        Measure("a", "a", "a", Target(), {"NOx": Effect(0.5, 0.0, 1.0)}, start=2026, start_month=6),
        Measure("b", "b", "b", Target(), {"NOx": Effect(0.4, 0.0, 1.0)}, start=2026, start_month=6),
        Measure("c", "c", "c", Target(), {"NOx": Effect(0.2, 0.0, 1.0)}),
    ]
    text = '[[scenario]]\nname = "s"\nyear = 2026\nmeasures = ["a", "b", "c"]\nrollout = {a = 0.5}\n'
    scenario = scenarios_of(tmp_path, text, own)[1]
    assert scenario.measures == ("c",)
    assert [(plan.name, plan.measures, plan.rollout) for plan in scenario.windows] == [
        ("months_06_12", ("a", "b"), {"a": 0.5})
    ]
    table = resolve([scenario], own, inventory_of([lorries()]))
    left = table.factors_at("s", ["2013-06-01T00", "2013-05-31T23"])  # whichever year is modelled
    expected = [0.8 * (1 - 0.5 * 0.5) * (1 - 0.4), 0.8]
    np.testing.assert_allclose(left.factors.to_numpy()[left.state, 0, 0], expected, rtol=CLOSE)
