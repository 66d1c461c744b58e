"""The observation-based mode: what is held stays, what is free answers, and the budgets agree with one another."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from aqcore.errors import InputError
from drivers.box_model.obm import J_NO2, ObmCase, ObmSettings, refuse_held
from drivers.box_model.observed_notes import set_up_notes
from drivers.box_model.observed_rates import daytime, hourly_rates
from drivers.box_model.observed_series import at
from drivers.box_model.rates import rate_coefficients

HELD = 1e-9  # of a held gas: the engine sets it
NOX = 1e-9  # of the restored total at the start of a segment
BALANCE = 0.06  # of the ozone balance by hourly snapshots against the solver's own change
EXACT = 1e-9
SEGMENT = 0.01  # of daily P(O3) between segments of 10 and 5 minutes


def ppb(run, name):
    return run.y[:, run.case.species.index(name), 0] / run.per_ppb


@pytest.mark.parametrize("name", ["CO", "TOL", "ISOP", "FORM"])
def test_observed_gases_keep_their_values(base, series, name):
    assert ppb(base, name) == pytest.approx(series.gases[name].T, rel=HELD)


def test_hono_follows_no2_where_it_was_not_observed(base, series, case):
    assert ppb(base, "HONO") == pytest.approx(case.settings.hono_per_no2 * series.gases["NO2"].T, rel=HELD)


def test_total_nox_is_observed_and_its_split_is_the_chemistry_s(base, series, case):
    total = ppb(base, "NO") + ppb(base, "NO2")
    observed = (series.gases["NO"] + series.gases["NO2"]).T
    assert total == pytest.approx(observed, rel=NOX)
    noon, midnight = 12, 1
    assert (ppb(base, "NO")[midnight] < 0.1).all()  # ozone took it
    light = case.environments[noon * 6 + 3].photolysis[0, case.engine.mechanism.photolysis.index(J_NO2)]
    k = base.k[noon, case.engine.mechanism.labels.index("R3")]
    steady = light * ppb(base, "NO2")[noon] / (k * ppb(base, "O3")[noon] * base.per_ppb[noon])
    assert (ppb(base, "NO")[noon] < steady).all()  # peroxy radicals turn NO over as well
    assert (ppb(base, "NO")[noon] > 0.5 * steady).all()


def test_measured_light_is_what_the_box_sees(case, series):
    noon = case.environments[12 * 6 + 3]
    j = noon.photolysis[0, case.engine.mechanism.photolysis.index(J_NO2)]
    assert j == pytest.approx(at(series.met["J_NO2"], 12.5 * 3600), rel=EXACT)


def test_ozone_closes_its_own_balance(base, case):
    """Change of O3 + NO2 over the day's hours = net Ox production - dilution, with what holds NOx counted aside."""
    table = base.table()
    ozone, net = table["O3"][0].to_numpy(), table["net_O3"][0].to_numpy()
    dilution = 3600.0 * case.settings.loss_s * (ozone - case.settings.background_o3_ppb)
    afternoon = slice(11, 17)  # NO2 hardly changes
    change = np.diff(ozone, axis=1)[:, afternoon].sum(axis=1)
    expected = net - dilution
    expected = (0.5 * (expected[:, :-1] + expected[:, 1:]))[:, afternoon].sum(axis=1)
    scale = net[:, afternoon].sum(axis=1)
    assert np.abs(change - expected).max() < BALANCE * scale.max() + 2.0


def test_a_day_gives_the_same_alone_and_among_others(series, engine, base):
    alone = replace(
        series,
        dates=series.dates[1:2],
        met={name: values[1:2] for name, values in series.met.items()},
        gases={name: values[1:2] for name, values in series.gases.items()},
    )
    assert (ObmCase(alone, engine).run().y[..., 0] == base.y[..., 1]).all()


