"""The output of a run in the common schema."""

import numpy as np
import pytest
import xarray as xr

from drivers.box_model.output import AEROSOL, CHEMICAL, MET, OUTPUT, daily, output_dataset, read_output, write_output

SINGLE = 1e-6  # values are stored in single precision


@pytest.fixture
def values():
    rng = np.random.default_rng(0)
    return {name: rng.uniform(1.0, 90.0, (2, 24, 3)) for name in (*CHEMICAL, *AEROSOL, *MET)}


@pytest.fixture
def dataset(inputs, values):
    return output_dataset(inputs, values, scenario="base", history="test")


def test_time_is_utc_start_of_the_local_hours(dataset):
    time = dataset["time"].to_numpy().astype("datetime64[h]")
    assert time[0] == np.datetime64("2013-07-09T16")
    assert time[24] == np.datetime64("2013-01-15T16")  # the second day need not follow the first
    assert np.diff(time[:24]).tolist() == [np.timedelta64(1, "h")] * 23
    bounds = dataset["time_bounds"].to_numpy()
    assert ((bounds[:, 1] - bounds[:, 0]) == np.timedelta64(1, "h")).all()


def test_every_hour_says_its_day(dataset):
    assert dataset["day"].to_numpy().tolist() == [0] * 24 + [1] * 24
    assert dataset["hour"].to_numpy().tolist() == [*range(24)] * 2
    assert dataset["label"].to_numpy()[[0, 24]].tolist() == ["episode", "haze"]
    assert dataset["weight"].to_numpy()[[0, 24]].tolist() == [180.0, 185.0]


def test_units_of_the_schema(dataset):
    assert {dataset[name].attrs["units"] for name in CHEMICAL} == {"ppb"}
    assert {dataset[name].attrs["units"] for name in AEROSOL} == {"ug m-3"}
    assert dataset["T"].attrs["units"] == "K"
    assert dataset["P"].attrs["units"] == "Pa"
    needed = {"O3", "NO", "NO2", "NOx", "CO", "SO2", "HNO3", "NH3", "PM25", "PM10"}
    needed |= {f"PM25_{part}" for part in ("SO4", "NO3", "NH4", "OC", "EC")}
    assert needed <= set(dataset.data_vars)
    assert dataset["O3"].dims == ("time", "zone")


def test_written_and_read_again(dataset, values, tmp_path):
    write_output(tmp_path, dataset)
    with read_output(tmp_path) as again:
        assert again["O3"].to_numpy() == pytest.approx(values["O3"].reshape(48, 3), rel=SINGLE)
        assert (again["time"].to_numpy() == dataset["time"].to_numpy()).all()
        assert (again["time_bounds"].to_numpy() == dataset["time_bounds"].to_numpy()).all()
        assert again["zone"].to_numpy().tolist() == ["110101", "110102", "110111"]
        assert again["label"].to_numpy().tolist() == dataset["label"].to_numpy().tolist()


def test_nothing_half_written_is_left(dataset, tmp_path):
    write_output(tmp_path, dataset)
    assert [path.name for path in tmp_path.iterdir()] == [OUTPUT]


def test_daily_gives_back_days_and_hours(dataset, values):
    found = daily(dataset, "NO2")
    assert found.dims == ("day", "hour", "zone")
    assert found.to_numpy() == pytest.approx(values["NO2"], rel=SINGLE)


def test_it_is_read_lazily(dataset, tmp_path):
    write_output(tmp_path, dataset)
    with read_output(tmp_path) as again:
        assert not again["O3"].variable._in_memory


def test_a_lost_file_is_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_output(tmp_path)


def test_history_and_conventions(dataset):
    assert dataset.attrs["Conventions"].startswith("CF")
    assert dataset.attrs["scenario"] == "base"
    assert isinstance(dataset, xr.Dataset)
