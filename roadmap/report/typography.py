"""How the page writes formulae, units and minus signs, also in the words that data bring along."""

import re

MINUS = "\u2212"
DASH = "\u2013"

FORMULAE = {
    "PM2.5": "PM₂.₅",
    "PM25": "PM₂.₅",
    "PM10": "PM₁₀",
    "O3": "O₃",
    "NO2": "NO₂",
    "NOx": "NOₓ",
    "SO2": "SO₂",
    "NH3": "NH₃",
    "CO2": "CO₂",
    "ug/m3": "μg/m³",
    "mg/m3": "mg/m³",
}
"""How a table on disk writes a formula or unit, and how the page does."""

_FORMULA = re.compile(rf"(?<![A-Za-z0-9_])({'|'.join(map(re.escape, FORMULAE))})(?![A-Za-z0-9_])")
_NEGATIVE = re.compile(r"(?<![\w.)-])-(?=\d)")
_YEARS = re.compile(r"(?<![\d-])((?:19|20)\d\d)-((?:19|20)\d\d)(?![\d-])")


def typeset(words: str) -> str:
    """Return words with lowered figures (PM₂.₅, O₃), true minus signs and a dash between years.

    Parts of identifiers (`summer_O3_episode`), dates and numbers of standards (GB 3095-2026) stay as they are.
    """
    lowered = _FORMULA.sub(lambda found: FORMULAE[found.group(1)], words)
    return _YEARS.sub(rf"\1{DASH}\2", _NEGATIVE.sub(MINUS, lowered))
