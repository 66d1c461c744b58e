"""The reader of CMAQ's mechanism notation: numbers, rate forms, faults; the shipped tables against the files."""

from dataclasses import replace
from pathlib import Path

import pytest

from aqcore.errors import InputError
from drivers.box_model.mech_def import fortran_number, parse_rate, read_mech_def
from drivers.box_model.mechanism_table import load_whole
from drivers.box_model.rate_forms import Arrhenius, Form, Rate

DEFINITIONS = Path(__file__).parents[4] / "shared" / "data" / "mechanisms"
needs_definitions = pytest.mark.skipif(not DEFINITIONS.is_dir(), reason="CMAQ's definition files are not at hand")

SMALL = """! a comment ; with a semicolon
TOY_MECH
REACTIONS[CM] =
<R1> NO2 = NO + O3            # 1.0/<NO2_IUPAC10>;
< R2> NO + O3 = NO2           # 2.07E-12@1400;   ! spaces in the label
<R3> OLE + O3 = 0.5*FORM + .25*CO
     -0.79*PAR                # 5.50E-15@1880;
<R4> O + O2 + M = O3 + M      # 6.00E-34^-2.6;
END MECH
CONSTANTS
<C5> ATM_CH4 = 1.85
END CONSTANTS
"""


def written(tmp_path, text):
    path = tmp_path / "mech_toy.def"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("8.3-11", 8.3e-11),
        ("2.E-12", 2e-12),
        ("5.E-30", 5e-30),
        ("1.0D+3", 1e3),
        ("+340", 340.0),
        ("-448.", -448.0),
        (".5", 0.5),
        ("1.5+14", 1.5e14),
    ],
)
def test_fortran_numbers(text, value):
    assert fortran_number(text) == value


def test_a_word_is_no_number():
    with pytest.raises(ValueError, match="could not convert"):
        fortran_number("fast")


@pytest.mark.parametrize(
    ("text", "prefix", "rate"),
    [
        ("2.0E-12", "", Rate(Form.ARRHENIUS, (Arrhenius(2e-12),))),
        ("2.03E-16^4.57@-693", "", Rate(Form.ARRHENIUS, (Arrhenius(2.03e-16, 4.57, -693.0),))),
        ("8.3-11 @ 100", "", Rate(Form.ARRHENIUS, (Arrhenius(8.3e-11, 0.0, 100.0),))),
        (
            "1.8E-31^-3.4&1.5E-11^-1.9&0.5",
            "",
            Rate(Form.TROE, (Arrhenius(1.8e-31, -3.4), Arrhenius(1.5e-11, -1.9)), F=0.5, N=1.0),
        ),
        ("1E-31 & 5E-11", "", Rate(Form.TROE, (Arrhenius(1e-31), Arrhenius(5e-11)), F=0.6, N=1.0)),
        (
            "8.E-27^-3.5&3.00E-11^-1 &0.5 &1.13",
            "",
            Rate(Form.TROE, (Arrhenius(8e-27, -3.5), Arrhenius(3e-11, -1.0)), F=0.5, N=1.13),
        ),
        ("1.44E-13@0.0 &3.43E-33@0.0", "3", Rate(Form.PRESSURE_SUM, (Arrhenius(1.44e-13), Arrhenius(3.43e-33)))),
        (
            "2.4E-14@-460 & 2.7E-17@-2199 & 6.5E-34@-1335",
            "2",
            Rate(
                Form.NITRIC_ACID,
                (Arrhenius(2.4e-14, 0, -460), Arrhenius(2.7e-17, 0, -2199), Arrhenius(6.5e-34, 0, -1335)),
            ),
        ),
        (
            "6.7006E-11@-10.7435 & 3.4153E-08@0.6713 & 2.0E-6",
            "H",
            Rate(Form.SEA_SURFACE, (Arrhenius(6.7006e-11, 10.7435), Arrhenius(3.4153e-8, -0.6713)), cap=2e-6),
        ),
        ("0.028/<NO2_IUPAC10>", "", Rate(Form.PHOTOLYSIS, scale=0.028, of="NO2_IUPAC10")),
        ("1.4~<HETERO_NTR2>", "", Rate(Form.HETEROGENEOUS, scale=1.4, of="HETERO_NTR2")),
        ("8.4E-1*K<R54>", "", Rate(Form.RELATIVE, scale=0.84, of="R54")),
    ],
)
def test_every_rate_form(text, prefix, rate):
    assert parse_rate(text, prefix) == rate


def test_a_small_file(tmp_path):
    mechanism = read_mech_def(written(tmp_path, SMALL))
    assert mechanism.name == "toy_mech"
    assert mechanism.labels == ("R1", "R2", "R3", "R4")
    assert mechanism.reactions[2].products == (("FORM", 0.5), ("CO", 0.25), ("PAR", -0.79))
    assert mechanism.reactions[3].third_bodies == ("O2", "M")
    assert mechanism.reactions[3].products == (("O3", 1.0),)
    assert mechanism.constants == {"CH4": 1.85e-6}


def test_every_bad_statement_is_named_with_its_line(tmp_path):
    text = (
        SMALL.replace("2.07E-12@1400", "quick").replace("<R4> O + O2 + M", "R4 O + O2 + M").replace("0.5*FORM", "0.5%9")
    )
    with pytest.raises(InputError) as error:
        read_mech_def(written(tmp_path, text))
    text = str(error.value)
    assert "mech_toy.def:5" in text
    assert "mech_toy.def:6" in text
    assert "mech_toy.def:8" in text


def test_a_file_of_another_kind_is_refused(tmp_path):
    with pytest.raises(InputError, match="no block REACTIONS"):
        read_mech_def(written(tmp_path, "&GC_nml\n/\n"))
    with pytest.raises(InputError, match="other units"):
        read_mech_def(written(tmp_path, SMALL.replace("[CM]", "[PPM]")))


@needs_definitions
@pytest.mark.parametrize("name", ["cb6r5_ae7", "cb6r3_ae7"])
def test_the_shipped_table_equals_the_definition_file(name):
    table, file = load_whole(name), read_mech_def(DEFINITIONS / f"mech_{name}_aq.def")
    assert tuple(replace(r, source="", note="") for r in table.reactions) == file.reactions
    assert table.counters == file.counters
    assert dict(table.constants) == dict(file.constants)
    assert table.digest == file.digest
