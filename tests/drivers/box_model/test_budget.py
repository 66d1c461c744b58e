"""Budgets against the solution that they explain, hand-worked reactivity, and the regimes that textbooks tell apart."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from drivers.box_model.budget import (
    family_weights,
    kleinman_sensitivities,
    oh_reactivity,
    ox_budget,
    oxidation_capacity,
    reaction_rates,
    rox_budget,
)
from drivers.box_model.engine import interpolate
from drivers.box_model.rates import rate_coefficients
from drivers.box_model.reference_case import build, draw
from drivers.box_model.rosenbrock import RosenbrockEngine

# The integral of P - L is taken by trapezoids over 5 minutes, the change of Ox from the solver.
INTEGRAL = 0.01
# By day radicals live seconds to minutes: what begins ends, but for what accumulates within a quarter of an hour.
STEADY = 0.02

NOON_TO_SIX = np.arange(0.0, 6 * 3600.0 + 1.0, 300.0)


@pytest.fixture(scope="module")
def solved(cb6):
    """Box 0 urban, box 1 with a thirtieth of its NOx; closed but for emission, noon to six."""
    draws = draw(2)
    same = {n: np.full(2, getattr(draws, n)[0]) for n in ("voc", "light", "warmth", "latitude", "winter")}
    case = build(cb6, replace(draws, **same, nox=np.array([1.0, 0.03])))
    closed = np.zeros_like(case.loss)
    engine = RosenbrockEngine(cb6, rtol=1e-5, atol=1e2)
    s = engine.solve(case.y0, case.environment, case.node_times, closed, closed, NOON_TO_SIX[1:])
    nodes = rate_coefficients(cb6, case.environment)
    k = np.stack([interpolate(nodes, case.node_times, t) for t in NOON_TO_SIX[1:]])
    return k, s.end


def test_net_ox_explains_the_change_of_ox(cb6, solved):
    k, y = solved
    net = ox_budget(cb6, reaction_rates(cb6, k, y))["net"].to_numpy()
    ox = np.einsum("s,tsb->tb", family_weights(cb6, "ox"), y)
    made = np.trapezoid(net, NOON_TO_SIX[1:], axis=0)
    turnover = np.trapezoid(np.abs(net), NOON_TO_SIX[1:], axis=0)
    assert np.all(np.abs(ox[-1] - ox[0] - made) < INTEGRAL * turnover)


def test_the_photostationary_cycle_cancels(cb6, solved):
    change = cb6.stoichiometry().T @ family_weights(cb6, "ox")
    by_label = dict(zip(cb6.labels, change, strict=True))
    assert [by_label[x] for x in ("R1", "R2", "R3", "R36", "R37", "R54", "R55")] == pytest.approx([0.0] * 7)
    assert by_label["R25"] == 1.0  # HO2 + NO
    assert by_label["R45"] == -1.0  # NO2 + OH
    assert by_label["R39"] == -3.0  # N2O5 + H2O takes two NO2 and an O3


def test_reactions_of_oh_with_vocs_keep_the_radical(cb6):
    # a test of the weights: XO2H and XO2N carry a radical, XO2 none
    change = dict(zip(cb6.labels, cb6.stoichiometry().T @ family_weights(cb6, "rox"), strict=True))
    for label in (
        "R96",
        "R106",
        "R125",
        "R130",
        "R132",
        "R133",
        "R138",
        "R142",
        "R146",
        "R149",
        "R158",
        "R172",
        "R175",
    ):
        assert change[label] == pytest.approx(0.0, abs=2e-3), label


def test_radicals_begin_as_fast_as_they_end_by_day(cb6, solved):
    budget = rox_budget(cb6, reaction_rates(cb6, *solved)).isel(time=slice(3, 36))
    begun, ended = budget.initiation.sum("source").to_numpy(), budget.termination.sum("sink").to_numpy()
    np.testing.assert_allclose(begun, ended, rtol=STEADY)


def test_nitrogen_ends_radicals_in_town_and_radicals_each_other_in_the_country(cb6, solved):
    ratio = rox_budget(cb6, reaction_rates(cb6, *solved))["LN_over_Q"].isel(time=slice(6, 24)).mean("time")
    assert ratio[0] > 0.7
    assert ratio[1] < 0.4


def test_every_term_is_named_and_not_negative(cb6, solved):
    rates = reaction_rates(cb6, *solved)
    rox, ox = rox_budget(cb6, rates), ox_budget(cb6, rates)
    assert {"O1D + H2O", "HCHO", "HONO", "O3 + VOC"} <= set(rox.source.values)
    assert {"nitrogen oxides", "radical + radical", "PAN"} <= set(rox.sink.values)
    assert {"HO2 + NO", "RO2 + NO", "other"} == set(ox.source.values)
    assert {"O1D + H2O", "NO2 + OH", "O3 + HO2", "O3 + OH", "O3 + VOC", "NO3 and N2O5", "other"} == set(ox.sink.values)
    for part in (rox.initiation, rox.termination, ox.production, ox.loss):
        assert float(part.min()) >= -1e-6 * float(part.max())


def test_oh_reactivity_by_hand(cb6):
    # 100 ppb CO at 298.15 K and 1 atm: 2.461492e12 cm-3 x (1.44e-13 + 3.43e-33 x 2.461492e19) = 0.5623 s-1;
    # OH with itself counts twice
    k = np.zeros((1, len(cb6.reactions), 1))
    y = np.zeros((1, len(cb6.species), 1))
    M = 2.461492e19
    k[0, cb6.labels.index("R123")] = 1.44e-13 + 3.43e-33 * M
    k[0, cb6.labels.index("R16")] = 1e-12
    k[0, cb6.labels.index("R124")] = 6.4e-15 * 1.85e-6 * M
    y[0, cb6.index("CO")], y[0, cb6.index("OH")] = 1e-7 * M, 1e6
    found = oh_reactivity(cb6, k, y)
    assert float(found.sel(partner="CO").item()) == pytest.approx(0.5623, rel=1e-3)
    assert float(found.sel(partner="OH").item()) == pytest.approx(2e-6)
    assert float(found.sel(partner="CH4").item()) == pytest.approx(6.4e-15 * 1.85e-6 * M)


def test_oh_leads_the_oxidation_by_day(cb6, solved):
    capacity = oxidation_capacity(cb6, reaction_rates(cb6, *solved)).isel(time=slice(0, 24)).sum("time")
    assert (capacity.sel(oxidant="OH") > 5.0 * capacity.sel(oxidant="O3")).all()
    assert (capacity >= 0.0).all()


def test_kleinman_sensitivities_of_published_ratios():
    # f .343, .785, .979 give .587/.207, -.291/.645, -.918/.959 (three digits); at one half both are a third
    nox, voc = kleinman_sensitivities(xr.DataArray([0.343, 0.785, 0.979, 0.5]))
    np.testing.assert_allclose(nox, [0.587, -0.291, -0.918, 1 / 3], atol=2.5e-3)
    np.testing.assert_allclose(voc, [0.207, 0.645, 0.959, 1 / 3], atol=2.5e-3)
