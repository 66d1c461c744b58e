"""The array script, run by bash as Slurm would: markers, claims of duplicates, requeues, and words with odd letters."""

import json
import os
import shutil
import subprocess

import pytest

from hpc.job import Batch, Job
from hpc.slurm.cluster import Cluster
from hpc.slurm.render import render
from hpc.slurm.waves import arrays

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


def prepare(tmp_path, *jobs, attempt=1):
    batch = Batch("test", jobs)
    folder = tmp_path / "batch"
    folder.mkdir(exist_ok=True)
    site = Cluster("x", "p", marker_seconds=0)
    for name, text in render(batch, site, attempt=attempt).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder, arrays(batch.name, batch.jobs, 1000, attempt=attempt)[0]


def start(folder, array, *, task=0, job_id=100, restart=0):
    slurm = {"SLURM_SUBMIT_DIR": str(folder), "SLURM_ARRAY_JOB_ID": str(job_id), "SLURM_ARRAY_TASK_ID": str(task)}
    restarts = {"SLURM_RESTART_COUNT": str(restart)} if restart else {}
    return subprocess.run(
        ["bash", str(folder / array.script)], env={"PATH": os.environ["PATH"], **slurm, **restarts},
        cwd="/", capture_output=True, text=True,
    )  # fmt: skip


def count(own):
    return ("bash", "-c", "echo run >> runs; exit $0", str(own))


def test_a_task_runs_its_own_unit_and_leaves_its_marker(tmp_path):
    jobs = [Job(name, tmp_path / name, ("bash", "-c", 'pwd; echo "$PYTHONSAFEPATH"')) for name in ("a", "b c")]
    folder, array = prepare(tmp_path, *jobs)
    ended = start(folder, array, task=1)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert jobs[1].log.read_text() == f"{tmp_path}/b c\n1\n"
    record = json.loads(jobs[1].marker.read_text())
    assert (record["exit_code"], record["attempt"], record["restart"], record["job"]) == (0, 1, 0, "100.1")
    assert not jobs[0].folder.exists()


def test_words_arrive_as_they_were_written(tmp_path):
    odd = ["", "a b", "$(touch x)", "`id`", "'", '"', "\\", "*", "北京", "-n", ";", "#", ""]
    own = Job("a", tmp_path / "a '$(touch y)", ("printf", "[%s]", *odd), environment={"V": "'; $(id)"})
    folder, array = prepare(tmp_path, own)
    assert start(folder, array).returncode == 0
    assert own.log.read_text() == "".join(f"[{word}]" for word in odd)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a '$(touch y)", "batch"]


def test_variables_of_the_job_are_set(tmp_path):
    own = Job("a", tmp_path / "a", ("bash", "-c", 'printf %s "$CITY"'), environment={"CITY": "'北 京; $(id)"})
    start(*prepare(tmp_path, own))
    assert own.log.read_text() == "'北 京; $(id)"


def test_a_failure_leaves_its_exit_status_and_no_marker(tmp_path):
    own = Job("a", tmp_path / "a", count(3))
    ended = start(*prepare(tmp_path, own))
    assert ended.returncode == 3
    assert json.loads((own.folder / "failed.json").read_text())["exit_code"] == 3
    assert not own.marker.exists()


def test_a_done_unit_is_not_run_again(tmp_path):
    own = Job("a", tmp_path / "a", count(0))
    folder, array = prepare(tmp_path, own)
    for job_id in (100, 101):
        assert start(folder, array, job_id=job_id).returncode == 0
    assert (own.folder / "runs").read_text() == "run\n"


def test_a_marker_of_the_commands_own_is_kept(tmp_path):
    own = Job("a", tmp_path / "a", ("bash", "-c", "echo '{}' > done.json"))
    start(*prepare(tmp_path, own))
    assert own.marker.read_text() == "{}\n"
    assert not list(own.folder.glob(".ended*"))


def test_three_forced_duplicates_run_once(tmp_path):
    own = Job("a", tmp_path / "a", ("bash", "-c", "echo run >> runs; sleep 0.3; exit 1"))
    folder, array = prepare(tmp_path, own)
    outputs = [start(folder, array, job_id=job_id) for job_id in (100, 101, 102)]
    assert (own.folder / "runs").read_text() == "run\n"
    assert [ended.returncode for ended in outputs] == [1, 0, 0]
    assert "claimed by 100.0; nothing to do for 101.0" in outputs[1].stdout


