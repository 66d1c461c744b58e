"""Files that MusicBox (NCAR) runs: `config.json` with the mechanism in its version 1 format, `conditions.csv`.

Every reaction is USER_DEFINED with our coefficient in mol m-3 and s; emission and first-order loss are its EMISSION and
FIRST_ORDER_LOSS reactions. Run `music_box -c config.json -o out.csv`.
"""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from drivers.box_model.mechanism import Reaction
from drivers.box_model.peer_case import Array, PeerCase, write_text

AVOGADRO = 6.02214076e23
"""mol-1."""
PER_CM3 = 1e6 / AVOGADRO
"""mol m-3 in a molecule cm-3."""
CONFIG, CONDITIONS = "config.json", "conditions.csv"


def write_musicbox(case: PeerCase, folder: Path) -> list[Path]:
    """Write `config.json` and `conditions.csv` into a folder and return their paths."""
    return write_text(folder, {CONFIG: json.dumps(config(case), indent=1) + "\n", CONDITIONS: conditions(case)})


def config(case: PeerCase) -> dict[str, Any]:
    """Return the configuration: options, the mechanism, and the file of conditions."""
    step = float(case.times[1] - case.times[0])
    species = case.mechanism.species
    return {
        "box model options": {
            "grid": "box",
            "chemistry time step [sec]": step,
            "output time step [sec]": step,
            "simulation length [sec]": float(case.times[-1] - case.times[0]),
        },
        "conditions": {"filepaths": [CONDITIONS]},
        "mechanism": {
            "version": "1.0.0",
            "name": case.mechanism.name,
            "species": [{"name": name} for name in species],
            "phases": [{"name": "gas", "species": [{"name": name} for name in species]}],
            "reactions": [*(_reaction(r) for r in case.mechanism.reactions), *_sources(case)],
        },
    }


def _reaction(reaction: Reaction) -> dict[str, Any]:
    reactants: dict[str, float] = {}
    for name in reaction.reactants:
        reactants[name] = reactants.get(name, 0.0) + 1.0
    return {
        "type": "USER_DEFINED",
        "name": reaction.label,
        "gas phase": "gas",
        "reactants": [_amount(name, number) for name, number in reactants.items()],
        "products": [_amount(name, number) for name, number in reaction.products],
    }


def _amount(name: str, coefficient: float) -> dict[str, Any]:
    return {"name": name, "coefficient": coefficient}


def _sources(case: PeerCase) -> list[dict[str, Any]]:
    emitted = [
        {"type": "EMISSION", "name": name, "gas phase": "gas", "products": [_amount(name, 1.0)]}
        for name in _acting(case, case.emission)
    ]
    lost = [
        {"type": "FIRST_ORDER_LOSS", "name": name, "gas phase": "gas", "reactants": [_amount(name, 1.0)]}
        for name in _acting(case, case.loss)
    ]
    return [*emitted, *lost]


def _acting(case: PeerCase, values: Array) -> list[str]:
    return [name for name, column in zip(case.mechanism.species, values.T, strict=True) if column.any()]


def conditions(case: PeerCase) -> str:
    """Return the CSV of conditions: initial concentrations in its first row, rates in every row."""
    mechanism = case.mechanism
    columns: dict[str, Array] = {"time.s": case.times - case.times[0]}
    columns |= {"ENV.temperature.K": case.temperature, "ENV.pressure.Pa": case.pressure}
    for number, reaction in enumerate(mechanism.reactions):
        factor = PER_CM3 ** (1 - reaction.order)
        columns[f"USER.{reaction.label}.s-1"] = case.k[:, number] * factor
    for name in _acting(case, case.emission):
        columns[f"EMIS.{name}.mol m-3 s-1"] = case.emission[:, mechanism.index(name)] * PER_CM3
    for name in _acting(case, case.loss):
        columns[f"LOSS.{name}.s-1"] = case.loss[:, mechanism.index(name)]
    initial = {f"CONC.{name}.mol m-3": value * PER_CM3 for name, value in zip(mechanism.species, case.y0, strict=True)}
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*columns, *initial])
    for row, values in enumerate(zip(*columns.values(), strict=True)):
        start = [repr(float(v)) for v in initial.values()] if row == 0 else [""] * len(initial)
        writer.writerow([*(repr(float(v)) for v in values), *start])
    return buffer.getvalue()


def read_musicbox(path: Path, species: tuple[str, ...]) -> tuple[Array, Array]:
    """Return times (row,) s and concentrations (row, species) molecule cm-3 of MusicBox's output CSV."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    times = np.array([float(row["time.s"]) for row in rows])
    values = [[float(row[f"CONC.{name}.mol m-3"]) / PER_CM3 for name in species] for row in rows]
    return times, np.array(values)
