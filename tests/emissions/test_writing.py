"""Lazy fields and their files: blocks against an einsum, layers, PseudoNetCDF's audit, nothing half-written."""

import warnings

import netCDF4
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import emissions.writing
from aqcore.calendar import utc_steps
from aqcore.errors import InputError
from aqcore.grid import Grid
from emissions.fields import SectorField, lazy_dataset
from emissions.layers import Layers, sigma_layers
from emissions.writing import file_path, write_field

SINGLE = 3e-7
"""Relative: products and sums of three terms in single precision."""

GRID = Grid.covering("T30", 116.0, 117.0, 39.5, 40.2, 30000.0)
STEPS = utc_steps("2013-07-15")
LEVELS = (1.0, 0.995, 0.98, 0.95)


def field(layers=1, seed=1):
    rng = np.random.default_rng(seed)
    shares = rng.uniform(0, 1, (3, layers))
    return SectorField(
        rng.uniform(0, 1e6, (3, 4, *GRID.shape)).astype(np.float32),
        rng.uniform(0, 1e-7, (3, 25)),
        shares / shares.sum(axis=1, keepdims=True),
        ("NO", "CO", "PEC", "PMC"),
        ("mol/s", "mol/s", "g/s", "g/s"),
    )


def cube(one):
    return np.einsum("gt,gl,gkyx->ktlyx", one.rates, one.layers, one.maps.astype(np.float64))


@pytest.mark.parametrize("layers", [1, 3])
def test_hours_equal_an_einsum(layers):
    one = field(layers)
    assert one.shape == (25, layers, *GRID.shape)
    assert one.hours(slice(0, 25)) == pytest.approx(cube(one), rel=SINGLE)
    assert one.hours(slice(7, 9)) == pytest.approx(cube(one)[:, 7:9], rel=SINGLE)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_index_of_a_lazy_species_equals_the_index_of_the_whole(data):
    one = field(3)
    lazy = lazy_dataset(one, STEPS, GRID, {})["CO"]
    whole = one.hours(slice(0, 25))[1]
    key = {}
    for dim, size in zip(("time", "layer", "y", "x"), whole.shape, strict=True):
        index = st.integers(-size, size - 1)
        piece = st.builds(slice, st.integers(0, size - 1), st.integers(0, size), st.sampled_from([1, 2]))
        key[dim] = data.draw(st.one_of(index, piece, st.lists(index, min_size=1, max_size=3)))
    found = lazy.isel(key)
    expected = xr.DataArray(whole, dims=lazy.dims).isel(key)
    assert found.dtype == np.float32
    assert found.to_numpy() == pytest.approx(expected.to_numpy(), rel=SINGLE)


def test_units_are_those_that_cmaq_knows():
    dataset = lazy_dataset(field(), STEPS, GRID, {"sector": "TEST"})
    assert {name: array.attrs["units"] for name, array in dataset.items()} == {
        "NO": "moles/s", "CO": "moles/s", "PEC": "g/s", "PMC": "g/s",
    }  # fmt: skip
    assert dataset.attrs["sector"] == "TEST"


def test_path_by_the_contract(tmp_path):
    assert file_path(tmp_path, "ONROAD", "2013-07-15") == tmp_path / "ONROAD" / "emis_ONROAD_20130715.nc"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("written") / "emis.nc"
    write_field(path, "TEST", "2013-07-15", field(), GRID, Layers())
    return path


def test_file_holds_the_field(written):
    with xr.open_dataset(written, engine="ioapi") as file:
        assert list(file.data_vars) == ["NO", "CO", "PEC", "PMC"]
        for number, name in enumerate(file.data_vars):
            assert (file[name].to_numpy() == field().hours(slice(0, 25))[number]).all()
        assert file["time"].to_numpy()[[0, -1]].tolist() == STEPS[[0, -1]].astype("datetime64[ns]").tolist()


def test_another_code_accepts_the_file(written):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PseudoNetCDF warns about its own source
        from PseudoNetCDF.cmaqfiles import ioapi

        file = ioapi(str(written))
        assert file.NVARS == 4
        assert GRID.gdtyp == file.GDTYP
        assert file.getTimes()[-1].strftime("%Y%m%d%H") == "2013071600"
        assert np.asarray(file.variables["NO"]).shape == (25, 1, *GRID.shape)


def test_layers_stand_in_the_file(tmp_path):
    layers = sigma_layers(LEVELS, 5000.0)
    path = tmp_path / "emis.nc"
    write_field(path, "TEST", "2013-07-15", field(3), GRID, layers)
    with netCDF4.Dataset(path) as file:
        assert file.NLAYS == 3
        assert file.VGTYP == 7
        assert list(file.VGLVLS) == pytest.approx(list(LEVELS), rel=SINGLE)
        assert file["CO"][:].data == pytest.approx(cube(field(3))[1], rel=SINGLE)


@pytest.mark.parametrize("size", [1, 40_000, 10**9])
def test_size_of_the_blocks_does_not_matter(tmp_path, monkeypatch, written, size):
    monkeypatch.setattr(emissions.writing, "BLOCK_BYTES", size)
    path = tmp_path / "emis.nc"
    write_field(path, "TEST", "2013-07-15", field(), GRID, Layers())
    with netCDF4.Dataset(path) as one, netCDF4.Dataset(written) as other:
        for name in ("NO", "CO", "PEC", "PMC"):
            assert one[name][:].data == pytest.approx(other[name][:].data, rel=SINGLE)


def test_a_negative_or_missing_number_leaves_no_file(tmp_path):
    for value in (-1e9, np.nan):
        broken = field()
        broken.maps[0, 2, 1, 1] = value
        with pytest.raises(InputError, match=r"PEC: .*finite and not negative"):
            write_field(tmp_path / "emis.nc", "TEST", "2013-07-15", broken, GRID, Layers())
    assert list(tmp_path.iterdir()) == []


def test_heights_alone_do_not_make_a_file(tmp_path):
    with pytest.raises(InputError, match="sigma_layers"):
        write_field(tmp_path / "emis.nc", "TEST", "2013-07-15", field(2), GRID, Layers((50.0, 500.0)))
