"""The tables of pollutants and emission species against each other and against the published DESID list."""

from pathlib import Path

import pytest

from aqcore.species import aerosols, emission_species, gases, pollutants

SHARED = Path(__file__).parents[2].parent / "shared"
WEIGHTS = 1e-4  # standard atomic weights are given to 0.001 g/mol
N, O, S, C, H = 14.007, 15.999, 32.06, 12.011, 1.008  # noqa: E741


def test_pollutants_are_those_of_the_architecture() -> None:
    assert set(pollutants()) == {"SO2", "NOx", "VOC", "NH3", "CO", "PM10", "PM25", "BC", "OC", "CO2"}
    assert all(one.unit == "t/a" for one in pollutants().values())


def test_nox_counts_as_no2() -> None:
    assert pollutants()["NOx"].mass_basis == "NO2"
    assert pollutants()["NOx"].molar_mass_g_mol == 46.0055


def test_particles_are_nested() -> None:
    assert pollutants()["PM25"].part_of == "PM10"
    assert pollutants()["BC"].part_of == pollutants()["OC"].part_of == "PM25"


@pytest.mark.parametrize(
    ("name", "molar_mass"),
    [
        ("NO", N + O),
        ("NO2", N + 2 * O),
        ("HONO", H + N + 2 * O),
        ("CO", C + O),
        ("SO2", S + 2 * O),
        ("NH3", N + 3 * H),
        ("SULF", 2 * H + S + 4 * O),
        ("FORM", C + 2 * H + O),
        ("BENZ", 6 * C + 6 * H),
        ("ISOP", 5 * C + 8 * H),
        ("NAPH", 10 * C + 8 * H),
    ],
)
def test_molar_mass_is_that_of_the_formula(name: str, molar_mass: float) -> None:
    assert emission_species()[name].molar_mass_g_mol == pytest.approx(molar_mass, rel=2e-3 if name == "SULF" else 1e-3)


def test_gases_in_moles_aerosols_in_grams() -> None:
    species = emission_species()
    assert {species[name].unit for name in gases()} == {"mol s-1"}
    assert {species[name].unit for name in aerosols()} == {"g s-1"}
    assert set(gases()) | set(aerosols()) == set(species)
    assert all(species[name].molar_mass_g_mol for name in gases())


def test_carbon_of_model_species() -> None:
    species = emission_species()
    carbon = {
        name: species[name].carbon_number for name in ("PAR", "OLE", "ETH", "IOLE", "TOL", "XYLMN", "BENZ", "KET")
    }
    assert carbon == {"PAR": 1, "OLE": 2, "ETH": 2, "IOLE": 4, "TOL": 7, "XYLMN": 8, "BENZ": 6, "KET": 1}


def test_every_row_says_where_it_comes_from() -> None:
    for one in (*pollutants().values(), *emission_species().values()):
        assert one.source, one.name
        assert one.flag in {"read", "derived", "knowledge", "constructed"}, one.name


@pytest.mark.skipif(not SHARED.exists(), reason="needs CMAQ's DESID namelist, which is not in the repository")
def test_desid_has_a_rule_for_each_species() -> None:
    text = (SHARED / "data" / "cmaq_nml" / "CMAQ_Control_DESID_cb6r5_ae7_aq.nml").read_text()
    for name in emission_species():
        assert f"'{name}'" in text.replace(" ", "").replace('"', "'"), name
