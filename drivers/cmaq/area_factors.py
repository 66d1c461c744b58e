"""From factors of single sources to factors of (sector, district, emission species), which is what DESID can say."""

import numpy as np
import pandas as pd
import xarray as xr


def area_factors(base: xr.DataArray, controlled: xr.DataArray, sources: pd.DataFrame) -> xr.DataArray:
    """Return the factor of each (sector, district, species): the amount-weighted mean over its sources.

    `base` and `controlled` are annual amounts (source, species), speciated before and after control; `sources` is the
    inventory's table with `sector` and `district`. The mean makes the total of every (sector, district, species)
    exactly that of the single sources; where within the district the reduction falls is lost. NaN where nothing is
    emitted.
    """
    keys = pd.MultiIndex.from_frame(sources[["sector", "district"]])
    before, after = _summed(base, keys), _summed(controlled.sel(source=base["source"]), keys)
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.where(before > 0.0, after / before, np.nan)
    coords = {
        "sector": np.array(_order(sources["sector"]), dtype=object),
        "district": np.array(_order(sources["district"]), dtype=object),
        "species": base["species"],
    }
    return xr.DataArray(factor, coords, ("sector", "district", "species"), "factor", {"units": "1"})


def _order(values: pd.Series) -> list[str]:
    return sorted(set(values))


def _summed(amount: xr.DataArray, keys: pd.MultiIndex) -> np.ndarray:
    """Return sums (sector, district, species) of amounts (source, species)."""
    sectors, districts = _order(keys.get_level_values(0).to_series()), _order(keys.get_level_values(1).to_series())
    rows = pd.Index(sectors).get_indexer(keys.get_level_values(0))
    columns = pd.Index(districts).get_indexer(keys.get_level_values(1))
    out = np.zeros((len(sectors), len(districts), amount.sizes["species"]))
    np.add.at(out, (rows, columns), amount.transpose("source", "species").to_numpy())
    return out
