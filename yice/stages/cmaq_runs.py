"""CMAQ runs: the named scenarios of a city as run directories of CCTM."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from aqcore.errors import Fault, InputError
from drivers.cmaq.driver import CmaqDriver
from emissions.stream_files import INDEX, read_index
from yice.stages import emissions
from yice.workspace import Workspace


def cmaq_driver(space: Workspace, launcher: Sequence[str] = ()) -> CmaqDriver:
    """Return CMAQ for the named scenarios, with the streams of region and nature that stand beside the city's.

    `launcher` is how a cluster starts MPI programs, in place of `[cmaq] launcher`.

    Raises InputError with every fault of `[cmaq]`, and triggers that its dates leave undecided.
    """
    folder = space.work / emissions.FOLDER
    settings = space.cmaq_settings
    if faults := _undecided(space, settings.dates):
        raise InputError(faults)
    beside = {**further_streams(folder), **settings.streams}
    settings = replace(settings, launcher=tuple(launcher) or settings.launcher)
    return CmaqDriver(replace(settings, streams=beside), space.streams, space.named_table, folder)


def further_streams(folder: Path) -> dict[str, str]:
    """Return label -> file, with `{date}`, of the written streams that no scenario changes."""
    if not (folder / INDEX).is_file():
        return {}
    others = [one for one in read_index(folder) if one.origin != "city"]
    return {one.stream: str(folder / one.file.replace(f"{one.date:%Y%m%d}", "{date}")) for one in others}


def _undecided(space: Workspace, dates: Sequence[date]) -> tuple[Fault, ...]:
    """Return the triggers that nobody can judge on dates that are no modelled days."""
    modelled = {str(day) for day in space.days.data["date"].to_numpy().astype("datetime64[D]")}
    unknown = [str(day) for day in dates if str(day) not in modelled]
    remedy = "write its dates instead, or run CMAQ on modelled days"
    return tuple(
        Fault(f"{plan.where}:trigger", f"the air of {', '.join(unknown)}, dates of CMAQ, is not known", remedy)
        for scenario in space.scenarios
        for plan in scenario.windows
        if plan.triggered and unknown
    )
