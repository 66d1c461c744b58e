"""Runs as jobs of a cluster: days in chunks and chains, box-model runs side by side, names that stay the same."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers.cmaq.driver import CmaqDriver
from drivers.cmaq.manifest import Manifest, SegmentRun
from drivers.driver import Run
from hpc.job import Cell, Resources
from hpc.slurm.cluster import Cluster, Need
from yice.stages.jobs import ALL_DAYS, _chunks, cluster_batch

SITE = Cluster(
    "x", "p", chunk_days=2, chunk_runs=3, resources={"cmaq": Need(1, 8000, 90), "box_model": Need(1, 2000, 60)}
)


@dataclass(frozen=True)
class Space:
    """As much of a workspace as jobs need."""

    work: Path


@dataclass(frozen=True)
class Boxes:
    """A driver whose runs are independent."""

    name: str = "box_model"

    def command(self, runs):
        return ("run", *(run.scenario for run in runs))


@pytest.mark.parametrize(
    ("segments", "longest", "expected"),
    [
        ([("1", ""), ("2", "1"), ("3", "2")], 2, [(("1", "2"), False), (("3",), True)]),
        ([("1", ""), ("2", "1"), ("5", ""), ("6", "5")], 9, [(("1", "2"), False), (("5", "6"), False)]),
        ([("s-1", ""), ("1", "s-1"), ("2", "1"), ("s-3", ""), ("3", "s-3")], 2,
         [(("s-1", "1"), False), (("2",), True), (("s-3", "3"), False)]),
        ([("1", "")], 1, [(("1",), False)]),
        ([], 3, []),
    ],
)  # fmt: skip
def test_days_become_chunks_that_continue_each_other_only_where_the_days_do(segments, longest, expected):
    assert list(_chunks(segments, longest)) == expected


def cmaq_runs(root, *names):
    days = [("2017-07-01", ""), ("2017-07-02", "20170701"), ("2017-07-03", "20170702")]
    for name in names:
        runs = tuple(SegmentRun(day, before, {"A": "b"}) for day, before in days)
        manifest = Manifest(name, "i", "5.5", "cb6r5_ae7", "g", 16, ("CCTM",), {}, runs)
        (root / name).mkdir(parents=True)
        (root / name / "run.json").write_text(manifest.text())
    return [Run("cmaq", name, root / name) for name in names]


def test_a_cmaq_scenario_is_a_chain_of_chunks_of_days(tmp_path):
    driver = CmaqDriver(None, None, None, tmp_path)
    batch = cluster_batch(Space(tmp_path), driver, cmaq_runs(tmp_path / "runs", "base", "cut"), SITE)
    assert [(job.name, job.after) for job in batch.jobs] == [
        ("base.20170701", ""), ("base.20170703", "base.20170701"),
        ("cut.20170701", ""), ("cut.20170703", "cut.20170701"),
    ]  # fmt: skip
    first, last = batch.jobs[:2]
    assert first.command[-2:] == ("--only", "20170701,20170702")
    assert first.cells == (Cell("base", "20170701"), Cell("base", "20170702"))
    assert first.resources == Resources(16, 8000, 2 * 90 * 60)
    assert last.resources.seconds == 90 * 60
    assert len({job.folder for job in batch.jobs}) == 4


def test_other_inputs_are_other_jobs(tmp_path):
    driver = CmaqDriver(None, None, None, tmp_path)
    runs = cmaq_runs(tmp_path / "runs", "base")
    before = cluster_batch(Space(tmp_path), driver, runs, SITE)
    assert cluster_batch(Space(tmp_path), driver, runs, SITE) == before
    text = (runs[0].folder / "run.json").read_text()
    (runs[0].folder / "run.json").write_text(text.replace('"A": "b"', '"A": "c"'))
    after = cluster_batch(Space(tmp_path), driver, runs, SITE)
    assert {job.folder for job in before.jobs}.isdisjoint(job.folder for job in after.jobs)


def test_runs_of_the_box_model_are_computed_some_together(tmp_path):
    runs = [Run("box_model", f"s{number}", tmp_path / f"s{number}") for number in range(7)]
    for run in runs:
        run.folder.mkdir()
        (run.folder / "run.json").write_text(run.scenario)
    batch = cluster_batch(Space(tmp_path), Boxes(), runs, SITE)
    assert [job.command[1:] for job in batch.jobs] == [("s0", "s1", "s2"), ("s3", "s4", "s5"), ("s6",)]
    assert batch.jobs[2].cells == (Cell("s6", ALL_DAYS),)
    assert {job.after for job in batch.jobs} == {""}
