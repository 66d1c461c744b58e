"""What is wrong with the settings of CMAQ runs before anything is written."""

from collections.abc import Iterator
from pathlib import Path

from aqcore.errors import Fault, Faults, did_you_mean
from drivers.cmaq.ddm import ddm_faults
from drivers.cmaq.isam import isam_faults
from drivers.cmaq.preparation import Preparation
from drivers.cmaq.segments import HOURS
from drivers.cmaq.settings import CmaqSettings
from drivers.cmaq.streams import POINT_PREFIX, stack_faults
from drivers.cmaq.versions import version
from emissions.streams import EmissionStreams


def settings_faults(settings: CmaqSettings, emissions: EmissionStreams, folder: Path) -> Faults:
    """Return what is wrong with the settings, beside the emissions written in `folder`.

    No date, a mechanism or namelists that the version has not, hours beyond the day, stacks that stand elsewhere than
    the runs look for them, labels that are taken.
    """
    faults = Faults()
    one = version(settings.version)
    if not settings.dates:
        faults.add("cmaq.dates", "no day to run", "list the days (UTC)")
    if settings.mechanism not in one.listed("mechanisms"):
        faults.add("cmaq.mechanism", f"CMAQ {one.name} has no {settings.mechanism!r} here",
                   f"allowed: {', '.join(one.listed('mechanisms'))}")  # fmt: skip
    for name in one.listed("user_namelists"):
        if name not in settings.namelists:
            faults.add(f"cmaq.namelists.{name}", "is missing", "give the file that was built with CCTM")
    if sum(settings.span) > HOURS:
        faults.add("cmaq.span", f"{settings.span} ends after midnight UTC", "name fewer hours")
    if settings.span != (0, HOURS) and settings.spin_up_days:
        faults.add("cmaq.spin_up_days", "parts of days cannot lead to each other", "set it to 0, or span to whole days")
    if settings.template is not None and not settings.template.is_file():
        faults.add("cmaq.template", f"{settings.template} is not there", "copy drivers/cmaq/templates/run_cctm.sh.j2")
    taken = {label for sector in emissions.sectors for label in (sector, POINT_PREFIX + sector)}
    for label in settings.streams:
        if label in taken:
            faults.add(f"cmaq.streams.{label}", "is the label of a sector", "choose another")
    faults.extend(stack_faults(emissions, folder, inline_points=settings.inline_points))
    return faults


def apportionment_faults(preparation: Preparation) -> Iterator[Fault]:
    """Yield what is wrong with the tags of ISAM and the parameters of DDM-3D."""
    settings, labels = preparation.settings, preparation.labels
    for name, section in (("isam", settings.isam), ("ddm", settings.ddm)):
        if section is not None and section.scenario not in preparation.table.names:
            remedy = did_you_mean(section.scenario, preparation.table.names)
            yield Fault(f"cmaq.{name}.scenario", f"no scenario {section.scenario!r}", remedy)
    if settings.isam is not None:
        yield from isam_faults(settings.isam, labels)
    if settings.ddm is not None:
        yield from ddm_faults(settings.ddm, labels, preparation.default_rules, preparation.voc)
