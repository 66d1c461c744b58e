"""Reading Slurm's text: lines as Slurm 22.05 prints them."""

import pytest

from hpc.job import JobState
from hpc.slurm import words
from hpc.slurm.words import Task

SQUEUE = """\
12_0|box-a1-00|RUNNING|None
12_1|box-a1-00|PENDING|JobArrayTaskLimit
13|other|RUNNING|None
"""
SACCT = """\
12_0|box-a1-00|COMPLETED|0:0
12_1|box-a1-00|FAILED|3:0
12_2|box-a1-00|CANCELLED by 0|0:15
12_3|box-a1-00|NODE_FAIL|0:0
12_3|box-a1-00|COMPLETED|0:0
12_[4-9]|box-a1-00|PENDING|0:0
12_10|box-a1-00|CANCELLED+|0:0
"""


def test_squeue():
    assert words.tasks(SQUEUE) == [
        Task("box-a1-00", "12", 0, "RUNNING", "None"), Task("box-a1-00", "12", 1, "PENDING", "JobArrayTaskLimit"),
    ]  # fmt: skip


def test_sacct():
    found = words.tasks(SACCT)
    assert [(task.index, task.state.value) for task in found] == [
        (0, "done"), (1, "failed"), (2, "cancelled"), (3, "failed"), (3, "done"), (10, "cancelled"),
    ]  # fmt: skip
    assert words.in_words(found[1]) == "Slurm: FAILED, exit code 3:0"


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("TIMEOUT", "Slurm: TIMEOUT (ran longer than its time limit)"),
        ("OUT_OF_MEMORY", "Slurm: OUT_OF_MEMORY (needed more memory than it asked for)"),
        ("NODE_FAIL", "Slurm: NODE_FAIL (its node failed)"),
    ],
)
def test_states_in_words(word, text):
    assert words.in_words(Task("t", "1", 0, word, "0:0")) == text


def test_a_state_that_nobody_knows_is_unknown():
    assert Task("t", "1", 0, "FROBNICATED").state == JobState.UNKNOWN


@pytest.mark.parametrize(("text", "number"), [("123\n", "123"), ("123;cluster\n", "123"), ("", ""), ("error\n", ""),
                                              ("sbatch: note\n77\n", "77")])  # fmt: skip
def test_the_id_of_a_submission(text, number):
    assert words.job_id(text) == number


def test_ids_by_name_even_of_collapsed_arrays():
    assert words.job_ids(SACCT + "44_[0-9%3]|late|PENDING|0:0\n") == {"box-a1-00": "12", "late": "44"}


@pytest.mark.parametrize(
    ("message", "permanent"),
    [
        ("sbatch: error: Batch job submission failed: Invalid partition name specified", True),
        ("sbatch: error: invalid partition specified: nowhere", True),
        (
            "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified",
            True,
        ),
        ("sbatch: error: Batch job submission failed: Invalid job array specification", True),
        ("sbatch: error: Batch job submission failed: Requested node configuration is not available", True),
        (
            "sbatch: error: Batch job submission failed: Requested time limit is invalid (missing or too long)",
            True,
        ),
        ("sbatch: error: Memory specification can not be satisfied", True),
        ("sbatch: error: Batch job submission failed: Socket timed out on send/recv operation", False),
        ("sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)", False),
        ("sbatch: error: AssocMaxSubmitJobLimit", False),
        ("sbatch: error: Resource temporarily unavailable", False),
    ],
)
def test_what_is_refused_for_good(message, permanent):
    assert bool(words.PERMANENT.search(message)) is permanent


def test_the_commands_are_argument_lists():
    assert words.sbatch("array_1_00.slurm") == ("sbatch", "--parsable", "array_1_00.slurm")
    assert words.squeue(["a", "b"]) == ("squeue", "--noheader", "--array", "--name=a,b", "--format=%i|%j|%T|%r")
    assert words.scancel("a") == ("scancel", "--name=a")
    assert "--starttime=2024-12-31T00:00:00" in words.sacct(["a"], 1735689600.0)  # a day before 2025-01-01 UTC
