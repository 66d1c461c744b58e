"""Files for other models: what stands in them, and MusicBox's own solution of them where it is installed."""

import csv
import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from aqcore.errors import InputError
from drivers.box_model.f0am_writer import write_f0am
from drivers.box_model.musicbox_writer import PER_CM3, conditions, config, read_musicbox, write_musicbox
from drivers.box_model.peer_case import PeerCase, peer_case, solved
from drivers.box_model.reference_case import build, draw
from drivers.box_model.rosenbrock import RosenbrockEngine

OZONE_PPB = 0.05  # between MICM as MusicBox calls it and our engine: measured 1e-3 for one default step of 600 s
OH_OF_PEAK = 0.01
EXACT = 1e-12
F0AM = {"O3": 1e-4, "NO": 1e-4, "NO2": 1e-4, "OH": 1e-3, "HO2": 1e-3, "PAN": 5e-3}
# of the peak, between F0AM's ode15s at its default tolerances and ours: measured 3e-5, 2e-5, 4e-5, 2e-4, 3e-4, 1e-3
OCTAVE = (
    ("SolarParam.startTime = datenum(SolarParam.startTime);", ""),
    ("SolarParam.startTime = datevec(SolarParam.startTime);", ""),
    ("any(Conc < -1,'all')", "any(Conc(:) < -1)"),
)
# What F0AM says that Octave does not know; a case of ours has no solar cycle, so nothing is converted
PRINT = """
addpath(pwd); addpath(genpath('Core')); addpath(genpath('Tools')); yice_case
f = fieldnames(S.Conc); out = fopen('out.csv', 'w');
fprintf(out, 'time'); fprintf(out, ',%s', f{:});
for t = 1:numel(S.Time)
  fprintf(out, '\\n%.10g', S.Time(t));
  for i = 1:numel(f), fprintf(out, ',%.10g', S.Conc.(f{i})(t)); end
end
fclose(out);
"""
HOURS = 3.0


@pytest.fixture(scope="module")
def case(cb6):
    day = build(cb6, draw(1), hours=HOURS)
    return peer_case(cb6, day.environment, day.node_times, day.y0, day.emission, day.loss)


def test_rows_hold_the_middle_of_their_time(cb6, case):
    day = build(cb6, draw(1), hours=HOURS)
    assert case.times.tolist() == [600.0 * i for i in range(19)]
    expected = day.environment.temperature[0, 0] + (
        day.environment.temperature[1, 0] - day.environment.temperature[0, 0]
    ) * (300.0 / 1800.0)
    assert case.temperature[0] == pytest.approx(expected, rel=EXACT)
    assert case.emission[0] == pytest.approx(
        day.emission[0, :, 0] + (day.emission[1, :, 0] - day.emission[0, :, 0]) / 6.0, rel=1e-9, abs=1e-9
    )


def test_shapes_are_checked(case):
    with pytest.raises(InputError, match="y0: shape"):
        PeerCase(
            case.mechanism, case.times, case.temperature, case.pressure, case.k, case.y0[:-1], case.emission, case.loss
        )


def test_musicbox_has_every_reaction_in_its_own_units(cb6, case):
    reactions = {r["name"]: r for r in config(case)["mechanism"]["reactions"] if r["type"] == "USER_DEFINED"}
    assert list(reactions) == list(cb6.labels)
    r3 = reactions["R3"]
    assert r3["reactants"] == [{"name": "O3", "coefficient": 1.0}, {"name": "NO", "coefficient": 1.0}]
    rows = list(csv.DictReader(io.StringIO(conditions(case))))
    assert len(rows) == case.times.size
    first = rows[0]
    k = case.k[0, cb6.labels.index("R3")]
    assert float(first["USER.R3.s-1"]) == pytest.approx(k * 6.02214076e17, rel=EXACT)
    assert float(first["CONC.O3.mol m-3"]) == pytest.approx(case.y0[cb6.index("O3")] * PER_CM3, rel=EXACT)
    assert rows[1]["CONC.O3.mol m-3"] == ""


def test_a_reactant_that_meets_itself_counts_twice(case):
    reactions = config(case)["mechanism"]["reactions"]
    twice = [r for r in reactions for part in r.get("reactants", []) if part["coefficient"] == 2.0]
    assert twice
    assert all(len(r["reactants"]) == 1 for r in twice)


def test_files_are_json_and_csv_that_read_back(case, tmp_path):
    written = write_musicbox(case, tmp_path / "box")
    assert [path.name for path in written] == ["config.json", "conditions.csv"]
    assert json.loads(written[0].read_text("utf-8"))["mechanism"]["version"] == "1.0.0"


