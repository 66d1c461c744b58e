"""How the ozone of a case answers to factors on its gases, sources or emissions: EKMA, RIR, MIR, zero-out.

A case is anything that turns factors (scenario, lever) into a metric (scenario, day): observed days
(`ObservedResponse`) or a city's boxes (`EmissionResponse`). A lever is what can be scaled; a group names some levers.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scipy.special import stdtrit

from aqcore.errors import Fault, InputError
from drivers.box_model.mechanism import Mechanism

Array = npt.NDArray[np.float64]
Groups = Mapping[str, Sequence[str]]

CUT = 0.10
"""Share by which RIR cuts a source (10 % is usual, 5 to 20 % are found)."""
CONFIDENCE = 0.95
EIGHT_HOURS = 8
O3_UG_PER_PPB = 47.998 * 101325.0 / (8.314462618 * 298.15) * 1e-3
"""ug m-3 of ozone in a ppb at 298.15 K and 1 atm, the reference state of the standard."""


class Response(Protocol):
    """A case that can be run with factors."""

    @property
    def levers(self) -> tuple[str, ...]:
        """What factors may scale."""
        ...

    @property
    def mechanism(self) -> Mechanism:
        """The mechanism whose species the levers name."""
        ...

    @property
    def units(self) -> str:
        """Unit of the metric: ppb or ug m-3 (of ozone)."""
        ...

    def __call__(self, factors: xr.DataArray) -> xr.DataArray:
        """Return the metric (scenario, day) of factors (scenario, lever); a lever that is not named keeps 1."""
        ...


def highest_eight_hours(hourly: xr.DataArray) -> xr.DataArray:
    """Return the largest mean of eight consecutive hours of a day, windows that end at hour 8 to 24 (HJ 663)."""
    return hourly.rolling(hour=EIGHT_HOURS).mean().max("hour")


def present(groups: Groups, levers: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the groups with those of their levers that the case has; groups without any are left out."""
    kept = {name: tuple(lever for lever in members if lever in levers) for name, members in groups.items()}
    return {name: members for name, members in kept.items() if members}


def factor_table(groups: Groups, factor: float) -> xr.DataArray:
    """Return factors (scenario, lever): `base`, then one scenario a group with all its levers at `factor`."""
    levers = list(dict.fromkeys(lever for members in groups.values() for lever in members))
    values = np.ones((len(groups) + 1, len(levers)))
    for row, members in enumerate(groups.values(), 1):
        values[row, [levers.index(lever) for lever in members]] = factor
    return xr.DataArray(values, {"scenario": ["base", *groups], "lever": levers}, ("scenario", "lever"))


def relative_incremental_reactivity(respond: Response, groups: Groups, cut: float = CUT) -> pd.DataFrame:
    """Return by group the RIR (% of the metric per % cut), its mean over days with interval, and each day's.

    RIR(X) = [(S(X) - S(X - dX)) / S(X)] / (dX / X) (Cardelino and Chameides 1995). Columns: group, rir, low, high (95 %
    interval of the mean over days, Student; NaN for one day), sd, days, then one column a day. A positive RIR means
    that cutting the group lowers the metric. Raises `InputError` for a cut outside 0..1 and a base without ozone.
    """
    if not 0.0 < cut < 1.0:
        raise InputError([Fault("cut", f"{cut:g} is not a share", "give a share between 0 and 1, such as 0.1")])
    metric = respond(factor_table(groups, 1.0 - cut))
    base = metric.sel(scenario="base")
    _positive(base)
    by_day = ((base - metric.sel(scenario=list(groups))) / base / cut).transpose("scenario", "day")
    return _with_interval(by_day, "rir")


def zero_out(respond: Response, groups: Groups) -> pd.DataFrame:
    """Return by group what the metric loses when the group is absent: columns as of RIR, `loss` in the metric's unit.

    The losses do not add up to the whole: ozone is not linear in its sources.
    """
    metric = respond(factor_table(groups, 0.0))
    loss = metric.sel(scenario="base") - metric.sel(scenario=list(groups))
    return _with_interval(loss.transpose("scenario", "day"), "loss")


def isopleth(respond: Response, groups: Groups, nox: Sequence[float], voc: Sequence[float]) -> xr.DataArray:
    """Return the metric (nox, voc, day) over factors of the groups `NOx` and `AVOC`; everything else stays."""
    levers = [*groups["NOx"], *groups["AVOC"]]
    is_nox = np.array([lever in groups["NOx"] for lever in levers])
    pairs = [(n, v) for n in nox for v in voc]
    values = np.array([np.where(is_nox, n, v) for n, v in pairs])
    names = [f"nox {n:g} voc {v:g}" for n, v in pairs]
    found = respond(xr.DataArray(values, {"scenario": names, "lever": levers}, ("scenario", "lever")))
    days = found["day"].to_numpy()
    array = found.transpose("scenario", "day").to_numpy().reshape(len(nox), len(voc), len(days))
    coords = {"nox": np.asarray(nox, float), "voc": np.asarray(voc, float), "day": days}
    return xr.DataArray(array, coords, ("nox", "voc", "day"), attrs=found.attrs)


