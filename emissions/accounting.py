"""Where the mass is at every step: the ledger of the emissions, and what stands in the written files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
import pandas as pd

from aqcore.errors import RunFailed
from aqcore.ledger import KEPT, TOLERANCE, Entry, Ledger
from aqcore.units import SECOND_PER_HOUR
from emissions.inventory import Inventory
from emissions.speciation import Speciation

OUTSIDE_DOMAIN = "outside domain"
"""Fate of what lies beyond the grid."""

OVERRIDE = "override"
"""Fate of what measured hours and counted activity take from the year of the profiles (negative: what they add)."""

NOT_WRITTEN = "not written"
"""Fate of a sector of which no file has been written."""

HOURS = 24
"""Steps of a file that make its day; step 24 belongs to the next day."""

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Account:
    """Mass that goes into the files, t/a.

    `mass` is (sector and district, pollutant, species) inside the domain; `keys` the (sector, district) of its rows.
    """

    keys: tuple[tuple[str, str], ...]
    pollutants: tuple[str, ...]
    mass: np.ndarray

    def by_key(self, ratio: np.ndarray, sector: str) -> dict[Key, float]:
        """Return t/a by (sector, pollutant, district) of one sector when each species has `ratio` (species,) of it."""
        rows = [row for row, (name, _) in enumerate(self.keys) if name == sector]
        return {
            (sector, pollutant, self.keys[row][1]): float(self.mass[row, column] @ ratio)
            for row in rows
            for column, pollutant in enumerate(self.pollutants)
        }


def open_ledger(
    inventory: Inventory,
    speciation: Speciation,
    inside: np.ndarray,
    year_sums: np.ndarray,
    layer_sums: np.ndarray,
) -> tuple[Ledger, Account]:
    """Record the steps inventory, speciation, placing, time and layers.

    `inside` is the share of each source within the grid, `year_sums` the sum of its hourly shares over a calendar
    year, `layer_sums` the sum of its layer shares, all (source,).
    """
    ledger = Ledger()
    ledger.record("inventory", _masses(inventory, inventory.mass.to_numpy()))
    ledger.extend(speciation.ledger_entries(inventory))
    keys = tuple(dict.fromkeys(zip(inventory.sources["sector"], inventory.sources["district"], strict=True)))
    mass = np.zeros((len(keys), len(inventory.pollutants), len(speciation.names)))
    kept = np.zeros(inventory.mass.shape)
    sector_of = inventory.sources["sector"]
    for sector in inventory.sectors:
        rows = (sector_of == sector).to_numpy()
        part = speciation.masses(inventory.select(sector_of == sector)).sel(species=list(speciation.names)).to_numpy()
        kept[rows] = part.sum(axis=2)
        districts = inventory.sources["district"][rows]
        index = np.array([keys.index((sector, district)) for district in districts])
        np.add.at(mass, index, part * inside[rows, None, None])
    ledger.record("placing", _masses(inventory, kept * inside[:, None]))
    beyond = _masses(inventory, kept * (1.0 - inside)[:, None])
    ledger.record("placing", {key: mass for key, mass in beyond.items() if mass != 0.0}, fate=OUTSIDE_DOMAIN)
    ledger.record("time", _masses(inventory, kept * (inside * year_sums)[:, None]))
    ledger.record("layers", _masses(inventory, kept * (inside * year_sums * layer_sums)[:, None]))
    return ledger, Account(keys, inventory.pollutants, mass)


def book_overrides(ledger: Ledger, dynamic: Ledger) -> None:
    """Add the step `override` to a ledger: what the year keeps with the known hours, and what they changed.

    `dynamic` is the ledger of the inventory with the mass of the known hours; the step `layers` of both is compared.
    """
    before = {_key(entry): entry.mass_t for entry in ledger.entries if entry.step == "layers"}
    after = {_key(entry): entry.mass_t for entry in dynamic.entries if entry.step == "layers"}
    ledger.record("override", after)
    changed = {key: mass - after[key] for key, mass in before.items()}
    ledger.record("override", {key: mass for key, mass in changed.items() if mass != 0.0}, fate=OVERRIDE)


def _key(entry: Entry) -> Key:
    return entry.sector, entry.pollutant, entry.district


def _masses(inventory: Inventory, mass: np.ndarray) -> dict[Key, float]:
    """Sum mass (source, pollutant) by (sector, pollutant, district)."""
    totals: dict[Key, float] = {}
    keys = zip(inventory.sources["sector"], inventory.sources["district"], strict=True)
    for (sector, district), row in zip(keys, mass, strict=True):
        for pollutant, value in zip(inventory.pollutants, row, strict=True):
            key = (sector, pollutant, district)
            totals[key] = totals.get(key, 0.0) + float(value)
    return totals


@dataclass(frozen=True)
class WrittenDay:
    """What one file holds.

    `file_day` and `trapezoid_day` (species,): the sum of steps 0 to 23 x 3600 s, and the integral that CMAQ makes of
    the file by interpolating linearly between its steps; `profile_day` what the profiles give the day; `inline_day`
    what of `file_day` stands in the file of inline points; mol or g.
    """

    sector: str
    date: str
    species: tuple[str, ...]
    file_day: np.ndarray
    trapezoid_day: np.ndarray
    profile_day: np.ndarray
    inline_day: np.ndarray | None = None

    @property
    def inline(self) -> np.ndarray:
        """What stands in the file of inline points, (species,), zero without one."""
        return np.zeros(len(self.species)) if self.inline_day is None else self.inline_day

    @property
    def ratio(self) -> np.ndarray:
        """What stands in the file over what should, (species,); 1 where the day has none and the file holds none."""
        none = self.profile_day == 0.0
        ratio = self.file_day / np.where(none, 1.0, self.profile_day)
        return np.where(none, 1.0 + self.file_day, ratio)

    def check(self) -> None:
        """Raise `RunFailed` when the file holds another mass than the profiles give its day."""
        wrong = np.flatnonzero(np.abs(self.ratio - 1.0) > TOLERANCE)
        if len(wrong):
            lines = [f"{self.species[k]} {self.profile_day[k]:.9g} became {self.file_day[k]:.9g}" for k in wrong]
            raise RunFailed(f"the file of {self.sector} {self.date} does not hold its mass: " + "; ".join(lines))


def read_day(
    paths: Sequence[Path], sector: str, date: str, species: Sequence[str], profile_day: np.ndarray
) -> WrittenDay:
    """Sum the written files of a day back, the gridded one first; species that they do not hold count as zero."""
    day, trapezoid, inline = np.zeros(len(species)), np.zeros(len(species)), np.zeros(len(species))
    for order, path in enumerate(paths):
        with netCDF4.Dataset(path) as file:
            file.set_auto_maskandscale(False)
            for number, name in enumerate(species):
                if name in file.variables:
                    hourly = file[name][:].sum(axis=(1, 2, 3), dtype=np.float64)
                    seconds = hourly[:HOURS].sum() * SECOND_PER_HOUR
                    day[number] += seconds
                    inline[number] += seconds if order else 0.0
                    trapezoid[number] += seconds + 0.5 * (hourly[HOURS] - hourly[0]) * SECOND_PER_HOUR
    return WrittenDay(sector, date, tuple(species), day, trapezoid, np.asarray(profile_day), inline)


def day_table(days: Iterable[WrittenDay]) -> pd.DataFrame:
    """Return what written files hold, one row a sector, date and species that the day has.

    Columns `profile_day` (by the profiles), `file_day` (steps 0 to 23 x 3600 s), `trapezoid_day` (as CMAQ
    interpolates the file), `inline_day` (the part of `file_day` in the file of inline points), mol or g.
    """
    columns = ["sector", "date", "species", "profile_day", "file_day", "trapezoid_day", "inline_day"]
    rows = [
        (day.sector, day.date, *row)
        for day in days
        for row in zip(day.species, day.profile_day, day.file_day, day.trapezoid_day, day.inline, strict=True)
    ]
    table = pd.DataFrame(rows, columns=columns)
    return table[table["profile_day"] > 0.0].reset_index(drop=True)


def file_entries(account: Account, days: Sequence[WrittenDay]) -> list[Entry]:
    """Return the ledger's step `files`: the account at the ratio of the files, the mean over the written days.

    The mass of a sector without a file has the fate `NOT_WRITTEN`.
    """
    entries: list[Entry] = []
    for sector in dict.fromkeys(name for name, _ in account.keys):
        ratios = [day.ratio for day in days if day.sector == sector]
        ratio = np.mean(ratios, axis=0) if ratios else np.ones(account.mass.shape[2])
        fate = KEPT if ratios else NOT_WRITTEN
        masses = account.by_key(ratio, sector)
        entries.extend(Entry("files", name, pollutant, district, fate, mass)
                       for (name, pollutant, district), mass in masses.items())  # fmt: skip
    return entries


def with_files(opened: Ledger, account: Account, written: Sequence[WrittenDay]) -> Ledger:
    """Return a ledger up to the layers with the step `files` behind it, once days are written."""
    ledger = Ledger()
    ledger.extend(opened.entries)
    if written:
        ledger.extend(file_entries(account, written))
    return ledger
