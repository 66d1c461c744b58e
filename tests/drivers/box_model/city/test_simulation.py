"""Boxes through their day: budgets with an engine that does no chemistry, and chemistry that behaves."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import xarray as xr

from aqcore.errors import RunFailed
from drivers.box_model import tracers
from drivers.box_model.chemistry import make_engine
from drivers.box_model.engine import Solution, Status
from drivers.box_model.mechanism import Mechanism
from drivers.box_model.simulation import GASES_OUT, Simulation, renew_residual_layer, simulate

CLOSURE = 1e-9  # exact exponentials, no chemistry
SECONDS = 1800.0


@dataclass(frozen=True)
class NoChemistry:
    """An engine that only emits and loses: exact for constant source and loss (means of the nodes)."""

    mechanism: Mechanism

    def solve(self, y0, k_nodes, node_times, emission, loss, output_times, **options):  # noqa: ARG002 - the interface
        seconds = float(output_times[-1] - node_times[0])
        E, L = emission.mean(axis=0), np.maximum(loss.mean(axis=0), 1e-12)
        end = y0 * np.exp(-L * seconds) - E * np.expm1(-L * seconds) / L
        boxes = np.zeros(y0.shape[1])
        return Solution(
            self.mechanism.species, np.asarray(output_times), end[None], (0.5 * (y0 + end))[None],
            boxes.astype(np.int8), boxes.astype(np.int64), boxes.astype(np.int64), boxes * np.nan, boxes + 10.0,
        )  # fmt: skip


@pytest.fixture
def inert(cb6):
    return NoChemistry(cb6)


@pytest.fixture
def quiet(inputs):
    """The inputs without emission, biogenics, wind, and with a layer of constant height."""
    data = inputs.copy(deep=True)
    for name in ("emission", "biogenic", "wind"):
        data[name] = data[name] * 0.0
    data["height"] = data["height"] * 0.0 + 500.0
    return data


@dataclass(frozen=True)
class Giving(NoChemistry):
    """An engine that gives up on one box."""

    def solve(self, *args, **options):
        found = super().solve(*args, **options)
        status = found.status.copy()
        status[4] = Status.STEP_TOO_SMALL
        return replace(found, status=status)


def test_a_failed_box_is_named_by_scenario_day_and_district(inputs, settings, cb6):
    """Box 4 of two days and three districts is the second day, the second district."""
    named = inputs.assign_attrs(scenario="half_nox")
    with pytest.raises(RunFailed, match="scenario half_nox, day haze, district 110102: the step became too small"):
        simulate([named], settings, Giving(cb6))


def row(name):
    return tracers.names().index(name)


def test_a_growing_layer_dilutes_by_its_heights(quiet, settings, inert):
    """300 to 1500 m, 80 inside, 50 aloft: 56 exactly."""
    quiet["height"] = quiet["height"] * 0.0 + 300.0
    quiet["height"][{"edge": slice(10, None)}] = 1500.0
    simulation = Simulation.of([quiet], settings, inert)
    state = simulation.batch.start()
    state.tracer[row("AEC")], state.residual_tracer[row("AEC")] = 80.0, 50.0
    state.gas[inert.mechanism.index("CO")], state.residual_gas[inert.mechanism.index("CO")] = 80.0, 50.0
    state.top = np.full_like(state.top, 1500.0)
    no_deposition = 1.0  # EC deposits: 0.1 cm/s over an hour in at least 300 m takes up to 1.2 %
    for start in (9 * 3600.0, 9 * 3600.0 + SECONDS):
        simulation.advance(state, simulation.segment(0, start, SECONDS))
    assert state.gas[inert.mechanism.index("CO")] == pytest.approx(56.0, rel=1e-9)
    assert state.tracer[row("AEC")] == pytest.approx(56.0, abs=no_deposition)


def test_emission_fills_a_closed_box_exactly(quiet, settings, inert):
    """1 mol/s into 50 km2 x 500 m for a day, without wind, deposition or growth."""
    quiet["emission"].loc[{"species": "CO"}] = 1.0
    result = simulate([quiet], settings, inert)[0]
    rise = result["CO"][0, 23, 0] - result["CO"][0, 0, 0]
    moles = 1.0 * 23 * 3600.0 / (50e6 * 500.0)
    air = (result["P"] / (8.314462618 * result["T"]))[0].mean()
    assert rise == pytest.approx(moles / air * 1e9, rel=0.02)  # mixing ratio at the hour's own temperature


def test_primary_particles_balance_emission_ventilation_and_deposition(inputs, settings, inert):
    """Steady weather and emission: C = C_in + E / (A (h U / L + v_d)) for a single zone."""
    one = inputs.isel(zone=[0]).copy(deep=True)
    one["emission"] = one["emission"].mean("hour").expand_dims(hour=24)
    for name in ("wind", "T", "RH", "P"):
        one[name] = one[name] * 0.0 + float(one[name].mean())
    one["height"] = one["height"] * 0.0 + 400.0
    simulation = Simulation.of([one], settings, inert)
    state = simulation.batch.start()
    for hour in range(6 * 24):
        simulation.advance(state, simulation.segment(0, (hour % 4) * 3600.0, SECONDS))  # always at night
    moment = simulation.batch.weather[0].moment(3600.0)
    flow = 400.0 * moment.wind[0, 0] / (settings.fetch_share * np.sqrt(50e6))
    inflow, deposition = 2.0, 1e-3
    emission = float(one["emission"].sel(species="PEC").isel(which=0, day=0, hour=0, zone=0))
    expected = (flow * inflow + emission * 1e6 / 50e6) / (flow + deposition)
    assert state.tracer[row("AEC"), 0, 0, 0] == pytest.approx(expected, rel=1e-4)  # the approach to the steady state


def test_the_residual_layer_keeps_the_afternoon(quiet, settings, inert):
    quiet["height"][{"edge": slice(0, 18)}] = 1200.0
    quiet["height"][{"edge": slice(18, None)}] = 200.0
    simulation = Simulation.of([quiet], settings, inert)
    state = simulation.batch.start()
    state.tracer[row("AEC")], state.residual_tracer[row("AEC")] = 70.0, 10.0
    state.top = np.full_like(state.top, 1200.0)
    for start in (17 * 3600.0, 17 * 3600.0 + SECONDS):
        segment = simulation.segment(0, start, SECONDS)
        renew_residual_layer(state, segment, simulation.batch.city_fetch)
    assert state.residual_tracer[row("AEC")] == pytest.approx(70.0)
    assert state.tracer[row("AEC")] == pytest.approx(70.0)
    assert state.top == pytest.approx(1200.0)


def test_shed_air_mixes_by_depth(quiet, settings, inert):
    """500 m shed under 700 m of residual layer: 5/12 new, 7/12 old."""
    quiet["height"][{"edge": slice(0, 18)}] = 800.0
    quiet["height"][{"edge": slice(18, None)}] = 300.0
    simulation = Simulation.of([quiet], settings, inert)
    state = simulation.batch.start()
    state.tracer[row("AEC")], state.residual_tracer[row("AEC")] = 60.0, 0.0
    state.top = np.full_like(state.top, 1500.0)
    renew_residual_layer(state, simulation.segment(0, 17 * 3600.0, 3600.0), simulation.batch.city_fetch)
    assert state.residual_tracer[row("AEC")] == pytest.approx(60.0 * 5.0 / 12.0)


def test_wind_renews_the_residual_layer(inputs, settings, inert):
    simulation = Simulation.of([inputs], settings, inert)
    state = simulation.batch.start()
    state.residual_tracer[row("AEC")] = 500.0
    for step in range(48):
        renew_residual_layer(state, simulation.segment(0, step * SECONDS, SECONDS), simulation.batch.city_fetch)
    aloft = simulation.batch.forcing(0, 0).aloft_tracer[row("AEC")]
    assert state.residual_tracer[row("AEC")].max() < 20.0
    assert state.residual_tracer[row("AEC")].min() >= aloft.min() - 1e-9


def test_scenarios_of_a_batch_do_not_know_each_other(inputs, settings, inert):
    more = inputs.assign(emission=inputs["emission"] * 2.0)
    alone = simulate([more], settings, inert)[0]
    together = simulate([inputs, more], settings, inert)[1]
    for name in ("CO", "PM25", "NH3"):
        assert np.array_equal(together[name], alone[name]), name


def test_days_of_a_batch_do_not_know_each_other(inputs, settings, inert):
    both, first = simulate([inputs], settings, inert)[0], simulate([inputs.isel(day=[0])], settings, inert)[0]
    assert both["CO"][:1] == pytest.approx(first["CO"], rel=CLOSURE)


def test_without_emission_the_inflow_comes_through(quiet, inputs, settings, inert):
    calm = quiet.assign(wind=inputs["wind"])
    result = simulate([calm], settings, inert)[0]
    assert result["CO"] == pytest.approx(np.full((2, 24, 3), 400.0), rel=1e-6)


def test_observed_days_begin_with_the_day_before(observed_days, streams, background, settings, inert):
    from drivers.box_model.box_case import background_dataset, emission_dataset, weather_dataset, zone_table

    data = weather_dataset(observed_days, zone_table(streams, observed_days.zones, settings), settings)
    data["emission"] = emission_dataset(streams, observed_days, observed_days.zones, None, settings.timezone)
    data = data.merge(background_dataset(background, observed_days, settings))
    dirty = data.copy(deep=True)
    dirty["emission"][{"which": 0}] = dirty["emission"][{"which": 0}] * 5.0
    first, carried = simulate([data], settings, inert)[0]["CO"], simulate([dirty], settings, inert)[0]["CO"]
    assert (carried[:, 0] > first[:, 0] * 1.05).all()
    assert carried[:, 23] == pytest.approx(first[:, 23], rel=0.2)


@pytest.fixture(scope="module")
def engine():
    from drivers.box_model.settings import BoxSettings

    return make_engine(BoxSettings())


@pytest.fixture
def summer(inputs):
    return inputs.isel(day=[0])


@pytest.mark.slow
def test_a_summer_day_makes_ozone_and_a_winter_day_eats_it(inputs, settings, engine):
    result = simulate([inputs], settings, engine)[0]
    summer, winter = result["O3"][0, :, 0], result["O3"][1, :, 0]
    assert summer.argmax() in {13, 14, 15, 16, 17}
    assert summer.max() > 56.0  # the inflow brings 55
    assert winter.max() < 40.0
    assert (result["OH"][0, 12] > 1e-5).all()  # ppb: 2.4e5 molecule cm-3
    assert (result["OH"][0, 0] < result["OH"][0, 12]).all()
    for name, values in result.items():
        assert np.isfinite(values).all(), name
        assert (values >= 0.0).all(), name


@pytest.mark.slow
def test_nitrogen_and_sulfur_of_a_closed_box_close(quiet, settings, engine):
    """No exchange, no deposition: what is emitted is there, in gas or particle (the mechanism itself rounds)."""
    data = quiet.isel(day=[0], zone=[0]).copy(deep=True)
    for name, rate in (("NO", 1.0), ("SO2", 0.3), ("NH3", 0.5), ("CO", 10.0), ("PAR", 2.0)):
        data["emission"].loc[{"species": name}] = rate
    simulation = Simulation.of([data], settings, engine)
    state = simulation.batch.start()
    counts = atoms(engine.mechanism)
    before = budgets(state, simulation, counts)
    steps = 20
    for step in range(steps):
        segment = simulation.segment(0, 7 * 3600.0 + step * SECONDS, SECONDS)
        still = without_deposition(segment)
        simulation.advance(state, still)
    after = budgets(state, simulation, counts)
    air = simulation.batch.weather[0].moment(12 * 3600.0)
    ppb = float((8.314462618 * air.T / air.P * 1e9).mean()) / (50e6 * 500.0)
    assert after["nitrogen"] - before["nitrogen"] == pytest.approx(1.0 * steps * SECONDS * ppb, rel=0.02)
    assert after["sulfur"] - before["sulfur"] == pytest.approx(0.3 * steps * SECONDS * ppb, rel=0.02)


def without_deposition(segment):
    import dataclasses

    return dataclasses.replace(segment, gas_loss=segment.gas_loss * 0.0, tracer_loss=segment.tracer_loss * 0.0 + 1e-12)


def atoms(mechanism):
    import csv
    from importlib.resources import files

    text = files("drivers.box_model").joinpath("data/species.csv").read_text(encoding="utf-8")
    rows = {r["species"]: r for r in csv.DictReader(text.splitlines())}
    held = [rows[name] if rows[name]["kind"] != "counter" else {} for name in mechanism.species]
    return {key: np.array([float(row.get(key) or 0.0) for row in held]) for key in ("nitrogen", "sulfur")}


def budgets(state, simulation, counts):
    moment = simulation.batch.weather[0].moment(12 * 3600.0)
    per = 8.314462618 * moment.T / moment.P * 1e9 / 1e6  # ppb in umol m-3
    tracer = dict(zip(tracers.names(), state.tracer, strict=True))
    totals = {key: np.tensordot(counts[key], state.gas, 1) for key in counts}
    totals["nitrogen"] = totals["nitrogen"] + tracer["ANO3"] / 62.00 * per
    totals["sulfur"] = totals["sulfur"] + tracer["ASO4"] / 96.06 * per
    return {key: float(value.mean()) for key, value in totals.items()}


@pytest.mark.slow
def test_the_city_centre_is_voc_limited(summer, settings, engine):
    """Less NOx raises ozone there, less VOC lowers it; NO2 follows NOx."""

    def scaled(names, factor):
        data = summer.copy(deep=True)
        for name in names:
            data["emission"].loc[{"species": name}] = data["emission"].sel(species=name) * factor
        return data

    nitrogen, carbon = ("NO", "NO2", "HONO"), ("PAR", "OLE", "ETH", "TOL", "XYLMN", "FORM", "ALD2", "BENZ")
    base, less_nox, less_voc = simulate([summer, scaled(nitrogen, 0.7), scaled(carbon, 0.4)], settings, engine)
    centre = (0, slice(11, 18), 0)
    assert less_nox["O3"][centre].mean() > base["O3"][centre].mean()
    assert less_voc["O3"][centre].mean() < base["O3"][centre].mean()
    assert less_nox["NO2"][centre].mean() < base["NO2"][centre].mean()


@pytest.mark.slow
def test_particles_respond_to_their_precursors(inputs, settings, engine):
    winter = inputs.isel(day=[1])

    def cut(name):
        data = winter.copy(deep=True)
        data["emission"].loc[{"species": name}] = data["emission"].sel(species=name) * 0.2
        return data

    base, less_so2, less_nh3, less_poa = simulate([winter, cut("SO2"), cut("NH3"), cut("POC")], settings, engine)
    core = (0, slice(None), 0)
    assert less_so2["PM25_SO4"][core].mean() < base["PM25_SO4"][core].mean()
    assert less_nh3["PM25_NH4"][core].mean() <= base["PM25_NH4"][core].mean()
    assert less_poa["PM25_OC"][core].mean() < base["PM25_OC"][core].mean()
    assert less_poa["PM25_EC"][core] == pytest.approx(base["PM25_EC"][core])


def test_output_names_are_species_of_the_mechanism(cb6):
    assert set(GASES_OUT) <= set(cb6.species)


def test_engines_agree_on_a_box(summer, settings):
    """MICM and the own solver over six hours of the same box; MICM holds its coefficients for 15 minutes."""
    import dataclasses

    short = summer.isel(zone=[0])
    found = []
    for name in ("rosenbrock", "micm"):
        own = dataclasses.replace(settings, engine=name)
        simulation = Simulation.of([short], own, make_engine(own))
        state = simulation.batch.start()
        for step in range(12):
            simulation.advance(state, simulation.segment(0, 9 * 3600.0 + step * SECONDS, SECONDS))
        found.append(state.gas[simulation.batch.species.index("O3")])
    assert found[0] == pytest.approx(found[1], abs=0.5)  # ppb: piecewise-constant coefficients of 900 s


def test_inputs_survive_a_round_trip_through_netcdf(inputs, settings, inert, tmp_path):
    from drivers.box_model.driver import write_input

    write_input(tmp_path / "input.nc", inputs.assign(emission=inputs["emission"].astype(np.float32)))
    again = xr.load_dataset(tmp_path / "input.nc")
    first, second = simulate([inputs], settings, inert)[0], simulate([again], settings, inert)[0]
    assert second["CO"] == pytest.approx(first["CO"], rel=1e-6)  # emissions are stored in single precision
