"""Species definition files: expressions by hand, a file as CMAQ writes it, and texts that are no definitions."""

import math
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from aqcore.errors import InputError
from drivers.cmaq.expressions import ExpressionError, Name, compute, names_of, parse
from drivers.cmaq.species_definitions import read_definitions

VALUES = {("O3", 1): 40.0, ("TA", 2): 300.0, ("PM", 0): 12.0, ("X", -1): 2.0}

DEFINITIONS = """
!#start   YYYYJJJ  010000
#layer         1
/ File [1]: CMAQ conc/aconc file
/ File [2]: METCRO3D file
/ File [3]: ELMO/APMDIAG file
! ---
O3              ,ppbV      ,1000.0*O3[1]
ANO3IJ          ,ug m-3    ,ANO3I[1]+ANO3J[1]
AORG            ,ug m-3    ,AOMI[1] \\
                            +AOMJ[1]            ! two lines
PM25            ,ug m-3    ,ANO3IJ[0]+AORG[0], with a remark
COOL            ,K         ,TA[2]-273.15
"""


def value(text: str) -> float:
    return float(compute(parse(text), VALUES))


@pytest.mark.parametrize(("text", "expected"), [
    ("1000.0*O3[1]", 40000.0), ("2+3*4", 14.0), ("(2+3)*4", 20.0), ("2-3-4", -5.0), ("16/4/2", 2.0), ("2^3^2", 512.0),
    ("-2^2", -4.0), ("2**-1", 0.5), ("1.5E-3*2d2", 0.3), ("EXP(0.0)", 1.0), ("max(O3[1],TA[2])", 300.0),
    ("O3[1]>20 ? 1 : 0", 1.0), ("O3[1]<20 || TA[2]>=300 ? PM[0] : 0", 12.0), ("1>0 && 0>1 ? 5 : 6", 6.0),
    ("O3[1] == 40 ? X : -X", 2.0), ("+3", 3.0), ("1 ? 0 ? 1 : 2 : 3", 2.0),
])  # fmt: skip
def test_expressions_by_hand(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(("text", "told"), [
    ("1+", "a value is missing"), ("(1", "')' is missing"), ("1 2", "is left over"), ("system(1)", "unknown function"),
    ("max(1)", "1 arguments instead of 2"), ("1 ? 2", "':' is missing"), ("__import__('os')", "is no part"),
    ("O3[1].values", "is no part"), ("", "a value is missing"), ("a; b", "is no part"),
])  # fmt: skip
def test_texts_that_are_no_expression(text: str, told: str) -> None:
    with pytest.raises(ExpressionError, match=told.replace("(", r"\(").replace(")", r"\)")):
        parse(text)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0.1, 1e6))
def test_arithmetic_is_that_of_python(a: float, b: float, c: float) -> None:
    assert math.isclose(value(f"({a!r})-({b!r})/({c!r})*2"), a - b / c * 2, rel_tol=1e-12, abs_tol=1e-9)


def test_names_that_an_expression_reads() -> None:
    assert names_of(parse("O3[1]+max(TA[2], X)*2")) == {Name("O3", 1), Name("TA", 2), Name("X", -1)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "SpecDef.txt").write_text(DEFINITIONS, encoding="utf-8")
    return tmp_path / "SpecDef.txt"


def test_a_file_as_cmaq_writes_it(path: Path) -> None:
    found = read_definitions(path)
    assert found.names == ("O3", "ANO3IJ", "AORG", "PM25", "COOL")
    assert found.files == {1: "A_CONC_1", 2: "MET_CRO_3D", 3: "CTM_AELMO_1"}
    needed = {(name.name, name.file) for name in found.needed(["PM25"])}
    assert needed == {("ANO3I", 1), ("ANO3J", 1), ("AOMI", 1), ("AOMJ", 1)}


def test_variables_made_of_variables(path: Path) -> None:
    first = xr.Dataset({name: ("x", np.array([value])) for name, value in
                        (("O3", 0.04), ("ANO3I", 1.0), ("ANO3J", 2.0), ("AOMI", 3.0), ("AOMJ", 4.0))})  # fmt: skip
    made = read_definitions(path).compute(["PM25", "O3"], {1: first})
    assert made["PM25"].item() == 10.0
    assert made["O3"].item() == pytest.approx(40.0)
    assert made["PM25"].attrs["units"] == "ug m-3"


def test_what_the_run_does_not_have(path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_definitions(path).compute(["PM25"], {1: xr.Dataset({"ANO3I": ("x", [1.0])})})
    assert [fault.where.split(": ")[-1] for fault in caught.value.faults] == ["ANO3J[1]", "AOMI[1]", "AOMJ[1]"]
    with pytest.raises(InputError, match="did you mean PM25"):
        read_definitions(path).needed(["PM2_5"])


def test_lines_that_are_no_definitions(tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_text("O3,ppbV,1000*O3[1]\nNO2;ppbV\nCO,ppbV,CO[1]+\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_definitions(path)
    assert [fault.where for fault in caught.value.faults] == [f"{path}:2", f"{path}:3"]
    path.write_text("! nothing\n", encoding="utf-8")
    with pytest.raises(InputError, match="holds no definitions"):
        read_definitions(path)
