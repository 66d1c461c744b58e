"""docs/emissions.md says what the code says: names, numbers and tables exist."""

import re
from pathlib import Path

import pytest

from emissions.key_industries import KEY_SHARE, SUBJECTS
from emissions.mechanisms import mechanisms
from emissions.natural.megan import PAR_SHARE, plant_classes
from emissions.natural.plants import BOREAL_LATITUDE, TROPIC_LATITUDE, megan_compounds, plant_types
from emissions.voc_compounds import compositions, compounds
from emissions.voc_emissions import VocEmissions

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "emissions.md").read_text(encoding="utf-8")


def test_every_mechanism_is_described() -> None:
    assert all(f"`{name}`" in TEXT for name in mechanisms())


def test_every_table_that_is_named_exists() -> None:
    named = set(re.findall(r"`([a-z0-9_]+\.csv)`", TEXT))
    assert named
    assert [name for name in named if not (ROOT / "emissions" / "data" / name).is_file()] == []


def test_methods_that_are_shown_exist() -> None:
    shown = re.findall(r"^voc\.(\w+)\(", TEXT, flags=re.MULTILINE)
    assert shown
    assert all(hasattr(VocEmissions, name) for name in shown)


@pytest.mark.parametrize(
    "statement",
    [
        f"{len(compounds())} compounds",
        f"the {compositions().index.get_level_values('profile').nunique()} profiles",
        f"{len(megan_compounds())} compounds",
        f"{len(plant_types())} plant types",
        f"part at {TROPIC_LATITUDE:g} and {BOREAL_LATITUDE:g} degrees",
        f"{PAR_SHARE:g} of global radiation",
        f"make up {100 * KEY_SHARE:g} % of the OFP",
    ],
)
def test_numbers_are_those_of_the_code(statement: str) -> None:
    assert statement in " ".join(TEXT.split())


def test_twelve_classes_and_all_subjects() -> None:
    assert len(plant_classes()) == 12
    assert all(f"`{name}`" in TEXT for name in SUBJECTS)


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / "docs" / target).is_file(), target
