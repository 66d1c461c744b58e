"""Tables as cities keep them: every fault is named by file, row and column."""

from pathlib import Path

import numpy as np
import pytest

from aqcore.errors import Faults, InputError
from observations.tables import choices, numbers, read_table


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_text_is_stripped_and_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    frame = read_table(write(tmp_path, "code , name\n 1 , a b \n", "utf-8-sig"), ["code", "name"])
    assert list(frame.columns) == ["code", "name"]
    assert frame.iloc[0].tolist() == ["1", "a b"]


def test_all_missing_columns_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        read_table(write(tmp_path, "a,weigt\n1,2\n"), ["b", "weight"])
    assert [fault.what for fault in error.value.faults] == ["column 'b' is missing", "column 'weight' is missing"]
    assert "did you mean weigt?" in str(error.value)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"a,b\n", "has no rows"),
        (b"a,a\n1,2\n", "is there 2 times"),
        (b"", "column .a. is missing"),
        (b"a,b\n1,2,3,4\n", ":2: has 4 cells, the header 2"),
        ("a\n中".encode("gbk"), "UTF-8"),
    ],
)
def test_a_file_that_is_no_table_is_said_so(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=found):
        read_table(path, ["a"])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.csv: no such file"):
        read_table(tmp_path / "nowhere.csv", ["a"])


def test_numbers_name_the_line_an_editor_shows(tmp_path: Path) -> None:
    path = write(tmp_path, "x,y\n1,a\nabc,b\n\n,c\n-3,d\n5,e\n\n")
    frame = read_table(path, ["x"])
    faults = Faults()
    values = numbers(path, frame, "x", faults, low=0, high=4)
    assert [fault.where.rsplit("/", 1)[-1] for fault in faults] == [
        "table.csv:3:x",
        "table.csv:5:x",
        "table.csv:6:x",
        "table.csv:7:x",
    ]
    assert [fault.what for fault in faults] == [
        "value 'abc' is not a number in 0..4",
        "is empty",
        "value '-3' is not a number in 0..4",
        "value '5' is not a number in 0..4",
    ]
    assert values[0] == 1.0


def test_an_empty_optional_cell_is_missing_and_no_fault(tmp_path: Path) -> None:
    path = write(tmp_path, "x,y\n1,a\n,b\n")
    faults = Faults()
    values = numbers(path, read_table(path, ["x"]), "x", faults, low=0, high=4, optional=True)
    assert len(faults) == 0
    np.testing.assert_array_equal(values, [1.0, np.nan])


def test_an_unknown_choice_gets_the_nearest_ones(tmp_path: Path) -> None:
    path = write(tmp_path, "flag\nread\nreed\n")
    faults = Faults()
    choices(path, read_table(path, ["flag"]), "flag", faults, ["read", "derived"])
    (fault,) = faults
    assert fault.where.endswith("table.csv:3:flag")
    assert fault.remedy == "did you mean read?"
