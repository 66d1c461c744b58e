"""The timetable: the measures of the road with their years, departments and what each removes."""

import pandas as pd

SHOWN = ("NOx", "VOC", "PM25", "SO2", "NH3")
"""Pollutants whose removed tonnes the timetable states."""
RANKED_BY = ("NOx_t", "VOC_t", "PM25_t")
"""Columns whose sum ranks the measures: the precursors of ozone and primary PM2.5."""


def timetable(reach: pd.DataFrame, measures: pd.DataFrame, scenario: str, *, start: int, end: int) -> pd.DataFrame:
    """Return one row a measure that acts in `scenario` and starts after `start`, in order of start and tonnes removed.

    `reach` is the reach table of the control table (scenario, measure, pollutant, removed_t), `measures` has id,
    name_zh, name_en, department, start, end. Columns: measure, name_zh, name_en, department, start, end (open ends are
    `end`), sources, then `<pollutant>_t` removed (t/a).
    """
    own = reach[(reach["scenario"] == scenario) & reach["measure"].isin(measures["id"])]
    removed = own.pivot_table(index="measure", columns="pollutant", values="removed_t", aggfunc="sum", fill_value=0.0)
    table = measures.set_index("id").join(
        removed.reindex(columns=list(SHOWN), fill_value=0.0).add_suffix("_t"), how="inner"
    )
    table["sources"] = own.groupby("measure")["sources"].max()
    table["start"] = table["start"].fillna(start)
    table["end"] = table["end"].fillna(end).clip(upper=end)
    ahead = table[table["start"] > start]
    order = ahead.assign(size=ahead[list(RANKED_BY)].sum(axis=1))
    order = order.sort_values(["start", "size"], ascending=[True, False]).drop(columns="size")
    return order.rename_axis("measure").reset_index()
