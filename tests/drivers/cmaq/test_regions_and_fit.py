"""Regions, their factors and how true they are: totals exact by construction, places by hand."""

from pathlib import Path

import netCDF4
import numpy as np
import pytest
import scipy.sparse as sp
import xarray as xr

from aqcore.errors import InputError
from aqcore.grid import Grid
from drivers.cmaq.fit import Divided, factor_field, fit_divided, hour_error, table_text, uniform_fit
from drivers.cmaq.names import folder_name, is_label, region_label
from drivers.cmaq.regions import build_regions, write_regions
from drivers.cmaq.stream_maps import StreamMap
from drivers.cmaq.streams import Stream

TOTAL = 1e-7
"""Masks are single precision: 6e-8."""


def zones(*fields: list[float]) -> xr.DataArray:
    codes = [f"11010{i + 1}" for i in range(len(fields))]
    return xr.DataArray(np.array([[f] for f in fields]), {"zone": codes}, ("zone", "y", "x"))


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


# fit ---------------------------------------------------------------------------------------------------------------

DAY_LONG = np.ones((1, 24)) / 24.0


def divided(
    masks: dict[str, np.ndarray], base: list[float], controlled: list[float], factors: list[float],
    hours: np.ndarray = DAY_LONG,
) -> Divided:  # fmt: skip
    """Return a stream with one source a cell."""
    count = len(base)
    fields = np.array([mask.ravel() for mask in masks.values()], dtype=float)
    cells = sp.csr_array(sp.identity(count))
    stream = StreamMap(Stream("ONROAD", "ONROAD", np.arange(count), inline=False), cells, fields)
    return Divided(
        stream, "NO", np.array(base), np.array(controlled), np.array(factors), np.broadcast_to(hours, (count, 24))
    )


def test_place_error_by_hand() -> None:
    """A plant in the first of two cells closes; DESID halves both: 1 of 8 stands in the wrong cell."""
    masks = build_regions(zones([1.0, 1.0, 0.0], [0.0, 0.0, 1.0])).masks
    found = fit_divided(divided(masks, [2.0, 2.0, 4.0], [0.0, 2.0, 4.0], [0.5, 1.0]), masks, (1, 3))
    assert (found.base, found.sources, found.desid) == pytest.approx((8.0, 6.0, 6.0))
    assert found.total_error == pytest.approx(0.0, abs=TOTAL)
    assert found.place_error == pytest.approx(1.0 / 8.0)
    assert found.hour_error == pytest.approx(0.0, abs=TOTAL)
    assert found.within(1e-4, 0.125)
    assert not found.within(1e-4, 0.12)


def test_totals_keep_where_a_cell_is_shared() -> None:
    """Factors (2 x 0.5 + 2 x 0.75) / 4 and (2 x 0.75 + 6) / 8 of masks 1, 1/2, 0 and 0, 1/2, 1."""
    masks = build_regions(zones([1.0, 0.5, 0.0], [0.0, 0.5, 1.0])).masks
    found = fit_divided(divided(masks, [2.0, 4.0, 6.0], [1.0, 3.0, 6.0], [2.5 / 4.0, 7.5 / 8.0]), masks, (1, 3))
    assert (found.sources, found.desid) == pytest.approx((10.0, 10.0))


def test_hour_error_by_hand() -> None:
    """Of two equal sources one emits by day and one by night; closing that of the day leaves a quarter misplaced.

    The region has the factor 1/2 at all hours: half of the day's emission stays, half of the night's is lost.
    """
    masks = build_regions(zones([1.0, 1.0, 0.0], [0.0, 0.0, 1.0])).masks
    hours = np.zeros((3, 24))
    hours[0, :12], hours[1:, 12:] = 1.0 / 12.0, 1.0 / 12.0
    found = hour_error(divided(masks, [1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.5, np.nan], hours))
    assert found == pytest.approx(0.25)


def test_masks_that_desid_would_misread_show_in_the_total() -> None:
    """Uniform shares are taken for nested: 0.35 x 0.5 x 0.8 + 0.65 x 0.8 - ... gives 0.73 where 0.695 is meant."""
    masks = build_regions(zones([0.35, 0.35], [0.65, 0.65])).masks
    found = fit_divided(divided(masks, [1.0, 3.0], [0.695, 3 * 0.695], [0.5, 0.8]), masks, (1, 2))
    assert found.total_error == pytest.approx(0.73 - 0.695, rel=1e-6)


def test_without_masks_one_factor_holds_everywhere() -> None:
    assert factor_field(np.array([0.25]), {}, (2, 3)).tolist() == [[0.25] * 3] * 2


def test_the_table_of_the_fits() -> None:
    text = table_text([("2017-07-01", [uniform_fit("ONROAD", "NO", 8.0, 0.5)])])
    assert text.splitlines()[1] == "2017-07-01,ONROAD,NO,8,4,4,0,0,0"


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
