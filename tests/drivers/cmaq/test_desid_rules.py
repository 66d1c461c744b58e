"""Rules of DESID: the default table against CMAQ's own file, and rows of a scenario worked by hand."""

from pathlib import Path

import f90nml
import numpy as np
import pytest

from aqcore.errors import InputError
from aqcore.species import emission_species
from drivers.cmaq.desid_rules import EVERYWHERE, Rule, default_rules, mapped_variables, rules_for
from drivers.cmaq.namelists import (
    RulesText,
    control_namelist,
    molar_masses,
    number,
    quoted,
    read_regions,
    read_rules,
    rule_row,
    species_of,
)
from drivers.cmaq.planning import region_rules
from drivers.cmaq.versions import Version, default_environment, version, versions

SHARED = Path(__file__).parents[3].parent / "shared" / "data" / "cmaq_nml"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the shared folder with CMAQ's namelists is not here")

STREAMS = ["ONROAD", "PT_POWER"]
NO_HALF = Rule("D110101", "ONROAD", "NO", "ALL", "ALL", 0.5, "UNIT", "m")


def rules_namelist(one: Version, default: tuple[Rule, ...], scenario: list[Rule]) -> str:
    return RulesText.of(one, default).with_rules(scenario)


# the default table -------------------------------------------------------------------------------------------------


@needs_shared
def test_default_rules_are_those_of_the_mechanism() -> None:
    group = f90nml.read(SHARED / "CMAQ_Control_DESID_cb6r5_ae7_aq.nml")["desid_scaling"]["desid_rules_nml"]
    values = [value for value in group if value is not None]
    theirs = [Rule(*values[i : i + 8]) for i in range(0, len(values), 8)]
    assert list(default_rules("cb6r5_ae7")) == theirs


@needs_shared
@pytest.mark.parametrize("mechanism", ["cb6r3_ae7", "cb6r5_ae7"])
def test_default_rules_name_species_that_the_mechanism_has(mechanism: str) -> None:
    known = set().union(*(species_of(SHARED / f"{kind}_{mechanism}_aq.nml") for kind in ("GC", "AE", "NR")))
    assert {rule.species for rule in default_rules(mechanism)} <= known


@needs_shared
def test_species_namelists_are_read_whole() -> None:
    counts = [len(species_of(SHARED / f"{kind}_cb6r5_ae7_aq.nml")) for kind in ("GC", "AE", "NR")]
    assert counts == [129, 56, 11]  # the numbers that runs of CCTM 5.5 report


@needs_shared
def test_molar_masses_are_read() -> None:
    found = molar_masses(SHARED / "GC_cb6r5_ae7_aq.nml")
    assert (found["NO2"], found["CO"], found["VIVPO1"]) == (46.0, 28.0, 266.0)


@pytest.mark.parametrize("mechanism", ["cb6r3_ae7", "cb6r5_ae7"])
def test_every_species_of_our_emissions_is_mapped(mechanism: str) -> None:
    assert set(emission_species()) <= mapped_variables(default_rules(mechanism))


def test_organic_carbon_keeps_its_mass_but_for_the_precursor_added_to_it() -> None:
    shares = {r.species: r.factor for r in default_rules("cb6r5_ae7") if r.variable == "POC" and r.op == "a"}
    added = shares.pop("PCVOC")
    assert sum(shares.values()) == pytest.approx(1.0)
    assert added == 6.579


def test_coarse_particles_keep_their_mass() -> None:
    assert sum(r.factor for r in default_rules("cb6r5_ae7") if r.variable == "PMC") == pytest.approx(1.0)


def test_rules_of_streams_that_are_not_there_are_left_out() -> None:
    assert all(rule.stream == "ALL" for rule in rules_for("cb6r5_ae7", ["ONROAD"]))
    assert "PT_FIRES" in {rule.stream for rule in rules_for("cb6r5_ae7", ["PT_FIRES"])}


