"""BOXMOX's input files and the mechanism for KPP: their rules, and KPP's own solution of it where KPP is installed."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from aqcore.errors import InputError
from drivers.box_model.boxmox_writer import LAYER_M, input_file, inputs, third_body_ratios, write_boxmox
from drivers.box_model.kpp_writer import equation_text, kpp_files, rate_expression
from drivers.box_model.mechanism import Mechanism, Reaction
from drivers.box_model.mechanism_table import load
from drivers.box_model.peer_case import peer_case
from drivers.box_model.rate_forms import Arrhenius, Form, Rate
from drivers.box_model.rates import number_density, rate_coefficients
from drivers.box_model.reference_case import build, draw
from drivers.box_model.rosenbrock import RosenbrockEngine

PRINTED = 1e-6  # relative: seven digits, as the reader's own package writes
RATES = 1e-9  # relative: coefficients are written with ten digits
SOLVED = 1e-4  # relative to the mean of a species, between KPP's Rosenbrock at rtol 1e-6 and ours at 1e-4
WATER = 0.02

PROGRAM = """
PROGRAM check
  USE go_Model
  USE go_Monitor, ONLY: SPC_NAMES
  USE go_Initialize, ONLY: Initialize
  IMPLICIT NONE
  INTEGER :: i
  CALL Initialize()
  TEMP = {temperature}
  C = 0.0_dp
  STEPMIN = 0.0_dp
  STEPMAX = 0.0_dp
{values}
  VAR => C(1:NVAR)
  FIX => C(NVAR+1:NSPEC)
  RTOL = 1.0D-6
  ATOL = 1.0D0
  CALL Update_RCONST()
  DO i = 1, NREACT
    WRITE(*, '(A,I0,1X,ES24.16E3)') 'R ', i, RCONST(i)
  END DO
  CALL INTEGRATE(0.0_dp, {seconds})
  DO i = 1, NSPEC
    WRITE(*, '(A,A,1X,ES24.16E3)') 'C ', TRIM(SPC_NAMES(i)), C(i)
  END DO
END PROGRAM check
"""


@pytest.fixture(scope="module")
def case(cb6):
    day = build(cb6, draw(1), hours=1.0)
    return peer_case(cb6, day.environment, day.node_times, day.y0, day.emission, day.loss)


@pytest.fixture(scope="module")
def fixed(cb6):
    return third_body_ratios(cb6, WATER)


def read_input(text):
    """Read by the rules of BOXMOX's Python package: three counts, a header, rows of numbers."""
    lines = text.splitlines()
    variables, ancillary, time_format = (int(line) for line in lines[:3])
    names = lines[3].split()
    rows = np.array([[float(word) for word in line.split()] for line in lines[4:]])
    assert rows.shape[1] == len(names) == variables + ancillary + (time_format != 0)
    return time_format, dict(zip(names, rows.T, strict=True))


def test_an_input_file_by_hand():
    text = input_file({"NO": np.array([1.0, 2.5])}, np.array([600.0, 1200.0]))
    assert text.splitlines() == ["1", "0", "1", "time NO", "0.000000e+00 1.000000e+00", "6.000000e+02 2.500000e+00"]
    assert input_file({"O3": np.array([0.05])}).splitlines() == ["1", "0", "0", "O3", "5.000000e-02"]


def test_the_air_is_in_ppm(cb6, case, fixed):
    kind, found = read_input(inputs(case, fixed)["InitialConditions.csv"])
    air = number_density(case.temperature[:1], case.pressure[:1])[0]
    assert kind == 0
    assert found["M"][0] == 1e6
    assert found["H2O"][0] == pytest.approx(WATER * 1e6)
    assert found["O3"][0] == pytest.approx(case.y0[cb6.index("O3")] / air * 1e6, rel=PRINTED)


def test_flux_and_velocity_give_back_emission_and_loss(cb6, case, fixed):
    files = {name: read_input(text)[1] for name, text in inputs(case, fixed).items()}
    height_cm = files["Environment.csv"]["PBLH"] * 100.0
    assert height_cm == pytest.approx(LAYER_M * 100.0)
    assert files["Environment.csv"]["TEMP"] == pytest.approx(case.temperature, rel=PRINTED)
    row = cb6.index("NO")
    assert files["Emissions.csv"]["NO"] / height_cm == pytest.approx(case.emission[:, row], rel=PRINTED)
    row = cb6.index("HNO3")
    assert files["Deposition.csv"]["HNO3"] / height_cm == pytest.approx(case.loss[:, row], rel=PRINTED)
    assert (files["Emissions.csv"]["time"] == case.times).all()


def test_light_is_unscaled_and_named_as_in_the_mechanism(cb6, case, fixed):
    light = read_input(inputs(case, fixed)["PhotolysisRates.csv"])[1]
    assert light["J_NO2_IUPAC10"] == pytest.approx(case.k[:, cb6.labels.index("R1")], rel=PRINTED)
    equations = equation_text(cb6)
    assert all(name in equations for name in light if name != "time")


def test_every_file_of_an_experiment(case, fixed, tmp_path):
    names = {path.name for path in write_boxmox(case, tmp_path / "box", fixed)}
    csv = {"InitialConditions", "Environment", "Emissions", "Deposition", "PhotolysisRates"}
    assert names == {f"{name}.csv" for name in csv} | {"BOXMOX.nml", "yice_case.spc", "yice_case.eqn", "yice_case.def"}
    text = (tmp_path / "box" / "BOXMOX.nml").read_text("utf-8")
    assert "tend = 3600.0" in text
    assert "dt = 600.0" in text


