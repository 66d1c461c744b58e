"""Rate coefficients of a mechanism at the temperatures, pressures and light of the boxes.

Units: molecule, cm3, s, K, Pa. Order of dimensions: node (time), reaction, box. Third bodies (M, O2, N2, H2O, H2, CH4)
are folded into the coefficient, so that a coefficient has the unit (molecule cm-3)^(1-n) s-1, n counting the varying
reactants.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aqcore.errors import Faults, did_you_mean, gathering
from drivers.box_model.mechanism import Mechanism, Reaction
from drivers.box_model.rate_forms import Arrhenius, Form, Rate

Array = NDArray[np.float64]

BOLTZMANN = 1.380649e-23  # J K-1, exact in the SI of 2019
CM3_PER_M3 = 1e6
PA_PER_ATM = 101325.0
T_REFERENCE = 300.0  # K, of the Arrhenius form in CMAQ's mechanisms
T_RANGE = (180.0, 340.0)  # K; outside, a unit is wrong (degrees Celsius, hPa) rather than the weather strange
P_RANGE = (20_000.0, 110_000.0)  # Pa


@dataclass(frozen=True)
class Environment:
    """What rate coefficients depend on, at the nodes of time and in every box.

    temperature K, pressure Pa, water mol mol-1: (node, box); photolysis s-1: (node, name, box) in the order of
    `Mechanism.photolysis`; heterogeneous s-1: (node, name, box) in the order of `Mechanism.heterogeneous`.
    `mixing_ratios` (mol mol-1, a number or broadcast to (node, box)) replaces the mechanism's own CH4, H2, O2, N2;
    `open_sea` is the share of open sea, 0 over land.
    """

    temperature: Array
    pressure: Array
    water: Array
    photolysis: Array
    heterogeneous: Array
    mixing_ratios: Mapping[str, ArrayLike] = field(default_factory=dict)
    open_sea: float = 0.0

    @property
    def air(self) -> Array:
        """Number density of air, molecule cm-3: P / (k_B T)."""
        return number_density(self.temperature, self.pressure)


def number_density(temperature: Array, pressure: Array) -> Array:
    """Return the number density of air in molecule cm-3 at K and Pa (ideal gas)."""
    return pressure / (BOLTZMANN * temperature) / CM3_PER_M3


def environment(
    mechanism: Mechanism,
    temperature: ArrayLike,
    pressure: ArrayLike,
    water: ArrayLike,
    photolysis: Mapping[str, ArrayLike],
    heterogeneous: Mapping[str, ArrayLike],
    *,
    mixing_ratios: Mapping[str, ArrayLike] | None = None,
    open_sea: float = 0.0,
) -> Environment:
    """Return the environment with every array broadcast to (node, box) and named rates put in the mechanism's order.

    temperature K (node, box); pressure Pa, water mol mol-1 and each photolysis frequency or uptake rate s-1 broadcast
    to it. Raises `InputError` on names that are missing or unknown, and on values that no troposphere has.
    """
    T = np.asarray(temperature, dtype=np.float64)
    P, w = (np.broadcast_to(np.asarray(a, dtype=np.float64), T.shape) for a in (pressure, water))
    with gathering() as faults:
        _check_range(faults, "temperature", "K", T, T_RANGE)
        _check_range(faults, "pressure", "Pa", P, P_RANGE)
        _check_range(faults, "water", "mol mol-1", w, (0.0, 0.1))
        J = _stack(faults, "photolysis", mechanism.photolysis, photolysis, T.shape)
        uptake = _stack(faults, "heterogeneous", mechanism.heterogeneous, heterogeneous, T.shape)
    return Environment(T, P, w, J, uptake, dict(mixing_ratios or {}), open_sea)


def rate_coefficients(mechanism: Mechanism, env: Environment) -> Array:
    """Return the coefficients (node, reaction, box), third bodies folded in, unit (molecule cm-3)^(1-n) s-1.

    Source of each form: `rate_forms`.
    """
    air = env.air
    third = _third_bodies(mechanism, env, air)
    coefficients = _Coefficients(mechanism, env, air)
    k = np.empty((air.shape[0], len(mechanism.reactions), air.shape[1]))
    for row, reaction in enumerate(mechanism.reactions):
        value = coefficients.of(reaction)
        for body in reaction.third_bodies:
            value = value * third[body]
        k[:, row] = value
    return k


def arrhenius(term: Arrhenius, temperature: Array) -> Array:
    """Return A (T / 300)^B exp(-C / T)."""
    value: Array = term.A * (temperature / T_REFERENCE) ** term.B * np.exp(-term.C / temperature)
    return value


def troe(low: Array, high: Array, F: float, N: float) -> Array:
    """Return the fall-off coefficient of a low (already times [M]) and a high pressure limit; Troe in CMAQ's form."""
    ratio = low / high
    value: Array = low / (1.0 + ratio) * F ** (1.0 / (1.0 + (np.log10(ratio) / N) ** 2))
    return value


