"""The photolysis table against TUV-x itself, published magnitudes, and its own axes."""

import itertools
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aqcore.errors import InputError
from drivers.box_model.photolysis import (
    AXES,
    load_table,
    manifest,
    mapped,
    missing_names,
    read_map,
)

SHARED = Path(__file__).parents[4] / "shared"
DIGITS = 6e-4  # the shipped table has four significant digits
PUBLISHED = 0.01  # the published numbers have two to three digits
NOON = 13.2  # degrees: 34.7 N in mid-July
DISTANCE = 1.0164  # AU on that day; TUV-x in musica 0.17 multiplies by it


@pytest.fixture(scope="module")
def table():
    return load_table()


def at(table, name, *where):
    return float(table.rates(*where)[table.names.index(name)])


def test_nodes_are_returned_exactly(table):
    j = table.rates(table.zenith_deg[3], table.aod550[2], table.ozone_du[1])
    assert np.log(j) == pytest.approx(table.log_j[:, 3, 2, 1], rel=1e-12)


def test_between_nodes_the_logarithm_is_linear(table):
    low, high = table.zenith_deg[4], table.zenith_deg[5]
    ends = [at(table, "NO2_IUPAC10", zenith, 0.4, 300.0) for zenith in (low, high)]
    assert at(table, "NO2_IUPAC10", (low + high) / 2.0, 0.4, 300.0) == pytest.approx(np.sqrt(ends[0] * ends[1]))


def test_magnitudes_of_a_summer_noon(table):
    """Measured jNO2 is 8 to 9e-3 and jO1D about 3e-5 under Chinese summer aerosol."""
    assert 7.0e-3 < at(table, "NO2_IUPAC10", NOON, 0.8, 300.0) < 9.0e-3
    assert 2.2e-5 < at(table, "O3_O1D_IUPAC10", NOON, 0.8, 300.0) < 3.5e-5
    assert 1.0e-3 < at(table, "HONO_IUPAC10", NOON, 0.8, 300.0) < 1.5e-3


def test_everything_falls_with_the_sun(table):
    zeniths = np.array([0.0, 20.0, 45.0, 60.0, 75.0, 85.0, 91.0])
    rates = table.rates(zeniths, 0.4, 300.0)
    assert (np.diff(rates, axis=1) < 0.0).all()


def test_absorbing_aerosol_and_ozone_take_light_away(table):
    aerosol = table.rates(30.0, np.array([0.2, 0.8, 1.8]), 300.0)
    assert (np.diff(aerosol[table.names.index("NO2_IUPAC10")]) < 0.0).all()
    ozone = table.rates(30.0, 0.4, np.array([260.0, 320.0, 390.0]))
    assert (np.diff(ozone[table.names.index("O3_O1D_IUPAC10")]) < 0.0).all()


def test_it_is_dark_below_the_last_zenith_angle(table):
    assert (table.rates(np.array([96.0, 120.0, 180.0]), 0.4, 300.0) == 0.0).all()


def test_aerosol_and_ozone_are_held_at_the_ends(table):
    assert table.rates(30.0, 9.0, 900.0) == pytest.approx(table.rates(30.0, table.aod550[-1], table.ozone_du[-1]))


def test_every_name_of_the_mechanism_is_there(table, cb6):
    assert missing_names(cb6.photolysis, table) == []


def test_every_row_of_the_map_says_why():
    rows = read_map()
    assert rows["reason"].str.len().gt(5).all()
    assert rows["factor"].gt(0.0).all()


def test_a_sum_of_channels_is_the_sum_of_its_rows():
    raw = pd.DataFrame([[z, a, o, 1e-5, 3e-5] for z in (0.0, 90.0) for a in (0.0, 1.0) for o in (300.0, 400.0)])
    raw.columns = [*AXES, "A", "B"]
    rows = pd.DataFrame({"name": ["X", "X"], "tuv_reaction": ["A", "B"], "factor": [1.0, 2.0], "reason": ["", ""]})
    assert mapped(raw, rows).rates(45.0, 0.5, 350.0)[0] == pytest.approx(7e-5)


def test_a_map_to_an_unknown_reaction_is_refused():
    raw = pd.DataFrame([[0.0, 0.0, 300.0, 1e-5]], columns=[*AXES, "NO2+hv->NO+O(3P)"])
    rows = pd.DataFrame({"name": ["X"], "tuv_reaction": ["NO2+hv->NO+O"], "factor": [1.0], "reason": [""]})
    with pytest.raises(InputError, match=re.escape("did you mean NO2+hv->NO+O(3P)?")):
        mapped(raw, rows)


