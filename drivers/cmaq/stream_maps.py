"""Where the sources of a stream emit: their cells, and how much of each lies under the mask of each region."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from drivers.cmaq.desid_rules import EVERYWHERE
from drivers.cmaq.regions import Regions
from drivers.cmaq.streams import Stream
from emissions.streams import EmissionStreams

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StreamMap:
    """The places of a stream's sources.

    `cells` (cell, row) sparse shares of each source in cells (row-major), `regions` (region, row) their shares under
    the masks; without masks the one region is EVERYWHERE.
    """

    stream: Stream
    cells: sp.csr_array
    regions: FloatArray

    @cached_property
    def inside(self) -> FloatArray:
        """Share of each source inside the grid, (row,)."""
        return np.asarray(self.cells.sum(axis=0), dtype=np.float64).ravel()

    def fields(self, amounts: FloatArray, shape: tuple[int, int]) -> FloatArray:
        """Return the sum of amounts (row, species) in cells, (species, y, x)."""
        return np.asarray(self.cells @ amounts).T.reshape(amounts.shape[1], *shape)


def stream_maps(emissions: EmissionStreams, streams: Sequence[Stream], regions: Regions) -> tuple[StreamMap, ...]:
    """Return the places of the sources of every stream."""
    placed = emissions.placement.per_source()
    masks = np.array([mask.ravel() for mask in regions.masks.values()], dtype=np.float64)
    if not len(masks):
        masks = np.ones((1, emissions.grid.nrows * emissions.grid.ncols))
    found = []
    for stream in streams:
        cells = placed[stream.rows].T.tocsr()
        found.append(StreamMap(stream, cells, np.asarray((cells.T @ masks.T).T)))
    return tuple(found)


def region_names(regions: Regions) -> tuple[str, ...]:
    """Return the names of the regions, EVERYWHERE when there is no mask."""
    return regions.labels or (EVERYWHERE,)
