"""What the monitors measured, and the days to model."""

from observations.background import Background, read_background
from observations.model_days import ModelDays, utc_hours
from observations.typical_days import district_groups, typical_days

__all__ = ["Background", "ModelDays", "district_groups", "read_background", "typical_days", "utc_hours"]
