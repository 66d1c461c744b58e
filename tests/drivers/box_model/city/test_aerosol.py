"""The aerosol step: sulfur, nitrogen and ammonium close; regimes; parts add up to PM2.5."""

import numpy as np
import pytest

from drivers.box_model import tracers
from drivers.box_model.aerosol import AerosolStep, aerosol_parts
from drivers.box_model.settings import BoxSettings
from drivers.box_model.weather import Moment

CLOSURE = 1e-9  # relative, sums in double precision
SPECIES = ("SO2", "SULF", "HNO3", "SVAVB1", "SVAVB3", "TRPRXN", "ISOPRXN", "O3")
SHAPE = (2, 1, 3)  # scenario, day, zone
R = 8.314462618


def moment(temperature=275.0, rh=0.75):
    field = np.ones(SHAPE[1:])
    return Moment(
        T=field * temperature, P=field * 101325.0, rh=field * rh, cloud=field * 0.0, wind=field * 2.0,
        height=field * 300.0, cosz=field * 0.2, radiation=field * 100.0, daylight=field, ground_wind=field * 1.5,
        exponent=field * 0.2,
    )  # fmt: skip


def state(seed=0):
    rng = np.random.default_rng(seed)
    gas = rng.uniform(0.1, 8.0, (len(SPECIES), *SHAPE))
    tracer = rng.uniform(0.5, 20.0, (len(tracers.names()), *SHAPE))
    return gas, tracer


def moles(gas, tracer, air):
    """Sulfur, oxidised nitrogen and reduced nitrogen in umol m-3."""
    ppb = 1e-9 * air.P / (R * air.T) * 1e6
    value = dict(zip(tracers.names(), tracer, strict=True))
    return (
        (gas[0] + gas[1]) * ppb + value["ASO4"] / 96.06,
        gas[2] * ppb + value["ANO3"] / 62.00,
        value["NH3"] / 17.03 + value["ANH4"] / 18.04,
    )


@pytest.fixture
def step():
    return AerosolStep(SPECIES, BoxSettings())


@pytest.mark.parametrize(("temperature", "rh"), [(265.0, 0.9), (275.0, 0.6), (300.0, 0.8), (308.0, 0.3)])
def test_sulfur_and_nitrogen_close(step, temperature, rh):
    gas, tracer = state()
    air = moment(temperature, rh)
    before = moles(gas, tracer, air)
    step.step(gas, tracer, air, np.array([[1.0]]), 1800.0)
    for old, new in zip(before, moles(gas, tracer, air), strict=True):
        assert new == pytest.approx(old, rel=CLOSURE)


def test_nothing_becomes_negative(step):
    gas, tracer = state(1)
    for _ in range(20):
        step.step(gas, tracer, moment(), np.array([[1.0]]), 1800.0)
    assert (gas >= 0.0).all()
    assert (tracer >= 0.0).all()


def test_sulfuric_acid_condenses_and_so2_only_where_uptake_acts(step):
    gas, tracer = state()
    before = gas.copy()
    step.step(gas, tracer, moment(), np.array([[0.0]]), 1800.0)
    assert (gas[1] == 0.0).all()
    assert gas[0] == pytest.approx(before[0])
    step.step(gas, tracer, moment(), np.array([[1.0]]), 1800.0)
    assert (gas[0] < before[0]).all()


def test_so2_uptake_is_exponential_in_time(step):
    """Two half steps take what one step takes (the surface is the same to first order)."""
    one, two = state(2), state(2)
    step._sulfate(*one, moment(), np.array([[1.0]]), 600.0, np.array(4e-8))
    for _ in range(2):
        step._sulfate(*two, moment(), np.array([[1.0]]), 300.0, np.array(4e-8))
    assert two[0][0] == pytest.approx(one[0][0], rel=1e-3)


def test_semivolatile_products_leave_the_gas_phase_with_their_mass(step):
    gas, tracer = state()
    added = gas[3] * 1e-9 * 101325.0 / (R * 275.0) * 198.0 * 1e6
    row = tracers.names().index("AVB1")
    before = tracer[row].copy()
    step.step(gas, tracer, moment(), np.array([[0.0]]), 1800.0)
    assert tracer[row] - before == pytest.approx(added)
    assert (gas[3:7] == 0.0).all()
    assert (gas[7] > 0.0).all()


def test_two_steps_without_new_gas_change_nothing(step):
    gas, tracer = state()
    step.step(gas, tracer, moment(), np.array([[0.0]]), 1800.0)
    once = tracer.copy()
    step.step(gas, tracer, moment(), np.array([[0.0]]), 1800.0)
    assert tracer == pytest.approx(once, rel=1e-9)  # the equilibrium is iterated to its fixed point


def test_cold_moist_air_holds_nitrate_that_warm_dry_air_frees(step):
    cold, warm = state(3), state(3)
    step.step(*cold, moment(270.0, 0.8), np.array([[0.0]]), 1800.0)
    step.step(*warm, moment(305.0, 0.3), np.array([[0.0]]), 1800.0)
    row = tracers.names().index("ANO3")
    assert cold[1][row].sum() > 1.5 * warm[1][row].sum()


def test_parts_add_up_to_fine_particles():
    _, tracer = state(4)
    parts = aerosol_parts(tracer, np.full(SHAPE[1:], 285.0))
    total = sum(parts[f"PM25_{name}"] for name in ("SO4", "NO3", "NH4", "EC", "OM", "OTHER"))
    assert parts["PM25"] == pytest.approx(total, rel=CLOSURE)
    assert parts["PM10"] - parts["PM25"] == pytest.approx(tracer[tracers.names().index("ACOARSE")])
    assert (parts["PM25_OC"] < parts["PM25_OM"]).all()
    assert (parts["PM25_SOA"] < parts["PM25_OM"]).all()


def test_ammonia_and_volatile_vapours_are_not_particles():
    _, tracer = state(5)
    more = tracer.copy()
    more[tracers.names().index("NH3")] += 100.0
    warm = np.full(SHAPE[1:], 305.0)
    assert aerosol_parts(more, warm)["PM25"] == pytest.approx(aerosol_parts(tracer, warm)["PM25"])
    more[tracers.names().index("MT7")] += 1.0
    assert (aerosol_parts(more, warm)["PM25"] - aerosol_parts(tracer, warm)["PM25"] < 0.05).all()


def test_uptake_rates_grow_with_the_particles(step):
    _, tracer = state(6)
    thin, thick = step.uptake_rates(tracer, moment()), step.uptake_rates(3.0 * tracer, moment())
    for name in ("HETERO_N2O5IJ", "HETERO_NO2"):
        assert (thick[name] > thin[name]).all()
    assert thin["HETERO_N2O5IJ"].shape == SHAPE
    assert 1e-5 < thin["HETERO_N2O5IJ"].mean() < 1e-2


def test_every_uptake_of_the_mechanism_is_given_or_does_not_act(step, cb6):
    given = set(step.uptake_rates(state()[1], moment()))
    assert given <= set(cb6.heterogeneous)
    assert set(cb6.heterogeneous) - given <= {"HETERO_N2O5K", "HETERO_CLNO3_WAI", "HETERO_CLNO3_WAJ"}
