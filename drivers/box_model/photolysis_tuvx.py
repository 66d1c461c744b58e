"""Making the photolysis table with TUV-x (`musica.tuvx`); needed only to remake the shipped one.

`python -m drivers.box_model.photolysis_tuvx FOLDER` writes `photolysis_tuvx.csv` and its manifest.
"""

import itertools
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aqcore.publish import publish_text
from drivers.box_model.photolysis import AXES, read_map

ZENITH_DEG = (0, 15, 30, 40, 50, 57, 63, 68, 72, 75, 78, 80, 82, 84, 86, 88, 90, 92, 94, 96)
AOD550 = (0.0, 0.2, 0.4, 0.8, 1.2, 1.8, 2.5)
OZONE_DU = (250.0, 300.0, 350.0, 400.0)


@dataclass(frozen=True)
class Atmosphere:
    """What stands behind the table besides its axes.

    Urban aerosol of north China: single-scattering albedo 0.88 (0.88 to 0.93 is usual at 550 nm, less in the
    ultraviolet), asymmetry 0.65, Angstrom exponent 1.2, scale height 1.5 km; ground albedo 0.05, that of cities and
    plants in the ultraviolet (TUV-x itself takes 0.1). Profiles are those of TUV-x v5.4. From memory but the last.
    """

    ground_albedo: float = 0.05
    single_scattering_albedo: float = 0.88
    asymmetry: float = 0.65
    angstrom: float = 1.2
    scale_height_km: float = 1.5
    base_ozone_du: float = 300.0


class Column:
    """A TUV-x calculator whose aerosol and ozone column can be set."""

    def __init__(self, atmosphere: Atmosphere) -> None:
        from musica.tuvx import v54

        self._atmosphere = atmosphere
        self._tuv: Any = v54.get_tuvx_calculator()
        grids = self._tuv.get_grid_map()
        self._height = grids["height", "km"]
        self._wavelength = np.array(grids["wavelength", "nm"].midpoints)
        self._aerosol = self._tuv.get_radiator_map()["aerosol"]
        self._ozone = self._tuv.get_profile_map()["O3", "molecule cm-3"]
        albedo = self._tuv.get_profile_map()["surface albedo", "none"]
        albedo.midpoint_values[:] = atmosphere.ground_albedo
        albedo.edge_values[:] = atmosphere.ground_albedo
        self._ozone_base = (self._ozone.midpoint_values.copy(), self._ozone.edge_values.copy())

    def set_aerosol(self, aod550: float) -> None:
        """Spread the optical depth exponentially over height, with the Angstrom law over wavelength."""
        a = self._atmosphere
        share = np.exp(-np.array(self._height.midpoints) / a.scale_height_km)
        spectrum = aod550 * (self._wavelength / 550.0) ** -a.angstrom
        self._aerosol.optical_depths[:] = spectrum[:, None] * (share / share.sum())[None, :]
        self._aerosol.single_scattering_albedos[:] = a.single_scattering_albedo
        self._aerosol.asymmetry_factors[:] = a.asymmetry

    def set_ozone(self, ozone_du: float) -> None:
        """Scale the ozone profile to a column in Dobson units."""
        factor = ozone_du / self._atmosphere.base_ozone_du
        self._ozone.midpoint_values[:] = self._ozone_base[0] * factor
        self._ozone.edge_values[:] = self._ozone_base[1] * factor
        self._ozone.calculate_layer_densities(self._height)

    def frequencies(self, zenith_deg: float, reactions: Sequence[str]) -> list[float]:
        """Return the frequencies (s-1) at the ground and 1 AU.

        The distance stays 1: musica 0.17 multiplies the sun's flux by this argument instead of dividing by its square.
        """
        output = self._tuv.run(sza=float(np.radians(zenith_deg)), earth_sun_distance=1.0)
        ground = output.photolysis_rate_constants.isel(vertical_edge=0)
        return [max(float(ground.sel(reaction=name)), 0.0) for name in reactions]


def compute_table(
    zenith_deg: Sequence[float] = ZENITH_DEG,
    aod550: Sequence[float] = AOD550,
    ozone_du: Sequence[float] = OZONE_DU,
    atmosphere: Atmosphere | None = None,
) -> pd.DataFrame:
    """Return frequencies (s-1) at the ground: columns `AXES`, then every TUV-x reaction of the map."""
    column = Column(atmosphere or Atmosphere())
    reactions = list(dict.fromkeys(read_map()["tuv_reaction"]))
    rows = []
    for ozone, aod in itertools.product(ozone_du, aod550):
        column.set_ozone(ozone)
        column.set_aerosol(aod)
        rows += [[zenith, aod, ozone, *column.frequencies(zenith, reactions)] for zenith in zenith_deg]
    return pd.DataFrame(rows, columns=[*AXES, *reactions]).sort_values(list(AXES), ignore_index=True)


def write_table(folder: Path) -> None:
    """Write `photolysis_tuvx.csv` (four significant digits) and `photolysis_tuvx.json` into `folder`."""
    publish_text(folder / "photolysis_tuvx.csv", compute_table().to_csv(index=False, float_format="%.4g"))
    made = {
        "made_with": f"TUV-x v5.4 configuration of musica {version('musica')}",
        "made_on": datetime.now(UTC).date().isoformat(),
        "what": "photolysis frequencies (s-1) at the ground, 1 AU, TUV-x reaction names",
        "atmosphere": asdict(Atmosphere()),
        "axes": {"zenith_deg": ZENITH_DEG, "aod550": AOD550, "ozone_du": OZONE_DU},
    }
    publish_text(folder / "photolysis_tuvx.json", json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    write_table(Path(sys.argv[1]))
