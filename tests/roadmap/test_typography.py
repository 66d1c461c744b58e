"""Formulae, minus signs and years as the page writes them."""

import pytest

from roadmap.report.texts import texts, words
from roadmap.report.typography import typeset

WRITTEN = {
    "PM2.5": "PM₂.₅",
    "PM25 and PM10": "PM₂.₅ and PM₁₀",
    "使O3上升": "使O₃上升",
    "O3 > 160 ug/m3": "O₃ > 160 μg/m³",
    "NOx, SO2, NH3, CO2": "NOₓ, SO₂, NH₃, CO₂",
    "change -67.5%": "change −67.5%",
    "-3": "−3",
    "2013-2017": "2013–2017",
    "Jun-Aug 2013-2016, 185 days": "Jun-Aug 2013–2016, 185 days",
}
KEPT = (
    "summer_O3_episode",
    "NO2x",
    "HO2",
    "GB 3095-2026",
    "HJ 663-2013",
    "2014-01-02",
    "China Daily 2019-07-10",
    "ACP 19:6125",
    "road_2031",
    "CO",
    "",
)


@pytest.mark.parametrize(("given", "shown"), WRITTEN.items())
def test_written(given: str, shown: str) -> None:
    assert typeset(given) == shown


@pytest.mark.parametrize("given", KEPT)
def test_names_dates_and_standards_stay(given: str) -> None:
    assert typeset(given) == given


@pytest.mark.parametrize("given", [*WRITTEN, *KEPT])
def test_twice_is_once(given: str) -> None:
    assert typeset(typeset(given)) == typeset(given)


def test_our_own_texts_are_typeset_already() -> None:
    shown = [cell for one in (*texts().values(), *words().values()) for cell in (one.zh, one.en)]
    assert [cell for cell in shown if typeset(cell) != cell] == []
