"""A programme of measures by category: what each takes away, beside what was published, every miss named."""

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from scenarios.control_table import ControlTable

#: The row that sums all categories.
ALL = "ALL"
PUBLISHED_COLUMNS = ("pollutant", "reduction_kt", "source", "flag")


def category_reductions(
    table: ControlTable, programme: str, categories: Mapping[str, str], published: pd.DataFrame, *, tolerance_pct: float
) -> pd.DataFrame:
    """Return what each category of a programme takes away, and the sum of all beside the published total.

    `categories` maps a category to the scenario that holds its measures alone; the tonnes are the measures' shares in
    the `programme` (Shapley, `ControlTable.reach`), so that the categories add up to it exactly. `published` has the
    columns `PUBLISHED_COLUMNS`.

    Columns: `category` (`ALL` for the sum), `pollutant, reduction_kt, alone_kt` (by the category's own scenario, where
    nothing else has been taken yet), `flag` (the weakest among its measures); in the rows `ALL` also `published_kt,
    difference_pct, published_flag, miss` (in words, empty within the tolerance). A published pollutant that the table
    does not have is a miss. Raises `ValueError` when a measure of the programme is in no category, or in two.
    """
    members = {name: _measures(table, scenario) for name, scenario in categories.items()}
    _check_members(set(_measures(table, programme)), members)
    rows = [
        row
        for name, scenario in categories.items()
        for row in _category(table.reach, programme, scenario, name, members[name])
    ]
    found = pd.DataFrame(rows, columns=["category", "pollutant", "reduction_kt", "alone_kt", "flag"])
    whole = _whole(table.reach, programme).merge(_published(published), on="pollutant", how="outer", sort=False)
    whole["difference_pct"] = 100.0 * (whole["reduction_kt"] / whole["published_kt"] - 1.0)
    whole["miss"] = [_miss(row, tolerance_pct) for row in whole.to_dict("records")]
    return pd.concat([found, whole.assign(category=ALL)], ignore_index=True)


def _measures(table: ControlTable, scenario: str) -> tuple[str, ...]:
    """Return the measures of a scenario. Raises `KeyError` for an unknown name."""
    return {own.name: own.measures for own in table.scenarios}[scenario]


def _check_members(programme: set[str], members: Mapping[str, tuple[str, ...]]) -> None:
    """Raise `ValueError` when the categories are no split of the programme."""
    named = [name for own in members.values() for name in own]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice or set(named) != programme:
        missing = sorted(programme - set(named))
        extra = sorted(set(named) - programme)
        raise ValueError(f"the categories do not split the programme: twice {twice}, missing {missing}, extra {extra}")


def _category(
    reach: pd.DataFrame, programme: str, scenario: str, name: str, measures: tuple[str, ...]
) -> list[tuple[str, str, float, float, str]]:
    """Return a row a pollutant of one category."""
    share = reach[(reach["scenario"] == programme) & reach["measure"].isin(measures)]
    alone = reach[reach["scenario"] == scenario].groupby("pollutant")["removed_t"].sum()
    return [
        (
            name,
            str(pollutant),
            own["removed_t"].sum() / 1e3,
            float(alone.get(pollutant, 0.0)) / 1e3,
            _weakest(own["flag"]),
        )
        for pollutant, own in share.groupby("pollutant", sort=False)
    ]


#: How sure a number is, the weakest first.
WEAKEST = ("assumption", "constructed", "knowledge", "derived", "read")


def _weakest(flags: pd.Series) -> str:
    """Return the weakest flag of a column, empty when it has none."""
    return next((flag for flag in WEAKEST if (flags == flag).any()), "")


def _whole(reach: pd.DataFrame, programme: str) -> pd.DataFrame:
    """Return what the whole programme takes away, by pollutant."""
    own = reach[reach["scenario"] == programme].groupby("pollutant", sort=False)
    table = pd.DataFrame({"reduction_kt": own["removed_t"].sum() / 1e3, "flag": own["flag"].agg(_weakest)})
    return table.reset_index()


def _published(published: pd.DataFrame) -> pd.DataFrame:
    """Return the published totals under the names of the result."""
    renamed = published.rename(columns={"reduction_kt": "published_kt", "flag": "published_flag"})
    return renamed[["pollutant", "published_kt", "published_flag"]]


def _miss(row: Mapping[Hashable, object], tolerance_pct: float) -> str:
    """Return in words how far a total is from the published one, empty within the tolerance or where none is known."""
    reduction, published = float(str(row["reduction_kt"])), float(str(row["published_kt"]))
    if np.isnan(published):
        return ""
    if np.isnan(reduction):
        return f"{row['pollutant']}: {published:g} kt published, the programme takes none"
    off = 100.0 * (reduction / published - 1.0)
    if abs(off) <= tolerance_pct:
        return ""
    return f"{row['pollutant']}: {reduction:.1f} kt instead of the published {published:g} kt ({off:+.0f} %)"
