"""Writing a scenario's run directories: rules, namelists, rewritten streams, scripts and the manifest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, InputError
from aqcore.griddesc import write_griddesc
from aqcore.provenance import value_hash
from aqcore.publish import published_folder
from drivers.cmaq.desid_rules import STACKED_LIMIT, Rule, rules_for, scenario_rules
from drivers.cmaq.environment import CONTROL_FILES, OUTPUT_FOLDER, RUN_SCRIPT, Place, Stream, as_mapping, environment
from drivers.cmaq.fit import fit, unfit
from drivers.cmaq.manifest import MANIFEST, Manifest, SegmentRun, read_manifest
from drivers.cmaq.namelists import control_namelist, rules_namelist
from drivers.cmaq.names import folder_name
from drivers.cmaq.region_factors import region_factors
from drivers.cmaq.regions import MASK_FILE_VARIABLE, Regions, build_regions, write_regions
from drivers.cmaq.run_script import command, render
from drivers.cmaq.segments import segments
from drivers.cmaq.settings import CmaqSettings
from drivers.cmaq.streams import SectorMaps, Streams, stream_path
from drivers.cmaq.versions import version
from scenarios.control_table import ControlTable

IDENTITY_LENGTH = 12
FIT_TABLE = "desid_fit.csv"
OWN_EMISSIONS = "emissions"


@dataclass(frozen=True)
class Plan:
    """What a scenario becomes: its rules, the streams that DESID cannot carry, and how true the rules are."""

    scenario: str
    rules: tuple[Rule, ...]
    rewritten: tuple[str, ...]
    fit: pd.DataFrame

    def methods(self, sectors: Sequence[str]) -> dict[str, str]:
        """Return `file`, `desid` or `base` for each stream."""
        scaled = {rule.stream for rule in self.rules}
        return {s: "file" if s in self.rewritten else "desid" if s in scaled else "base" for s in sectors}


@dataclass(frozen=True)
class Preparation:
    """Everything that the run directories of all scenarios are written from."""

    settings: CmaqSettings
    streams: Streams
    table: ControlTable
    emissions: Path
    regions: Regions
    maps: SectorMaps
    base: xr.DataArray

    @classmethod
    def of(cls, settings: CmaqSettings, streams: Streams, table: ControlTable, emissions: Path) -> "Preparation":
        """Gather what all scenarios share. Raises InputError for regions that DESID cannot hold."""
        maps = SectorMaps.of(streams)
        regions = build_regions(streams.zone_mask())
        return cls(settings, streams, table, emissions, regions, maps, maps(streams.source_species()))

    def plan(self, scenario: str) -> Plan:
        """Return the rules of a scenario and the streams that have to be rewritten.

        Raises InputError when the method is `desid` and the rules are not true to the sources.
        """
        controlled = self.maps(self.streams.source_species(self.table.of(scenario)))
        rules = scenario_rules(region_factors(self.base, controlled, self.regions.masks))
        told = fit(self.base, controlled, rules, self.regions)
        streams = self._rewritten(scenario, rules, told)
        return Plan(scenario, tuple(rule for rule in rules if rule.stream not in streams), tuple(streams), told)

    def _rewritten(self, scenario: str, rules: Sequence[Rule], told: pd.DataFrame) -> list[str]:
        scaled = sorted({rule.stream for rule in rules} | set(told.loc[told["base"] != told["sources"], "sector"]))
        if self.settings.method == "file":
            return scaled
        wrong = unfit(told, self.settings.total_tolerance, self.settings.place_tolerance)
        crowded = [s for s in scaled if _most_stacked(rules, s) > STACKED_LIMIT]
        found = sorted({*wrong, *crowded})
        if found and self.settings.method == "desid":
            raise InputError(_unfit_fault(scenario, sector, told) for sector in found)
        return found


def _most_stacked(rules: Sequence[Rule], stream: str) -> int:
    """Return the most rows that one variable of a stream has, its own mapping included."""
    counts = pd.Series([rule.variable for rule in rules if rule.stream == stream], dtype=object).value_counts()
    return 1 + int(counts.max() if len(counts) else 0)


def _unfit_fault(scenario: str, sector: str, told: pd.DataFrame) -> Fault:
    own = told[told["sector"] == sector]
    worst = own.iloc[int((own["total_error"].abs() + own["place_error"]).to_numpy().argmax())]
    what = (
        f"DESID gives {worst['species']} {worst['total_error']:+.2%} of the base wrong in total and "
        f"{worst['place_error']:.2%} in the wrong cell"
    )
    return Fault(f"{scenario}:{sector}", what, "set cmaq.method to auto or file, or widen the tolerances")


def prepare_shared(preparation: Preparation, root: Path) -> None:
    """Write what all runs share under `root`: GRIDDESC and the masks (`regions.nc`)."""
    grid = preparation.streams.grid
    root.mkdir(parents=True, exist_ok=True)
    write_griddesc(root / "GRIDDESC", {grid.name: grid})
    if preparation.regions.masks:
        first = np.datetime64(min(preparation.settings.dates), "s")
        write_regions(root / "regions.nc", preparation.regions, grid, first)


def prepare_scenario(preparation: Preparation, root: Path, scenario: str) -> Path:
    """Write the run directories of one scenario and return its folder.

    A folder that already holds these very runs is left as it is, with its results. Raises InputError when it holds
    results of other inputs: they are not overwritten.
    """
    plan = preparation.plan(scenario)
    folder = root / folder_name(scenario)
    identity = _identity(preparation, plan)
    if (folder / MANIFEST).exists() and read_manifest(folder).identity == identity:
        return folder
    _refuse_results(folder)
    with published_folder(folder) as part:
        _write_streams(preparation, plan, part / OWN_EMISSIONS)
        manifest = _write_runs(preparation, plan, root, identity, part)
        plan.fit.to_csv(part / FIT_TABLE, index=False)
        (part / MANIFEST).write_text(manifest.text(), encoding="utf-8")
    return folder


def _identity(preparation: Preparation, plan: Plan) -> str:
    """Return the hash of all that decides a scenario's runs."""
    factors = preparation.table.of(plan.scenario).to_numpy() if plan.rewritten else np.zeros(0)
    value = {
        "settings": repr(preparation.settings),
        "grid": repr(preparation.streams.grid),
        "emissions": str(preparation.emissions.resolve()),
        "rules": [repr(rule) for rule in plan.rules],
        "rewritten": list(plan.rewritten),
        "factors": sha256(factors.tobytes()).hexdigest(),
        "masks": {name: sha256(mask.tobytes()).hexdigest() for name, mask in preparation.regions.masks.items()},
    }
    return value_hash(value)[:IDENTITY_LENGTH]


