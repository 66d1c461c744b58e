"""Packages: shipped scenarios for target years and seasons, to name in `extends`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from scenarios.scenario_entry import ScenarioEntry


@cache
def packages() -> Mapping[str, ScenarioEntry]:
    """Return the shipped packages by name (`data/packages.toml`): planning assumptions, all of them."""
    document = tomllib.loads(files("scenarios").joinpath("data/packages.toml").read_text(encoding="utf-8"))
    years = document["target_years"]
    entries = [_target_year(year, years) for year in years["years"]]
    entries += [ScenarioEntry.model_validate(table) for table in document["scenario"]]
    return {entry.name: entry for entry in entries}


def _target_year(year: int, table: Mapping[str, object]) -> ScenarioEntry:
    """Return the package of a year: every measure as far as equal yearly steps from `start` to `full` lead."""
    start, full = (int(str(table[key])) for key in ("start", "full"))
    return ScenarioEntry.model_validate({
        "name": f"target_{year}", "title_zh": f"{year}年目标包", "title_en": f"Package for the target year {year}",
        "year": year, "measures": table["measures"], "rollout": (year - start) / (full - start),
    })  # fmt: skip
