"""Set-up shared by all tests."""

import importlib.util
import warnings
from pathlib import Path

import pytest
import xarray as xr

# PseudoNetCDF, our independent test of I/O API files, registers an xarray engine whose import warns about its own
# source. xarray loads every registered engine once, at the first open_dataset: do it here, where it harms no test.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    xr.backends.list_engines()


@pytest.fixture(scope="session")
def met_files():
    """Makers of synthetic met files (`met_files.py`)."""
    spec = importlib.util.spec_from_file_location("met_files", Path(__file__).with_name("met_files.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
