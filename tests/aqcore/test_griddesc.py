"""GRIDDESC: every real file, the quirks of Fortran input, and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from aqcore.errors import InputError
from aqcore.grid import Grid
from aqcore.griddesc import read_griddesc, write_griddesc

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the shared folder with real GRIDDESC files is not here")

REAL = {
    "GRIDDESC.CN245x195": {"CN245x195": (2, 242, 192)},
    "GRIDDESC.CN27km": {"CN27km": (2, 186, 156)},
    "GRIDDESC.CN30KM": {"CN30KM": (2, 237, 197)},
    "GRIDDESC.GZ205x181": {"GZ205x181": (2, 202, 178)},
    "GRIDDESC.PRD274x181": {"PRD274x181": (2, 271, 178)},
    "GRIDDESC.prepmegan": {"MERC_TEST": (7, 260, 337), "LCC_SEC_TEST": (2, 197, 237), "LCC_TAN_TEST": (2, 197, 237)},
    "GRIDDESC.pseudonetcdf": {
        "12US1": (2, 459, 299), "36US3": (2, 172, 148), "108NHEMI2": (6, 187, 187), "CMAQNORTHSA": (7, 179, 154),
        "global_1": (1, 360, 180), "global_4x5": (1, 72, 44),
    },
    "GRIDDESC_CN27CD_115X90": {"CN27CD_115X90": (2, 115, 90)},
    "GRIDDESC_CN9CD_83X83": {"CN9CD_83X83": (2, 83, 83)},
}  # fmt: skip

PLAIN = """' '
'LCC'
 2 25.0 40.0 110.0 110.0 34.0
' '
'CITY'
'LCC' -3000.0 6000.0 3000.0 3000.0 10 12 1
' '
"""

CITY = Grid("CITY", "LCC", 2, 25.0, 40.0, 110.0, 110.0, 34.0, -3000.0, 6000.0, 3000.0, 3000.0, 10, 12, 1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "GRIDDESC"


def read(file: Path, text: str) -> dict[str, Grid]:
    file.write_text(text, encoding="utf-8")
    return read_griddesc(file)


@needs_shared
@pytest.mark.parametrize("name", REAL)
def test_real_files(name: str) -> None:
    grids = read_griddesc(SHARED / "griddesc" / name)
    assert {key: (g.gdtyp, g.ncols, g.nrows) for key, g in grids.items()} == REAL[name]


@needs_shared
def test_no_real_file_is_left_out() -> None:
    assert {path.name for path in (SHARED / "griddesc").iterdir()} == set(REAL)


@needs_shared
def test_a_file_with_several_systems_pairs_them_rightly() -> None:
    grid = read_griddesc(SHARED / "griddesc" / "GRIDDESC.prepmegan")["MERC_TEST"]
    assert grid == Grid("MERC_TEST", "MERC_26S_61W", 7, -26.7, 0.0, -61.0, -61.0, 0.0,
                        -3510000.0, -7302963.0, 27000.0, 27000.0, 260, 337, 1)  # fmt: skip


def test_plain(file: Path) -> None:
    assert read(file, PLAIN) == {"CITY": CITY}


@pytest.mark.parametrize(("old", "new"), [
    ("25.0 40.0", "25.0, 40.0,"), ("25.0", "2.5D1"), ("25.0", "0.25d+02"),
    ("' '\n'LCC'", "' '  ! systems\n'LCC' ! note"),
    ("'CITY'\n'LCC'", "'CITY'\n'LCC',"), ("34.0\n' '\n", "34.0\n"), ("12 1\n' '\n", "12 1"), ("\n", "\r\n"),
    ("'CITY'\n'LCC' ", "'CITY' 'LCC'\n "), ("'CITY'", '"CITY"'), ("'CITY'", "'CITY            '"),
])  # fmt: skip
def test_quirks_of_list_directed_input(file: Path, old: str, new: str) -> None:
    grids = read(file, PLAIN.replace(old, new))
    assert grids == {"CITY": CITY}


def test_an_exclamation_mark_inside_quotes_is_no_comment(file: Path) -> None:
    assert list(read(file, PLAIN.replace("CITY", "CI!TY"))) == ["CI!TY"]


def test_every_fault_is_reported_at_once(file: Path) -> None:
    text = PLAIN.replace("' '\n", "", 2).rstrip().removesuffix("' '") + (
        "'SHORT'\n'LCC' 0.0 0.0 1000.0 1000.0 10\n"
        "'LOST'\n'LCD' 0.0 0.0 1000.0 1000.0 10 10 1\n"
        "'WORD'\n'LCC' 0.0 zero 1000.0 1000.0 10 10 1\n"
        "'EMPTY'\n'LCC' 0.0 0.0 1000.0 1000.0 0 10 1\n"
    )
    with pytest.raises(InputError) as caught:
        read(file, text)
    told = [str(fault) for fault in caught.value.faults]
    assert len(told) == 4
    assert "5 numbers instead of 7" in told[0]
    assert "'LCD' is not defined" in told[1]
    assert "did you mean LCC?" in told[1]
    assert "not a number: zero" in told[2]
    assert "are no grid" in told[3]
    assert all(f"{file}:" in line for line in told)


def test_an_unsupported_projection_names_the_row_of_the_system(file: Path) -> None:
    with pytest.raises(InputError, match=r"GRIDDESC:2:LCC: GDTYP 5 is not supported"):
        read(file, PLAIN.replace(" 2 25.0", " 5 25.0"))


@pytest.mark.parametrize("text", ["", "' '\n", "' '\n'LCC'\n 2 25.0 40.0 110.0 110.0 34.0\n' '\n' '\n"])
def test_a_file_without_a_grid(file: Path, text: str) -> None:
    with pytest.raises(InputError, match="no grid in this file"):
        read(file, text)


def test_written_grids_are_read_back_exactly(file: Path) -> None:
    other = replace(CITY, name="INNER", xorig=1480000.375, p_gam=133.302001953125, coordinate_name="OTHER")
    nested = replace(CITY, name="NEST", xcell=1000.0, ycell=1000.0)
    grids = {grid.name: grid for grid in (CITY, other, nested)}
    write_griddesc(file, grids)
    assert read_griddesc(file) == grids
    assert file.read_text().count("'LCC'\n") == 1


def test_names_that_fortran_cannot_hold(file: Path) -> None:
    bad = {
        "A_NAME_OF_SEVENTEEN": replace(CITY, name="A_NAME_OF_SEVENTEEN"),
        "CITY": CITY,
        "OTHER": replace(CITY, name="OTHER", p_alp=30.0),
        "KEY": replace(CITY, name="NAME"),
    }
    with pytest.raises(InputError) as caught:
        write_griddesc(file, bad)
    assert len(caught.value.faults) == 3
    assert not file.exists()
