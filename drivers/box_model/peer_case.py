"""One box with all that acts on it, ready for the files of other box models (F0AM, MusicBox, BOXMOX).

The coefficients are ours: a peer then solves the same equations, and a difference is one of writer or integrator. Peers
hold what changes in time constant between rows, so rows stand closely (600 s keep ozone within 0.5 ppb of linear
coefficients).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from aqcore.errors import Fault, InputError
from drivers.box_model.engine import Engine, coefficients, interpolate
from drivers.box_model.mechanism import Mechanism
from drivers.box_model.rates import Environment

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PeerCase:
    """A box from the first to the last of `times` (row,) s.

    y0 (species,) molecule cm-3; k (row, reaction), emission (row, species) molecule cm-3 s-1, loss (row, species) s-1;
    temperature K, pressure Pa (row,). What stands in a row holds until the next. Raises `InputError` on wrong shapes.
    """

    mechanism: Mechanism
    times: Array
    temperature: Array
    pressure: Array
    k: Array
    y0: Array
    emission: Array
    loss: Array

    def __post_init__(self) -> None:
        rows, species = self.times.size, len(self.mechanism.species)
        wanted = {"k": (rows, len(self.mechanism.reactions)), "y0": (species,), "emission": (rows, species),
                  "loss": (rows, species), "temperature": (rows,), "pressure": (rows,)}  # fmt: skip
        wrong = [name for name, shape in wanted.items() if getattr(self, name).shape != shape]
        if wrong:
            raise InputError(
                Fault(name, f"shape {getattr(self, name).shape}", f"give {wanted[name]}") for name in wrong
            )


def peer_case(
    mechanism: Mechanism,
    env: Environment,
    times: Array,
    y0: Array,
    emission: Array,
    loss: Array,
    *,
    step: float = 600.0,
) -> PeerCase:
    """Return the first box of `Engine.solve`'s arguments as rows every `step` seconds, each the value of its middle."""
    rows = np.arange(times[0], times[-1] + 0.5 * step, step)
    middles = np.minimum(rows + 0.5 * step, times[-1])
    k = coefficients(mechanism, env)[..., :1]

    def at(values: Array) -> Array:
        return np.stack([interpolate(values[..., :1], times, float(t))[..., 0] for t in middles])

    met = [at(values[:, None])[:, 0] for values in (env.temperature[:, :1], env.pressure[:, :1])]
    return PeerCase(mechanism, rows, met[0], met[1], at(k), y0[:, 0], at(emission), at(loss))


def solved(case: PeerCase, engine: Engine) -> Array:
    """Return our own solution of a case at each row's time (row, species), coefficients constant between rows."""
    ends = [case.y0]
    for row, (start, end) in enumerate(zip(case.times[:-1], case.times[1:], strict=True)):
        parts = (case.k, case.emission, case.loss)
        k, emission, loss = (np.repeat(values[row][None, :, None], 2, axis=0) for values in parts)
        solution = engine.solve(
            np.maximum(ends[-1], 0.0)[:, None], k, np.array([0.0, end - start]), emission, loss, np.array([end - start])
        )
        solution.raise_if_failed()
        ends.append(solution.end[0, :, 0])
    return np.stack(ends)


def write_text(folder: Path, files: dict[str, str]) -> list[Path]:
    """Write files into a folder, which is made; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in files]
