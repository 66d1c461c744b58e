"""Regions, their factors and how true they are: totals exact by construction, places by hand."""

from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

from aqcore.errors import InputError
from aqcore.grid import Grid
from drivers.cmaq.desid_rules import EVERYWHERE, scenario_rules
from drivers.cmaq.fit import fit, unfit
from drivers.cmaq.names import folder_name, is_label, region_label
from drivers.cmaq.region_factors import region_factors
from drivers.cmaq.regions import build_regions, write_regions

TOTAL = 1e-7
"""Masks are single precision: 6e-8."""


def zones(*fields: list[float]) -> xr.DataArray:
    codes = [f"11010{i + 1}" for i in range(len(fields))]
    return xr.DataArray(np.array([[f] for f in fields]), {"zone": codes}, ("zone", "y", "x"))


def amounts(*fields: list[float]) -> xr.DataArray:
    """Return one sector with one species a field."""
    species = [f"S{i}" for i in range(len(fields))]
    values = np.array([[[f] for f in fields]])
    return xr.DataArray(values, {"sector": ["ONROAD"], "species": species}, ("sector", "species", "y", "x"))


# regions -----------------------------------------------------------------------------------------------------------


def test_masks_are_shares_of_the_districts_in_a_cell() -> None:
    """The third cell lies half outside: all that it emits comes from the second district."""
    regions = build_regions(zones([1.0, 0.4, 0.0, 0.0], [0.0, 0.6, 0.5, 0.0]))
    assert regions.labels == ("D110101", "D110102")
    assert regions.masks["D110101"].tolist() == [[1.0, np.float32(0.4), 0.0, 0.0]]
    assert regions.masks["D110102"].tolist() == [[0.0, np.float32(0.6), 1.0, 0.0]]
    assert regions.districts == {"D110101": "110101", "D110102": "110102"}


def test_a_district_that_fills_the_grid_or_lies_outside_needs_no_region() -> None:
    assert build_regions(zones([1.0, 0.5])).masks == {}
    assert build_regions(zones([1.0, 0.0, 0.0], [0.0, 0.0, 0.0])).labels == ("D110101",)


@pytest.mark.parametrize("fields", [([0.6, 0.6], [0.6, 0.0]), ([-0.1, 0.5], [0.0, 0.0]), ([np.nan, 0.5], [0.0, 0.0])])
def test_masks_that_no_district_can_have(fields: tuple[list[float], ...]) -> None:
    with pytest.raises(InputError, match="give disjoint districts"):
        build_regions(zones(*fields))


def test_a_code_that_gives_no_label() -> None:
    mask = zones([1.0, 0.0]).assign_coords(zone=["东城"])
    with pytest.raises(InputError, match="regions:东城: district code '东城' gives no region label"):
        build_regions(mask)


def test_masks_are_written_as_cmaq_reads_them(tmp_path: Path) -> None:
    grid = Grid("T", "T", 2, 25.0, 40.0, 116.0, 116.0, 40.0, 0.0, 0.0, 9e3, 9e3, 2, 1)
    write_regions(tmp_path / "r.nc", build_regions(zones([1.0, 0.4], [0.0, 0.6])), grid, np.datetime64("2017-07-01"))
    with netCDF4.Dataset(tmp_path / "r.nc") as file:
        assert file.TSTEP == 0
        assert [v for v in file.variables if v != "TFLAG"] == ["D110101", "D110102"]
        assert file["D110101"][0, 0].tolist() == [[1.0, np.float32(0.4)]]


# factors -----------------------------------------------------------------------------------------------------------

MASKS = {"A": np.array([[1.0, 0.5, 0.0]], "f4"), "B": np.array([[0.0, 0.5, 1.0]], "f4")}


def test_factors_by_hand() -> None:
    """A: (2*0.5 + 0.5*4*0.75) / (2 + 0.5*4); B: (0.5*4*0.75 + 6) / (0.5*4 + 6)."""
    found = region_factors(amounts([2.0, 4.0, 6.0]), amounts([1.0, 3.0, 6.0]), MASKS)
    assert found.to_numpy().ravel().tolist() == pytest.approx([2.5 / 4.0, 7.5 / 8.0], rel=1e-7)


def test_a_uniform_reduction_has_one_factor_everywhere() -> None:
    base = amounts([2.0, 4.0, 6.0], [1.0, 0.0, 7.0])
    rules = scenario_rules(region_factors(base, 0.3 * base, MASKS))
    assert [(rule.region, rule.variable) for rule in rules] == [(EVERYWHERE, "S0"), (EVERYWHERE, "S1")]
    assert [rule.factor for rule in rules] == pytest.approx([0.3, 0.3], rel=1e-12)


