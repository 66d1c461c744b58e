"""The table of source classes: complete, and each id in it exists."""

import re
from importlib import resources

import pandas as pd
import pytest

from emissions.inventory_checks import size_shares
from emissions.source_classes import SECTORS, SourceClass, sector_of, source_classes
from emissions.speciation_profiles import profiles

CLASSES = list(source_classes().values())

# the classes that the manual's ten first levels and a city such as Beijing need at least
NEEDED = [
    "power_coal",
    "power_gas",
    "heating_coal",
    "heating_gas",
    "boiler_coal",
    "boiler_gas",
    "residential_coal",
    "residential_biomass",
    "cement",
    "steelmaking",
    "iron_sinter",
    "coking",
    "petrochemical",
    "refinery",
    "pharmaceutical",
    "onroad_gasoline",
    "onroad_diesel",
    "onroad_evaporation",
    "offroad_construction",
    "railway",
    "aircraft",
    "ship",
    "architectural_paint_sb",
    "architectural_paint_wb",
    "auto_oem_coating",
    "auto_refinish",
    "furniture_coating",
    "printing_package",
    "dry_cleaning",
    "consumer_solvent",
    "asphalt_paving",
    "gas_station",
    "gasoline_storage",
    "road_dust",
    "construction_dust",
    "soil_dust",
    "livestock",
    "fertilizer_use",
    "straw_open_burning",
    "human_waste",
    "wastewater",
    "landfill",
    "msw_incineration",
    "cooking",
]


def ids(file: str, column: str) -> set[str]:
    with resources.files("emissions").joinpath("data", file).open(encoding="utf-8") as table:
        return set(pd.read_csv(table, dtype=str)[column])


def test_at_least_sixty_classes() -> None:
    assert len(CLASSES) >= 60
    assert set(NEEDED) <= source_classes().keys()


def test_sectors_are_those_of_the_architecture() -> None:
    assert {one.sector for one in CLASSES} == set(SECTORS)
    assert all(len(sector) <= 16 and sector.isupper() for sector in SECTORS)
    assert sector_of("cement") == "INDUSTRY"


@pytest.mark.parametrize("one", CLASSES, ids=lambda one: one.source_class)
def test_a_class_is_complete(one: SourceClass) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", one.source_class)
    assert one.name_zh
    assert one.name_en
    assert one.kind in {"point", "area", "both", "grid"}
    assert one.surrogate
    assert one.source
    assert one.flag in {"read", "derived", "knowledge", "constructed"}


def test_names_are_unique() -> None:
    assert len({one.name_zh for one in CLASSES}) == len({one.name_en for one in CLASSES}) == len(CLASSES)


def test_levels_follow_the_manual() -> None:
    cities = [one for one in CLASSES if one.kind != "grid"]
    assert {one.level1_code for one in cities} == {f"{number:02d}" for number in range(1, 11)}
    assert all(one.level2_code.startswith(one.level1_code) and one.level2_zh for one in cities)
    assert len({(one.level2_code, one.level2_zh) for one in cities}) == len({one.level2_code for one in cities})


@pytest.mark.parametrize(
    ("attribute", "pollutant"), [("voc_profile", "VOC"), ("pm25_profile", "PM25"), ("nox_split", "NOx")]
)
def test_speciation_profiles_exist(attribute: str, pollutant: str) -> None:
    known = set(profiles(pollutant).index.get_level_values("profile"))
    assert {getattr(one, attribute) for one in CLASSES} - {""} <= known


def test_time_and_height_profiles_exist() -> None:
    assert {one.temporal_profile for one in CLASSES} <= ids("temporal_profiles.csv", "profile")
    assert {one.vertical_profile for one in CLASSES} <= ids("vertical_profiles.csv", "profile")


def test_size_profiles_exist_and_are_shares() -> None:
    assert {one.pm_size for one in CLASSES} - {""} <= size_shares().keys()
    assert all(0.0 < share <= 1.0 for share in size_shares().values())


def test_who_emits_particles_has_both_profiles() -> None:
    assert all(bool(one.pm25_profile) == bool(one.pm_size) for one in CLASSES)


def test_fire_and_engines_have_a_nox_split() -> None:
    burning = [
        one for one in CLASSES if one.sector in {"BOILERS", "ONROAD", "OFFROAD", "RESIDENTIAL"} and one.pm25_profile
    ]
    wear = {"tire_wear", "brake_wear", "residential_cooking"}
    assert [one.source_class for one in burning if not one.nox_split and one.source_class not in wear] == []