def test_the_manifest_tells_how_the_table_was_made(table):
    made = manifest()
    assert "musica" in made["made_with"]
    assert tuple(made["axes"]["zenith_deg"]) == tuple(table.zenith_deg)


def test_tuvx_gives_the_shipped_entries():
    """Five entries of the table, made again."""
    from drivers.box_model.photolysis_tuvx import compute_table

    shipped = pd.read_csv(Path(__file__).parents[3] / "drivers/box_model/data/photolysis_tuvx.csv")
    for zenith, aod, ozone in ((0, 0.0, 300.0), (57, 0.8, 300.0), (82, 0.2, 350.0), (94, 1.8, 250.0), (30, 2.5, 400.0)):
        made = compute_table((zenith,), (aod,), (ozone,)).iloc[0]
        row = shipped[(shipped.zenith_deg == zenith) & (shipped.aod550 == aod) & (shipped.ozone_du == ozone)].iloc[0]
        assert row.to_numpy() == pytest.approx(made.to_numpy(), rel=DIGITS)


@pytest.mark.parametrize(
    ("aod", "albedo", "expected"),
    [(0.4, 0.92, (1.03e-2, 4.16e-5, 1.66e-3, 3.67e-5)), (1.5, 0.88, (6.4e-3, 1.95e-5, 9.8e-4, 1.82e-5))],
)
def test_tuvx_at_published_aerosol(aod, albedo, expected):
    """jNO2, jO1D, jHONO, jHCHO (radical) of a TUV-x run with ground albedo 0.1 and Angstrom exponent 1.3."""
    from drivers.box_model.photolysis_tuvx import Atmosphere, compute_table

    atmosphere = Atmosphere(ground_albedo=0.1, single_scattering_albedo=albedo, angstrom=1.3)
    row = compute_table((NOON,), (aod,), (300.0,), atmosphere).iloc[0] * DISTANCE
    reactions = ("NO2+hv->NO+O(3P)", "O3+hv->O2+O(1D)", "HNO2+hv->OH+NO", "CH2O+hv->H+HCO")
    assert [row[name] for name in reactions] == pytest.approx(expected, rel=PUBLISHED)


CSQY = SHARED / "data/mechanisms/CSQY_DATA_cb6r5_ae7_aq"
BAND_EDGES = (291.0, 298.3, 307.5, 312.5, 320.3, 345.0, 412.5, 850.0)  # nm
BAND_FLUX = (5.8828e14, 7.6354e14, 5.0412e14, 8.9628e14, 3.8537e15, 1.5457e16, 2.1307e17)  # photons cm-2 s-1
SCALED = ("ALDX_R_IUPAC13", "KET_IUPAC10", "ISPD", "HPALD", "FMCL_IUPAC04", "GLY_R_IUPAC13")


@pytest.mark.skipif(not CSQY.exists(), reason="CMAQ's cross sections are not part of the repository")
@pytest.mark.parametrize("name", SCALED)
def test_factors_of_the_map_are_the_ratio_to_cmaq(name):
    """CMAQ's seven-band cross section x yield at 290 K on TUV-x's light at 30 degrees, against the mapped value."""
    from musica.tuvx import v54

    output = v54.get_tuvx_calculator().run(sza=np.radians(30.0), earth_sun_distance=1.0)
    light = output.actinic_flux.isel(vertical_edge=0).sum("component").to_numpy()
    edges = output.wavelength_edge.to_numpy()
    relative = [_band_mean(light, edges, *band) for band in itertools.pairwise(BAND_EDGES)]
    product = np.prod([_csqy(name, kind) for kind in ("CS", "EQY")], axis=0)
    cmaq = float((product * np.array(relative) * np.array(BAND_FLUX)).sum())
    rows = read_map().query("name == @name")
    rates = output.photolysis_rate_constants.isel(vertical_edge=0)
    ours = sum(row.factor * float(rates.sel(reaction=row.tuv_reaction)) for row in rows.itertuples())
    assert ours == pytest.approx(cmaq, rel=0.08)  # seven bands against 156


def _band_mean(light, edges, low, high):
    overlap = np.clip(np.minimum(edges[1:], high) - np.maximum(edges[:-1], low), 0.0, None)
    return (light * overlap).sum() / overlap.sum()


def _csqy(name, kind):
    rows = (line.split() for line in CSQY.read_text().splitlines())
    return np.array(next(r[3:] for r in rows if r[:2] == [name, kind] and float(r[2]) == 290.0), dtype=float)
