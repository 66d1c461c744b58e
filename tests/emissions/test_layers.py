"""Vertical profiles: bands cut at layer tops by hand, closure, the standard atmosphere, bad input."""

import csv
from importlib import resources

import numpy as np
import pytest

from aqcore.errors import InputError
from emissions.layers import (
    Layers,
    VerticalProfiles,
    default_vertical_profiles,
    read_vertical_profiles,
    sigma_layers,
)
from emissions.source_classes import source_classes

SAME = 1e-12
"""A handful of double-precision sums."""

HIGH = Layers((20.0, 50.0, 100.0, 250.0, 600.0, 1500.0))


def test_bands_cut_by_hand():
    # 0-100 m holds 0.4, 100-300 m holds 0.6; layers end at 50, 200, 400 m
    profile = VerticalProfiles({"X": np.array([[0.0, 100.0, 0.4], [100.0, 300.0, 0.6]])})
    shares = profile.fractions(["X"], Layers((50.0, 200.0, 400.0)))
    assert shares[0] == pytest.approx([0.2, 0.2 + 0.3, 0.3], abs=SAME)


def test_every_shipped_profile_closes_in_any_layers():
    profiles = default_vertical_profiles()
    for layers in (Layers(), HIGH, Layers((1200.0,))):
        shares = profiles.fractions(tuple(profiles.bands), layers)
        assert shares.shape == (len(profiles.bands), layers.count)
        assert shares.sum(axis=1) == pytest.approx(np.ones(len(profiles.bands)), abs=SAME)
        assert (shares >= 0).all()


def test_surface_sources_stay_in_a_lowest_layer_of_20_m():
    assert default_vertical_profiles().fractions(["V_SURFACE"], HIGH)[0].tolist() == [1.0, 0, 0, 0, 0, 0]


def test_profile_above_the_layers_is_an_error():
    with pytest.raises(InputError, match="V_POWER: reaches 700 m, the layers only 250 m"):
        default_vertical_profiles().fractions(["V_SURFACE", "V_POWER"], Layers((50.0, 250.0)))


def test_unknown_profile_names_the_nearest():
    with pytest.raises(InputError, match="did you mean V_POWER"):
        default_vertical_profiles().fractions(["V_POWR"], Layers())


def test_every_source_class_has_a_known_profile():
    names = [row.vertical_profile for row in source_classes().values()]
    fractions = default_vertical_profiles().fractions(names, Layers())
    assert fractions.shape[0] == len(names)
    assert fractions.sum(axis=1) == pytest.approx(1.0)


def test_heights_of_the_standard_atmosphere():
    # 899 hPa at 1000 m, 540 hPa at 5000 m (ISO 2533:1975: 898.7 and 540.2 hPa)
    top = 5000.0
    sigma = [(pressure - top) / (101325.0 - top) for pressure in (101325.0, 89874.6, 54019.9)]
    assert sigma_layers(sigma, top).tops_m == pytest.approx((1000.0, 5000.0), abs=0.5)


def test_lowest_layers_only():
    layers = sigma_layers([1.0, 0.99, 0.98, 0.9, 0.5, 0.0], 5000.0, count=2)
    assert layers.count == 2
    assert layers.vglvls == (1.0, 0.99, 0.98)
    assert layers.vgtyp == 7
    assert layers.vgtop == 5000.0


@pytest.mark.parametrize("levels", [[1.0], [0.9, 1.0], [1.0, 1.0, 0.9], [1.1, 0.9], [1.0, -0.1]])
def test_levels_that_do_not_fall_are_refused(levels):
    with pytest.raises(InputError, match="do not fall from 1 to 0"):
        sigma_layers(levels, 5000.0)


def test_shipped_table_names_source_and_flag_of_every_row():
    with (resources.files("emissions") / "data" / "vertical_profiles.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({row["profile"] for row in rows}) == len(default_vertical_profiles().bands)
    assert all(row["source"] and row["flag"] in {"read", "derived", "knowledge", "constructed"} for row in rows)


def test_all_faults_of_the_bands_at_once(tmp_path):
    path = tmp_path / "vertical.csv"
    path.write_text("profile,bottom_m,top_m,fraction\nA,0,20,0.5\nA,20,10,0.5\nA,20,x,0.5\nA,20,50,-0.5\n")
    with pytest.raises(InputError) as caught:
        read_vertical_profiles(path)
    assert [fault.where for fault in caught.value.faults] == ["vertical.csv:3", "vertical.csv:4", "vertical.csv:5"]


@pytest.mark.parametrize("fraction", [0.7, 0.0])
def test_fractions_that_do_not_sum_to_one_are_refused(tmp_path, fraction):
    path = tmp_path / "vertical.csv"
    path.write_text(f"profile,bottom_m,top_m,fraction\nA,0,20,{fraction}\n")
    with pytest.raises(InputError, match=f"fractions sum to {fraction:.4f}"):
        read_vertical_profiles(path)


def test_missing_column_is_named(tmp_path):
    path = tmp_path / "vertical.csv"
    path.write_text("profile,bottom_m,fraction\nA,0,1\n")
    with pytest.raises(InputError, match="missing columns top_m"):
        read_vertical_profiles(path)
