"""A scenario: a named list of named overrides (law 4), and the NOx-VOC matrix on top of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from aqcore.errors import Faults
from scenarios.scenario_factor import DirectFactor
from scenarios.target import Target
from scenarios.window_plan import WindowPlan

BASE = "base"
MATRIX_POLLUTANTS = ("NOx", "VOC")
#: Levels are named in whole percent (`nox_060`): a level must be a whole percent to this tolerance.
PERCENT_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Scenario:
    """One scenario with everything it inherits already in it.

    `growth` is the ratio of a sector's activity in `year` to that of the inventory, applied before any control;
    `background` the factor on a species flowing in; `rollout` the fraction of a measure's way from today's to its
    planned coverage that is done (1 where it is not named). `windows` act at certain dates or hours only. `optional`
    names measures of a package, which may find nothing in a city. `changes` tells what an override changed of what was
    inherited.
    """

    name: str
    title_zh: str = ""
    title_en: str = ""
    year: int | None = None
    measures: tuple[str, ...] = ()
    growth: Mapping[str, float] = field(default_factory=dict, hash=False)
    factors: tuple[DirectFactor, ...] = ()
    background: Mapping[str, float] = field(default_factory=dict, hash=False)
    rollout: Mapping[str, float] = field(default_factory=dict, hash=False)
    windows: tuple[WindowPlan, ...] = ()
    kind: Literal["named", "matrix", "zero_out", "change", "joint", "sample"] = "named"
    optional: frozenset[str] = frozenset()
    extends: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    where: str = field(default="", compare=False)

    @property
    def place(self) -> str:
        """Where a fault of the scenario is: its place in the file, and its name where that is another's."""
        if not self.where:
            return f"scenario {self.name}"
        return self.where if self.where.endswith(f":{self.name}") else f"{self.where} (scenario {self.name})"

    @property
    def is_base(self) -> bool:
        """Whether the scenario changes nothing."""
        return not (self.measures or self.growth or self.factors or self.background or self.windows)


def base() -> Scenario:
    """Return the scenario that changes nothing."""
    return Scenario(BASE, "基准", "Base")


def matrix(nox_levels: Sequence[float], voc_levels: Sequence[float], *, of: Scenario | None = None) -> list[Scenario]:
    """Return one scenario a (NOx, VOC) node, named `nox_060_voc_080`, NOx varying slowest.

    Each scales the NOx and VOC of every source of the city on top of the scenario `of` (the base when left out);
    the node (1, 1) has no override of its own and so equals `of` exactly. Raises `InputError` for a level that is
    negative, repeated, or no whole percent.
    """
    faults = Faults()
    for pollutant, levels in zip(MATRIX_POLLUTANTS, (nox_levels, voc_levels), strict=True):
        _check_levels(pollutant, levels, faults)
    faults.raise_if_any()
    return [_node(nox, voc, of or base()) for nox in nox_levels for voc in voc_levels]


def node_name(nox: float, voc: float) -> str:
    """Return the name of a matrix node: levels in whole percent."""
    return f"nox_{round(100 * nox):03d}_voc_{round(100 * voc):03d}"


def _check_levels(pollutant: str, levels: Sequence[float], faults: Faults) -> None:
    """Note levels that cannot be named or that repeat."""
    for level in levels:
        if not (level >= 0.0 and abs(100.0 * level - round(100.0 * level)) <= PERCENT_TOLERANCE * 100.0):
            faults.add(f"matrix:{pollutant}", f"level {level:g}", "give levels of 0 or more in whole percent (0.35)")
    if len(set(levels)) < len(levels):
        faults.add(f"matrix:{pollutant}", f"levels repeat: {list(levels)}", "give each level once")


def _node(nox: float, voc: float, of: Scenario) -> Scenario:
    """Return one node of the matrix."""
    everywhere = Target()
    own = tuple(
        DirectFactor(everywhere, pollutant, level, where=f"matrix:{pollutant}")
        for pollutant, level in zip(MATRIX_POLLUTANTS, (nox, voc), strict=True)
        if level != 1.0
    )
    return replace(
        of,
        name=node_name(nox, voc),
        title_zh=f"NOx {100 * nox:g} %、VOC {100 * voc:g} %",
        title_en=f"NOx {100 * nox:g} %, VOC {100 * voc:g} %",
        factors=of.factors + own,
        kind="matrix",
        extends=(of.name,),
        changes=(),
    )