@pytest.mark.skipif(importlib.util.find_spec("boxmox") is None, reason="BOXMOX's Python package is not installed")
def test_boxmox_reads_our_input_files(case, fixed, tmp_path):
    """Its module of data alone: the package itself wants BOXMOX installed."""
    (folder,) = importlib.util.find_spec("boxmox").submodule_search_locations
    spec = importlib.util.spec_from_file_location("boxmox_data", Path(folder) / "data.py")
    reader = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reader)
    write_boxmox(case, tmp_path, fixed)
    for name, text in inputs(case, fixed).items():
        kind, expected = read_input(text)
        found = reader.InputFile(str(tmp_path / name))
        assert found.timeFormat == kind
        for column in set(expected) - {"time"}:
            assert np.asarray(found[column]) == pytest.approx(expected[column])


def test_rate_forms_as_fortran():
    plain = Rate(Form.ARRHENIUS, (Arrhenius(2.07e-12, 0.0, 1400.0),))
    assert rate_expression(plain, {}) == "2.07D-12*EXP(-1.4D3/TEMP)"
    power = Rate(Form.ARRHENIUS, (Arrhenius(6e-34, -2.6),))
    assert rate_expression(power, {}) == "6.0D-34*(TEMP/3.0D2)**(-2.6D0)"
    light = Rate(Form.PHOTOLYSIS, scale=0.5, of="NO2_IUPAC10")
    assert rate_expression(light, {}) == "5.0D-1*J_NO2_IUPAC10"


def test_negative_yields_keep_their_sign():
    rate = Rate(Form.ARRHENIUS, (Arrhenius(1e-12),))
    reaction = Reaction("R1", ("A", "A"), ("M",), (("B", 2.0), ("C", -0.5)), rate)
    text = equation_text(Mechanism("toy", (reaction,)))
    assert "<R1> A + A + M = 2 B - 0.5 C : 1.0D-12;" in text


def test_the_open_sea_is_refused():
    whole = load("cb6r5_ae7", groups=("core", "sea_ozone"))
    with pytest.raises(InputError, match="open sea"):
        kpp_files(whole, "x")


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("gfortran") is None or not os.environ.get("KPP_HOME"), reason="KPP (KPP_HOME) or gfortran is missing"
)
def test_kpp_has_our_rates_and_our_solution(cb6, fixed, tmp_path):
    day = build(cb6, draw(1), hours=1.0)
    env, y0 = day.environment, day.y0
    k, still = rate_coefficients(cb6, env)[0, :, 0], np.zeros((2, *y0.shape))
    write_boxmox(peer_case(cb6, env, day.node_times, y0, day.emission, day.loss), tmp_path, fixed)
    model = "#MODEL yice_case\n#INTEGRATOR rosenbrock\n#LANGUAGE Fortran90\n#DRIVER none\n"
    (tmp_path / "go.kpp").write_text(model, "ascii")
    ratios = {name: ratio * env.air[0, 0] for name, ratio in fixed.items()}
    values = {f"C(ind_{s})": v for s, v in (*zip(cb6.species, y0[:, 0], strict=True), *ratios.items())}
    values |= {f"J_{name}": env.photolysis[0, row, 0] for row, name in enumerate(cb6.photolysis)}
    values |= {f"KHET_{name}": env.heterogeneous[0, row, 0] for row, name in enumerate(cb6.heterogeneous)}
    lines = "\n".join(f"  {name} = {value:.16e}_dp" for name, value in values.items())
    program = PROGRAM.format(temperature=f"{env.temperature[0, 0]:.16e}_dp", values=lines, seconds="600.0_dp")
    (tmp_path / "check.f90").write_text(program, "ascii")
    words = (line.split() for line in run_kpp(tmp_path).splitlines() if line.startswith(("R ", "C ")))
    found = {(kind, name): float(value) for kind, name, value in words}
    for number, reaction in enumerate(cb6.reactions):
        third = np.prod([ratios[body] for body in reaction.third_bodies])
        assert found["R", str(number + 1)] * third == pytest.approx(k[number], rel=RATES), reaction.label
    constant, ends = np.repeat(k[None, :, None], 2, axis=0), np.array([0.0, 600.0])
    own = RosenbrockEngine(cb6, rtol=1e-4).solve(y0, constant, ends, still, still, ends[1:]).end[0, :, 0]
    for name in ("O3", "NO", "NO2", "OH", "HO2", "PAN", "HNO3", "FORM"):
        assert found["C", name] == pytest.approx(own[cb6.index(name)], rel=SOLVED), name


def run_kpp(folder):
    """Translate, compile and run; return what the program printed."""
    kpp = str(Path(os.environ["KPP_HOME"]) / "bin" / "kpp")
    said = subprocess.run([kpp, "go.kpp"], cwd=folder, check=False, capture_output=True, text=True, timeout=120)
    assert "successfully created" in said.stdout, said.stdout[-500:]  # its status counts warnings
    parts = ("Precision", "Parameters", "Global", "Function", "JacobianSP", "Jacobian", "HessianSP", "Hessian",
             "StoichiomSP", "Stoichiom", "LinearAlgebra", "Rates", "Monitor", "Util", "Integrator",
             "Model", "Initialize")  # fmt: skip
    sources = [f"go_{part}.f90" for part in parts] + ["check.f90"]
    subprocess.run(
        ["gfortran", "-O0", "-cpp", "-w", "-ffree-line-length-none", *sources, "-o", "check"],
        cwd=folder, check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    done = subprocess.run(["./check"], cwd=folder, check=True, capture_output=True, text=True, timeout=120)
    return done.stdout
