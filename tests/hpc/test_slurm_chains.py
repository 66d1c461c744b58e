"""Chains of days, limits and top-up, retries by class, blocked and suspect jobs, against a Slurm in memory."""

import importlib.util
import json
from pathlib import Path

import pytest

from aqcore.errors import InputError, RunFailed
from hpc.failures import by_exit, grown, may_go_again
from hpc.job import Batch, Failure, Job, JobState, Resources
from hpc.slurm.cluster import Cluster
from hpc.slurm.executor import SlurmExecutor
from hpc.slurm.waves import arrays, chains, startable

_spec = importlib.util.spec_from_file_location("fake_slurm", Path(__file__).with_name("fake_slurm.py"))
fake_slurm = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fake_slurm)

SCENARIOS, WAVES = "abc", 3


@pytest.fixture
def slurm():
    return fake_slurm.FakeSlurm()


def chained(root, scenarios=SCENARIOS, waves=WAVES, **more):
    return Batch("cmaq", tuple(
        Job(f"{name}{wave}", root / f"{name}{wave}", ("true",), after=f"{name}{wave - 1}" if wave else "", **more)
        for name in scenarios for wave in range(waves)
    ))  # fmt: skip


def executor(tmp_path, slurm, **cluster):
    own = {"lost_minutes": 0.0, **cluster}
    return SlurmExecutor(Cluster("x", "p", **own), tmp_path / "jobs", runner=slurm, sleep=lambda _: None)


def states(own, batch):
    return {status.job.name: status.state.value for status in own.states(batch)}


def mark(batch, *names, code=0):
    for name in names:
        folder = batch.by_name[name].folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ("failed.json" if code else "done.json")).write_text(json.dumps({"exit_code": code, "seconds": 7}))


def sent(slurm):
    return [call for call in slurm.calls if call[0] == "sbatch" and "--test-only" not in call]


def test_a_chain_follows_its_links_and_begins_where_its_first_job_is_not_here(tmp_path):
    batch = chained(tmp_path)
    assert [[job.name for job in chain] for chain in chains(batch.jobs)] == [
        ["a0", "a1", "a2"], ["b0", "b1", "b2"], ["c0", "c1", "c2"],
    ]  # fmt: skip
    assert [[job.name for job in chain] for chain in chains(batch.jobs[1:3])] == [["a1", "a2"]]


def test_a_job_must_stand_behind_the_one_it_is_after(tmp_path):
    jobs = chained(tmp_path).jobs
    with pytest.raises(ValueError, match="'a1' is after 'a0', which does not stand before it"):
        Batch("b", (jobs[1], jobs[0]))


def test_waves_are_arrays_linked_task_by_task(tmp_path):
    cut = arrays("cmaq", chained(tmp_path).jobs, 2)
    assert [[job.name for job in array.jobs] for array in cut] == [
        ["a0", "b0"], ["c0"], ["a1", "b1"], ["c1"], ["a2", "b2"], ["c2"],
    ]  # fmt: skip
    tokens = [array.token for array in cut]
    assert [array.after for array in cut] == ["", "", tokens[0], tokens[1], tokens[2], tokens[3]]


def test_chains_of_other_lengths_stand_in_arrays_of_their_own(tmp_path):
    jobs = [job for job in chained(tmp_path).jobs if job.name != "a0"]
    cut = arrays("cmaq", jobs, 9)
    assert [[job.name for job in array.jobs] for array in cut] == [
        ["a1"],
        ["b0", "c0"],
        ["a2"],
        ["b1", "c1"],
        ["b2", "c2"],
    ]


def test_what_stands_behind_an_unfinished_job_that_does_not_go_does_not_go(tmp_path):
    jobs = chained(tmp_path, "ab").jobs
    names = {job.name for job in jobs} - {"a0"}
    assert [job.name for job in startable(jobs, names, ())] == ["b0", "b1", "b2"]
    assert [job.name for job in startable(jobs, names, ("a0",))] == ["a1", "a2", "b0", "b1", "b2"]


def test_each_wave_waits_for_the_one_before_by_its_id(tmp_path, slurm):
    own, batch = executor(tmp_path, slurm), chained(tmp_path)
    own.submit(batch)
    assert [call[2:-1] for call in sent(slurm)] == [
        (),
        ("--dependency=aftercorr:100",),
        ("--dependency=aftercorr:101",),
    ]
    table = (own.folder(batch) / "units_1_01.tsv").read_text().splitlines()[0].split("\t")
    assert table[:3] == ["a1", str(tmp_path / "a1"), str(tmp_path / "a0")]


def test_an_array_that_slurm_has_forgotten_is_never_named_in_a_dependency(tmp_path, slurm):
    own, batch = executor(tmp_path, slurm), chained(tmp_path, "a", 2)
    real = slurm.sbatch

    def forget(arguments, folder):
        answer = real(arguments, folder)
        if "--test-only" not in arguments:
            slurm.set("PURGED", 0, job_id=slurm.next_id - 1)
        return answer

    slurm.sbatch = forget
    own.submit(batch)
    assert [call[2:-1] for call in sent(slurm)] == [(), ()]


