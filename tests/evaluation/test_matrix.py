"""The NOx-VOC matrix on surfaces whose ridge and ratios are known in closed form."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from aqcore.errors import InputError
from evaluation.matrix import (
    NOX_LIMITED,
    TRANSITION,
    VOC_LIMITED,
    along_ray,
    least_cut,
    least_voc_cuts,
    matrix_of,
    matrix_reading,
    matrix_table,
    reduction_ratio,
    regime,
    ridge_line,
    surface_of,
)
from evaluation.response_surface import fit_surface

LEVELS = np.round(np.linspace(0.0, 2.0, 11), 2)
EXACT = 1e-9  # a parabola through parabola nodes
FROM_SURFACE = 0.02  # ratios are sought on a fitted surface, in steps of 1 %


def parabolic(peak: float = 0.7, slope: float = 0.0, gain: float = 40.0) -> xr.DataArray:
    """O3 = 200 + gain (V - 1) - 50 (N - ridge(V))^2 with ridge = peak + slope (V - 1): a parabola in NOx."""
    nox, voc = np.meshgrid(LEVELS, LEVELS, indexing="ij")
    ridge = peak + slope * (voc - 1.0)
    values = 200.0 + gain * (voc - 1.0) - 50.0 * (nox - ridge) ** 2
    return xr.DataArray(values, dims=("nox", "voc"), coords={"nox": LEVELS, "voc": LEVELS})


def test_the_ridge_of_a_parabola_is_found_exactly() -> None:
    ridge = ridge_line(parabolic(0.7, 0.4))
    inside = ridge[~ridge["at_edge"]]
    np.testing.assert_allclose(inside["nox"], 0.7 + 0.4 * (inside["voc"] - 1.0), rtol=EXACT)
    np.testing.assert_allclose(inside["o3"], 200.0 + 40.0 * (inside["voc"] - 1.0), rtol=EXACT)
    assert len(inside) == 11


def test_a_ridge_beyond_the_matrix_is_said_so() -> None:
    ridge = ridge_line(parabolic(2.6, 0.0))
    assert ridge["at_edge"].all()
    assert (ridge["nox"] == 2.0).all()
    its = regime(parabolic(2.6, 0.0))
    assert its.beyond
    assert its.name == NOX_LIMITED


@pytest.mark.parametrize(
    ("peak", "name"), [(0.7, VOC_LIMITED), (1.5, NOX_LIMITED), (1.05, TRANSITION), (0.95, TRANSITION)]
)
def test_the_regime_of_the_base(peak: float, name: str) -> None:
    its = regime(parabolic(peak))
    assert its.name == name
    assert its.peak_ratio == pytest.approx(peak, rel=EXACT)
    assert its.d_nox == pytest.approx(-100.0 * (1.0 - peak), rel=EXACT, abs=EXACT)
    assert its.d_voc == pytest.approx(40.0, rel=EXACT)


def test_the_ratios_in_closed_form() -> None:
    """Peak 0.7: a NOx cut t adds 50 (0.09 - (0.3 - t)^2) = 30 t - 50 t^2; a VOC cut v takes 40 v: v/t = 0.75 - 1.25 t.

    Local 0.75 (t = 0); the largest v/t over steps of 1 % is at t = 0.01: 0.7375; the line fits sum(v t)/sum(t^2), t
    up to 0.3.
    """
    o3 = parabolic(0.7)
    ratio = reduction_ratio(o3, surface_of(o3))
    t = np.append(np.arange(0.01, 0.3, 0.01), 0.3)
    v = 0.75 * t - 1.25 * t**2
    assert ratio.local == pytest.approx(0.75, rel=EXACT)
    assert ratio.suggested == pytest.approx(0.7375, rel=FROM_SURFACE)
    assert ratio.fitted == pytest.approx(float(t @ v / (t @ t)), rel=FROM_SURFACE)
    assert ratio.reachable


def test_the_voc_cut_for_each_nox_cut() -> None:
    o3 = parabolic(0.7)
    t, v = least_voc_cuts(surface_of(o3), 0.3, 1.0)
    np.testing.assert_allclose(v, 0.75 * t - 1.25 * t**2, atol=0.002)  # a fifth of the step of 1 %


def test_nox_limited_needs_no_voc() -> None:
    o3 = parabolic(1.5)
    ratio = reduction_ratio(o3, surface_of(o3))
    assert (ratio.suggested, ratio.fitted) == (0.0, 0.0)
    assert ratio.local < 0


def test_a_ratio_that_no_voc_cut_of_the_matrix_reaches() -> None:
    """VOC hardly acts: 4.5 ug m-3 by the deepest NOx cut against 2 by all VOC."""
    o3 = parabolic(0.7, gain=2.0)
    ratio = reduction_ratio(o3, surface_of(o3))
    assert not ratio.reachable
    assert np.isnan(ratio.suggested)
    assert ratio.local == pytest.approx(15.0, rel=EXACT)


def test_the_least_cut_to_a_target() -> None:
    """From the base (195.5) to 190 by VOC alone costs 13.75 %, any NOx cut first adds ozone: 14 % on the grid."""
    o3 = parabolic(0.7)
    cut = least_cut(o3, surface_of(o3), 190.0)
    assert cut.reached
    assert (cut.nox_cut_pct, cut.ratio) == (0.0, np.inf)
    assert cut.voc_cut_pct == pytest.approx(14.0)
    assert cut.o3 <= 190.0
    assert cut.o3_sd >= 0.0


def test_the_least_cut_beyond_the_ridge_takes_nox() -> None:
    """Peak 1.2: NOx acts like 20 + 100 t a unit, VOC 40: past t = 0.2 NOx is the better cut."""
    o3 = parabolic(1.2)
    cut = least_cut(o3, surface_of(o3), 160.0)
    t = cut.nox_cut_pct / 100.0
    assert cut.reached
    assert cut.voc_cut_pct == 0.0
    assert 200.0 - 50.0 * (t + 0.2) ** 2 == pytest.approx(160.0, abs=1.0)  # a step of 1 % is worth 0.9


def test_a_target_out_of_reach_gives_the_lowest_point() -> None:
    o3 = parabolic(0.7)
    cut = least_cut(o3, surface_of(o3), 10.0)
    assert not cut.reached
    assert cut.voc_cut_pct == pytest.approx(100.0)
    assert cut.o3 == pytest.approx(135.5, abs=1.0)  # (1, 0): 200 - 40 - 24.5 at NOx 0 beats 155.5 at NOx 1
    assert cut.nox_cut_pct == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("ratio", "deepest"), [(2.0, (50.0, 100.0)), (0.5, (100.0, 50.0)), (0.0, (100.0, 0.0)), (np.inf, (0.0, 100.0))]
)
def test_rays_end_at_the_edge(ratio: float, deepest: tuple[float, float]) -> None:
    o3 = parabolic(0.7)
    ray = along_ray(o3, surface_of(o3), ratio)
    assert tuple(ray.iloc[-1][["nox_cut_pct", "voc_cut_pct"]]) == pytest.approx(deepest)
    n, v = 1.0 - ray["nox_cut_pct"] / 100.0, 1.0 - ray["voc_cut_pct"] / 100.0
    np.testing.assert_allclose(ray["o3"], 200.0 + 40.0 * (v - 1.0) - 50.0 * (n - 0.7) ** 2, atol=0.5)


def test_zones_are_read_apart_with_their_error() -> None:
    both = xr.concat([parabolic(0.7), parabolic(1.5)], dim="zone").assign_coords(zone=["110101", "city"])
    table = matrix_table(both).set_index("zone")
    assert table["regime"].to_dict() == {"110101": VOC_LIMITED, "city": NOX_LIMITED}
    assert table.loc["110101", "o3_base"] == pytest.approx(195.5)
    assert (table["n"] == 121).all()
    assert (table["loo_mne_pct"] < 1.0).all()
    assert (table["loo_mne_pct"] <= table["loo_max_ne_pct"]).all()


def test_one_surface_a_zone_serves_ratios_and_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    both = xr.concat([parabolic(0.7), parabolic(1.2)], dim="zone").assign_coords(zone=["110101", "city"])
    fitted = []
    monkeypatch.setattr("evaluation.matrix.fit_surface", lambda *given: fitted.append(1) or fit_surface(*given))
    reading = matrix_reading(both, 160.0)
    assert len(fitted) == 2
    pd.testing.assert_frame_equal(reading.ratio, matrix_table(both))
    alone = least_cut(parabolic(1.2), surface_of(parabolic(1.2)), 160.0)
    assert reading.cuts.set_index("zone").loc["city"].to_dict() == vars(alone)


def test_a_matrix_from_the_names_of_its_scenarios() -> None:
    names = {f"nox_{n:03d}_voc_{v:03d}": float(n * 1000 + v) for n in (40, 100, 120) for v in (60, 100, 140)}
    o3 = matrix_of(names)
    assert o3["nox"].to_numpy().tolist() == [0.4, 1.0, 1.2]
    assert float(o3.sel(nox=0.4, voc=1.4)) == 40140.0


def test_what_is_no_matrix_is_refused() -> None:
    names = {f"nox_{n:03d}_voc_{v:03d}": 1.0 for n in (40, 100, 120) for v in (60, 100, 140)}
    with pytest.raises(InputError, match="scenario base: is no node"):
        matrix_of({**names, "base": 1.0})
    with pytest.raises(InputError, match=r"node \(0.4, 0.6\): has no value"):
        matrix_of({name: value for name, value in names.items() if name != "nox_040_voc_060"})
    with pytest.raises(InputError) as error:
        matrix_of({f"nox_{n:03d}_voc_{v:03d}": 1.0 for n in (40, 80) for v in (60, 100, 140)})
    assert [fault.what for fault in error.value.faults] == ["levels [0.4 0.8]", "the base 1 is not a level"]
