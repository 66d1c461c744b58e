"""The tables of the city file that say what is emitted: inventory, local profiles, region, known hours, nature."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from yice.section import Section


class Ff10Section(Section):
    """Flat files of SMOKE as a part of the city's inventory."""

    files: Annotated[tuple[str, ...], Field(min_length=1)]
    classes: str
    regions: dict[str, str] = Field(default_factory=dict)
    unit: Literal["short ton", "t"] = "short ton"


class InventorySection(Section):
    """The emission inventory of the base year: the city's own tables, flat files, or both."""

    year: Annotated[int, Field(ge=1980, le=2100)]
    area: str = ""
    points: str = ""
    datum: Literal["wgs84", "gcj02", "bd09"] = "wgs84"
    fill_sizes: bool = False
    ff10: Ff10Section | None = None
    published: str = ""

    @model_validator(mode="after")
    def some_table(self) -> Self:
        """Refuse an inventory without any table."""
        if not self.area and not self.points and self.ff10 is None:
            raise ValueError("no table: give area, points or [inventory.ff10]")
        return self

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield key and name of each file."""
        for key in ("area", "points", "published"):
            yield f"inventory.{key}", getattr(self, key)
        if self.ff10 is not None:
            yield "inventory.ff10.classes", self.ff10.classes
            yield from (("inventory.ff10.files", name) for name in self.ff10.files)


class ProfilesSection(Section):
    """Local profiles that go before those that ship with yice."""

    voc: str = ""
    pm25: str = ""
    nox: str = ""
    assignment: str = ""
    composition: str = ""
    temporal: str = ""
    vertical: str = ""

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield key and name of each file."""
        yield from ((f"profiles.{key}", str(name)) for key, name in self)


class RegionalSection(Section):
    """A gridded inventory around the city: a tree of MEIC, or CF files with a table of their fields."""

    kind: Literal["meic", "cf"]
    folder: str
    fields: str = ""
    name: str = ""
    year: int | None = None
    voc: str = "mass"
    nesting: Literal["refuse", "fit"] = "refuse"
    weights: Literal["auto", "exact", "polygons", "esmf"] = "auto"

    @model_validator(mode="after")
    def fields_of_cf(self) -> Self:
        """Refuse CF files without a table of fields, and a table that MEIC has no use for."""
        if self.kind == "cf" and not self.fields:
            raise ValueError("cf needs fields: the table that says what each variable is")
        if self.kind == "meic" and self.fields:
            raise ValueError("meic has no table of fields: its file names say what they hold")
        return self

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield key and name of each file and folder."""
        yield "regional.folder", self.folder
        yield "regional.fields", self.fields


class DynamicsSection(Section):
    """Hours that are measured and activity that is counted, in place of profiles."""

    hourly: tuple[str, ...] = ()
    daily: tuple[str, ...] = ()

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield key and name of each file."""
        yield from (("dynamics.hourly", name) for name in self.hourly)
        yield from (("dynamics.daily", name) for name in self.daily)


class MeganSection(Section):
    """What the streams of plants and soils are made of."""

    metcro2d: Annotated[tuple[str, ...], Field(min_length=1)]
    gridcro2d: str
    leaf_area: Annotated[float, Field(gt=0, le=15)] | None = None
    leaf_area_of: Literal["plants", "cell"] = "plants"
    co2_ppm: Annotated[float, Field(gt=0)] = 420.0

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield key and name of each file."""
        yield "emissions.megan.gridcro2d", self.gridcro2d
        yield from (("emissions.megan.metcro2d", name) for name in self.metcro2d)


class EmissionsSection(Section):
    """How the emissions are made and which files are written."""

    mechanism: Literal["cb6r5_ae7", "cb6r3_ae7", "saprc07tic_ae7i", "cb05"] = "cb6r5_ae7"
    dates: tuple[date, ...] = ()
    layers: Annotated[int, Field(ge=1, le=50)] = 1
    levels_from: str = ""
    inline_points: bool = False
    unpublished_holidays: Literal["refuse", "none"] = "refuse"
    point_tolerance_km: Annotated[float, Field(ge=0)] = 2.0
    natural: Literal["none", "megan", "inline"] = "none"
    megan: MeganSection | None = None
    figures: bool = True

    @model_validator(mode="after")
    def what_belongs_together(self) -> Self:
        """Refuse layers without levels, and natural sources without their met or met without them."""
        if self.layers > 1 and not self.levels_from:
            raise ValueError("layers above 1 need levels_from: a met file (METCRO3D) with the model's sigma levels")
        if (self.natural == "megan") != (self.megan is not None):
            raise ValueError("natural = megan and the table [emissions.megan] (metcro2d, gridcro2d) go together")
        return self

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield key and name of each file."""
        yield "emissions.levels_from", self.levels_from
        if self.megan is not None:
            yield from self.megan.files()
