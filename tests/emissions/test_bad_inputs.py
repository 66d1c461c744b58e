"""The corpus of broken files of the emission readers: each has its own message with place, finding and remedy.

`tests/bad_inputs/emissions/expected.tsv` lists them; tables of the city without activities stand in `broken/`.
"""

import csv
from pathlib import Path

import pytest

from aqcore.errors import InputError
from emissions.cf_inventory_reader import read_cf_inventory
from emissions.dynamics_reader import read_daily, read_hourly
from emissions.ff10_reader import read_ff10
from emissions.inventory_reader import read_inventory
from emissions.meic_grids import read_grid

CORPUS = Path(__file__).parents[1] / "bad_inputs" / "emissions"
DISTRICTS = {"110101": "东城区", "110102": "西城区"}

with (CORPUS / "expected.tsv").open(encoding="utf-8") as file:
    EXPECTED = list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture
def read(tmp_path):
    classes = tmp_path / "scc.csv"
    classes.write_text("scc,source_class\n2104*,residential_coal\n")
    return {
        "area": lambda path: read_inventory(DISTRICTS, area=path),
        "ff10": lambda path: read_ff10(path, classes=classes, regions={code: code for code in DISTRICTS}),
        "hourly": read_hourly,
        "daily": read_daily,
        "fields": lambda path: read_cf_inventory(path, CORPUS, name="x", year=2020),
        "meic": read_grid,
    }


@pytest.mark.parametrize("case", EXPECTED, ids=lambda case: case["file"])
def test_each_broken_file_has_its_own_message(case, read):
    path = CORPUS / case["file"]
    with pytest.raises(InputError) as caught:
        read[case["reader"]](path)
    assert len(caught.value.faults) == 1, str(caught.value)
    fault = caught.value.faults[0]
    assert fault.where == f"{path}{case['place']}"
    assert case["what"] in fault.what
    assert case["remedy"] in fault.remedy


def test_the_corpus_is_complete_and_no_two_messages_are_the_same():
    assert {case["file"] for case in EXPECTED} == {path.name for path in CORPUS.iterdir()} - {"expected.tsv"}
    assert len({(case["reader"], case["what"]) for case in EXPECTED}) == len(EXPECTED)
