"""The generated solver on CB6 against other codes (MICM, scipy), and what the chemistry must conserve."""

import csv
from importlib.resources import files

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from drivers.box_model.engine import interpolate
from drivers.box_model.micm_engine import MicmEngine
from drivers.box_model.rates import rate_coefficients
from drivers.box_model.reference_case import build, draw
from drivers.box_model.rosenbrock import RosenbrockEngine

# What the product promises over urban, rural, winter and night boxes: O3 within 0.01 ppb, OH within 1 % of its peak.
O3_PPB, OH_OF_PEAK = 0.01, 0.01
# Two solvers with rtol 1e-6 and 1e-8 on the same equations.
BDF = 3e-5
# N drifts only through R160 (+0.001) and R170 (-0.001) of the mechanism, 1.25e-5 a day in an urban box,
# and through the linear algebra's rounding.
NITROGEN, ROUNDING = 5e-5, 1e-9

DAY = np.arange(1, 25) * 3600.0


def solve(engine, case, outputs=DAY, **own):
    return engine.solve(case.y0, case.environment, case.node_times, case.emission, case.loss, outputs, **own)


def nitrogen(cb6):
    text = files("drivers.box_model").joinpath("data/species.csv").read_text(encoding="utf-8")
    rows = {row["species"]: row for row in csv.DictReader(text.splitlines())}
    return np.array([float(rows[s]["nitrogen"]) * (rows[s]["kind"] != "counter") for s in cb6.species])


@pytest.fixture(scope="module")
def exact(cb6, day):
    return solve(RosenbrockEngine(cb6, "rodas4", rtol=1e-7, atol=1.0), day)


@pytest.mark.parametrize("options", [{}, {"method": "rodas4", "rtol": 1e-3, "atol": 1e4}], ids=["default", "rodas4"])
def test_working_tolerances_keep_the_promise(cb6, day, exact, options):
    s = solve(RosenbrockEngine(cb6, **options), day)
    o3, oh = cb6.index("O3"), cb6.index("OH")
    assert np.abs((s.end - exact.end)[:, o3] / day.per_ppb).max() < O3_PPB
    assert np.abs((s.mean - exact.mean)[:, o3] / day.per_ppb).max() < O3_PPB
    for values, truth in ((s.end, exact.end), (s.mean, exact.mean)):
        assert (np.abs(values - truth)[:, oh] / truth[:, oh].max(axis=0)).max() < OH_OF_PEAK


@pytest.mark.slow
def test_the_engines_agree_over_the_batch(cb6, day, exact):
    """MICM and the own engine at its defaults: a day and a night of urban and rural, summer and winter boxes."""
    drawn = draw(12, seed=1)
    assert drawn.winter.sum() == 2
    assert drawn.nox.max() > 2.0
    assert drawn.nox.min() < 0.05  # urban and rural
    # MICM must cut time into pieces of constant light: 30 s leave 0.002 ppb of ozone and 0.5 % of OH
    theirs = solve(MicmEngine(cb6, rtol=1e-4, substep=30.0, h_start=10.0), day)
    o3, oh = cb6.index("O3"), cb6.index("OH")
    for ours in (exact, solve(RosenbrockEngine(cb6), day)):
        assert np.abs((theirs.end - ours.end)[:, o3] / day.per_ppb).max() < O3_PPB
        assert (np.abs(theirs.end - ours.end)[:, oh] / ours.end[:, oh].max(axis=0)).max() < OH_OF_PEAK


@pytest.mark.slow
def test_scipy_bdf_agrees(cb6, day):
    case, outputs = day.batch(slice(0, 1)), DAY[:6]
    ours = solve(RosenbrockEngine(cb6, "rodas4", rtol=1e-7, atol=1.0), case, outputs)
    theirs = _bdf(cb6, case, outputs)
    for name in ("O3", "NO", "NO2", "OH", "HO2", "FORM", "PAN", "HNO3", "ISPD", "N2O5"):
        row = cb6.index(name)
        peak = theirs[:, row].max()
        np.testing.assert_allclose(ours.end[:, row, 0], theirs[:, row], rtol=BDF, atol=BDF * peak, err_msg=name)


