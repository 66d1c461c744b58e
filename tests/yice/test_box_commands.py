"""`yice box` as a user calls it: observed days and a tiny city, tables, figures, JSON, bad input."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from aqcore.errors import InputError
from drivers.box_model.mechanism_table import load
from yice.box_commands import app, by_mass, factor_levels

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
    assert factor_levels(0.5) == [0.5, 1.0, 1.5]
    assert factor_levels(0.1)[9] == 1.0
    assert factor_levels(0.1)[-1] == 1.5


@pytest.mark.parametrize("step", [0.0, -0.1, 0.3, 0.6, 0.001])
def test_a_step_that_misses_the_base_is_refused(step):
    with pytest.raises(InputError, match="--step"):
        factor_levels(step)


def test_grams_of_ozone_a_gram_of_species():
    """CO: 28 g/mol; one ppb of ozone a ppb of CO is 48 / 28 g a g, whichever unit the metric has."""

    class Ppb:
        mechanism, units = load("cb6r5_ae7"), "ppb"

    class Mass(Ppb):
        units = "ug m-3"

    table = pd.DataFrame({"species": ["CO"], "ir": [1.0]})
    assert by_mass(table, Ppb())["g_per_g"][0] == pytest.approx(48.0 / 28.0, rel=1e-3)
    assert by_mass(table.assign(ir=1.9618), Mass())["g_per_g"][0] == pytest.approx(48.0 / 28.0, rel=1e-3)


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


def test_ekma_of_observed_days(one_day, tmp_path):
    made = document("ekma", one_day, "--out", tmp_path, "--step", "0.5")
    assert made["reading"]["regime"]["name"] == "VOC-limited"
    assert made["reading"]["ratio"]["local"] > 0.0
    table = pd.read_csv(tmp_path / "isopleth.csv")
    assert len(table) == 9
    node = table.set_index(["nox", "voc"])["o3"]
    assert node[1.0, 0.5] < node[1.0, 1.0] < node[1.0, 1.5]
    assert node[1.5, 1.0] < node[1.0, 1.0]
    assert (tmp_path / "isopleth_en.svg").is_file()


def test_rir_of_observed_days(one_day, tmp_path):
    made = document("rir", one_day, "--out", tmp_path)
    rir = pd.read_csv(tmp_path / "rir.csv").set_index("group")["rir"]
    assert rir["NOx"] < 0.0 < rir["AVOC"]
    assert made["tables"]["rir"][0]["low"] is None  # one day has no interval
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
    result = call("run", CITY, "--out", tmp_path, "--day", "no such day", "--json")
    assert result.exit_code == 2
    assert "no such day" in json.loads(result.stdout)["faults"][0]["what"]


@pytest.mark.slow
def test_a_city_runs_has_an_isopleth_and_reactivities(tmp_path):
    hourly = pd.DataFrame(document("run", CITY, "--out", tmp_path / "run")["tables"]["hourly"])
    assert len(hourly) % 24 == 0
    assert np.isfinite(hourly["O3"].to_numpy(dtype=float)).all()
    made = document("ekma", CITY, "--out", tmp_path / "ekma", "--step", "0.5")
    assert len(made["tables"]["isopleth"]) % 9 == 0
    document("rir", CITY, "--out", tmp_path / "rir")
    loss = pd.read_csv(tmp_path / "rir" / "zero_out.csv").set_index("group")["loss"]
    assert any(name.startswith("sector ") for name in loss.index)
    assert np.isfinite(loss).all()