def test_unknown_mechanism() -> None:
    with pytest.raises(InputError, match="did you mean cb6r5_ae7"):
        default_rules("cb6r5_ae6")


# rows of a scenario ------------------------------------------------------------------------------------------------


def test_a_factor_for_one_region_is_one_row() -> None:
    found = region_rules("ONROAD", "NO", {"D1": 0.5, "D2": 1.0})
    assert found == [Rule("D1", "ONROAD", "NO", "ALL", "ALL", 0.5, "UNIT", "m")]


def test_a_factor_common_to_all_regions_needs_no_mask() -> None:
    found = region_rules("ONROAD", "NO", {"D1": 0.5, "D2": 0.5, "D3": np.nan})
    assert [(rule.region, rule.stream, rule.factor) for rule in found] == [(EVERYWHERE, "ONROAD", 0.5)]


def test_where_nothing_is_emitted_there_is_no_row() -> None:
    assert [rule.region for rule in region_rules("ONROAD", "NO", {"D1": 0.5, "D2": np.nan, "D3": 0.7})] == ["D1", "D3"]


# namelists ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["5.4", "5.5", "5.3.3"])
def test_written_rules_are_read_back(tmp_path: Path, name: str) -> None:
    one = version(name)
    default = rules_for(one.listed("mechanisms")[0], [])
    scenario = [NO_HALF, NO_HALF._replace(variable="POC", factor=1 / 3)]
    path = tmp_path / "rules.nml"
    path.write_text(rules_namelist(one, default, scenario), encoding="utf-8")
    back = read_rules(path, one)
    assert back[: len(default)] == list(default)
    assert back[len(default)] == NO_HALF
    assert back[-1].factor == pytest.approx(1 / 3, rel=1e-8)  # nine digits


@needs_shared
def test_cmaqs_own_rules_are_read_with_their_comments() -> None:
    found = read_rules(SHARED / "CMAQ_Control_DESID_cb6r5_ae7_aq.nml", version("5.5"))
    assert found == list(default_rules("cb6r5_ae7"))


def test_rules_are_what_f90nml_reads(tmp_path: Path) -> None:
    path = tmp_path / "rules.nml"
    path.write_text(rules_namelist(version("5.5"), default_rules("cb6r5_ae7"), [NO_HALF]), encoding="utf-8")
    values = f90nml.read(path)["desid_scaling"]["desid_rules_nml"]
    assert [Rule(*values[i : i + 8]) for i in range(0, len(values), 8)] == read_rules(path, version("5.5"))


def test_a_factor_that_is_no_number(tmp_path: Path) -> None:
    path = tmp_path / "rules.nml"
    path.write_text(rules_namelist(version("5.5"), (), [NO_HALF]).replace(" 0.5,", " half,"), encoding="utf-8")
    with pytest.raises(InputError, match="rule 1: factor 'half'"):
        read_rules(path, version("5.5"))


@pytest.mark.parametrize("name", ["5.4", "5.5", "5.3.3"])
def test_written_regions_are_read_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / "control.nml"
    path.write_text(
        control_namelist(version(name), ["D110101", "D110102"], "MASKS", STREAMS, ["NO", "AEC"]), encoding="utf-8"
    )
    assert read_regions(path, version(name)) == [("D110101", "MASKS", "D110101"), ("D110102", "MASKS", "D110102")]


def test_control_namelist_is_valid_fortran_with_every_group_that_is_read(tmp_path: Path) -> None:
    path = tmp_path / "control.nml"
    path.write_text(control_namelist(version("5.5"), ["D110101"], "MASKS", STREAMS, ["NO", "AEC"]), encoding="utf-8")
    read = f90nml.read(path)
    assert set(read) == {
        "desid_options", "desid_areanormvars", "desid_areanorm", "desid_sizedistvars", "desid_sizedist",
        "desid_regiondefvars", "desid_regiondef", "desid_regionfam", "desid_streamfamvars", "desid_streamfam",
        "desid_diagvars", "desid_diag",
    }  # fmt: skip
    assert len(read["desid_sizedist"]["desid_sd_nml"]) == 6 * 3  # the six defaults of CMAQ
    assert read["desid_diagvars"]["desid_n_diag_rules"] == 2
    assert read["desid_diag"]["desid_diag_fmt_nml"] == ["COLSUM", "COLSUM"]


