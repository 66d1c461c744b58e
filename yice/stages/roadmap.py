"""Roadmap: projected concentrations against the standard, year by year, with cuts and timetable."""

from collections.abc import Mapping

import pandas as pd

from aqcore.provenance import value_hash
from aqcore.publish import published_folder
from evaluation.standards import edition_of_year
from roadmap.path import Milestone, cuts, road_table, with_cuts
from roadmap.timetable import timetable
from yice.stage import Stage, stamp_hash
from yice.workspace import Workspace

FOLDER = "roadmap"
OUTPUTS = tuple(f"{FOLDER}/{name}.csv" for name in ("roadmap", "cuts", "timetable"))


def stage(space: Workspace) -> Stage:
    """Return the stage that writes the roadmap."""
    return Stage("roadmap", lambda: inputs(space), lambda: act(space), OUTPUTS)


def inputs(space: Workspace) -> Mapping[str, str]:
    """Return what the roadmap depends on."""
    return {
        "scenarios": stamp_hash(space.work, "scenarios"),
        "evaluation": stamp_hash(space.work, "evaluation"),
        "city.toml": value_hash(str(space.city.roadmap)),
    }


def milestones(space: Workspace) -> list[Milestone]:
    """Return the milestones of the city file, in order of year."""
    stones = [
        Milestone(target.year, target.scenario, target.edition or edition_of_year(target.year))
        for target in space.city.roadmap.targets
    ]
    return sorted(stones, key=lambda stone: stone.year)


def act(space: Workspace) -> None:
    """Write the road, the cuts and the timetable."""
    road = space.city.roadmap
    stones = milestones(space)
    projection = pd.read_csv(space.work / "evaluation/projection.csv")
    ahead = projection[projection["purpose"] == "road"]
    totals = pd.read_csv(space.work / "scenarios/totals.csv")
    cut = cuts(totals, road.start_scenario, stones)
    reach = pd.read_csv(space.work / "scenarios/reach.csv")
    measures = pd.read_csv(space.work / "scenarios/measures.csv")
    with published_folder(space.work / FOLDER) as folder:
        table = with_cuts(road_table(ahead, stones), cut)
        table.to_csv(folder / "roadmap.csv", index=False, float_format="%.6g")
        cut.to_csv(folder / "cuts.csv", index=False, float_format="%.6g")
        last = stones[-1]
        plan = timetable(reach, measures, last.scenario, start=road.start_year, end=last.year)
        plan.to_csv(folder / "timetable.csv", index=False, float_format="%.6g")
