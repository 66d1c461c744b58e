"""VOC by compound: the table against published numbers, lumping against EPA's own profiles, OFP by hand, bad input."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aqcore.errors import InputError
from emissions.inventory import inventory_of
from emissions.source_classes import source_classes
from emissions.speciation import build_speciation
from emissions.speciation_profiles import OUTSIDE, profiles
from emissions.voc_compounds import (
    NOT_SPECIATED,
    compositions,
    compound_groups,
    compound_map,
    compound_name,
    compounds,
    lumped,
)
from emissions.voc_emissions import VocEmissions, voc_compounds

FACTS = Path(__file__).parents[2].parent / "shared" / "facts" / "voc" / "voc_compounds.csv"

EXACT = 1e-12  # shares are divided by their own sum
SUMMED = 1e-9  # sums over hundreds of compounds
LUMPED = 0.015  # relative: SPECIATE prints shares to 0.01 %, GSPRO was made from unrounded ones
LUMPED_SMALL = 1.5e-5  # mol per g: 0.05 % of small molecules, the rounding of a few compounds
LANDFILL = "5651"  # 99.9 % methane: the rounding of its hundredth parts of a percent is 16 % of the rest
LANDFILL_MISS = 0.16
COUNTED = ("cb6r5_ae7", "saprc07tic_ae7i", "cb05")

PUBLISHED_MIR = {
    "ethylene": 9.00, "propylene": 11.66, "toluene": 4.00, "m-xylene": 9.75, "o-xylene": 7.64, "p-xylene": 5.84,
    "benzene": 0.72, "formaldehyde": 9.46, "isoprene": 10.61, "ethane": 0.28, "acetone": 0.36,
    "1,2,4-trimethylbenzene": 8.87, "n-butane": 1.15, "acetylene": 0.95, "m & p-xylene": 7.80,
}  # fmt: skip
"""g ozone a g, Carter 2010 as in 17 CCR 94700."""


def test_mir_of_well_known_compounds() -> None:
    found = compounds()["mir_gO3_g"].loc[list(PUBLISHED_MIR)]
    assert found.to_dict() == pytest.approx(PUBLISHED_MIR)


def test_molar_masses_follow_the_formulas() -> None:
    """Of compounds with a formula of C, H, O the weights of the atoms give the molar mass."""
    table = compounds()
    table = table[table["formula"].str.fullmatch(r"(C\d*)(H\d*)?(O\d*)?")]
    atoms = table["formula"].str.extract(r"^C(?P<C>\d*)(?:(?P<has_H>H)(?P<H>\d*))?(?:(?P<has_O>O)(?P<O>\d*))?$")
    mass = 12.011 * _count(atoms["C"], None) + 1.008 * _count(atoms["H"], atoms["has_H"])
    mass = mass + 15.999 * _count(atoms["O"], atoms["has_O"])
    named = table["mir_basis"] == "CAS"  # lumped entries carry the mass of a representative compound
    assert len(table[named]) > 250
    assert table["molar_mass_g_mol"][named].to_numpy() == pytest.approx(mass[named].to_numpy(), rel=2e-3)


def _count(text: pd.Series, present: pd.Series | None) -> pd.Series:
    number = pd.to_numeric(text.mask(text == "")).fillna(1.0)
    return number if present is None else number.where(present.notna(), 0.0)


def test_the_table_is_whole() -> None:
    table = compounds()
    assert table.index.is_unique
    assert (table["molar_mass_g_mol"] > 0.0).all()
    assert set(table["group"]) <= set(compound_groups())
    assert set(table["flag"]) == {"read"}
    assert (table["list"] == "PAMS57").sum() == 57
    assert (table["list"] == "TO15_47").sum() == 47
    assert (table["list"] == "OVOC13").sum() == 13
    for number, source in (("mir_gO3_g", "mir_source"), ("koh_cm3_s", "koh_source"), ("soa_yield_g_g", "soa_source")):
        assert ((table[number].notna()) == (table[source] != "")).all()
    assert set(table["mir_flag"][table["mir_gO3_g"].notna()]) == {"read", "derived", "knowledge"}
    assert (table["soa_yield_g_g"].dropna().between(0.0, 1.0)).all()
    assert (table["koh_cm3_s"].dropna() < 1e-9).all()  # no reaction is faster than collisions


@pytest.mark.skipif(not FACTS.is_file(), reason="needs the fact table of the shared folder")
def test_values_are_those_of_the_fact_table() -> None:
    facts = pd.read_csv(FACTS).dropna(subset=["speciate_id"]).set_index("name_en")
    both = compounds().join(facts[["MIR_gO3_gVOC", "kOH_298_cm3", "SOA_yield_wu2017"]], how="inner")
    assert len(both) > 200
    pairs = {"mir_gO3_g": "MIR_gO3_gVOC", "koh_cm3_s": "kOH_298_cm3", "soa_yield_g_g": "SOA_yield_wu2017"}
    for ours, theirs in pairs.items():
        known = both[both[theirs].notna() & both[ours].notna()]
        assert len(known) > 150
        assert known[ours].to_numpy() == pytest.approx(known[theirs].to_numpy(), rel=1e-5)


@pytest.mark.parametrize("name", COUNTED)
def test_every_compound_is_mapped_to_species_of_the_mechanism(name: str) -> None:
    moles = compound_map(name)
    assert set(moles.index.get_level_values("compound")) == set(compounds().index)
    assert (moles > 0.0).all()
    known = set(profiles("VOC", mechanism_name=name).index.get_level_values("species")) | set(OUTSIDE)
    used = compositions().reset_index()["compound"].unique()
    assert set(moles.loc[list(used)].index.get_level_values("species")) <= known


@pytest.mark.parametrize(("compound", "species"), [
    ("toluene", {"TOL": 1.0}), ("propylene", {"OLE": 1.0, "PAR": 1.0}), ("n-butane", {"PAR": 4.0}),
    ("ethane", {"ETHA": 1.0}), ("m-xylene", {"XYLMN": 1.0}), ("styrene", {"XYLMN": 1.0}),
])  # fmt: skip
def test_map_of_known_molecules(compound: str, species: dict[str, float]) -> None:
    found = compound_map()[compound].to_dict()
    if compound == "styrene":
        assert sum(found.values()) > 0.0  # EPA's choice, which is not ours to repeat
    else:
        assert found == species


def test_compositions_close_and_cover_the_profiles_in_use() -> None:
    table = compositions()
    assert table.groupby(level="profile")["mass_fraction"].sum().to_numpy() == pytest.approx(1.0, abs=EXACT)
    assert set(table.index.get_level_values("compound")) <= set(compounds().index)
    used = {one.voc_profile for one in source_classes().values() if one.voc_profile}
    assert used <= set(table.index.get_level_values("profile"))
    assert "methane" not in table.index.get_level_values("compound")


@pytest.mark.parametrize("name", COUNTED)
def test_lumped_compounds_are_the_profiles_of_epa(name: str) -> None:
    """Two ways to the moles of a species: our compounds by the map, and GSPRO's printed numbers."""
    ours = lumped(compositions(), name)
    theirs = profiles("VOC", mechanism_name=name)["mol_per_g"].drop("SOAALK", level="species", errors="ignore")
    both = pd.concat({"ours": ours, "theirs": theirs}, axis=1).fillna(0.0)
    miss = (both["ours"] - both["theirs"]).abs()
    landfill = both.index.get_level_values("profile") == LANDFILL
    limit = LUMPED * both.max(axis=1) + LUMPED_SMALL
    assert both.index[(miss > limit) & ~landfill].tolist() == []
    assert (miss[landfill] <= LANDFILL_MISS * both.max(axis=1)[landfill] + LUMPED_SMALL).all()


