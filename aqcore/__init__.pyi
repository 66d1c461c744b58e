from .districts import Districts, read_districts
from .errors import Fault, Faults, InputError, RunFailed, did_you_mean, gathering
from .grid import Grid
from .griddesc import read_griddesc, write_griddesc
from .ioapi_backend import grid_of
from .ioapi_write import IoapiWriter, write_ioapi
from .ledger import KEPT, Entry, Ledger
from .provenance import Stamp, file_hash, value_hash
from .publish import publish_text, published_folder
from .species import emission_species, pollutants

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
