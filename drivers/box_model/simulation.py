"""Running a batch of boxes: all (scenario, day, zone) of several run inputs through their days at once.

Each segment (half an hour) the gas phase is solved by the engine and the tracers by their exact exponential, under one
set of emissions, inflow, entrainment and deposition; then the aerosol step; then boxes exchange air and the layer
sheds into the residual layer or feeds on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import xarray as xr

from aqcore.errors import RunFailed
from drivers.box_model import tracers
from drivers.box_model.aerosol import AerosolStep, aerosol_parts
from drivers.box_model.batch import GAS_CONSTANT, PPB, UG_PER_G, Batch, Forcing, State
from drivers.box_model.chemistry import Rates, make_engine
from drivers.box_model.deposition import deposition_loss
from drivers.box_model.engine import FAULTS_LISTED, MESSAGES, Engine, Solution, Status
from drivers.box_model.photolysis import load_table
from drivers.box_model.rates import Environment
from drivers.box_model.settings import BoxSettings
from drivers.box_model.weather import HOURS, SECONDS_AN_HOUR, Moment

Array = npt.NDArray[np.float64]

AVOGADRO = 6.02214076e23
"""mol-1."""
CM3_PER_M3 = 1e6
GASES_OUT = ("O3", "NO", "NO2", "CO", "SO2", "HNO3", "HONO", "H2O2", "PAN", "FORM", "ISOP", "TOL", "OH", "HO2")


@dataclass(frozen=True)
class Segment:
    """The time between two exchanges: start (s of the local day), length (s), weather at both ends and in the middle.

    `light` (name, day, zone) s-1 at both ends; `ventilation`, `entrainment` (node, day, zone) s-1; `gas_loss` and
    `tracer_loss` (node, species, day, zone) s-1 of deposition.
    """

    start: float
    seconds: float
    nodes: tuple[Moment, Moment]
    middle: Moment
    forcing: Forcing
    light: tuple[Array, Array]
    ventilation: Array
    entrainment: Array
    gas_loss: Array
    tracer_loss: Array


@dataclass
class Recorder:
    """Hourly means of the last pass: gases (ppb) of `GASES_OUT`, tracers (ug m-3); T, P, layer height at half past."""

    gas: list[Array] = field(default_factory=list)
    tracer: list[Array] = field(default_factory=list)
    T: list[Array] = field(default_factory=list)
    P: list[Array] = field(default_factory=list)
    height: list[Array] = field(default_factory=list)


@dataclass(frozen=True)
class Simulation:
    """The machinery of a run: batch, engine, rates, aerosol."""

    batch: Batch
    engine: Engine
    rates: Rates
    aerosol: AerosolStep

    @classmethod
    def of(cls, inputs: Sequence[xr.Dataset], settings: BoxSettings, engine: Engine) -> "Simulation":
        """Return the simulation of run inputs that share days, zones, weather and settings."""
        species = engine.mechanism.species
        batch = Batch(inputs, species, settings)
        return cls(batch, engine, Rates(engine.mechanism, load_table()), AerosolStep(species, settings))

    def run(self) -> Recorder:
        """Carry the boxes through the spin-up and the modelled days; raise `RunFailed` naming boxes that failed."""
        state, recorder = self.batch.start(), Recorder()
        for _ in range(self.batch.settings.spinup_days):
            self._day(state, 0, None)
        self._day(state, len(self.batch.weather) - 1, recorder)
        return recorder

    def _day(self, state: State, which: int, recorder: Recorder | None) -> None:
        step = self.batch.settings.segment_s
        for hour in range(HOURS):
            starts = range(hour * SECONDS_AN_HOUR, (hour + 1) * SECONDS_AN_HOUR, step)
            means = [self.advance(state, self.segment(which, float(start), float(step))) for start in starts]
            if recorder is not None:
                self._record(recorder, means, which, hour)

    def _record(self, recorder: Recorder, means: list[tuple[Array, Array]], which: int, hour: int) -> None:
        middle = self.batch.weather[which].moment((hour + 0.5) * SECONDS_AN_HOUR)
        recorder.gas.append(np.mean([gas for gas, _ in means], axis=0))
        recorder.tracer.append(np.mean([tracer for _, tracer in means], axis=0))
        recorder.T.append(middle.T)
        recorder.P.append(middle.P)
        recorder.height.append(middle.height)

    def segment(self, which: int, start: float, seconds: float) -> Segment:
        """Return what acts in the segment from `start` (s of the local day).

        The growth of the layer is spread so that a layer from h0 to h1 dilutes the box by exactly h0 / h1.
        """
        batch, weather = self.batch, self.batch.weather[which]
        nodes = (weather.moment(start), weather.moment(start + seconds))
        growth = np.maximum(np.log(nodes[1].height / nodes[0].height), 0.0) / seconds
        return Segment(
            start,
            seconds,
            nodes,
            weather.moment(start + seconds / 2.0),
            batch.forcing(which, int(start // SECONDS_AN_HOUR)),
            (
                weather.photolysis(nodes[0], start, self.rates.table),
                weather.photolysis(nodes[1], start + seconds, self.rates.table),
            ),
            ventilation=np.stack([node.wind / batch.fetch for node in nodes]),
            entrainment=np.stack([growth, growth]),
            gas_loss=np.stack([deposition_loss(batch.species, node.daylight, node.height) for node in nodes]),
            tracer_loss=np.stack(
                [deposition_loss(tracers.deposition_names(), node.daylight, node.height) for node in nodes]
            ),
        )

    def advance(self, state: State, segment: Segment) -> tuple[Array, Array]:
        """Advance the state by one segment; return the mean gases (of `GASES_OUT`) and tracers over it."""
        gas_mean = self._gases(state, segment)
        before = state.tracer.copy()
        self._tracers(state, segment)
        end = segment.nodes[1]
        self.aerosol.step(state.gas, state.tracer, end, self.batch.so2_uptake, segment.seconds)
        renew_residual_layer(state, segment, self.batch.city_fetch)
        return gas_mean, 0.5 * (before + state.tracer)

    def _gases(self, state: State, segment: Segment) -> Array:
        batch, shape = self.batch, state.gas.shape
        per_ppb = segment.middle.air * PPB
        flat = (len(batch.species), -1)
        solution = self.engine.solve(
            np.maximum(state.gas * per_ppb, 0.0).reshape(flat),
            self._environment(state, segment),
            np.array([0.0, segment.seconds]),
            self._gas_source(state, segment).reshape(2, *flat),
            np.broadcast_to(_gas_loss(segment)[:, :, None], (2, *shape)).reshape(2, *flat),
            np.array([segment.seconds]),
            first_step=state.step,
        )
        self._refuse_failures(solution, segment)
        state.step = solution.last_step
        state.gas = np.maximum(solution.end[0].reshape(shape), 0.0) / per_ppb  # -1e-6 cm-3 where there is nothing
        kept = [batch.species.index(name) for name in GASES_OUT]
        return np.asarray(solution.mean[0].reshape(shape)[kept] / per_ppb)

    def _refuse_failures(self, solution: Solution, segment: Segment) -> None:
        """Raise `RunFailed` that names the boxes which the engine could not carry through the segment."""
        failed = np.flatnonzero(solution.status != Status.DONE)
        if len(failed):
            when = f"within {segment.seconds:g} s after {segment.start / SECONDS_AN_HOUR:04.1f} h local time"
            reasons = {int(box): MESSAGES[Status(int(solution.status[box]))] for box in failed[:FAULTS_LISTED]}
            lines = [f"{self.batch.name_of(box)}: {reason} {when}" for box, reason in reasons.items()]
            raise RunFailed(f"{len(failed)} boxes failed:\n" + "\n".join(lines))

    def _environment(self, state: State, segment: Segment) -> Environment:
        uptake = self.aerosol.uptake_rates(state.tracer, segment.middle)
        return self.rates.environment(segment.nodes, segment.light, uptake, self.batch.region.methane)

    def _gas_source(self, state: State, segment: Segment) -> Array:
        """Return emission, inflow and entrainment at the nodes, molecule cm-3 s-1."""
        forcing, per_ppb = segment.forcing, segment.middle.air * PPB
        entering = self.batch.inflow.air(state.gas, forcing.ground_gas)
        aloft = np.where(_in_residual(state, segment), state.residual_gas, forcing.aloft_gas)
        return np.stack(
            [
                forcing.gas * AVOGADRO / (CM3_PER_M3 * node.height)
                + (segment.ventilation[n] * entering + segment.entrainment[n] * aloft) * per_ppb
                for n, node in enumerate(segment.nodes)
            ]
        )

    def _tracers(self, state: State, segment: Segment) -> None:
        """Solve dC/dt = S - L C exactly with the means of the segment."""
        forcing = segment.forcing
        entering = self.batch.inflow.air(state.tracer, forcing.ground_tracer)
        aloft = np.where(_in_residual(state, segment), state.residual_tracer, forcing.aloft_tracer)
        ventilation, entrainment = segment.ventilation.mean(axis=0), segment.entrainment.mean(axis=0)
        inverse_height = np.mean([1.0 / node.height for node in segment.nodes], axis=0)
        source = forcing.tracer * UG_PER_G * inverse_height + ventilation * entering + entrainment * aloft
        loss = (ventilation + entrainment + segment.tracer_loss.mean(axis=0))[:, None]
        steady = source / loss
        state.tracer = steady + (state.tracer - steady) * np.exp(-loss * segment.seconds)


def _gas_loss(segment: Segment) -> Array:
    """Return ventilation, entrainment and deposition at the nodes, (node, species, day, zone) s-1."""
    return (segment.ventilation + segment.entrainment)[:, None] + segment.gas_loss


def _in_residual(state: State, segment: Segment) -> npt.NDArray[np.bool_]:
    """Return where a growing layer still feeds on the residual layer, not on the region's air above it."""
    return np.asarray(segment.middle.height < state.top)


