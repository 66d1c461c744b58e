"""Numbers as the page writes them: fixed digits, thousands marks, a true minus, intervals in words."""

import math

from roadmap.report.texts import Bilingual, text
from roadmap.report.typography import MINUS

MISSING = "—"
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def decimal(value: object, digits: int = 0, *, sign: bool = False) -> str:
    """Return a number with fixed digits after the point; a dash when it is missing, never a negative zero."""
    number = math.nan if value is None else float(str(value))
    if math.isnan(number):
        return MISSING
    written = f"{number:{'+' if sign else ''},.{digits}f}"
    if not any(figure in written for figure in "123456789inf"):
        return written.lstrip("+-")
    return written.replace("-", MINUS)


def span(low: object, high: object, digits: int = 0, *, sign: bool = False) -> Bilingual:
    """Return an interval in words, which no minus sign can blur: −69.0 至 −66.3, −69.0 to −66.3."""
    return text("span", low=decimal(low, digits, sign=sign), high=decimal(high, digits, sign=sign))


def scientific(value: float) -> str:
    """Return a number as a power of ten with two figures: 2.5×10⁻⁸; zero as 0."""
    if value == 0:
        return "0"
    figures, power = f"{value:.1e}".split("e")
    return f"{figures.replace('-', MINUS)}×10{str(int(power)).translate(SUPERSCRIPT)}"


def digits_of(unit: str) -> int:
    """Return the digits after the point that a concentration of this unit deserves: two in mg/m3, one in ug/m3."""
    return 2 if unit.startswith("mg") else 1
