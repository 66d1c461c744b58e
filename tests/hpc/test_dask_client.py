"""The Dask client: processes of this machine, worker jobs of a real Slurm, a lost worker, memory for the chunks."""

import os
import subprocess
import time

import pytest

from aqcore.errors import InputError, RunFailed
from hpc.dask import ChunkPlan, dask_client, mapped
from hpc.dask.client import prologue
from hpc.slurm import Cluster
from hpc.slurm.cluster import DaskSettings

PATIENCE = 60.0  # s; a worker starts in some 3 s, on a machine with other work later


def work():
    """Return functions that travel to the workers by value: these modules are not importable there."""

    def square(number):
        import os

        return number * number, os.environ.get("SLURM_JOB_ID", "")

    def slow_square(number):
        import time

        time.sleep(0.5)
        return square(number)

    return square, slow_square


def site(**dask):
    own = {"workers": 2, "least": 2, "memory_mb": 600, "minutes": 30, "interface": "lo", **dask}
    return Cluster("private", "main", dask=DaskSettings(**own))


def test_memory_of_a_worker_is_what_its_chunks_need():
    # 24 hours x 100 x 200 cells x 4 bytes x 5 variables = 9.6 MB; 2 threads hold 3 each: 57.6 MB below 60 % of the rest
    plan = ChunkPlan.of({"time": 744, "y": 100, "x": 200}, {"time": 24}, variables=5)
    assert plan.chunk_bytes == 9_600_000
    assert plan.worker_mb(2) == 350 + 96
    assert ChunkPlan.of_sizes([5, 7]).chunk_bytes == 7
    assert ChunkPlan.of_sizes([]).worker_mb(4) == 350


def test_a_site_with_too_little_memory_for_the_chunks_is_refused(tmp_path):
    with (
        pytest.raises(
            InputError, match=r"private.toml:dask.memory_mb: 600 MB a worker.* need 5350 MB -> give at least"
        ),
        dask_client(site(), folder=tmp_path, plan=ChunkPlan(1_000_000_000)),
    ):
        pass


def test_the_prologue_quotes_what_the_site_says():
    own = Cluster("x", "p", modules=("a b",), environment={"V": "'; $(id)"})
    lines = prologue(own)
    assert lines[:2] == ["module purge", "module load 'a b'"]
    assert "export PYTHONSAFEPATH=1" in lines
    (line,) = [line for line in lines if line.startswith("export V=")]
    assert (
        subprocess.run(["bash", "-c", f'{line}; printf %s "$V"'], capture_output=True, text=True).stdout == "'; $(id)"
    )


@pytest.mark.slow
def test_processes_of_this_machine(tmp_path):
    told = []
    with dask_client(folder=tmp_path, workers=2, say=told.append) as client:
        assert [value for value, _ in mapped(client, work()[0], [3, 1, 2])] == [9, 1, 4]
    assert told[0].startswith("Dask dashboard: http://127.0.0.1:")


@pytest.mark.slow
def test_workers_that_slurm_started_and_one_that_is_lost(tmp_path, slurm):
    import dask.array as da

    _, slow_square = work()
    with dask_client(site(), folder=tmp_path / "dask", patience=PATIENCE) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
        first = {job for _, job in mapped(client, slow_square, range(4))}
        assert len(first) == 2
        assert "" not in first
        futures = client.map(slow_square, range(8), pure=False)
        subprocess.run(["scancel", min(first)], check=True)
        results = client.gather(futures)
        assert [value for value, _ in results] == [number**2 for number in range(8)]
        assert client.compute(da.ones((100, 100), chunks=10).sum()).result() == 10_000
        client.wait_for_workers(2, timeout=PATIENCE)
        assert len(set(client.run(lambda: os.environ["SLURM_JOB_ID"]).values()) - first) == 1
    deadline = time.monotonic() + PATIENCE
    while subprocess.run(["squeue", "-h"], capture_output=True, text=True, check=True).stdout:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def enter(*arguments, **keywords):
    with dask_client(*arguments, **keywords):
        pytest.fail("a client was given")


@pytest.mark.slow
def test_a_worker_that_slurm_refuses_is_found_before(tmp_path, slurm):
    own = site(memory_mb=100_000)  # no node has so much
    with pytest.raises(InputError, match=r"private.toml:dask: Slurm refuses .*worker.slurm: .*[Nn]ode configuration"):
        enter(own, folder=tmp_path)


@pytest.mark.slow
def test_a_cluster_that_starts_no_worker_says_where_its_logs_are(tmp_path, slurm):
    with pytest.raises(RunFailed, match=r"no Dask worker started within 0\.01 s; its logs are in"):
        enter(site(), folder=tmp_path, patience=0.01)
