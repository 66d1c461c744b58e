"""Physical constants and conversions; every factor is built from named constants with their units."""

import re

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aqcore.errors import did_you_mean

FloatArray = NDArray[np.float64]

GAS_CONSTANT = 8.31446261815324
"""Molar gas constant, J mol-1 K-1 (exact in the SI of 2019)."""
AVOGADRO = 6.02214076e23
"""Avogadro constant, mol-1 (exact in the SI of 2019)."""
BOLTZMANN = 1.380649e-23
"""Boltzmann constant, J K-1 (exact in the SI of 2019)."""

GRAM_PER_TONNE = 1.0e6
GRAM_PER_KILOGRAM = 1.0e3
MICROGRAM_PER_GRAM = 1.0e6
PPB = 1.0e-9
"""Mole fraction of one part in 10^9."""

SECOND_PER_MINUTE = 60.0
SECOND_PER_HOUR = 3600.0
HOUR_PER_DAY = 24.0
SECOND_PER_DAY = SECOND_PER_HOUR * HOUR_PER_DAY
DAY_PER_YEAR = 365.0
"""Days of the common year."""
DAY_PER_LEAP_YEAR = 366.0

STANDARD_PRESSURE_PA = 101325.0
"""Pressure of China's reference states, Pa (1013.25 hPa)."""
STANDARD_TEMPERATURE_K = 273.15
"""Reference temperature of gases in ug m-3 before 2018-09 (GB 3095-2012), K."""
REFERENCE_TEMPERATURE_K = 298.15
"""Reference temperature of gases in ug m-3 since the amendment of 2018-09, K."""
CELSIUS_ZERO_K = 273.15
"""0 degrees Celsius, K."""


