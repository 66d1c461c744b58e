"""The settings of a city's CMAQ runs: the table `[cmaq]`, completed by the build folder that it names."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from aqcore.errors import Fault, Faults, InputError
from drivers.cmaq.installation import find_installation
from drivers.cmaq.segments import segments
from drivers.cmaq.settings import CmaqSettings
from yice.city import City

CCTM = "cctm"
"""Key of `[cmaq]` that names the folder in which CCTM was built: it gives executables, namelists and data files."""

SAME_VARIABLES = frozenset({"cb6r3_ae7", "cb6r5_ae7"})
"""Mechanisms that read the same emission variables (CMAQ 5.4)."""

NATURE = ("CTM_BIOGEMIS_BE", "CTM_BIOGEMIS_MG", "CTM_BIOGEMIS")
"""Switches of CMAQ's own modules of plants and soils."""

ASSUMED: Mapping[str, Any] = {
    "met": "cmaq/mcip/{date}/{file}_city.nc",
    "initial": "cmaq/icbc/ICON_{date}.nc",
    "boundary": "cmaq/icbc/BCON_{date}.nc",
}
ASSUMED_INPUTS: Mapping[str, str] = {"OMI": "cmaq/omi.dat"}
ASSUMED_BUILD: Mapping[str, Any] = {
    "version": "5.5",
    "mechanism": "cb6r5_ae7",
    "executable": "cmaq/CCTM.exe",
    "namelists": {
        "gc_matrix_nml": "cmaq/nml/GC_cb6r5_ae7_aq.nml",
        "ae_matrix_nml": "cmaq/nml/AE_cb6r5_ae7_aq.nml",
        "nr_matrix_nml": "cmaq/nml/NR_cb6r5_ae7_aq.nml",
        "tr_matrix_nml": "cmaq/nml/Species_Table_TR_0.nml",
        "MISC_CTRL_NML": "cmaq/nml/CMAQ_Control_Misc.nml",
    },
    "inputs": {"OPTICS_DATA": "cmaq/PHOT_OPTICS.dat", "CSQY_DATA": "cmaq/CSQY_DATA_cb6r5_ae7_aq"},
}
"""Where files are looked for when city.toml does not say; the preflight names what is not there."""


def cmaq_settings(city: City, *, build: bool = True) -> CmaqSettings:
    """Return the settings of CMAQ; dates that `[cmaq]` does not give are those whose emissions are written.

    Without `build` the folder `cctm` is not looked at: CCTM may live on another machine. Raises InputError with every
    fault of the keys, and of that folder.
    """
    raw = {name: value for name, value in city.cmaq.items() if name != CCTM}
    table = _built(city, raw) if build and CCTM in city.cmaq else _assumed(raw)
    table["inputs"] = {**ASSUMED_INPUTS, **table["inputs"]}
    table.setdefault("inline_points", city.emissions.inline_points)
    table.setdefault("inline_points", city.emissions.inline_points)
    settings = CmaqSettings.read({**ASSUMED, **table}, folder=city.folder, where=f"{city.folder / 'city.toml'}: cmaq")
    _require_one_mechanism(city, settings)
    return settings if settings.dates else replace(settings, dates=city.emissions.dates)


def _require_one_mechanism(city: City, settings: CmaqSettings) -> None:
    """Raise InputError when the emissions are of another mechanism, or when nobody makes what nature emits."""
    faults = Faults()
    where = city.folder / "city.toml"
    ours, theirs = city.emissions.mechanism, settings.mechanism
    if ours != theirs and not {ours, theirs} <= SAME_VARIABLES:
        remedy = f"write the emissions for {theirs}, or name a CCTM that was built with {ours}"
        faults.add(f"{where}: cmaq.mechanism", f"{theirs}, the emissions are written for {ours}", remedy)
    modules = [settings.environment.get(name, "N")[:1].upper() for name in NATURE]
    if city.emissions.natural == "inline" and not set(modules) & {"Y", "T"}:
        remedy = f"set one of {', '.join(NATURE)} to Y in [cmaq.environment], or natural to megan or none"
        faults.add(f"{where}: emissions.natural", "inline, but no module of CMAQ is switched on", remedy)
    faults.raise_if_any()


def _built(city: City, raw: dict[str, Any]) -> dict[str, Any]:
    """Return the table with what the build folder gives."""
    folder = city.path(str(city.cmaq[CCTM]))
    if not folder.is_dir():
        what, remedy = f"there is no folder {folder}", "name the folder in which CCTM was built"
        raise InputError([Fault(f"{city.folder / 'city.toml'}: cmaq.cctm", what, remedy)])
    return find_installation(folder).completed(raw)


def _assumed(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the table with assumed places where it names none."""
    tables = {name: {**ASSUMED_BUILD[name], **raw.get(name, {})} for name in ("namelists", "inputs")}
    sections = {
        name: {"executable": ASSUMED_BUILD["executable"], **raw[name]}
        for name in ("isam", "ddm")
        if isinstance(raw.get(name), Mapping)
    }
    return {**ASSUMED_BUILD, **raw, **tables, **sections}


def emission_days(city: City) -> list[date]:
    """Return the days whose emissions are written: those that are listed, and those that CMAQ runs, spin-up too."""
    days = set(city.emissions.dates)
    if city.cmaq:
        its = cmaq_settings(city, build=False)
        days |= {part.day for part in segments(its.dates, spin_up_days=its.spin_up_days, chunk_days=its.chunk_days)}
    return sorted(days)
