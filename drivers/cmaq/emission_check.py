"""Whether CCTM emitted what the scenario says: its emission diagnostics against the sources, and against its rules.

Two comparisons, both to 1e-4. The sum over the grid of every stream and model species is that of the single sources
under the scenario (`expected_emissions.npy`, from the control table); that of a stream that no scenario changes
(around the city, nature) is its file's. The sum under the mask of every region is that of
the emission file times the factors of the rules that stand in the run directory.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import netCDF4
import numpy as np
import numpy.typing as npt

from aqcore.errors import Fault, InputError
from aqcore.units import SECOND_PER_HOUR
from drivers.cmaq.desid_arithmetic import effective_factor
from drivers.cmaq.desid_rules import ALL, EVERYWHERE, Rule
from drivers.cmaq.emission_mapping import Share, mapping
from drivers.cmaq.environment import OUTPUT_FOLDER
from drivers.cmaq.manifest import Manifest, SegmentRun
from drivers.cmaq.namelists import molar_masses, read_regions, read_rules
from drivers.cmaq.stream_files import file_sums, file_units, gridded_labels, open_masks
from drivers.cmaq.versions import version

EXPECTED = "expected_emissions.npy"
EXPECTED_NAMES = "expected_names.json"

TOLERANCE = 1e-4
"""Largest relative difference that passes."""

FLOOR = 1e-6
"""Share of the whole stream's emission below which a region's difference is rounding of single precision."""

SPECIES_FILES = ("gc_matrix_nml", "ae_matrix_nml", "nr_matrix_nml", "tr_matrix_nml")

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Deviation:
    """An emission that is not as meant: sums over the run's hours, mol s-1 or g s-1 times hours."""

    stream: str
    species: str
    region: str
    meant: float
    emitted: float

    def __str__(self) -> str:
        change = f"{self.emitted / self.meant - 1.0:+.3%}" if self.meant else "where none is meant"
        where = f"{self.species} of {self.stream} in {self.region}"
        return f"{where}: {self.emitted:.6g} instead of {self.meant:.6g} ({change})"


@dataclass(frozen=True)
class EmissionCheck:
    """How many sums were compared, which deviate, and the model species whose mapping is not known here."""

    compared: int
    deviations: tuple[Deviation, ...]
    left_out: tuple[str, ...] = ()


def check_emissions(folder: Path, manifest: Manifest, part: SegmentRun) -> EmissionCheck:
    """Compare the emission diagnostics of one execution with what was meant.

    `folder` is the scenario's. Raises InputError when a file of the comparison is missing or of another kind.
    """
    meant = _Meant.of(folder, manifest, part)
    compared = 0
    deviations: list[Deviation] = []
    unknown: set[str] = set()
    for number, stream in enumerate(meant.streams):
        fields = file_sums(meant.place, part, stream)
        units = meant.units_of(number, stream, fields)
        amounts = meant.amounts(number, fields)
        shares, left_out = mapping(meant.rules, stream, units, meant.molar_masses)
        unknown |= left_out
        deviations.extend(
            _dropped(stream, {name: amounts[name] for name in units if name not in _mapped(meant, stream)})
        )
        emitted = _diagnostics(meant.place, part, number, stream)
        scaled = {share.variable: meant.scaled(stream, share.variable, fields[share.variable]) for share in shares}
        for region, species, wanted, found, scale in _sums(meant, amounts, shares, scaled, emitted):
            compared += 1
            if abs(found - wanted) > TOLERANCE * abs(wanted) + FLOOR * scale:
                deviations.append(Deviation(stream, species, region, wanted, found))
    return EmissionCheck(compared, tuple(deviations), tuple(sorted(unknown)))


