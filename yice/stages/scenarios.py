"""Scenarios: measures resolved into control factors, with what each reached and what it comes to."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from aqcore.provenance import value_hash
from aqcore.publish import published_folder
from scenarios import ControlTable
from yice import scenario_tables
from yice.stage import Stage, files_hash, stamp_hash
from yice.workspace import Workspace

FOLDER = "scenarios"
OUTPUTS = tuple(f"{FOLDER}/{name}" for name in ("totals.csv", "reach.csv", "background.csv", "measures.csv"))


def stage(space: Workspace) -> Stage:
    """Return the stage that resolves the scenarios."""
    return Stage("scenarios", lambda: inputs(space), lambda: act(space), OUTPUTS)


def inputs(space: Workspace) -> Mapping[str, str]:
    """Return what the control factors depend on."""
    section = space.city.scenarios
    return {
        **files_hash(
            space.city.path(name)
            for name in (section.measures, section.file, section.grading, space.city.inventory.published)
            if name
        ),
        "windows": value_hash([str(plan) for own in space.scenarios for plan in own.windows]),
        "review": value_hash([str(space.city.roadmap.review), str(space.days.day_table()["weight"].to_list())]),
        "emissions": stamp_hash(space.work, "emissions"),
        "city.toml": value_hash(str(section)),
    }


def act(space: Workspace) -> None:
    """Write totals, reach and inflow factors of all scenarios, and the factors of each named one."""
    table = space.table
    with published_folder(space.work / FOLDER) as folder:
        table.background.to_series().rename("factor").reset_index().to_csv(folder / "background.csv", index=False)
        for name, frame in tables(space).items():
            frame.to_csv(folder / f"{name}.csv", index=False)
        for scenario in space.scenarios:
            write_controls(folder / scenario.name, table, scenario.name)


def tables(space: Workspace) -> dict[str, pd.DataFrame]:
    """Return the tables of the named scenarios by file name; those of windows and categories only where there are any.

    The nodes of the matrix are factors of their name and stand in no table.
    """
    always = {
        "totals": scenario_tables.totals(space),
        "reach": space.named_table.reach,
        "measures": measure_table(space),
        "nearest": scenario_tables.neighbours(space),
        "costs": scenario_tables.costs(space),
    }
    sometimes = {
        "windows": scenario_tables.windows(space),
        "window_reach": space.named_table.window_reach,
        "alerts": scenario_tables.alerts(space),
        "categories": scenario_tables.categories(space),
    }
    return always | {name: frame for name, frame in sometimes.items() if len(frame)}


def write_controls(folder: Path, table: ControlTable, name: str) -> None:
    """Write `controls.csv` of one scenario: source, pollutant, factor where it is not 1 (what acts all year)."""
    folder.mkdir()
    factors = table.all_year(name).to_series().rename("factor").reset_index()
    factors[factors["factor"] != 1.0].to_csv(folder / "controls.csv", index=False)


def measure_table(space: Workspace) -> pd.DataFrame:
    """Return one row a measure: names, department, years."""
    columns = ("id", "name_zh", "name_en", "department", "start", "end")
    return pd.DataFrame(
        [[getattr(measure, name) for name in columns] for measure in space.measures], columns=list(columns)
    )
