"""The preflight of met files: the variables that CCTM really needs, found by removing each in turn."""

from collections.abc import Iterator, Mapping

from aqcore.errors import Fault
from drivers.cmaq.file_facts import FileFacts
from drivers.cmaq.versions import rows_of

LAND_USE = "LUFRAC_CRO"
"""File of land-use fractions; GRID_CRO_2D may hold them instead (`LUFRAC_01`, ...)."""

DOMINANT = "DLUSE"
SYSTEMS = {"USGS24": 24, "NLCD40": 40, "NLCD50": 50, "NLCD-MODIS": 50, "MODIS": 20}
"""Land-use systems that CCTM looks for in the text of DLUSE, in this order, and how many categories each has."""

OCEAN_DMS = ("cb6r5",)
"""Mechanisms whose ocean chemistry reads DMS."""

LAND_USE_VARIABLE = "LUFRAC_01"


def met_faults(facts: Mapping[str, FileFacts], mechanism: str) -> Iterator[Fault]:
    """Yield a fault for each variable that is missing (table `data/met_variables.csv`), and for land use in disorder.

    DMS of the ocean file is wanted by some mechanisms only.
    """
    for row in rows_of("met_variables.csv"):
        fact = facts.get(row["file"])
        if row["variable"] == "DMS" and not mechanism.startswith(OCEAN_DMS):
            continue
        if fact is not None and row["variable"] not in fact.units and row["instead"] not in fact.units:
            wanted = row["variable"] + (f" (or {row['instead']})" if row["instead"] else "")
            yield Fault(f"{fact.path}:{wanted}", f"is missing; CCTM: {row['when_missing']}", "run MCIP again with it")

    ground = facts.get("GRID_CRO_2D")
    if ground is not None and DOMINANT in ground.units and not any(name in ground.described for name in SYSTEMS):
        what = f"its text {ground.described.strip()!r} names no land-use system"
        yield Fault(f"{ground.path}:{DOMINANT}", what, f"write one of {', '.join(SYSTEMS)} into var_desc")
    yield from _category_faults(ground, facts.get(LAND_USE))


def _category_faults(ground: FileFacts | None, fractions: FileFacts | None) -> Iterator[Fault]:
    """Yield a fault when the file of fractions has another number of categories than the system that is named."""
    system = next((name for name in SYSTEMS if ground is not None and name in ground.described), None)
    if system is not None and fractions is not None and fractions.nlays != SYSTEMS[system]:
        what = f"{fractions.nlays} categories, {system} has {SYSTEMS[system]}"
        yield Fault(f"{LAND_USE}={fractions.path}", what, "take both files from one run of MCIP")


def has_land_use(facts: Mapping[str, FileFacts]) -> bool:
    """Whether GRID_CRO_2D holds land-use fractions, so that LUFRAC_CRO may be missing."""
    return "GRID_CRO_2D" in facts and LAND_USE_VARIABLE in facts["GRID_CRO_2D"].units
