"""Particles stay nested under control: PM10 holds PM2.5, PM2.5 holds BC and OC."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from aqcore.errors import Faults
from emissions.inventory import Inventory

FloatArray = npt.NDArray[np.float64]
#: Whole -> its parts (aqcore's table of pollutants says the same in `part_of`).
PARTS = {"PM10": ("PM25",), "PM25": ("BC", "OC")}
#: Rounding of the products: the parts may exceed the whole by this fraction.
TOLERANCE = 1e-9


def check_nesting(
    where: str, rules: Sequence[str], inventory: Inventory, mass: FloatArray, factors: FloatArray, faults: Faults
) -> None:
    """Note the sources whose parts outgrow the whole only through the scenario's factors (source, pollutant).

    `mass` (source, pollutant) is that on which the factors act. Sources that are not nested in the inventory itself
    (PM10 not stated) are the inventory's matter.
    """
    for whole, parts in PARTS.items():
        if whole not in inventory.pollutants:
            continue
        columns = [inventory.pollutants.index(part) for part in parts if part in inventory.pollutants]
        at = inventory.pollutants.index(whole)
        if (factors[:, columns] == factors[:, [at]]).all():
            continue
        nested = mass[:, columns].sum(axis=1) <= mass[:, at] * (1.0 + TOLERANCE)
        after = mass * factors
        broken = nested & (after[:, columns].sum(axis=1) > after[:, at] * (1.0 + 2.0 * TOLERANCE))
        if broken.any():
            example = inventory.sources.index[np.flatnonzero(broken)[0]]
            sums = f"{' + '.join(parts)} comes out above {whole}"
            what = f"{sums} at {broken.sum()} sources, e.g. {example} ({', '.join(rules)})"
            remedy = f"give {whole} no larger a removal than its parts, or leave its row out (it then follows them)"
            faults.add(where, what, remedy)
