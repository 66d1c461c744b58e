"""PM2.5 by species: measured fractions, the model's response of each, ammonium by charge - worked by hand."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from aqcore.errors import InputError
from evaluation.design_value import future_statistic, future_statistics
from evaluation.effect import DailyPair, with_city
from evaluation.species_response import RESPONDING, by_species, species_daily
from observations.composition import SPECIES, Composition

EXACT = 1e-12
FRACTIONS = {"SO4": 0.2, "NO3": 0.25, "NH4": 0.15, "OM": 0.25, "EC": 0.05, "other": 0.1}
SIX_DIGITS = 1e-6  # of the hand calculation

MODEL = {"PM25_SO4": 10.0, "PM25_NO3": 20.0, "PM25_NH4": 9.0, "PM25_OM": 30.0, "PM25_EC": 3.0, "PM25_OTHER": 8.0}
CUT = {"PM25_SO4": 0.5, "PM25_NO3": 0.8, "PM25_NH4": 0.1, "PM25_OM": 0.9, "PM25_EC": 0.6, "PM25_OTHER": 1.0}


def composition(**fractions: float) -> Composition:
    return Composition({"winter": FRACTIONS | fractions}, pd.DataFrame())


def outputs(factors: dict[str, float], days: int = 10, *, leave_out: tuple[str, ...] = ()) -> xr.Dataset:
    values = {name: value * factors.get(name, 1.0) for name, value in MODEL.items()}
    fields = {"PM25": sum(values.values()), **values}
    dates = pd.date_range("2016-12-01", periods=days, name="day")
    data = {name: (("day", "zone"), np.full((days, 2), value)) for name, value in fields.items()}
    return with_city(xr.Dataset(data, coords={"day": dates, "zone": ["a", "b"]}).drop_vars(leave_out))


def pair(factors: dict[str, float], **options: object) -> DailyPair:
    base, control = outputs({}, **options), outputs(factors, **options)
    days = pd.DataFrame({"season": "winter", "weight": 36.5}, index=pd.DatetimeIndex(base["day"].to_numpy()))
    return DailyPair(base, control, days)


def test_the_response_of_measured_parts_by_hand() -> None:
    """Ammonium: 2 x 0.2/96.06 = 0.00416406, 0.25/62 = 0.00403226; (0.5 x + 0.8 y)/(x + y) = 0.647588.

    0.2 x 0.5 + 0.25 x 0.8 + 0.15 x 0.647588 + 0.25 x 0.9 + 0.05 x 0.6 + 0.1 x 1 = 0.752138. The model's own ammonium
    response (0.1) is not used; its total responds by 0.74625.
    """
    value = future_statistic("PM25_mean", 80.0, pair(CUT), composition=composition())
    assert value.rrf == pytest.approx(0.752138, rel=SIX_DIGITS)
    total = future_statistic("PM25_mean", 80.0, pair(CUT))
    modelled = 10 * 0.5 + 20 * 0.8 + 9 * 0.1 + 30 * 0.9 + 3 * 0.6 + 8
    assert total.rrf == pytest.approx(modelled / 80.0, rel=EXACT)
    assert value.value_absolute == pytest.approx(modelled, rel=EXACT)
    assert value.low == pytest.approx(modelled, rel=EXACT)


def test_only_fine_particles_are_split() -> None:
    its = pair(CUT)
    both = [DailyPair(*(run.assign(NO2=run["PM25"]) for run in (its.base, its.control)), its.days)] * 2
    plain = future_statistics({"NO2_mean": 40.0}, both[0])
    pd.testing.assert_frame_equal(plain, future_statistics({"NO2_mean": 40.0}, both[1], composition=composition()))


def test_a_percentile_takes_its_season_s_composition() -> None:
    its = pair(CUT)
    assert future_statistic("PM25_p95", 200.0, its, composition=composition()).rrf == pytest.approx(0.752138, rel=1e-6)
    summer = Composition({"summer": FRACTIONS}, pd.DataFrame())
    with pytest.raises(InputError, match="no season 'winter'"):
        future_statistic("PM25_p95", 200.0, its, composition=summer)


def test_what_is_not_named_is_other() -> None:
    whole = species_daily(outputs({}))
    rest = species_daily(outputs({}, leave_out=("PM25_OTHER",)))
    xr.testing.assert_allclose(whole["other"], rest["other"])
    assert tuple(map(str, whole.data_vars)) == ("PM25", *RESPONDING)


def test_organic_carbon_stands_for_organic_matter_where_there_is_no_more() -> None:
    daily = outputs({}).rename(PM25_OM="PM25_OC")
    assert float(species_daily(daily)["OM"].mean()) == 30.0


def test_outputs_without_the_parts_are_refused() -> None:
    with pytest.raises(InputError) as error:
        species_daily(outputs({}, leave_out=("PM25_SO4", "PM25_OM", "PM25_OTHER", "PM25_NH4")))
    assert [fault.what for fault in error.value.faults] == [
        "have no PM25_SO4",
        "have no PM25_OM or PM25_OC",
        "have neither PM25_OTHER nor PM25_NH4",
    ]


def test_a_part_that_was_measured_but_not_modelled_is_refused() -> None:
    its = pair(CUT)
    its.base["PM25_EC"][:] = 0.0
    with pytest.raises(InputError, match="a part of it that was measured, is zero"):
        future_statistic("PM25_mean", 80.0, its, composition=composition())
    without = composition(EC=0.0, other=0.15)
    assert np.isfinite(future_statistic("PM25_mean", 80.0, its, composition=without).value)


@given(st.floats(0.0, 2.0))
def test_a_uniform_response_is_itself(factor: float) -> None:
    before = np.array([[80.0], [10.0], [20.0], [30.0], [3.0], [8.0]])
    assert by_species(composition())("winter", before, factor * before)[0] == pytest.approx(factor, abs=EXACT)


@given(st.lists(st.floats(0.0, 1.5), min_size=5, max_size=5))
def test_the_whole_lies_between_its_parts(factors: list[float]) -> None:
    before = np.array([[80.0], [10.0], [20.0], [30.0], [3.0], [8.0]])
    after = before * np.array([1.0, *factors])[:, None]
    whole = by_species(composition())("winter", before, after)[0]
    assert min(factors) - EXACT <= whole <= max(factors) + EXACT


def test_without_acids_there_is_no_ammonium() -> None:
    dust = dict.fromkeys(SPECIES, 0.0) | {"other": 1.0}
    before = np.array([[80.0], [10.0], [20.0], [30.0], [3.0], [8.0]])
    only = Composition({"winter": dust}, pd.DataFrame())
    assert by_species(only)("winter", before, 0.3 * before)[0] == pytest.approx(0.3)
