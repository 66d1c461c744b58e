"""One box of a city's run as a case for the files of other box models: what the engine was asked, segment by segment.

The run is carried through with an engine that keeps the arguments of one box. What changes between two segments (the
aerosol's give and take, the air's density) becomes a steady source, or a first-order loss, of the segment that follows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from aqcore.errors import Fault, InputError, did_you_mean
from drivers.box_model.engine import Engine, Solution, coefficients
from drivers.box_model.mechanism import Mechanism
from drivers.box_model.peer_case import PeerCase
from drivers.box_model.rates import Environment
from drivers.box_model.settings import BoxSettings
from drivers.box_model.simulation import Simulation
from drivers.box_model.weather import HOURS, SECONDS_AN_HOUR

Array = npt.NDArray[np.float64]

LONGEST_DECAY = 5.0
"""e-foldings that a jump down may take in one segment: less than a hundredth is left."""
TRACE = 1.0
"""molecule cm-3: below this a species is not there, and its jumps are none."""


@dataclass(frozen=True)
class Asked:
    """What one call asked of the engine for one box: y0 (species,), k, emission, loss at both ends, and its answer."""

    seconds: float
    temperature: Array
    pressure: Array
    water: Array
    k: Array
    emission: Array
    loss: Array
    start: Array
    end: Array


@dataclass
class RecordingEngine:
    """An engine that keeps what it is asked for one box."""

    inner: Engine
    box: int
    asked: list[Asked] = field(default_factory=list)

    @property
    def mechanism(self) -> Mechanism:
        """The mechanism of the engine inside."""
        return self.inner.mechanism

    def solve(
        self,
        y0: Array,
        k_nodes: Array | Environment,
        node_times: Array,
        emission: Array,
        loss: Array,
        output_times: Array,
        *,
        keep: Sequence[str] | None = None,
        **options: Any,
    ) -> Solution:
        """Solve as the engine inside does, all species kept; see `Engine.solve`."""
        solution = self.inner.solve(y0, k_nodes, node_times, emission, loss, output_times, keep=keep, **options)
        if not isinstance(k_nodes, Environment):
            raise InputError([Fault("recording", "coefficients are given", "give their environment")])
        one = slice(self.box, self.box + 1)
        env = _of_box(k_nodes, one)
        met = (env.temperature[:, 0], env.pressure[:, 0], env.water[:, 0])
        forced = (coefficients(self.mechanism, env)[..., 0], emission[..., self.box], loss[..., self.box])
        ends = (y0[:, self.box].copy(), solution.end[-1, :, self.box].copy())
        self.asked.append(Asked(float(node_times[-1] - node_times[0]), *met, *forced, *ends))
        return solution


def recorded_case(
    inputs: xr.Dataset, settings: BoxSettings, engine: Engine, zone: str, *, step: float = 600.0
) -> tuple[PeerCase, float]:
    """Return the modelled day of one district as a case with rows every `step` seconds, and its mean water (mol mol-1).

    `inputs` holds one day. Raises `InputError` for an unknown district and a step that does not divide the segments.
    """
    zones = [str(code) for code in inputs["zone"].to_numpy()]
    if zone not in zones:
        raise InputError([Fault("--zone", f"no district {zone!r}", did_you_mean(zone, zones))])
    if settings.segment_s % step:
        raise InputError([Fault("step", f"{step:g} s do not divide {settings.segment_s} s", "use 600 s")])
    recorder = RecordingEngine(engine, zones.index(zone))
    Simulation.of([inputs], settings, recorder).run()
    day = recorder.asked[-(HOURS * SECONDS_AN_HOUR // settings.segment_s) :]
    return _rows(engine.mechanism, day, step), float(np.mean([one.water.mean() for one in day]))


def _rows(mechanism: Mechanism, day: list[Asked], step: float) -> PeerCase:
    """Return the rows of a day: the values of their middles, jumps spread over the segment; the last row closes it."""
    jumps = [(np.zeros_like(day[0].start), np.zeros_like(day[0].start))]
    jumps += [_jump(before.end, after.start, after.seconds) for before, after in pairwise(day)]
    parts: dict[str, list[Array]] = {name: [] for name in ("temperature", "pressure", "k", "emission", "loss")}
    for one, (source, sink) in zip(day, jumps, strict=True):
        added = {"emission": source, "loss": sink}
        for middle in (np.arange(0.0, one.seconds, step) + 0.5 * step) / one.seconds:
            for name, values in parts.items():
                first, last = getattr(one, name)
                values.append((1.0 - middle) * first + middle * last + added.get(name, 0.0))
    rows = {name: np.stack([*values, values[-1]]) for name, values in parts.items()}
    times = step * np.arange(len(rows["k"]), dtype=float)
    return PeerCase(mechanism, times, y0=day[0].start, **rows)


def _jump(before: Array, after: Array, seconds: float) -> tuple[Array, Array]:
    """Return the source (molecule cm-3 s-1) and the loss (s-1) that carry one state to the other in a segment."""
    there = np.maximum(before, after) > TRACE
    source = np.where(there, np.maximum(after - before, 0.0), 0.0) / seconds
    fall = np.log(np.maximum(before, TRACE) / np.maximum(after, TRACE))
    return source, np.where(there & (after < before), np.minimum(fall, LONGEST_DECAY), 0.0) / seconds


def _of_box(env: Environment, box: slice) -> Environment:
    ratios = {name: np.asarray(value)[..., box] for name, value in env.mixing_ratios.items()}
    return Environment(
        env.temperature[:, box], env.pressure[:, box], env.water[:, box], env.photolysis[..., box],
        env.heterogeneous[..., box], ratios, env.open_sea,
    )  # fmt: skip
