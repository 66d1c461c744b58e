"""Submitting once, resuming, adopting after a crash, and where each job stands, against a Slurm in memory."""

import importlib.util
import json
from pathlib import Path

import pytest

from aqcore.errors import InputError, RunFailed
from hpc.job import Batch, Job, JobState, Resources
from hpc.slurm.cluster import Cluster
from hpc.slurm.commands import run_command
from hpc.slurm.executor import SlurmExecutor
from hpc.slurm.journal import JOURNAL, Journal
from hpc.slurm.sending import TRIES

_spec = importlib.util.spec_from_file_location("fake_slurm", Path(__file__).with_name("fake_slurm.py"))
fake_slurm = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fake_slurm)

REFUSED = "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified"


@pytest.fixture
def slurm():
    return fake_slurm.FakeSlurm()


@pytest.fixture
def batch(tmp_path):
    return Batch("box", tuple(Job(name, tmp_path / "runs" / name, ("true",)) for name in "abcd"))


def executor(tmp_path, slurm, **cluster):
    return SlurmExecutor(Cluster("x", "p", **cluster), tmp_path / "jobs", runner=slurm, sleep=lambda _: None)


def states(own, batch):
    return [status.state.value for status in own.states(batch)]


def finish(batch, *names):
    for job in batch.jobs:
        if job.name in names:
            job.folder.mkdir(parents=True, exist_ok=True)
            job.marker.write_text("{}")


def test_nothing_is_submitted_before_it_is(tmp_path, slurm, batch):
    own = executor(tmp_path, slurm)
    assert states(own, batch) == ["pending"] * 4
    assert {status.reason for status in own.states(batch)} == {"not submitted"}
    assert slurm.calls == []


def test_a_batch_is_one_array_and_is_submitted_once(tmp_path, slurm, batch):
    own = executor(tmp_path, slurm)
    own.submit(batch)
    own.submit(batch)
    assert slurm.count("sbatch") == 1
    assert len(slurm.tasks) == 4
    slurm.set("RUNNING", 0)
    assert states(own, batch) == ["running", "pending", "pending", "pending"]


def test_the_plan_is_what_submit_writes(tmp_path, slurm, batch):
    own = executor(tmp_path, slurm)
    plan = own.plan(batch)
    assert slurm.calls == []
    assert not (tmp_path / "jobs").exists()
    own.submit(batch)
    assert {name: (own.folder(batch) / name).read_text() for name in plan} == plan
    assert (own.folder(batch) / "logs").is_dir()


def test_a_batch_larger_than_an_array_becomes_several(tmp_path, slurm, batch):
    own = executor(tmp_path, slurm, max_array_size=3)
    own.submit(batch)
    assert slurm.count("sbatch") == 2
    slurm.set("RUNNING", 1, job_id=101)
    assert states(own, batch) == ["pending", "pending", "pending", "running"]


def test_resources_that_differ_are_arrays_of_their_own(tmp_path, slurm):
    jobs = [Job(name, tmp_path / name, ("true",), Resources(memory_mb=memory)) for name, memory in (("a", 1), ("b", 2))]
    executor(tmp_path, slurm).submit(Batch("box", tuple(jobs)))
    assert slurm.count("sbatch") == 2


def test_the_marker_is_the_truth_even_against_the_queue(tmp_path, slurm, batch):
    own = executor(tmp_path, slurm)
    own.submit(batch)
    slurm.set("RUNNING", 0, 1)
    finish(batch, "a")
    assert states(own, batch)[:2] == ["done", "running"]


def test_resume_submits_only_what_is_unfinished(tmp_path, slurm, batch):
    own = executor(tmp_path, slurm)
    own.submit(batch)
    finish(batch, "a", "c")
    slurm.set("COMPLETED", 0, 2)
    slurm.set("TIMEOUT", 1)
    slurm.set("RUNNING", 3)
    assert states(own, batch) == ["done", "failed", "done", "running"]
    own.submit(batch)
    assert slurm.count("sbatch") == 2
    assert (own.folder(batch) / "units_2_00.tsv").read_text().startswith("b\t")
    assert states(own, batch) == ["done", "pending", "done", "running"]
    slurm.set("RUNNING", 0, job_id=101)
    assert states(own, batch)[1] == "running"


