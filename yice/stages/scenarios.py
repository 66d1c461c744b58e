"""Scenarios: measures resolved into control factors, with what each reached and what it comes to."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from aqcore.provenance import value_hash
from aqcore.publish import published_folder
from scenarios import ControlTable
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
        **files_hash(space.city.path(name) for name in (section.measures, section.file, section.grading) if name),
        "windows": value_hash([str(plan) for own in space.scenarios for plan in own.windows]),
        "emissions": stamp_hash(space.work, "emissions"),
        "city.toml": value_hash(str(section)),
    }


def act(space: Workspace) -> None:
    """Write totals, reach and inflow factors of all scenarios, and the factors of each named one."""
    table, inventory = space.table, space.inventory
    with published_folder(space.work / FOLDER) as folder:
        named(table.totals(inventory), space).to_csv(folder / "totals.csv", index=False)
        table.reach.to_csv(folder / "reach.csv", index=False)
        table.background.to_series().rename("factor").reset_index().to_csv(folder / "background.csv", index=False)
        measure_table(space).to_csv(folder / "measures.csv", index=False)
        for scenario in space.scenarios:
            write_controls(folder / scenario.name, table, scenario.name)


def named(totals: pd.DataFrame, space: Workspace) -> pd.DataFrame:
    """Return the rows of the named scenarios (the nodes of the matrix are factors of their name)."""
    names = [scenario.name for scenario in space.scenarios]
    return totals[totals["scenario"].isin(names)]


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
