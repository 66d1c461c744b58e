"""Reading a work folder: tables, changes of emissions and inflow, names."""

from collections.abc import Callable

import pytest

from roadmap.path import Milestone
from roadmap.report.results import Results
from roadmap.report.texts import Bilingual

PERCENT_TOLERANCE = 1e-9
"""Quotients of round numbers, in percent."""


def test_codes_stay_text_and_empty_cells_are_missing(synthetic: Results) -> None:
    assert synthetic.table("evaluation/ratio")["zone"].tolist() == ["990101", "990102", "city"]
    assert synthetic.table("emissions/totals")["district"].iloc[0] == "990101"
    assert synthetic.table("evaluation/ratio")["ratio_suggested"].isna().tolist() == [True, False, False]


def test_has(synthetic: Results) -> None:
    assert synthetic.has("roadmap/roadmap")
    assert not synthetic.has("roadmap/nothing")


def test_a_missing_table_is_an_error_that_names_it(synthetic: Results) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.csv"):
        synthetic.table("roadmap/nothing")


def test_changes_of_emission_by_hand(synthetic: Results) -> None:
    assert synthetic.city_change("NOx", "target") == pytest.approx(-75.0, abs=PERCENT_TOLERANCE)
    assert synthetic.city_change("NH3", "past_2017") == pytest.approx(2.0, abs=PERCENT_TOLERANCE)
    assert synthetic.city_change("VOC", "base") == 0.0


def test_changes_of_inflow_by_hand(synthetic: Results) -> None:
    """PM25 0.5 -> 0.4, NO2 0.8 -> 0.6; a species that no scenario names stays."""
    assert synthetic.inflow_change("PM25", "target", "now") == pytest.approx(-20.0, abs=PERCENT_TOLERANCE)
    assert synthetic.inflow_change("NO2", "target", "now") == pytest.approx(-25.0, abs=PERCENT_TOLERANCE)
    assert synthetic.inflow_change("SO2", "target", "now") == 0.0


def test_names_of_zones_and_scenarios(synthetic: Results) -> None:
    assert synthetic.zone("990101") == Bilingual("甲区", "Jia")
    assert synthetic.zone("city").en == "City"
    assert synthetic.zone("123456") == Bilingual("123456", "123456")
    assert synthetic.title("now").en == "Now"
    assert synthetic.title("unknown") == Bilingual("unknown", "unknown")


def test_the_last_milestone_is_the_latest(changed: Callable[..., Results]) -> None:
    stones = (Milestone(2031, "target", "e"), Milestone(2030, "now", "e"))
    assert changed(milestones=stones).subject.last.year == 2031


def test_common_tables_are_read_once(synthetic: Results) -> None:
    assert synthetic.road is synthetic.road
    assert len(synthetic.effect) == 12
    assert set(synthetic.projection["purpose"]) == {"effect", "road"}