def test_a_requeued_job_finds_its_own_claim_and_runs_again(tmp_path):
    own = Job("a", tmp_path / "a", count(1))
    folder, array = prepare(tmp_path, own)
    start(folder, array)
    start(folder, array, restart=1)
    assert (own.folder / "runs").read_text() == "run\nrun\n"
    assert json.loads((own.folder / "failed.json").read_text())["restart"] == 1


@pytest.mark.parametrize(("restart", "runs"), [(0, False), (1, True)])
def test_a_claim_without_owner_belongs_to_the_job_that_died_making_it(tmp_path, restart, runs):
    own = Job("a", tmp_path / "a", count(0))
    folder, array = prepare(tmp_path, own)
    (own.folder / f"claim-{array.token}").mkdir(parents=True)
    start(folder, array, restart=restart)
    assert own.marker.exists() is runs


def test_the_next_attempt_has_its_own_claim_and_clears_the_old_failure(tmp_path):
    own = Job("a", tmp_path / "a", ("bash", "-c", "[ -e fixed ]"))
    start(*prepare(tmp_path, own))
    (own.folder / "fixed").touch()
    start(*prepare(tmp_path, own, attempt=2), job_id=200)
    assert json.loads(own.marker.read_text())["attempt"] == 2
    assert not (own.folder / "failed.json").exists()


def test_a_task_without_unit_says_so(tmp_path):
    folder, array = prepare(tmp_path, Job("a", tmp_path / "a", ("true",)))
    ended = start(folder, array, task=7)
    assert ended.returncode == 66
    assert "no unit 7 in units_1_00.tsv" in ended.stdout


def test_a_folder_that_cannot_be_made_ends_the_task(tmp_path):
    (tmp_path / "file").touch()
    folder, array = prepare(tmp_path, Job("a", tmp_path / "file" / "a", ("true",)))
    assert start(folder, array).returncode == 66


def test_temporary_files_go_to_the_scratch_of_the_site_and_go_away_with_the_job(tmp_path):
    scratch = tmp_path / "s c'r $(x)"
    scratch.mkdir()
    own = Job("a", tmp_path / "a", ("bash", "-c", 'printf %s "$TMPDIR"; touch "$TMPDIR/x"'))
    batch, folder = Batch("b", (own,)), tmp_path / "batch"
    folder.mkdir()
    for name, text in render(batch, Cluster("x", "p", scratch=str(scratch))).items():
        (folder / name).write_text(text)
    slurm = {
        "SLURM_SUBMIT_DIR": str(folder),
        "SLURM_ARRAY_JOB_ID": "7",
        "SLURM_ARRAY_TASK_ID": "0",
        "SLURM_JOB_ID": "9",
    }
    ended = subprocess.run(["bash", folder / "array_1_00.slurm"], env={"PATH": os.environ["PATH"], **slurm}, cwd="/")
    assert ended.returncode == 0
    assert own.log.read_text() == f"{scratch}/9"
    assert list(scratch.iterdir()) == []


def test_a_unit_does_not_start_before_what_it_continues_is_done(tmp_path):
    jobs = (Job("a", tmp_path / "a", count(0)), Job("b", tmp_path / "b", count(0), after="a"))
    folder = tmp_path / "batch"
    folder.mkdir()
    for name, text in render(Batch("b", jobs), Cluster("x", "p", marker_seconds=0)).items():
        (folder / name).write_text(text)
    first, second = arrays("b", jobs, 9)
    assert start(folder, second).returncode == 65
    assert json.loads((jobs[1].folder / "failed.json").read_text())["reason"] == "what it continues is not done"
    assert not (jobs[1].folder / "runs").exists()
    assert start(folder, first).returncode == 0
    assert start(folder, second).returncode == 0
    assert jobs[1].marker.exists()


def test_a_process_that_was_overtaken_publishes_nothing(tmp_path):
    """The orphan of a dead node ends while a later attempt owns the folder."""
    own = Job("a", tmp_path / "a", ("bash", "-c", "echo late > writer"))
    folder, array = prepare(tmp_path, own)
    ended = start(folder, array)
    assert ended.returncode == 0
    assert "another attempt took over" in ended.stdout
    assert not own.marker.exists()
