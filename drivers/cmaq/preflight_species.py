"""The preflight of species: do initial and boundary air belong to the mechanism."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from aqcore.errors import Fault, InputError
from drivers.cmaq.file_facts import FileFacts
from drivers.cmaq.manifest import SegmentRun
from drivers.cmaq.namelists import species_of
from drivers.cmaq.preflight_files import CONCENTRATION_FILES

SPECIES_FILES = ("gc_matrix_nml", "ae_matrix_nml", "nr_matrix_nml", "tr_matrix_nml")

NEEDED = ("O3",)
"""Without ozone a file of air is no file of air."""

MODES = ("I", "J", "K")
WITHOUT_NAMELIST = ("NUM", "SRF", "RHOJ", "M2", "M3")
"""Beginnings of names of number, surface, density and moments, which stand in no namelist."""

LEAST_SHARE = 0.5
"""Share of a file's species that the mechanism must have; the rest are of older or further mechanisms."""


def air_faults(place: Path, part: SegmentRun, facts: Mapping[str, FileFacts]) -> Iterator[Fault]:
    """Pitfall 7: a species that a file of air lacks silently becomes almost nothing; another mechanism's go unread."""
    known = mechanism_species(place, part)
    for name in CONCENTRATION_FILES:
        fact = facts.get(name)
        if fact is None or (part.previous and name == "INIT_CONC_1"):
            continue
        for species in NEEDED:
            if species not in fact.units:
                yield Fault(f"{name}={fact.path}", f"holds no {species}", "give a file of air of the mechanism")
        strange = [one for one in fact.units if not _is_known(one, known)]
        if known and len(strange) > (1.0 - LEAST_SHARE) * len(fact.units):
            what = (
                f"{len(strange)} of {len(fact.units)} species ({', '.join(strange[:4])}, ...) are not the mechanism's"
            )
            yield Fault(f"{name}={fact.path}", what, "make it with the mechanism of CCTM")


def mechanism_species(place: Path, part: SegmentRun) -> set[str]:
    """Return the species of the namelists of a run; none of a namelist that cannot be read."""
    found: set[str] = set()
    for name in SPECIES_FILES:
        path = place / part.environment.get(name, "")
        if name in part.environment and path.is_file():
            try:
                found |= species_of(path)
            except InputError:
                continue  # `rule_faults` tells it
    return found


def _is_known(name: str, known: set[str]) -> bool:
    upper = name.upper()
    return upper in known or upper.startswith(WITHOUT_NAMELIST) or (upper[-1:] in MODES and upper[:-1] in known)
