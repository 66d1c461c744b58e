"""Rate coefficients inside the engine: `rates.rate_coefficients` as one straight-line vector kernel.

Temperature-dependent factors that several coefficients share are evaluated once; all exponentials go through one loop.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from drivers.box_model.mechanism import Mechanism
from drivers.box_model.rate_forms import Form, Rate
from drivers.box_model.rates import BOLTZMANN, CM3_PER_M3, PA_PER_ATM, T_REFERENCE, Array, Environment
from drivers.box_model.rosenbrock.ir import Function
from drivers.box_model.rosenbrock.packing import pack
from drivers.box_model.rosenbrock.shared_rates import SharedRate
from drivers.box_model.rosenbrock.vector_math import logarithm

CONSTANT_GASES = ("O2", "N2", "H2", "CH4")
BASE_ROWS = ("temperature", "pressure", "water", "open_sea", *CONSTANT_GASES)


def environment_rows(mechanism: Mechanism) -> tuple[str, ...]:
    """Return the names of the rows that the kernel reads at each node."""
    return (*BASE_ROWS, *mechanism.photolysis, *mechanism.heterogeneous)


def packed_environment(mechanism: Mechanism, env: Environment, lanes: int) -> Array:
    """Return the environment as (group, node, row, lane) with the rows of `environment_rows`, groups full."""
    nodes, boxes = env.temperature.shape
    wide = np.empty((nodes, len(environment_rows(mechanism)), boxes))
    constants = {**mechanism.constants, **env.mixing_ratios}
    gases: list[ArrayLike] = [constants.get(gas, 0.0) for gas in CONSTANT_GASES]
    values: list[ArrayLike] = [env.temperature, env.pressure, env.water, env.open_sea, *gases]
    for row, value in enumerate(values):
        wide[:, row] = value
    first, second = len(values), len(values) + len(mechanism.photolysis)
    wide[:, first:second], wide[:, second:] = env.photolysis, env.heterogeneous
    packed = np.empty((-(-boxes // lanes), *wide.shape[:2], lanes))
    pack(wide, packed)
    return packed


class RateKernel:
    """Writes @coefficients(env, k, x, z): the distinct coefficients from one node's rows; x and z are scratch."""

    def __init__(self, mechanism: Mechanism, rates: tuple[SharedRate, ...], lanes: int) -> None:
        self._rates = rates
        self._f = Function("coefficients", [f"ptr noalias %{n}" for n in ("env", "k", "x", "z")], lanes)
        self._rows = {name: i for i, name in enumerate(environment_rows(mechanism))}
        self._exponents: dict[tuple[float, float], int] = {}
        self._falloffs: dict[Rate, int] = {}
        self._values: dict[Rate, str] = {}
        for shared in rates:
            self._register(shared.rate)

    @property
    def scratch(self) -> tuple[int, int]:
        """Lengths of x and z in vectors."""
        return max(1, len(self._exponents)), 2 * len(self._falloffs) + 1

    def text(self) -> str:
        """Return the kernel."""
        f = self._f
        self._T = f.load("%env", self._rows["temperature"])
        self._P = f.load("%env", self._rows["pressure"])
        number = f.op("fdiv", self._P, f.op("fmul", self._T, f.constant(BOLTZMANN * CM3_PER_M3)))
        self._third = {"M": number}
        self._store_exponents()
        self._store_falloffs()
        for row, shared in enumerate(self._rates):
            value = self._value(shared.rate)
            if shared.factor != 1.0:
                value = f.op("fmul", value, f.constant(shared.factor))
            for body in shared.third_bodies:
                value = f.op("fmul", value, self._third_body(body))
            f.store(value, "%k", row)
        return f.text()

    def _register(self, rate: Rate) -> None:
        if rate.form is Form.SEA_SURFACE:
            return
        for term in rate.terms:
            if (term.B, term.C) != (0.0, 0.0):
                self._exponents.setdefault((term.B, term.C), len(self._exponents))
        if rate.form is Form.TROE:
            self._falloffs.setdefault(rate, len(self._falloffs))

    def _store_exponents(self) -> None:
        f = self._f
        if not self._exponents:
            return
        inverse = f.op("fdiv", f.constant(1.0), self._T)
        log_T = logarithm(f, f.op("fmul", self._T, f.constant(1.0 / T_REFERENCE)))
        for (B, C), slot in self._exponents.items():
            power = f.op("fmul", log_T, f.constant(B))
            f.store(f.op("fsub", power, f.op("fmul", inverse, f.constant(C))), "%x", slot)
        f.emit(f"call void @exponentials(ptr %x, i64 {len(self._exponents)})")

    def _store_falloffs(self) -> None:
        f, count = self._f, len(self._falloffs)
        if not count:
            return
        one = f.constant(1.0)
        for rate, slot in self._falloffs.items():
            low, high = f.op("fmul", self._term(rate, 0), self._third["M"]), self._term(rate, 1)
            ratio = f.op("fdiv", low, high)
            f.store(ratio, "%z", slot)
            f.store(f.op("fdiv", low, f.op("fadd", one, ratio)), "%z", count + slot)
        f.emit(f"call void @logarithms(ptr %z, i64 {count})")
        for rate, slot in self._falloffs.items():
            width = f.op("fmul", f.load("%z", slot), f.constant(1.0 / (math.log(10.0) * rate.N)))
            share = f.op("fdiv", f.constant(math.log(rate.F)), f.op("fadd", one, f.op("fmul", width, width)))
            f.store(share, "%z", slot)
        f.emit(f"call void @exponentials(ptr %z, i64 {count})")

    def _value(self, rate: Rate) -> str:
        if rate not in self._values:
            self._values[rate] = self._evaluate(rate)
        return self._values[rate]

    def _evaluate(self, rate: Rate) -> str:
        f = self._f
        match rate.form:
            case Form.PHOTOLYSIS | Form.HETEROGENEOUS:
                return f.op("fmul", f.load("%env", self._rows[rate.of]), f.constant(rate.scale))
            case Form.SEA_SURFACE:
                return self._sea_surface(rate)
            case Form.TROE:
                slot = self._falloffs[rate]
                return f.op("fmul", f.load("%z", len(self._falloffs) + slot), f.load("%z", slot))
            case Form.PRESSURE_SUM:
                return f.op("fadd", self._term(rate, 0), f.op("fmul", self._term(rate, 1), self._third["M"]))
            case Form.NITRIC_ACID:
                low = f.op("fmul", self._term(rate, 2), self._third["M"])
                bend = f.op("fadd", f.constant(1.0), f.op("fdiv", low, self._term(rate, 1)))
                return f.op("fadd", self._term(rate, 0), f.op("fdiv", low, bend))
            case _:
                return self._term(rate, 0)

    def _sea_surface(self, rate: Rate) -> str:
        f = self._f
        total, spare = f.constant(0.0), f.address("%z", 2 * len(self._falloffs))
        for term in rate.terms:
            f.store(f.op("fmul", self._P, f.constant(term.B / PA_PER_ATM)), spare)
            f.emit(f"call void @exponentials(ptr {spare}, i64 1)")
            total = f.scaled_sum(total, term.A, f.load(spare))
        return f.op("fmul", f.lesser(total, f.constant(rate.cap)), f.load("%env", self._rows["open_sea"]))

    def _term(self, rate: Rate, number: int) -> str:
        f, term = self._f, rate.terms[number]
        if (term.B, term.C) == (0.0, 0.0):
            return f.constant(term.A)
        return f.op("fmul", f.load("%x", self._exponents[term.B, term.C]), f.constant(term.A))

    def _third_body(self, name: str) -> str:
        if name not in self._third:
            row = self._rows["water" if name == "H2O" else name]
            self._third[name] = self._f.op("fmul", self._f.load("%env", row), self._third["M"])
        return self._third[name]
