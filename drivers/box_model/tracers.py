"""What a box carries besides the gases of the mechanism: ammonia and the parts of the aerosol, in ug m-3."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aqcore.errors import Fault
from drivers.box_model.soa import bins

Array = npt.NDArray[np.float64]

INORGANIC = ("NH3", "ASO4", "ANO3", "ANH4")
PRIMARY = ("AEC", "APOC", "APNCOM", "AOTHR", "ACOARSE")
SOA_DEPOSITS_AS = "SOA"

EMITTED_AS: Mapping[str, str] = {
    "PSO4": "ASO4",
    "PNO3": "ANO3",
    "PNH4": "ANH4",
    "PEC": "AEC",
    "POC": "APOC",
    "PNCOM": "APNCOM",
    "PMC": "ACOARSE",
    **dict.fromkeys(("PMOTHR", "PCL", "PNA", "PK", "PCA", "PMG", "PFE", "PAL", "PSI", "PTI", "PMN", "PH2O"), "AOTHR"),
}
"""Aerosol emission species -> tracer; ions and metals join the unspecified fine matter."""

GAS_ALIASES: Mapping[str, str] = {"BENZ": "BENZENE"}
"""Emission name -> mechanism name, where they differ."""

M_NH3 = 17.03
"""g mol-1."""
M_PCVOC = 170.0
"""g mol-1 of the mechanism's intermediate-volatility vapour (CMAQ)."""
OM_PER_OC_REGION = 1.6
"""Organic matter over organic carbon in the inflow (urban to regional mean)."""


def names() -> tuple[str, ...]:
    """Return the tracers in the order of every tracer array: ammonia, inorganic, primary, organic bins."""
    return (*INORGANIC, *PRIMARY, *bins().names)


def deposition_names() -> tuple[str, ...]:
    """Return the name under which each tracer is looked up in the deposition table."""
    return (*INORGANIC, *PRIMARY, *(SOA_DEPOSITS_AS for _ in bins().names))


@dataclass(frozen=True)
class Split:
    """Emission species parted: gases of the mechanism (mol s-1), tracers (g s-1), and what neither knows."""

    gas: Array
    tracer: Array
    unused: tuple[str, ...]


def split_emission(species: Sequence[str], emission: Array, mechanism: Sequence[str], pcvoc_per_poa: float) -> Split:
    """Part an emission (species, ...) of mol s-1 (gases) and g s-1 (aerosol) among mechanism and tracers.

    Intermediate-volatility vapour (PCVOC) is added as `pcvoc_per_poa` times the organic aerosol mass.
    """
    tracers = names()
    gas = np.zeros((len(mechanism), *emission.shape[1:]))
    tracer = np.zeros((len(tracers), *emission.shape[1:]))
    unused = []
    for row, name in enumerate(species):
        gas_name = GAS_ALIASES.get(name, name)
        if gas_name in mechanism:
            gas[mechanism.index(gas_name)] += emission[row]
        elif name == "NH3":
            tracer[tracers.index("NH3")] += emission[row] * M_NH3
        elif name in EMITTED_AS:
            tracer[tracers.index(EMITTED_AS[name])] += emission[row]
        else:
            unused.append(name)
    if "PCVOC" in mechanism:
        organic = tracer[tracers.index("APOC")] + tracer[tracers.index("APNCOM")]
        gas[mechanism.index("PCVOC")] += pcvoc_per_poa * organic / M_PCVOC
    return Split(gas, tracer, tuple(unused))


PARTS = ("PM25_SO4", "PM25_NO3", "PM25_NH4", "PM25_OC", "PM25_EC")
"""Parts that a background of fine particles must name; `PM25_OTHER` is what they leave of `PM25`."""


def background_faults(present: Sequence[str], season: str) -> list[Fault]:
    """Return what is wrong with the aerosol of a background: a total without its parts."""
    missing = [part for part in PARTS if part not in present]
    if "PM25" in present and missing:
        what = f"PM25 in season {season!r} comes without {', '.join(missing)}"
        return [Fault("background", what, "add a row for each part (ug/m3), so that the total can be carried by parts")]
    return []


def background_tracers(values: Mapping[str, Array]) -> dict[str, Array]:
    """Return the inflow of each tracer (ug m-3) from background aerosol (ug m-3); what is not given is zero.

    Organic matter is 1.6 times organic carbon, other matter what the parts leave of PM25 unless `PM25_OTHER` is
    given, coarse matter PM10 less PM25.
    """
    zero = np.zeros_like(next(iter(values.values()))) if values else np.zeros(0)
    get = {name: values.get(name, zero) for name in ("PM25", "PM10", "PM25_OTHER", *PARTS)}
    organic = get["PM25_OC"] * OM_PER_OC_REGION
    named = get["PM25_SO4"] + get["PM25_NO3"] + get["PM25_NH4"] + get["PM25_EC"] + organic
    other = get["PM25_OTHER"] if "PM25_OTHER" in values else np.maximum(get["PM25"] - named, 0.0)
    fine = np.maximum(get["PM25"], named + other)
    return {
        "ASO4": get["PM25_SO4"],
        "ANO3": get["PM25_NO3"],
        "ANH4": get["PM25_NH4"],
        "AEC": get["PM25_EC"],
        "APOC": get["PM25_OC"],
        "APNCOM": organic - get["PM25_OC"],
        "AOTHR": other,
        "ACOARSE": np.maximum(get["PM10"] - fine, 0.0),
    }
