"""A batch on the disk, its journal added up, the board of scenarios x days, and what it will cost: hand-worked."""

import json

import numpy as np
import pytest

from aqcore.errors import InputError
from hpc.board import NOTHING, board
from hpc.estimate import estimate
from hpc.job import Batch, Cell, Failure, Job, JobState, JobStatus, Resources
from hpc.slurm.history import History, Submission
from hpc.slurm.journal import Journal
from hpc.table import read_batch, read_table, write_table
from hpc.tally import CACHE, CODES, read_tally

START = 1_000_000.0
DAYS = ("0701", "0702", "0703", "0704")


def two_chains(root):
    """Two scenarios of four days, two days a job."""
    return Batch("cmaq", tuple(
        Job(f"{name}.{DAYS[first]}", root / "jobs" / f"{name}{first}", ("run", name, "a b"), Resources(2, 100, 7200),
            {"V": "x"}, f"{name}.{DAYS[0]}" if first else "", tuple(Cell(name, day) for day in DAYS[first : first + 2]))
        for name in ("base", "cut") for first in (0, 2)
    ))  # fmt: skip


@pytest.fixture
def place(tmp_path):
    batch, folder = two_chains(tmp_path), tmp_path / "jobs" / "cmaq"
    write_table(
        folder, batch, driver="cmaq", cluster="x", root=tmp_path / "runs", proof="{scenario}/{day}/verdict.json"
    )
    return batch, folder


def prove(root, scenario, day, reason=""):
    folder = root / "runs" / scenario / day
    folder.mkdir(parents=True)
    (folder / "verdict.json").write_text(json.dumps({"reason": reason, "cpu_seconds": 1800.0}))


def states(own):
    return {
        name: " ".join("" if code == NOTHING else next(s.value for s, c in CODES.items() if c == code) for code in row)
        for name, row in zip(own.scenarios, own.cells.tolist(), strict=True)
    }


def intend(journal, batch, time=START):
    journal.intend(Submission("t", "s", tuple(job.name for job in batch.jobs), 1, time))


def append(journal, **event):
    with journal.path.open("a") as file:
        file.write(json.dumps(event) + "\n")


def test_a_batch_comes_back_from_the_disk_as_it_was(place):
    batch, folder = place
    assert read_batch(folder) == batch
    table = read_table(folder)
    assert (table.scenarios, table.days) == (("base", "cut"), DAYS)
    assert table.cells_of(3) == [Cell("cut", "0703"), Cell("cut", "0704")]
    assert (table.job_of("cut", "0702"), table.job_of("base", ""), table.job_of("cut", "0705")) == (2, 0, None)


def test_there_is_no_table_before_a_batch_was_written(tmp_path):
    assert read_table(tmp_path) is None
    with pytest.raises(FileNotFoundError):
        read_batch(tmp_path)


def test_a_table_of_another_version_is_refused_in_words(place):
    _, folder = place
    text = (folder / "batch.json").read_text()
    (folder / "batch.json").write_text(text.replace('"tasks"', '"cores"'))
    with pytest.raises(InputError, match="another version of yice wrote it -> call `yice submit` again"):
        read_table(folder)


def test_the_board_of_a_batch_of_which_nothing_is_known(place):
    _, folder = place
    table = read_table(folder)
    own = board(table, read_tally(folder, table))
    assert own.counts == {"pending": 8}
    assert (own.total, own.core_hours, own.per_hour, own.finish, own.expected_core_hours) == (8, 0.0, None, None, None)


def test_the_board_counts_days_pace_end_and_cost(place):
    batch, folder = place
    journal = Journal(folder)
    intend(journal, batch)
    append(journal, event="done", time=START + 1800.0, jobs={"base.0701": 900.0})
    table = read_table(folder)
    own = board(table, read_tally(folder, table), now=START + 1800.0)
    assert states(own) == {"base": "done done pending pending", "cut": "pending pending pending pending"}
    # 2 days in half an hour: 4 an hour; 6 days are left: 1.5 h. 900 s with 2 processes: 0.5 core hours for 2 of 8 days.
    assert own.per_hour == pytest.approx(4.0)
    assert own.finish == pytest.approx(START + 1800.0 + 1.5 * 3600.0)
    assert own.core_hours == pytest.approx(0.5)
    assert own.expected_core_hours == pytest.approx(2.0)
    document = json.loads(json.dumps(own.document()))
    assert document["states"]["base"]["0701"] == "done"
    assert document["counts"] == {"pending": 6, "done": 2}


