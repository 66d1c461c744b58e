"""Writing the run directories of one scenario: rules, namelists, rewritten streams, inflow, scripts, the manifest."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np

from aqcore.errors import Fault, InputError
from aqcore.publish import published_folder
from drivers.cmaq import ddm, isam
from drivers.cmaq.emission_check import EXPECTED
from drivers.cmaq.environment import (
    CONTROL_FILES,
    OUTPUT_FOLDER,
    RUN_SCRIPT,
    SA_IOLIST,
    SEN_INPUT,
    Place,
    RunEnvironment,
    environment,
    run_name,
    scenario_values,
)
from drivers.cmaq.fit import table_text
from drivers.cmaq.inflow import write_inflow
from drivers.cmaq.manifest import MANIFEST, Manifest, SegmentRun, read_manifest
from drivers.cmaq.planning import DayPlan
from drivers.cmaq.preparation import Preparation
from drivers.cmaq.rewriting import rewrite
from drivers.cmaq.run_script import command, render
from drivers.cmaq.segments import Segment
from drivers.cmaq.settings import Kind, filled
from drivers.cmaq.streams import Stream, StreamFile

IDENTITY_LENGTH = 12
FIT_TABLE = "desid_fit.csv"
OWN_EMISSIONS = "emissions"
OWN_INFLOW = "inflow"


def prepare_scenario(preparation: Preparation, root: Path, scenario: str, kind: Kind = "plain") -> Path:
    """Write the run directories of one scenario and return its folder.

    A folder that already holds these very runs is left as it is, with its results. Raises InputError when it holds
    results of other inputs: they are not overwritten.
    """
    plans = preparation.planner.plans(scenario, preparation.segments)
    folder = root / run_name(scenario, kind)
    identity = _identity(preparation, plans, scenario, kind)
    if (folder / MANIFEST).exists():
        if read_manifest(folder).identity == identity:
            return folder
        _refuse_results(folder)
    with published_folder(folder) as part:
        writing = _Writing(preparation, root, scenario, kind, identity, plans, part)
        writing.streams()
        writing.inflow()
        writing.runs()
    return folder


def _identity(preparation: Preparation, plans: Mapping[Segment, DayPlan], scenario: str, kind: Kind) -> str:
    """Return the hash of all that decides a scenario's runs."""
    mixed = sha256(preparation.shared_identity + kind.encode())
    for plan in dict.fromkeys(plans.values()):
        mixed.update(plan.expected.tobytes())
        mixed.update(repr((plan.rules, plan.rewritten)).encode())
    if scenario in preparation.inflow_changers or any(plan.rewritten for plan in plans.values()):
        mixed.update(preparation.table.all_year(scenario).to_numpy().tobytes())
        mixed.update(preparation.table.background.sel(scenario=scenario).to_numpy().tobytes())
        for own in preparation.table.windows_of(scenario):
            mixed.update(repr((own.window, dict(own.background))).encode() + own.left.tobytes())
    if scenario in preparation.inflow_changers:
        bases = (filled(preparation.settings.boundary, segment.day) for segment in preparation.segments)
        mixed.update(repr([base.is_file() for base in bases]).encode())
    return mixed.hexdigest()[:IDENTITY_LENGTH]


def _refuse_results(folder: Path) -> None:
    results = sorted(folder.glob(f"*/{OUTPUT_FOLDER}"))
    if results:
        raise InputError(
            [Fault(str(folder), f"holds results of other inputs ({len(results)} days)", "move or remove this folder")]
        )


