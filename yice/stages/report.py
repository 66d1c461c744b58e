"""Report: the page with its figures and tables, in Chinese and English."""

from collections.abc import Mapping
from importlib.metadata import version

import pandas as pd

from aqcore.provenance import value_hash
from aqcore.publish import publish_text, published_folder
from evaluation.official import read_official
from roadmap.report.build import build
from roadmap.report.page import Figure as PageFigure
from roadmap.report.page import Page, render
from roadmap.report.results import Results, Review, Subject
from roadmap.report.texts import LANGUAGES, Bilingual, pair
from yice.stage import Stage, files_hash, stamp_hash
from yice.stages.evaluation import ONLY
from yice.stages.roadmap import milestones
from yice.workspace import Workspace

FOLDER = "report"
OUTPUTS = (f"{FOLDER}/index.html",)


def stage(space: Workspace) -> Stage:
    """Return the stage that writes the page."""
    return Stage("report", lambda: inputs(space), lambda: act(space), OUTPUTS)


def inputs(space: Workspace) -> Mapping[str, str]:
    """Return what the page depends on."""
    city = space.city
    return {
        **files_hash(city.path(name) for name in (city.inventory.published, city.observations.official) if name),
        **{name: stamp_hash(space.work, name) for name in ("emissions", "scenarios", "evaluation", "roadmap")},
        "city.toml": value_hash([city.name_zh, city.name_en, str(city.report), city.illustrative]),
    }


def act(space: Workspace) -> None:
    """Write `index.html` and every figure beside it as SVG."""
    page = build(results(space), space.city.report.language)
    with published_folder(space.work / FOLDER) as folder:
        publish_text(folder / "index.html", render(page))
        for figure in figures(page):
            for language in LANGUAGES:
                publish_text(folder / "figures" / f"{figure.key}_{language}.svg", figure.svg[language])


def figures(page: Page) -> list[PageFigure]:
    """Return the figures of a page in their order."""
    return [part for section in page.sections for part in section.parts if isinstance(part, PageFigure)]


def results(space: Workspace) -> Results:
    """Return what the page is made of."""
    city = space.city
    empty = pd.DataFrame(columns=["year", "statistic", "value"])
    official = read_official(city.path(city.observations.official)) if city.observations.official else empty
    return Results(space.work, subject(space), official, published(space))


def subject(space: Workspace) -> Subject:
    """Return the facts of the city that the page names."""
    city, days = space.city, space.days
    return Subject(
        name=Bilingual(city.name_zh, city.name_en),
        illustrative=city.illustrative,
        base_year=city.inventory.year,
        start_year=city.roadmap.start_year,
        start_scenario=city.roadmap.start_scenario,
        milestones=tuple(milestones(space)),
        reviews=tuple(
            Review(Bilingual(one.name_zh, one.name_en), one.start_year, one.end_year, one.scenario)
            for one in city.roadmap.review
        ),
        scenarios={one.name: pair(one.title_zh or one.name, one.title_en or one.name) for one in space.scenarios},
        districts=space.districts,
        days_kind=days.kind,
        days_source=days.source,
        days_count=days.data.sizes["day"],
        version=version("yice"),
        scenario_years={one.name: one.year for one in space.scenarios if one.year is not None},
        single=tuple(one.name for one in space.scenarios if one.name.startswith(ONLY)),
        timed=tuple(one.name for one in space.scenarios if one.windows),
    )


def published(space: Workspace) -> pd.DataFrame:
    """Return the city's table of published totals beside its inventory's; empty when it has none."""
    name = space.city.inventory.published
    return pd.read_csv(space.city.path(name)) if name else pd.DataFrame()