@dataclass(frozen=True, eq=False)
class _Meant:
    """What one execution is meant to emit: the city's streams, then those that no scenario changes."""

    place: Path
    part: SegmentRun
    streams: Sequence[str]
    units: Mapping[str, str]
    species: Sequence[str]
    expected: FloatArray
    rules: Sequence[Rule]
    regions: Sequence[tuple[str, str, str]]

    @classmethod
    def of(cls, folder: Path, manifest: Manifest, part: SegmentRun) -> "_Meant":
        place, one = manifest.folder(folder, part), version(manifest.version)
        logical = one.listed("control_files")
        try:
            names = json.loads((folder.parent / EXPECTED_NAMES).read_text(encoding="utf-8"))
            expected = np.load(folder / EXPECTED)[part.plan]
        except (OSError, ValueError, IndexError) as error:
            remedy = "write the runs again"
            raise InputError([Fault(str(folder), f"no expected emissions ({error})", remedy)]) from error
        units = dict(zip(names["species"], names["units"], strict=True))
        rules = read_rules(place / part.environment[logical[-1]], one)
        regions = read_regions(place / part.environment[logical[0]], one)
        streams = [*names["streams"], *(label for label in gridded_labels(part) if label not in names["streams"])]
        return cls(place, part, streams, units, names["species"], expected, rules, regions)

    @cached_property
    def molar_masses(self) -> dict[str, float]:
        """Molar masses of the model species."""
        paths = [self.place / self.part.environment[name] for name in SPECIES_FILES if name in self.part.environment]
        return {name: mass for path in paths for name, mass in molar_masses(path).items()}

    @cached_property
    def masks(self) -> dict[str, FloatArray]:
        """Masks of the regions that the rules name."""
        used = {rule.region for rule in self.rules} - {EVERYWHERE}
        return open_masks(self.place, self.part, [row for row in self.regions if row[0] in used])

    def units_of(self, number: int, stream: str, fields: Mapping[str, FloatArray]) -> dict[str, str]:
        """Return the units of the emission variables in a stream's file."""
        if number < len(self.expected):
            return {name: unit for name, unit in self.units.items() if name in fields}
        return file_units(self.place, self.part, stream)

    def amounts(self, number: int, fields: Mapping[str, FloatArray]) -> dict[str, float]:
        """Return what is meant of each emission variable: what the sources emit, else the file as it stands."""
        if number < len(self.expected):
            return dict(zip(self.species, (self.expected[number] / SECOND_PER_HOUR).tolist(), strict=True))
        return {name: float(field.sum()) for name, field in fields.items()}

    def scaled(self, stream: str, variable: str, field: FloatArray) -> FloatArray:
        """Return the field of a variable after the rules of the scenario."""
        own = [(rule.region, rule.factor) for rule in self.rules
               if rule.op == "m" and rule.stream in {ALL, stream} and rule.variable in {ALL, variable}]  # fmt: skip
        return field * effective_factor(own, self.masks) if own else field


def _mapped(meant: _Meant, stream: str) -> set[str]:
    return {rule.variable for rule in meant.rules if rule.op == "a" and rule.stream in {ALL, stream}}


def _dropped(stream: str, amounts: Mapping[str, float]) -> Iterator[Deviation]:
    """Yield the variables that no rule maps although there is some of them: DESID drops them without a word."""
    for name, amount in amounts.items():
        if amount > 0.0:
            yield Deviation(stream, name, EVERYWHERE, amount, 0.0)


def _sums(
    meant: _Meant,
    amounts: Mapping[str, float],
    shares: Sequence[Share],
    scaled: Mapping[str, FloatArray],
    emitted: Mapping[str, FloatArray],
) -> Iterator[tuple[str, str, float, float, float]]:
    """Yield region, species, meant and emitted sum, and the whole stream's, for every species of a stream.

    `scaled` are the fields of the emission variables under the rules, `emitted` those of the model species.
    """
    by_species: dict[str, list[Share]] = {}
    for share in shares:
        by_species.setdefault(share.species, []).append(share)
    for species, own in by_species.items():
        wanted = sum(amounts[share.variable] * share.factor for share in own)
        found = emitted.get(species)
        if found is None:
            if wanted:
                yield EVERYWHERE, species, wanted, 0.0, wanted
            continue
        yield EVERYWHERE, species, wanted, float(found.sum()), wanted
        by_rules = sum((scaled[share.variable] * share.factor for share in own), start=np.zeros(found.shape))
        for region, mask in meant.masks.items():
            yield region, species, float((by_rules * mask).sum()), float((found * mask).sum()), wanted


def _diagnostics(place: Path, part: SegmentRun, number: int, stream: str) -> dict[str, FloatArray]:
    """Return the column sums of a stream by model species, summed over the hours that begin in the run, (y, x)."""
    path = place / OUTPUT_FOLDER / f"CCTM_DESID{number + 1}_{stream}_{part.environment['CTM_APPL']}.nc"
    try:
        with netCDF4.Dataset(path) as file:
            file.set_auto_mask(False)
            return {
                name: np.asarray(file[name][: part.hours], dtype=np.float64).sum(axis=(0, 1))
                for name in file.variables
                if name != "TFLAG"
            }
    except OSError as error:
        remedy = "ask for the diagnostics in desid_control.nml, as it was written"
        raise InputError([Fault(str(path), f"the emission diagnostics are missing ({error})", remedy)]) from error
