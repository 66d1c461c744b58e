"""A synthetic batch of boxes on which the engines are compared and timed; it stands for no city.

Noon to noon; NOx, VOC, temperature, light, latitude and season drawn per box, so that urban, rural, summer and winter
boxes and their nights are all there. Emission follows two rush hours; dilution to a background and deposition act all
the time.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from drivers.box_model.engine import Array
from drivers.box_model.mechanism import Mechanism
from drivers.box_model.rates import Environment, environment, number_density

PRESSURE = 101_325.0  # Pa
WATER_SUMMER = 0.02  # mol mol-1; halves every 12 K below the summer mean, about the slope of saturation
T_SUMMER, T_SWING, T_WINTER_DROP = 300.0, 5.0, 28.0  # K: mean, half the daily range, how much colder winter is
DECLINATION_SUMMER = 21.5  # degrees; its negative in winter
DILUTION = 1.0 / 43_200.0  # s-1
NOON, DAY = 43_200.0, 86_400.0  # s
UPTAKE = {  # s-1, of the order seen at 1000 um2 cm-3 of particle surface
    "HETERO_NO2": 2e-6,
    "HETERO_N2O5IJ": 2e-4,
    "HETERO_N2O5K": 2e-5,
    "HETERO_NTR2": 5e-6,
    "HETERO_H2NO3PAIJ": 1e-3,
    "HETERO_H2NO3PAK": 1e-3,
}
# of emission by local hour: two rush hours, quiet nights; constructed
NIGHT, MORNING = (0.4, 0.35, 0.3, 0.3, 0.4, 0.7), (1.2, 1.6, 1.6, 1.3, 1.15, 1.1)
AFTERNOON, EVENING = (1.1, 1.1, 1.15, 1.2, 1.4, 1.6), (1.5, 1.3, 1.0, 0.8, 0.65, 0.5)
CYCLE = np.array([*NIGHT, *MORNING, *AFTERNOON, *EVENING])
PER_PPB = 1e-9
HOUR = 3600.0


@dataclass(frozen=True)
class Draws:
    """What differs between the boxes, each (box,)."""

    nox: Array
    voc: Array
    light: Array
    warmth: Array
    latitude: Array
    winter: Array


@dataclass(frozen=True)
class Case:
    """Arguments of `Engine.solve` for the batch."""

    y0: Array
    environment: Environment
    node_times: Array
    emission: Array
    loss: Array
    per_ppb: Array

    def batch(self, boxes: slice) -> "Case":
        """Return the case of some of its boxes."""
        env = self.environment
        part = Environment(
            env.temperature[:, boxes],
            env.pressure[:, boxes],
            env.water[:, boxes],
            env.photolysis[..., boxes],
            env.heterogeneous[..., boxes],
        )
        own = (self.emission[..., boxes], self.loss[..., boxes], self.per_ppb[boxes])
        return Case(self.y0[:, boxes], part, self.node_times, *own)


def draw(boxes: int, seed: int = 0) -> Draws:
    """Return the draws of a batch; box 0 is the urban summer box with every factor 1, a fifth of the rest winter."""
    random = np.random.default_rng(seed)
    nox, voc = (10.0 ** random.uniform(-1.5, 0.4, boxes) for _ in range(2))
    light, warmth = random.uniform(0.4, 1.1, boxes), random.uniform(-6.0, 4.0, boxes)
    latitude, winter = random.uniform(20.0, 45.0, boxes), (random.uniform(size=boxes) < 0.2).astype(np.float64)
    first = {0: (nox, 1.0), 1: (voc, 1.0), 2: (light, 1.0), 3: (warmth, 0.0), 4: (latitude, 34.7), 5: (winter, 0.0)}
    for values, value in first.values():
        values[0] = value
    return Draws(nox, voc, light, warmth, latitude, winter)


def build(mechanism: Mechanism, draws: Draws, *, hours: float = 24.0, node_seconds: float = 1800.0) -> Case:
    """Return the case of some draws with nodes every `node_seconds`; emission follows the hours of the day."""
    times = np.linspace(0.0, hours * HOUR, round(hours * HOUR / node_seconds) + 1)
    mean = T_SUMMER + draws.warmth - T_WINTER_DROP * draws.winter
    T = mean + T_SWING * np.cos(2.0 * np.pi * (times[:, None] + NOON - 15.0 * HOUR) / DAY)
    water = WATER_SUMMER * 0.5 ** ((T_SUMMER - mean) / 12.0)
    J = _photolysis(mechanism, draws, times)
    uptake = {name: UPTAKE.get(name, 0.0) for name in mechanism.heterogeneous}
    env = environment(mechanism, T, PRESSURE, water, J, uptake)
    per_ppb = number_density(mean, np.full_like(mean, PRESSURE)) * PER_PPB
    y0, emission, emitted, loss = _sources(mechanism, draws, per_ppb)
    cycle = np.interp((times + NOON) % DAY / HOUR, np.arange(25.0), np.append(CYCLE, CYCLE[0])) / CYCLE.mean()
    loss = np.broadcast_to(loss, (times.size, *y0.shape))
    return Case(y0, env, times, emission + (cycle[:, None, None] - 1.0) * emitted, loss, per_ppb)


def _photolysis(mechanism: Mechanism, draws: Draws, times: Array) -> dict[str, Array]:
    declination = np.deg2rad(DECLINATION_SUMMER * (1.0 - 2.0 * draws.winter))
    latitude = np.deg2rad(draws.latitude)
    hour_angle = 2.0 * np.pi * times[:, None] / DAY  # the case starts at noon
    cos_z = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(hour_angle)
    sun = np.maximum(cos_z, 1e-3)
    table = {row["photolysis"]: row for row in _rows("reference_photolysis.csv")}
    return {name: _light(table, name, sun) * draws.light * (cos_z > 0.0) for name in mechanism.photolysis}


def _light(table: Mapping[str, Mapping[str, str]], name: str, sun: Array) -> Array:
    row = table[name if name in table else name.replace("IUPAC13", "IUPAC10")]
    l_, m, n = (float(row[key]) for key in "lmn")
    light: Array = l_ * sun**m * np.exp(-n / sun)
    return light


def _sources(mechanism: Mechanism, draws: Draws, per_ppb: Array) -> tuple[Array, Array, Array, Array]:
    """Return y0, mean supply (emission and background), mean emission alone, and loss; each (species, box)."""
    y0 = np.zeros((len(mechanism.species), per_ppb.size))
    supply, emission, loss = np.zeros_like(y0), np.zeros_like(y0), np.full_like(y0, DILUTION)
    scales = {"NOx": draws.nox, "VOC": draws.voc, "": np.ones_like(per_ppb)}
    for row in _rows("reference_case.csv"):
        i, scale = mechanism.index(row["species"]), scales[row["scales_with"]]
        initial, emitted, background, deposition = (
            float(row[key] or 0.0) for key in ("initial_ppb", "emission_ppb_h", "background_ppb", "deposition_s-1")
        )
        y0[i] = initial * scale * per_ppb
        emission[i] = emitted * scale / HOUR * per_ppb
        supply[i] = emission[i] + background * DILUTION * per_ppb
        loss[i] += deposition
    return y0, supply, emission, loss


def _rows(name: str) -> list[dict[str, str]]:
    text = files("drivers.box_model").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