@dataclass(frozen=True, eq=False)
class _Writing:
    """Writes the folder of one scenario; `part` is where it stands until it is complete."""

    preparation: Preparation
    root: Path
    scenario: str
    kind: Kind
    identity: str
    plans: Mapping[Segment, DayPlan]
    part: Path

    @property
    def folder(self) -> Path:
        """Where the scenario's runs will stand."""
        return self.root / run_name(self.scenario, self.kind)

    def streams(self) -> None:
        """Write the streams that rules cannot carry."""
        one = self.preparation
        for segment, plan in self.plans.items():
            chosen = [stream for stream in one.planner.streams if stream.label in plan.rewritten]
            if chosen:
                rewrite(one.streams, one.table, self.scenario, chosen, segment.day, self.part / OWN_EMISSIONS)

    def inflow(self) -> None:
        """Write the boundary files of a scenario that changes the inflow, those whose base is there.

        The runs name a file of their own in either case: without it the preflight refuses them.
        """
        one = self.preparation
        if not self._own_inflow:
            return
        for segment in one.segments:
            base = filled(one.settings.boundary, segment.day)
            target = self.part / _inflow_path(segment)
            if base.is_file():
                write_inflow(base, target, one.table, self.scenario, segment, one.streams.profiles.timezone)

    @cached_property
    def _own_inflow(self) -> bool:
        own_file = "{scenario}" in self.preparation.settings.boundary
        return not own_file and self.scenario in self.preparation.inflow_changers

    def runs(self) -> None:
        """Write the folder of each segment, the manifest, the expected emissions and the table of the fit."""
        one = self.preparation
        distinct = list(dict.fromkeys(self.plans.values()))
        runs = [self._segment(segment, plan, distinct.index(plan)) for segment, plan in self.plans.items()]
        methods = [plan.methods(one.planner.streams) for plan in distinct]
        settings = one.settings
        manifest = Manifest(
            self.scenario, self.identity, settings.version, settings.mechanism, one.streams.grid.name, settings.ranks,
            tuple(command(settings, self.kind)), {name: _worst([own[name] for own in methods]) for name in methods[0]},
            tuple(runs), self.kind,
        )  # fmt: skip
        expected = np.array([plan.expected for plan in distinct])
        _write(f"{self.part}/{EXPECTED}", _npy_header(expected.shape) + expected.tobytes())
        if any(plan.fits for plan in distinct):
            days = [(f"{day.day}", plan.fits) for day, plan in zip(self.plans, distinct, strict=False)]
            _write(f"{self.part}/{FIT_TABLE}", table_text(days).encode())
        _write(f"{self.part}/{MANIFEST}", manifest.text().encode())

    def _segment(self, segment: Segment, plan: DayPlan, number: int) -> SegmentRun:
        one = self.preparation
        boundary = self.folder / _inflow_path(segment) if self._own_inflow else None
        place = Place(self.root, self.scenario, segment, self.identity, self.kind, boundary)
        variables = self._environment(place, plan)
        target = f"{self.part}/{segment.name}"
        os.mkdir(target)  # noqa: PTH102  # a quarter of the time of writing went into Path
        for name, text in control_texts(one, plan, self.kind).items():
            _write(f"{target}/{name}", text.encode())
        _write(f"{target}/{RUN_SCRIPT}", render(one.settings, place, variables).encode(), executable=True)
        return SegmentRun.of(segment, variables.values, number)

    def _environment(self, place: Place, plan: DayPlan) -> RunEnvironment:
        """Return the environment of a run, from that of the first scenario with a run of the same shape."""
        one = self.preparation
        shape = (self.root, place.segment, self.kind, plan.rewritten, self._own_inflow)
        if shape not in one.environments:
            files = [self._stream(stream, plan, place.segment) for stream in one.planner.streams]
            one.environments[shape] = environment(one.settings, one.streams.grid, place, files)
        return one.environments[shape].with_values(scenario_values(one.settings, place))

    def _stream(self, stream: Stream, plan: DayPlan, segment: Segment) -> StreamFile:
        base = self.preparation.emissions
        rewritten = stream.label in plan.rewritten
        folder = self.folder / OWN_EMISSIONS if rewritten else base
        return StreamFile(stream.label, stream.file(folder, segment.day), stream.groups(base), rewritten)


def _write(path: str, content: bytes, *, executable: bool = False) -> None:
    """Write a file in one call of the system: a thousand scenarios are five thousand of them."""
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(content)
        if executable:
            os.fchmod(file.fileno(), 0o755)


@cache
def _npy_header(shape: tuple[int, ...]) -> bytes:
    """Return what stands before the values in a file of NumPy, double precision."""
    header = BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return header.getvalue()


def _inflow_path(segment: Segment) -> str:
    return f"{OWN_INFLOW}/BNDY_{segment.name}.nc"


def _worst(methods: Sequence[str]) -> str:
    return next(name for name in ("file", "desid", "base") if name in methods)


def control_texts(preparation: Preparation, plan: DayPlan, kind: Kind) -> dict[str, str]:
    """Return the control files of a run by name: emissions, and those of ISAM or DDM-3D."""
    rules, control = preparation.rules_text.with_rules(plan.rules), preparation.control_text
    logical = preparation.version.listed("control_files")
    if len(logical) == 1:
        texts = {CONTROL_FILES[logical[0]]: control + "\n" + rules}
    else:
        texts = {CONTROL_FILES[logical[0]]: control, CONTROL_FILES[logical[1]]: rules}
    labels, settings = preparation.labels, preparation.settings
    if kind == "isam" and settings.isam is not None:
        texts[SA_IOLIST] = isam.control_file(settings.isam, labels)
    if kind == "ddm" and settings.ddm is not None:
        texts[SEN_INPUT] = ddm.control_file(settings.ddm, labels, preparation.default_rules, preparation.voc)
    return texts