def test_shorter_segments_change_little(series, engine, base):
    finer = ObmCase(series, engine, ObmSettings(segment_s=300)).run().table()
    coarse = base.table()
    day = slice(7, 18)
    assert finer["P_O3"].sel(hour=day).sum("hour").to_numpy() == pytest.approx(
        coarse["P_O3"].sel(hour=day).sum("hour").to_numpy(), rel=SEGMENT
    )


def test_less_voc_makes_less_ozone_and_less_nox_more_in_a_voc_limited_case(case):
    factors = xr.DataArray(
        [[1.0, 1.0, 1.0], [0.8, 1.0, 1.0], [1.0, 0.8, 0.8]],
        {"scenario": ["base", "voc", "nox"], "species": ["XYLMN", "NO", "NO2"]},
        ("scenario", "species"),
    )
    made = case.run(factors).table()["net_O3"].sel(hour=slice(7, 18)).sum("hour").mean("day")
    assert made.sel(scenario="voc") < made.sel(scenario="base")
    assert made.sel(scenario="nox") > made.sel(scenario="base")


def test_factors_scale_only_what_they_name(case, base):
    factors = xr.DataArray([[1.5]], {"scenario": ["more"], "species": ["CO"]}, ("scenario", "species"))
    more = case.run(factors)
    assert ppb(more, "CO") == pytest.approx(1.5 * ppb(base, "CO"), rel=HELD)
    assert ppb(more, "TOL") == pytest.approx(ppb(base, "TOL"), rel=HELD)


def test_hourly_rates_agree_with_the_table(base):
    rates, table = hourly_rates(base), base.table()
    made = rates[[name for name in rates if name.startswith("P(O3)")]].sum(axis=1)
    lost = rates[[name for name in rates if name.startswith("L(O3)")]].sum(axis=1)
    assert made.to_numpy() == pytest.approx(table["P_O3"][0].to_numpy().ravel(), rel=EXACT)
    assert (made - lost).to_numpy() == pytest.approx(table["net_O3"][0].to_numpy().ravel(), abs=1e-6)
    assert rates["O3 (ppb)"].to_numpy() == pytest.approx(table["O3"][0].to_numpy().ravel(), rel=EXACT)


def test_reactivity_of_co_is_k_times_co(base, case):
    """At 303 K and 1 atm, k(OH + CO) is 2.3e-13: 400 ppb give about 2.2 s-1 (hand-worked)."""
    rates = hourly_rates(base)
    noon = rates.xs(13, level="hour").iloc[0]
    co = ppb(base, "CO")[13, 0] * base.per_ppb[13, 0]
    assert noon["kOH: CO (s-1)"] == pytest.approx(2.3e-13 * co, rel=0.1)
    parts = [name for name in rates if name.startswith("kOH: ") and "all" not in name]
    assert rates[parts].sum(axis=1).to_numpy() == pytest.approx(rates["kOH: all (s-1)"].to_numpy(), rel=EXACT)


def test_daytime_sums_seven_to_nineteen(base):
    rates = hourly_rates(base)
    by_day = daytime(rates)
    name = "P(O3): HO2 + NO"
    expected = rates[f"{name} (ppb h-1)"].unstack("hour").loc[:, 7:18].sum(axis=1)
    assert by_day[f"{name} (ppb)"].to_numpy() == pytest.approx(expected.to_numpy(), rel=EXACT)
    assert ((by_day["L_N/Q"] > 0.5) & (by_day["L_N/Q"] < 1.0)).all()  # urban NOx: VOC-limited


def test_radicals_are_in_balance(base):
    """Initiation and termination of the daytime agree: radicals live seconds."""
    sums = daytime(hourly_rates(base))
    begun = sums[[name for name in sums if name.startswith("ROx from")]].sum(axis=1)
    ended = sums[[name for name in sums if name.startswith("ROx to")]].sum(axis=1)
    assert ended.to_numpy() == pytest.approx(begun.to_numpy(), rel=0.02)


