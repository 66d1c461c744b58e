"""The inflow: units at the border, hours, and what a table must not say."""

from pathlib import Path

import numpy as np
import pytest

from aqcore.errors import InputError
from observations.background import read_background

HEADER = "season,species,value,unit,source,flag\n"
CONVERSION = 2e-3  # ug m-3 per ppb are published with three to four digits


def write(folder: Path, text: str, header: str = HEADER) -> Path:
    path = folder / "background.csv"
    path.write_text(header + text, encoding="utf-8")
    return path


def test_mixing_ratios_in_three_units(tmp_path: Path) -> None:
    text = (
        "summer,O3,55,ppb,s,read\nsummer,CH4,1.9,ppm,s,read\nsummer,PAN,800,ppt,s,read\nsummer,PM25,30,ug/m3,s,read\n"
    )
    background = read_background(write(tmp_path, text))
    assert background.mixing_ratio("O3", "summer") == 55.0
    assert background.mixing_ratio("CH4", "summer") == pytest.approx(1900.0)
    assert background.mixing_ratio("PAN", "summer", hour=3) == pytest.approx(0.8)
    assert background.mixing_ratio("PM25", "summer") == 30.0
    assert background.species("summer") == ("O3", "CH4", "PAN", "PM25")


@pytest.mark.parametrize(
    ("species", "unit", "state", "per_ppb"),
    [
        ("O3", "ug/m3", 298.15, 1.962),  # published factors at 298.15 K; x 1.0915 at 273.15 K
        ("O3", "ug/m3", 273.15, 2.142),
        ("NO2", "ug/m3", 298.15, 1.881),
        ("SO2", "ug/m3", 298.15, 2.619),
        ("CO", "mg/m3", 298.15, 1.145e-3),
    ],
)
def test_gases_given_as_mass(tmp_path: Path, species: str, unit: str, state: float, per_ppb: float) -> None:
    path = write(tmp_path, f"summer,{species},{per_ppb},{unit},s,read\n")
    assert read_background(path, reference_state_K=state).mixing_ratio(species, "summer") == pytest.approx(
        1.0, rel=CONVERSION
    )


def test_hours_make_a_daily_cycle(tmp_path: Path) -> None:
    rows = "".join(f"summer,O3,{hour},ppb,s,read,{hour}\n" for hour in reversed(range(24)))
    background = read_background(write(tmp_path, rows, HEADER.replace("flag", "flag,hour")))
    np.testing.assert_array_equal(background.hourly("O3", "summer"), np.arange(24.0))
    assert background.mixing_ratio("O3", "summer") == 11.5
    assert background.mixing_ratio("O3", "summer", hour=23) == 23.0


def test_a_day_uses_its_case_or_else_its_season(tmp_path: Path) -> None:
    background = read_background(write(tmp_path, "summer,O3,55,ppb,s,read\nsummer_O3_episode,O3,70,ppb,s,read\n"))
    assert background.key_of_day("summer_O3_episode", "summer") == "summer_O3_episode"
    assert background.key_of_day("2016-07-03", "summer") == "summer"
    with pytest.raises(InputError, match="no season 'winter'"):
        background.key_of_day("winter_haze", "winter")


def test_what_the_table_does_not_have_is_an_error_and_no_zero(tmp_path: Path) -> None:
    background = read_background(write(tmp_path, "summer,O3,55,ppb,s,read\n"))
    with pytest.raises(InputError, match=r"no 'O33' in season 'summer'.*did you mean O3"):
        background.mixing_ratio("O33", "summer")
    with pytest.raises(InputError, match=r"no season 'sumer'.*did you mean summer"):
        background.species("sumer")


def test_every_fault_is_listed(tmp_path: Path) -> None:
    text = "summer,O3,-1,ppb,s,read\nsummer,PAN,1,ug/m3,s,read\nsummer,PM25,3,ppb,s,read\nsummer,NO,1,ppbx,s,read\n"
    with pytest.raises(InputError) as error:
        read_background(write(tmp_path, text + "winter,O3,1,ppb,s,read\nwinter,O3,2,ppb,s,read\n"))
    assert [fault.where.rsplit("/", 1)[-1] for fault in error.value.faults] == [
        "background.csv:2:value",
        "background.csv:3:unit",
        "background.csv:4:unit",
        "background.csv:5:unit",
        "background.csv:6:hour",
    ]
    assert "winter: 2 rows" in str(error.value)
