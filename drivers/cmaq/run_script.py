"""The run script of one execution of CCTM: a pure function from settings to text."""

import shlex
from collections.abc import Sequence
from importlib.metadata import version as installed_version

import jinja2

from drivers.cmaq.environment import OUTPUT_FOLDER, Place
from drivers.cmaq.segments import HOURS
from drivers.cmaq.settings import CmaqSettings
from drivers.cmaq.versions import Setting

TEMPLATE = "run_cctm.sh.j2"


def render(settings: CmaqSettings, place: Place, variables: Sequence[Setting]) -> str:
    """Return the bash script of a run; every value is quoted, whatever characters it holds."""
    template = _environment().get_template(TEMPLATE)
    return template.render(
        version=settings.version,
        mechanism=settings.mechanism,
        scenario=place.scenario,
        start=place.segment.day.isoformat(),
        hours=HOURS,
        identity=place.identity,
        yice=installed_version("yice"),
        output_folder=OUTPUT_FOLDER,
        groups=_groups(variables),
        command=command(settings),
    )


def command(settings: CmaqSettings) -> list[str]:
    """Return the argument list that starts CCTM."""
    return [*(part.replace("{ranks}", str(settings.ranks)) for part in settings.launcher), str(settings.executable)]


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("drivers.cmaq", "templates"),
        autoescape=False,  # noqa: S701  # shell, not HTML: every value passes through `quote` or `comment`
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"quote": lambda value: shlex.quote(str(value)), "comment": _comment}
    return environment


def _comment(text: str) -> str:
    """Return a text that cannot leave its comment line."""
    return " ".join(str(text).split())


def _groups(variables: Sequence[Setting]) -> list[tuple[str, list[Setting]]]:
    groups: dict[str, list[Setting]] = {}
    for setting in variables:
        groups.setdefault(setting.group, []).append(setting)
    return list(groups.items())
