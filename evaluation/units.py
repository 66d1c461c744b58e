"""Model outputs in the units of the standard: gases as mass at the reference state, CO in mg m-3."""

import xarray as xr

from aqcore.units import ppb_to_micrograms
from observations.background import molar_masses

UG_PER_MG = 1000.0
MILLIGRAM_GASES = ("CO",)
"""Gases that the standard gives in mg m-3."""


def in_standard_units(outputs: xr.Dataset, *, reference_state_K: float) -> xr.Dataset:
    """Return model outputs (common schema: gases ppb, aerosol ug m-3) with the monitored gases as mass.

    O3, NO, NO2, NOx (as NO2), SO2 in ug m-3 and CO in mg m-3 at `reference_state_K` and 101,325 Pa; a mixing ratio
    does not depend on the ambient state, so neither does the result. Other variables are unchanged. Lazy when the
    input is.
    """
    gases = {str(name): molar_masses()[str(name)] for name in outputs.data_vars if name in molar_masses()}
    converted = {
        name: _as_mass(outputs[name], ppb_to_micrograms(1.0, molar_mass, temperature_K=reference_state_K).item(), name)
        for name, molar_mass in gases.items()
    }
    return outputs.assign(converted).assign_attrs(reference_state_K=reference_state_K)


def _as_mass(mixing_ppb: xr.DataArray, ug_m3_per_ppb: float, name: str) -> xr.DataArray:
    milli = name in MILLIGRAM_GASES
    factor = ug_m3_per_ppb / UG_PER_MG if milli else ug_m3_per_ppb
    return (mixing_ppb * factor).assign_attrs(mixing_ppb.attrs | {"units": "mg m-3" if milli else "ug m-3"})
