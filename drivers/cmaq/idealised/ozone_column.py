"""The ozone column as CCTM's photolysis reads it: a text table of dates, latitudes and longitudes."""

from datetime import date

import numpy as np

DOBSON_UNITS = 300.0
"""Column of the idealised case, the same everywhere."""

LATITUDES = tuple(float(value) for value in np.linspace(80.0, -80.0, 17))
LONGITUDES = tuple(float(value) for value in np.arange(-180.0, 180.0, 22.5))
DATES_A_YEAR = 24


def ozone_table(first: date, last: date | None = None, dobson_units: float = DOBSON_UNITS) -> str:
    """Return the text of a table (logical name OMI) with one ozone column from the year before `first` on.

    It ends with the year after `last` (default: `first`).

    Layout as CCTM reads it: the numbers of latitudes and of longitudes (the last repeats the first), a heading, then
    for each date (year and fraction) a row a latitude, from north to south.
    """
    columns = "".join(f"{dobson_units:6.1f}" for _ in LONGITUDES)
    head = [f"nlat {len(LATITUDES):7d}", f"nlon {len(LONGITUDES) + 1:7d}",
            "yeardate lat " + " ".join(f"{lon:7.1f}" for lon in LONGITUDES)]  # fmt: skip
    moments = [
        year + part / DATES_A_YEAR
        for year in range(first.year - 1, (last or first).year + 2)
        for part in range(DATES_A_YEAR)
    ]
    rows = [f"{moment:10.4f} {latitude:6.1f} {columns}" for moment in moments for latitude in LATITUDES]
    return "\n".join([*head, *rows, ""])
