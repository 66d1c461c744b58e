"""The aerosol of a box between two gas-phase steps, at screening level.

Sulfuric acid condenses at once; SO2 is taken up by particles; what the mechanism's precursors left is put into
volatility bins; nitrate and ammonium go to equilibrium with their gases. No size distribution, no cloud chemistry,
no sea salt or dust alkalinity.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drivers.box_model import ammonium_nitrate as sna
from drivers.box_model import soa, tracers, uptake
from drivers.box_model.settings import BoxSettings
from drivers.box_model.weather import Moment

Array = npt.NDArray[np.float64]

GAS_CONSTANT = 8.314462618
"""J mol-1 K-1."""
UG_PER_G = 1e6
PPB = 1e-9
H2NO3_RELEASE = 1e-3
"""s-1: the mechanism's intermediate of N2O5 uptake gives HNO3 at once when there is no chloride."""
UM = 1e-6


@dataclass(frozen=True)
class AerosolStep:
    """The aerosol step for a mechanism's gases (species, ...) in ppb and tracers (tracer, ...) in ug m-3."""

    species: tuple[str, ...]
    settings: BoxSettings

    @property
    def tracer_names(self) -> tuple[str, ...]:
        """Tracers in the order of the tracer arrays."""
        return tracers.names()

    def surface(self, tracer: Array, moment: Moment) -> tuple[Array, Array]:
        """Return wet surface (m2 m-3) and radius (m) of the fine particles."""
        dry = fine_mass(tracer, moment.T)
        return uptake.wet_surface(dry, moment.rh, self.settings.particle_radius_um * UM)

    def uptake_rates(self, tracer: Array, moment: Moment) -> dict[str, Array]:
        """Return the mechanism's heterogeneous rates (s-1) for (scenario, day, zone), by their names."""
        s = self.settings
        area, radius = self.surface(tracer, moment)
        moles = {name: tracer[row] / mass / UG_PER_G for name, row, mass in self._ions()}
        gamma = uptake.n2o5_gamma(moment.T, moment.rh, moles["ASO4"], moles["ANO3"], moles["ANH4"], s.n2o5_gamma_max)
        ground = uptake.no2_ground_rate(s.hono_ground_gamma, moment.radiation, moment.T, moment.height)
        full = np.ones_like(area)
        return {
            "HETERO_N2O5IJ": uptake.uptake_rate(gamma, area, radius, moment.T, uptake.M_N2O5),
            "HETERO_H2NO3PAIJ": full * H2NO3_RELEASE,
            "HETERO_H2NO3PAK": full * H2NO3_RELEASE,
            "HETERO_NO2": uptake.NO2_PARTICLE * area + ground,
            "HETERO_NTR2": full * s.ntr2_hydrolysis_s,
        }

    def _ions(self) -> tuple[tuple[str, int, float], ...]:
        masses = {"ASO4": sna.M_SO4, "ANO3": sna.M_NO3, "ANH4": sna.M_NH4}
        return tuple((name, self.tracer_names.index(name), mass) for name, mass in masses.items())

    def step(self, gas: Array, tracer: Array, moment: Moment, so2_uptake: Array, seconds: float) -> None:
        """Change gases (ppb) and tracers (ug m-3) in place by one aerosol step of `seconds`.

        `so2_uptake` (day, 1) is the share of the SO2 uptake coefficient that acts.
        """
        mol_per_ppb = PPB * moment.P / (GAS_CONSTANT * moment.T)
        self._sulfate(gas, tracer, moment, so2_uptake, seconds, mol_per_ppb)
        self._organics(gas, tracer, mol_per_ppb)
        self._nitrate(gas, tracer, moment, mol_per_ppb)

    def _sulfate(
        self, gas: Array, tracer: Array, moment: Moment, share: Array, seconds: float, mol_per_ppb: Array
    ) -> None:
        row, so2, sulf = self.tracer_names.index("ASO4"), self.species.index("SO2"), self.species.index("SULF")
        area, radius = self.surface(tracer, moment)
        gamma = share * uptake.so2_gamma(moment.rh, self.settings.so2_gamma_dry, self.settings.so2_gamma_wet)
        rate = np.where(gamma > 0.0, uptake.uptake_rate(gamma, area, radius, moment.T, uptake.M_SO2), 0.0)
        taken = gas[so2] * -np.expm1(-rate * seconds)
        tracer[row] += (taken + gas[sulf]) * mol_per_ppb * sna.M_SO4 * UG_PER_G
        gas[so2] -= taken
        gas[sulf] = 0.0

    def _organics(self, gas: Array, tracer: Array, mol_per_ppb: Array) -> None:
        emptied = set()
        for item in soa.yields():
            if item.species in self.species:
                row = self.species.index(item.species)
                tracer[self.tracer_names.index(item.bin)] += gas[row] * mol_per_ppb * item.g_per_mol * UG_PER_G
                emptied.add(row)
        for row in emptied:
            gas[row] = 0.0

    def _nitrate(self, gas: Array, tracer: Array, moment: Moment, mol_per_ppb: Array) -> None:
        nh3, so4, no3, nh4 = (self.tracer_names.index(name) for name in tracers.INORGANIC)
        hno3 = self.species.index("HNO3")
        found = sna.equilibrium(
            tracer[so4] / sna.M_SO4 / UG_PER_G,
            tracer[nh3] / sna.M_NH3 / UG_PER_G + tracer[nh4] / sna.M_NH4 / UG_PER_G,
            gas[hno3] * mol_per_ppb + tracer[no3] / sna.M_NO3 / UG_PER_G,
            moment.T,
            moment.P,
            moment.rh,
        )
        tracer[no3], tracer[nh4] = found.nitrate * sna.M_NO3 * UG_PER_G, found.ammonium * sna.M_NH4 * UG_PER_G
        tracer[nh3], gas[hno3] = found.nh3 * sna.M_NH3 * UG_PER_G, found.hno3 / mol_per_ppb


def fine_mass(tracer: Array, temperature: Array) -> Array:
    """Return the dry mass of fine particles (ug m-3) from tracers (tracer, ...)."""
    return aerosol_parts(tracer, temperature)["PM25"]


def aerosol_parts(tracer: Array, temperature: Array) -> Mapping[str, Array]:
    """Return the aerosol of the common schema (ug m-3) from tracers (tracer, ...); semivolatiles partitioned at K.

    `PM25_OC` is organic carbon, `PM25_OM` organic matter, `PM25_SOA` the secondary part of it.
    """
    names, table = tracers.names(), soa.bins()
    value = dict(zip(names, tracer, strict=True))
    volatile = tracer[len(names) - len(table.names) :]
    primary = value["APOC"] + value["APNCOM"]
    secondary = soa.particle_share(volatile, primary, np.broadcast_to(temperature, primary.shape)) * volatile
    per_oc = table.om_per_oc.reshape(-1, *(1,) * primary.ndim)
    parts = {
        "PM25_SO4": value["ASO4"],
        "PM25_NO3": value["ANO3"],
        "PM25_NH4": value["ANH4"],
        "PM25_EC": value["AEC"],
        "PM25_OC": value["APOC"] + (secondary / per_oc).sum(axis=0),
        "PM25_OM": primary + secondary.sum(axis=0),
        "PM25_SOA": secondary.sum(axis=0),
        "PM25_OTHER": value["AOTHR"],
    }
    fine = sum(parts[name] for name in ("PM25_SO4", "PM25_NO3", "PM25_NH4", "PM25_EC", "PM25_OM", "PM25_OTHER"))
    return {"PM25": np.asarray(fine), "PM10": np.asarray(fine + value["ACOARSE"]), **parts}
