"""Rate coefficients inside the engine: `rates.rate_coefficients` as one straight-line vector kernel.

Temperature-dependent factors that several reactions share are evaluated once; all exponentials go through one loop.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from drivers.box_model.mechanism import Mechanism, Reaction
from drivers.box_model.rate_forms import Form, Rate
from drivers.box_model.rates import BOLTZMANN, CM3_PER_M3, PA_PER_ATM, T_REFERENCE, Array, Environment
from drivers.box_model.rosenbrock.ir import Function
from drivers.box_model.rosenbrock.vector_math import logarithm

CONSTANT_GASES = ("O2", "N2", "H2", "CH4")
BASE_ROWS = ("temperature", "pressure", "water", "open_sea", *CONSTANT_GASES)


def environment_rows(mechanism: Mechanism) -> tuple[str, ...]:
    """Return the names of the rows that the kernel reads at each node."""
    return (*BASE_ROWS, *mechanism.photolysis, *mechanism.heterogeneous)


def packed_environment(mechanism: Mechanism, env: Environment) -> Array:
    """Return the environment as (node, row, box) in the order of `environment_rows`."""
    nodes, boxes = env.temperature.shape
    rows = np.empty((nodes, len(environment_rows(mechanism)), boxes))
    constants = {**mechanism.constants, **env.mixing_ratios}
    gases: list[ArrayLike] = [constants.get(gas, 0.0) for gas in CONSTANT_GASES]
    values: list[ArrayLike] = [env.temperature, env.pressure, env.water, env.open_sea, *gases]
    for row, value in enumerate(values):
        rows[:, row] = np.asarray(value, dtype=np.float64)
    split = len(BASE_ROWS) + len(mechanism.photolysis)
    rows[:, len(BASE_ROWS) : split] = env.photolysis
    rows[:, split:] = env.heterogeneous
    return rows


class RateKernel:
    """Writes @coefficients(env, k, x, z): k (reaction,) from one node's rows; x and z are scratch."""

    def __init__(self, mechanism: Mechanism, lanes: int) -> None:
        self._mechanism = mechanism
        self._f = Function("coefficients", [f"ptr noalias %{n}" for n in ("env", "k", "x", "z")], lanes)
        self._rows = {name: i for i, name in enumerate(environment_rows(mechanism))}
        self._exponents: dict[tuple[float, float], int] = {}
        self._falloffs: dict[Rate, int] = {}
        self._values: dict[str, str] = {}
        for reaction in mechanism.reactions:
            self._register(reaction.rate)

    @property
    def scratch(self) -> tuple[int, int]:
        """Lengths of x and z in vectors."""
        return max(1, len(self._exponents)), max(1, 2 * len(self._falloffs))

    def text(self) -> str:
        """Return the kernel."""
        f = self._f
        self._T = f.load("%env", self._rows["temperature"])
        self._P = f.load("%env", self._rows["pressure"])
        number = f.op("fdiv", self._P, f.op("fmul", self._T, f.constant(BOLTZMANN * CM3_PER_M3)))
        self._third = {"M": number}
        self._store_exponents()
        self._store_falloffs()
        for row, reaction in enumerate(self._mechanism.reactions):
            value = self._coefficient(reaction)
            for body in reaction.third_bodies:
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

    def _coefficient(self, reaction: Reaction) -> str:
        if reaction.label not in self._values:
            self._values[reaction.label] = self._evaluate(reaction.rate)
        return self._values[reaction.label]

    def _evaluate(self, rate: Rate) -> str:
        f = self._f
        match rate.form:
            case Form.RELATIVE:
                other = self._mechanism.reactions[self._mechanism.labels.index(rate.of)]
                return f.op("fmul", self._coefficient(other), f.constant(rate.scale))
            case Form.PHOTOLYSIS | Form.HETEROGENEOUS:
                return f.op("fmul", f.load("%env", self._rows[rate.of]), f.constant(rate.scale))
            case Form.SEA_SURFACE:
                return self._sea_surface(rate)
            case _:
                return self._thermal(rate)

    def _thermal(self, rate: Rate) -> str:
        f = self._f
        match rate.form:
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
        total = f.constant(0.0)
        for term in rate.terms:
            f.store(f.op("fmul", self._P, f.constant(term.B / PA_PER_ATM)), "%x")  # the exponents in x are used up
            f.emit("call void @exponentials(ptr %x, i64 1)")
            total = f.scaled_sum(total, term.A, f.load("%x"))
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
