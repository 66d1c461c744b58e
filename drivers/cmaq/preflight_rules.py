"""The preflight of emission rules: what the control files say, against streams, masks and mechanism.

The files are read back as they stand in the run directory, so that hand edits are checked too.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import xarray as xr

from aqcore.errors import Fault, InputError, did_you_mean
from aqcore.ioapi_backend import grid_of
from aqcore.species import emission_species
from drivers.cmaq.desid_rules import ALL, EVERYWHERE, STACKED_LIMIT, Rule, mapped_variables
from drivers.cmaq.file_facts import FileFacts
from drivers.cmaq.manifest import Manifest, SegmentRun
from drivers.cmaq.namelists import read_regions, read_rules, species_of
from drivers.cmaq.preflight_species import SPECIES_FILES
from drivers.cmaq.stream_files import GRIDDED, STACKS
from drivers.cmaq.versions import version

MASK_EXCESS = 1.01
"""Largest mask value that CCTM accepts; sums of disjoint masks stay below it."""

OPERATIONS = ("a", "m", "o")


def rule_faults(folder: Path, manifest: Manifest, part: SegmentRun, facts: Mapping[str, FileFacts]) -> Iterator[Fault]:
    """Yield every fault of the rules, regions and species of one run."""
    one, place = version(manifest.version), manifest.folder(folder, part)
    logical = one.listed("control_files")
    path = place / part.environment.get(logical[-1], "")
    try:
        rules = read_rules(path, one)
        regions = read_regions(place / part.environment.get(logical[0], ""), one)
    except InputError as error:
        yield from error.faults
        return
    streams = _streams(part, facts)
    yield from _row_faults(path, rules, streams, [label for label, _, _ in regions])
    yield from _order_faults(path, rules, streams)
    yield from _unused_faults(rules, streams)
    yield from _unit_class_faults(rules, streams)
    yield from _mechanism_faults(place, part, manifest, rules)
    yield from _region_faults(place, part, regions, facts, rules)


def _streams(part: SegmentRun, facts: Mapping[str, FileFacts]) -> dict[str, FileFacts]:
    """Return label -> facts of the streams."""
    pairs = ((name, name.replace("_LAB_", "_")) for name in part.environment
             if name.startswith((f"{GRIDDED}LAB_", f"{STACKS}LAB_")))  # fmt: skip
    return {part.environment[label]: facts[name] for label, name in pairs if name in facts}


def _row_faults(
    path: Path, rules: Sequence[Rule], streams: Mapping[str, FileFacts], regions: Sequence[str]
) -> Iterator[Fault]:
    """Pitfall 5: a rule for an unknown stream or variable does nothing, in silence."""
    known_streams, known_regions = {ALL, *streams}, {EVERYWHERE, *regions}
    for number, rule in enumerate(rules, start=1):
        where = f"{path}:rule {number}"
        if rule.op not in OPERATIONS:
            yield Fault(
                where, f"operation {rule.op!r}", f"use one of {OPERATIONS} in lower case: CCTM aborts on capitals"
            )
        if rule.region not in known_regions:
            yield Fault(where, f"region {rule.region!r} is not defined", did_you_mean(rule.region, known_regions))
        if rule.stream not in known_streams:
            yield Fault(where, f"stream {rule.stream!r} is not in this run", did_you_mean(rule.stream, known_streams))
        elif rule.op == "m" and rule.stream != ALL and rule.variable not in {ALL, *streams[rule.stream].units}:
            what = f"{rule.variable!r} is not on the file of stream {rule.stream}"
            yield Fault(where, what, did_you_mean(rule.variable, streams[rule.stream].units))
        if not np.isfinite(rule.factor) or rule.factor < 0.0:
            yield Fault(where, f"factor {rule.factor}", "give a number of 0 or more")


def _order_faults(path: Path, rules: Sequence[Rule], streams: Mapping[str, FileFacts]) -> Iterator[Fault]:
    """Pitfall 5: `m` multiplies only what stands above it; more than 100 stacked factors are dropped."""
    mapped: set[str] = set()
    stacked: dict[tuple[str, str], int] = {}
    for number, rule in enumerate(rules, start=1):
        if rule.op == "a":
            mapped.add(rule.variable)
        elif rule.variable not in mapped | {ALL}:
            what = f"{rule.variable!r} is multiplied before it is mapped"
            yield Fault(f"{path}:rule {number}", what, "put the rows with `a` first")
        key = (rule.stream, rule.variable)
        stacked[key] = stacked.get(key, 0) + 1
    for (stream, variable), count in stacked.items():
        if stream in streams and count >= STACKED_LIMIT:
            what = f"{count} factors for {variable} of {stream}"
            yield Fault(str(path), what, f"DESID keeps {STACKED_LIMIT}: merge regions, or set cmaq.method to file")


def _unused_faults(rules: Sequence[Rule], streams: Mapping[str, FileFacts]) -> Iterator[Fault]:
    """Pitfall 6: a variable without a rule is dropped in silence."""
    for label, fact in streams.items():
        mapped = mapped_variables(rule for rule in rules if rule.stream in {ALL, label})
        for variable in fact.units:
            if variable not in mapped:
                yield Fault(f"{fact.path}:{variable}", "no rule maps it: its emission would be lost",
                            did_you_mean(variable, mapped))  # fmt: skip


def _unit_class_faults(rules: Sequence[Rule], streams: Mapping[str, FileFacts]) -> Iterator[Fault]:
    """Pitfall 2: basis UNIT ignores units, so gas must be in moles and aerosol in grams."""
    kinds = {name: one.kind for name, one in emission_species().items()}
    phases = {rule.variable: rule.phase for rule in rules if rule.op == "a" and rule.basis == "UNIT"}
    for fact in streams.values():
        for variable, units in fact.units.items():
            gas = kinds.get(variable, "gas" if phases.get(variable) == "GAS" else "aerosol") == "gas"
            if gas != units.startswith("mol"):
                expected = "moles/s" if gas else "g/s"
                yield Fault(f"{fact.path}:{variable}", f"units {units!r} of a {'gas' if gas else 'particle'}",
                            f"write {expected}: the rules do not convert")  # fmt: skip


def _mechanism_faults(place: Path, part: SegmentRun, manifest: Manifest, rules: Sequence[Rule]) -> Iterator[Fault]:
    """Pitfall 7: rules, namelists and photolysis data belong to one mechanism."""
    species: set[str] = set()
    for name in SPECIES_FILES:
        path = place / part.environment.get(name, "")
        if name in part.environment and path.is_file():
            try:
                species |= species_of(path)
            except InputError as error:
                yield from error.faults
    unknown = sorted({rule.species for rule in rules} - species - {ALL}) if species else []
    for name in unknown:
        what = f"no species {name!r} in the species namelists"
        yield Fault(str(place), what, f"give the namelists of {manifest.mechanism}, with which CCTM was built")
    data = part.environment.get("CSQY_DATA", "")
    if data and manifest.mechanism not in Path(data).name:
        what = "photolysis data do not name the mechanism"
        yield Fault(f"CSQY_DATA={data}", what, f"give CSQY_DATA_{manifest.mechanism}_aq")


def _region_faults(
    place: Path,
    part: SegmentRun,
    regions: Sequence[tuple[str, str, str]],
    facts: Mapping[str, FileFacts],
    rules: Sequence[Rule],
) -> Iterator[Fault]:
    """Pitfalls 3 and 4: masks that DESID misreads, and regions that it does not find."""
    by_file: dict[str, list[tuple[str, str]]] = {}
    for label, variable, mask in regions:
        by_file.setdefault(variable, []).append((label, mask))
    for variable, members in by_file.items():
        path = place / part.environment.get(variable, "")
        if variable not in part.environment or not path.is_file():
            yield Fault(f"{variable}={path}", "the mask file is not there", "write the runs again")
            continue
        yield from _mask_faults(path.resolve(), members, facts, rules)


def _mask_faults(
    path: Path, members: Sequence[tuple[str, str]], facts: Mapping[str, FileFacts], rules: Sequence[Rule]
) -> Iterator[Fault]:
    with xr.open_dataset(path, engine="ioapi") as file:
        grids = [fact.grid for name, fact in facts.items() if name.startswith(GRIDDED)]
        for difference in grids[0].differences(grid_of(file)) if grids else []:
            yield Fault(str(path), f"is not on the grid of the emissions: {difference}", "write the runs again")
        masks = {}
        for label, mask in members:
            if mask not in file:
                yield Fault(f"{path}:{mask}", f"is not on the file, region {label} would have no effect", "write it")
            elif label != mask:
                yield Fault(f"{path}:{mask}", f"region {label!r} has another name", "name the region like the variable")
            else:
                masks[label] = file[mask].to_numpy()
    yield from mask_value_faults(path, masks)
    yield from together_faults(path, masks, rules)


def mask_value_faults(path: Path, masks: Mapping[str, np.ndarray]) -> Iterator[Fault]:
    """Yield what DESID misreads in masks: values outside 0..1, all ones, equal, overlapping."""
    for label, values in masks.items():
        if not np.isfinite(values).all():
            yield Fault(f"{path}:{label}", "holds values that are not finite", "write the runs again")
            continue
        if values.min() < 0.0 or values.max() > MASK_EXCESS:
            yield Fault(f"{path}:{label}", f"values {values.min():g} to {values.max():g}", "give shares of 0 to 1")
        if (values >= 1.0).all():
            yield Fault(f"{path}:{label}", "is 1 everywhere: DESID would emit nothing", f"use {EVERYWHERE} instead")
    labels = list(masks)
    for index, one in enumerate(labels):
        for two in labels[index + 1 :]:
            if np.array_equal(masks[one], masks[two]):
                yield Fault(
                    f"{path}:{one}", f"is the same mask as {two}: both would have no effect", "keep one of them"
                )
    total = sum(masks.values(), start=np.zeros(1))
    if total.max() > MASK_EXCESS:
        yield Fault(str(path), f"masks overlap: they sum to {total.max():g}", "split them into disjoint regions")


def together_faults(path: Path, masks: Mapping[str, np.ndarray], rules: Sequence[Rule]) -> Iterator[Fault]:
    """Yield what DESID misreads in regions that scale one variable of one stream: equal, nested, overlapping masks."""
    used: dict[tuple[str, str], set[str]] = {}
    for rule in rules:
        if rule.region in masks:
            used.setdefault((rule.stream, rule.variable), set()).add(rule.region)
    for names in sorted({tuple(sorted(names)) for names in used.values()}):
        total = sum((masks[name] for name in names), start=np.zeros(1))
        if total.max() > MASK_EXCESS:
            yield Fault(f"{path}:{', '.join(names)}", f"masks overlap: they sum to {total.max():g}",
                        "split them into disjoint regions: DESID counts the overlap twice")  # fmt: skip
    pairs = {pair for names in used.values() for pair in combinations(sorted(names), 2)}
    for one, two in sorted(pairs):
        below, above = bool((masks[one] <= masks[two]).all()), bool((masks[two] <= masks[one]).all())
        if below and above:
            yield Fault(f"{path}:{one}", f"is the same mask as {two}: both would have no effect", "keep one of them")
        elif below or above:
            inner, outer = (one, two) if below else (two, one)
            yield Fault(f"{path}:{inner}", f"lies inside {outer} in every cell: DESID would multiply both factors",
                        "use a finer grid, or set cmaq.method to auto or file")  # fmt: skip