def test_where_nothing_is_emitted_there_is_no_factor() -> None:
    found = region_factors(amounts([2.0, 0.0, 0.0]), amounts([1.0, 0.0, 0.0]), MASKS)
    assert found.to_numpy().ravel()[0] == pytest.approx(0.5)
    assert np.isnan(found.to_numpy().ravel()[1])


def test_without_masks_the_total_has_one_factor() -> None:
    found = region_factors(amounts([2.0, 2.0]), amounts([1.0, 2.0]), {})
    assert found["region"].to_numpy().tolist() == [EVERYWHERE]
    assert float(found.squeeze()) == 0.75


def test_totals_are_exact_whatever_the_reduction() -> None:
    generator = np.random.default_rng(7)
    shares = generator.dirichlet(np.ones(3), size=(6, 5)).transpose(2, 0, 1)
    shares[0, :2], shares[1, :2], shares[2, :2] = 1.0, 0.0, 0.0  # some cells wholly in one region, so none is nested
    shares[1, 2], shares[0, 2], shares[2, 2] = 1.0, 0.0, 0.0
    shares[2, 3], shares[0, 3], shares[1, 3] = 1.0, 0.0, 0.0
    regions = build_regions(xr.DataArray(shares, {"zone": ["A", "B", "C"]}, ("zone", "y", "x")))
    base = xr.DataArray(
        generator.gamma(1.0, size=(2, 3, 6, 5)), {"sector": ["P", "Q"], "species": ["NO", "CO", "PEC"]},
        ("sector", "species", "y", "x"),
    )  # fmt: skip
    controlled = base * generator.uniform(0.0, 1.5, size=base.shape)
    told = fit(base, controlled, scenario_rules(region_factors(base, controlled, regions.masks)), regions)
    assert len(told) == 6
    assert told["total_error"].abs().max() < TOTAL
    assert told["desid"].to_numpy() == pytest.approx(told["sources"].to_numpy(), rel=TOTAL)
    assert (told["place_error"] > 0.01).all()  # a random field is no field of three numbers


# fit ---------------------------------------------------------------------------------------------------------------


def test_place_error_by_hand() -> None:
    """A plant in the first of two cells closes; DESID halves both: 1 of 8 stands in the wrong cell."""
    regions = build_regions(zones([1.0, 1.0, 0.0], [0.0, 0.0, 1.0]))
    base, controlled = amounts([2.0, 2.0, 4.0]), amounts([0.0, 2.0, 4.0])
    told = fit(base, controlled, scenario_rules(region_factors(base, controlled, regions.masks)), regions).iloc[0]
    assert told["total_error"] == pytest.approx(0.0, abs=TOTAL)
    assert told["place_error"] == pytest.approx(1.0 / 8.0)
    assert (told["base"], told["sources"], told["desid"]) == pytest.approx((8.0, 6.0, 6.0))


def test_rules_that_desid_would_misread_are_unfit() -> None:
    """Uniform shares are taken for nested: the total goes wrong, and the sector is named."""
    regions = build_regions(zones([0.35, 0.35], [0.65, 0.65]))
    base = amounts([1.0, 3.0])
    controlled = base * np.array([0.5, 0.7])
    told = fit(base, controlled, scenario_rules(region_factors(base, controlled, regions.masks)), regions)
    assert unfit(told, 1e-4, 1.0) == []  # both shares have the same factor here: EVERYWHERE
    table = xr.DataArray([[[0.5], [0.8]]], {"sector": ["ONROAD"], "region": list(regions.labels), "species": ["S0"]},
                         ("sector", "region", "species"))  # fmt: skip
    wrong = fit(base, base * 0.695, scenario_rules(table), regions)
    assert wrong["total_error"].to_numpy() == pytest.approx([0.73 - 0.695], rel=1e-6)
    assert unfit(wrong, 1e-4, 1.0) == ["ONROAD"]


# names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["base", "nox_060_voc_080", "action-2017.v2"])
def test_plain_names_are_kept(name: str) -> None:
    assert folder_name(name) == name


@pytest.mark.parametrize("name", ["../up", "a b", "$(id)", "减排", ".hidden", "", "x" * 90, "a/b", "a\nb"])
def test_other_names_become_plain_and_stay_apart(name: str) -> None:
    found = folder_name(name)
    assert "/" not in found
    assert found.isascii()
    assert not found.startswith(".")
    assert len(found) <= 60
    assert found != folder_name(name + "x")


def test_labels() -> None:
    assert region_label("110101") == "D110101"
    assert is_label("ONROAD")
    assert not is_label("onroad")
    assert not is_label("1ROAD")
    with pytest.raises(ValueError, match="gives no region label"):
        region_label("11010100000000000")