def _refuse_results(folder: Path) -> None:
    results = sorted(folder.glob(f"*/{OUTPUT_FOLDER}"))
    if results:
        raise InputError(
            [Fault(str(folder), f"holds results of other inputs ({len(results)} days)", "move or remove this folder")]
        )


def _write_streams(preparation: Preparation, plan: Plan, folder: Path) -> None:
    if plan.rewritten:
        factors = preparation.table.of(plan.scenario)
        for day in preparation.settings.dates:
            preparation.streams.write(folder, day, sectors=plan.rewritten, factors=factors)


def _write_runs(preparation: Preparation, plan: Plan, root: Path, identity: str, part: Path) -> Manifest:
    settings, sectors = preparation.settings, preparation.streams.sectors
    controls = _control_texts(preparation, plan)
    runs = []
    for segment in segments(settings.dates):
        place = Place(root, plan.scenario, segment, identity)
        own = root / folder_name(plan.scenario) / OWN_EMISSIONS
        streams = [_stream(preparation, plan, own, sector, segment.day) for sector in sectors]
        variables = environment(settings, preparation.streams.grid, place, streams)
        texts = {RUN_SCRIPT: render(settings, place, variables), **controls}
        target = part / segment.name
        target.mkdir()
        for name, text in texts.items():
            (target / name).write_text(text, encoding="utf-8")
        (target / RUN_SCRIPT).chmod(0o755)
        previous = segment.previous.isoformat() if segment.previous else ""
        runs.append(SegmentRun(segment.day.isoformat(), previous, as_mapping(variables)))
    return Manifest(
        plan.scenario, identity, settings.version, settings.mechanism, preparation.streams.grid.name, settings.ranks,
        tuple(command(settings)), plan.methods(sectors), tuple(runs),
    )  # fmt: skip


def _stream(preparation: Preparation, plan: Plan, own: Path, sector: str, day: date) -> Stream:
    rewritten = sector in plan.rewritten
    folder = own if rewritten else preparation.emissions.resolve()
    return Stream(sector, stream_path(folder, sector, day), rewritten)


def _control_texts(preparation: Preparation, plan: Plan) -> Mapping[str, str]:
    """Return the emission control files by name."""
    one = version(preparation.settings.version)
    default = rules_for(preparation.settings.mechanism, preparation.streams.sectors)
    regions = list(preparation.regions.labels)
    diagnosed = dict.fromkeys(rule.species for rule in default if rule.variable in _emitted(preparation))
    rules = rules_namelist(one, default, plan.rules)
    control = control_namelist(one, regions, MASK_FILE_VARIABLE, diagnosed)
    logical = one.listed("control_files")
    if len(logical) == 1:
        return {CONTROL_FILES[logical[0]]: control + "\n" + rules}
    return {CONTROL_FILES[logical[0]]: control, CONTROL_FILES[logical[1]]: rules}


def _emitted(preparation: Preparation) -> set[str]:
    present = preparation.base.sum(("sector", "y", "x")) > 0.0
    return {str(name) for name in preparation.base["species"].to_numpy()[present.to_numpy()]}
