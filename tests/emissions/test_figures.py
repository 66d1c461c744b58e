"""What figures show, by hand, and that each can be drawn in both languages without a warning or a missing glyph."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from aqcore.districts import District, Districts
from aqcore.errors import InputError
from aqcore.grid import Grid
from aqcore.polygon import Polygon
from aqcore.style import ILLUSTRATIVE, Language, figure, save
from emissions.assignments import OwnTables
from emissions.figure_data import density, fine_particle_parts, sector_totals, time_curves
from emissions.figures import (
    compound_group_bars,
    district_totals_map,
    emission_map,
    fine_particle_bars,
    key_bars,
    leading_compounds,
    sector_rings,
    time_curve,
    words,
)
from emissions.inventory import inventory_of
from emissions.key_industries import ranking
from emissions.report import emission_report
from emissions.report_files import write_report
from emissions.source_classes import source_classes
from emissions.speciation import build_speciation
from emissions.streams import EmissionStreams, build_streams
from emissions.voc_emissions import voc_compounds

SUMMED = 1e-9  # sums over hundreds of cells
ROWS = [
    {"source_id": "P1", "district": "110111", "source_class": "petrochemical", "lon": 116.0, "lat": 39.7,
     "name": "石化厂", "VOC": 100.0, "NOx": 10.0, "PM10": 5.0, "PM25": 3.0},
    {"district": "110101", "source_class": "onroad_gasoline", "VOC": 50.0, "NOx": 80.0, "PM10": 2.0, "PM25": 2.0,
     "BC": 0.5, "OC": 0.4},
    {"district": "110111", "source_class": "auto_oem_coating", "VOC": 30.0},
]  # fmt: skip


def box(west: float, east: float) -> tuple[Polygon, ...]:
    return (Polygon(np.array([[west, 39.5], [east, 39.5], [east, 40.1], [west, 40.1], [west, 39.5]])),)


@pytest.fixture(scope="module")
def districts() -> Districts:
    two = (District("110111", "房山区", box(115.6, 116.2)), District("110101", "东城区", box(116.2, 116.8)))
    return Districts(two, "synthetic")


@pytest.fixture(scope="module")
def streams(districts: Districts) -> EmissionStreams:
    return build_streams(inventory_of(ROWS), districts, Grid.covering("T", 115.6, 116.8, 39.5, 40.1, 9000.0))


# --- what they show ------------------------------------------------------------------------------------------------


def test_density_times_area_is_the_emission(streams: EmissionStreams) -> None:
    areas = streams.grid.cell_area() / 1e6
    found = density(streams, "NOx")
    assert (found.per_km2 * areas).sum() == pytest.approx(90.0, rel=SUMMED)
    assert found.lon.shape == (streams.grid.nrows + 1, streams.grid.ncols + 1)
    row, column = streams.grid.cell_of(np.array([116.0]), np.array([39.7]))
    assert found.per_km2[row[0], column[0]] * areas[row[0], column[0]] == pytest.approx(10.0, rel=SUMMED)
    roads = density(streams, "NOx", ["ONROAD"])
    assert (roads.per_km2 * areas).sum() == pytest.approx(80.0, rel=SUMMED)


def test_sector_totals_by_hand(streams: EmissionStreams) -> None:
    table = sector_totals(streams.inventory, ["VOC", "NOx"])
    assert table["VOC"].to_dict() == {"INDUSTRY": 100.0, "ONROAD": 50.0, "SOLVENT": 30.0}


@pytest.mark.parametrize(("cycle", "first", "count"), [("month", 1, 12), ("weekday", 1, 7), ("hour", 0, 24)])
def test_curves_sum_to_the_year(streams: EmissionStreams, cycle: str, first: int, count: int) -> None:
    table = time_curves(streams, "NOx", cycle)
    assert table.index.tolist() == list(range(first, first + count))
    assert table.sum().to_dict() == pytest.approx({"INDUSTRY": 10.0, "ONROAD": 80.0})
    profile = streams.profiles.rows([source_classes()["onroad_gasoline"].temporal_profile])[0]
    expected = 80.0 * getattr(streams.profiles, cycle)[profile]
    assert table["ONROAD"].to_numpy() == pytest.approx(expected)


def test_parts_of_fine_particles_sum_to_them(streams: EmissionStreams) -> None:
    table = fine_particle_parts(streams.inventory, build_speciation())
    assert table.sum(axis=1).to_dict() == pytest.approx({"INDUSTRY": 3.0, "ONROAD": 2.0})
    assert table.loc["ONROAD", "PM25_EC"] == pytest.approx(0.5)
    assert table.loc["ONROAD", "PM25_OC"] == pytest.approx(0.4)
    assert (table.to_numpy() >= -SUMMED).all()


def test_bad_questions(streams: EmissionStreams) -> None:
    with pytest.raises(InputError, match="the inventory has no 'NOX' -> did you mean NOx"):
        density(streams, "NOX")
    with pytest.raises(InputError, match="unknown cycle 'months' -> did you mean month"):
        time_curves(streams, "NOx", "months")
    with pytest.raises(InputError, match="the inventory has no 'CO2'"):
        sector_totals(streams.inventory, ["CO2"])


# --- how they are drawn --------------------------------------------------------------------------------------------

Draw = Callable[[Figure, EmissionStreams, Districts, Language], None]


def draw_map(fig: Figure, streams: EmissionStreams, districts: Districts, lang: Language) -> None:
    emission_map(fig, density(streams, "NOx"), districts, lang=lang, illustrative=True)


def draw_districts(fig: Figure, streams: EmissionStreams, districts: Districts, lang: Language) -> None:
    mass = {"110111": 130.0, "110101": 50.0}
    district_totals_map(fig, districts, mass, "VOCs", lang=lang, illustrative=True)


def draw_rings(fig: Figure, streams: EmissionStreams, districts: Districts, lang: Language) -> None:
    sector_rings(fig, sector_totals(streams.inventory, ["NOx", "VOC"]), lang=lang, illustrative=True)


def draw_curves(fig: Figure, streams: EmissionStreams, districts: Districts, lang: Language) -> None:
    curves = {cycle: time_curves(streams, "NOx", cycle) for cycle in ("month", "weekday", "hour")}
    time_curve(fig, curves, "NOx", lang=lang, illustrative=True)


def draw_groups(fig: Figure, streams: EmissionStreams, districts: Districts, lang: Language) -> None:
    compound_group_bars(fig, voc_compounds(streams.inventory).groups(("sector",)), lang=lang, illustrative=True)


def draw_compounds(fig: Figure, streams: EmissionStreams, districts: Districts, lang: Language) -> None:
    leading_compounds(fig, ranking(voc_compounds(streams.inventory), "compound"), lang=lang, illustrative=True)


def draw_key(fig: Figure, streams: EmissionStreams, districts: Districts, lang: Language) -> None:
    key_bars(
        fig, ranking(voc_compounds(streams.inventory), "industry"), f"industry_{lang}", lang=lang, illustrative=True
    )


def draw_particles(fig: Figure, streams: EmissionStreams, districts: Districts, lang: Language) -> None:
    parts = fine_particle_parts(streams.inventory, build_speciation())
    fine_particle_bars(fig, parts, lang=lang, illustrative=True)


DRAWINGS: dict[str, Draw] = {
    "map": draw_map, "districts": draw_districts, "rings": draw_rings, "curves": draw_curves, "groups": draw_groups,
    "compounds": draw_compounds, "key": draw_key, "particles": draw_particles,
}  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("what", DRAWINGS)
def test_drawn_in_both_languages(
    what: str, lang: Language, streams: EmissionStreams, districts: Districts, tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    fig = figure(16, 9)
    DRAWINGS[what](fig, streams, districts, lang)
    png, svg = save(fig, tmp_path / what)
    assert png.stat().st_size > 5000
    assert svg.stat().st_size > 5000
    texts = [text.get_text() for ax in fig.axes for text in ax.texts]
    assert ILLUSTRATIVE[lang] in texts
    assert not [record for record in caplog.records if "glyph" in record.message or "findfont" in record.message]


def test_real_data_bear_no_mark(streams: EmissionStreams, districts: Districts) -> None:
    fig = figure(16, 9)
    emission_map(fig, density(streams, "NOx"), districts)
    assert not [text for ax in fig.axes for text in ax.texts if text.get_text() == ILLUSTRATIVE["zh"]]


def test_a_map_without_emission(streams: EmissionStreams, districts: Districts) -> None:
    fig = figure(16, 9)
    emission_map(fig, density(streams, "NOx", []), districts)
    assert len(fig.axes) == 2


def test_names_of_what_is_not_key_are_pale(streams: EmissionStreams) -> None:
    fig = figure(16, 9)
    table = ranking(voc_compounds(streams.inventory), "industry", key_share=0.1)
    key_bars(fig, table, "industry_zh")
    shades = [tick.get_color() for tick in fig.axes[0].get_yticklabels()]
    assert len(set(shades)) == 2
    assert shades[-1] == "#111111"  # the first of the ranking stands on top


def test_words_in_both_languages() -> None:
    assert words("month", "zh") == "月"
    assert words("month", "en") == "month"
    with pytest.raises(KeyError):
        words("nothing", "en")


def test_the_report_as_files(streams: EmissionStreams, districts: Districts, tmp_path: Path) -> None:
    own = OwnTables()
    speciation = own.speciation("cb6r5_ae7")
    voc = own.voc_emissions(streams.inventory, speciation)
    report = emission_report(streams, districts, year=2020, own=own)
    paths = write_report(tmp_path, report, streams, districts, voc, speciation, lang="en", illustrative=True)
    assert all(path.is_file() for path in paths)
    assert {path.stem for path in (tmp_path / "figures").glob("*.png")} == {
        "map_NOx", "map_VOC", "map_PM25", "time_NOx", "time_VOC", "time_PM25", "sectors", "pm25_parts", "voc_groups",
        "voc_compounds", "voc_industries", "voc_ofp_districts",
    }  # fmt: skip


def test_figures_only_of_what_there_is(districts: Districts, tmp_path: Path) -> None:
    rows = [{"district": "110101", "source_class": "cement", "NOx": 30.0}]
    made = build_streams(inventory_of(rows), districts, Grid.covering("T", 115.6, 116.8, 39.5, 40.1, 9000.0))
    own = OwnTables()
    speciation = own.speciation("cb6r5_ae7")
    voc = own.voc_emissions(made.inventory, speciation)
    report = emission_report(made, districts, year=2020)
    write_report(tmp_path, report, made, districts, voc, speciation)
    assert {path.stem for path in (tmp_path / "figures").glob("*.png")} == {"map_NOx", "time_NOx", "sectors"}