def test_a_job_done_before_is_never_submitted(tmp_path, slurm, batch):
    finish(batch, "a", "b", "c", "d")
    executor(tmp_path, slurm).submit(batch)
    assert slurm.count("sbatch") == 0


def test_why_a_job_failed_comes_from_its_own_record_first(tmp_path, slurm, batch):
    own = executor(tmp_path, slurm)
    own.submit(batch)
    slurm.set("FAILED", 0, 1)
    folder = batch.jobs[0].folder
    folder.mkdir(parents=True)
    (folder / "failed.json").write_text(json.dumps({"exit_code": 66}))
    (folder / "job.log").write_text("reading\nno restart file\n")
    first, second = own.states(batch)[:2]
    assert first.reason == "exit status 66; the log ends: reading | no restart file"
    assert second.reason == "Slurm: FAILED, exit code 1:0; the log is empty"


@pytest.mark.parametrize(
    ("word", "state", "reason"),
    [
        ("COMPLETED", "suspect", "Slurm: COMPLETED, but there is no done.json; the log is empty"),
        ("TIMEOUT", "failed", "Slurm: TIMEOUT, exit code 1:0 (ran longer than its time limit); the log is empty"),
        ("CANCELLED by 0", "cancelled", "Slurm: CANCELLED, exit code 1:0; the log is empty"),
        ("STALE", "unknown", "sacct says RUNNING, but squeue does not list it"),
        ("PURGED", "unknown", "left the queue without a marker, and sacct knows nothing of it"),
    ],
)
def test_where_a_job_stands_that_left_the_queue_without_a_marker(tmp_path, slurm, batch, word, state, reason):
    own = executor(tmp_path, slurm)
    own.submit(batch)
    slurm.set(word, 0)
    status = own.states(batch)[0]
    assert (status.state.value, status.reason) == (state, reason)


@pytest.mark.parametrize("word", ["COMPLETED", "STALE", "PURGED"])
def test_what_is_suspect_or_unknown_is_not_submitted_again(tmp_path, slurm, batch, word):
    own = executor(tmp_path, slurm)
    own.submit(batch)
    slurm.set(word, 0, 1, 2, 3)
    own.submit(batch)
    assert slurm.count("sbatch") == 1


def test_a_deaf_controller_means_unknown_and_never_failed(tmp_path, slurm, batch):
    own = executor(tmp_path, slurm)
    own.submit(batch)
    finish(batch, "a")
    slurm.deaf = {"squeue", "sacct"}
    assert states(own, batch) == ["done", "unknown", "unknown", "unknown"]
    with pytest.raises(RunFailed, match="squeue does not answer"):
        own.submit(batch)
    assert slurm.count("sbatch") == 1


def test_deaf_accounts_mean_unknown_too(tmp_path, slurm, batch):
    own = executor(tmp_path, slurm)
    own.submit(batch)
    slurm.set("FAILED", 0)
    slurm.deaf = {"sacct"}
    assert states(own, batch)[0] == "unknown"


def test_sacct_is_asked_only_when_a_job_left_the_queue(tmp_path, slurm, batch):
    own = executor(tmp_path, slurm)
    own.submit(batch)
    own.states(batch)
    assert slurm.count("sacct") == 0
    slurm.set("FAILED", 0)
    own.states(batch)
    assert slurm.count("sacct") == 1


def test_a_site_without_accounts_is_never_asked_for_them(tmp_path, slurm, batch):
    own = executor(tmp_path, slurm, accounting=False)
    own.submit(batch)
    slurm.set("FAILED", 0)
    assert states(own, batch)[0] == "unknown"
    assert slurm.count("sacct") == 0


def test_a_refusal_is_told_and_can_be_repaired(tmp_path, slurm, batch):
    own = executor(tmp_path, slurm)
    slurm.faults = [REFUSED]
    with pytest.raises(RunFailed, match=r"Slurm refuses array_1_00\.slurm: .*Invalid account"):
        own.submit(batch)
    assert slurm.count("sbatch") == 1
    assert states(own, batch) == ["pending"] * 4
    own.submit(batch)
    assert states(own, batch) == ["pending"] * 4
    assert len(slurm.tasks) == 4


