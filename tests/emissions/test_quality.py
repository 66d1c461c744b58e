"""Tables of the quality assurance: hand-made inventory, sums that must agree with it."""

import numpy as np
import pytest

from aqcore.districts import District, Districts
from aqcore.polygon import Polygon, closed_ring
from emissions import quality
from emissions.inventory import Inventory, inventory_of
from emissions.speciation import FATES, Speciation, build_speciation

EXACT = 1e-12  # sums of a few float64
ROUND = 1e-9  # percentages of sums

ROWS = [
    {
        "district": "110101",
        "source_class": "onroad_gasoline",
        "NOx": 30.0,
        "VOC": 20.0,
        "PM25": 2.0,
        "BC": 0.5,
        "flag": "read",
    },
    {
        "district": "110102",
        "source_class": "onroad_gasoline",
        "NOx": 20.0,
        "VOC": 10.0,
        "PM25": 1.0,
        "flag": "constructed",
    },
    {
        "district": "110101",
        "source_class": "road_dust",
        "PM10": 9.0,
        "PM25": 3.0,
        "filled": "PM25 = 0.242 x PM10 (road_dust)",
    },
    {
        "source_id": "A1",
        "name": "甲厂",
        "district": "110101",
        "source_class": "cement",
        "lon": 116.05,
        "lat": 40.05,
        "NOx": 50.0,
    },
    {
        "source_id": "B1",
        "name": "乙厂",
        "district": "110102",
        "source_class": "petrochemical",
        "lon": 116.05,
        "lat": 40.05,
        "VOC": 5.0,
    },
    {
        "source_id": "C1",
        "name": "丙厂",
        "district": "110102",
        "source_class": "cement",
        "lon": 120.0,
        "lat": 30.0,
        "NOx": 1.0,
    },
]


@pytest.fixture(scope="module")
def inventory() -> Inventory:
    return inventory_of(ROWS)


@pytest.fixture(scope="module")
def speciation() -> Speciation:
    return build_speciation()


def square(code: str, lon: float) -> District:
    ring = closed_ring([(lon, 40.0), (lon + 0.1, 40.0), (lon + 0.1, 40.1), (lon, 40.1)])
    return District(code, code, (Polygon(ring),))


def test_totals_by_sector(inventory: Inventory) -> None:
    table = quality.totals(inventory)
    assert table.index.tolist() == ["ONROAD", "DUST", "INDUSTRY", quality.TOTAL]
    assert table.loc["ONROAD", "NOx"] == 50.0
    assert table.loc[quality.TOTAL].to_numpy() == pytest.approx(inventory.mass.sum("source").to_numpy(), rel=EXACT)


def test_totals_by_two_keys(inventory: Inventory) -> None:
    table = quality.totals(inventory, by=("district", "source_class"))
    assert table.loc[("110102", "cement"), "NOx"] == 1.0
    assert table.loc[(quality.TOTAL, quality.TOTAL), "VOC"] == 35.0


def test_totals_by_flag(inventory: Inventory) -> None:
    table = quality.by_flag(inventory)
    assert table.loc["constructed", "NOx"] == 20.0
    assert table.loc["", "NOx"] == 51.0


def test_top_emitters(inventory: Inventory) -> None:
    table = quality.top_emitters(inventory, "NOx", count=2)
    assert table.index.tolist() == ["A1", "110101:onroad_gasoline"]
    assert table["share_pct"].tolist() == pytest.approx([100 * 50 / 101, 100 * 30 / 101], rel=ROUND)
    assert table["cumulative_pct"].iloc[-1] == pytest.approx(100 * 80 / 101, rel=ROUND)
    points = quality.top_emitters(inventory, "NOx", kind="point")
    assert points.index.tolist() == ["A1", "C1"]
    assert points["share_pct"].iloc[0] == pytest.approx(100 * 50 / 101, rel=ROUND)


def test_what_emits_nothing_is_not_listed(inventory: Inventory) -> None:
    assert "A1" not in quality.top_emitters(inventory, "VOC").index


def test_speciation_applied_says_profile_and_reason(inventory: Inventory, speciation: Speciation) -> None:
    table = quality.speciation_applied(inventory, speciation).set_index(["pollutant", "source_class"])
    row = table.loc[("VOC", "onroad_gasoline")]
    assert row["profile"] == "CN_TUNNEL_TJ"
    assert row["profile_name"].startswith("SPECIATE 8756")
    assert (row["sources"], row["mass_t"], row["name_zh"]) == (2, 30.0, "汽油车尾气")
    assert row["why"] == "table of source classes"
    assert ("VOC", "road_dust") not in table.index
    totals = table.groupby(level="pollutant")["mass_t"].sum()
    for pollutant in ("NOx", "VOC", "PM25"):
        assert totals[pollutant] == pytest.approx(inventory.mass.sel(pollutant=pollutant).sum().item(), rel=EXACT)


def test_species_totals_are_those_of_the_speciation(inventory: Inventory, speciation: Speciation) -> None:
    table = quality.species_totals(inventory, speciation)
    amount = speciation.species(inventory).sum("source")
    sums = table.groupby("species")["amount"].sum()
    for species in ("NO", "PAR", "PEC", "PMC"):
        assert sums[species] == pytest.approx(amount.sel(species=species).item() / 1e6, rel=EXACT)
    units = table.set_index("species")["unit"].to_dict()
    assert (units["NO"], units["PEC"]) == ("Mmol/a", "t/a")
    by_district = quality.species_totals(inventory, speciation, by=("district",))
    assert by_district["amount"].sum() == pytest.approx(table["amount"].sum(), rel=EXACT)


def test_voc_by_species_closes(inventory: Inventory, speciation: Speciation) -> None:
    table = quality.voc_by_species(inventory, speciation)
    assert table["mass_t"].sum() == pytest.approx(35.0, rel=EXACT)
    assert table.groupby("sector")["share_pct"].sum().to_numpy() == pytest.approx([100.0, 100.0], rel=ROUND)
    outside = table.loc[~table["in_mechanism"], "species"]
    assert set(outside) <= set(FATES)
    assert len(outside) > 0


def test_voc_of_an_inventory_without_voc(speciation: Speciation) -> None:
    table = quality.voc_by_species(inventory_of([{"district": "1", "source_class": "cement", "NOx": 1.0}]), speciation)
    assert table.empty
    assert table.columns.tolist() == ["sector", "species", "in_mechanism", "mass_t", "share_pct"]


def test_statements_count_what_is_stated_empty_and_filled(inventory: Inventory) -> None:
    table = quality.statements(inventory).set_index("pollutant")
    assert table.loc["PM25"].tolist() == [2, 3, 1]
    assert table.loc["PM10"].tolist() == [1, 5, 0]
    assert table.loc["BC"].tolist() == [1, 5, 0]
    assert (table.sum(axis=1) == len(ROWS)).all()


def test_points_outside_their_district(inventory: Inventory) -> None:
    districts = Districts((square("110101", 116.0), square("110102", 116.1)), "test")
    table = quality.points_outside(inventory, districts)
    assert table.index.tolist() == ["B1", "C1"]
    assert table["lies_in"].tolist() == ["110101", ""]
    assert table["district"].tolist() == ["110102", "110102"]
    assert np.isfinite(table["lon"]).all()
