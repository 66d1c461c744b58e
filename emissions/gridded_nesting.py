"""Nested particles in the cells of a gridded inventory: BC + OC within PM25, PM25 within PM10."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from emissions.source_cells import Cells

PARTICLES = ("PM10", "PM25", "BC", "OC")
"""Nested pollutants."""

ROUNDING = 1e-4
"""Misfit relative to PM25 that is taken for the rounding of the inventory's numbers: files have few digits."""


@dataclass(frozen=True)
class Misfit:
    """Cells where parts do not fit into their whole.

    `what` says which, `part` names the pollutant whose file is blamed; `amount` and `whole` are (cell,) t; `fitted`
    are the parts as they fit, by pollutant.
    """

    what: str
    part: str
    amount: np.ndarray
    whole: np.ndarray
    fitted: dict[str, np.ndarray]

    @property
    def is_rounding(self) -> bool:
        """Whether no cell misfits by more than `ROUNDING`."""
        return bool((self.amount <= ROUNDING * self.whole).all())

    def described(self, cells: Cells) -> str:
        """Return the finding with the worst cell, for the message of a fault."""
        worst = int(np.argmax(self.amount))
        lon, lat = cells.centre(worst)
        return (f"{self.what} by {self.amount[worst]:g} t at {lon:g} E, {lat:g} N, where PM25 is "
                f"{self.whole[worst]:g} t ({int((self.amount > 0.0).sum())} cells)")  # fmt: skip


def misfits(mass: Mapping[str, np.ndarray]) -> Iterator[Misfit]:
    """Yield the misfits among the particles of one class and month, `mass` (cell,) t by pollutant.

    Carbon above PM25 is reduced to it in proportion; PM10 below PM25 is raised to it, so that nothing coarse is left.
    """
    fine = mass.get("PM25")
    if fine is None:
        return
    carbon = {name: mass[name] for name in ("BC", "OC") if name in mass}
    inner = sum(carbon.values(), np.zeros_like(fine))
    excess = np.maximum(inner - fine, 0.0)
    if excess.any():
        cut = np.divide(fine, inner, out=np.ones_like(fine), where=excess > 0.0)
        fitted = {name: values * cut for name, values in carbon.items()}
        yield Misfit(f"{' + '.join(carbon)} exceed PM25", next(iter(carbon)), excess, fine, fitted)
    short = np.maximum(fine - mass.get("PM10", fine), 0.0)
    if short.any():
        yield Misfit("PM10 is less than PM25", "PM10", short, fine, {"PM10": np.maximum(mass["PM10"], fine)})
