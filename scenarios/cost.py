"""What measures cost: the annualised cost of an investment with what it takes to run, or the cost of each tonne.

Annualised cost = I r (1 + r)^n / ((1 + r)^n - 1) + O, the annuity of the investment I over the lifetime n at the
social discount rate r, plus the yearly running cost O less savings (the usual marginal abatement cost account of
GAINS, Klaassen et al. 2005, IIASA IR-05-53, and of the US EPA Control Cost Manual, chapter 2).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from scenarios.control_table import ControlTable
from scenarios.library import measure_library
from scenarios.measure import Measure

#: Social discount rate: 5 to 8 % is usual in China, 3 and 8 % are the bounds of a sensitivity test (planning values).
DISCOUNT_RATE = 0.05
#: Pollutants whose tonnes are added up for a cost a tonne: PM10 holds PM2.5, BC and OC; CO and CO2 would drown them.
COUNTED = ("SO2", "NOx", "VOC", "NH3", "PM10")
COLUMNS = ("scenario", "measure", "basis", "rollout", "cost_cny_per_a", "removed_t", "cny_per_t", "flag")


def annuity_factor(rate: float, years: float) -> float:
    """Return the yearly payment for an investment of 1 over `years` at `rate` (a fraction), per year.

    A rate of 0 spreads it evenly. Raises `ValueError` for years below 0 or 0 and for a rate below 0.
    """
    if years <= 0.0 or rate < 0.0:
        raise ValueError(f"an annuity needs years above 0 and a rate of at least 0, not {years:g} and {rate:g}")
    return 1.0 / years if rate == 0.0 else rate / -float(np.expm1(-years * np.log1p(rate)))


def annualised_cost(measure: Measure, rate: float = DISCOUNT_RATE) -> float | None:
    """Return the cost of a measure's whole planned roll-out, CNY a year; None when it states neither cost."""
    if measure.investment is None and measure.running_cost is None:
        return None
    investment = 0.0
    if measure.investment is not None and measure.lifetime is not None:
        investment = measure.investment * annuity_factor(rate, measure.lifetime)
    return investment + (measure.running_cost or 0.0)


def cost_table(table: ControlTable, measures: Sequence[Measure], *, rate: float = DISCOUNT_RATE) -> pd.DataFrame:
    """Return the yearly cost of each measure of each scenario, with columns `COLUMNS`.

    `basis` says how it was found: `annualised` (investment and running cost times the roll-out), `per tonne` (CNY a
    tonne times the tonnes that are the measure's, summed over the pollutants that state a cost) or `none` (NaN).
    `removed_t` is the measure's share of all removed SO2, NOx, VOC, NH3 and PM10, `cny_per_t` their quotient. `flag` is
    `assumption` where a cost is one.
    """
    known = {measure.id: measure for measure in (*measure_library(), *measures)}
    removed: dict[tuple[str, str], dict[str, float]] = {}
    for row in table.reach.to_dict("records"):
        removed.setdefault((row["scenario"], row["measure"]), {})[row["pollutant"]] = row["removed_t"]
    rows = [
        (scenario.name, name,
         *_cost(known[name], removed.get((scenario.name, name), {}), scenario.rollout.get(name, 1.0), rate))
        for scenario in table.scenarios
        for name in scenario.measures
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _cost(
    measure: Measure, removed: Mapping[str, float], rollout: float, rate: float
) -> tuple[str, float, float, float, float, str]:
    """Return basis, roll-out, cost (CNY a year), tonnes, CNY a tonne and flag of one measure."""
    tonnes = sum(removed.get(name, 0.0) for name in COUNTED)
    whole = annualised_cost(measure, rate)
    if whole is not None:
        basis, cost = "annualised", whole * rollout
    else:
        basis, cost = _per_tonne(measure, removed)
    each = cost / tonnes if tonnes > 0.0 else float("nan")
    return basis, rollout, cost, tonnes, each, _flag(measure)


def _per_tonne(measure: Measure, removed: Mapping[str, float]) -> tuple[str, float]:
    """Return the cost as the sum over the pollutants that state a cost a tonne."""
    stated = {name: effect.cost for name, effect in measure.effects.items() if effect.cost is not None}
    if not stated:
        return "none", float("nan")
    return "per tonne", sum(cost * removed.get(name, 0.0) for name, cost in stated.items())


def _flag(measure: Measure) -> str:
    """Return how sure the cost is: an assumption as soon as one row says so, else the flag of the removal."""
    effects = measure.effects.values()
    return "assumption" if any("cost" in effect.assumed for effect in effects) else next(iter(effects)).flag