class _Coefficients:
    """The coefficients of one environment; a relative rate looks up the one that it refers to."""

    def __init__(self, mechanism: Mechanism, env: Environment, air: Array) -> None:
        self._env = env
        self._air = air
        self._reactions = dict(zip(mechanism.labels, mechanism.reactions, strict=True))
        self._photolysis = {name: row for row, name in enumerate(mechanism.photolysis)}
        self._heterogeneous = {name: row for row, name in enumerate(mechanism.heterogeneous)}

    def of(self, reaction: Reaction) -> Array:
        rate = reaction.rate
        match rate.form:
            case Form.RELATIVE:
                return rate.scale * self.of(self._reactions[rate.of])
            case Form.PHOTOLYSIS:
                return rate.scale * self._env.photolysis[:, self._photolysis[rate.of]]
            case Form.HETEROGENEOUS:
                return rate.scale * self._env.heterogeneous[:, self._heterogeneous[rate.of]]
            case Form.SEA_SURFACE:
                return self._sea_surface(rate)
            case _:
                return self._thermal(rate)

    def _thermal(self, rate: Rate) -> Array:
        terms = [arrhenius(term, self._env.temperature) for term in rate.terms]
        match rate.form:
            case Form.TROE:
                return troe(terms[0] * self._air, terms[1], rate.F, rate.N)
            case Form.PRESSURE_SUM:
                return terms[0] + terms[1] * self._air
            case Form.NITRIC_ACID:
                low = terms[2] * self._air
                return terms[0] + low / (1.0 + low / terms[1])
            case _:
                return terms[0]

    def _sea_surface(self, rate: Rate) -> Array:
        atm = self._env.pressure / PA_PER_ATM
        loss = sum((term.A * np.exp(term.B * atm) for term in rate.terms), np.zeros_like(atm))
        return self._env.open_sea * np.minimum(loss, rate.cap)


def _third_bodies(mechanism: Mechanism, env: Environment, air: Array) -> dict[str, Array]:
    constants = {**mechanism.constants, **env.mixing_ratios}
    fixed = {name: np.asarray(ratio, dtype=np.float64) * air for name, ratio in constants.items()}
    return {"M": air, "H2O": env.water * air, **fixed}


def _stack(
    faults: Faults, kind: str, names: tuple[str, ...], given: Mapping[str, ArrayLike], shape: tuple[int, ...]
) -> Array:
    for name in given:
        if name not in names:
            faults.add(kind, f"{name!r} is not a {kind} rate of the mechanism", did_you_mean(name, names))
    stack = np.zeros((shape[0], len(names), shape[1]))
    for row, name in enumerate(names):
        if name not in given:
            faults.add(kind, f"{name!r} is missing", "give its rate in s-1, 0 where it does not act")
            continue
        stack[:, row] = given[name]
        _check_range(faults, f"{kind} {name}", "s-1", stack[:, row], (0.0, np.inf))
    return stack


def _check_range(faults: Faults, name: str, unit: str, values: Array, allowed: tuple[float, float]) -> None:
    wrong = ~((values >= allowed[0]) & (values <= allowed[1]))
    if wrong.any():
        node, box = np.argwhere(wrong)[0]
        what = f"{name} is {values[node, box]:g} {unit} ({int(wrong.sum())} values in all)"
        faults.add(f"node {node}, box {box}", what, f"give {name} in {unit} between {allowed[0]:g} and {allowed[1]:g}")
