"""Settings of the box model: defaults, tables by season, and every fault at once."""

import pytest

from aqcore.errors import InputError
from drivers.box_model.settings import BoxSettings


def test_an_empty_table_gives_the_defaults():
    assert BoxSettings.read({}) == BoxSettings()


def test_a_table_by_season_changes_only_the_season_it_names():
    found = BoxSettings.read({"gamma": {"winter": 0.012}})
    assert found.of_season("gamma", "winter") == 0.012
    assert found.of_season("gamma", "summer") == BoxSettings().of_season("gamma", "summer")


def test_a_new_season_can_be_added():
    assert BoxSettings.read({"aod": {"spring": 0.7}}).of_season("aod", "spring") == 0.7


def test_green_share_as_number_and_by_district():
    assert BoxSettings.read({"green_share": 0.4}).green("110101") == 0.4
    by_district = BoxSettings.read({"green_share": {"110101": 0.2}})
    assert by_district.green("110101") == 0.2
    assert by_district.green("110102") == 0.0


def test_toml_types_are_taken():
    found = BoxSettings.read({"core_zones": ["110101"], "engine": "micm", "spinup_days": 1})
    assert found.core_zones == ("110101",)
    assert found.engine == "micm"


def test_all_faults_are_told_at_once():
    with pytest.raises(InputError) as caught:
        BoxSettings.read({"fetch_shar": 0.5, "albedo": 1.5, "engine": "kpp", "aod": {"summer": -0.1}})
    where = {fault.where for fault in caught.value.faults}
    assert {part.split(".")[2] for part in where} == {"fetch_shar", "albedo", "engine", "aod"}
    unknown = next(fault for fault in caught.value.faults if "fetch_shar" in fault.where)
    assert "fetch_share" in unknown.remedy


def test_an_unknown_season_is_refused_with_the_key():
    with pytest.raises(InputError, match=r"add spring to box\.gamma"):
        BoxSettings().of_season("gamma", "spring")


def test_settings_are_frozen():
    with pytest.raises(AttributeError):
        BoxSettings().albedo = 0.3
