"""EKMA, RIR, MIR and zero-out: on answers worked by hand, and on the synthetic days."""

import numpy as np
import pytest
import xarray as xr

from aqcore.errors import InputError
from drivers.box_model.obm import ObmCase, ObmSettings
from drivers.box_model.observed_response import ObservedResponse
from drivers.box_model.reactivity_groups import reactivity_groups
from drivers.box_model.response import (
    O3_UG_PER_PPB,
    factor_table,
    highest_eight_hours,
    incremental_reactivity,
    isopleth,
    most_reactive_nox,
    present,
    relative_incremental_reactivity,
    transition_line,
    zero_out,
)

EXACT = 1e-12
GROUPS = {"NOx": ("NO", "NO2"), "AVOC": ("TOL", "PAR")}


class Hill:
    """S = 100 v^0.5 n exp(1 - n / m) with m = 0.8 v on day one, 0.6 v on day two: its ridge is n = m, known exactly."""

    levers = ("NO", "NO2", "TOL", "PAR", "CO")
    slope = (0.8, 0.6)

    def __call__(self, factors):
        n = factors.sel(lever="NO") if "NO" in factors["lever"] else xr.ones_like(factors.isel(lever=0, drop=True))
        v = factors.sel(lever=[x for x in ("TOL", "PAR") if x in factors["lever"]]).mean("lever").fillna(1.0)
        days = [100.0 * v**0.5 * n * np.exp(1.0 - n / (m * v)) for m in self.slope]
        return (
            xr.concat(days, "day")
            .assign_coords(day=["a", "b"])
            .transpose("scenario", "day")
            .drop_vars("lever", errors="ignore")
        )


class Line:
    """S = 10 + 3 x + 2 y on each day, times the day."""

    levers = ("x", "y")

    def __call__(self, factors):
        value = 10.0 + 3.0 * factors.sel(lever="x", drop=True) + 2.0 * factors.sel(lever="y", drop=True)
        return xr.concat([value, 2.0 * value, 2.0 * value], "day").assign_coords(day=["a", "b", "c"])


def test_factor_table():
    table = factor_table(GROUPS, 0.9)
    assert table.sel(scenario="base").to_numpy().tolist() == [1.0] * 4
    assert table.sel(scenario="NOx", lever=["NO", "NO2"]).to_numpy().tolist() == [0.9, 0.9]
    assert table.sel(scenario="NOx", lever=["TOL", "PAR"]).to_numpy().tolist() == [1.0, 1.0]


def test_rir_of_a_line_by_hand():
    """dS = 0.3 of S = 15 for a cut of 10 %: RIR 0.2, the same on each day, so the interval has no width."""
    table = relative_incremental_reactivity(Line(), {"x": ("x",), "y": ("y",), "both": ("x", "y")}).set_index("group")
    assert table["rir"].to_list() == pytest.approx([3 / 15, 2 / 15, 5 / 15], rel=EXACT)
    assert table["low"].to_list() == pytest.approx(table["high"].to_list(), abs=1e-9)
    assert table["days"].to_list() == [3, 3, 3]


def test_zero_out_of_a_line_by_hand():
    """Without x the days lose 3, 6, 6: mean 5, sd 1.732, half width of Student's interval 4.303 x 1."""
    table = zero_out(Line(), {"x": ("x",), "y": ("y",)}).set_index("group")
    assert table.loc["x", ["day a", "day b", "day c"]].to_list() == pytest.approx([3.0, 6.0, 6.0])
    assert table.loc["x", "loss"] == pytest.approx(5.0)
    assert table.loc["x", "sd"] == pytest.approx(1.7320508)
    assert table.loc["x", "high"] - table.loc["x", "loss"] == pytest.approx(4.3026527, rel=1e-6)


def test_incremental_reactivity_of_a_line_is_its_slope_over_the_amount():
    table = incremental_reactivity(Line(), {"x": 6.0, "y": 4.0, "none": 0.0}, {"NOx": ()}, 1.0).set_index("species")
    assert table["day a"].to_list() == pytest.approx([0.5, 0.5])
    assert "none" not in table.index


def test_isopleth_has_the_known_surface():
    matrix = isopleth(Hill(), GROUPS, (0.5, 1.0, 1.5), (0.5, 1.0))
    assert matrix.dims == ("nox", "voc", "day")
    assert float(matrix.sel(nox=0.5, voc=1.0, day="a")) == pytest.approx(50.0 * np.exp(1.0 - 0.5 / 0.8))