def test_what_holds_ozone_is_refused_or_left_unanswered(series, engine):
    with pytest.raises(InputError, match="hold O3") as caught:
        refuse_held(ObmCase(series, engine, ObmSettings(hold=("O3", "NO"))), "EKMA")
    assert len(caught.value.faults) == 2
    held = ObmCase(series, engine, ObmSettings(hold=("O3",), spinup_days=1)).run()
    assert ppb(held, "O3") == pytest.approx(series.gases["O3"].T, rel=HELD)
    assert set(held.table().data_vars) == {"O3"}
    assert not [name for name in hourly_rates(held) if name.startswith(("P(O3)", "net"))]


def with_gases(series, **ppb_by_name):
    shape = series.gases["NO"].shape
    return replace(series, gases={**series.gases, **{name: np.full(shape, v) for name, v in ppb_by_name.items()}})


def test_an_observed_radical_is_refused_where_ozone_is_asked(series, engine):
    case = ObmCase(with_gases(series, OH=1e-4, PAN=0.5), engine)
    assert case.radicals == ("OH",)
    with pytest.raises(InputError, match="leave the column out"):
        refuse_held(case, "RIR")
    assert any("OH is a radical" in note for note in set_up_notes(case))
    assert any("PAN stay at their observations" in note for note in set_up_notes(case))


def test_notes_say_what_is_held_unused_and_assumed(series, engine):
    notes = set_up_notes(ObmCase(replace(series, unused=("methylfoo",)), engine, ObmSettings(hold=("O3",))))
    assert notes[0].startswith("O3 is held at its observation: P(O3)")
    assert "methylfoo react with nothing" in notes[1]
    assert any("0.02 of NO2" in note for note in notes)
    assert any("no mixing height" in note for note in notes)
    full = with_gases(series, HONO=0.3)
    height = {**full.met, "pblh": np.full(series.met["T"].shape, 500.0)}
    assert set_up_notes(ObmCase(replace(full, met=height), engine)) == ()


def test_a_growing_layer_dilutes_by_its_growth_and_a_falling_one_not(series, engine):
    """From 400 m (hour 8) to 800 m (hour 9): ln 2 in an hour between the middles of the hours."""
    height = np.full(series.met["T"].shape, 800.0)
    height[:, :9] = 400.0
    case = ObmCase(replace(series, met={**series.met, "pblh": height}), engine)
    loss = case.settings.loss_s
    assert case.dilution((8.5 * 3600.0, 9.5 * 3600.0)) == pytest.approx(loss + np.log(2.0) / 3600.0)
    assert case.dilution((12.0 * 3600.0, 12.5 * 3600.0)) == pytest.approx(loss)
    assert case.dilution((0.0, 0.5 * 3600.0)) == pytest.approx(loss)  # at midnight it falls back to 400 m


def test_growth_brings_ozone_towards_the_air_aloft(series, engine, base):
    """Clean air from aloft lowers the afternoon's ozone of a day that makes much of it."""
    height = np.broadcast_to(np.interp(np.arange(24), [0, 7, 14, 18, 20, 23], [300, 300, 1500, 1500, 300, 300]),
                             series.met["T"].shape)  # fmt: skip
    grown = ObmCase(replace(series, met={**series.met, "pblh": height}), engine).run()
    assert (ppb(grown, "O3")[14] < ppb(base, "O3")[14]).all()


def test_bad_set_ups(series, engine, case):
    with pytest.raises(InputError, match="PAN: was not observed"):
        ObmCase(series, engine, ObmSettings(hold=("PAN",)))
    with pytest.raises(InputError, match="do not divide"):
        ObmCase(series, engine, ObmSettings(segment_s=700))
    with pytest.raises(InputError, match="factor on PAN"):
        case.run(xr.DataArray([[0.5]], {"scenario": ["x"], "species": ["PAN"]}, ("scenario", "species")))


def test_coefficients_are_those_of_the_environment(base, case):
    k = rate_coefficients(case.engine.mechanism, case.environments[8 * 6 + 3])
    assert (base.k[8] == k[0]).all()
