"""What the air of the modelled days was, by day: what alert triggers look at."""

import pandas as pd

from evaluation.mda8 import mda8
from observations.model_days import HOURS, ModelDays

DAILY = ("PM25", "PM10")
OZONE = "O3"


def day_values(days: ModelDays, timezone: str) -> pd.DataFrame:
    """Return the city's value of each modelled day, index local date, ug m-3: PM25 and PM10 as means, O3 as MDA8.

    The hourly values are means over the districts with measurements; a pollutant that nobody measured has no column.
    """
    observed = days.observed_hours(timezone)
    dates = days.day_table().index
    city = {name: observed[name].mean("zone") for name in (*DAILY, OZONE) if name in observed}
    values = {
        name: hours.to_numpy().reshape(len(dates), HOURS).mean(axis=1) for name, hours in city.items() if name in DAILY
    }
    if OZONE in city:
        eight = mda8(city[OZONE].sortby("time"), timezone=timezone).to_series()
        values[OZONE] = eight.reindex(dates).to_numpy()
    return pd.DataFrame(values, index=dates)
