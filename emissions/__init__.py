"""From the inventory to gridded, speciated, hourly emissions."""

from emissions.inventory import Inventory, inventory_of
from emissions.inventory_reader import read_inventory
from emissions.natural.streams import NaturalStreams, build_natural
from emissions.profiles import TimeProfiles
from emissions.source_classes import SECTORS, source_classes
from emissions.speciation import Speciation, build_speciation
from emissions.streams import EmissionStreams, build_streams
from emissions.voc_emissions import VocEmissions, voc_compounds

__all__ = [
    "SECTORS",
    "EmissionStreams",
    "Inventory",
    "NaturalStreams",
    "Speciation",
    "TimeProfiles",
    "VocEmissions",
    "build_natural",
    "build_speciation",
    "build_streams",
    "inventory_of",
    "read_inventory",
    "source_classes",
    "voc_compounds",
]
