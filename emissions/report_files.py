"""The report on the emissions as files: the workbook, its tables, and the figures of a city."""

from collections.abc import Callable, Mapping
from pathlib import Path

from matplotlib.figure import Figure

from aqcore.districts import Districts
from aqcore.style import Language, figure, save
from emissions import figures
from emissions.figure_data import CURVES, density, fine_particle_parts, sector_totals, time_curves
from emissions.key_industries import ranking
from emissions.report import EmissionReport
from emissions.speciation import Speciation
from emissions.streams import EmissionStreams
from emissions.voc_emissions import VocEmissions

FIGURES = "figures"
"""Folder of the figures beside the workbook."""

MAPPED = ("NOx", "VOC", "PM25")
"""Pollutants with a map and curves in time, as far as the inventory has them."""
RINGS = ("NOx", "VOC", "PM25", "NH3")

MAP_CM = (14.0, 13.0)
WIDE_CM = (20.0, 9.0)
RINGS_CM = (20.0, 6.6)
TALL_CM = (16.0, 13.0)

Paint = Callable[[Figure], None]


def write_report(
    folder: Path,
    report: EmissionReport,
    streams: EmissionStreams,
    districts: Districts,
    voc: VocEmissions,
    speciation: Speciation,
    *,
    lang: Language = "zh",
    illustrative: bool = False,
) -> list[Path]:
    """Write the workbook, the CSV tables and the figures (PNG and SVG) and return their paths.

    `illustrative` marks every figure: the inventory holds constructed numbers.
    """
    paths = report.write(folder)
    for name, (size, paint) in _paintings(streams, districts, voc, speciation, lang, illustrative).items():
        fig = figure(*size)
        paint(fig)
        paths += save(fig, folder / FIGURES / name)
    return paths


def _paintings(
    streams: EmissionStreams,
    districts: Districts,
    voc: VocEmissions,
    speciation: Speciation,
    lang: Language,
    marked: bool,
) -> Mapping[str, tuple[tuple[float, float], Paint]]:
    """Return the size (cm) and the painting of each figure that the inventory has data for."""
    inventory = streams.inventory
    present = [name for name in MAPPED if name in inventory.pollutants and inventory.mass.sel(pollutant=name).sum() > 0]
    made: dict[str, tuple[tuple[float, float], Paint]] = {}

    def add(name: str, size: tuple[float, float], paint: Callable[..., None], *data: object) -> None:
        made[name] = size, lambda fig: paint(fig, *data, lang=lang, illustrative=marked)

    for name in present:
        add(f"map_{name}", MAP_CM, figures.emission_map, density(streams, name), districts)
        curves = {cycle: time_curves(streams, name, cycle) for cycle in CURVES}
        add(f"time_{name}", WIDE_CM, figures.time_curve, curves, name)
    rings = [name for name in RINGS if name in present]
    if rings:
        add("sectors", RINGS_CM, figures.sector_rings, sector_totals(inventory, rings))
    if "PM25" in present:
        add("pm25_parts", TALL_CM, figures.fine_particle_bars, fine_particle_parts(inventory, speciation))
    if "VOC" in present:
        add("voc_groups", WIDE_CM, figures.compound_group_bars, voc.groups(("sector",)))
        add("voc_compounds", WIDE_CM, figures.leading_compounds, ranking(voc, "compound"))
        add("voc_industries", TALL_CM, figures.key_bars, ranking(voc, "industry"), f"industry_{lang}")
        ofp = voc.reactivity(("district",)).set_index("district")["ofp_t"].to_dict()
        add("voc_ofp_districts", MAP_CM, figures.district_totals_map, districts, ofp, figures.words("ofp_t", lang))
    return made
