"""Help, refusals and processes that only wait load nothing that computes."""

import subprocess
import sys

import pytest

HEAVY = ("numpy", "pandas", "xarray", "scipy", "matplotlib", "netCDF4", "dask")


@pytest.mark.parametrize("module", ["yice.cli", "hpc.local.unit", "aqcore.errors"])
def test_starting_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_lazy_module_is_the_module_itself() -> None:
    code = (
        "import sys; from yice.lazily import lazily; late = lazily('json.tool'); "
        "before = 'argparse' in sys.modules; late.main; import json.tool as real; "
        "print(before, 'argparse' in sys.modules, real is late)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "True"]


def test_a_module_that_is_not_there_is_told_at_once() -> None:
    code = "from yice.lazily import lazily; lazily('yice.nothing')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ModuleNotFoundError: yice.nothing" in done.stderr