# --- the VOC of an inventory ---------------------------------------------------------------------------------------

ROWS = [
    {"district": "110101", "source_class": "onroad_gasoline", "VOC": 100.0, "NOx": 5.0},
    {"district": "110102", "source_class": "onroad_gasoline", "VOC": 50.0},
    {"district": "110101", "source_class": "dry_cleaning", "VOC": 10.0},
    {"district": "110101", "source_class": "road_dust", "PM10": 10.0, "PM25": 2.0},
]


@pytest.fixture(scope="module")
def city() -> VocEmissions:
    return voc_compounds(inventory_of(ROWS))


def test_mass_by_compound_is_the_inventory(city: VocEmissions) -> None:
    mass = city.mass()
    assert mass.dims == ("source", "compound")
    assert mass.sum("compound").to_series().to_dict() == pytest.approx(
        {
            "110101:onroad_gasoline": 100.0,
            "110102:onroad_gasoline": 50.0,
            "110101:dry_cleaning": 10.0,
            "110101:road_dust": 0.0,
        }
    )
    by_district = city.mass(["district"])
    assert by_district.sel(key="110101").sum().item() == pytest.approx(110.0)


def test_ozone_potential_by_hand(tmp_path: Path) -> None:
    """1 t of 60 % toluene (MIR 4.00, yield 0.36) and 40 % ethylene (9.00, 0): OFP 6.0 t, aerosol 0.216 t."""
    text = "profile,compound,mass_fraction\nCN_TUNNEL_TJ,toluene,0.6\nCN_TUNNEL_TJ,ethylene,0.4\n"
    path = tmp_path / "own.csv"
    path.write_text(text, encoding="utf-8")
    one = inventory_of([{"district": "110101", "source_class": "onroad_gasoline", "VOC": 1.0}])
    found = voc_compounds(one, composition=path)
    row = found.reactivity(()).iloc[0]
    assert row["ofp_t"] == pytest.approx(0.6 * 4.00 + 0.4 * 9.00)
    assert row["soa_t"] == pytest.approx(0.6 * 0.36)
    assert row["ofp_per_mass"] == pytest.approx(6.0)
    assert row["mir_read_pct"] == pytest.approx(100.0)
    table = found.table(())
    assert table["compound"].tolist() == ["ethylene", "toluene"]
    assert table["ofp_t"].tolist() == pytest.approx([3.6, 2.4])
    assert found.groups()["group"].tolist() == ["alkene", "aromatic"]