def test_transition_line_of_a_known_surface():
    """S = n v^2 exp(...) has no closed line; z = 4 n - n^2 + v has d/dn = d/dv at n = 1.5 for every v."""
    nox, voc = np.linspace(0.0, 3.0, 61), np.linspace(0.0, 1.0, 5)
    z = xr.DataArray(4.0 * nox[:, None] - nox[:, None] ** 2 + voc, {"nox": nox, "voc": voc}, ("nox", "voc"))
    line = transition_line(z)
    assert line["voc"].to_list() == voc.tolist()
    assert line["nox"].to_list() == pytest.approx([1.5] * 5, abs=1e-9)


def test_transition_line_is_empty_where_voc_never_counts_less():
    nox, voc = np.linspace(0.0, 1.0, 5), np.linspace(0.0, 1.0, 5)
    z = xr.DataArray(nox[:, None] + 2.0 * voc, {"nox": nox, "voc": voc}, ("nox", "voc"))
    assert transition_line(z).empty


def test_most_reactive_nox_of_a_known_hill():
    """Among the levels the search finds the one where the closed formula gains most."""
    levels = (0.25, 0.5, 1.0, 1.5, 2.0)
    hill = Hill()

    def gain(n):
        values = [
            100.0 * n * np.exp(1.0 - n / m) - 100.0 * 0.9**0.5 * n * np.exp(1.0 - n / (0.9 * m)) for m in hill.slope
        ]
        return np.mean(values)

    assert most_reactive_nox(hill, GROUPS, levels) == max(levels, key=gain)


def test_eight_hours_end_within_the_day():
    hourly = xr.DataArray(np.r_[np.zeros(16), np.full(8, 80.0)][None], dims=("day", "hour"))
    assert float(highest_eight_hours(hourly)[0]) == 80.0
    assert pytest.approx(1.9618, rel=1e-3) == O3_UG_PER_PPB


def test_bad_questions():
    with pytest.raises(InputError, match="not a share"):
        relative_incremental_reactivity(Line(), {"x": ("x",)}, cut=1.5)

    class Nothing(Line):
        def __call__(self, factors):
            return super().__call__(factors) * 0.0

    with pytest.raises(InputError, match="the base makes no ozone") as caught:
        relative_incremental_reactivity(Nothing(), {"x": ("x",), "y": ("y",)})
    assert len(caught.value.faults) == 3


def test_groups_that_a_case_has(case):
    found = present(reactivity_groups(), ObservedResponse(case).levers)
    assert found["NOx"] == ("NO", "NO2", "HONO")
    assert found["aromatic"] == ("BENZENE", "TOL", "XYLMN")
    assert found["BHC"] == ("ISOP",)
    assert set(found["AVOC"]) == {s for name in ("alkane", "alkene", "aromatic", "OVOC") for s in found[name]}


def test_held_ozone_is_refused(series, engine):
    with pytest.raises(InputError, match="hold O3"):
        ObservedResponse(ObmCase(series, engine, ObmSettings(hold=("O3",))))


def test_rir_of_the_synthetic_days_is_that_of_a_voc_limited_city(case):
    """Groups of AVOC add up to AVOC (10 % cuts are nearly linear), NOx is negative, VOC positive."""
    response = ObservedResponse(case)
    table = relative_incremental_reactivity(response, present(reactivity_groups(), response.levers)).set_index("group")
    assert table.loc["AVOC", "rir"] > 0.3
    assert table.loc["NOx", "rir"] < 0.0
    parts = table.loc[["alkane", "alkene", "aromatic", "OVOC"], "rir"].sum()
    assert parts == pytest.approx(table.loc["AVOC", "rir"], rel=0.05)
    assert (table["low"] < table["rir"]).all()


def test_textbook_isopleth_of_rich_and_poor_nox(case):
    """With NOx at its base the days are VOC-limited; at a tenth of it they are NOx-limited."""
    response = ObservedResponse(case, "mda8")
    groups = present(reactivity_groups(), response.levers)
    matrix = isopleth(response, groups, (0.05, 0.1, 1.0, 1.2), (0.8, 1.0)).mean("day")
    at = {(n, v): float(matrix.sel(nox=n, voc=v)) for n in (0.05, 0.1, 1.0, 1.2) for v in (0.8, 1.0)}
    assert at[1.2, 1.0] < at[1.0, 1.0]  # more NOx, less ozone
    assert at[1.0, 0.8] < at[1.0, 1.0]
    assert at[0.05, 1.0] < at[0.1, 1.0]  # the other side of the ridge
    assert at[0.1, 1.0] - at[0.05, 1.0] > at[0.1, 1.0] - at[0.1, 0.8]
