"""The mass ledger: tonnes a year followed through every step of the emissions, which must close."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from aqcore.errors import RunFailed

TOLERANCE = 1e-6
"""Largest relative change of mass that a step may make (DESIGN law 1)."""

COLUMNS = ("step", "sector", "pollutant", "district", "fate", "mass_t")

KEPT = "kept"
"""Fate of mass that goes on to the next step; every other fate is a booked exit."""


@dataclass(frozen=True)
class Entry:
    """Mass (t/a) of one sector, pollutant and district after one step, with its fate."""

    step: str
    sector: str
    pollutant: str
    district: str
    fate: str
    mass_t: float


class Ledger:
    """Tonnes a year by step, sector, pollutant and district.

    Steps are kept in the order in which they were first recorded. What a step sends elsewhere on
    purpose (outside the domain, outside the mechanism) is recorded with a fate other than `KEPT`.
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def record(self, step: str, masses: Mapping[tuple[str, str, str], float], *, fate: str = KEPT) -> None:
        """Add the mass (t/a) of each (sector, pollutant, district) after `step`."""
        self._entries.extend(
            Entry(step, sector, pollutant, district, fate, float(mass))
            for (sector, pollutant, district), mass in masses.items()
        )

    def extend(self, entries: Iterable[Entry]) -> None:
        """Take over the entries of another ledger."""
        self._entries.extend(entries)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries in the order of recording."""
        return tuple(self._entries)

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps in the order in which they were first recorded."""
        return tuple(dict.fromkeys(entry.step for entry in self._entries))

    def frame(self) -> pd.DataFrame:
        """Return the ledger as a table with the columns `COLUMNS`."""
        rows = [(e.step, e.sector, e.pollutant, e.district, e.fate, e.mass_t) for e in self._entries]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def closure(self) -> pd.DataFrame:
        """Compare each step with the one before it.

        Returns one row for each (step, sector, pollutant, district) with `before_t` (what the
        previous step kept), `after_t` (kept plus booked exits) and `error`, relative to the
        mass of that sector and pollutant in the previous step.
        """
        table = self.frame()
        keys = ["sector", "pollutant", "district"]
        parts = []
        for before, after in zip(self.steps, self.steps[1:], strict=False):
            kept = table[(table.step == before) & (table.fate == KEPT)].groupby(keys).mass_t.sum()
            total = table[table.step == after].groupby(keys).mass_t.sum()
            both = pd.concat({"before_t": kept, "after_t": total}, axis=1).fillna(0.0)
            scale = both.groupby(level=["sector", "pollutant"]).before_t.transform("sum").abs()
            both["error"] = (both.after_t - both.before_t) / scale.where(scale > 0.0, 1.0)
            parts.append(both.reset_index().assign(step=after, previous=before))
        columns = ["previous", "step", *keys, "before_t", "after_t", "error"]
        return pd.concat(parts)[columns] if parts else pd.DataFrame(columns=columns)

    def check(self, *, tolerance: float = TOLERANCE) -> None:
        """Raise `RunFailed` naming every place where a step gained or lost mass."""
        closure = self.closure()
        open_rows = closure[closure.error.abs() > tolerance]
        if len(open_rows):
            lines = [
                f"{row.previous} -> {row.step}: {row.sector} {row.pollutant} {row.district}: "
                f"{row.before_t:.6g} t/a became {row.after_t:.6g} t/a ({row.error:+.2e})"
                for row in open_rows.itertuples()
            ]
            raise RunFailed("the mass ledger does not close:\n" + "\n".join(lines))

    def write(self, path: Path) -> None:
        """Write the entries as CSV (UTF-8, columns `COLUMNS`, mass in t/a)."""
        self.frame().to_csv(path, index=False)
