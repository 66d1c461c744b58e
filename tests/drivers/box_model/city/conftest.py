"""A small synthetic city: three districts, a summer and a winter day, made-up emissions and inflow."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from drivers.box_model.settings import BoxSettings
from observations.background import Background
from observations.model_days import ModelDays

ZONES = ("110101", "110102", "110111")
AREA = np.array([50e6, 60e6, 1900e6])
EMISSION = {  # mol/s or g/s of the first zone by day
    "NO": 5.0, "NO2": 0.5, "HONO": 0.05, "CO": 60.0, "SO2": 1.5, "NH3": 3.0, "PAR": 9.0, "OLE": 0.3, "ETH": 0.5,
    "TOL": 0.4, "XYLMN": 0.3, "BENZ": 0.2, "FORM": 0.3, "ALD2": 0.1, "ISOP": 0.01, "POC": 20.0, "PNCOM": 8.0,
    "PEC": 10.0, "PSO4": 2.0, "PMOTHR": 30.0, "PK": 1.0, "PMC": 40.0,
}  # fmt: skip
INFLOW = {
    "O3": 55.0, "NO2": 5.0, "NO": 0.2, "SO2": 2.0, "CO": 400.0, "NH3": 8.0, "HNO3": 0.5, "CH4": 1900.0, "ETHA": 2.0,
    "PAR": 8.0, "FORM": 1.5, "ISOP": 0.2, "PM25": 40.0, "PM25_SO4": 8.0, "PM25_NO3": 7.0, "PM25_NH4": 5.0,
    "PM25_OC": 7.5, "PM25_EC": 2.0, "PM10": 60.0,
}  # fmt: skip


class SquareGrid:
    """A grid of three cells, one a district."""

    def cell_area(self):
        return AREA[None, :]

    def centres(self):
        return np.array([[116.40, 116.36, 116.10]]), np.array([[39.92, 39.91, 39.70]])


@dataclass
class FakeStreams:
    """Emissions that are 1.2 of the table by day and 0.6 by night, scaled by a factor a species."""

    rates: dict = field(default_factory=lambda: dict(EMISSION))
    grid: SquareGrid = field(default_factory=SquareGrid)
    share: np.ndarray = field(default_factory=lambda: np.array([1.0, 0.9, 2.0]))

    def zone_mask(self):
        return xr.DataArray(np.eye(3)[:, None, :], {"zone": list(ZONES)}, ("zone", "y", "x"))

    def zone_emissions(self, times_utc, factors=None):
        local = pd.DatetimeIndex(np.asarray(times_utc).ravel()) + pd.Timedelta("8h")
        course = np.where((local.hour >= 7) & (local.hour < 21), 1.2, 0.6)
        base = np.array(list(self.rates.values()))
        if factors is not None:
            scale = {str(p): float(factors.sel(pollutant=p).mean()) for p in factors["pollutant"].to_numpy()}
            base = base * [scale.get("NOx" if name in {"NO", "NO2", "HONO"} else name, 1.0) for name in self.rates]
        values = base[:, None, None] * course[:, None] * self.share
        coords = {"species": list(self.rates), "zone": list(ZONES)}
        return xr.DataArray(values, coords, ("species", "time", "zone"))


def course(mean, amplitude, peak=15):
    return mean + amplitude * np.cos(2.0 * np.pi * (np.arange(24) - peak) / 24.0)


def days_dataset(dates=("2013-07-10", "2013-01-16"), shift=0.0):
    shape = (2, 24, 3)
    hourly = {
        "T": np.stack([course(300.0 + shift, 5.0), course(273.0 + shift, 4.0)]),
        "P": np.full((2, 24), 101000.0),
        "RH": np.stack([course(0.60, -0.15), course(0.65, -0.13)]),
        "wind": np.stack([course(1.8, 0.6), course(1.3, 0.3)]),
        "obs_PM25": np.stack([np.full(24, 70.0), np.full(24, 180.0)]),
    }
    variables = {
        name: (("day", "hour", "zone"), np.broadcast_to(v[:, :, None], shape).copy()) for name, v in hourly.items()
    }
    coords = {
        "hour": np.arange(24),
        "zone": list(ZONES),
        "date": ("day", np.array(dates, dtype="datetime64[ns]")),
        "season": ("day", ["summer", "winter"]),
        "weight": ("day", [180.0, 185.0]),
        "label": ("day", ["episode", "haze"]),
    }
    return xr.Dataset(variables, coords)


@pytest.fixture
def streams():
    return FakeStreams()


@pytest.fixture
def days():
    return ModelDays(days_dataset(), 273.15, "typical", "synthetic")


@pytest.fixture
def observed_days():
    before = days_dataset(("2013-07-09", "2013-01-15"), shift=-2.0)
    return ModelDays(days_dataset(), 273.15, "observed", "synthetic", before)


@pytest.fixture
def background():
    values = {(season, name): (value,) * 24 for season in ("summer", "winter") for name, value in INFLOW.items()}
    return Background(values, pd.DataFrame())


@pytest.fixture
def settings():
    return BoxSettings(core_zones=ZONES[:2], spinup_days=1)


@pytest.fixture
def inputs(streams, days, background, settings):
    """The input of the base scenario, as a driver makes it."""
    from drivers.box_model.box_case import background_dataset, emission_dataset, weather_dataset, zone_table

    data = weather_dataset(days, zone_table(streams, days.zones, settings), settings)
    data["emission"] = emission_dataset(streams, days, days.zones, None, settings.timezone)
    return data.merge(background_dataset(background, days, settings))
