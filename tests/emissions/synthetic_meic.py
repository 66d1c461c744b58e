"""A synthetic tree of MEIC: fields drawn at random over a box of China; no number of it is MEIC's."""

import netCDF4
import numpy as np

SECTORS = ("agriculture", "industry", "power", "residential", "transportation")

MISSING = -9999.0

SHARES = {"SO2": 3.0, "NOx": 8.0, "CO": 40.0, "VOC": 9.0, "PM10": 5.0, "PM25": 3.0, "BC": 0.4, "OC": 0.5, "CO2": 900.0}
"""Relative mass; nested particles stay nested."""


def edges(low, high, step):
    return np.linspace(low, high, round((high - low) / step) + 1)


def field(rng, sector, species, month, shape):
    """t a cell and month, rows from the south: most cells empty, those with data shared by all species of a sector."""
    pattern = np.random.default_rng([SECTORS.index(sector), month]).uniform(0.0, 1.0, shape)
    land = np.random.default_rng(SECTORS.index(sector)).uniform(0.0, 1.0, shape) < 0.3
    if sector == "agriculture":
        return np.where(land, 20.0 * pattern, 0.0) if species == "NH3" else np.zeros(shape)
    return np.where(land, 10.0 * SHARES.get(species, 0.3) * pattern * rng.uniform(0.98, 1.0, shape), 0.0)


def write_ascii(path, values, west, south, step):
    """ESRI grid: rows from the north, cells without data -9999."""
    shown = np.where(values == 0.0, MISSING, values)[::-1]
    head = (f"ncols {values.shape[1]}\nnrows {values.shape[0]}\nxllcorner {west}\nyllcorner {south}\n"
            f"cellsize {step}\nNODATA_value {MISSING:g}\n")  # fmt: skip
    with path.open("w") as file:
        file.write(head)
        np.savetxt(file, shown, fmt="%.17g")


def write_gmt(path, values, west, south, step):
    """The netCDF of old GMT: flat z from the north-west, ranges and spacing as variables."""
    nrows, ncols = values.shape
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as file:
        file.createDimension("side", 2)
        file.createDimension("xysize", values.size)
        for name, content in (
            ("x_range", [west, west + step * ncols]),
            ("y_range", [south, south + step * nrows]),
            ("spacing", [step, step]),
        ):
            file.createVariable(name, "f8", ("side",))[:] = content
        file.createVariable("dimension", "i4", ("side",))[:] = [ncols, nrows]
        z = file.createVariable("z", "f8", ("xysize",))
        z.nodata_value = MISSING
        z[:] = np.where(values == 0.0, MISSING, values)[::-1].ravel()


def write_tree(folder, *, west=70.0, south=10.0, shape=(200, 320), step=0.25, months=range(1, 13), species=(),
               double=False, ascii_sectors=("power",), seed=5):  # fmt: skip
    """Write a tree and return what it holds, t/a (10^6 mol/a of CB05 species) by (sector, species)."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    sums = {}
    link = "__" if double else "_"
    for month in months:
        for sector in SECTORS:
            for name in (*SHARES, "NH3", *species):
                values = field(rng, sector, name, month, shape)
                stem = f"2020_{month:02d}{link}{sector}{link}{name}"
                if sector in ascii_sectors:
                    write_ascii(folder / f"{stem}.asc", values, west, south, step)
                else:
                    write_gmt(folder / f"{stem}.nc", values, west, south, step)
                sums[sector, name] = sums.get((sector, name), 0.0) + values.sum()
    return sums
