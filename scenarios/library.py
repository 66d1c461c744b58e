"""The names of the house, and the shipped starting library of measures."""

from functools import cache
from importlib.resources import as_file, files

from aqcore.species import pollutants
from emissions.source_classes import SECTORS, source_classes
from scenarios.measure import Measure
from scenarios.measure_table import read_measures
from scenarios.vocabulary import Vocabulary

#: Grades of performance in the 2020 guide for key industries under heavy pollution (A, B, B-, C, D; or leading or not).
GRADES = frozenset({"A", "B", "B-", "C", "D", "leading", "non-leading"})


@cache
def house_vocabulary() -> Vocabulary:
    """Return the source classes and sectors of the emissions room, the pollutants and the grades.

    Districts, parks and enterprises are a city's own: `for_inventory` adds them.
    """
    names = {"source_classes": frozenset(source_classes()), "sectors": frozenset(SECTORS), "grades": GRADES}
    return Vocabulary(names, frozenset(pollutants()))


@cache
def measure_library() -> tuple[Measure, ...]:
    """Return the shipped measures (`scenarios/data/measures.csv`), each number with its source and flag.

    Coverages are assumptions (0 % now, 100 % planned): a city sets its own before it relies on them.
    """
    with as_file(files("scenarios").joinpath("data/measures.csv")) as path:
        return read_measures(path, house_vocabulary())
