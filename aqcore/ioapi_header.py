"""The header of an I/O API file: its attributes, its dates, its limits (domain knowledge of the real library).

Each rule was seen in runs of libioapi 3.2 or of CCTM: every attribute of `attributes` is required, their types and
text widths matter, and most violations are silent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any

import numpy as np

from aqcore.grid import Grid

NAME_LENGTH = 16
"""Characters of a variable's name and of units, long_name, GDNAM, UPNAM."""

DESCRIPTION_LENGTH = 80
"""Characters of var_desc, EXEC_ID and of one line of FILEDESC."""

DESCRIPTION_LINES = 60
"""Lines of FILEDESC and HISTORY."""

MAX_VARIABLES = 2048
"""Variables that one file may hold (MXVARS3 of PARMS3)."""

TFLAG_UNITS = "<YYYYDDD,HHMMSS>"

MISSING_INTEGER = -9999
"""IMISS3: no vertical grid."""

MISSING_REAL = np.float32(-9.999e36)
"""BADVAL3: the value that stands for "missing"."""

UPDATER = "YICE"

TIME_INDEPENDENT = 0
"""TSTEP of a file that holds for all times."""


class FileType(IntEnum):
    """Shapes of file (FTYPE)."""

    GRIDDED = 1
    BOUNDARY = 2


@dataclass(frozen=True)
class Vertical:
    """The layers of a file: VGTYP, model top VGTOP (Pa), and levels VGLVLS (layers + 1, sigma from 1 to 0)."""

    vgtyp: int
    vgtop: float
    vglvls: tuple[float, ...]

    @classmethod
    def surface(cls) -> "Vertical":
        """Return the vertical grid of a file of one layer that has none, as SMOKE writes it."""
        missing = float(MISSING_REAL)
        return cls(MISSING_INTEGER, missing, (missing, missing))

    @property
    def nlays(self) -> int:
        """Number of layers."""
        return len(self.vglvls) - 1


@dataclass(frozen=True)
class Variable:
    """One variable: name, units, description, and whether it holds integers."""

    name: str
    units: str
    description: str
    integer: bool = False


@dataclass(frozen=True)
class Header:
    """What an I/O API file says of itself; `start` (UTC) and `step_seconds`, 0 for a time-independent file."""

    grid: Grid
    file_type: FileType
    start: datetime
    step_seconds: int
    vertical: Vertical
    variables: tuple[Variable, ...]
    description: str = ""
    execution_id: str = ""
    history: str = ""

    def attributes(self, written: datetime | None = None) -> dict[str, Any]:
        """Return the global attributes in the library's order, each with the type that it must have.

        `written` (UTC, default now) is the time of creation.
        """
        now = written or datetime.now(UTC)
        today, clock = np.int32(julian_day(now)), np.int32(hhmmss(now.hour * 3600 + now.minute * 60 + now.second))
        head: dict[str, Any] = {
            "IOAPI_VERSION": "ioapi-3.2".ljust(DESCRIPTION_LENGTH),
            "EXEC_ID": self.execution_id.ljust(DESCRIPTION_LENGTH),
            "FTYPE": np.int32(self.file_type),
            "CDATE": today, "CTIME": clock, "WDATE": today, "WTIME": clock,
        }  # fmt: skip
        return head | self._times() | self._geometry() | self._texts()

    def _times(self) -> dict[str, Any]:
        start = self.start
        seconds = start.hour * 3600 + start.minute * 60 + start.second
        return {
            "SDATE": np.int32(julian_day(start)),
            "STIME": np.int32(hhmmss(seconds)),
            "TSTEP": np.int32(hhmmss(self.step_seconds)),
        }

    def _geometry(self) -> dict[str, Any]:
        grid, vertical = self.grid, self.vertical
        integers = {
            "NTHIK": grid.nthik, "NCOLS": grid.ncols, "NROWS": grid.nrows, "NLAYS": vertical.nlays,
            "NVARS": len(self.variables), "GDTYP": int(grid.gdtyp),
        }  # fmt: skip
        doubles = ("p_alp", "p_bet", "p_gam", "xcent", "ycent", "xorig", "yorig", "xcell", "ycell")
        return {
            **{key: np.int32(value) for key, value in integers.items()},
            **{key.upper(): np.float64(getattr(grid, key)) for key in doubles},
            "VGTYP": np.int32(vertical.vgtyp),
            "VGTOP": np.float32(vertical.vgtop),
            "VGLVLS": np.array(vertical.vglvls, dtype=np.float32),
            "GDNAM": grid.name.ljust(NAME_LENGTH),
        }

    def _texts(self) -> dict[str, str]:
        return {
            "UPNAM": UPDATER.ljust(NAME_LENGTH),
            "VAR-LIST": "".join(variable.name.ljust(NAME_LENGTH) for variable in self.variables),
            "FILEDESC": in_lines(self.description),
            "HISTORY": in_lines(self.history),
        }

    def flag(self, step: int) -> tuple[int, int]:
        """Return (YYYYDDD, HHMMSS) of time step `step`, (0, 0) in a time-independent file."""
        if self.step_seconds == TIME_INDEPENDENT:
            return 0, 0
        moment = self.start + timedelta(seconds=step * self.step_seconds)
        return julian_day(moment), hhmmss(moment.hour * 3600 + moment.minute * 60 + moment.second)


