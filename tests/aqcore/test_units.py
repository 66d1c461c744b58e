"""Units: hand-worked conversions and the refusal of everything that is no unit of mass per time."""

import numpy as np
import pytest

from aqcore import units

ROUNDING = 1e-12  # one or two roundings of float64
PUBLISHED = 5e-4  # the published factors are given with three or four digits


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("t/a", 1.0),
        ("T/a", 1.0),
        ("t", 1.0),
        ("t a-1", 1.0),
        ("t·a-1", 1.0),
        ("t per year", 1.0),
        ("tons/yr", 1.0),
        ("Mg/yr", 1.0),
        ("kt/a", 1000.0),
        ("Gg/a", 1000.0),
        ("Mt/a", 1.0e6),
        ("kg/a", 0.001),
        ("KG/a", 0.001),
        ("吨/年", 1.0),
        ("吨／年", 1.0),
        ("吨", 1.0),
        ("万吨/年", 1.0e4),
        ("千吨/年", 1000.0),
        ("千克/年", 0.001),
        ("公斤/年", 0.001),
        ("kg/d", 0.365),
        ("kg/h", 8.76),
        ("g/s", 31.536),
    ],
)
def test_tonnes_per_year(unit: str, factor: float) -> None:
    assert units.tonnes_per_year(unit) == pytest.approx(factor, rel=ROUNDING)


@pytest.mark.parametrize("unit", ["", "mg/a", "mt/a", "ppb", "ug/m3", "t/month", "t/a/a", "吨/月", "MT/a", "1"])
def test_refuses_what_is_no_mass_rate(unit: str) -> None:
    with pytest.raises(ValueError, match="unknown unit"):
        units.tonnes_per_year(unit)


def test_a_slip_gets_a_suggestion() -> None:
    with pytest.raises(ValueError, match="did you mean"):
        units.tonnes_per_year("kt/aa")


def test_year_has_its_own_seconds() -> None:
    # 365 x 86400 and 366 x 86400
    assert units.seconds_of_year(2017) == 31_536_000.0
    assert units.seconds_of_year(2016) == 31_622_400.0
    assert units.seconds_of_year(2000) == 31_622_400.0
    assert units.seconds_of_year(1900) == 31_536_000.0


def test_tonnes_a_year_and_grams_a_second() -> None:
    assert units.tonnes_per_year_to_grams_per_second(31.536, year=2017) == pytest.approx(1.0, rel=ROUNDING)
    back = units.grams_per_second_to_tonnes_per_year(
        units.tonnes_per_year_to_grams_per_second([1.0, 250.0], year=2016), year=2016
    )
    assert back == pytest.approx([1.0, 250.0], rel=ROUNDING)


@pytest.mark.parametrize(
    ("molar_mass", "at_273", "at_298"),
    # ug m-3 in a ppb at 1013.25 hPa: the usual factors (O3 2.14 and 1.96, NO2 2.05 and 1.88, SO2 2.86 and 2.62)
    [(48.0, 2.1415, 1.9620), (46.0055, 2.0526, 1.8804), (64.0638, 2.8583, 2.6186), (28.0101, 1.2497, 1.1449)],
)
def test_micrograms_of_a_ppb(molar_mass: float, at_273: float, at_298: float) -> None:
    cold = units.ppb_to_micrograms(1.0, molar_mass, temperature_K=units.STANDARD_TEMPERATURE_K)
    warm = units.ppb_to_micrograms(1.0, molar_mass, temperature_K=units.REFERENCE_TEMPERATURE_K)
    assert float(cold) == pytest.approx(at_273, rel=PUBLISHED)
    assert float(warm) == pytest.approx(at_298, rel=PUBLISHED)


def test_the_two_reference_states_differ_by_their_temperatures() -> None:
    cold, warm = (units.ppb_to_micrograms(1.0, 48.0, temperature_K=t) for t in (273.15, 298.15))
    assert float(warm / cold) == pytest.approx(273.15 / 298.15, rel=ROUNDING)  # 0.916, the break of 2018-09


def test_ppb_returns_from_micrograms() -> None:
    ppb = np.array([0.0, 1.0, 120.0])
    there = units.ppb_to_micrograms(ppb, 48.0, temperature_K=290.0, pressure_Pa=98000.0)
    assert units.micrograms_to_ppb(there, 48.0, temperature_K=290.0, pressure_Pa=98000.0) == pytest.approx(
        ppb, rel=ROUNDING
    )


def test_molar_volume_at_standard_state() -> None:
    # CODATA 2018: 22.413 969 54e-3 m3 mol-1 at 273.15 K and 101.325 kPa
    assert float(units.molar_volume(273.15)) == pytest.approx(22.41396954e-3, rel=1e-9)


def test_loschmidt_number() -> None:
    # CODATA 2018: 2.686 780 111e25 m-3 at 273.15 K and 101.325 kPa
    assert float(units.number_density(273.15, 101325.0)) == pytest.approx(2.686780111e19, rel=1e-9)


def test_constants_agree_with_each_other() -> None:
    product = units.AVOGADRO * units.BOLTZMANN
    assert product == pytest.approx(units.GAS_CONSTANT, rel=ROUNDING)
