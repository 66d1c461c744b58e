"""`yice box export`: one box of a city as the files of F0AM, MusicBox and BOXMOX, beside our own solution of them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from aqcore.errors import Fault, InputError, did_you_mean
from drivers.box_model.boxmox_writer import third_body_ratios, write_boxmox
from drivers.box_model.chemistry import make_engine
from drivers.box_model.f0am_writer import write_f0am
from drivers.box_model.musicbox_writer import write_musicbox
from drivers.box_model.peer_case import PeerCase, solved
from drivers.box_model.rates import number_density
from drivers.box_model.recorded_case import recorded_case
from yice.box_cases import Case, CityCase

PEERS = ("f0am", "musicbox", "boxmox")
SHOWN = ("O3", "NO", "NO2", "OH", "HO2", "CO", "FORM", "PAN", "HNO3")
PPB = 1e-9


def export(case: Case, out: Path, peers: list[str], zone: str | None) -> tuple[pd.DataFrame, list[Path]]:
    """Write one box and day for each peer (all when none is named); return our solution (ppb by time) and the files.

    Raises `InputError` for observations, an unknown peer or district, and more than one day.
    """
    if not isinstance(case, CityCase):
        raise InputError([Fault("source", "a CSV has no box that runs freely", "give a city folder")])
    wrong = [peer for peer in peers if peer not in PEERS]
    if wrong:
        raise InputError(Fault("--format", f"no writer for {peer!r}", did_you_mean(peer, PEERS)) for peer in wrong)
    if case.inputs.sizes["day"] != 1:
        labels = ", ".join(str(label) for label in case.inputs["day_label"].to_numpy())
        raise InputError([Fault("--day", f"the days are {labels}", "name one of them")])
    settings = case.settings
    district = zone or (settings.core_zones or tuple(map(str, case.inputs["zone"].to_numpy())))[0]
    engine = make_engine(settings)
    box, water = recorded_case(case.inputs, settings, engine, district)
    writers = _writers(box, water)
    files = [path for peer in peers or PEERS for path in writers[peer](out / peer)]
    return _own(box, solved(box, engine)), files


def _writers(box: PeerCase, water: float) -> dict[str, Callable[[Path], list[Path]]]:
    fixed = third_body_ratios(box.mechanism, water)
    return {
        "f0am": lambda folder: write_f0am(box, folder),
        "musicbox": lambda folder: write_musicbox(box, folder),
        "boxmox": lambda folder: write_boxmox(box, folder, fixed),
    }


def _own(box: PeerCase, values: np.ndarray) -> pd.DataFrame:
    """Return our own solution of the case at its rows: time in s, ppb."""
    air = number_density(box.temperature, box.pressure)
    columns = {name: values[:, box.mechanism.index(name)] / air / PPB for name in SHOWN}
    return pd.DataFrame({"time_s": box.times, **columns})
