"""Speciation: hand-worked moles, mass followed to rounding, carbon that the inventory states, faults with their row."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aqcore.errors import InputError
from aqcore.ledger import KEPT, Ledger
from aqcore.species import emission_species
from emissions.inventory import Inventory, inventory_of
from emissions.source_classes import source_classes
from emissions.speciation import FATES, INSIDE_PM25, NO_SPECIES, SPECIES, Speciation, build_speciation
from emissions.speciation_profiles import OUTSIDE

EXACT = 1e-12  # sums of some dozen float64
CLOSURE = 1e-12  # mass in t/a relative to the inventory


@pytest.fixture(scope="module")
def speciation() -> Speciation:
    return build_speciation()


def emitted(speciation: Speciation, **row: object) -> dict[str, float]:
    """Species (mol/a, g/a) of one source."""
    amount = speciation.species(inventory_of([{"district": "110101", **row}]))
    return {str(name): float(value) for name, value in zip(SPECIES, amount.to_numpy()[0], strict=True) if value != 0.0}


# ---- gases ---------------------------------------------------------------------------------------


def test_a_tonne_of_nox_is_counted_as_no2(speciation: Speciation) -> None:
    """1 t of NOx as NO2 mass is 1e6 g / 46.0055 g/mol = 21736.5 mol, of which a coal plant with SCR has 95 % NO."""
    moles = emitted(speciation, source_class="power_coal", NOx=1.0)
    assert sum(moles.values()) == pytest.approx(21736.53, abs=0.01)
    assert moles["NO"] == pytest.approx(0.95 * 1.0e6 / 46.0055, rel=EXACT)
    assert moles["NO2"] == pytest.approx(0.05 * 1.0e6 / 46.0055, rel=EXACT)
    assert "HONO" not in moles


def test_diesel_gives_nitrous_acid(speciation: Speciation) -> None:
    moles = emitted(speciation, source_class="onroad_diesel", NOx=1.0)
    assert moles["HONO"] == pytest.approx(0.008 * 1.0e6 / 46.0055, rel=EXACT)
    assert moles["NO"] + moles["NO2"] + moles["HONO"] == pytest.approx(1.0e6 / 46.0055, rel=EXACT)


@pytest.mark.parametrize(
    ("pollutant", "species", "molar_mass"), [("SO2", "SO2", 64.064), ("NH3", "NH3", 17.0305), ("CO", "CO", 28.010)]
)
def test_single_gases(speciation: Speciation, pollutant: str, species: str, molar_mass: float) -> None:
    moles = emitted(speciation, source_class="boiler_coal", **{pollutant: 3.0})
    assert moles == {species: pytest.approx(3.0e6 / molar_mass, rel=2e-5)}


def test_gasoline_exhaust_ethene_by_hand(tmp_path: Path) -> None:
    """EPA profile 8756 has 0.104765 g ethene and 0.162915 g methane a gram TOG.

    A gram NMVOC has 0.104765 / 0.837085 g ethene, divided by 28.054 g/mol: 0.0044612 mol.
    """
    own = tmp_path / "assignment.csv"
    own.write_text("source_class,pollutant,profile\nonroad_gasoline,VOC,8756\n", encoding="utf-8")
    moles = emitted(build_speciation(assignment=own), source_class="onroad_gasoline", VOC=1.0)
    assert moles["ETH"] == pytest.approx(1.0e6 * 0.104765 / 0.837085 / 28.054, rel=1e-5)


def test_what_leaves_the_mechanism_is_booked(speciation: Speciation) -> None:
    """Water-borne paint: about four fifths of the mass are glycols that CB6 has no species for."""
    inventory = inventory_of([{"district": "110101", "source_class": "architectural_paint_wb", "VOC": 100.0}])
    mass = speciation.masses(inventory).sel(pollutant="VOC").squeeze("source").to_series()
    outside = mass[list(FATES)]
    assert 75.0 < outside.sum() < 90.0
    assert mass.sum() == pytest.approx(100.0, rel=CLOSURE)
    assert outside[INSIDE_PM25] == outside[NO_SPECIES] == 0.0


def test_dry_cleaning_is_mostly_unreactive(speciation: Speciation) -> None:
    inventory = inventory_of([{"district": "110101", "source_class": "dry_cleaning", "VOC": 1.0}])
    assert speciation.masses(inventory).sel(pollutant="VOC", species="UNR").item() > 0.8


def test_carbon_dioxide_has_no_species(speciation: Speciation) -> None:
    inventory = inventory_of([{"district": "110101", "source_class": "power_gas", "CO2": 5.0}])
    assert speciation.masses(inventory).sel(species=NO_SPECIES).item() == 5.0
    assert float(speciation.species(inventory).sum()) == 0.0


# ---- particles -----------------------------------------------------------------------------------


def test_particles_sum_to_pm10(speciation: Speciation) -> None:
    grams = emitted(speciation, source_class="road_dust", PM10=10.0, PM25=2.5)
    assert grams.pop("PMC") == pytest.approx(7.5e6, rel=EXACT)
    assert sum(grams.values()) == pytest.approx(2.5e6, rel=EXACT)
    assert grams["PSI"] > grams["PEC"]


def test_stated_carbon_overrides_the_profile(speciation: Speciation) -> None:
    grams = emitted(speciation, source_class="onroad_diesel", PM25=10.0, BC=5.0, OC=2.0)
    assert grams["PEC"] == pytest.approx(5.0e6, rel=EXACT)
    assert grams["POC"] == pytest.approx(2.0e6, rel=EXACT)
    assert grams["PNCOM"] == pytest.approx(0.5e6, rel=1e-3)  # OM/OC of the profile is 1.25
    assert sum(grams.values()) == pytest.approx(10.0e6, rel=EXACT)


def test_without_carbon_the_profile_holds(speciation: Speciation) -> None:
    grams = emitted(speciation, source_class="onroad_diesel", PM25=1.0)
    share = speciation.fractions.sel(source_class="onroad_diesel", pollutant="PM25", species="PEC")
    assert grams["PEC"] == pytest.approx(1.0e6 * float(share), rel=EXACT)


def test_carbon_is_not_emitted_twice(speciation: Speciation) -> None:
    row = {"district": "110101", "source_class": "residential_coal", "PM10": 12.0, "PM25": 10.0, "BC": 2.0, "OC": 4.0}
    masses = speciation.masses(inventory_of([row])).squeeze("source")
    assert float(masses.sel(pollutant="BC", species=INSIDE_PM25)) == 2.0
    assert float(masses.sel(pollutant="OC", species=INSIDE_PM25)) == 4.0
    assert float(masses.sel(pollutant="PM10", species=INSIDE_PM25)) == pytest.approx(10.0, rel=EXACT)
    emitted_t = float(masses.sel(species=list(SPECIES)).sum())
    assert emitted_t == pytest.approx(12.0, rel=EXACT)


def test_unstated_pm10_has_no_coarse_part(speciation: Speciation) -> None:
    rows = [
        {"district": "110101", "source_class": "road_dust", "PM10": 8.0, "PM25": 2.0},
        {"district": "110102", "source_class": "road_dust", "PM25": 2.0},
    ]
    assert speciation.species(inventory_of(rows)).sel(species="PMC").to_numpy().tolist() == [6.0e6, 0.0]


# ---- closure -------------------------------------------------------------------------------------


def everything() -> Inventory:
    """One source of each class with each pollutant that it may emit, and carbon in every third."""
    rng = np.random.default_rng(3)
    rows = []
    for number, (slug, one) in enumerate(source_classes().items()):
        row: dict[str, object] = {"district": f"1101{number % 7:02d}", "source_class": slug}
        row |= dict(zip(("SO2", "NH3", "CO", "CO2"), rng.uniform(1.0, 1000.0, 4).tolist(), strict=True))
        row |= {"VOC": rng.uniform(1.0, 1000.0)} if one.voc_profile else {}
        row |= {"NOx": rng.uniform(1.0, 1000.0)} if one.nox_split else {}
        if one.pm25_profile:
            row |= {"PM25": 100.0, "PM10": rng.uniform(100.0, 300.0)}
            row |= {"BC": rng.uniform(0.0, 30.0), "OC": rng.uniform(0.0, 30.0)} if number % 3 == 0 else {}
        rows.append(row)
    return inventory_of(rows)


def test_mass_is_followed_for_every_class_and_pollutant(speciation: Speciation) -> None:
    inventory = everything()
    masses = speciation.masses(inventory)
    assert (masses.to_numpy() >= 0.0).all()
    xr.testing.assert_allclose(masses.sum("species"), inventory.mass, rtol=CLOSURE)


def test_moles_are_positive_and_finite_for_every_class(speciation: Speciation) -> None:
    amount = speciation.species(everything()).to_numpy()
    assert np.isfinite(amount).all()
    assert (amount >= 0.0).all()


def test_aerosol_grams_are_the_followed_mass(speciation: Speciation) -> None:
    inventory = everything()
    aerosol = [name for name, one in emission_species().items() if one.kind == "aerosol"]
    grams = speciation.species(inventory).sel(species=aerosol)
    tonnes = speciation.masses(inventory).sel(species=aerosol).sum("pollutant")
    np.testing.assert_allclose(grams.to_numpy(), 1.0e6 * tonnes.to_numpy(), rtol=EXACT, atol=1e-3)


@st.composite
def source_rows(draw: st.DrawFn) -> dict[str, object]:
    """One source of any class, with any particles stated that fit into each other."""
    one = draw(st.sampled_from([c for c in source_classes().values() if c.pm25_profile and c.voc_profile]))
    row: dict[str, object] = {"district": "110101", "source_class": one.source_class}
    mass = st.floats(0.0, 1e6, allow_subnormal=False)
    row["VOC"] = draw(mass)
    row["PM25"] = fine = draw(mass)
    row["PM10"] = draw(st.one_of(st.none(), st.floats(1.0, 5.0).map(lambda x: fine * x)))
    row["BC"] = draw(st.one_of(st.none(), st.floats(0.0, 0.4).map(lambda x: fine * x)))
    row["OC"] = draw(st.one_of(st.none(), st.floats(0.0, 0.25).map(lambda x: fine * x)))
    return row


@given(source_rows())
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_source_closes_and_stays_positive(speciation: Speciation, row: dict[str, object]) -> None:
    inventory = inventory_of([row])
    masses = speciation.masses(inventory)
    assert (masses.to_numpy() >= 0.0).all()
    np.testing.assert_allclose(masses.sum("species"), inventory.mass, rtol=CLOSURE, atol=1e-9)
    emitted_t = masses.sel(species=list(SPECIES)).sum().item()
    outside = masses.sel(species=list(OUTSIDE)).sum().item()
    whole = max(
        float(inventory.mass.sel(pollutant=name).sum()) for name in ("PM10", "PM25") if name in inventory.pollutants
    )
    assert emitted_t + outside == pytest.approx(whole + inventory.mass.sel(pollutant="VOC").item(), rel=1e-9, abs=1e-9)


def test_species_are_linear_in_the_inventory(speciation: Speciation) -> None:
    inventory = everything()
    doubled = inventory.scaled(xr.full_like(inventory.mass, 2.0))
    np.testing.assert_allclose(speciation.species(doubled), 2.0 * speciation.species(inventory), rtol=EXACT)


def test_fractions_and_species_agree_without_carbon(speciation: Speciation) -> None:
    row = {"district": "110101", "source_class": "cement", "SO2": 2.0, "NOx": 3.0, "VOC": 4.0, "PM25": 5.0}
    amount = speciation.species(inventory_of([row])).squeeze("source")
    per_gram = speciation.fractions.sel(source_class="cement", pollutant=["SO2", "NOx", "VOC", "PM25"])
    expected = (per_gram * xr.DataArray([2.0, 3.0, 4.0, 5.0], dims="pollutant")).sum("pollutant") * 1.0e6
    np.testing.assert_allclose(amount.to_numpy(), expected.to_numpy(), rtol=EXACT)


def test_shares_sum_to_one_where_a_class_emits(speciation: Speciation) -> None:
    sums = speciation.mass_fractions.sum("species").to_numpy()
    assert np.isin(np.round(sums, 12), [0.0, 1.0]).all()


def test_the_ledger_closes(speciation: Speciation) -> None:
    inventory = everything()
    ledger = Ledger()
    totals = inventory.total(by=("sector", "pollutant", "district"))
    ledger.record("inventory", {(r.sector, r.pollutant, r.district): r.mass_t for r in totals.itertuples()})
    ledger.extend(speciation.ledger_entries(inventory))
    ledger.check(tolerance=CLOSURE)
    frame = ledger.frame()
    assert set(frame[frame["step"] == "speciation"]["fate"]) == {
        KEPT,
        "IVOC",
        "NVOL",
        "UNR",
        "UNK",
        INSIDE_PM25,
        NO_SPECIES,
    }


def test_dimensions_and_units(speciation: Speciation) -> None:
    assert speciation.fractions.dims == ("source_class", "pollutant", "species")
    assert speciation.fractions["species"].to_numpy().tolist() == list(SPECIES)
    assert speciation.species_units["NO"] == "mol/a"
    assert speciation.species_units["PEC"] == "g/a"
    assert speciation.species(everything()).dims == ("source", "species")


# ---- assignment and faults -----------------------------------------------------------------------


def test_profiles_say_why(speciation: Speciation) -> None:
    row = speciation.profiles.loc[("onroad_diesel", "VOC")]
    assert (row["profile"], row["why"], row["flag"]) == ("8774", "table of source classes", "read")
    assert speciation.profiles.loc[("road_dust", "VOC"), "why"] == "the class emits none"


def test_an_assignment_of_the_user_counts(tmp_path: Path) -> None:
    path = tmp_path / "assignment.csv"
    path.write_text("source_class,pollutant,profile\nroad_dust,VOC,8774\n", encoding="utf-8")
    own = build_speciation(assignment=path)
    assert own.profiles.loc[("road_dust", "VOC"), "why"] == str(path)
    assert emitted(own, source_class="road_dust", VOC=1.0)


def test_faults_of_an_assignment_come_together(tmp_path: Path) -> None:
    path = tmp_path / "assignment.csv"
    path.write_text(
        "source_class,pollutant,profile\nroaddust,VOC,8774\ncement,SO2,1\ncement,VOC,877\n", encoding="utf-8"
    )
    with pytest.raises(InputError) as caught:
        build_speciation(assignment=path)
    where = [fault.where.removeprefix(f"{path}:") for fault in caught.value.faults]
    assert where == ["2:source_class", "3:pollutant", "4:profile"]
    path.write_text("source_class,pollutant,profile\ncement,VOC,8774\ncement,VOC,8756\n", encoding="utf-8")
    with pytest.raises(InputError, match="3:profile: this class has got a profile"):
        build_speciation(assignment=path)
    with pytest.raises(InputError, match="no such file"):
        build_speciation(assignment=tmp_path / "none.csv")
    path.write_text("class,profile\n", encoding="utf-8")
    with pytest.raises(InputError, match="missing column"):
        build_speciation(assignment=path)


def test_a_pollutant_without_profile_is_a_fault(speciation: Speciation) -> None:
    row = {"district": "110101", "source_class": "road_dust", "VOC": 1.0, "file": "area.csv", "row": 7}
    with pytest.raises(InputError, match=r"area\.csv:7: source class 'road_dust' has no VOC profile"):
        speciation.species(inventory_of([row]))


def test_carbon_beyond_fine_particles_is_a_fault_with_its_numbers(speciation: Speciation) -> None:
    rows = [
        {"district": "110101", "source_class": "residential_biomass", "PM25": 10.0, "BC": 2.0, "OC": 5.0},
        {"district": "110102", "source_class": "residential_biomass", "PM25": 10.0, "BC": 2.0, "OC": 4.0},
    ]
    with pytest.raises(InputError) as caught:
        speciation.masses(inventory_of(rows))
    (fault,) = caught.value.faults  # 2 + 5 x 1.7 = 10.5 > 10, but 2 + 4 x 1.7 = 8.8
    assert fault.where == "source 110101:residential_biomass"
    assert "BC 2 + OC 5 x 1.70 (OM/OC) exceeds PM25 10 t/a" in fault.what


def test_factors_that_break_the_nesting_are_faults(speciation: Speciation) -> None:
    row = {"district": "110101", "source_class": "cement", "PM10": 10.0, "PM25": 8.0, "BC": 2.0, "OC": 2.0}
    inventory = inventory_of([row])
    halves = {
        "PM10": "PM25 8 t/a exceeds PM10 5 t/a",
        "PM25": r"BC 2 \+ OC 2 x 1.40 \(OM/OC\) exceeds PM25 4 t/a",
    }
    for name, message in halves.items():
        half = xr.DataArray([0.5], {"pollutant": [name]}, ("pollutant",))
        with pytest.raises(InputError, match=message):
            speciation.species(inventory.scaled(half))


def test_carbon_without_fine_particles_is_a_fault(speciation: Speciation) -> None:
    """Its mass is emitted with PM2.5: without one it would be lost."""
    with pytest.raises(InputError, match="exceeds PM25 0 t/a"):
        speciation.masses(inventory_of([{"district": "110101", "source_class": "cement", "BC": 2.0}]))


def test_rounded_tables_pass(speciation: Speciation) -> None:
    row = {"district": "110101", "source_class": "cement", "PM10": 10.0, "PM25": 10.0 * (1.0 + 5e-7)}
    masses = speciation.masses(inventory_of([row]))
    assert float(masses.sel(pollutant="PM10", species="PMC").sum()) == 0.0
    assert float(masses.sum("species").sel(pollutant="PM10").sum()) == pytest.approx(10.0, rel=EXACT)
