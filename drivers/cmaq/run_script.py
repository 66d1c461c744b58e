"""The run script of one execution of CCTM: a pure function from settings to text."""

import re
import shlex
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.metadata import version as installed_version
from pathlib import Path

import jinja2

from aqcore.errors import Fault, InputError
from drivers.cmaq.environment import OUTPUT_FOLDER, Place, RunEnvironment
from drivers.cmaq.settings import CmaqSettings, Kind
from drivers.cmaq.versions import Setting

TEMPLATE = "run_cctm.sh.j2"


def render(settings: CmaqSettings, place: Place, variables: RunEnvironment) -> str:
    """Return the bash script of a run; every value is quoted, whatever characters it holds.

    Raises InputError when the user's own template cannot be read or rendered.
    """
    try:
        return _rendered(_template(settings.template), settings, place, variables)
    except jinja2.TemplateError as error:
        line = f":{error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else ""
        remedy = f"mend it, or start again from a copy of {TEMPLATE}"
        raise InputError([Fault(f"cmaq.template={settings.template}{line}", str(error), remedy)]) from error


def _rendered(template: jinja2.Template, settings: CmaqSettings, place: Place, variables: RunEnvironment) -> str:
    return template.render(
        version=settings.version,
        mechanism=settings.mechanism,
        scenario=place.scenario,
        start=f"{place.segment.start:%Y-%m-%d %H}",
        hours=place.segment.hours,
        identity=place.identity,
        yice=_yice(),
        output_folder=OUTPUT_FOLDER,
        groups=tuple(variables.groups.items()),
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
def _template(own: Path | None) -> jinja2.Template:
    """Return the template of the run script: the user's own, or that of the house."""
    loader = jinja2.FileSystemLoader(own.parent) if own else jinja2.PackageLoader("drivers.cmaq", "templates")
    environment = jinja2.Environment(
        loader=loader,
        autoescape=False,  # noqa: S701  # shell, not HTML: every value passes through `quote` or `comment`
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"quote": _quoted, "comment": _comment, "exports": _exports}
    return environment.get_template(own.name if own else TEMPLATE)


@lru_cache(maxsize=4096)
def _quoted(value: object) -> str:
    return shlex.quote(str(value))


@lru_cache(maxsize=4096)
def _comment(text: str) -> str:
    """Return a text that cannot leave its comment line."""
    return " ".join(str(text).split())


def _exports(settings: Iterable[Setting]) -> str:
    """Return one export a line, its reason behind it."""
    return _export_lines(tuple(settings))


@lru_cache(maxsize=1024)
def _export_lines(settings: tuple[Setting, ...]) -> str:
    """Return the lines of a group; what scenarios share is put into words once."""
    return "\n".join(map(_export, settings))


def _export(setting: Setting) -> str:
    return f"export {setting.variable}={_quoted(setting.value)}  # {_comment(setting.why)}"


_EXPORT = re.compile(r"^[ \t]*export[ \t]+([A-Za-z_]\w*)=(.*)$", re.MULTILINE)


def exported(text: str) -> dict[str, str | None]:
    """Return the variables that a run script exports; None for a value that only bash knows (it holds a $ or a `).

    A script is edited by hand: what it exports, and not what was once written, is what CCTM gets.
    """
    return {name: _value(rest) for name, rest in _EXPORT.findall(text)}


def _value(rest: str) -> str | None:
    plain = rest.split(" #", 1)[0].strip()
    if plain.isascii() and not set(plain) & set("'\"$`\\"):
        return plain
    if set(rest.partition("'")[0]) & {"$", "`"}:
        return None
    try:
        parts = shlex.split(rest, comments=True)
    except ValueError:
        return None
    return parts[0] if parts else ""
