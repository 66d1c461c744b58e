"""The monitoring sites of a city: where they stand, in which district, and whether they count in the city's mean."""

from pathlib import Path

import numpy as np
import pandas as pd

from aqcore.errors import Faults, gathering
from observations.tables import choices, numbers, place, read_table

YES_NO = {"Y": True, "N": False, "yes": True, "no": False}
"""How a table says whether a site is a control site."""


def read_sites(path: Path, *, city: str | None = None) -> pd.DataFrame:
    """Return the sites of a table, index `code`: name, lon, lat (degrees, WGS84), district, is_control, other columns.

    Columns: code, name (or name_zh), lon, lat, is_control (Y/N or yes/no; yes = background site, left out of city
    means: HJ 663), optional district (adcode as text; empty when absent). With `city`, only the rows of that `city`
    are kept.

    Raises
    ------
    InputError
        listing every repeated code, impossible coordinate, value of is_control that is neither yes nor no; or no site.
    """
    frame = read_table(path, ["code", "lon", "lat", "is_control", *(["city"] if city else [])])
    if "name" not in frame.columns and "name_zh" in frame.columns:
        frame["name"] = frame["name_zh"]
    with gathering() as faults:
        frame["lon"] = numbers(path, frame, "lon", faults, low=-180, high=180)
        frame["lat"] = numbers(path, frame, "lat", faults, low=-90, high=90)
        choices(path, frame, "is_control", faults, YES_NO)
        _check_codes(path, frame, faults)
        kept = frame[frame["city"] == city] if city else frame
        if kept.empty:
            faults.add(f"{path}:city", f"no site of {city!r}", "name a city of the column")
    sites = kept.assign(is_control=kept["is_control"].map(YES_NO)).set_index("code")
    return sites if "district" in sites.columns else sites.assign(district="")


def _check_codes(path: Path, frame: pd.DataFrame, faults: Faults) -> None:
    for row in np.flatnonzero((frame["code"] == "") | frame["code"].duplicated()):
        faults.add(
            place(path, frame, row, "code"),
            f"{frame['code'].iloc[row]!r} is empty or repeated",
            "one row a site",
        )
