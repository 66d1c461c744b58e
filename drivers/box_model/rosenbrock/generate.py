"""The whole IR module of a solver, and what the engine must know to call it."""

from dataclasses import dataclass
from functools import cached_property

from drivers.box_model.mechanism import Mechanism
from drivers.box_model.rosenbrock.frame import Frame
from drivers.box_model.rosenbrock.kernels import decomposition_kernels, drift_kernel, solve_kernel, tendency_kernel
from drivers.box_model.rosenbrock.lane_moves import advance_lane, load_node
from drivers.box_model.rosenbrock.layout import Layout, build_layout
from drivers.box_model.rosenbrock.methods import Method
from drivers.box_model.rosenbrock.rate_kernel import RateKernel, environment_rows
from drivers.box_model.rosenbrock.shared_rates import RateRows, keep_apart, share
from drivers.box_model.rosenbrock.sparsity import System, build_system
from drivers.box_model.rosenbrock.stepper import needs_drift, solve_boxes
from drivers.box_model.rosenbrock.vector_math import in_place_kernel


@dataclass(frozen=True)
class Program:
    """A mechanism, a method and a number of lanes.

    `holds` adds species with given concentrations; `own_rates` lets the engine evaluate the coefficients.
    """

    mechanism: Mechanism
    method: Method
    lanes: int
    holds: bool
    own_rates: bool

    @cached_property
    def rates(self) -> RateRows:
        """Which reactions share a row of coefficients."""
        return share(self.mechanism) if self.own_rates else keep_apart(self.mechanism)

    @cached_property
    def system(self) -> System:
        """The mechanism as numbers."""
        return build_system(self.mechanism, self.rates)

    @cached_property
    def layout(self) -> Layout:
        """The work buffer."""
        scratch = RateKernel(self.mechanism, self.rates.distinct, self.lanes).scratch
        return build_layout(self.system, self.method, scratch)

    def source(self) -> str:
        """Return the module in LLVM IR."""
        lanes, rows = self.lanes, len(environment_rows(self.mechanism))
        vector = f"<{lanes} x double>"
        frame = Frame(self.system, self.method, self.layout, lanes, self.holds, self.own_rates, rows)
        parts = [
            f"declare {vector} @llvm.fabs.v{lanes}f64({vector})",
            f"declare {vector} @llvm.sqrt.v{lanes}f64({vector})",
            tendency_kernel(self.system, lanes, holds=self.holds),
            decomposition_kernels(self.system, lanes, holds=self.holds),
            solve_kernel(self.system, lanes),
            load_node(frame),
            advance_lane(frame),
            solve_boxes(frame),
        ]
        if needs_drift(self.method):
            parts.append(drift_kernel(self.system, lanes, holds=self.holds))
        if self.own_rates:
            parts += [in_place_kernel(name, lanes) for name in ("exponentials", "logarithms")]
            parts.append(RateKernel(self.mechanism, self.rates.distinct, lanes).text())
        return "\n".join(parts)
