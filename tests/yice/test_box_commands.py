"""`yice box` as a user calls it: observed days and a tiny city, tables, figures, JSON, bad input."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from aqcore.errors import InputError
from yice.box_actions import factor_levels, zone_of_base
from yice.box_commands import app

ROOT = Path(__file__).parents[2]
SYNTHETIC = ROOT / "examples" / "observations" / "synthetic_summer.csv"
CITY = Path(__file__).parent / "tiny_city"
PRINTED = 2e-5  # relative: six digits in the CSV


def call(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def document(*arguments):
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def one_day(tmp_path_factory):
    """The first of the synthetic days: enough for the commands."""
    path = tmp_path_factory.mktemp("obs") / "day.csv"
    path.write_text("\n".join(SYNTHETIC.read_text("utf-8").splitlines()[:25]) + "\n", "utf-8")
    return path


def test_levels_hold_the_base_and_reach_half_as_much_again():
    assert factor_levels(0.5) == [0.0, 0.5, 1.0, 1.5]
    assert factor_levels(0.1)[10] == 1.0
    assert factor_levels(0.1)[-1] == 1.5


@pytest.mark.parametrize("step", [0.0, -0.1, 0.3, 0.6, 0.001])
def test_a_step_that_misses_the_base_is_refused(step):
    with pytest.raises(InputError, match="--step"):
        factor_levels(step)


def test_run_of_observed_days_writes_rates_and_figures(one_day, tmp_path):
    made = document("run", one_day, "--out", tmp_path)
    hourly, by_day = (pd.read_csv(tmp_path / f"{name}.csv") for name in ("hourly", "daytime"))
    assert len(hourly) == 24
    assert {"O3 (ppb)", "observed O3 (ppb)", "net P(O3) (ppb h-1)", "kOH: all (s-1)", "L_N/Q"} <= set(hourly.columns)
    seven = hourly["net P(O3) (ppb h-1)"][7:19].sum()
    assert by_day["net P(O3) (ppb)"][0] == pytest.approx(seven, rel=PRINTED)
    names = {Path(name).name for name in made["files"]}
    assert {"hourly.csv", "daytime.csv", "production_zh.png", "production_en.svg"} <= names
    assert all(Path(name).stat().st_size > 0 for name in made["files"])
    assert len(made["tables"]["hourly"]) == 24


def test_a_run_that_holds_ozone_answers_no_production(one_day, tmp_path):
    made = document("run", one_day, "--out", tmp_path, "--hold", "O3")
    assert not any(name.startswith("production") for name in (Path(p).name for p in made["files"]))
    assert "net P(O3) (ppb h-1)" not in made["tables"]["hourly"][0]
    assert made["notes"][0].startswith("O3 is held at its observation: P(O3), L(O3)")
    about = json.loads((tmp_path / "about.json").read_text("utf-8"))
    assert about["notes"] == made["notes"]
    assert "O3" in about["held"]
    assert len(about["sha256"]) == 64
    assert "note: O3 is held" in call("run", one_day, "--out", tmp_path, "--hold", "O3").output


def test_where_the_base_lies():
    ridge = pd.DataFrame({"voc": [0.5, 1.5], "nox": [0.6, 1.6]})
    line = pd.DataFrame({"voc": [0.5, 1.5], "nox": [0.3, 1.3]})
    assert zone_of_base(ridge, line) == "transition"
    assert zone_of_base(ridge.assign(nox=ridge["nox"] - 0.4), line) == "VOC-limited"
    assert zone_of_base(ridge, line.assign(nox=line["nox"] + 0.5)) == "NOx-limited"


def test_ekma_of_observed_days(one_day, tmp_path):
    made = document("ekma", one_day, "--out", tmp_path, "--step", "0.5")
    assert made["reading"]["regime"]["name"] == "VOC-limited"
    assert made["reading"]["ratio"]["local"] > 0.0
    table = pd.read_csv(tmp_path / "isopleth.csv")
    assert len(table) == 16
    assert {"rays", "transition", "ridge"} <= set(made["tables"])
    assert made["reading"]["target_ray"]["ratio"] == "inf"  # NOx cuts raise ozone first: VOC alone is the shortest way
    assert made["reading"]["target_line"]["slope"] > 0.0
    node = table.set_index(["nox", "voc"])["o3"]
    assert node[1.0, 0.5] < node[1.0, 1.0] < node[1.0, 1.5]
    assert node[1.5, 1.0] < node[1.0, 1.0]
    assert (tmp_path / "isopleth_en.svg").is_file()


def test_rir_of_observed_days(one_day, tmp_path):
    made = document("rir", one_day, "--out", tmp_path)
    rir = pd.read_csv(tmp_path / "rir.csv").set_index("group")["rir"]
    assert rir["NOx"] < 0.0 < rir["AVOC"]
    assert made["tables"]["rir"][0]["low"] is None  # one day has no interval
    assert {"ISOP", "TOL", "CO"} <= set(pd.read_csv(tmp_path / "rir_species.csv")["group"])
    toluene = pd.read_csv(tmp_path / "mir_compounds.csv").set_index("compound").loc["toluene"]
    assert 0.3 < toluene["ratio"] < 3.0  # held at its level, not released once as Carter's
    mir = pd.read_csv(tmp_path / "mir.csv").set_index("species")
    assert mir.loc["XYLMN", "g_per_g"] > mir.loc["ETHA", "g_per_g"] > 0.0


@pytest.mark.parametrize("verb", ["ekma", "rir"])
def test_what_holds_ozone_cannot_ask_for_its_response(one_day, tmp_path, verb):
    result = call(verb, one_day, "--out", tmp_path, "--hold", "O3", "--json")
    assert result.exit_code == 2
    (fault,) = json.loads(result.stdout)["faults"]
    assert "hold O3" in fault["where"]
    assert not list(tmp_path.iterdir())


def test_bad_sources_end_with_status_2(tmp_path, one_day):
    assert call("run", tmp_path / "none", "--out", tmp_path).exit_code == 2
    assert call("run", one_day, "--out", tmp_path, "--lifetime", "0").exit_code == 2
    assert call("ekma", CITY, "--out", tmp_path, "--hold", "O3").exit_code == 2
    assert call("run", one_day, "--out", tmp_path, "--day", "2019-07-02").exit_code == 2
    assert call("run", one_day, "--out", tmp_path, "--observations", one_day).exit_code == 2
    assert call("ekma", one_day, "--out", tmp_path, "--target", "-1").exit_code == 2
    result = call("run", CITY, "--out", tmp_path, "--day", "no such day", "--json")
    assert result.exit_code == 2
    assert "no such day" in json.loads(result.stdout)["faults"][0]["what"]


def test_wrong_exports_end_with_status_2(one_day, tmp_path):
    assert call("export", one_day, "--out", tmp_path / "out").exit_code == 2
    assert call("export", CITY, "--out", tmp_path / "out", "--format", "foam").exit_code == 2
    assert call("export", CITY, "--out", tmp_path / "out", "--zone", "110199").exit_code == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_export_writes_every_peer_and_our_own_solution(tmp_path):
    made = document("export", CITY, "--out", tmp_path)
    names = {str(Path(name).relative_to(tmp_path)) for name in made["files"]}
    assert {"own.csv", "f0am/yice_case.m", "musicbox/config.json", "boxmox/BOXMOX.nml"} <= names
    own = pd.read_csv(tmp_path / "own.csv")
    assert len(own) == 145
    assert own["O3"].max() > 20.0
    only = document("export", CITY, "--out", tmp_path / "one", "--format", "musicbox")
    assert not any("f0am" in name for name in only["files"])


WRONG = {
    "a gap": (lambda rows: [*rows[:6], *rows[7:]], "2019-07-02 05:00", "the hour is missing"),
    "too short": (lambda rows: rows[:13], "2019-07-02 12:00 to 2019-07-02 23:00", "12 hours are missing"),
    "an unknown species": (lambda rows: [rows[0].replace("toluene", "tolueen"), *rows[1:]], ":1:tolueen", "toluene"),
    "a negative value": (lambda rows: [*rows[:4], rows[4].replace(",9.", ",-9.", 1), *rows[5:]], "2019-07-02", "-9."),
    "an empty cell": (lambda rows: [*rows[:3], rows[3][: rows[3].rfind(",") + 1], *rows[4:]], "(2019-07-02 02:00)", ""),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_series_end_with_status_2_and_name_the_hour(one_day, tmp_path, name):
    change, where, what = WRONG[name]
    path = tmp_path / "wrong.csv"
    path.write_text("\n".join(change(one_day.read_text("utf-8").splitlines())) + "\n", "utf-8")
    result = call("rir", path, "--out", tmp_path / "out", "--json")
    assert result.exit_code == 2, result.output
    text = json.dumps(json.loads(result.stdout)["faults"], ensure_ascii=False)
    assert where in text
    assert what in text
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_city_runs_has_an_isopleth_and_reactivities(tmp_path):
    hourly = pd.DataFrame(document("run", CITY, "--out", tmp_path / "run")["tables"]["hourly"])
    assert len(hourly) % 24 == 0
    assert np.isfinite(hourly["O3"].to_numpy(dtype=float)).all()
    made = document("ekma", CITY, "--out", tmp_path / "ekma", "--step", "0.5")
    assert len(made["tables"]["isopleth"]) % 16 == 0
    assert "illustrative" in made["notes"][0]  # the city says that its input is made up
    assert made["reading"]["regime"]["name"] == "NOx-limited"  # the plain's textbook: less NOx, less ozone
    node = pd.read_csv(tmp_path / "ekma" / "isopleth.csv").groupby(["nox", "voc"])["o3"].mean()
    assert node[0.5, 1.0] < node[1.0, 1.0] < node[1.5, 1.0]
    document("rir", CITY, "--out", tmp_path / "rir")
    loss = pd.read_csv(tmp_path / "rir" / "zero_out.csv").set_index("group")["loss"]
    assert any(name.startswith("sector ") for name in loss.index)
    assert any(name.startswith("class ") for name in loss.index)
    by_class = pd.read_csv(tmp_path / "rir" / "rir_class.csv")
    by_sector = pd.read_csv(tmp_path / "rir" / "rir.csv")
    sectors = by_sector[by_sector["group"].str.startswith("sector ")]
    assert by_class["rir"].sum() == pytest.approx(sectors["rir"].sum(), abs=0.02)  # small cuts add up
    assert np.isfinite(loss).all()
