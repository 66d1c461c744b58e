"""The observation-based mode: boxes held to hourly observations, ozone left free.

A box is a (scenario, day). Each observed gas is held to its series times the scenario's factor; O3 is solved. NOx keeps
its observed total, while the chemistry chooses how NO and NO2 share it: the total is restored at every segment, and in
between what the segment before lost is supplied as NO (holding NO, or O3, would fix what is asked: AtChem issues 491
and 492). Gases that were not observed build up over spin-up days and are lost at one rate that stands for dilution and
deposition; a mixed layer whose height was observed adds what its growth dilutes, at d ln h / dt. Uptake by particles is
left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import xarray as xr

from aqcore.calendar import to_utc
from aqcore.errors import Fault, InputError
from drivers.box_model.budget import family_weights
from drivers.box_model.engine import Engine, Held
from drivers.box_model.observed_series import ObservedSeries, at
from drivers.box_model.photolysis import PhotolysisTable, load_table
from drivers.box_model.rates import Environment, environment, rate_coefficients
from drivers.box_model.solar import cloud_photolysis_factor, cos_zenith, distance_factor
from drivers.box_model.weather import HOURS, SECONDS_AN_HOUR, water_mixing_ratio

Array = npt.NDArray[np.float64]

PPB = 1e-9
SECONDS_A_DAY = HOURS * SECONDS_AN_HOUR
DAYTIME = slice(7, 19)
"""Local hours over which rates are integrated (07 to 19, as most RIR studies)."""
FREE = ("O3", "NO")
"""What must not be held where ozone production is asked."""
J_NO2, J_O1D = "NO2_IUPAC10", "O3_O1D_IUPAC10"
SNAPSHOT_S = SECONDS_AN_HOUR // 2
DARK = 1e-7
"""s-1: below this a measured J(NO2) says nothing about the other frequencies."""


@dataclass(frozen=True)
class ObmSettings:
    """How observed days are run.

    loss_s: first-order loss of what is not held (s-1; half a day, studies take 6 to 24 h);
    background_o3_ppb: ozone of the air that dilutes; hono_per_no2: HONO where it was not observed (0.02 is usual, from
    memory); aod, ozone_du: of the light where not observed; segment_s: between two restorations of NOx.
    """

    timezone: str = "Asia/Shanghai"
    loss_s: float = 2.0 / SECONDS_A_DAY
    background_o3_ppb: float = 40.0
    hono_per_no2: float = 0.02
    aod: float = 0.6
    ozone_du: float = 310.0
    segment_s: int = 600
    spinup_days: int = 2
    hold: tuple[str, ...] = field(default=())


def refuse_held(case: "ObmCase", asked: str) -> None:
    """Raise `InputError` when a set-up holds what the analysis wants to know: ozone, NO, or a radical."""
    faults = [
        Fault(
            f"{asked}: hold {name}",
            f"with {name} held the box cannot answer how ozone responds",
            "leave the column out" if name in case.radicals else f"leave {name} free; it starts from its observation",
        )
        for name in case.held
        if name in (*FREE, *case.radicals)
    ]
    if faults:
        raise InputError(faults)


@dataclass(frozen=True)
class ObmCase:
    """Observed days, ready to run with any factors on their gases."""

    series: ObservedSeries
    engine: Engine
    settings: ObmSettings = field(default_factory=ObmSettings)

    def __post_init__(self) -> None:
        unknown = [name for name in self.settings.hold if name not in self.series.gases]
        if unknown:
            raise InputError(Fault(f"hold {name}", "was not observed", "hold observed species") for name in unknown)
        if SNAPSHOT_S % self.settings.segment_s:
            what = f"{self.settings.segment_s} s do not divide half an hour"
            raise InputError([Fault("segment_s", what, "use 300, 600, 900 or 1800")])

    @property
    def species(self) -> tuple[str, ...]:
        """Species of the mechanism."""
        return self.engine.mechanism.species

    @cached_property
    def gases(self) -> Mapping[str, Array]:
        """Observed gases and assumed HONO, ppb (day, hour)."""
        given = dict(self.series.gases)
        if "HONO" not in given:
            given["HONO"] = self.settings.hono_per_no2 * given["NO2"]
        return given

    @cached_property
    def held(self) -> tuple[str, ...]:
        """Species that follow their series; ozone and the two nitrogen oxides only where the settings say so."""
        free = {"O3", "NO", "NO2", "CH4"} - set(self.settings.hold)
        return tuple(name for name in self.gases if name not in free)

    @cached_property
    def radicals(self) -> tuple[str, ...]:
        """The observed ROx radicals: held, they fix how fast ozone is made whatever is cut."""
        mechanism = self.engine.mechanism
        rox = family_weights(mechanism, "rox")
        return tuple(name for name in self.series.gases if name != "CH4" and rox[mechanism.index(name)] > 0.0)

    @property
    def keeps_nox(self) -> bool:
        """Whether the total of NO and NO2 is restored (not where one of them is held)."""
        return not {"NO", "NO2"} & set(self.settings.hold)

    @cached_property
    def environments(self) -> tuple[Environment, ...]:
        """The environment (node, day) at the start of every segment of the day; the last is the first again."""
        step = self.settings.segment_s
        made = [self._environment(float(second)) for second in range(0, SECONDS_A_DAY, step)]
        return (*made, made[0])

    def _environment(self, second: float) -> Environment:
        met, mechanism = self.series.met, self.engine.mechanism
        T, P, RH = (at(met[name], second) for name in ("T", "P", "RH"))
        light = self._light(second)
        photolysis = {name: light[name][None] for name in mechanism.photolysis}
        ratios = {"CH4": at(self.gases["CH4"], second)[None] * PPB} if "CH4" in self.gases else None
        uptake = dict.fromkeys(mechanism.heterogeneous, 0.0)
        water = water_mixing_ratio(T, P, RH)[None]
        return environment(mechanism, T[None], P[None], water, photolysis, uptake, mixing_ratios=ratios)

    def _light(self, second: float) -> dict[str, Array]:
        """Return frequencies (day,) by name: of the table, all scaled by a measured J(NO2), J(O1D) its own."""
        table: PhotolysisTable = load_table()
        met, settings = self.series.met, self.settings
        midnight = to_utc(np.array(self.series.dates, dtype="datetime64[D]").astype("datetime64[h]"), settings.timezone)
        when = np.asarray(midnight + np.timedelta64(int(second), "s"), dtype="datetime64[s]")
        cosz = cos_zenith(when, np.float64(self.series.lon), np.float64(self.series.lat))
        aod = at(met["aod"], second) if "aod" in met else np.full(cosz.shape, settings.aod)
        rates = table.rates(np.degrees(np.arccos(np.clip(cosz, -1.0, 1.0))), aod, settings.ozone_du)
        rates = np.asarray(rates * distance_factor(when))
        if "cloud" in met:
            rates = rates * cloud_photolysis_factor(at(met["cloud"], second))
        own = dict(zip(table.names, rates, strict=True))
        if "J_NO2" in met:
            measured = at(met["J_NO2"], second)
            scale = np.where(own[J_NO2] > DARK, measured / np.maximum(own[J_NO2], DARK), 1.0)
            own = {name: values * scale for name, values in own.items()}
        if "J_O1D" in met:
            own[J_O1D] = at(met["J_O1D"], second)
        return own

    def dilution(self, times: tuple[float, float]) -> Array:
        """Return the loss of what is not held (day,) s-1 between two seconds of the day, growth of the layer with it.

        A growing layer takes in air that lay above: d ln h / dt; a falling one leaves mixing ratios as they are.
        """
        if "pblh" not in self.series.met:
            return np.full(len(self.series.dates), self.settings.loss_s)
        low, high = (at(self.series.met["pblh"], second) for second in times)
        return self.settings.loss_s + np.maximum(np.log(high / low), 0.0) / (times[1] - times[0])

    def run(self, factors: xr.DataArray | None = None) -> "ObmRun":
        """Return the days run with `factors` (scenario, species) on the observed gases, base alone by default.

        Raises `RunFailed` when a box failed, `InputError` for a factor on a gas that is not observed.
        """
        wanted = xr.DataArray(np.ones((1, 0)), {"scenario": ["base"], "species": []}, ("scenario", "species"))
        given = wanted if factors is None else factors
        scale = np.ones((given.sizes["scenario"], len(self.species)))
        for name in (str(species) for species in given["species"].to_numpy()):
            if name not in self.gases:
                raise InputError([Fault(f"factor on {name}", "is not observed", "scale observed species")])
            scale[:, self.species.index(name)] = given.sel(species=name).to_numpy()
        return _Boxes(self, scale).run([str(name) for name in given["scenario"].to_numpy()])


@dataclass(frozen=True)
class ObmRun:
    """Concentrations (hour, species, scenario, day) molecule cm-3 and coefficients (hour, reaction, day) at half past.

    `production` and `loss` of Ox (hour, scenario, day) ppb h-1; `ozone` ppb.
    """

    case: ObmCase
    scenarios: tuple[str, ...]
    y: Array
    k: Array
    per_ppb: Array

    @cached_property
    def _ox(self) -> tuple[Array, Array]:
        mechanism = self.case.engine.mechanism
        change = mechanism.stoichiometry().T @ family_weights(mechanism, "ox")
        rows = [[mechanism.index(s) for s in reaction.reactants] for reaction in mechanism.reactions]
        made, lost = np.zeros((2, self.y.shape[0], *self.y.shape[2:]))
        for number in np.flatnonzero(change):
            rate = np.prod(self.y[:, rows[number]], axis=1) * self.k[:, number, None]
            made += max(change[number], 0.0) * rate
            lost += max(-change[number], 0.0) * rate
        per_hour = SECONDS_AN_HOUR / self.per_ppb[:, None]
        return made * per_hour, lost * per_hour

    def table(self) -> xr.Dataset:
        """Return `O3` ppb and, where O3 and NO are free, `P_O3`, `L_O3`, `net_O3` ppb h-1, (scenario, day, hour)."""
        ozone = self.y[:, self.case.species.index("O3")] / self.per_ppb[:, None]
        made, lost = self._ox
        values = {"O3": (ozone, "ppb")}
        if not set(FREE) & set(self.case.settings.hold):
            values |= {"P_O3": (made, "ppb h-1"), "L_O3": (lost, "ppb h-1"), "net_O3": (made - lost, "ppb h-1")}
        coords = {
            "scenario": list(self.scenarios),
            "day": [str(day) for day in self.case.series.dates],
            "hour": np.arange(HOURS),
        }
        dims = ("scenario", "day", "hour")
        return xr.Dataset(
            {name: (dims, np.moveaxis(array, 0, -1), {"units": unit}) for name, (array, unit) in values.items()}, coords
        )


class _Boxes:
    """All (scenario, day) of a case through spin-up and the day itself, one column each in arrays (species, box)."""

    def __init__(self, case: ObmCase, scale: Array) -> None:
        self._case, self._scale = case, scale
        self._days, self._boxes = len(case.series.dates), scale.shape[0] * len(case.series.dates)
        shape = len(case.species), self._boxes
        self._ozone, self._no, self._no2 = (case.species.index(name) for name in ("O3", "NO", "NO2"))
        self._held_rows = [case.species.index(name) for name in case.held]
        mask = np.zeros((shape[0], 1), dtype=bool)
        mask[self._held_rows] = True
        self._values = np.zeros((2, *shape))  # of what is held, at both ends of a segment
        self._held = Held(np.broadcast_to(mask, shape), self._values)
        self._emission, self._loss, self._nox_loss = np.zeros(shape), np.zeros(shape), np.zeros(self._boxes)

    def run(self, scenarios: list[str]) -> ObmRun:
        case, step = self._case, self._case.settings.segment_s
        y, first_step, snapshots = self._start(), None, []
        numbers = [number for _ in range(case.settings.spinup_days + 1) for number in range(SECONDS_A_DAY // step)]
        last_day = len(numbers) - SECONDS_A_DAY // step
        for count, number in enumerate(numbers):
            self._enter(y, number)
            if count >= last_day and number * step % SECONDS_AN_HOUR == SNAPSHOT_S:
                snapshots.append(y)
            if len(snapshots) == HOURS:
                break  # nothing later is asked
            y, first_step = self._segment(y, number, first_step)
        middle = [case.environments[(hour * SECONDS_AN_HOUR + SNAPSHOT_S) // step] for hour in range(HOURS)]
        k = np.concatenate([rate_coefficients(case.engine.mechanism, env) for env in middle])
        per_ppb = np.concatenate([env.air * PPB for env in middle])
        shape = HOURS, len(case.species), len(scenarios), self._days
        return ObmRun(case, tuple(scenarios), np.stack(snapshots).reshape(shape), k, per_ppb)

    def _air(self, number: int) -> Array:
        return np.asarray(self._case.environments[number].air[0])

    def _per_box(self, values: Array) -> Array:
        """Return (..., day) as (..., box)."""
        return np.tile(values, (1,) * (values.ndim - 1) + (self._scale.shape[0],))

    def _times(self, number: int) -> tuple[float, float]:
        step = float(self._case.settings.segment_s)
        return number * step, (number + 1) * step

    def _gases(self, names: Sequence[str], number: int, air: Array) -> Array:
        """Return observed gases times their factors at the start of a segment (gas, box), molecule cm-3."""
        case, second = self._case, self._times(number)[0]
        if not names:
            return np.zeros((0, self._boxes))
        observed = np.stack([at(case.gases[name], second) for name in names])
        factors = self._scale[:, [case.species.index(name) for name in names]].T
        scaled = factors[:, :, None] * observed[:, None] * air * PPB
        return np.asarray(scaled.reshape(len(names), self._boxes))

    def _start(self) -> Array:
        case, air = self._case, self._air(0)
        y = np.zeros((len(case.species), self._boxes))
        y[[self._no, self._no2]] = self._gases(("NO", "NO2"), 0, air)
        ozone = case.gases.get("O3")
        first = np.full(self._days, case.settings.background_o3_ppb) if ozone is None else at(ozone, 0.0)
        y[self._ozone] = self._per_box(first * air * PPB)
        return y

    def _enter(self, y: Array, number: int) -> None:
        """Set what a segment is given: held gases, losses, what dilution brings, and the nitrogen oxides restored."""
        case = self._case
        for node in range(2):
            self._values[node, self._held_rows] = self._gases(case.held, number + node, self._air(number + node))
        y[self._held_rows] = self._values[0, self._held_rows]
        dilution, air = case.dilution(self._times(number)), self._air(number)
        self._loss[:] = self._per_box(dilution)
        self._emission[self._ozone] = self._per_box(dilution * case.settings.background_o3_ppb * air * PPB)
        if case.keeps_nox:
            self._loss[[self._no, self._no2]] = 0.0
            self._restore_nox(y, number, air)

    def _segment(self, y: Array, number: int, first_step: Array | None) -> tuple[Array, Array]:
        case, step = self._case, float(self._case.settings.segment_s)
        solution = case.engine.solve(
            y,
            _both((case.environments[number], case.environments[number + 1]), self._scale.shape[0]),
            np.array([0.0, step]),
            np.broadcast_to(self._emission, (2, *y.shape)),
            np.broadcast_to(self._loss, (2, *y.shape)),
            np.array([step]),
            held=self._held,
            first_step=first_step,
        )
        solution.raise_if_failed()
        end = np.maximum(solution.end[0], 0.0)
        if case.keeps_nox:
            supplied = self._emission[self._no] * step
            self._nox_loss = np.maximum(self._nox(y) + supplied - self._nox(end), 0.0) / step
        return end, solution.last_step

    def _nox(self, y: Array) -> Array:
        return np.asarray(y[self._no] + y[self._no2])

    def _restore_nox(self, y: Array, number: int, air: Array) -> None:
        """Scale NO and NO2 to the observed total, and supply what the segment is expected to lose or gain as NO."""
        now, then = (self._gases(("NO", "NO2"), number + node, air).sum(axis=0) for node in range(2))
        y[[self._no, self._no2]] *= now / np.maximum(self._nox(y), 1.0)
        growth = (then - now) / self._case.settings.segment_s
        self._emission[self._no] = np.maximum(self._nox_loss + growth, 0.0)


def _both(ends: tuple[Environment, Environment], scenarios: int) -> Environment:
    """Return the environment of two nodes for every (scenario, day)."""

    def wide(values: tuple[Array, Array]) -> Array:
        return np.tile(np.concatenate(values), (1,) * (values[0].ndim - 1) + (scenarios,))

    first, last = ends
    ratios = {
        name: wide((np.asarray(value), np.asarray(last.mixing_ratios[name])))
        for name, value in first.mixing_ratios.items()
    }
    parts = [
        wide((getattr(first, name), getattr(last, name)))
        for name in ("temperature", "pressure", "water", "photolysis", "heterogeneous")
    ]
    return Environment(parts[0], parts[1], parts[2], parts[3], parts[4], mixing_ratios=ratios)