def test_totals_agree_whatever_the_keys(city: VocEmissions) -> None:
    whole = city.reactivity(())
    for by in (("sector",), ("district",), ("district", "source_class"), ("source_id",)):
        parts = city.reactivity(by)
        for name in ("mass_t", "ofp_t", "soa_t"):
            assert parts[name].sum() == pytest.approx(whole[name].iloc[0], rel=SUMMED)
        assert city.table(by)["mass_t"].sum() == pytest.approx(160.0, rel=SUMMED)
        assert city.groups(by)["ofp_t"].sum() == pytest.approx(whole["ofp_t"].iloc[0], rel=SUMMED)


def test_lists_are_in_order(city: VocEmissions) -> None:
    assert city.reactivity(("sector",))["ofp_t"].is_monotonic_decreasing
    leading = city.leading(count=7)
    assert len(leading) == 7
    assert leading["ofp_t"].is_monotonic_decreasing
    assert leading["cumulative_pct"].iloc[-1] == pytest.approx(leading["share_pct"].sum())
    assert city.leading("mass_t", count=3)["mass_t"].is_monotonic_decreasing
    groups = city.groups(("district",))
    order = list(compound_groups())
    for _, part in groups.groupby("district"):
        ranks = [order.index(name) for name in part["group"]]
        assert ranks == sorted(ranks)