def test_one_failed_day_stops_only_its_scenario(tmp_path, slurm):
    own, batch = executor(tmp_path, slurm), chained(tmp_path)
    own.submit(batch)
    mark(batch, "a0", "c0")
    mark(batch, "b0", code=1)
    slurm.set("COMPLETED", 0, 2)
    slurm.set("FAILED", 1)
    slurm.set("CANCELLED", 1, job_id=101)
    slurm.set("CANCELLED", 1, job_id=102)
    now = states(own, batch)
    assert [now[name] for name in ("b0", "b1", "b2", "a1", "c2")] == [
        "failed",
        "blocked",
        "blocked",
        "pending",
        "pending",
    ]
    own.submit(batch)
    assert len(sent(slurm)) == 3  # a model's failure is not tried again by itself
    reason = next(status.reason for status in own.states(batch) if status.job.name == "b1")
    assert reason == "waits for b0, which is failed"


def test_retry_sends_the_failed_day_and_all_behind_it(tmp_path, slurm):
    own, batch = executor(tmp_path, slurm), chained(tmp_path)
    own.submit(batch)
    mark(batch, "b0", code=1)
    slurm.set("FAILED", 1)
    slurm.set("CANCELLED", 1, job_id=101)
    slurm.set("CANCELLED", 1, job_id=102)
    own.advance(batch)
    own.retry(batch, ["b0"])
    assert [call[2:-1] for call in sent(slurm)[3:]] == [
        (),
        ("--dependency=aftercorr:103",),
        ("--dependency=aftercorr:104",),
    ]
    assert {name: state for name, state in states(own, batch).items() if name[0] == "b"} == dict.fromkeys(
        ["b0", "b1", "b2"], "pending"
    )


@pytest.mark.parametrize(
    ("word", "failure", "seconds", "memory"),
    [("NODE_FAIL", "node", 3600, 2000), ("TIMEOUT", "time", 5400, 2000), ("OUT_OF_MEMORY", "memory", 3600, 3000)],
)
def test_what_is_not_the_jobs_own_fault_is_sent_again_by_its_policy(tmp_path, slurm, word, failure, seconds, memory):
    own, batch = executor(tmp_path, slurm), chained(tmp_path, "a", 2)
    own.submit(batch)
    slurm.set(word, 0)
    slurm.set("CANCELLED", 0, job_id=101)
    status = own.states(batch)[0]
    assert (status.state, status.failure) == (JobState.FAILED, Failure(failure))
    assert {status.state for status in own.advance(batch)} == {JobState.PENDING}
    script = (own.folder(batch) / "array_2_00.slurm").read_text()
    assert f"--mem={memory}M" in script
    assert f"--time=0-0{seconds // 3600}:{seconds // 60 % 60:02d}:00" in script
    assert states(own, batch) == {"a0": "pending", "a1": "pending"}
    assert [call[2:-1] for call in sent(slurm)[2:]] == [(), ("--dependency=aftercorr:102",)]


def test_a_job_is_not_sent_again_for_ever(tmp_path, slurm):
    own, batch = executor(tmp_path, slurm, retries=2), chained(tmp_path, "a", 1)
    own.submit(batch)
    for job_id in (100, 101, 102, 103):
        if job_id < slurm.next_id:
            slurm.set("NODE_FAIL", 0, job_id=job_id)
            own.advance(batch)
    assert len(sent(slurm)) == 3
    assert states(own, batch) == {"a0": "failed"}
    assert own.journal(batch).history().failures["a0"] == (Failure.NODE,) * 3


def test_more_is_asked_for_only_up_to_what_the_cluster_gives():
    need, most = Resources(seconds=3600, memory_mb=2000), {"max_seconds": 6000, "max_memory_mb": 2500}
    assert grown(need, (Failure.TIME, Failure.TIME), **most).seconds == 6000
    assert grown(need, (Failure.MEMORY, Failure.NODE), **most).memory_mb == 2500
    assert may_go_again(need, (Failure.MEMORY,), retries=5, **most)
    assert not may_go_again(need, (Failure.MEMORY, Failure.MEMORY), retries=5, **most)
    assert not may_go_again(need, (Failure.MODEL,), retries=5, **most)
    assert not may_go_again(need, (Failure.NODE,) * 6, retries=5, **most)


@pytest.mark.parametrize(
    ("code", "text", "failure"),
    [
        (1, "", "model"), (2, "", "input"), (66, "", "input"), (127, "", "input"), (-9, "", "node"), (137, "", "node"),
        (-9, "slurmstepd: error: Step 3.batch exceeded memory limit", "memory"), (1, "MemoryError", "memory"),
        (1, "write: No space left on device", "input"), (-11, "", "model"),
    ],
)  # fmt: skip
def test_the_class_of_a_failure(code, text, failure):
    assert by_exit(code, text) == Failure(failure)