def test_sbatch_that_fails_and_still_submits_is_adopted(tmp_path, slurm, batch):
    slurm.faults = ["lost"]
    own = executor(tmp_path, slurm)
    own.submit(batch)
    assert (slurm.count("sbatch"), len(slurm.tasks)) == (1, 4)
    (submission,) = Journal(own.folder(batch)).submissions()
    assert submission.job_id == "100"


def test_sbatch_that_fails_for_a_while_is_tried_again_and_waits_longer(tmp_path, slurm, batch):
    waits = []
    slurm.faults = [fake_slurm.TIMED_OUT] * 3
    own = SlurmExecutor(Cluster("x", "p", settle_seconds=0.0), tmp_path / "jobs", runner=slurm, sleep=waits.append)
    own.submit(batch)
    assert (slurm.count("sbatch"), len(slurm.tasks)) == (4, 4)
    assert [wait for wait in waits if wait] == [5.0, 10.0, 20.0]


def test_sbatch_that_never_works_ends_with_what_it_said(tmp_path, slurm, batch):
    slurm.faults = [fake_slurm.TIMED_OUT] * TRIES
    with pytest.raises(RunFailed, match=f"in {TRIES} tries: .*Socket timed out"):
        executor(tmp_path, slurm).submit(batch)
    assert slurm.tasks == {}


class Killed(BaseException):
    """The driver dies here."""


def kill(slurm, *, after):
    """Make the driver die at its sbatch, before or after Slurm got the script."""
    real = slurm.sbatch

    def sbatch(arguments, folder):
        if "--test-only" in arguments:
            return real(arguments, folder)
        slurm.sbatch = real
        if after:
            real(arguments, folder)
        raise Killed

    slurm.sbatch = sbatch


@pytest.mark.parametrize("after", [False, True])
def test_a_driver_that_died_while_submitting_submits_once_in_all(tmp_path, slurm, batch, after):
    kill(slurm, after=after)
    with pytest.raises(Killed):
        executor(tmp_path, slurm).submit(batch)
    own = executor(tmp_path, slurm)
    assert states(own, batch) == (["pending"] * 4 if after else ["unknown"] * 4)
    own.submit(batch)
    assert len(slurm.tasks) == 4
    assert len(set(slurm.names.values())) == 1
    events = [json.loads(line) for line in (own.folder(batch) / JOURNAL).read_text().splitlines()]
    assert [event["event"] for event in events] == ["intent", "submitted"]
    assert events[1]["adopted"] is after


def test_an_orphan_is_not_judged_while_nobody_can_tell(tmp_path, slurm, batch):
    kill(slurm, after=True)
    with pytest.raises(Killed):
        executor(tmp_path, slurm).submit(batch)
    slurm.deaf = {"sacct"}
    with pytest.raises(RunFailed, match=r"whether box-.* was submitted cannot be told"):
        executor(tmp_path, slurm).submit(batch)
    assert len(slurm.tasks) == 4


def test_an_orphan_gets_time_to_appear(tmp_path, slurm, batch):
    kill(slurm, after=True)
    with pytest.raises(Killed):
        executor(tmp_path, slurm).submit(batch)
    waits = []
    SlurmExecutor(Cluster("x", "p", settle_seconds=15.0), tmp_path / "jobs", runner=slurm, sleep=waits.append).submit(
        batch
    )
    assert waits[0] == pytest.approx(15.0, abs=5.0)


def test_cancel(tmp_path, slurm, batch):
    own = executor(tmp_path, slurm)
    own.submit(batch)
    finish(batch, "a")
    slurm.set("COMPLETED", 0)
    own.cancel(batch)
    own.cancel(batch)
    assert slurm.count("scancel") == 1
    assert states(own, batch) == ["done", "cancelled", "cancelled", "cancelled"]
    own.submit(batch)
    assert states(own, batch) == ["done", "pending", "pending", "pending"]


def test_cancel_without_accounts(tmp_path, slurm, batch):
    own = executor(tmp_path, slurm, accounting=False)
    own.submit(batch)
    own.cancel(batch)
    assert states(own, batch) == ["cancelled"] * 4


