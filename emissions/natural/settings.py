"""The switch of natural sources and their choices."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy.typing as npt

from aqcore.errors import Fault, Faults, InputError, did_you_mean

Natural = Literal["megan", "inline", "none"]
"""`megan` makes streams, `inline` leaves them to the modules inside CMAQ, `none` leaves them out."""

LeafAreaOf = Literal["plants", "cell"]
"""Whether a leaf area index is that of the covered ground (WRF's land models) or of the whole cell (satellites)."""


@dataclass(frozen=True)
class NaturalSettings:
    """Choices of the natural sources.

    `co2_ppm`; `leaf_area_of`, what the leaf area index refers to; for the age of leaves `leaf_area_before`, the index
    of the period before, (y, x) or a number, `leaf_interval_days` ago (None: a canopy that does not change).
    """

    co2_ppm: float = 420.0
    leaf_area_of: LeafAreaOf = "plants"
    leaf_area_before: npt.ArrayLike | None = None
    leaf_interval_days: float = 30.0

    def __post_init__(self) -> None:
        faults = Faults()
        if not self.co2_ppm > 0.0:
            faults.add("natural.co2_ppm", f"{self.co2_ppm!r} is no mixing ratio", "give ppm, about 420")
        if self.leaf_area_of not in get_args(LeafAreaOf):
            remedy = did_you_mean(self.leaf_area_of, get_args(LeafAreaOf))
            faults.add("natural.leaf_area_of", f"unknown choice {self.leaf_area_of!r}", remedy)
        if not self.leaf_interval_days > 0.0:
            faults.add(
                "natural.leaf_interval_days", f"{self.leaf_interval_days!r} is no time", "give days, such as 8 or 30"
            )
        faults.raise_if_any()


def natural_choice(text: str) -> Natural:
    """Return the switch; raises `InputError` for a word that it does not know."""
    for known in get_args(Natural):
        if text == known:
            return known  # type: ignore[no-any-return]  # get_args loses the literals
    raise InputError([Fault("natural", f"unknown choice {text!r}", did_you_mean(text, get_args(Natural)))])
