"""The run script of one execution of CCTM: a pure function from settings to text."""

import shlex
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.metadata import version as installed_version

import jinja2

from drivers.cmaq.environment import OUTPUT_FOLDER, Place
from drivers.cmaq.settings import CmaqSettings, Kind
from drivers.cmaq.versions import Setting

TEMPLATE = "run_cctm.sh.j2"


def render(settings: CmaqSettings, place: Place, variables: Sequence[Setting]) -> str:
    """Return the bash script of a run; every value is quoted, whatever characters it holds."""
    return _template().render(
        version=settings.version,
        mechanism=settings.mechanism,
        scenario=place.scenario,
        start=f"{place.segment.start:%Y-%m-%d %H}",
        hours=place.segment.hours,
        identity=place.identity,
        yice=_yice(),
        output_folder=OUTPUT_FOLDER,
        groups=_groups(variables),
        command=command(settings, place.kind),
        alone=not settings.launcher,
    )


def command(settings: CmaqSettings, kind: Kind = "plain") -> list[str]:
    """Return the argument list that starts CCTM."""
    launcher = [part.replace("{ranks}", str(settings.ranks)) for part in settings.launcher]
    return [*launcher, str(settings.executable_of(kind))]


@cache
def _yice() -> str:
    return installed_version("yice")


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("drivers.cmaq", "templates"),
        autoescape=False,  # noqa: S701  # shell, not HTML: every value passes through `quote` or `comment`
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"quote": _quoted, "comment": _comment}
    return environment.get_template(TEMPLATE)


@lru_cache(maxsize=4096)
def _quoted(value: object) -> str:
    return shlex.quote(str(value))


@lru_cache(maxsize=4096)
def _comment(text: str) -> str:
    """Return a text that cannot leave its comment line."""
    return " ".join(str(text).split())


def _groups(variables: Sequence[Setting]) -> list[tuple[str, list[Setting]]]:
    groups: dict[str, list[Setting]] = {}
    for setting in variables:
        groups.setdefault(setting.group, []).append(setting)
    return list(groups.items())
