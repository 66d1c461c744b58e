"""Local processes: what runs, what is found done, what failed and why, and that nothing survives a cancel."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hpc.job import Batch, Job, JobState, Resources
from hpc.liveness import identity, is_alive
from hpc.local.executor import LocalExecutor
from hpc.local.processes import proven
from hpc.local.unit import run_unit, take_claim

PATIENCE = 20.0  # s; a busy machine starts a process in well under a second


def python(code, *arguments):
    return (sys.executable, "-I", "-S", "-c", code, *arguments)


def job(folder, code, *arguments, name="", **more):
    return Job(name or folder.name, folder, python(code, *arguments), **more)


def run(*jobs, processes=2, progress=None):
    with LocalExecutor(processes=processes) as executor:
        return executor.run(Batch("test", jobs), progress)


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)


def test_a_job_runs_in_its_folder_and_leaves_its_marker_and_log(tmp_path):
    folder = tmp_path / "a b; $(touch x)"
    own = job(
        folder,
        "import os, sys; print(os.getcwd(), flush=True); print(sys.argv[1:], file=sys.stderr)",
        "x y",
        "",
        "'; ls",
    )
    (status,) = run(own)
    assert status.state == JobState.DONE
    assert own.log.read_text() == f"{folder}\n['x y', '', \"'; ls\"]\n"
    record = json.loads(own.marker.read_text())
    assert (record["exit_code"], record["attempt"]) == (0, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == [folder.name]


def test_a_marker_that_the_command_wrote_itself_is_kept(tmp_path):
    own = job(tmp_path, "open('done.json', 'w').write('{\"mine\": 1}')")
    assert run(own)[0].state == JobState.DONE
    assert json.loads(own.marker.read_text()) == {"mine": 1}


def test_the_environment_is_safe_single_threaded_and_carries_the_jobs_own(tmp_path):
    code = "import os; print(*(os.environ[name] for name in ('PYTHONSAFEPATH', 'OMP_NUM_THREADS', 'CITY')))"
    own = job(tmp_path, code, environment={"CITY": "北京"})
    run(own)
    assert own.log.read_text() == "1 1 北京\n"


def test_every_job_has_its_own_session(tmp_path):
    jobs = [job(tmp_path / name, "import os; print(os.getsid(0))") for name in "ab"]
    run(*jobs)
    sessions = {own.log.read_text() for own in jobs}
    assert len(sessions) == 2
    assert f"{os.getsid(0)}\n" not in sessions


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("print('reading'); raise SystemExit(3)", "exit status 3; the log ends: reading"),
        ("raise SystemExit(1)", "exit status 1; the log is empty"),
        ("import os; os.kill(os.getpid(), 9)", "killed by SIGKILL (out of memory, or by hand); the log is empty"),
        (
            "for i in range(9): print(i, flush=True)\nimport os; os.abort()",
            "killed by SIGABRT; the log ends: 6 | 7 | 8",
        ),
    ],
)
def test_why_a_job_failed_in_words(tmp_path, code, reason):
    (status,) = run(job(tmp_path, code))
    assert (status.state, status.reason) == (JobState.FAILED, reason)


def test_a_command_that_does_not_exist(tmp_path):
    (status,) = run(Job("x", tmp_path, ("/nowhere/model",)))
    assert status.state == JobState.FAILED
    assert "'/nowhere/model' could not be started: No such file or directory" in status.reason


def test_a_folder_that_cannot_be_made_is_said_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        run(job(tmp_path / "file" / "x", "pass"))


def test_one_failure_does_not_stop_the_others(tmp_path):
    codes = {"a": 1, "b": 0, "c": 2, "d": 0}
    statuses = run(*(job(tmp_path / name, f"raise SystemExit({code})") for name, code in codes.items()))
    assert [status.state.value for status in statuses] == ["failed", "done", "failed", "done"]


def test_what_is_done_is_not_run_again_and_what_failed_is(tmp_path):
    count = "open('runs', 'a').write('x'); import os; raise SystemExit(os.path.exists('broken'))"
    jobs = [job(tmp_path / name, count) for name in "ab"]
    jobs[1].folder.mkdir()
    (jobs[1].folder / "broken").touch()
    assert [status.state.value for status in run(*jobs)] == ["done", "failed"]
    (jobs[1].folder / "broken").unlink()
    assert [status.state.value for status in run(*jobs)] == ["done", "done"]
    assert [(own.folder / "runs").read_text() for own in jobs] == ["x", "xx"]
    assert json.loads(jobs[1].marker.read_text())["attempt"] == 2
    assert not (jobs[1].folder / "failed.json").exists()


def test_a_marker_beside_a_failure_is_suspect_and_left_alone(tmp_path):
    own = job(tmp_path, "open('runs', 'a').write('x'); open('done.json', 'w').write('{}'); raise SystemExit(1)")
    for _ in range(2):
        (status,) = run(own)
        assert status.state == JobState.SUSPECT
        assert status.reason == "done.json stands beside failed.json: exit status 1"
    assert (tmp_path / "runs").read_text() == "x"


BUSY = """
import os, sys, time
from pathlib import Path
here = Path(sys.argv[1]) / str(os.getpid())
here.touch()
print(len(list(here.parent.iterdir())))
time.sleep(0.2)
here.unlink()
"""


def most_at_once(tmp_path, resources, **limits):
    (tmp_path / "now").mkdir()
    jobs = [job(tmp_path / str(number), BUSY, str(tmp_path / "now"), resources=resources) for number in range(5)]
    with LocalExecutor(**limits) as executor:
        assert all(status.state == JobState.DONE for status in executor.run(Batch("busy", tuple(jobs))))
    return max(int(own.log.read_text()) for own in jobs)


@pytest.mark.parametrize(
    ("resources", "limits", "most"),
    [
        (Resources(), {"processes": 2}, 2),
        (Resources(tasks=2), {"processes": 3}, 1),
        (Resources(tasks=8), {"processes": 2}, 1),
        (Resources(memory_mb=1000), {"processes": 4, "memory_mb": 2500}, 2),
    ],
)
def test_no_more_at_once_than_processes_and_memory_allow(tmp_path, resources, limits, most):
    assert most_at_once(tmp_path, resources, **limits) <= most


MEET = """
import sys, time
from pathlib import Path
mine, other = map(Path, sys.argv[1:])
mine.touch()
deadline = time.monotonic() + 20.0
while not other.exists():
    time.sleep(0.01)
    if time.monotonic() > deadline:
        raise SystemExit("the other one never came")
