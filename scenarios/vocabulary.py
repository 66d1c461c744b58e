"""The names that measures and scenarios may use, and the check of a target against them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd
import xarray as xr

from aqcore.errors import Faults, did_you_mean
from scenarios.target import COLUMNS, LEVELS, Target, industry_digits, levels_of


@dataclass(frozen=True)
class Vocabulary:
    """Allowed names by field of `Target`, and the pollutants; a field without an entry is not checked.

    `emitted` is what a city's own sectors, districts and parks emit, by (field, name); empty where it is not known.
    """

    names: Mapping[str, frozenset[str]] = field(hash=False)
    pollutants: frozenset[str]
    emitted: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict, hash=False)

    def every(self, name: str, pollutants: Iterable[str]) -> tuple[str, ...]:
        """Return all names of a field that emit one of the pollutants, sorted; all names where that is not known."""
        known = sorted(self.names.get(name, ()))
        if not self.emitted:
            return tuple(known)
        wanted = frozenset(pollutants)
        return tuple(own for own in known if wanted & self.emitted.get((name, own), frozenset()))

    def check(self, faults: Faults, where: str, target: Target) -> None:
        """Note every name of a target that is not allowed."""
        for name, values in target.named().items():
            if name in self.names:
                spelled = map(industry_digits, values) if name == "industries" else values
                check_names(faults, f"{where}:{name}", spelled, self.names[name])

    def check_pollutant(self, faults: Faults, where: str, pollutant: str) -> bool:
        """Note an unknown pollutant; return whether it is known."""
        return check_names(faults, where, [pollutant], self.pollutants)

    @property
    def sectors(self) -> frozenset[str]:
        """The sectors."""
        return self.names["sectors"]


def check_names(faults: Faults, where: str, values: Iterable[str], allowed: Iterable[str]) -> bool:
    """Note each value outside `allowed` with the nearest allowed names; return whether all were inside."""
    known = frozenset(allowed)
    unknown = [value for value in values if value not in known]
    listed = sorted(known) if unknown else []
    for value in unknown:
        faults.add(where, f"{value!r} is unknown", did_you_mean(value, listed))
    return not unknown


def for_inventory(sources: pd.DataFrame, base: Vocabulary, mass: xr.DataArray | None = None) -> Vocabulary:
    """Return a vocabulary that also knows an inventory's districts, parks and enterprises (names and source ids).

    With `mass` (source, pollutant) it knows too which of them emit what.
    """
    points = sources[sources["kind"] == "point"]
    own = {name: _values(sources, name) for name in ("districts", "parks")}
    own["stacks"] = frozenset(sources.index.astype(str))
    own["enterprises"] = _values(points, "enterprises") | own["stacks"]
    own["levels"] = _levels(sources)
    own["industries"] = _beginnings(sources["industry_code"]) if "industry_code" in sources else frozenset()
    return Vocabulary({**base.names, **own}, base.pollutants, {} if mass is None else _emitted(sources, mass))


def _emitted(sources: pd.DataFrame, mass: xr.DataArray) -> dict[tuple[str, str], frozenset[str]]:
    """Return the pollutants that each sector, district and park emits."""
    emits = pd.DataFrame(mass.to_numpy() > 0.0, sources.index, list(mass["pollutant"].to_numpy()))
    return {
        (part, str(name)): frozenset(row.index[row.to_numpy()])
        for part in ("sectors", "districts", "parks")
        for name, row in emits.groupby(sources[COLUMNS[part][0]]).any().iterrows()
    }


def _values(sources: pd.DataFrame, name: str) -> frozenset[str]:
    """Return the distinct non-empty values in the columns of a target's field."""
    return frozenset(str(value) for column in COLUMNS[name] for value in sources[column].unique() if value)


def _levels(sources: pd.DataFrame) -> frozenset[str]:
    """Return the levels that the sources state themselves, and those of their source classes."""
    own = {str(value) for column in LEVELS if column in sources for value in sources[column].unique() if value}
    return frozenset(own.union(*(levels_of(str(name)) for name in sources["source_class"].unique())))


def _beginnings(codes: pd.Series) -> frozenset[str]:
    """Return every beginning of the industry codes, without the letter of their section."""
    whole = {industry_digits(code) for code in codes.unique()}
    return frozenset(code[:length] for code in whole for length in range(1, len(code) + 1))