def _bdf(cb6, case, outputs):
    """The same equations in dense numpy, stepped by scipy's BDF from node to node."""
    S, places = cb6.stoichiometry(), [[cb6.index(s) for s in r.reactants] for r in cb6.reactions]
    first = np.array([p[0] for p in places])
    second = np.array([p[1] if len(p) > 1 else -1 for p in places])
    pair = second >= 0
    k_nodes = rate_coefficients(cb6, case.environment)
    L, rows = case.loss[0, :, 0], np.arange(first.size)

    def k(t):
        return interpolate(k_nodes, case.node_times, t)[:, 0]

    def tendency(t, y):
        E = interpolate(case.emission, case.node_times, t)[:, 0]
        return S @ (k(t) * y[first] * np.where(pair, y[second], 1.0)) + E - L * y

    def jacobian(t, y):
        slopes = np.zeros((first.size, y.size))
        np.add.at(slopes, (rows, first), k(t) * np.where(pair, y[second], 1.0))
        np.add.at(slopes, (rows[pair], second[pair]), (k(t) * y[first])[pair])
        return S @ slopes - np.diag(L)

    y, found = case.y0[:, 0].copy(), []
    for start, end in zip(case.node_times[:-1], case.node_times[1:], strict=True):
        if start >= outputs[-1]:
            break
        run = solve_ivp(tendency, (start, end), y, method="BDF", jac=jacobian, rtol=1e-8, atol=1e-2)
        assert run.success
        y = run.y[:, -1]
        if end in outputs:
            found.append(y)
    return np.array(found)


def test_nitrogen_closes_but_for_two_reactions_of_the_mechanism(cb6):
    case = build(cb6, draw(6, seed=2))
    closed = np.zeros_like(case.emission)
    s = RosenbrockEngine(cb6).solve(case.y0, case.environment, case.node_times, closed, closed, DAY)
    atoms = nitrogen(cb6)
    start, end = atoms @ case.y0, atoms @ s.end[-1]
    assert np.abs(end / start - 1.0).max() < NITROGEN
    rest = cb6.subset(sorted({r.group for r in cb6.reactions}))
    sealed = type(rest)(
        "sealed", tuple(r for r in rest.reactions if r.label not in {"R160", "R170"}), rest.counters, rest.mixing_ratios
    )
    again = build(sealed, draw(6, seed=2))
    closed = np.zeros_like(again.emission)
    s = RosenbrockEngine(sealed).solve(again.y0, again.environment, again.node_times, closed, closed, DAY)
    atoms = nitrogen(sealed)
    np.testing.assert_allclose(atoms @ s.end[-1], atoms @ again.y0, rtol=ROUNDING)


def test_concentrations_stay_positive_within_the_tolerance(cb6, day):
    s = solve(RosenbrockEngine(cb6), day)
    assert (s.status == 0).all()
    assert s.end.min() > -RosenbrockEngine(cb6).atol
    assert s.mean.min() > -RosenbrockEngine(cb6).atol


def test_more_light_makes_more_ozone_and_winter_less(cb6):
    from dataclasses import replace

    draws = draw(3, seed=3)
    same = {name: np.full(3, getattr(draws, name)[0]) for name in ("nox", "voc", "warmth", "latitude")}
    case = build(cb6, replace(draws, **same, light=np.array([1.0, 1.1, 1.0]), winter=np.array([0.0, 0.0, 1.0])))
    peak = (solve(RosenbrockEngine(cb6), case).mean[:, cb6.index("O3")] / case.per_ppb).max(axis=0)
    assert peak[1] > peak[0] > peak[2]