def test_each_stream_is_diagnosed_by_a_rule_of_its_own(tmp_path: Path) -> None:
    """A rule for ALL keeps 20 streams in CCTM 5.5, and a list without a blank name at its end counts as empty."""
    path = tmp_path / "control.nml"
    labels = [f"S{number}" for number in range(30)]
    path.write_text(control_namelist(version("5.5"), [], "MASKS", labels, ["NO", "AEC"]), encoding="utf-8")
    read = f90nml.read(path)
    assert read["desid_diagvars"]["desid_n_diag_rules"] == 30
    assert read["desid_diagvars"]["desid_max_diag_spec"] > 2
    text = path.read_text(encoding="utf-8")
    assert all(f" Desid_Diag_Streams_Nml({i},:) = '{label}'" in text for i, label in enumerate(labels, start=1))


@needs_shared
def test_groups_and_arrays_are_those_of_cmaqs_own_file() -> None:
    theirs = f90nml.read(SHARED / "CMAQ_Control_DESID.nml")
    one = version("5.5")
    for kind in ("regions", "sizes"):
        assert one.item(f"{kind}_array").lower() in theirs[one.item(f"{kind}_group").lower()]


def test_declared_number_of_rules_suffices(tmp_path: Path) -> None:
    path = tmp_path / "rules.nml"
    scenario = [NO_HALF._replace(region=f"D{i:06d}") for i in range(5000)]
    path.write_text(rules_namelist(version("5.5"), (), scenario), encoding="utf-8")
    assert f90nml.read(path)["desid_scalingvars"]["desid_max_rules"] >= 5000


def test_names_are_data_in_fortran() -> None:
    assert quoted("it's") == "'it''s'"
    with pytest.raises(ValueError, match="does not fit"):
        rule_row(NO_HALF._replace(variable="A_NAME_OF_17_CHAR"))
    with pytest.raises(ValueError, match="does not fit"):
        rule_row(NO_HALF._replace(stream="电厂"))


@pytest.mark.parametrize(("value", "text"), [(1.0, "1."), (0.5, "0.5"), (1 / 3, "0.333333333"), (1e-12, "1e-12")])
def test_numbers_are_reals(value: float, text: str) -> None:
    assert number(value) == text


def test_rows_are_complete_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "rules.nml"
    text = rules_namelist(version("5.5"), (), [NO_HALF])
    path.write_text(text.replace("'UNIT',", ""), encoding="utf-8")
    with pytest.raises(InputError, match="7 values are no rows of 8"):
        read_rules(path, version("5.5"))
    path.write_text("&Other\n/\n", encoding="utf-8")
    with pytest.raises(InputError, match="Desid_Scaling: no rules Desid_Rules_nml"):
        read_rules(path, version("5.5"))


# versions ----------------------------------------------------------------------------------------------------------


def test_every_version_states_every_item() -> None:
    assert set(versions()) == {"5.3.3", "5.4", "5.5"}
    may_be_empty = {"rules_limit_group"}
    assert all(one.items[name] for one in versions().values() for name in one.items if name not in may_be_empty)


def test_environment_of_a_version() -> None:
    names = {setting.variable for setting in default_environment("5.3.3")}
    assert "CTM_APMDIAG" in names
    assert "CTM_APMDIAG" not in {setting.variable for setting in default_environment("5.5")}
    assert all(setting.why for one in versions() for setting in default_environment(one))


def test_unknown_version() -> None:
    with pytest.raises(InputError, match=r"CMAQ '5.6' is not known -> did you mean"):
        version("5.6")
