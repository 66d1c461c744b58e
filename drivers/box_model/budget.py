"""Budgets of a solved box: production and loss of Ox, the ROx budget, OH reactivity, oxidation capacity, L_N/Q.

All from the mechanism's own stoichiometry and family weights (columns `ox`, `rox`, `organic` of `data/species.csv`), so
that no list of reactions has to be kept by hand. Rates are in molecule cm-3 s-1 with dimensions (reaction | term, time,
box).

Ox = O3 + O + O1D + NO2 + 2 NO3 + 3 N2O5 + PAN + PANX + OPAN + PNA + ClO + ClNO2 + 2 ClNO3; HNO3 and organic nitrates
are losses. ROx = OH + HO2 + RO2; in CB6, XO2H and XO2N carry one radical each, XO2 only counts NO -> NO2 conversions
and carries none.
"""

import csv
from collections.abc import Callable
from functools import cache
from importlib.resources import files

import numpy as np
import xarray as xr

from drivers.box_model.engine import Array
from drivers.box_model.mechanism import Mechanism, Reaction

OXIDANTS = ("OH", "O3", "NO3")
NITROGEN_OXIDES = frozenset({"NO", "NO2", "NO3"})
RESERVOIRS = frozenset({"PAN", "PANX", "OPAN", "PNA", "HONO"})
CLOSED = 1e-6  # a radical or reservoir is exchanged whole: yields carry three decimals
RATE_UNIT = "molecule cm-3 s-1"


@cache
def _species_table() -> dict[str, dict[str, str]]:
    text = files("drivers.box_model").joinpath("data/species.csv").read_text(encoding="utf-8")
    return {row["species"]: row for row in csv.DictReader(text.splitlines())}


def family_weights(mechanism: Mechanism, column: str) -> Array:
    """Return the weight of each species in a family: `ox`, `rox`, `organic`, `nitrogen`, `sulfur` or `chlorine`."""
    table = _species_table()
    return np.array([float(table[s][column] or 0.0) if s in table else 0.0 for s in mechanism.species])


def reaction_rates(mechanism: Mechanism, k: Array, y: Array) -> xr.DataArray:
    """Return the rates (reaction, time, box) from k (time, reaction, box) and y (time, species, box)."""
    rates = k.copy()
    for row, reaction in enumerate(mechanism.reactions):
        for species in reaction.reactants:
            rates[:, row] *= y[:, mechanism.index(species)]
    coords = {"reaction": list(mechanism.labels)}
    return xr.DataArray(rates.swapaxes(0, 1), coords, ("reaction", "time", "box"), attrs={"units": RATE_UNIT})


def ox_budget(mechanism: Mechanism, rates: xr.DataArray) -> xr.Dataset:
    """Return `production` (source, time, box) and `loss` (sink, time, box) of Ox, and `net` (time, box).

    Sources are `HO2 + NO`, `RO2 + NO` and `other`; sinks follow the partner of Ox. A reaction that moves
    Ox within the family counts with what it leaves, so the cycle NO2 -> NO + O3 -> NO2 cancels exactly.
    """
    change = mechanism.stoichiometry().T @ family_weights(mechanism, "ox")
    production = _by_term(rates, mechanism, np.maximum(change, 0.0), _production_term).rename(term="source")
    loss = _by_term(rates, mechanism, np.maximum(-change, 0.0), _loss_term).rename(term="sink")
    return xr.Dataset({"production": production, "loss": loss, "net": production.sum("source") - loss.sum("sink")})


def rox_budget(mechanism: Mechanism, rates: xr.DataArray) -> xr.Dataset:
    """Return `initiation` (source, time, box), `termination` (sink, time, box) of ROx and `LN_over_Q` (time, box).

    Reservoirs (PAN, PANX, OPAN, PNA, HONO) enter with the net of what they take and give: initiation where they give
    more, termination by nitrogen oxides where they take more. Q is the sum of initiation, L_N what nitrogen oxides end
    (Kleinman et al. 1997, Geophys. Res. Lett. 24, 2299).
    """
    change = mechanism.stoichiometry().T @ family_weights(mechanism, "rox")
    exchange = np.array([_exchanged(r, c) for r, c in zip(mechanism.reactions, change, strict=True)])
    own = np.where(exchange == "", change, 0.0)
    initiation = _by_term(rates, mechanism, np.maximum(own, 0.0), _initiation_term)
    termination = _by_term(rates, mechanism, np.maximum(-own, 0.0), _termination_term)
    for name in sorted(set(exchange) - {""}):
        net = _weighted(rates, np.where(exchange == name, change, 0.0))
        initiation = _with_term(initiation, str(name), net.clip(min=0.0))
        termination = _with_term(termination, str(name), (-net).clip(min=0.0))
    nitrogen = [t for t in termination.term.values if t == "nitrogen oxides" or t in RESERVOIRS]
    ratio = termination.sel(term=nitrogen).sum("term") / initiation.sum("term")
    parts = {"initiation": initiation.rename(term="source"), "termination": termination.rename(term="sink")}
    return xr.Dataset(parts | {"LN_over_Q": ratio})