def transition_line(matrix: xr.DataArray) -> pd.DataFrame:
    """Return where ozone answers equally to both: columns voc, nox with d/dNOx = d/dVOC on (nox, voc) factors.

    Between this line and the ridge (d/dNOx = 0) lies the transition zone; below it NOx counts more than VOC.
    """
    ordered = matrix.transpose("nox", "voc")
    nox, voc = ordered["nox"].to_numpy(), ordered["voc"].to_numpy()
    by_nox, by_voc = np.gradient(ordered.to_numpy(), nox, voc)
    excess = by_nox - by_voc
    rows = []
    for column, factor in enumerate(voc):
        change = np.flatnonzero((excess[:-1, column] > 0.0) & (excess[1:, column] <= 0.0))
        if change.size:
            low = int(change[-1])
            share = excess[low, column] / (excess[low, column] - excess[low + 1, column])
            rows.append({"voc": float(factor), "nox": float(nox[low] + share * (nox[low + 1] - nox[low]))})
    return pd.DataFrame(rows, columns=["voc", "nox"])


def most_reactive_nox(respond: Response, groups: Groups, levels: Sequence[float], cut: float = CUT) -> float:
    """Return the factor of NOx among `levels` at which the base mix of AVOC has its largest incremental reactivity."""
    levers = [*groups["NOx"], *groups["AVOC"]]
    is_nox = np.array([lever in groups["NOx"] for lever in levers])
    values = np.array([np.where(is_nox, n, v) for n in levels for v in (1.0, 1.0 - cut)])
    names = [f"{n:g} {v}" for n in levels for v in ("base", "cut")]
    metric = respond(xr.DataArray(values, {"scenario": names, "lever": levers}, ("scenario", "lever")))
    gain = metric.mean("day").to_numpy().reshape(-1, 2) @ np.array([1.0, -1.0])
    return float(levels[int(np.argmax(gain))])


def incremental_reactivity(
    respond: Response, amounts: Mapping[str, float], groups: Groups, nox: float, step: float = CUT
) -> pd.DataFrame:
    """Return by species the change of the metric per unit of its amount, with NOx at a factor: columns as of RIR.

    `amounts` (species -> ppb given to the box) scale the response to `1 + step` of each; with NOx at
    `most_reactive_nox` it is the localised MIR (after Carter 1994, in the city's own case), at 1 its value today.
    """
    species = [name for name, amount in amounts.items() if amount > 0.0]
    levers = [*groups["NOx"], *(name for name in species if name not in groups["NOx"])]
    values = np.ones((len(species) + 1, len(levers)))
    values[:, : len(groups["NOx"])] = nox
    for row, name in enumerate(species, 1):
        values[row, levers.index(name)] *= 1.0 + step
    names = ["base", *species]
    metric = respond(xr.DataArray(values, {"scenario": names, "lever": levers}, ("scenario", "lever")))
    added = xr.DataArray([step * amounts[name] for name in species], {"scenario": species}, ("scenario",))
    gain = (metric.sel(scenario=species) - metric.sel(scenario="base")) / added
    return _with_interval(gain.transpose("scenario", "day"), "ir").rename(columns={"group": "species"})


def _positive(base: xr.DataArray) -> None:
    bad = [str(day) for day in base["day"].to_numpy()[~(base.to_numpy() > 0.0)]]
    if bad:
        remedy = "leave the day out: a relative response needs ozone to be made"
        raise InputError(Fault(f"day {day}", "the base makes no ozone", remedy) for day in bad)


def _with_interval(by_day: xr.DataArray, name: str) -> pd.DataFrame:
    """Return rows group: mean over days, interval of the mean, standard deviation, number, and each day's value."""
    values, count = by_day.to_numpy(), by_day.sizes["day"]
    mean = values.mean(axis=1)
    sd = values.std(axis=1, ddof=1) if count > 1 else np.full(mean.shape, np.nan)
    half = float(stdtrit(count - 1, 0.5 + CONFIDENCE / 2.0)) * sd / np.sqrt(count) if count > 1 else sd
    table = {"group": [str(g) for g in by_day["scenario"].to_numpy()], name: mean, "low": mean - half,
             "high": mean + half, "sd": sd, "days": count}  # fmt: skip
    days = [f"day {day}" for day in by_day["day"].to_numpy()]
    return pd.DataFrame({**table, **dict(zip(days, values.T, strict=True))})
