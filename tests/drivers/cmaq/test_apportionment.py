"""Control files of ISAM and DDM-3D: the layout that CCTM reads by columns, and what it would cut or count twice."""

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from aqcore.errors import InputError
from drivers.cmaq import ddm, isam
from drivers.cmaq.apportionment_settings import DdmSettings, IsamSettings, Sensitivity, Tag
from drivers.cmaq.desid_rules import default_rules
from drivers.cmaq.driver import CmaqDriver
from drivers.cmaq.execute import main
from drivers.cmaq.manifest import read_manifest
from drivers.cmaq.products import open_apportionment
from drivers.cmaq.streams import Labels

EXE = Path("CCTM.exe")
LABELS = Labels({"ONROAD": ["ONROAD"], "POWER": ["POWER", "PT_POWER"], "DUST": ["DUST"]},
                {"110101": "D110101", "110102": "D110102"}, ("110101", "110102", "110103"))  # fmt: skip
RULES = default_rules("cb6r5_ae7")
VOC = ("TOL", "PAR", "BENZ")


def tags(*given: Tag) -> IsamSettings:
    return IsamSettings(EXE, given, ("OZONE", "EC"))


def parameters(*given: Sensitivity) -> DdmSettings:
    return DdmSettings(EXE, given)


# ISAM ----------------------------------------------------------------------------------------------------------------


def test_tags_as_isam_reads_them() -> None:
    """Seventeen characters before each value; a district that has no mask stands for everywhere."""
    text = isam.control_file(tags(Tag("ONR", ("ONROAD",), ("110101", "110102")), Tag("PWR", ("POWER",))), LABELS)
    lines = [line for line in text.splitlines() if line and not line.startswith("!!!")]
    assert lines == [
        "TAG CLASSES     |OZONE, EC",
        "TAG NAME        |ONR", "REGION(S)       |D110101,D110102", "EMIS STREAM(S)  |ONROAD",
        "TAG NAME        |PWR", "REGION(S)       |EVERYWHERE", "EMIS STREAM(S)  |POWER,PT_POWER",
        "ENDLIST eof",
    ]  # fmt: skip
    assert all(line.index("|") == 16 for line in lines if "|" in line)


@pytest.mark.parametrize(("given", "text"), [
    (tags(Tag("ONR", ("ONROAD",)), Tag("ALL", ("ONROAD", "POWER"), ("110101",))), "follows ONROAD, as ONR does"),
    (tags(Tag("BCO", ("ONROAD",))), "the name BCO is taken"),
    (tags(Tag("ONR", ("ONROAD",), ("110101",)), Tag("ONR", ("ONROAD",), ("110102",))), "the name ONR is taken"),
    (tags(Tag("ONR", ("ONROADS",))), "did you mean ONROAD"),
    (tags(Tag("ONR", ("ONROAD",), ("110109",))), "no district"),
    (tags(Tag("NON", ())), "has no sector"),
])  # fmt: skip
def test_tags_that_isam_would_misread(given: IsamSettings, text: str) -> None:
    assert any(text in str(fault) for fault in isam.isam_faults(given, LABELS))


def test_two_tags_in_different_districts_are_right() -> None:
    given = tags(Tag("ONA", ("ONROAD",), ("110101",)), Tag("ONB", ("ONROAD",), ("110102",)), Tag("PWR", ("POWER",)))
    assert list(isam.isam_faults(given, LABELS)) == []


def test_lists_that_isam_would_cut() -> None:
    regions = {f"1101{n:02d}": f"D1101{n:02d}" for n in range(1, 17)}
    labels = replace(LABELS, regions=regions, districts=tuple(regions))
    fault = next(isam.isam_faults(tags(Tag("ONR", ("ONROAD",), tuple(regions))), labels))
    assert "its regions need 127 characters, ISAM keeps 96" in str(fault)  # 16 x 7 letters and 15 commas


# DDM-3D --------------------------------------------------------------------------------------------------------------


def test_parameters_as_ddm_reads_them() -> None:
    """The name in columns 1 to 3, a blank before a key word, two before a list."""
    given = parameters(
        Sensitivity("ENX", species=("NOx",), sectors=("ONROAD", "POWER"), districts=("110101",)),
        Sensitivity("BO3", "boundary", species=("O3",)),
        Sensitivity("R01", "rate", reactions=("R1",)),
        Sensitivity("HNX", "second", of=("ENX", "ENX")),
    )
    assert ddm.control_file(given, LABELS, RULES, VOC).splitlines() == [
        "ENX", " EMIS", "  ONROAD, POWER, PT_POWER", " SPECIES", "  NO2, NO, HONO", " REGION", "  D110101", "",
        "BO3", " BCON", " SPECIES", "  O3", "",
        "R01", " RATE", " REACTION", "  R1", "",
        "HNX", " HIGH", " ENX", " ENX", "",
        "END",
    ]  # fmt: skip
    assert list(ddm.ddm_faults(given, LABELS, RULES, VOC)) == []


