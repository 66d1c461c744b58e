"""Make area.csv and points.csv from the sector totals: class shares, sites and district weights are the tables beside.

Run `python examples/beijing/inventory/allocate.py` after changing one of sector_totals.csv, allocation.csv,
district_weights.csv or sites.csv. Every number is constructed: the split is documented, not measured.
"""

# ruff: noqa: INP001 (a script of the example, not a package)

from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
YEAR = 2013
POLLUTANTS = ("SO2", "NOx", "VOC", "NH3", "CO", "PM10", "PM25", "BC", "OC", "CO2")
SITES = "sites"
"""The weight of a class that stands at its sites only."""
DIGITS = 8
"""Significant digits of the tables: the sums keep the sector totals to 1e-7."""
NOTE = "share of a constructed sector total (allocation.csv)"


def read(name: str) -> pd.DataFrame:
    """Return one of the tables beside this file, with codes as text."""
    return pd.read_csv(HERE / name, dtype={"district": str})


def class_totals(year: int = YEAR) -> pd.DataFrame:
    """Return t/a by source class (rows, in the order of allocation.csv) and pollutant (columns)."""
    sectors = read("sector_totals.csv")
    totals = sectors[sectors["year"] == year].set_index("sector_total")
    shares = read("allocation.csv").set_index("source_class")
    columns = {
        pollutant: shares[f"{pollutant} (%)"].fillna(0.0)
        / 100.0
        * shares["sector_total"].map(totals[f"{pollutant} (t/a)"])
        for pollutant in POLLUTANTS
    }
    return pd.DataFrame(columns)


def point_sources(totals: pd.DataFrame) -> pd.DataFrame:
    """Return the sites with their t/a: each class's point share, split by the sites' weights."""
    share = read("allocation.csv").set_index("source_class")["points (%)"] / 100.0
    sites = read("sites.csv")
    within = sites["weight"] / sites.groupby("source_class")["weight"].transform("sum")
    classes = sites["source_class"]
    mass = {name: classes.map(totals[name] * share) * within for name in POLLUTANTS}
    return sites.drop(columns=["weight", "flag"]).assign(**mass)


def area_sources(totals: pd.DataFrame) -> pd.DataFrame:
    """Return t/a by district and source class: what the points leave, split by the weight of the class."""
    allocation = read("allocation.csv").set_index("source_class")
    rest = totals.mul(1.0 - allocation["points (%)"] / 100.0, axis=0)
    weights = read("district_weights.csv")
    weights["share"] = weights["value"] / weights.groupby("weight")["value"].transform("sum")
    spread = allocation.loc[allocation["weight"] != SITES, ["weight"]].reset_index()
    placed = spread.merge(weights[weights["share"] > 0.0], on="weight")
    mass = {name: placed["source_class"].map(rest[name]) * placed["share"] for name in POLLUTANTS}
    area = placed[["district", "source_class"]].assign(**mass)
    return area.sort_values("district", kind="stable").reset_index(drop=True)


def as_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame as it is written: units in the header, an empty cell where a class emits none."""
    text = {name: frame[name].map(lambda mass: f"{mass:.{DIGITS}g}" if mass > 0.0 else "") for name in POLLUTANTS}
    named = frame.assign(**text).rename(columns={name: f"{name} (t/a)" for name in POLLUTANTS})
    return named.assign(source=NOTE, flag="constructed")


def main() -> None:
    """Write area.csv and points.csv."""
    totals = class_totals()
    as_table(area_sources(totals)).to_csv(HERE / "area.csv", index=False)
    as_table(point_sources(totals)).to_csv(HERE / "points.csv", index=False)


if __name__ == "__main__":
    main()
