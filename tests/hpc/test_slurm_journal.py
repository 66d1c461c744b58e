"""The journal and the lock: what survives a crash."""

import json
import subprocess

import pytest

from aqcore.errors import RunFailed
from hpc.liveness import identity
from hpc.slurm.journal import JOURNAL, Journal, Submission
from hpc.slurm.lock import LOCK, driver_lock

OWN = Submission("t1", "array_1_00.slurm", ("a", "b"), 1, 5.0)


def test_an_intent_without_answer_is_an_orphan(tmp_path):
    journal = Journal(tmp_path)
    assert journal.submissions() == []
    journal.intend(OWN)
    (found,) = journal.submissions()
    assert found == OWN
    assert found.orphan


def test_what_became_of_it(tmp_path):
    journal = Journal(tmp_path)
    for token in ("t1", "t2", "t3"):
        journal.intend(Submission(token, "s", (), 1, 5.0))
    journal.submitted("t1", "77")
    journal.cancelled("t1")
    journal.refused("t2", "no such partition")
    one, two, three = journal.submissions()
    assert (one.job_id, one.cancelled, one.orphan) == ("77", True, False)
    assert (two.refused, two.orphan) == ("no such partition", False)
    assert three.orphan


def test_a_torn_line_is_ignored_and_cut_off(tmp_path):
    journal = Journal(tmp_path)
    journal.intend(OWN)
    with (tmp_path / JOURNAL).open("ab") as file:
        file.write(b'{"event": "submitted", "token": "t1", "job')
    assert journal.submissions()[0].orphan
    journal.submitted("t1", "78")
    assert journal.submissions()[0].job_id == "78"
    assert all(json.loads(line) for line in (tmp_path / JOURNAL).read_text().splitlines())


def test_every_line_is_on_the_disk_before_the_next_act(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr("os.fsync", synced.append)
    Journal(tmp_path).intend(OWN)
    Journal(tmp_path).submitted("t1", "1")
    assert len(synced) == 2


def test_the_lock_keeps_a_second_driver_out(tmp_path):
    with driver_lock(tmp_path):
        with pytest.raises(RunFailed, match="another driver"), driver_lock(tmp_path):
            pass
        assert (tmp_path / LOCK).is_dir()
    assert list(tmp_path.iterdir()) == []


def test_the_lock_is_freed_by_an_error(tmp_path):
    with pytest.raises(KeyError), driver_lock(tmp_path):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def lock_of(tmp_path, **holder):
    (tmp_path / LOCK).mkdir()
    (tmp_path / LOCK / "owner.json").write_text(json.dumps(identity() | holder))


def test_the_lock_of_a_dead_driver_is_taken_over(tmp_path):
    dead = subprocess.Popen(["true"])
    dead.wait()
    lock_of(tmp_path, pid=dead.pid)
    with driver_lock(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_another_machine_is_respected(tmp_path):
    lock_of(tmp_path, host="elsewhere")
    with pytest.raises(RunFailed, match="on elsewhere"), driver_lock(tmp_path):
        pass
