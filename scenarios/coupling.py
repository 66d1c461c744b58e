"""Particles are nested (PM10 holds PM2.5, PM2.5 holds BC and OC): how a rule on one carries over to the others."""

from collections.abc import Container, Mapping

#: Pollutant -> where it takes its remaining fraction from when a rule does not name it, nearest first.
#: Fine dust follows the PM10 it is part of; a device or a stop that takes fine particles takes the coarse ones at least
#: as well, so PM10 follows PM2.5 (equal is the cautious end); soot and organic carbon follow PM2.5, then PM10.
FOLLOWS = {"PM25": ("PM10",), "PM10": ("PM25",), "BC": ("PM25", "PM10"), "OC": ("PM25", "PM10")}


def with_components(given: Mapping[str, float]) -> dict[str, float]:
    """Return remaining fractions with the unnamed particle components filled from what they follow.

    A rule on BC or OC alone changes only that: a part says nothing of the whole.
    """
    leaders = {pollutant: leader(pollutant, given) for pollutant in FOLLOWS}
    return {**given, **{pollutant: given[parent] for pollutant, parent in leaders.items() if parent}}


def leader(pollutant: str, given: Container[str]) -> str:
    """Return the pollutant whose fraction an unnamed component takes, empty when it is named or follows nothing."""
    if pollutant in given:
        return ""
    return next((parent for parent in FOLLOWS.get(pollutant, ()) if parent in given), "")
