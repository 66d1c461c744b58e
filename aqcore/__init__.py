"""What every room shares."""

from aqcore.districts import Districts, read_districts
from aqcore.errors import Fault, Faults, InputError, RunFailed, did_you_mean, gathering
from aqcore.grid import Grid
from aqcore.griddesc import read_griddesc, write_griddesc
from aqcore.ioapi_backend import grid_of
from aqcore.ioapi_write import IoapiWriter, write_ioapi
from aqcore.ledger import KEPT, Entry, Ledger
from aqcore.provenance import Stamp, file_hash, value_hash
from aqcore.publish import publish_text, published_folder
from aqcore.species import emission_species, pollutants

__all__ = [
    "KEPT",
    "Districts",
    "Entry",
    "Fault",
    "Faults",
    "Grid",
    "InputError",
    "IoapiWriter",
    "Ledger",
    "RunFailed",
    "Stamp",
    "did_you_mean",
    "emission_species",
    "file_hash",
    "gathering",
    "grid_of",
    "pollutants",
    "publish_text",
    "published_folder",
    "read_districts",
    "read_griddesc",
    "value_hash",
    "write_griddesc",
    "write_ioapi",
]