def test_coverage_is_told(city: VocEmissions) -> None:
    table = city.reactivity(("source_class",)).set_index("source_class")
    assert (table["mir_read_pct"] <= table["mir_pct"] + SUMMED).all()
    assert table.loc["onroad_gasoline", "mir_pct"] > 95.0
    assert table.loc["road_dust", "mass_t"] == 0.0


def test_a_profile_of_species_only_is_named_and_not_lost(tmp_path: Path) -> None:
    (tmp_path / "voc.csv").write_text(
        "profile,species,mass_fraction,mol_per_g\nMINE,TOL,1.0,0.0108\n", encoding="utf-8"
    )
    (tmp_path / "to.csv").write_text("source_class,pollutant,profile\nonroad_gasoline,VOC,MINE\n", encoding="utf-8")
    speciation = build_speciation(voc=tmp_path / "voc.csv", assignment=tmp_path / "to.csv")
    found = voc_compounds(inventory_of(ROWS), speciation=speciation)
    assert found.not_speciated().to_dict("records") == [
        {"profile": "MINE", "sources": 2, "mass_t": pytest.approx(150.0)}
    ]
    assert found.mass().sum().item() == pytest.approx(160.0)
    table = found.table(()).set_index("compound")
    assert table.loc[NOT_SPECIATED, "mass_t"] == pytest.approx(150.0)
    assert table.loc[NOT_SPECIATED, "group"] == "unspecified"
    assert np.isnan(table.loc[NOT_SPECIATED, "ofp_t"])
    assert found.reactivity(()).iloc[0]["mir_pct"] < 10.0


def test_an_inventory_without_voc_has_none() -> None:
    found = voc_compounds(inventory_of([{"district": "110101", "source_class": "cement", "NOx": 1.0}]))
    assert found.mass().sum().item() == 0.0
    assert found.table().empty
    assert found.reactivity(())["ofp_t"].tolist() == [0.0]


def test_names() -> None:
    assert compound_name("toluene") == "甲苯"
    assert compound_name("toluene", "en") == "toluene"
    assert compound_name("a compound without a Chinese name") == "a compound without a Chinese name"


BROKEN = {
    "unknown compound": ("A,tolene,1\n", r":2:compound: 'tolene' is no compound .* did you mean toluene"),
    "negative": ("A,toluene,1.5\nA,benzene,-0.5\n", r":3:mass_fraction: '-0.5' is no share"),
    "not a number": ("A,toluene,much\n", r":2:mass_fraction: 'much' is no share"),
    "twice": ("A,toluene,0.5\nA,toluene,0.5\n", r":3:compound: toluene stands twice"),
    "not closed": ("A,toluene,0.5\n", r":A:mass_fraction: the shares sum to 0.5000, not 1 -> complete the profile$"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_compositions(case: str, tmp_path: Path) -> None:
    text, message = BROKEN[case]
    path = tmp_path / "own.csv"
    path.write_text("profile,compound,mass_fraction\n" + text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        compositions(path)


def test_a_table_without_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("profile,species,mass_fraction\nA,TOL,1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"own.csv:1:compound: missing column"):
        compositions(path)


CLASSES = [name for name, one in source_classes().items() if one.voc_profile]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(CLASSES), st.floats(0.0, 1e5)), min_size=1, max_size=8))
def test_mass_closes_for_any_inventory(rows: list[tuple[str, float]]) -> None:
    records = [
        {"source_id": str(number), "district": "110101", "source_class": name, "VOC": mass}
        for number, (name, mass) in enumerate(rows)
    ]
    found = voc_compounds(inventory_of(records))
    mass = found.mass()
    assert (mass.to_numpy() >= 0.0).all()
    total = sum(value for _, value in rows)
    assert mass.sum().item() == pytest.approx(total, rel=SUMMED, abs=SUMMED)
    ofp = found.reactivity(())["ofp_t"].iloc[0]
    assert ofp <= compounds()["mir_gO3_g"].max() * total * (1.0 + SUMMED)