def test_a_job_that_failed_on_its_second_day_shows_the_first_as_done_and_the_chunk_behind_as_blocked(place, tmp_path):
    batch, folder = place
    prove(tmp_path, "cut", "0701")
    prove(tmp_path, "cut", "0702", reason="CGRID is missing")
    live = [
        JobStatus(batch.jobs[2], JobState.FAILED, "exit status 1; the log ends: boom", Failure.MODEL),
        JobStatus(batch.jobs[3], JobState.BLOCKED, "waits"),
        JobStatus(batch.jobs[0], JobState.RUNNING),
    ]
    table = read_table(folder)
    own = board(table, read_tally(folder, table), live)
    assert states(own) == {"base": "running pending pending pending", "cut": "done failed blocked blocked"}
    (trouble,) = own.troubles
    assert (trouble.scenario, trouble.day, trouble.state, trouble.failure) == ("cut", "0702", "failed", "model")
    assert trouble.reason.endswith("boom")


def test_a_retry_takes_the_failure_off_the_board(place):
    batch, folder = place
    journal = Journal(folder)
    intend(journal, batch)
    journal.ended(JobStatus(batch.jobs[0], JobState.FAILED, "bad", Failure.MODEL), 3.0)
    table = read_table(folder)
    assert board(table, read_tally(folder, table)).counts["failed"] == 1
    journal.retry(["base.0701"])
    assert board(table, read_tally(folder, table)).counts == {"pending": 8}
    assert journal.history().failures == {}


def test_what_was_added_up_before_is_kept_and_only_the_rest_is_read(place, monkeypatch):
    batch, folder = place
    journal, table = Journal(folder), read_table(folder)
    intend(journal, batch)
    append(journal, event="done", time=START + 1.0, jobs={"base.0701": 5.0})
    whole = read_tally(folder, table)
    assert (folder / CACHE).is_file()
    read = []
    monkeypatch.setattr(Journal, "events", lambda self, start=0: read.append(start) or real(self, start))
    again = read_tally(folder, table)
    assert read == []
    append(journal, event="done", time=START + 2.0, jobs={"cut.0701": 6.0})
    more = read_tally(folder, table)
    assert len(read) == 1
    assert read[0] > 0
    for one in ("state", "seconds", "time"):
        np.testing.assert_array_equal(getattr(whole, one), getattr(again, one))
    assert more.seconds.tolist() == [5.0, 0.0, 6.0, 0.0]
    (folder / CACHE).unlink()
    fresh = read_tally(folder, table)
    np.testing.assert_array_equal(fresh.state, more.state)


real = Journal.events


def test_a_new_table_makes_the_kept_sum_worthless(place, tmp_path):
    batch, folder = place
    journal = Journal(folder)
    intend(journal, batch)
    append(journal, event="done", time=START, jobs={"cut.0701": 6.0})
    read_tally(folder, read_table(folder))
    fewer = Batch("cmaq", batch.jobs[2:])
    write_table(folder, fewer, driver="cmaq", cluster="x", root=tmp_path, proof="{scenario}")
    table = read_table(folder)
    assert read_tally(folder, table).state.tolist() == [CODES[JobState.DONE], CODES[JobState.PENDING]]


def test_the_history_voids_an_end_when_the_job_is_submitted_again():
    first = {"event": "intent", "token": "t1", "script": "s", "units": ["a"], "attempt": 1, "time": 1.0}
    end = {"event": "ended", "job": "a", "state": "failed", "failure": "time", "reason": "slow", "time": 2.0}
    history = History.of([first, end])
    assert history.endings["a"].failure == Failure.TIME
    history.add({**first, "token": "t2", "attempt": 2, "time": 3.0})
    assert history.endings == {}
    assert history.failures == {"a": (Failure.TIME,)}


def test_the_estimate_before_anything_is_done_is_what_the_jobs_ask_for(place):
    batch, _ = place
    own = estimate(batch, slots=2, disk_mb=10.0)
    # 4 jobs x 2 h x 2 processes; the longest chain is 2 jobs of 2 h, and two slots do 4 jobs in 4 h.
    assert (own.jobs, own.run_days, own.core_hours, own.hours) == (4, 8, 16.0, 4.0)
    assert (own.disk_mb, own.learned) == (80.0, 0)


def test_the_estimate_learns_from_days_that_are_done(place, tmp_path):
    batch, _ = place
    for day in DAYS[:2]:
        prove(tmp_path, "base", day)
    proofs = sorted((tmp_path / "runs").glob("*/*/verdict.json"))
    batch.jobs[0].folder.mkdir(parents=True)
    batch.jobs[0].marker.touch()
    own = estimate(batch, slots=8, proofs=proofs)
    # 1800 CPU seconds with 2 processes: 900 s a day; 6 days are left: 1.5 h x 2; the chain of 4 days takes 1 h.
    assert (own.jobs, own.run_days, own.learned) == (3, 6, 2)
    assert own.core_hours == pytest.approx(3.0)
    assert own.hours == pytest.approx(1.0)
    assert own.disk_mb == pytest.approx(6 * proofs[0].stat().st_size / 1e6)
