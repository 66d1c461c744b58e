"""Mechanisms other than CB6r5: EPA's GSPRO numbers, the variables that CMAQ reads, mass that closes in each."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aqcore.errors import InputError
from aqcore.species import emission_species
from emissions.inventory import inventory_of
from emissions.mechanisms import mechanism, mechanisms, species_kinds, species_of
from emissions.shipped_tables import shipped_table
from emissions.source_classes import source_classes
from emissions.speciation import FATES, SPECIES, build_speciation
from emissions.speciation_profiles import OUTSIDE, profile_kinds, profiles

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
GSPRO = SHARED / "gspro"
NAMELIST = SHARED / "cmaq_nml" / "GC_saprc07tic_ae7i_aq.nml"
AS_CMAQ_READS = {"ARO2": "ARO2MN", "NAPH": "NAPHTHALENE", "NROG": "UNR"}
FILES = {
    "saprc07tic_ae7i": ("gspro.SAPRC07TC_ae7_criteria.CMAQ.2022Feb02.txt", AS_CMAQ_READS),
    "cb05": ("gspro.CB05_cf2_criteria.CAMx.2022Feb02.txt", {}),
    "cb6r3_ae7": ("gspro.CB6r3_ae7_criteria.CMAQ.2022Feb02.txt", {}),
}  # fmt: skip
EXACT = 1e-12  # shares are divided by their own sum
MASS = 1e-9  # sums over about a hundred classes
PRINTED = 2e-6  # GSPRO prints about seven digits, and its profiles sum to 1 within 6e-6
ROUNDED = 0.002  # the largest miss of GSPRO's own sums of a CB05 profile is 0.0019, which normalising spreads


@pytest.fixture(scope="module", params=list(FILES))
def other(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_names_of_all_mechanisms() -> None:
    assert list(mechanisms()) == ["cb6r5_ae7", "cb6r3_ae7", "saprc07tic_ae7i", "cb05"]
    assert all(one.title for one in mechanisms().values())


def test_an_unknown_mechanism_is_refused_with_a_proposal() -> None:
    with pytest.raises(InputError, match="did you mean cb6r5_ae7"):
        build_speciation("cb6r5_ae6")
    with pytest.raises(InputError, match="no VOC profiles for mechanism 'racm2'"):
        species_of("racm2")


def test_both_revisions_of_cb6_emit_the_same() -> None:
    assert tuple(species_of("cb6r3_ae7")) == SPECIES
    assert mechanism("cb6r3_ae7").voc_splits == mechanism("cb6r5_ae7").voc_splits


def test_inorganic_and_aerosol_species_are_common(other: str) -> None:
    common = {name for name, one in emission_species().items() if one.group not in {"voc", "tracer"}}
    assert common <= set(species_of(other))


def test_a_species_has_one_kind_in_all_mechanisms() -> None:
    for name in mechanisms():
        assert all(species_kinds()[key] == one.kind for key, one in species_of(name).items())


def test_all_profiles_of_cb6_exist(other: str) -> None:
    ours = profiles("VOC", mechanism_name=other).index.get_level_values("profile")
    assert set(ours) == set(profiles("VOC").index.get_level_values("profile"))


def test_profiles_close_and_name_known_species(other: str) -> None:
    table = profiles("VOC", mechanism_name=other)
    assert table.groupby(level="profile")["mass_fraction"].sum().to_numpy() == pytest.approx(1.0, abs=EXACT)
    names = set(table.index.get_level_values("species"))
    assert names <= set(species_of(other)) | set(OUTSIDE)
    assert not table.index.duplicated().any()


@pytest.mark.skipif(not GSPRO.is_dir(), reason="needs the GSPRO files of the shared folder")
def test_numbers_of_gspro(other: str) -> None:
    file, renamed = FILES[other]
    lines = [line.split() for line in (GSPRO / file).read_text().splitlines() if not line.startswith("#")]
    table = pd.DataFrame(lines, columns=["profile", "pollutant", "species", "split", "divisor", "mass"])
    table = table.astype({"split": float, "divisor": float, "mass": float}).replace({"species": renamed})
    table["moles"] = table["split"] / table["divisor"]
    methane = table[table["species"] == "CH4"].groupby("profile")["mass"].sum()
    keys = ["profile", "species"]
    expected = table[table["species"] != "CH4"].groupby(keys)[["mass", "moles"]].sum()
    expected = expected.div(
        1.0 - methane.reindex(expected.index.get_level_values("profile")).fillna(0.0).to_numpy(), axis=0
    )
    ours = profiles("VOC", mechanism_name=other)
    ours = ours[~ours.index.get_level_values("profile").str.startswith("CN_")].drop(
        "SOAALK", level="species", errors="ignore"
    )
    both = ours.join(expected.rename_axis(ours.index.names))
    assert both["mass"].notna().all()
    assert both["mass_fraction"].to_numpy() == pytest.approx(both["mass"].to_numpy(), rel=ROUNDED, abs=PRINTED)
    assert both["mol_per_g"].to_numpy() == pytest.approx(both["moles"].to_numpy(), rel=ROUNDED, abs=PRINTED)


def test_emitted_mass_and_fates_are_the_inventory(other: str) -> None:
    rows = [
        {"district": "110101", "source_class": name, "VOC": 100.0}
        for name, one in source_classes().items()
        if one.voc_profile
    ]
    inventory = inventory_of(rows)
    masses = build_speciation(other).masses(inventory)
    assert float(masses.sum()) == pytest.approx(100.0 * len(rows), rel=MASS)
    assert masses["species"].to_numpy().tolist() == [*species_of(other), *FATES]


def test_sulfur_nitrogen_and_particles_do_not_depend_on_the_mechanism(other: str) -> None:
    inventory = inventory_of(
        [{"district": "110101", "source_class": "cement", "SO2": 3.0, "NOx": 5.0, "PM10": 4.0, "PM25": 2.0, "CO": 9.0}]
    )
    ours, base = build_speciation(other).species(inventory), build_speciation().species(inventory)
    common = [name for name in base["species"].to_numpy() if name in set(ours["species"].to_numpy())]
    assert ours.sel(species=common).to_numpy() == pytest.approx(base.sel(species=common).to_numpy())
    assert float(ours.sum()) == pytest.approx(float(base.sum()))


@pytest.mark.parametrize(
    ("name", "species", "molar_mass"),
    [
        ("saprc07tic_ae7i", "ETHE", 28.05),
        ("saprc07tic_ae7i", "TOLU", 92.14),
        ("saprc07tic_ae7i", "MXYL", 106.17),
        ("saprc07tic_ae7i", "BENZ", 78.11),
        ("saprc07tic_ae7i", "HCHO", 30.03),
        ("cb05", "ETHA", 30.07),
        ("cb05", "ETH", 28.05),
        ("cb05", "MEOH", 32.04),
    ],
)
def test_mass_per_mole_of_single_compounds(name: str, species: str, molar_mass: float) -> None:
    rows = profiles("VOC", mechanism_name=name).xs(species, level="species")
    large = rows[rows["mass_fraction"] > 1e-3]
    assert float((large["mass_fraction"] / large["mol_per_g"]).median()) == pytest.approx(molar_mass, rel=1e-3)


def test_saprc_names_are_those_that_cmaq_reads() -> None:
    """CMAQ 5.4 has no rule for ARO2 and NAPH of the profiles: what is not renamed is silently not emitted."""
    names = set(species_of("saprc07tic_ae7i"))
    assert {"ARO2MN", "NAPHTHALENE"} <= names
    assert not names & {"ARO2", "NAPH", "NROG", "TOL", "XYLMN"}


@pytest.mark.skipif(not NAMELIST.is_file(), reason="needs the CMAQ namelists of the shared folder")
def test_what_cmaq_makes_of_the_saprc_variables_are_its_species() -> None:
    text = NAMELIST.read_text()
    known = set(re.findall(r"^'(\w+)'", text, flags=re.MULTILINE))
    table = shipped_table("voc_species.csv")
    ours = table[table["mechanism"] == "saprc07tic_ae7i"]
    assert len(ours) == 46
    assert set(ours["model_species"]) <= known


def test_a_local_profile_is_checked_against_the_species_of_its_mechanism(tmp_path: Path) -> None:
    path = tmp_path / "voc.csv"
    path.write_text("profile,species,mass_fraction,mol_per_g\nMINE,XYLMN,1.0,0.0094\n", encoding="utf-8")
    assert float(build_speciation(voc=path).fractions.sel(species="XYLMN").sum()) > 0.0
    with pytest.raises(InputError, match="'XYLMN' is no species of a VOC profile"):
        build_speciation("cb05", voc=path)


def test_kinds_of_profiles_differ_only_in_voc(other: str) -> None:
    assert profile_kinds(other)["PM25"] == profile_kinds()["PM25"]
    assert profile_kinds(other)["NOx"] == profile_kinds()["NOx"]


def test_molecules_of_benzene_are_kept_in_saprc_and_lost_in_cb05() -> None:
    """SAPRC carries benzene itself; EPA's CB05 counts one paraffinic carbon of six."""
    assert "BENZ" in species_of("saprc07tic_ae7i")
    assert "BENZ" not in species_of("cb05")
    inventory = inventory_of([{"district": "110101", "source_class": "onroad_gasoline", "VOC": 1.0}])
    per_gram = build_speciation("saprc07tic_ae7i").species(inventory).sel(species="BENZ").item() / 1e6
    cb6 = build_speciation().species(inventory).sel(species="BENZ").item() / 1e6
    assert np.isclose(per_gram, cb6, rtol=0.02)  # EPA lumps a few other compounds into BENZ of CB6
