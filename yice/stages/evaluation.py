"""Evaluation: outputs -> statistics of the standard, control effect, projections, NOx-VOC response, past periods."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from aqcore.provenance import value_hash
from aqcore.publish import published_folder
from evaluation.design_value import future_statistics
from evaluation.effect import Effect
from evaluation.official import read_contributions, read_official
from evaluation.performance import performance_table
from evaluation.period_change import normalised_changes, period_change, published_shares
from evaluation.units import in_standard_units
from scenarios import BASE
from yice.city import ReviewSection
from yice.stage import Stage, files_hash, stamp_hash
from yice.stages.outputs import Outputs, official_statistics
from yice.stages.response import matrix_tables
from yice.stages.runs import box_driver
from yice.workspace import Workspace

FOLDER = "evaluation"
FILES = ("effect", "response", "projection", "performance", "diurnal", "matrix", "ridge", "ratio", "cuts")
EFFECT, ROAD = "effect", "road"
"""What a projection is for: a scenario's effect in the base year, or a milestone of the road from its start."""

ONLY = "only_"
"""Scenarios of one category of measures alone are named so, with the key of the published contributions behind."""

OUTPUTS = tuple(f"{FOLDER}/{name}.csv" for name in FILES)


def stage(space: Workspace) -> Stage:
    """Return the stage that evaluates the runs of the box model."""
    return Stage("evaluation", lambda: inputs(space), lambda: act(space), OUTPUTS)


def inputs(space: Workspace) -> Mapping[str, str]:
    """Return what the evaluation depends on."""
    city = space.city
    its = city.observations
    named = (its.stations, its.official, its.contributions, its.composition)
    return {
        **files_hash(city.path(name) for name in named if name),
        "runs": stamp_hash(space.work, "runs"),
        "city.toml": value_hash([str(city.roadmap), city.timezone]),
    }


def act(space: Workspace) -> None:
    """Write every table of the evaluation."""
    outputs = Outputs(space, box_driver(space))
    with published_folder(space.work / FOLDER) as folder:
        effects = _effects(outputs)
        _write(folder, "effect", pd.concat([effect.table for effect in effects.values()]))
        _write(folder, "response", pd.concat([effect.response for effect in effects.values()]))
        _write(folder, "projection", projections(outputs, effects))
        _write(folder, "performance", performance(outputs))
        _write(folder, "diurnal", diurnal(outputs))
        for name, table in matrix_tables(outputs).items():
            _write(folder, name, table)
        for review in space.city.roadmap.review:
            for name, table in review_tables(outputs, effects, review).items():
                _write(folder, f"{name}_{review.start_year}_{review.end_year}", table)


def _write(folder: Path, name: str, table: pd.DataFrame) -> None:
    table.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")


def _effects(outputs: Outputs) -> dict[str, Effect]:
    names = [scenario.name for scenario in outputs.space.scenarios if scenario.name != BASE]
    return dict(zip(names, outputs.effects([(name, BASE) for name in names]), strict=True))


def projections(outputs: Outputs, effects: Mapping[str, Effect]) -> pd.DataFrame:
    """Return the projected statistics of every scenario from the base year, and of the targets from the start.

    Columns: those of `DesignValue`, purpose (effect, road), scenario, against, from_year.
    """
    road = outputs.space.city.roadmap
    observed = official_statistics(outputs, road.base_year, outputs.reference_state)
    parts = [
        _projected(outputs, EFFECT, name, BASE, road.base_year, observed, effect) for name, effect in effects.items()
    ]
    start = official_statistics(outputs, road.start_year, 298.15)
    reached = outputs.effects([(target.scenario, road.start_scenario) for target in road.targets])
    for target, effect in zip(road.targets, reached, strict=True):
        parts.append(_projected(outputs, ROAD, target.scenario, road.start_scenario, road.start_year, start, effect))
    return pd.concat(parts, ignore_index=True)


def _projected(
    outputs: Outputs,
    purpose: str,
    scenario: str,
    against: str,
    year: int,
    observed: Mapping[str, float],
    effect: Effect,
) -> pd.DataFrame:
    table = future_statistics(observed, effect.daily, composition=outputs.composition)
    return table.assign(purpose=purpose, scenario=scenario, against=against, from_year=year)