def renew_residual_layer(state: State, segment: Segment, city_m: float) -> None:
    """Let a falling layer shed its air into the residual layer, and the wind carry in the region's air aloft.

    The residual layer reaches from the layer to `state.top`; it is flushed at U / L of the city and has no chemistry.
    """
    high, low = segment.nodes[0].height, segment.nodes[1].height
    shed, depth = np.maximum(high - low, 0.0), np.maximum(state.top - high, 0.0)
    share = shed / np.maximum(shed + depth, 1e-6)
    wind = segment.middle.wind_at(0.5 * (low + np.maximum(state.top, low)))
    renewed = -np.expm1(-wind / city_m * segment.seconds)
    for name, air, region in (
        ("residual_gas", state.gas, segment.forcing.aloft_gas),
        ("residual_tracer", state.tracer, segment.forcing.aloft_tracer),
    ):
        mixed = getattr(state, name) * (1.0 - share) + air * share
        setattr(state, name, mixed * (1.0 - renewed) + region * renewed)
    state.top = np.maximum(state.top, low)


def simulate(
    inputs: Sequence[xr.Dataset], settings: BoxSettings, engine: Engine | None = None
) -> list[dict[str, Array]]:
    """Run the boxes of several inputs together; return for each the variables of the schema as (day, hour, zone).

    Gases in ppb, aerosol in ug m-3, `T` K, `P` Pa, `PBLH` m. Raises `RunFailed` when a box failed.
    """
    recorder = Simulation.of(inputs, settings, engine or make_engine(settings)).run()
    values, met = _variables(recorder)
    return [{name: array[s] for name, array in values.items()} | dict(met) for s in range(len(inputs))]


def _variables(recorder: Recorder) -> tuple[Mapping[str, Array], Mapping[str, Array]]:
    """Return the variables (scenario, day, hour, zone) and the met (day, hour, zone)."""
    gas, tracer = np.stack(recorder.gas, 3), np.stack(recorder.tracer, 3)
    met = {
        name: np.stack(hourly, 1) for name, hourly in (("T", recorder.T), ("P", recorder.P), ("PBLH", recorder.height))
    }
    values: dict[str, Array] = {name: gas[row] for row, name in enumerate(GASES_OUT)}
    values["NOx"] = values["NO"] + values["NO2"]
    per_ppb = PPB * met["P"] / (GAS_CONSTANT * met["T"]) * tracers.M_NH3 * UG_PER_G
    values["NH3"] = tracer[tracers.names().index("NH3")] / per_ppb
    return {**values, **aerosol_parts(tracer, met["T"])}, met
