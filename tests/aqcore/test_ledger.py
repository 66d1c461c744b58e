"""The ledger follows tonnes from step to step and refuses to lose any."""

from pathlib import Path

import pandas as pd
import pytest

from aqcore.errors import RunFailed
from aqcore.ledger import COLUMNS, KEPT, TOLERANCE, Ledger

KEY = ("ONROAD", "NOx", "110105")
OTHER = ("ONROAD", "NOx", "110101")


def closed() -> Ledger:
    """100 t of which 10 t leave the domain on purpose."""
    ledger = Ledger()
    ledger.record("inventory", {KEY: 70.0, OTHER: 30.0})
    ledger.record("placing", {KEY: 60.0, OTHER: 30.0})
    ledger.record("placing", {KEY: 10.0}, fate="outside domain")
    ledger.record("time", {KEY: 60.0, OTHER: 30.0})
    return ledger


def test_mass_that_leaves_on_purpose_is_booked_not_lost() -> None:
    closed().check()
    closure = closed().closure().set_index(["step", "district"])
    assert closure.loc[("placing", "110105"), "after_t"] == 70.0
    assert closure.loc[("time", "110105"), "before_t"] == 60.0


def test_a_lost_tonne_stops_the_run_and_says_where() -> None:
    ledger = closed()
    ledger.record("files", {KEY: 59.0, OTHER: 30.0})
    with pytest.raises(RunFailed, match=r"time -> files: ONROAD NOx 110105: 60 t/a became 59 t/a"):
        ledger.check()


def test_gained_mass_is_found_too() -> None:
    ledger = closed()
    ledger.record("files", {KEY: 60.0, OTHER: 30.0, ("ONROAD", "NOx", "110117"): 1.0})
    with pytest.raises(RunFailed, match="110117"):
        ledger.check()


@pytest.mark.parametrize(("factor", "passes"), [(0.5, True), (2.0, False)])
def test_the_tolerance_is_relative_to_the_sector(factor: float, *, passes: bool) -> None:
    ledger = closed()
    ledger.record("files", {KEY: 60.0 + factor * TOLERANCE * 90.0, OTHER: 30.0})
    worst = ledger.closure().error.abs().max()
    assert worst == pytest.approx(factor * TOLERANCE, rel=1e-6)
    if passes:
        ledger.check()
    else:
        with pytest.raises(RunFailed):
            ledger.check()


def test_written_table_holds_every_entry(tmp_path: Path) -> None:
    closed().write(tmp_path / "ledger.csv")
    table = pd.read_csv(tmp_path / "ledger.csv", dtype={"district": str})
    assert tuple(table.columns) == COLUMNS
    assert table[table.fate == KEPT].mass_t.sum() == 100.0 + 90.0 + 90.0
    assert closed().steps == ("inventory", "placing", "time")


def test_an_empty_ledger_is_closed() -> None:
    ledger = Ledger()
    ledger.check()
    assert ledger.closure().empty