def test_f0am_has_a_column_for_each_reaction_and_source(cb6, case, tmp_path):
    write_f0am(case, tmp_path)
    lines = (tmp_path / "yice_AllRxns.m").read_text("utf-8").splitlines()
    blocks = [line for line in lines if line.startswith("i = i + 1;")]
    table = np.loadtxt(tmp_path / "k.csv", delimiter=",")
    assert table.shape == (case.times.size - 1, len(blocks))
    assert table[:, : len(cb6.labels)] == pytest.approx(case.k[:-1], rel=1e-9)
    r3 = blocks[cb6.labels.index("R3")]
    assert "k(:,i) = table(:,3);" in r3
    assert "Gstr{i,1} = 'O3'; Gstr{i,2} = 'NO';" in r3
    assert re.search(r"fNO2\(i\) = fNO2\(i\) \+1;", r3)
    assert all(block.count("Gstr") <= 3 for block in blocks)


def test_f0am_changes_are_the_mechanism_s(cb6, case, tmp_path):
    write_f0am(case, tmp_path)
    blocks = [x for x in (tmp_path / "yice_AllRxns.m").read_text("utf-8").splitlines() if x.startswith("i = ")]
    matrix = cb6.stoichiometry()
    for number in range(len(cb6.reactions)):
        found = {m[0]: float(m[1]) for m in re.findall(r"f(\w+)\(i\) = f\w+\(i\) ([+-][\d.e+-]+);", blocks[number])}
        expected = {s: matrix[i, number] for i, s in enumerate(cb6.species) if matrix[i, number]}
        assert found == pytest.approx(expected, rel=1e-9)


def test_f0am_starts_from_the_same_air(cb6, case, tmp_path):
    write_f0am(case, tmp_path)
    script = (tmp_path / "yice_case.m").read_text("utf-8")
    ozone = float(re.search(r"'O3' ([\d.]+) 0;", script)[1])
    assert ozone == pytest.approx(50.0, rel=0.02)  # ppb at the case's mean temperature
    assert "ModelOptions.IntTime = 600;" in script
    assert "'yice_J(Met,0)'" in script  # F0AM evaluates this text where only Met is known


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("octave") is None or not os.environ.get("F0AM_HOME"), reason="Octave or F0AM (F0AM_HOME) is missing"
)
def test_f0am_solves_its_files_to_our_concentrations(cb6, case, tmp_path):
    for part in ("Core", "Tools"):
        shutil.copytree(Path(os.environ["F0AM_HOME"]) / part, tmp_path / part)
    core = tmp_path / "Core" / "F0AM_ModelCore.m"
    text = core.read_text("utf-8", errors="replace")
    for theirs, ours in OCTAVE:
        text = text.replace(theirs, ours)
    core.write_text(text, "utf-8")
    shim = "function r = contains(c, s)\nr = ~cellfun(@isempty, strfind(cellstr(c), s));\n"
    (tmp_path / "contains.m").write_text(shim, "ascii")
    (tmp_path / "go.m").write_text(PRINT, "ascii")
    write_f0am(case, tmp_path)
    command = ["octave", "--no-gui", "-q", "go.m"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600)
    assert (tmp_path / "out.csv").is_file(), done.stderr[-1000:]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text("ascii"))))
    own = solved(case, RosenbrockEngine(cb6))[1:]
    per_ppb = case.pressure[:-1] / (1.380649e-23 * case.temperature[:-1]) * 1e-6 * 1e-9
    assert len(rows) == len(own)
    for name, limit in F0AM.items():
        mine = own[:, cb6.index(name)] / per_ppb
        theirs = np.array([float(row[name]) for row in rows])
        assert np.abs(theirs - mine).max() < limit * mine.max(), name


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("acom_music_box") is None, reason="MusicBox is not installed")
def test_musicbox_solves_its_files_to_our_concentrations(cb6, case, tmp_path):
    write_musicbox(case, tmp_path)
    code = "from acom_music_box.main import main; main()"
    command = [sys.executable, "-c", code, "-c", str(tmp_path / "config.json"), "-o", str(tmp_path / "out.csv")]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, cwd=tmp_path)
    assert (tmp_path / "out.csv").is_file(), result.stderr
    times, peer = read_musicbox(tmp_path / "out.csv", cb6.species)
    own = solved(case, RosenbrockEngine(cb6))
    at = np.searchsorted(case.times, times)
    per_ppb = 7.34e21 / case.temperature[0] * 1e-9  # 1 atm: P / (k_B T) in cm-3, a ppb of it
    ozone, radical = cb6.index("O3"), cb6.index("OH")
    assert np.abs(peer[:, ozone] - own[at, ozone]).max() / per_ppb < OZONE_PPB
    assert np.abs(peer[1:, radical] - own[at[1:], radical]).max() < OH_OF_PEAK * own[:, radical].max()
