"""A Slurm that the tests start for themselves and stop again: four nodes that are all this machine, on the loopback.

Nothing here ever talks to a cluster that it did not start.
"""

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

START = Path(__file__).with_name("start_private_slurm.sh")
NEEDED = ("sbatch", "slurmctld", "slurmd", "munged")
ACCOUNTS = ("slurmdbd", "mariadbd", "mariadb-install-db")
MEMORY = Path("/dev/shm")  # noqa: S108 - state on a tmpfs starts three times faster


def missing(programs):
    return [name for name in programs if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None]


@contextmanager
def private_slurm(folder, *, accounting, **settings):
    """Start a Slurm with its state in `folder`, point SLURM_CONF at it, and stop it in the end."""
    if missing(NEEDED) or os.geteuid() != 0:
        pytest.skip(f"a private Slurm needs root and {', '.join(NEEDED)} (missing: {missing(NEEDED)})")
    if accounting and missing(ACCOUNTS):
        pytest.skip(f"accounts need {', '.join(missing(ACCOUNTS))}")
    own = {"ACCOUNTING": str(int(accounting)), "PORT": str(20000 + os.getpid() % 400 * 25), **settings}
    environment = {**os.environ, **own, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    before = os.environ.get("SLURM_CONF")
    try:
        subprocess.run([START, "start", folder], env=environment, check=True, timeout=120, stdout=subprocess.DEVNULL)
        os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
        yield folder
    finally:
        subprocess.run([START, "stop", folder], env=environment, check=True, timeout=60)
        shutil.rmtree(folder, ignore_errors=True)
        os.environ.pop("SLURM_CONF", None)
        if before is not None:
            os.environ["SLURM_CONF"] = before


def place(tmp_path_factory):
    return MEMORY / f"yice-slurm-{os.getpid()}" if MEMORY.is_dir() else tmp_path_factory.mktemp("slurm")


@pytest.fixture(scope="module", params=[False, True], ids=["without sacct", "with sacct"])
def accounting(request, tmp_path_factory):
    """A running Slurm, without and with accounts; whether it has them."""
    with private_slurm(place(tmp_path_factory), accounting=request.param):
        yield request.param


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """A running Slurm with accounts; the folder of its state."""
    with private_slurm(place(tmp_path_factory), accounting=True) as folder:
        yield folder