def performance(outputs: Outputs) -> pd.DataFrame:
    """Return the metrics of the base run against the observations of the modelled days."""
    model = in_standard_units(outputs.base, reference_state_K=outputs.reference_state)
    observed = outputs.space.days.observed_hours(outputs.space.city.timezone)
    return performance_table(model, observed, timezone=outputs.space.city.timezone)


def diurnal(outputs: Outputs) -> pd.DataFrame:
    """Return hourly means of the base and the observations by case, over the evaluated districts.

    Columns: case (label of a typical day, season of real days), pollutant, hour (start, local), model, obs.
    """
    days = outputs.space.days
    model = in_standard_units(outputs.base, reference_state_K=outputs.reference_state)
    observed = days.observed_hours(outputs.space.city.timezone)
    names = [str(name) for name in observed.data_vars if name in model]
    zones = [zone for zone in outputs.evaluated if zone in observed["zone"].to_numpy()]
    both = {"model": model[names].sel(zone=zones), "obs": observed[names].sel(zone=zones)}
    frames = {key: data.mean("zone").to_dataframe()[names] for key, data in both.items()}
    local = pd.DatetimeIndex(frames["obs"].index).tz_localize("UTC").tz_convert(outputs.space.city.zone)
    cases = outputs.days["label"] if days.kind == "typical" else outputs.days["season"]
    keys = [cases.reindex(local.tz_localize(None).normalize()).to_numpy(), local.hour.to_numpy()]
    parts = []
    for name in names:
        pair = pd.DataFrame({"model": frames["model"][name].reindex(frames["obs"].index), "obs": frames["obs"][name]})
        mean = pair.groupby(keys).mean().reset_index(names=["case", "hour"])
        parts.append(mean.assign(pollutant=name))
    return pd.concat(parts)[["case", "pollutant", "hour", "model", "obs"]]


def review_tables(outputs: Outputs, effects: Mapping[str, Effect], review: ReviewSection) -> dict[str, pd.DataFrame]:
    """Return a past period: modelled and official change, published shares, contributions of categories.

    The categories are the scenarios `only_<key>`; their contributions stand beside published ones of the same key.
    """
    city = outputs.space.city
    official = read_official(city.path(city.observations.official))
    observed = official_statistics(outputs, review.start_year, outputs.reference_state)
    modelled = future_statistics(observed, effects[review.scenario].daily, composition=outputs.composition)
    change = period_change(official, modelled, review.start_year, review.end_year)
    tables = {"review": change}
    if city.observations.contributions:
        published = read_contributions(city.path(city.observations.contributions))
        period = f"{review.start_year}-{review.end_year}"
        tables["shares"] = published_shares(published, change, "PM25_mean", period)
        tables["normalised"] = normalised_changes(published, change, period)
        tables["categories"] = categories(outputs, effects, published, observed["PM25_mean"], period)
    return tables


def categories(
    outputs: Outputs, effects: Mapping[str, Effect], published: pd.DataFrame, observed: float, period: str
) -> pd.DataFrame:
    """Return what each category of measures alone takes from annual PM2.5 (ug m-3), beside published contributions.

    Columns: key, name_zh, name_en, modelled, low, high, then one column a study.
    """
    rows = []
    titles = {scenario.name: scenario for scenario in outputs.space.scenarios}
    given = published[(published["kind"] == "category") & (published["period"] == period)]
    for name in [name for name in effects if name.startswith(ONLY)]:
        key = name.removeprefix(ONLY)
        pair = effects[name].daily
        value = future_statistics({"PM25_mean": observed}, pair, composition=outputs.composition).iloc[0]
        studies = given[(given["key"] == key) & (given["unit"] == "ug/m3")].set_index("study")["value"].to_dict()
        rows.append({
            "key": key, "name_zh": titles[name].title_zh, "name_en": titles[name].title_en,
            "modelled": observed - value["value"], "low": observed - value["high"], "high": observed - value["low"],
            **studies,
        })  # fmt: skip
    return pd.DataFrame(rows)
