"""What each source emits in some hours: annual amounts x the profile's shares x activity, or its own measured hours."""

from dataclasses import dataclass

import numpy as np

from emissions.dynamics import HourlyShares
from emissions.response import Response, not_negative


@dataclass(frozen=True)
class SourceHours:
    """The sources of an inventory in some hours under factors.

    `shares` (profile, time) of a year; `temporal` (source,) the profile of each source; `known` what is measured or
    counted of the hours; `factors` (source, pollutant) and the `amounts` (source, species) that follow, mol/a or g/a.
    """

    shares: np.ndarray
    temporal: np.ndarray
    known: HourlyShares | None
    response: Response
    factors: np.ndarray
    amounts: np.ndarray

    def own(self, rows: np.ndarray) -> np.ndarray:
        """Return which of the sources `rows` have hours of their own, boolean."""
        return np.zeros(len(rows), dtype=bool) if self.known is None else np.isin(rows, self.known.rows)

    def activity(self, rows: np.ndarray) -> np.ndarray:
        """Return the factors on the shares of the profiles, (row, time)."""
        if self.known is None:
            return np.ones((len(rows), self.shares.shape[1]))
        return np.asarray(self.known.activity[rows])

    def emitted(self, rows: np.ndarray) -> np.ndarray:
        """Return what sources emit in each hour, (time, species, row), mol or g."""
        shares = self.shares[self.temporal[rows]] * self.activity(rows)
        result = shares.T[:, None, :] * self.amounts[rows].T
        for at in np.flatnonzero(self.own(rows)):
            result[:, :, at] = self._measured(int(rows[at]))
        return np.asarray(result)

    def _measured(self, row: int) -> np.ndarray:
        """Return (time, species) of a source with hours of its own."""
        assert self.known is not None  # noqa: S101  # only called for rows that `own` names
        count = len(self.response.pollutants)
        matrix = self.response.matrix[row * count : (row + 1) * count].toarray()
        shares = self.known.shares[int(np.searchsorted(self.known.rows, row))]
        emitted = (shares.T * self.factors[row]) @ matrix
        return not_negative(emitted, [self.response.sources[row]] * len(emitted))

    def total(self, rows: np.ndarray, inside: np.ndarray) -> np.ndarray:
        """Return the sum over hours and sources, (species,), mol or g; `inside` (source,) is the share that counts."""
        own = self.own(rows)
        plain = rows[~own]
        shares = (self.shares[self.temporal[plain]] * self.activity(plain)).sum(axis=1)
        result = (inside[plain] * shares) @ self.amounts[plain]
        if own.any():
            result = result + self.emitted(rows[own]).sum(axis=0) @ inside[rows[own]]
        return np.asarray(result)