def test_without_accounts_the_words_of_slurm_in_its_log_tell_why(tmp_path, slurm):
    own, batch = executor(tmp_path, slurm, accounting=False, retries=0), chained(tmp_path, "a", 1)
    own.submit(batch)
    (submission,) = own.journal(batch).submissions()
    log = own.folder(batch) / "logs" / f"{submission.token}-100_0.log"
    log.write_text("slurmstepd: error: *** JOB 100 ON n1 CANCELLED AT 2026-11-22T09:00:00 DUE TO TIME LIMIT ***\n")
    slurm.set("TIMEOUT", 0)
    (status,) = own.states(batch)
    assert (status.state, status.failure) == (JobState.FAILED, Failure.TIME)


def test_a_limit_on_submissions_is_kept_and_topped_up(tmp_path, slurm):
    slurm.limit = "4"
    own, batch = executor(tmp_path, slurm), chained(tmp_path, "abcdef", 1)
    own.submit(batch)
    assert [len(slurm.names), len(slurm.tasks)] == [1, 4]
    mark(batch, "a0", "b0", "c0")
    slurm.set("COMPLETED", 0, 1, 2)
    own.advance(batch)
    assert len(slurm.tasks) == 6
    own.advance(batch)
    assert len(slurm.tasks) == 6


def test_a_limit_lets_the_first_days_of_all_go_before_the_second_of_any(tmp_path, slurm):
    own, batch = executor(tmp_path, slurm, max_submit=4), chained(tmp_path)
    own.submit(batch)
    assert states(own, batch)["a0"] == "pending"
    assert [len(call[2:-1]) for call in sent(slurm)] == [0]
    mark(batch, "a0", "b0", "c0")
    slurm.set("COMPLETED", 0, 1, 2)
    own.advance(batch)
    assert len(sent(slurm)) == 2


def test_a_scancel_from_outside_is_not_fought_but_the_next_submit_goes_on(tmp_path, slurm):
    own, batch = executor(tmp_path, slurm), chained(tmp_path, "a", 1)
    own.submit(batch)
    slurm.set("CANCELLED by 0", 0)
    assert own.advance(batch)[0].state == JobState.CANCELLED
    own.advance(batch)
    assert len(sent(slurm)) == 1
    own.submit(batch)
    assert len(sent(slurm)) == 2


def test_find_tells_what_is_in_the_queue(tmp_path, slurm):
    own, batch = executor(tmp_path, slurm), chained(tmp_path, "ab", 1)
    assert own.find(batch) == []
    own.submit(batch)
    slurm.set("FAILED", 0)
    assert [job.name for job in own.find(batch)] == ["b0"]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"partition": "oter"}, "x.toml:partition: there is no partition 'oter' -> did you mean other?"),
        ({"account": "ab0132"}, "x.toml:account: you have no account 'ab0132' -> did you mean ab0123?"),
        ({"qos": "hihg"}, "x.toml:qos: you may not use QOS 'hihg' -> did you mean high?"),
        ({"max_array_size": 5000}, "x.toml:max_array_size: 5000, but Slurm's MaxArraySize is 1001 -> give 1001"),
        ({"scratch": "/no/such/place"}, "x.toml:scratch: /no/such/place is no folder that can be written here"),
    ],
)
def test_what_the_cluster_would_refuse_is_found_before_submission(tmp_path, slurm, keys, message):
    cluster = Cluster(**{"name": "x", "partition": "p", **keys})
    own = SlurmExecutor(cluster, tmp_path / "jobs", runner=slurm, sleep=lambda _: None)
    with pytest.raises(InputError) as caught:
        own.submit(chained(tmp_path))
    assert any(message in str(fault) for fault in caught.value.faults)
    assert sent(slurm) == []


def test_all_faults_of_a_cluster_come_together(tmp_path, slurm):
    cluster = Cluster("x", "nowhere", account="none", qos="none")
    with pytest.raises(InputError) as caught:
        SlurmExecutor(cluster, tmp_path / "jobs", runner=slurm).submit(chained(tmp_path))
    assert len(caught.value.faults) == 3


@pytest.mark.parametrize(
    ("need", "what"),
    [
        (Resources(seconds=7260), "a job asks for 0-02:01:00, the partition allows 0-02:00:00"),
        (Resources(memory_mb=8001), "a job asks for 8001 MB, a node has 8000"),
        (Resources(tasks=33), "a job asks for 33 processes, the partition has 32 cores"),
    ],
)
def test_what_no_node_gives_is_found_before_submission(tmp_path, slurm, need, what):
    batch = chained(tmp_path, resources=need)
    with pytest.raises(InputError, match=what):
        executor(tmp_path, slurm).submit(batch)
    assert sent(slurm) == []


def test_without_a_controller_nothing_is_submitted(tmp_path, slurm):
    slurm.deaf = {"scontrol"}
    with pytest.raises(InputError, match=r"Slurm cannot be asked: .*-> call yice on a login node"):
        executor(tmp_path, slurm).submit(chained(tmp_path))


def test_a_folder_that_cannot_be_written_is_told(tmp_path, slurm):
    (tmp_path / "jobs").write_text("a file")
    with pytest.raises(RunFailed, match=r"jobs/cmaq cannot be written \(Not a directory\): nothing was submitted"):
        executor(tmp_path, slurm).submit(chained(tmp_path))