def test_voc_are_the_model_species_that_their_variables_feed() -> None:
    """BENZ feeds BENZENE; aerosol shares of a variable are no VOC."""
    assert ddm.model_species(Sensitivity("EVO", species=("VOC",)), RULES, VOC) == ["PAR", "BENZENE", "TOL"]
    assert ddm.model_species(Sensitivity("ECO", species=("CO",)), RULES, VOC) == ["CO"]


@pytest.mark.parametrize(("given", "text"), [
    (parameters(Sensitivity("ENX", species=("NO",)), Sensitivity("ENX", species=("CO",))), "the name ENX is taken"),
    (parameters(Sensitivity("END", species=("NO",))), "the name END is taken"),
    (parameters(Sensitivity("ENX")), "species: is empty"),
    (parameters(Sensitivity("R01", "rate")), "reactions: is empty"),
    (parameters(Sensitivity("BO3", "boundary", species=("O3",), sectors=("ONROAD",))), "only emissions have them"),
    (parameters(Sensitivity("HNX", "second", of=("ENX", "ENX"))), "no first-order parameter 'ENX' stands above"),
    (parameters(Sensitivity("HNX", "second", of=("ENX",))), "1 parameters -> name two"),
    (parameters(*(Sensitivity(f"E{n:02d}", species=("NO",)) for n in range(10))), "a file holds 9"),
])  # fmt: skip
def test_parameters_that_ddm_would_misread(given: DdmSettings, text: str) -> None:
    assert any(text in str(fault) for fault in ddm.ddm_faults(given, LABELS, RULES, VOC))


# runs ----------------------------------------------------------------------------------------------------------------


def with_tags(driver: CmaqDriver, cctm: Path, **more: Any) -> CmaqDriver:
    section = IsamSettings(cctm, (Tag("ONR", ("ONROAD",), ("110101",)),), **more)
    return replace(driver, settings=replace(driver.settings, isam=section))


def test_a_run_with_tags_is_done_and_read(driver: CmaqDriver, cctm: Path, tmp_path: Path) -> None:
    own = with_tags(driver, cctm)
    run = own.prepare_apportionment(tmp_path)[0]
    assert run.folder.name == "base.isam"
    assert [one.folder.name for one in own.runs(tmp_path)] == ["base", "half", "west", "plant", "growth", "base.isam"]
    environments = [part.environment for part in read_manifest(run.folder).runs]
    assert [one["ISAM_NEW_START"] for one in environments] == ["Y", "N"]
    assert environments[1]["ISAM_PREVDAY"] == "../20170701/output/CCTM_SA_CGRID.nc"
    assert own.check(run) == []
    assert main([str(run.folder)]) == 0
    with open_apportionment(run.folder) as found:
        assert found["O3"].dims == ("tag", "time", "y", "x")
        assert found["tag"].to_numpy().tolist() == ["ONR", "ICO", "BCO", "OTH"]
        assert found.sizes["time"] == 48
        assert float(found["O3"].sel(tag="ONR").mean()) == pytest.approx(10.0, rel=1e-6)  # ppb of 0.01 ppmV
        assert found["O3"].attrs["units"] == "ppb"


def test_a_scenario_that_is_not_there(driver: CmaqDriver, cctm: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cmaq.isam.scenario: no scenario 'wset' -> did you mean west"):
        with_tags(driver, cctm, scenario="wset").prepare_apportionment(tmp_path)
    assert with_tags(driver, cctm, scenario="west").prepare_apportionment(tmp_path)[0].folder.name == "west.isam"


def test_sensitivities_join_what_their_names_part() -> None:
    from drivers.cmaq.products import _split  # the one place that parts names

    pairs = product((("O3", "ppmV"), ("ASO4J", "ug m-3")), (("ENX", 1.0), ("EVO", 2.0)))
    names = {f"{species}_{tag}": ("time", [value], {"units": unit}) for (species, unit), (tag, value) in pairs}
    manifest = type("M", (), {"scenario": "base", "identity": "x", "version": "5.5", "mechanism": "cb6r5_ae7"})()
    times = {"time": np.array(["2017-07-01"], "M8[ns]")}
    found = _split(xr.Dataset(names, times), manifest, "parameter")
    assert found["O3"].sel(parameter="EVO").item() == 2000.0
    assert found["ASO4J"].sel(parameter="ENX").item() == 1.0
