"""Speciation profiles: closure of each, EPA's GSPRO files and known molecules as oracles, a user's own tables."""

from pathlib import Path

import pandas as pd
import pytest

from aqcore.errors import InputError
from aqcore.species import emission_species
from emissions.speciation_profiles import KINDS, OUTSIDE, profiles

SHARED = Path(__file__).parents[2].parent / "shared"
GSPRO = SHARED / "data" / "gspro"
FACTS = SHARED / "facts" / "voc"
EXACT = 1e-12  # shares are divided by their own sum
PRINTED = 2e-6  # GSPRO prints about seven digits, and its profiles sum to 1 within 6e-6
FACTS_ROUNDING = 1e-4  # the fact table is rounded to five digits

# molar masses (g/mol) of model species that are one compound
SINGLE = {
    "ETHA": 30.07,
    "PRPA": 44.10,
    "ETH": 28.05,
    "ETHY": 26.04,
    "BENZ": 78.11,
    "ACET": 58.08,
    "MEOH": 32.04,
    "ISOP": 68.12,
}


@pytest.mark.parametrize("pollutant", KINDS)
def test_each_profile_sums_to_one(pollutant: str) -> None:
    table, kind = profiles(pollutant), KINDS[pollutant]
    sums = table.groupby(level="profile")[kind.share].sum()
    assert sums.to_numpy() == pytest.approx(1.0, abs=EXACT)
    assert (table[list(kind.numbers)].to_numpy() >= 0.0).all()
    assert not table.index.duplicated().any()


@pytest.mark.parametrize("pollutant", KINDS)
def test_species_are_known(pollutant: str) -> None:
    names = set(profiles(pollutant).index.get_level_values("species"))
    assert names <= set(emission_species()) | set(OUTSIDE)


def test_every_profile_has_source_and_flag() -> None:
    for pollutant in KINDS:
        table = profiles(pollutant)
        assert (table["source"] != "").all()
        assert set(table["flag"]) <= {"read", "derived", "knowledge", "constructed"}


@pytest.mark.parametrize(("species", "molar_mass"), SINGLE.items())
def test_mass_per_mole_of_single_compounds_is_their_molar_mass(species: str, molar_mass: float) -> None:
    rows = profiles("VOC").xs(species, level="species")
    per_mole = rows["mass_fraction"] / rows["mol_per_g"]
    # mixtures such as "C2 compounds" are lumped into these too, so the middle of all profiles is compared
    assert float(per_mole[rows["mass_fraction"] > 1e-3].median()) == pytest.approx(molar_mass, rel=1e-3)


def test_carbon_is_no_more_than_the_mass() -> None:
    """Carbon in model species (12.011 g a mole of C) weighs less than the VOC that they stand for."""
    table = profiles("VOC").reset_index()
    carbon = table["species"].map(
        {name: one.carbon_number for name, one in emission_species().items() if one.group == "voc"}
    )
    grams = (table["mol_per_g"] * carbon.fillna(0.0).astype(float) * 12.011).groupby(table["profile"]).sum()
    assert float(grams.max()) < 1.0
    assert float(grams.median()) > 0.6  # alkanes and aromatics are 82 to 92 % carbon


def test_soaalk_is_a_tracer_without_mass() -> None:
    rows = profiles("VOC").xs("SOAALK", level="species")
    assert (rows["mass_fraction"] == 0.0).all()
    assert (rows["mol_per_g"] > 0.0).all()


def test_no_methane_in_nmvoc() -> None:
    assert "CH4" not in profiles("VOC").index.get_level_values("species")


def gspro(file: str) -> pd.DataFrame:
    names = ["profile", "pollutant", "species", "split", "divisor", "mass_fraction"]
    return pd.read_csv(GSPRO / file, sep=r"\s+", comment="#", names=names, dtype={"profile": str})


@pytest.mark.skipif(not GSPRO.exists(), reason="needs EPA's GSPRO files, which are not in the repository")
def test_voc_profiles_are_those_of_gspro_without_methane() -> None:
    ours = profiles("VOC")
    theirs = gspro("gspro.CB6r3_ae7_criteria.CMAQ.2022Feb02.txt").set_index(["profile", "species"])
    own = [name for name in dict.fromkeys(ours.index.get_level_values("profile")) if not name.startswith("CN_")]
    assert len(own) >= 70
    for profile in own:
        rows = theirs.loc[profile]
        nmvoc = rows.drop("CH4", errors="ignore")
        scale = nmvoc["mass_fraction"].sum()
        here = ours.loc[profile].drop("SOAALK", errors="ignore")
        assert set(here.index) == set(nmvoc.index), profile
        expected = nmvoc["mass_fraction"] / scale
        moles = nmvoc["split"] / nmvoc["divisor"] / scale
        assert here["mass_fraction"].to_numpy() == pytest.approx(expected[here.index].to_numpy(), rel=PRINTED)
        assert here["mol_per_g"].to_numpy() == pytest.approx(moles[here.index].to_numpy(), rel=PRINTED)


