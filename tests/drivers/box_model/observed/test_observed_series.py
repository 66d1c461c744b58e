"""Reading hourly observations: units, lumping, and every fault named by its hour."""

import numpy as np
import pandas as pd
import pytest

from aqcore.errors import InputError
from drivers.box_model.observed_series import at, read_observed_series

EXACT = 1e-12
SYNTHETIC_HOURS = 72


def faults(path, mechanism):
    with pytest.raises(InputError) as caught:
        read_observed_series(path, mechanism)
    return [str(fault) for fault in caught.value.faults]


def with_cell(lines, row, column, value):
    header, cells = lines[0].split(","), lines[row].split(",")
    cells[header.index(column)] = value
    return [*lines[:row], ",".join(cells), *lines[row + 1 :]]


def test_three_whole_days_in_si_units(series):
    assert [str(day) for day in series.dates] == ["2019-07-02", "2019-07-03", "2019-07-04"]
    assert series.met["T"].shape == (3, 24)
    assert series.met["T"][0, 0] == pytest.approx(22.0 + 273.15)
    assert series.met["P"][0, 0] == pytest.approx(100_200.0)
    assert series.met["RH"][0, 0] == pytest.approx(0.79)
    assert (series.lon, series.lat) == (116.30, 39.95)
    assert series.unused == ()


def test_compounds_are_lumped_by_their_moles(series, case):
    """CB6: m- and o-xylene are XYLMN one to one; ethylbenzene is TOL and a carbon; benzene is BENZENE."""
    from emissions.voc_compounds import compound_map

    table = pd.read_csv(case_file())
    shares = compound_map()
    aromatic = sum(
        shares.get((name, "XYLMN"), 0.0) * table[name] for name in table.columns if (name, "XYLMN") in shares.index
    )
    assert series.gases["XYLMN"].ravel() == pytest.approx(aromatic.to_numpy(), rel=EXACT)
    assert (series.gases["XYLMN"].ravel() >= (table["m-xylene"] + table["o-xylene"]).to_numpy() * 0.99).all()


def case_file():
    from pathlib import Path

    return Path(__file__).parents[4] / "examples" / "observations" / "synthetic_summer.csv"


def test_interpolation_passes_the_middles_of_the_hours_and_closes_the_day():
    hourly = np.arange(24.0)[None]
    assert at(hourly, 5.5 * 3600)[0] == 5.0
    assert at(hourly, 6.0 * 3600)[0] == 5.5
    assert at(hourly, 0.0)[0] == pytest.approx(11.5)  # between 23:30 and 00:30
    assert at(hourly, 24 * 3600.0)[0] == pytest.approx(at(hourly, 0.0)[0])


def test_rows_may_come_in_any_order(edited, engine, series):
    shuffled = read_observed_series(edited(lambda lines: [lines[0], *lines[:0:-1]]), engine.mechanism)
    assert (shuffled.gases["NO2"] == series.gases["NO2"]).all()


def test_each_gap_is_named_by_its_hours(edited, engine):
    path = edited(lambda lines: [*lines[:6], *lines[8:12], *lines[13:]])  # without 05:00, 06:00 and 11:00
    found = faults(path, engine.mechanism)
    assert [line.split(": ")[1] for line in found] == ["2019-07-02 05:00 to 2019-07-02 06:00", "2019-07-02 11:00"]
    assert "2 hours are missing" in found[0]
    assert "the hour is missing" in found[1]


def test_too_short_a_series(edited, engine):
    found = faults(edited(lambda lines: lines[:11]), engine.mechanism)
    assert len(found) == 1  # one message for all 14 hours that the day lacks
    assert "2019-07-02 10:00 to 2019-07-02 23:00: 14 hours are missing" in found[0]


def test_an_hour_given_twice(edited, engine):
    (found,) = faults(edited(lambda lines: [*lines, lines[5]]), engine.mechanism)
    assert "2019-07-02 04:00: the hour is there twice" in found


def test_an_unknown_species_gets_a_proposal(edited, engine):
    (found,) = faults(edited(lambda lines: [lines[0].replace("toluene", "tolunee"), *lines[1:]]), engine.mechanism)
    assert "no species 'tolunee'" in found
    assert "did you mean toluene" in found


def test_negative_and_empty_values_are_named_by_line_and_hour(edited, engine):
    def spoil(lines):
        return with_cell(with_cell(lines, 3, "NO", "-0.5"), 9, "toluene", "")

    found = faults(edited(spoil), engine.mechanism)
    assert len(found) == 2
    assert ":4:NO (2019-07-02 02:00): value '-0.5'" in found[0]
    assert ":10:toluene (2019-07-02 08:00): is empty" in found[1]


def test_a_wrong_unit_is_seen(edited, engine):
    (found,) = faults(edited(lambda lines: with_cell(lines, 1, "T_C", "295.1")), engine.mechanism)
    assert "value '295.1'" in found
    assert "-60 to 60" in found


def test_a_time_that_is_none(edited, engine):
    found = faults(edited(lambda lines: with_cell(lines, 2, "time", "yesterday")), engine.mechanism)
    assert any("'yesterday' is no time" in line for line in found)


def test_two_sites_in_one_file(edited, engine):
    (found,) = faults(edited(lambda lines: with_cell(lines, 2, "lon", "117.0")), engine.mechanism)
    assert "lon: changes along the series" in found


def test_what_is_needed_is_named_all_at_once(edited, engine):
    found = faults(edited(lambda lines: [lines[0].replace(",NO,NO2,", ",N_O,N_O2,"), *lines[1:]]), engine.mechanism)
    assert len(found) == 2
    assert all("is missing" in line for line in found)
