"""What drives a box through its day: weather, sun, layer and wind at any second, from the hourly values of a run."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from drivers.box_model.mixing_layer import wind_in_layer
from drivers.box_model.photolysis import PhotolysisTable
from drivers.box_model.rates import number_density
from drivers.box_model.settings import BoxSettings
from drivers.box_model.solar import (
    clear_sky_radiation,
    cloud_photolysis_factor,
    cloud_radiation_factor,
    cos_zenith,
    distance_factor,
)

Array = npt.NDArray[np.float64]

SECONDS_AN_HOUR = 3600
HOURS = 24
WIND_HEIGHT_M = 10.0
TWILIGHT = 0.2
"""cos(zenith) at which deposition and wind profile are wholly those of the day."""
HAZE_EXTINCTION = 0.15
HAZE_FREE_AOD = 0.3
"""Global radiation falls by exp(-0.15 (AOD - 0.3) / cos z): the clear-sky formula holds 0.3 already (a choice)."""


def saturation_pressure(temperature: Array) -> Array:
    """Return the saturation vapour pressure over water (Pa), Magnus: 611.2 exp(17.62 t / (243.12 + t)), t in C."""
    celsius = temperature - 273.15
    return np.asarray(611.2 * np.exp(17.62 * celsius / (243.12 + celsius)))


def water_mixing_ratio(temperature: Array, pressure: Array, rh: Array) -> Array:
    """Return water vapour (mol mol-1) from K, Pa and relative humidity 0..1."""
    return np.asarray(rh * saturation_pressure(temperature) / pressure)


def hazy_radiation(sin_elevation: Array, aod: Array, cloud: Array) -> Array:
    """Return global radiation (W m-2) under cloud (0..1) and an aerosol of optical depth `aod` at 550 nm."""
    haze = np.exp(-HAZE_EXTINCTION * np.maximum(aod - HAZE_FREE_AOD, 0.0) / np.maximum(sin_elevation, TWILIGHT))
    return np.asarray(clear_sky_radiation(sin_elevation) * haze * cloud_radiation_factor(cloud))


@dataclass(frozen=True)
class Moment:
    """The weather of every (day, zone) at one moment.

    T K, P Pa, rh 0..1, cloud 0..1, wind m s-1 (mean of the layer, steady part), height m, cosz, radiation W m-2,
    daylight 0..1; `ground_wind` m s-1 at 10 m, steady part, and the `exponent` of its power law.
    """

    T: Array
    P: Array
    rh: Array
    cloud: Array
    wind: Array
    height: Array
    cosz: Array
    radiation: Array
    daylight: Array
    ground_wind: Array
    exponent: Array

    def wind_at(self, height_m: Array) -> Array:
        """Return the wind (m s-1) at a height."""
        return np.asarray(self.ground_wind * (height_m / WIND_HEIGHT_M) ** self.exponent)

    @property
    def air(self) -> Array:
        """Number density of air, molecule cm-3."""
        return number_density(self.T, self.P)

    @property
    def water(self) -> Array:
        """Water vapour, mol mol-1."""
        return water_mixing_ratio(self.T, self.P, self.rh)


class Weather:
    """The weather of one pass over the days (a spin-up pass or the days themselves)."""

    def __init__(self, inputs: xr.Dataset, which: int, settings: BoxSettings) -> None:
        self._settings = settings
        one = inputs.isel(which=which)
        self._hourly = {
            name: one[name].transpose("hour", "day", "zone").to_numpy().astype(np.float64)
            for name in ("T", "P", "RH", "cloud", "wind")
        }
        self._edges = one["height"].transpose("edge", "day", "zone").to_numpy().astype(np.float64)
        self._midnight = one["midnight_utc"].to_numpy().astype("datetime64[s]")
        self._aod = one["aod"].transpose("day", "zone").to_numpy().astype(np.float64)
        self._steadiness = one["steadiness"].transpose("day", "zone").to_numpy().astype(np.float64)
        self._ozone = inputs["ozone_du"].to_numpy().astype(np.float64)
        self._lon, self._lat = inputs["lon"].to_numpy(), inputs["lat"].to_numpy()

    def height(self, second: float) -> Array:
        """Return the layer height (m) at a second of the local day: log-linear between the hour's edges."""
        hour = min(int(second // SECONDS_AN_HOUR), HOURS - 1)
        share = second / SECONDS_AN_HOUR - hour
        low, high = self._edges[hour], self._edges[hour + 1]
        return np.asarray(low * (high / low) ** share)

    def _at(self, name: str, second: float) -> Array:
        values = self._hourly[name]
        position = second / SECONDS_AN_HOUR - 0.5  # an hourly mean stands at the middle of its hour
        low = int(np.floor(position))
        share = position - low
        return np.asarray((1.0 - share) * values[low % HOURS] + share * values[(low + 1) % HOURS])

    def _times(self, second: float) -> npt.NDArray[np.datetime64]:
        return np.asarray(self._midnight + np.timedelta64(round(second), "s"), "datetime64[s]")[:, None]

    def moment(self, second: float) -> Moment:
        """Return the weather at a second of the local day (0 to 86400)."""
        settings = self._settings
        cosz = cos_zenith(self._times(second), self._lon[None, :], self._lat[None, :])
        daylight = np.clip(cosz / TWILIGHT, 0.0, 1.0)
        exponent = settings.wind_exponent_night + daylight * (settings.wind_exponent_day - settings.wind_exponent_night)
        height, cloud, wind = self.height(second), self._at("cloud", second), self._at("wind", second)
        return Moment(
            T=self._at("T", second),
            P=self._at("P", second),
            rh=self._at("RH", second),
            cloud=cloud,
            wind=wind_in_layer(wind, height, exponent) * self._steadiness,
            height=height,
            cosz=cosz,
            radiation=hazy_radiation(cosz, self._aod, cloud),
            daylight=daylight,
            ground_wind=wind * self._steadiness,
            exponent=exponent,
        )

    def photolysis(self, moment: Moment, second: float, table: PhotolysisTable) -> Array:
        """Return frequencies (name, day, zone) s-1 at a moment, with cloud and the sun's distance."""
        zenith = np.degrees(np.arccos(np.clip(moment.cosz, -1.0, 1.0)))
        clear = table.rates(zenith, self._aod, self._ozone[:, None])
        return clear * cloud_photolysis_factor(moment.cloud) * distance_factor(self._times(second))