@pytest.mark.skipif(not GSPRO.exists(), reason="needs EPA's GSPRO files, which are not in the repository")
def test_pm25_profiles_are_those_of_gspro() -> None:
    ours = profiles("PM25")
    theirs = gspro("gspro.AE6.CMAQ.2022Feb02.txt").set_index(["profile", "species"])
    for profile in dict.fromkeys(ours.index.get_level_values("profile")):
        rows = theirs.loc[profile, "mass_fraction"]
        here = ours.loc[profile, "mass_fraction"]
        assert set(here.index) == set(rows.index), profile
        assert here.to_numpy() == pytest.approx((rows / rows.sum())[here.index].to_numpy(), rel=PRINTED)


@pytest.mark.skipif(not FACTS.exists(), reason="needs the collected VOC facts, which are not in the repository")
def test_moles_of_chinese_profiles_agree_with_a_second_computation() -> None:
    facts = pd.read_csv(FACTS / "voc_profile_cb6_split.csv", dtype={"profile": str}).set_index("profile")
    ours = profiles("VOC")
    for profile in facts.index[facts.index.str.startswith("CN_")]:
        for species, row in ours.loc[profile].drop("SOAALK", errors="ignore").iterrows():
            expected = facts.loc[profile, f"mol_per_gNMVOC_{species}"]
            assert row["mol_per_g"] == pytest.approx(expected, rel=FACTS_ROUNDING, abs=1e-9), (profile, species)


# ---- a user's own tables -------------------------------------------------------------------------


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_local_profile_replaces_ours_and_may_be_new(tmp_path: Path) -> None:
    text = (
        "profile,species,mass_fraction,mol_per_g,source,flag\n8774,ETH,1,0.0356,own tunnel,read\n"
        "NEW,PAR,0.9,0.06,own,read\nNEW,IVOC,0.1,0.0007,own,read\n"
    )
    table = profiles("VOC", write(tmp_path / "voc.csv", text))
    assert table.loc["8774"].index.tolist() == ["ETH"]
    assert table.loc[("8774", "ETH"), "source"] == "own tunnel"
    assert table.loc["NEW", "mass_fraction"].sum() == pytest.approx(1.0, abs=EXACT)
    assert len(table.loc["8756"]) > 10


def test_a_local_profile_is_normalised_with_its_moles(tmp_path: Path) -> None:
    text = "profile,species,mass_fraction,mol_per_g\nNEW,ETH,0.995,0.0355\n"
    row = profiles("VOC", write(tmp_path / "voc.csv", text)).loc[("NEW", "ETH")]
    assert row["mass_fraction"] == 1.0
    assert row["mol_per_g"] == pytest.approx(0.0355 / 0.995, rel=EXACT)
    assert row["flag"] == "local"


@pytest.mark.parametrize(
    ("rows", "place", "what"),
    [
        ("NEW,ETHENE,1,0.03", "2:species", "'ETHENE' is no species of a VOC profile"),
        ("NEW,ETH,1,x", "2:mol_per_g", "'x' is no share"),
        ("NEW,ETH,-1,0.03", "2:mass_fraction", "'-1' is no share"),
        ("NEW,ETH,nan,0.03", "2:mass_fraction", "'nan' is no share"),
        ("NEW,ETH,0.5,0.01\nNEW,ETH,0.5,0.01", "3:species", "ETH stands twice"),
        ("NEW,ETH,0.5,0.01", "NEW:mass_fraction", "the shares sum to 0.5000, not 1"),
    ],
)
def test_faults_of_a_local_table(tmp_path: Path, rows: str, place: str, what: str) -> None:
    path = write(tmp_path / "voc.csv", f"profile,species,mass_fraction,mol_per_g\n{rows}\n")
    with pytest.raises(InputError) as caught:
        profiles("VOC", path)
    (fault,) = caught.value.faults
    assert fault.where == f"{path}:{place}"
    assert what in fault.what
    assert fault.remedy


def test_several_faults_come_together(tmp_path: Path) -> None:
    path = write(tmp_path / "nox.csv", "profile,species,mole_fraction\nA,NO,0.9\nA,N2O,0.1\nB,NO,x\n")
    with pytest.raises(InputError) as caught:
        profiles("NOx", path)
    assert len(caught.value.faults) == 2
    assert "allowed: NO, NO2, HONO" in str(caught.value) or "did you mean NO" in str(caught.value)


def test_files_that_are_no_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        profiles("VOC", tmp_path / "none.csv")
    with pytest.raises(InputError, match="missing column"):
        profiles("VOC", write(tmp_path / "a.csv", "profile,species\nA,ETH\n"))
    with pytest.raises(InputError, match="not a CSV in UTF-8"):
        profiles("VOC", write(tmp_path / "b.csv", ""))
    (tmp_path / "c.csv").write_bytes("来源,species\n".encode("gbk"))
    with pytest.raises(InputError, match="not a CSV in UTF-8"):
        profiles("VOC", tmp_path / "c.csv")


def test_nox_splits_are_mole_fractions() -> None:
    shares = profiles("NOx")["mole_fraction"]
    assert (shares.xs("NO", level="species") >= 0.6).all()
    assert (shares.xs("HONO", level="species") <= 0.05).all()