def kleinman_sensitivities(ln_over_q: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Return dlnP(O3)/dln[NO] and dlnP(O3)/dln[VOC] of f = L_N/Q: (1 - 3f/2)/(1 - f/2) and (f/2)/(1 - f/2).

    Both are 1/3 at f = 1/2; above 2/3 more NO means less ozone. After Kleinman et al. (1997), from knowledge.
    """
    f = ln_over_q
    return (1.0 - 1.5 * f) / (1.0 - 0.5 * f), 0.5 * f / (1.0 - 0.5 * f)


def oh_reactivity(mechanism: Mechanism, k: Array, y: Array) -> xr.DataArray:
    """Return the inverse lifetime of OH in s-1 by partner (partner, time, box), CH4 and H2 among them."""
    parts: dict[str, Array] = {}
    for row, reaction in enumerate(mechanism.reactions):
        if "OH" not in reaction.reactants:
            continue
        others = list(reaction.reactants)
        others.remove("OH")
        partner = "OH" if others == ["OH"] else (others or [b for b in reaction.third_bodies if b != "M"])[0]
        share = k[:, row] * (2.0 if partner == "OH" else 1.0)
        for species in others:
            share = share * y[:, mechanism.index(species)]
        parts[partner] = parts.get(partner, 0.0) + share
    stack = np.stack(list(parts.values()))
    return xr.DataArray(stack, {"partner": list(parts)}, ("partner", "time", "box"), attrs={"units": "s-1"})


def oxidation_capacity(mechanism: Mechanism, rates: xr.DataArray) -> xr.DataArray:
    """Return the rate at which OH, O3 and NO3 oxidise CO, CH4 and organic gases (oxidant, time, box)."""
    organic = dict(zip(mechanism.species, family_weights(mechanism, "organic"), strict=True))
    rows = [_weighted(rates, np.array([_oxidises(r, name, organic) for r in mechanism.reactions])) for name in OXIDANTS]
    return xr.concat(rows, dim="oxidant").assign_coords(oxidant=list(OXIDANTS)).assign_attrs(units=RATE_UNIT)


def _oxidises(reaction: Reaction, oxidant: str, organic: dict[str, float]) -> float:
    if oxidant not in reaction.reactants:
        return 0.0
    return float("CH4" in reaction.third_bodies or any(organic.get(s, 0.0) for s in reaction.reactants))


def _production_term(reaction: Reaction) -> str:
    if "NO" not in reaction.reactants:
        return "other"
    if "HO2" in reaction.reactants:
        return "HO2 + NO"
    return "RO2 + NO" if reaction.order == 2 and reaction.reactants != ("NO", "NO") else "other"


def _loss_term(reaction: Reaction) -> str:
    met = set(reaction.reactants)
    if "O1D" in met:
        return "O1D + H2O"
    for pair in (("O3", "HO2"), ("O3", "OH"), ("NO2", "OH")):
        if met == set(pair):
            return " + ".join(pair)
    if met & {"NO3", "N2O5"}:
        return "NO3 and N2O5"
    return "O3 + VOC" if "O3" in met else "other"


def _initiation_term(reaction: Reaction) -> str:
    met = set(reaction.reactants)
    if "O1D" in met:
        return "O1D + H2O"
    if reaction.order == 1:
        return {"FORM": "HCHO", "H2O2": "H2O2"}.get(reaction.reactants[0], "other photolysis")
    for oxidant in ("O3", "NO3", "CL"):
        if oxidant in met:
            return f"{oxidant} + VOC"
    return "other"


def _termination_term(reaction: Reaction) -> str:
    if NITROGEN_OXIDES & set(reaction.reactants):
        return "nitrogen oxides"
    table = _species_table()
    radicals = all(float(table[s]["rox"]) or s in {"RO2", "XO2"} for s in reaction.reactants)
    return "radical + radical" if radicals else "other"


def _exchanged(reaction: Reaction, radicals: float) -> str:
    """Return the reservoir that takes or gives the radicals of a reaction whole, or nothing."""
    for name in RESERVOIRS & reaction.net().keys():
        if radicals and abs(reaction.net()[name] + radicals) < CLOSED:
            return name
    return ""


def _by_term(
    rates: xr.DataArray, mechanism: Mechanism, amounts: Array, term: Callable[[Reaction], str]
) -> xr.DataArray:
    """Return amounts x rates summed by the term that each reaction with an amount belongs to (term, time, box)."""
    terms = np.array([term(r) if a else "" for r, a in zip(mechanism.reactions, amounts, strict=True)])
    names = sorted(set(terms) - {""})
    parts = [_weighted(rates, np.where(terms == name, amounts, 0.0)) for name in names]
    return xr.concat(parts, dim="term").assign_coords(term=names).assign_attrs(units=RATE_UNIT)


def _weighted(rates: xr.DataArray, amounts: Array) -> xr.DataArray:
    return (rates * xr.DataArray(amounts, dims="reaction")).sum("reaction")


def _with_term(budget: xr.DataArray, name: str, values: xr.DataArray) -> xr.DataArray:
    return xr.concat([budget, values.assign_coords(term=name)], dim="term")