def julian_day(moment: datetime) -> int:
    """Return YYYYDDD of a date."""
    return moment.year * 1000 + moment.timetuple().tm_yday


def hhmmss(seconds: int) -> int:
    """Return HHMMSS of a length of time in seconds; hours may exceed 24 (480000 is two days)."""
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return hour * 10000 + minute * 100 + second


def seconds_of(clock: int) -> int:
    """Return the seconds of a length of time HHMMSS."""
    return clock // 10000 * 3600 + clock // 100 % 100 * 60 + clock % 100


def moments(flags: np.ndarray[Any, np.dtype[np.integer[Any]]]) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    """Return the times (UTC, ns) of flags (step, 2) of YYYYDDD and HHMMSS."""
    dates, clocks = flags[:, 0].astype(np.int64), flags[:, 1].astype(np.int64)
    years = (dates // 1000 - 1970).astype("datetime64[Y]").astype("datetime64[ns]")
    days = (dates % 1000 - 1) * 86400
    seconds = clocks // 10000 * 3600 + clocks // 100 % 100 * 60 + clocks % 100
    return np.asarray(years + (days + seconds).astype("timedelta64[s]"))


def in_lines(text: str) -> str:
    """Return text as the library stores it: lines padded to 80 characters, at most 60 of them.

    Raises ValueError for more text than that.
    """
    lines = [line[i : i + DESCRIPTION_LENGTH] for line in text.splitlines() for i in _starts(line)]
    if len(lines) > DESCRIPTION_LINES:
        raise ValueError(f"{len(lines)} lines of {DESCRIPTION_LENGTH} characters; at most {DESCRIPTION_LINES} fit")
    return "".join(line.ljust(DESCRIPTION_LENGTH) for line in lines)


def _starts(line: str) -> Sequence[int]:
    return range(0, max(len(line), 1), DESCRIPTION_LENGTH)


def grid_from(attributes: Mapping[str, Any]) -> Grid:
    """Return the grid that the global attributes of a file describe; GDNAM gives both names.

    Raises KeyError for a missing attribute and ValueError for a GDTYP that is not supported.
    """
    names = ("P_ALP", "P_BET", "P_GAM", "XCENT", "YCENT", "XORIG", "YORIG", "XCELL", "YCELL")
    doubles = {name.lower(): float(attributes[name]) for name in names}
    integers = {name.lower(): int(attributes[name]) for name in ("GDTYP", "NCOLS", "NROWS", "NTHIK")}
    name = str(attributes["GDNAM"]).strip()
    return Grid(name=name, coordinate_name=name, **integers, **doubles)  # type: ignore[arg-type]  # keys fit by name