def test_cancel_that_fails_says_so(tmp_path, slurm, batch):
    own = executor(tmp_path, slurm)
    own.submit(batch)
    slurm.deaf = {"scancel"}
    with pytest.raises(RunFailed, match=r"scancel: .*Unable to contact"):
        own.cancel(batch)


def test_run_watches_to_the_end(tmp_path, slurm, batch):
    seen = []

    def progress(now):
        seen.append([status.state.value for status in now])
        finish(batch, "abcd"[: len(seen)][-1])

    statuses = executor(tmp_path, slurm).run(batch, progress)
    assert all(status.state == JobState.DONE for status in statuses)
    assert len(seen) == 5


def test_jobs_that_stay_unknown_are_lost_after_a_while_and_sent_again_only_when_asked(tmp_path, slurm, batch):
    seen = []

    def progress(now):
        seen.append(now)
        slurm.set("PURGED", 0, 1, 2, 3)

    own = executor(tmp_path, slurm, lost_minutes=0.0)
    statuses = own.run(batch, progress)
    assert {status.state for status in statuses} == {JobState.LOST}
    assert "`yice retry --lost` sends it again" in statuses[0].reason
    own.submit(batch)
    assert slurm.count("sbatch") == 1
    own.retry(batch, ["a", "c"])
    assert slurm.count("sbatch") == 2
    assert states(own, batch) == ["pending", "lost", "pending", "lost"]


def test_a_job_that_shows_up_again_is_not_lost(tmp_path, slurm, batch):
    own = executor(tmp_path, slurm, lost_minutes=0.0)
    own.submit(batch)
    slurm.set("PURGED", 0)
    assert own.advance(batch)[0].state == JobState.UNKNOWN
    slurm.set("RUNNING", 0)
    own.advance(batch)
    assert own.journal(batch).history().unseen == {}


def test_without_slurm_the_commands_answer_that_they_are_missing(tmp_path):
    answer = run_command(["no-such-sbatch", "--version"], tmp_path)
    assert not answer.known
    assert answer.err == "no-such-sbatch is not installed on this machine"


def test_a_command_answers_with_its_own_words(tmp_path):
    assert run_command(["pwd"], tmp_path).out == f"{tmp_path}\n"


def test_a_command_that_hangs_is_not_known(tmp_path, monkeypatch):
    monkeypatch.setattr("hpc.slurm.commands.TIMEOUT_SECONDS", 0.05)
    answer = run_command(["sleep", "30"], tmp_path)
    assert (answer.known, answer.err) == (False, "sleep did not answer within 0.05 s")


def test_retry_of_one_leaves_what_was_cancelled(tmp_path, slurm, batch):
    own = executor(tmp_path, slurm)
    own.submit(batch)
    own.cancel(batch)
    assert states(own, batch) == ["cancelled"] * 4
    own.retry(batch, ["b"])
    assert states(own, batch) == ["cancelled", "pending", "cancelled", "cancelled"]
    assert own.journal(batch).submissions()[-1].units == ("b",)


def test_accepted_is_called_before_sbatch_and_not_for_what_is_refused(tmp_path, slurm, batch):
    sent = []
    with pytest.raises(InputError, match="no partition 'q'"):
        SlurmExecutor(Cluster("x", "q"), tmp_path / "no", runner=slurm).submit(batch, lambda: sent.append("refused"))
    own = executor(tmp_path, slurm)
    own.submit(batch, lambda: sent.append(slurm.count("sbatch")))
    own.submit(batch, lambda: sent.append(slurm.count("sbatch")))
    assert sent == [0, 1]


def test_sbatch_that_is_not_installed_is_no_fault_of_the_cluster_file(tmp_path, slurm, batch, monkeypatch):
    monkeypatch.setattr(slurm, "sbatch", lambda *_: run_command(["sbatch-is-nowhere"], tmp_path))
    with pytest.raises(InputError, match="sbatch-is-nowhere is not installed") as caught:
        executor(tmp_path, slurm).submit(batch)
    assert [fault.remedy.split(",")[0] for fault in caught.value.faults] == ["call yice on a login node of the cluster"]
