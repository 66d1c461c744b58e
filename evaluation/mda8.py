"""The daily maximum 8 h mean of ozone as China defines it (HJ 663)."""

from functools import partial

import xarray as xr

from evaluation.days import CHINA, over_days
from observations import chinese_day
from observations.chinese_day import MDA8_LIMIT


def mda8(hourly: xr.DataArray, *, timezone: str = CHINA, limit: float = MDA8_LIMIT) -> xr.DataArray:
    """Return the daily maximum 8 h mean (time, ...) -> (day, ...), unit of `hourly`; lazy when `hourly` is.

    HJ 663 clause 6.1.2: windows that end at 08:00 .. 24:00 local, each of at least 6 valid hours, at least 14 of them
    valid unless the maximum exceeds `limit` (unit of `hourly`; 160 is ug m-3, so give it for ppb). `time` is the UTC
    START of the hour; days need not adjoin.
    """
    return over_days(hourly, partial(chinese_day.mda8, limit=limit), timezone=timezone)
