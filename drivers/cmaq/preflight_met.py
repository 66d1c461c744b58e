"""The preflight of met files: the variables that CCTM really needs, found by removing each in turn."""

from collections.abc import Iterator, Mapping

from aqcore.errors import Fault
from drivers.cmaq.file_facts import FileFacts
from drivers.cmaq.versions import rows_of

LAND_USE = "LUFRAC_CRO"
"""File of land-use fractions; GRID_CRO_2D may hold them instead (`LUFRAC_01`, ...)."""

DOMINANT = "DLUSE"
SYSTEMS = ("USGS24", "NLCD40", "NLCD50", "NLCD-MODIS", "MODIS")
"""Land-use systems that CCTM knows; it looks for them in the text of DLUSE."""

LAND_USE_VARIABLE = "LUFRAC_01"


def met_faults(facts: Mapping[str, FileFacts]) -> Iterator[Fault]:
    """Yield a fault for each variable that is missing (table `data/met_variables.csv`)."""
    for row in rows_of("met_variables.csv"):
        fact = facts.get(row["file"])
        if fact is not None and row["variable"] not in fact.units and row["instead"] not in fact.units:
            wanted = row["variable"] + (f" (or {row['instead']})" if row["instead"] else "")
            yield Fault(f"{fact.path}:{wanted}", f"is missing; CCTM: {row['when_missing']}", "run MCIP again with it")

    ground = facts.get("GRID_CRO_2D")
    if ground is not None and DOMINANT in ground.units and not any(name in ground.described for name in SYSTEMS):
        what = f"its text {ground.described.strip()!r} names no land-use system"
        yield Fault(f"{ground.path}:{DOMINANT}", what, f"write one of {', '.join(SYSTEMS)} into var_desc")


def has_land_use(facts: Mapping[str, FileFacts]) -> bool:
    """Whether GRID_CRO_2D holds land-use fractions, so that LUFRAC_CRO may be missing."""
    return "GRID_CRO_2D" in facts and LAND_USE_VARIABLE in facts["GRID_CRO_2D"].units