def seconds_of_year(year: int) -> float:
    """Return the seconds of a calendar year (Gregorian), s."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return (DAY_PER_LEAP_YEAR if leap else DAY_PER_YEAR) * SECOND_PER_DAY


def tonnes_per_year_to_grams_per_second(mass: ArrayLike, *, year: int) -> FloatArray:
    """Return g s-1, the mean over `year`, of t a-1."""
    return np.asarray(np.asarray(mass, float) * GRAM_PER_TONNE / seconds_of_year(year))


def grams_per_second_to_tonnes_per_year(rate: ArrayLike, *, year: int) -> FloatArray:
    """Return t a-1 of a rate (g s-1) that holds all through `year`."""
    return np.asarray(np.asarray(rate, float) * seconds_of_year(year) / GRAM_PER_TONNE)


def molar_volume(temperature_K: ArrayLike, pressure_Pa: ArrayLike = STANDARD_PRESSURE_PA) -> FloatArray:
    """Return the molar volume (m3 mol-1) of an ideal gas."""
    return np.asarray(GAS_CONSTANT * np.asarray(temperature_K, float) / np.asarray(pressure_Pa, float))


def ppb_to_micrograms(
    mixing_ratio: ArrayLike,
    molar_mass_g_mol: ArrayLike,
    *,
    temperature_K: ArrayLike,
    pressure_Pa: ArrayLike = STANDARD_PRESSURE_PA,
) -> FloatArray:
    """Return ug m-3 at a reference state (T, p) of a mixing ratio in ppb: x M p / (R T)."""
    grams_per_m3 = (
        np.asarray(mixing_ratio, float)
        * PPB
        * np.asarray(molar_mass_g_mol, float)
        / molar_volume(temperature_K, pressure_Pa)
    )
    return np.asarray(grams_per_m3 * MICROGRAM_PER_GRAM)


def micrograms_to_ppb(
    concentration: ArrayLike,
    molar_mass_g_mol: ArrayLike,
    *,
    temperature_K: ArrayLike,
    pressure_Pa: ArrayLike = STANDARD_PRESSURE_PA,
) -> FloatArray:
    """Return the mixing ratio (ppb) of a gas in ug m-3 that refers to the state (T, p)."""
    one_ppb = ppb_to_micrograms(1.0, molar_mass_g_mol, temperature_K=temperature_K, pressure_Pa=pressure_Pa)
    return np.asarray(np.asarray(concentration, float) / one_ppb)


def number_density(temperature_K: ArrayLike, pressure_Pa: ArrayLike) -> FloatArray:
    """Return the molecules of air in a cubic centimetre, p / (k T)."""
    per_m3 = np.asarray(pressure_Pa, float) / (BOLTZMANN * np.asarray(temperature_K, float))
    return np.asarray(per_m3 * 1.0e-6)


MASS_UNITS_GRAM = {
    "g": 1.0,
    "kg": GRAM_PER_KILOGRAM,
    "Mg": GRAM_PER_TONNE,
    "t": GRAM_PER_TONNE,
    "ton": GRAM_PER_TONNE,
    "tons": GRAM_PER_TONNE,
    "tonne": GRAM_PER_TONNE,
    "tonnes": GRAM_PER_TONNE,
    "kt": 1.0e3 * GRAM_PER_TONNE,
    "Gg": 1.0e3 * GRAM_PER_TONNE,
    "Mt": 1.0e6 * GRAM_PER_TONNE,
    "Tg": 1.0e6 * GRAM_PER_TONNE,
    "克": 1.0,
    "千克": GRAM_PER_KILOGRAM,
    "公斤": GRAM_PER_KILOGRAM,
    "吨": GRAM_PER_TONNE,
    "千吨": 1.0e3 * GRAM_PER_TONNE,
    "万吨": 1.0e4 * GRAM_PER_TONNE,
}
"""Grams of the units of mass of an inventory (a ton is metric). Mg is a tonne; mg is not taken, being a likely slip."""

TIMES_A_YEAR = {
    "a": 1.0,
    "yr": 1.0,
    "year": 1.0,
    "年": 1.0,
    "d": DAY_PER_YEAR,
    "day": DAY_PER_YEAR,
    "天": DAY_PER_YEAR,
    "日": DAY_PER_YEAR,
    "h": DAY_PER_YEAR * HOUR_PER_DAY,
    "hr": DAY_PER_YEAR * HOUR_PER_DAY,
    "小时": DAY_PER_YEAR * HOUR_PER_DAY,
    "s": DAY_PER_YEAR * SECOND_PER_DAY,
    "秒": DAY_PER_YEAR * SECOND_PER_DAY,
}
"""How often each unit of time fits into a common year of 365 days."""

UPPER_CASE = {"T": "t", "KT": "kt", "KG": "kg", "TON": "ton", "TONS": "tons"}
"""Spellings in capitals that can mean only one thing."""

COMMON_MASS_RATES = ("t/a", "kt/a", "kg/a", "g/s", "吨/年", "万吨/年", "千克/年")
"""Units that a message lists."""


def tonnes_per_year(unit: str) -> float:
    """Return the t a-1 of one `unit`, such as `kt/a`, `t a-1`, `万吨/年` or `g/s`.

    A mass without a time (`吨`) counts as that of the inventory's year; rates by the second, hour
    or day are taken to hold for 365 days. Raises `ValueError` with the remedy for any other text.
    """
    text = unit.strip().replace("／", "/").replace("·", " ")
    mass, _, time = re.sub(r"\s*(?:/|\s+per\s+)\s*|\s+(?=[a-z]+-1$)", "/", text).partition("/")
    mass, time = UPPER_CASE.get(mass.strip(), mass.strip()), time.removesuffix("-1").strip()
    if mass not in MASS_UNITS_GRAM or (time and time not in TIMES_A_YEAR):
        raise ValueError(f"unknown unit {unit!r}: {did_you_mean(unit, COMMON_MASS_RATES)}")
    return MASS_UNITS_GRAM[mass] / GRAM_PER_TONNE * TIMES_A_YEAR.get(time, 1.0)
