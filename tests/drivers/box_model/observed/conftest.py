"""What tests of the observation-based mode share: the shipped synthetic series, run once."""

from pathlib import Path

import pytest

from drivers.box_model.chemistry import make_engine
from drivers.box_model.obm import ObmCase
from drivers.box_model.observed_series import read_observed_series
from drivers.box_model.settings import BoxSettings

SYNTHETIC = Path(__file__).parents[4] / "examples" / "observations" / "synthetic_summer.csv"


@pytest.fixture(scope="session")
def engine():
    return make_engine(BoxSettings())


@pytest.fixture(scope="session")
def series(engine):
    return read_observed_series(SYNTHETIC, engine.mechanism)


@pytest.fixture(scope="session")
def case(series, engine):
    return ObmCase(series, engine)


@pytest.fixture(scope="session")
def base(case):
    return case.run()


@pytest.fixture
def edited(tmp_path):
    """Write the synthetic series with its text changed by a function of its lines; return the path."""

    def write(change):
        path = tmp_path / "obs.csv"
        path.write_text("\n".join(change(SYNTHETIC.read_text("utf-8").splitlines())) + "\n", "utf-8")
        return path

    return write
