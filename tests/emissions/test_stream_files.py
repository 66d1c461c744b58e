"""The index of written files: what `write` returned, read back as it was, and every fault of a broken index."""

from datetime import date
from pathlib import Path

import pytest

from aqcore.errors import InputError
from emissions.stream_files import INDEX, StreamFile, listed, read_index, write_index

DAY = date(2013, 7, 10)
FILES = (
    "POWER/emis_POWER_20130710.nc",
    "POWER/STK_GRPS_POWER.nc",
    "POWER/STK_EMIS_POWER_20130710.nc",
    "REG_POWER/emis_REG_POWER_20130710.nc",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def entries(folder: Path) -> list[StreamFile]:
    city = listed(folder, [folder / name for name in FILES[:3]], "city", DAY)
    return [*city, *listed(folder, [folder / FILES[3]], "region", DAY)]


def test_stacks_have_one_entry_with_their_groups(folder: Path) -> None:
    assert entries(folder) == [
        StreamFile("POWER", "city", "gridded", DAY, FILES[0]),
        StreamFile("POWER", "city", "stacks", DAY, FILES[2], FILES[1]),
        StreamFile("REG_POWER", "region", "gridded", DAY, FILES[3]),
    ]


def test_index_is_read_as_it_was_written(folder: Path) -> None:
    path = write_index(folder, entries(folder))
    assert path.read_text(encoding="utf-8").splitlines()[2] == f"POWER,city,stacks,2013-07-10,{FILES[2]},{FILES[1]}"
    assert list(read_index(folder)) == entries(folder)


def test_no_dates_make_an_empty_index(folder: Path) -> None:
    write_index(folder, [])
    assert read_index(folder) == ()


def test_all_faults_of_a_broken_index(folder: Path) -> None:
    rows = [
        "stream,origin,form,date,file,groups",
        "A,citty,gridded,2013-07-10,A/a.nc,",
        "B,city,lines,10.7.2013,B/b.nc,",
    ]
    (folder / INDEX).write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_index(folder)
    text = "\n".join(str(fault) for fault in caught.value.faults)
    for expected in ("did you mean city?", f"{INDEX}:3:form", "'10.7.2013' is no date", "A/a.nc", "B/b.nc"):
        assert expected in text, expected
    assert len(caught.value.faults) == 5


def test_missing_index_and_columns_say_what_to_do(folder: Path) -> None:
    with pytest.raises(InputError, match="yice emissions"):
        read_index(folder)
    (folder / INDEX).write_text("stream,date\n", encoding="utf-8")
    with pytest.raises(InputError, match="missing column"):
        read_index(folder)
