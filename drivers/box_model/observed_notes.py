"""What a reader must know about an observation-based set-up: what it leaves unanswered, and what it assumes.

The mistakes that users of such models report are holding what is asked (AtChem issue 491) and scaling what is held by
something else (issue 492).
"""

from drivers.box_model.obm import FREE, ObmCase
from drivers.box_model.reactivity_groups import reactivity_groups

LIGHT = ("J_NO2", "J_O1D")


def set_up_notes(case: ObmCase) -> tuple[str, ...]:
    """Return one sentence for each thing held that limits the answer, not used, or assumed."""
    return (*_held(case), *_unused(case), *_assumed(case))


def _held(case: ObmCase) -> list[str]:
    said = [
        f"{name} is held at its observation: P(O3), L(O3) and the net production are left out, because they would be "
        "those of the observation, and no response of ozone can be asked"
        for name in case.settings.hold
        if name in FREE
    ]
    said += [
        f"{name} is a radical and is held at its observation: ekma and rir are refused, because it fixes how fast "
        "ozone is made"
        for name in case.radicals
    ]
    named = {species for members in reactivity_groups().values() for species in members} | {"CH4", "SO2", *FREE}
    fixed = [name for name in case.held if name not in named and name not in case.radicals]
    if fixed:
        said.append(f"{', '.join(fixed)} stay at their observations whatever is cut: no group scales them")
    return said


def _unused(case: ObmCase) -> list[str]:
    columns = case.series.unused
    return [f"{', '.join(columns)} react with nothing in the mechanism and are not used"] if columns else []


def _assumed(case: ObmCase) -> list[str]:
    settings, met = case.settings, case.series.met
    said = []
    if "HONO" not in case.series.gases:
        said.append(f"HONO was not observed: {settings.hono_per_no2:g} of NO2 is assumed")
    if not any(name in met for name in LIGHT):
        aod = "the observed aerosol" if "aod" in met else f"an aerosol optical depth of {settings.aod:g}"
        said.append(f"light was not observed: that of the table with {aod} and {settings.ozone_du:g} DU of ozone")
    if "pblh" not in met:
        hours = 1.0 / settings.loss_s / 3600.0
        said.append(f"no mixing height was observed: what is not held is lost within {hours:.3g} h at all hours")
    return said
