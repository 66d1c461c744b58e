"""The executor in memory, and that the three back ends answer to the same interface and treat chains alike."""

import pytest

from hpc import Batch, Executor, Job, JobState
from hpc.local.executor import LocalExecutor
from hpc.memory import MemoryExecutor
from hpc.slurm import Cluster, SlurmExecutor


def chain(root, fails=""):
    return Batch("chain", tuple(
        Job(f"{name}{day}", root / f"{name}{day}", ("false" if f"{name}{day}" == fails else "true",),
            after=f"{name}{day - 1}" if day else "")
        for name in "ab" for day in range(3)
    ))  # fmt: skip


def test_all_back_ends_have_one_interface(tmp_path):
    back_ends: list[Executor] = [
        MemoryExecutor(), LocalExecutor(processes=1), SlurmExecutor(Cluster("x", "p"), tmp_path)
    ]  # fmt: skip
    assert all(hasattr(own, verb) for own in back_ends for verb in ("submit", "find", "states", "cancel"))


def test_a_chain_runs_in_its_order(tmp_path):
    order = []
    own = MemoryExecutor(lambda job: order.append(job.name) is None)
    assert {status.state for status in own.run(chain(tmp_path))} == {JobState.DONE}
    assert order == ["a0", "a1", "a2", "b0", "b1", "b2"]


@pytest.mark.parametrize("kind", ["memory", "local"])
def test_one_failed_day_stops_only_its_chain(tmp_path, kind):
    batch = chain(tmp_path, fails="a1")
    if kind == "memory":
        statuses = MemoryExecutor(lambda job: job.command == ("true",)).run(batch)
    else:
        with LocalExecutor(processes=2) as own:
            statuses = own.run(batch)
    assert {status.job.name: status.state.value for status in statuses} == {
        "a0": "done", "a1": "failed", "a2": "blocked", "b0": "done", "b1": "done", "b2": "done",
    }  # fmt: skip


def test_local_processes_wait_for_what_they_continue(tmp_path):
    code = '[ -z "$0" ] || [ -e "$0/done.json" ] || exit 1; sleep 0.05'
    before = [""] + [str(tmp_path / f"j{day}") for day in range(3)]
    jobs = [
        Job(f"j{day}", tmp_path / f"j{day}", ("bash", "-c", code, before[day]), after=f"j{day - 1}" * bool(day))
        for day in range(4)
    ]
    with LocalExecutor(processes=4) as own:
        assert {status.state for status in own.run(Batch("b", tuple(jobs)))} == {JobState.DONE}


def test_find_submit_again_and_cancel(tmp_path):
    batch, own = chain(tmp_path), MemoryExecutor()
    assert [status.state for status in own.states(batch)] == [JobState.PENDING] * 6
    own.submit(batch)
    assert own.step(batch)
    assert len(own.find(batch)) == 5
    own.cancel(batch)
    assert (own.find(batch), own.step(batch)) == ([], False)
    own.submit(batch)
    assert len(own.find(batch)) == 5


def test_local_find_tells_what_waits_and_runs(tmp_path):
    batch = Batch("b", tuple(Job(name, tmp_path / name, ("sleep", "30")) for name in "ab"))
    with LocalExecutor(processes=1) as own:
        assert list(own.find(batch)) == []
        own.submit(batch)
        assert {job.name for job in own.find(batch)} == {"a", "b"}
