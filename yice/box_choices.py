"""What the command line chooses of a case for the box model."""

from dataclasses import dataclass
from pathlib import Path

LIMIT_MDA8 = 160.0
"""GB 3095, class II: daily maximum 8-hour mean of ozone (ug m-3)."""


@dataclass(frozen=True)
class Choices:
    """What the command line chooses: days, what is held, the lifetime of what was not observed, a city's observations.

    `days` and `observations` are a city's, `hold` and `lifetime_h` those of a CSV.
    """

    days: tuple[str, ...] = ()
    hold: tuple[str, ...] = ()
    lifetime_h: float = 12.0
    observations: Path | None = None
