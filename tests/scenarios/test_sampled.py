"""Sampled designs: reproducible, even, with their margins; and the same factors as a full resolution."""

import numpy as np
import pytest

from aqcore.errors import InputError
from emissions.inventory import inventory_of
from scenarios import resolve
from scenarios.sampled import Axis, sample

SINGLE = 2e-7  # the factors of sampled designs are float32
METHODS = ("latin_hypercube", "sobol", "hammersley")
AXES = (
    Axis("NOx of roads", ("NOx",), sectors=("ONROAD",), low=0.2, high=1.0),
    Axis("VOC", ("VOC",), low=0.0, high=1.2),
    Axis("a district", ("NOx", "VOC"), districts=("110105",), low=0.5, high=1.0),
)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_design(method):
    first, again, other = (sample(AXES, 40, method=method, seed=seed).values for seed in (3, 3, 4))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("method", METHODS)
def test_samples_stay_inside_and_spread_evenly(method):
    values = sample(AXES, 1024, method=method, seed=1, margins=False).values
    low, high = np.array([[axis.low, axis.high] for axis in AXES]).T
    assert values.shape == (1024, 3)
    assert ((values >= low) & (values <= high)).all()
    # the mean of n even points is off by about 1 / n, that of n random ones by 0.29 / sqrt(n) = 0.009
    assert (values - low).mean(axis=0) / (high - low) == pytest.approx([0.5] * 3, abs=0.004)


def test_margins_come_first():
    values = sample(AXES, 12, seed=1, method="sobol").values
    assert values[:5].tolist() == [
        [1.0, 1.2, 1.0], [0.2, 0.0, 0.5], [0.2, 1.2, 1.0], [1.0, 0.0, 1.0], [1.0, 1.2, 0.5],
    ]  # fmt: skip
    assert len(values) == 12


def test_one_axis_has_two_margins():
    assert sample(AXES[:1], 4, seed=1).values[:2, 0].tolist() == [1.0, 0.2]


def test_latin_hypercube_fills_every_stratum():
    values = sample((Axis("x", ("NOx",)),), 50, seed=2, margins=False).values[:, 0]
    assert sorted((values * 50).astype(int)) == list(range(50))


def test_factors_agree_with_a_full_resolution():
    rows = [{"district": district, "source_class": name, "NOx": 5.0, "VOC": 3.0, "SO2": 1.0}
            for district in ("110101", "110105") for name in ("power_coal", "onroad_diesel")]  # fmt: skip
    inventory = inventory_of(rows)
    design = sample(AXES, 9, seed=5)
    coords = {"sector": inventory.sectors, "district": inventory.districts, "pollutant": inventory.pollutants}
    quick = design.factors(coords)
    full = resolve(design.scenarios(), [], inventory).by_sector_district(inventory).drop_sel(scenario="base")
    assert quick.dims == full.dims
    assert quick["scenario"].to_numpy().tolist() == full["scenario"].to_numpy().tolist()
    assert quick.to_numpy() == pytest.approx(full.to_numpy(), rel=SINGLE)


@pytest.mark.parametrize(
    ("axes", "size", "message"),
    [
        ((), 5, "no axis"),
        ((Axis("x", ()),), 5, "names no pollutant"),
        ((Axis("x", ("NOx",), low=1.0, high=1.0),), 5, "runs from 1 to 1"),
        ((Axis("x", ("NOx",), low=-0.1),), 5, "runs from -0.1 to 1"),
        (AXES, 5, "5 samples for 5 margins"),
    ],
)
def test_designs_that_cannot_be(axes, size, message):
    with pytest.raises(InputError, match=message):
        sample(axes, size, seed=1)
