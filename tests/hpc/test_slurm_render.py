"""Rendering: the exact `#SBATCH` lines, the tables of units, and that no text of a user leaves its place."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aqcore.errors import InputError
from hpc.job import Batch, Job, Resources
from hpc.slurm.cluster import Cluster, read_cluster
from hpc.slurm.render import render
from hpc.slurm.waves import arrays
from hpc.slurm.words import duration

CLUSTER = Cluster("levante", "compute")
FOLDER = Path("/runs")


def job(name, *command, **more):
    return Job(name, FOLDER / name, command or ("true",), **more)


def directives(text):
    return [line for line in text.splitlines() if line.startswith("#SBATCH")]


def script_of(batch, cluster=CLUSTER, **more):
    return render(batch, cluster, **more)["array_1_00.slurm"]


def test_the_directives_of_a_plain_cluster():
    batch = Batch("box", (job("a"), job("b"), job("c")))
    token = arrays(batch.name, batch.jobs, 9)[0].token
    assert directives(script_of(batch)) == [
        f"#SBATCH --job-name={token}",
        "#SBATCH --array=0-2",
        "#SBATCH --partition=compute",
        "#SBATCH --ntasks=1",
        "#SBATCH --mem=2000M",
        "#SBATCH --time=0-01:00:00",
        "#SBATCH --output=logs/%x-%A_%a.log",
        "#SBATCH --open-mode=append",
        "#SBATCH --requeue",
        "#SBATCH --kill-on-invalid-dep=yes",
    ]


def test_the_directives_of_a_full_cluster():
    cluster = Cluster(
        "levante",
        "compute",
        account="ab0123",
        qos="high",
        directives=("--exclusive", "--constraint=512G"),
        max_running=5,
    )
    resources = Resources(tasks=64, memory_mb=250000, seconds=100000)
    text = script_of(Batch("cmaq", (job("a", resources=resources),)), cluster)
    assert directives(text)[1:] == [
        "#SBATCH --array=0-0%5",
        "#SBATCH --partition=compute",
        "#SBATCH --account=ab0123",
        "#SBATCH --qos=high",
        "#SBATCH --ntasks=64",
        "#SBATCH --mem=250000M",
        "#SBATCH --time=1-03:47:00",
        "#SBATCH --output=logs/%x-%A_%a.log",
        "#SBATCH --open-mode=append",
        "#SBATCH --requeue",
        "#SBATCH --kill-on-invalid-dep=yes",
        "#SBATCH --exclusive",
        "#SBATCH --constraint=512G",
    ]


def test_no_command_stands_before_the_last_directive():
    lines = script_of(Batch("box", (job("a"),)), Cluster("x", "p", directives=("--exclusive",))).splitlines()
    last = max(number for number, line in enumerate(lines) if line.startswith("#SBATCH"))
    assert lines[0] == "#!/bin/bash"
    assert all(line.startswith("#SBATCH") for line in lines[1 : last + 1])


def test_every_job_imports_safely_and_alone():
    text = script_of(Batch("box", (job("a"),)))
    assert "export PYTHONSAFEPATH=1\n" in text
    assert "export OMP_NUM_THREADS=1\n" in text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1, "0-00:01:00"), (60, "0-00:01:00"), (61, "0-00:02:00"), (3600, "0-01:00:00"), (90000, "1-01:00:00")],
)
def test_wall_time_is_rounded_up_to_minutes(seconds, text):
    assert duration(seconds) == text


def test_the_table_of_units():
    batch = Batch("box", (job("a b", "python", "-c", "", "x y"), job("乙", "run", environment={"CITY": "北 京"})))
    assert render(batch, CLUSTER)["units_1_00.tsv"] == (
        "a b\t/runs/a b\t\tpython\t-c\t\tx y\t.\n乙\t/runs/乙\t\tenv\tCITY=北 京\trun\t.\n"
    )


def test_a_large_batch_is_cut_to_the_largest_array_and_to_equal_resources():
    big = Resources(memory_mb=9000)
    jobs = [job(f"j{number}", resources=big if number % 3 == 0 else Resources()) for number in range(10)]
    cut = arrays("box", jobs, 3)
    assert [[own.name for own in array.jobs] for array in cut] == [
        ["j0", "j3", "j6"], ["j9"], ["j1", "j2", "j4"], ["j5", "j7", "j8"],
    ]  # fmt: skip
    assert len({array.token for array in cut}) == 4
    files = render(Batch("box", tuple(jobs)), Cluster("x", "p", max_array_size=4))
    assert sum(text.count("\n") for name, text in files.items() if name.endswith(".tsv")) == 10


def test_tokens_tell_batches_places_and_attempts_apart():
    here, there = Batch("box", (job("a"),)), Batch("box", (Job("a", Path("/elsewhere/a"), ("true",)),))
    tokens = {
        arrays(batch.name, batch.jobs, 9, attempt=attempt)[0].token for batch in (here, there) for attempt in (1, 2)
    }
    assert len(tokens) == 4
    assert arrays(here.name, here.jobs, 9)[0].token == arrays(here.name, here.jobs, 9)[0].token


def test_rendering_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    render(Batch("box", (job("a"),)), CLUSTER)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["a\tb", "a\nb", "a\rb", "a\x00b"])
def test_what_a_table_cannot_hold_is_refused(text):
    for own in (job("x", "echo", text), Job(text, FOLDER, ("true",)), Job("x", FOLDER / text, ("true",)),
                job("x", environment={"A": text})):  # fmt: skip
        with pytest.raises(InputError, match="holds a tab or a line end"):
            render(Batch("box", (own,)), CLUSTER)


def test_a_relative_folder_is_refused():
    with pytest.raises(InputError, match="runs/a is relative"):
        render(Batch("box", (Job("a", Path("runs/a"), ("true",)),)), CLUSTER)


HOSTILE = st.text(
    st.characters(blacklist_characters="\t\n\r\x00", blacklist_categories=("Cs",)), min_size=1, max_size=30
)


PRINTED = HOSTILE.filter(lambda text: min(text) >= " ")


@given(name=HOSTILE, module=PRINTED, value=PRINTED)
@settings(deadline=None, max_examples=60)
def test_no_text_of_a_user_reaches_a_directive_or_ends_a_quote(name, module, value):
    batch = Batch(name, (Job(name, FOLDER / "a", (value,)),))
    cluster = Cluster("x", "p", modules=(module,), environment={"A": value})
    text = script_of(batch, cluster)
    calm = script_of(
        Batch("b", (Job("b", FOLDER / "a", ("x",)),)), Cluster("x", "p", modules=("m",), environment={"A": "v"})
    )
    assert len(text.split("\n")) == len(calm.split("\n"))
    assert directives(text)[1:] == directives(calm)[1:]
    assert set(directives(text)[0]) <= set("#= -_.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


@pytest.mark.parametrize(
    "text", ["$(touch x)", "`touch x`", "'; touch x; '", '"; touch x; "', "a\\", "$HOME", "*", "-rf"]
)
def test_the_shell_takes_hostile_texts_as_texts(tmp_path, text):
    cluster = Cluster("x", "p", environment={"A": text})
    script = script_of(Batch("b", (job("a"),)), cluster).partition("# The unit of this task")[0]
    ended = subprocess.run(["bash", "-c", script + 'printf "%s" "$A"'], capture_output=True, text=True, cwd=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, text, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_is_content(tmp_path):
    """SC2016 wonders whether a quoted `$(x)` was meant to expand, SC2089 and SC2090 about quotes in a path."""
    cluster = Cluster("x", "p", modules=("a b",), environment={"A": "'$(x)"}, max_running=3, scratch="/s c'r")
    (tmp_path / "script").write_text(script_of(Batch("b", (job("a"),)), cluster))
    ended = subprocess.run(
        ["shellcheck", "--shell=bash", "--exclude=SC2016,SC2089,SC2090", "script"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert ended.stdout == ""


def test_a_site_may_bring_its_own_template(tmp_path):
    (tmp_path / "own.j2").write_text("#!/bin/bash\n#SBATCH -J {{ token }} -p {{ cluster.partition }}\necho ${#a[@]}\n")
    (tmp_path / "site.toml").write_text('name = "s"\npartition = "p"\ntemplate = "own.j2"\n')
    text = script_of(Batch("b", (job("a"),)), read_cluster(tmp_path / "site.toml"))
    assert text.splitlines()[1].endswith("-a1-00 -p p")
    assert text.endswith("echo ${#a[@]}\n")
