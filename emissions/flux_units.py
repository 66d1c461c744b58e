"""Units of gridded inventories: fluxes (kg m-2 s-1) and masses a cell (t, kg month-1)."""

import calendar
import re
from dataclasses import dataclass

from aqcore.errors import did_you_mean
from aqcore.units import GRAM_PER_TONNE, MASS_UNITS_GRAM, SECOND_PER_DAY, SECOND_PER_HOUR, seconds_of_year

SECONDS = {"s": 1.0, "sec": 1.0, "h": SECOND_PER_HOUR, "hr": SECOND_PER_HOUR, "d": SECOND_PER_DAY,
           "day": SECOND_PER_DAY}  # fmt: skip
"""Seconds of the units of time that have a fixed length."""

MONTH, YEAR = ("month", "mon", "mo"), ("a", "yr", "year", "y")

AREAS_M2 = {"m2": 1.0, "km2": 1.0e6, "cm2": 1.0e-4}

COMMON = ("kg m-2 s-1", "kg/m2/s", "t", "Mg", "kg month-1", "t/a")
"""Units that a message lists."""

_FACTOR = re.compile(r"(?P<name>[A-Za-z]+)(?P<power>-?\d+)?")


@dataclass(frozen=True)
class EmissionUnit:
    """Tonnes of one unit: `per_area` tells a flux (per m2) from a mass a cell.

    `period` is `s` for a rate, `month`, `year`, or empty for the mass of the period that the field stands for.
    """

    tonnes: float
    per_area: bool
    period: str

    def tonnes_in(self, year: int, month: int) -> float:
        """Return the t (per m2 of a flux) that one unit makes in a month (0: the whole year)."""
        year_s = seconds_of_year(year)
        length_s = year_s if month == 0 else calendar.monthrange(year, month)[1] * SECOND_PER_DAY
        if self.period == "s":
            return self.tonnes * length_s
        if self.period == "year":
            return self.tonnes * (1.0 if month == 0 else length_s / year_s)
        if self.period == "month" and month == 0:
            return self.tonnes * 12.0
        return self.tonnes


def emission_unit(text: str) -> EmissionUnit:
    """Return what a unit means, such as `kg m-2 s-1`, `kg/m2/s`, `Tonnes`, `kg month-1`.

    Raises `ValueError` with the remedy for any other text.
    """
    powers = text.replace("²", "2").replace("**", "").replace("^", "")
    plain = powers.replace("*", " ").replace(" per ", "/").strip()
    first, *rest = (part.strip() for part in plain.split("/"))
    factors = _factors(first)
    factors += [(name, -power) for part in rest for name, power in _factors(part)]
    unit = _read(factors)
    if unit is None:
        raise ValueError(f"unknown unit {text!r}: {did_you_mean(text, COMMON)}")
    return unit


def _factors(text: str) -> list[tuple[str, int]]:
    """Return names and powers; `m2` is a name of its own when it carries no minus."""
    found = []
    for part in text.split():
        match = _FACTOR.fullmatch(part)
        if match is None:
            return [("?", 0)]
        found.append((match["name"], int(match["power"] or 1)))
    return found


def _read(factors: list[tuple[str, int]]) -> EmissionUnit | None:
    tonnes, per_area, period = None, False, ""
    for name, power in factors:
        mass = MASS_UNITS_GRAM.get(name) or MASS_UNITS_GRAM.get(name.lower())
        if power == 1 and mass and tonnes is None:
            tonnes = mass / GRAM_PER_TONNE
        elif power == -2 and f"{name}2" in AREAS_M2 and tonnes and not per_area:
            tonnes, per_area = tonnes / AREAS_M2[f"{name}2"], True
        elif power == -1 and name in SECONDS and tonnes and not period:
            tonnes, period = tonnes / SECONDS[name], "s"
        elif power == -1 and name.lower() in (*MONTH, *YEAR) and not period:
            period = "month" if name.lower() in MONTH else "year"
        else:
            return None
    return EmissionUnit(tonnes, per_area, period) if tonnes else None
