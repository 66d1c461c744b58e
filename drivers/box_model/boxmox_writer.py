"""Files that BOXMOX (box modelling on KPP) reads: `BOXMOX.nml`, its CSV files of input, and the mechanism for KPP.

The format is that of the reader of BOXMOX's Python package (1.2.5): number of variables, number of ancillary
variables, time format (0 constant, 1 seconds since the start, 2 hour of a daily cycle), header, rows separated by
blanks. Units are derived from published input files (air is 1E6, deposition of nitric acid 4): mixing ratios ppm, flux
molecule cm-2 s-1, deposition velocity cm s-1, temperature K, height m. Emission and loss of a case become a flux and a
velocity of a layer of constant height, which gives the same box. BOXMOX itself has not run them.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from drivers.box_model.kpp_writer import NO_PRODUCT, fixed_species, kpp_files, photolysis_name
from drivers.box_model.mechanism import Mechanism
from drivers.box_model.peer_case import Array, PeerCase, write_text
from drivers.box_model.rate_forms import Form
from drivers.box_model.rates import number_density

STEM = "yice_case"
PER_PPM = 1e6
LAYER_M = 1000.0
CM_PER_M = 100.0
CONSTANT, SECONDS = 0, 1
"""Time formats of an input file."""


def write_boxmox(case: PeerCase, folder: Path, fixed: Mapping[str, float]) -> list[Path]:
    """Write the files of an experiment and return their paths.

    `fixed` are mol mol-1 of the third bodies (`third_body_ratios`). Raises `InputError` for a
    mechanism with rates of the open sea.
    """
    return write_text(folder, {**kpp_files(case.mechanism, STEM), **inputs(case, fixed), "BOXMOX.nml": namelist(case)})


def third_body_ratios(mechanism: Mechanism, water: float) -> dict[str, float]:
    """Return mol mol-1 of the third bodies of a mechanism: its constant gases, water vapour, and air itself."""
    given = {**mechanism.constants, "M": 1.0, "H2O": water}
    return {name: given[name] for name in fixed_species(mechanism)}


def inputs(case: PeerCase, fixed: Mapping[str, float]) -> dict[str, str]:
    """Return the CSV files by name."""
    air = number_density(case.temperature[:1], case.pressure[:1])[0]
    start = dict(zip(case.mechanism.species, case.y0 / air * PER_PPM, strict=True))
    initial = {**start, NO_PRODUCT: 0.0, **{name: ratio * PER_PPM for name, ratio in fixed.items()}}
    height_cm = LAYER_M * CM_PER_M
    met = {"TEMP": case.temperature, "PBLH": np.full(case.times.size, LAYER_M)}
    return {
        "InitialConditions.csv": input_file({name: np.array([value]) for name, value in initial.items()}),
        "Environment.csv": input_file(met, case.times),
        "Emissions.csv": input_file(_acting(case, case.emission * height_cm), case.times),
        "Deposition.csv": input_file(_acting(case, case.loss * height_cm), case.times),
        "PhotolysisRates.csv": input_file(frequencies(case), case.times),
    }


def frequencies(case: PeerCase) -> dict[str, Array]:
    """Return the photolysis frequencies (row,) s-1 by the names of the mechanism's rate expressions."""
    found: dict[str, Array] = {}
    for number, reaction in enumerate(case.mechanism.reactions):
        if reaction.rate.form is Form.PHOTOLYSIS:
            found.setdefault(photolysis_name(reaction.rate.of), case.k[:, number] / reaction.rate.scale)
    return found


def input_file(columns: Mapping[str, Array], times: Array | None = None) -> str:
    """Return an input file of columns (row,), constant without `times`, which are s."""
    head = [str(len(columns)), "0", str(CONSTANT if times is None else SECONDS)]
    named = dict(columns) if times is None else {"time": times - times[0], **columns}
    rows = (" ".join(f"{value:.6e}" for value in row) for row in zip(*named.values(), strict=True))
    return "\n".join([*head, " ".join(named), *rows]) + "\n"


def namelist(case: PeerCase) -> str:
    """Return `BOXMOX.nml`: start, end and step in seconds, no turbulent mixing."""
    length, step = case.times[-1] - case.times[0], case.times[1] - case.times[0]
    keys = ("tstart = 0.0", f"tend = {length:.1f}", f"dt = {step:.1f}", "lverbose = .FALSE.", "iturb = 0")
    return "&BOXMOX\n" + "".join(f"  {key},\n" for key in keys) + "/\n"


def _acting(case: PeerCase, values: Array) -> dict[str, Array]:
    return {name: column for name, column in zip(case.mechanism.species, values.T, strict=True) if column.any()}
