"""What the monitors measured, and the days to model."""

from observations.background import Background, read_background
from observations.cnemc import read_cnemc
from observations.composition import Composition, read_composition
from observations.model_days import ModelDays
from observations.observations import Observations
from observations.observed_days import DaySelection, observed_days
from observations.sites import read_sites
from observations.typical_days import district_groups, typical_days
from observations.uci_prsa import read_uci_prsa

__all__ = [
    "Background",
    "Composition",
    "DaySelection",
    "ModelDays",
    "Observations",
    "district_groups",
    "observed_days",
    "read_background",
    "read_cnemc",
    "read_composition",
    "read_sites",
    "read_uci_prsa",
    "typical_days",
]
