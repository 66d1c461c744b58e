"""Set-up shared by all tests."""

import warnings

import xarray as xr

# PseudoNetCDF, our independent test of I/O API files, registers an xarray engine whose import warns about its own
# source. xarray loads every registered engine once, at the first open_dataset: do it here, where it harms no test.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    xr.backends.list_engines()
