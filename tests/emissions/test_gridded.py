"""Gridded inventories: what a set of layers must satisfy, and particles that do not fit into each other."""

import numpy as np
import pytest

from aqcore.errors import InputError
from emissions.gridded import MONTHS, WHOLE_YEAR, MonthLayer, gridded_inventory, windowed
from emissions.source_cells import LonLatCells

CLOSED = 1e-12
"""Relative: a sum of some products."""

CELLS = LonLatCells(np.array([116.0, 116.25, 116.5]), np.array([39.75, 40.0, 40.25]))


def layer(pollutant="NOx", month=WHOLE_YEAR, values=(1.0, 2.0, 3.0, 4.0), source_class="meic_power", beyond=0.0):
    name = f"{source_class}_{pollutant}_{month}"
    return MonthLayer(source_class, pollutant, month, np.array(values, dtype=float), beyond, name)


def build(*layers, nesting="refuse"):
    return gridded_inventory("synthetic", 2020, CELLS, layers, nesting=nesting)


def year(pollutant="NOx", **rest):
    return [layer(pollutant, month, **rest) for month in MONTHS]


def test_totals_count_what_lies_beyond_the_window():
    inventory = build(*year(beyond=5.0), layer("SO2", source_class="meic_industry"))
    totals = inventory.total(["pollutant"]).set_index("pollutant").mass_t
    assert totals["NOx"] == pytest.approx(12 * (10.0 + 5.0), rel=CLOSED)
    assert totals["SO2"] == pytest.approx(10.0, rel=CLOSED)
    assert inventory.classes == ("meic_power", "meic_industry")
    assert inventory.sectors == ("POWER", "INDUSTRY")
    assert inventory.pollutants == ("SO2", "NOx")
    assert inventory.total(["month"]).set_index("month").mass_t[0] == pytest.approx(10.0, rel=CLOSED)


def test_carbon_above_fine_particles_is_refused_or_fitted():
    layers = [layer("PM25", values=(10, 10, 10, 0)), layer("BC", values=(6, 3, 1, 0)), layer("OC", values=(6, 3, 1, 0))]
    with pytest.raises(InputError, match=r"BC \+ OC exceed PM25 by 2 t at 116.125 E, 39.875 N, where PM25 is 10 t"):
        build(*layers)
    fitted = build(*layers, nesting="fit")
    assert fitted.mass.toarray()[1] == pytest.approx([5.0, 3.0, 1.0, 0.0], rel=CLOSED)
    assert fitted.adjusted[["cells", "amount_t"]].to_numpy().tolist() == [[1, 2.0]]


def test_coarse_particles_below_the_fine_ones_are_refused_or_raised():
    layers = [layer("PM25", values=(1, 2, 3, 4)), layer("PM10", values=(2, 1, 3, 4))]
    with pytest.raises(InputError, match=r"PM10 is less than PM25 by 1 t at 116.375 E, 39.875 N.*1 cells"):
        build(*layers)
    assert build(*layers, nesting="fit").mass.toarray()[1] == pytest.approx([2.0, 2.0, 3.0, 4.0], rel=CLOSED)


def test_rounding_of_the_inventory_is_no_misfit():
    layers = [layer("PM25", values=(1, 2, 3, 4)), layer("PM10", values=(0.99995, 3, 4, 5))]
    inventory = build(*layers)
    assert inventory.adjusted.empty
    assert (inventory.mass[[1]] - inventory.mass[[0]]).min() >= 0.0


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([layer("NOX")], "unknown pollutant 'NOX' -> did you mean NOx"),
        ([layer(source_class="meic_powr")], "unknown source class 'meic_powr' -> did you mean meic_power"),
        ([layer(month=13)], "month 13 -> months are 1 to 12"),
        ([layer(values=(1, -2, 3, 4))], "1 cells hold no emission; the first is -2 at 116.375 E, 39.875 N"),
        ([layer(values=(1, np.nan, 3, 4))], "the first is nan"),
        ([layer(), layer()], "NOx of meic_power, month 0, stands twice"),
        (year()[:11], "months 12 are missing"),
        ([*year(), layer()], "a whole year and months beside it"),
        ([*year(), layer("SO2")], "some pollutants by month, others by year"),
        ([layer("PM10")], "PM10 of meic_power without PM25"),
        ([layer("BC")], "BC of meic_power without PM25"),
        ([], "no layer of any pollutant"),
    ],
)
def test_each_broken_set_of_layers_has_its_message(layers, message):
    with pytest.raises(InputError, match=message):
        build(*layers)


def test_all_faults_come_together():
    with pytest.raises(InputError) as caught:
        build(layer("NOX"), layer("XY"), layer(values=(1, -1, 1, 1)))
    assert len(caught.value.faults) == 3


def test_a_box_that_touches_nothing_is_refused():
    with pytest.raises(InputError, match=r"touches none of the cells 116..116.5 E"):
        windowed(CELLS, (0.0, 0.0, 1.0, 1.0), "file")
    assert windowed(CELLS, None, "file")[0] is CELLS