"""


def test_jobs_do_run_side_by_side(tmp_path):
    a, b = str(tmp_path / "here a"), str(tmp_path / "here b")
    statuses = run(job(tmp_path / "a", MEET, a, b), job(tmp_path / "b", MEET, b, a), processes=2)
    assert [status.state.value for status in statuses] == ["done", "done"]


def test_progress_is_told_of_every_change(tmp_path, monkeypatch):
    monkeypatch.setattr("hpc.local.executor.HEARTBEAT_SECONDS", 1e9)
    seen = []
    run(
        *(job(tmp_path / str(number), "pass") for number in range(3)),
        progress=lambda now: seen.append(tuple(status.state.value for status in now)),
    )
    assert seen[-1] == ("done",) * 3
    assert len(set(seen)) == len(seen)
    assert all(len(states) == 3 for states in seen)


def test_progress_is_told_while_nothing_changes(tmp_path, monkeypatch):
    monkeypatch.setattr("hpc.local.executor.HEARTBEAT_SECONDS", 0.0)
    seen = []
    run(job(tmp_path, "import time; time.sleep(0.3)"), progress=lambda now: seen.append(now[0].state.value))
    assert seen.count("running") > 3


def test_an_empty_batch_is_done():
    assert run() == []


SLEEPER = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SLEEPER


def gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("code", [SLEEPER, STUBBORN])
def test_cancel_ends_the_whole_process_group(tmp_path, code):
    own, waiting = job(tmp_path / "a", code), job(tmp_path / "b", "pass")
    with LocalExecutor(processes=1) as executor:
        batch = Batch("test", (own, waiting))
        executor.submit(batch)
        wait_for(lambda: own.log.exists() and own.log.read_text().endswith("\n"))
        assert [status.state.value for status in executor.states(batch)] == ["running", "pending"]
        executor.cancel(batch)
        assert [status.state.value for status in executor.states(batch)][1] == "cancelled"
    assert gone(int(own.log.read_text()))
    assert proven(own).state == JobState.CANCELLED
    assert not waiting.marker.exists()


def test_an_interrupt_stops_everything_and_goes_on_up(tmp_path):
    own = job(tmp_path, SLEEPER)

    def interrupt(_):
        if own.log.exists() and own.log.read_text().endswith("\n"):
            raise KeyboardInterrupt

    class Impatient(LocalExecutor):
        def _states(self, jobs):
            interrupt(None)
            return super()._states(jobs)

    with Impatient(processes=1) as executor, pytest.raises(KeyboardInterrupt):
        executor.run(Batch("test", (own,)))
    assert gone(int(own.log.read_text()))
    assert proven(own).state == JobState.CANCELLED


def test_a_cancelled_job_runs_on_the_next_submission(tmp_path):
    own = job(tmp_path, "pass")
    (tmp_path / "failed.json").write_text('{"cancelled": true}')
    assert proven(own).reason == "cancelled; the log is empty"
    assert run(own)[0].state == JobState.DONE


DRIVER = """
import sys
from pathlib import Path
from hpc.job import Batch, Job
from hpc.local.executor import LocalExecutor
folder = Path(sys.argv[1])
code = "open('runs', 'a').write('x'); import time; time.sleep(1.0)"
LocalExecutor(processes=1).run(Batch("test", (Job("a", folder, (sys.executable, "-I", "-S", "-c", code)),)))
"""


def test_a_job_outlives_its_driver_and_is_not_run_twice(tmp_path):
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, str(tmp_path)], start_new_session=True)
    wait_for((tmp_path / "runs").exists)
    driver.kill()
    driver.wait()
    own = Job("a", tmp_path, ("never", "run"))
    assert proven(own).state == JobState.RUNNING
    assert run(own)[0].state == JobState.DONE
    assert (tmp_path / "runs").read_text() == "x"


def test_cancel_reaches_a_job_of_a_driver_that_died(tmp_path):
    endless = DRIVER.replace("1.0", "600")
    driver = subprocess.Popen([sys.executable, "-c", endless, str(tmp_path)], start_new_session=True)
    wait_for((tmp_path / "runs").exists)
    driver.kill()
    driver.wait()
    own = Job("a", tmp_path, ("never", "run"))
    with LocalExecutor(processes=1) as executor:
        executor.cancel(Batch("test", (own,)))
    assert proven(own).state == JobState.CANCELLED


def test_a_job_that_was_killed_from_outside_failed_without_a_word(tmp_path):
    own = job(tmp_path, "import os, signal; os.killpg(0, signal.SIGKILL)")
    (status,) = run(own)
    assert (status.state, status.reason) == (JobState.FAILED, "ended without a word (killed?); the log is empty")


def test_a_claim_is_taken_once(tmp_path):
    assert take_claim(tmp_path, 1)
    assert not take_claim(tmp_path, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["claim.1"]
    (tmp_path / "unit.json").write_text('{"command": ["touch", "ran"]}')
    assert run_unit(tmp_path, 1) == 0
    assert not (tmp_path / "ran").exists()


def test_a_claim_of_another_machine_is_unknown_and_not_run(tmp_path):
    own = job(tmp_path, "open('runs', 'a').write('x')")
    (tmp_path / "claim.1").mkdir()
    (tmp_path / "claim.1" / "owner.json").write_text(json.dumps(identity() | {"host": "elsewhere"}))
    (status,) = run(own)
    assert (status.state, status.reason) == (JobState.UNKNOWN, "attempt 1 was claimed on elsewhere")
    assert not (tmp_path / "runs").exists()


def test_identity_tells_processes_apart():
    me = identity()
    assert is_alive(me) is True
    assert is_alive(me | {"start": "1"}) is False  # the same number, another process
    assert is_alive(me | {"boot": "another"}) is False
    child = subprocess.Popen(["true"])
    child.wait()
    assert is_alive(me | {"pid": child.pid}) is False


def test_a_batch_whose_jobs_share_a_folder_or_a_name_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"the folder .* stands in more than one job"):
        Batch("b", (job(tmp_path, "pass", name="a"), job(tmp_path, "pass", name="b")))
    with pytest.raises(ValueError, match="the name 'a' stands in more than one job"):
        Batch("b", (job(tmp_path / "x", "pass", name="a"), job(tmp_path / "y", "pass", name="a")))


def test_processes_must_be_positive():
    with pytest.raises(ValueError, match="at least 1"):
        LocalExecutor(processes=0)


def test_no_signal_is_left_behind(tmp_path):
    before = signal.getsignal(signal.SIGINT)  # ignored where a shell runs the tests in the background
    LocalExecutor(processes=1).run(Batch("b", (job(tmp_path, "pass", name="a"),)))
    assert signal.getsignal(signal.SIGINT) is before
