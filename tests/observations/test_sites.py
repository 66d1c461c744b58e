"""Site tables, and every fault of one at once."""

from pathlib import Path

import pytest

from aqcore.errors import InputError
from observations.sites import read_sites

GOOD = """code,name,city,lon,lat,is_control,district
1001A,万寿西宫,北京,116.3621,39.8784,N,110102
1002A,定陵,北京,116.2202,40.2915,Y,110114
2001A,海口,海口,110.3,20.0,no,460105
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "sites.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_site_table_is_read_by_code(tmp_path: Path) -> None:
    sites = read_sites(write(tmp_path, GOOD))
    assert list(sites.index) == ["1001A", "1002A", "2001A"]
    assert sites["is_control"].tolist() == [False, True, False]
    assert sites.loc["1002A", "lat"] == 40.2915
    assert sites.loc["1001A", "district"] == "110102"


def test_one_city_of_a_national_table(tmp_path: Path) -> None:
    assert list(read_sites(write(tmp_path, GOOD), city="海口").index) == ["2001A"]
    with pytest.raises(InputError, match="no site of '北平'"):
        read_sites(write(tmp_path, GOOD), city="北平")


def test_a_table_without_districts_and_with_another_name_column(tmp_path: Path) -> None:
    sites = read_sites(write(tmp_path, "code,name_zh,lon,lat,is_control\n1,站,1,2,yes\n"))
    assert sites.loc["1", "district"] == ""
    assert sites.loc["1", "name"] == "站"


def test_every_fault_is_listed(tmp_path: Path) -> None:
    text = "code,name,lon,lat,is_control\n1,a,200,2,N\n1,b,1,95,maybe\n,c,x,2,Y\n"
    with pytest.raises(InputError) as error:
        read_sites(write(tmp_path, text))
    places = [fault.where.rsplit("/", 1)[-1] for fault in error.value.faults]
    assert places == [
        "sites.csv:2:lon",
        "sites.csv:4:lon",
        "sites.csv:3:lat",
        "sites.csv:3:is_control",
        "sites.csv:3:code",
        "sites.csv:4:code",
    ]
