"""All words of Slurm in one place: its commands, its states, its messages, and the reading of its text.

Text output is parsed, never JSON: `sacct --json` of 22.05 reports exit code 0 for a job that failed, and text is ten
times smaller.
"""

import os
import pwd
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hpc.job import Failure, JobState

#: Slurm's job states (squeue(1), "JOB STATE CODES") as ours; what is missing here is unknown.
STATES: Mapping[str, JobState] = {
    "PENDING": JobState.PENDING, "CONFIGURING": JobState.PENDING, "REQUEUED": JobState.PENDING,
    "REQUEUE_HOLD": JobState.PENDING, "REQUEUE_FED": JobState.PENDING, "SPECIAL_EXIT": JobState.PENDING,
    "RESV_DEL_HOLD": JobState.PENDING, "RUNNING": JobState.RUNNING, "COMPLETING": JobState.RUNNING,
    "SUSPENDED": JobState.RUNNING, "STOPPED": JobState.RUNNING, "SIGNALING": JobState.RUNNING,
    "STAGE_OUT": JobState.RUNNING, "RESIZING": JobState.RUNNING, "COMPLETED": JobState.DONE,
    "FAILED": JobState.FAILED, "TIMEOUT": JobState.FAILED, "OUT_OF_MEMORY": JobState.FAILED,
    "NODE_FAIL": JobState.FAILED, "BOOT_FAIL": JobState.FAILED, "PREEMPTED": JobState.FAILED,
    "DEADLINE": JobState.FAILED, "LAUNCH_FAILED": JobState.FAILED, "REVOKED": JobState.FAILED,
    "CANCELLED": JobState.CANCELLED,
}  # fmt: skip
#: What a failed state means to somebody who does not know Slurm.
MEANINGS: Mapping[str, str] = {
    "TIMEOUT": "ran longer than its time limit",
    "OUT_OF_MEMORY": "needed more memory than it asked for",
    "NODE_FAIL": "its node failed",
    "BOOT_FAIL": "its node did not start",
    "PREEMPTED": "had to make way for another job",
    "DEADLINE": "could not end before its deadline",
}
#: Classes of failure that a state of Slurm proves; every other failure is judged by exit status and log.
FAILURES: Mapping[str, Failure] = {
    "TIMEOUT": Failure.TIME, "DEADLINE": Failure.TIME, "OUT_OF_MEMORY": Failure.MEMORY, "NODE_FAIL": Failure.NODE,
    "BOOT_FAIL": Failure.NODE, "LAUNCH_FAILED": Failure.NODE, "PREEMPTED": Failure.NODE,
}  # fmt: skip
#: What slurmd writes into the log of a job that it ends: the only word of it where there are no accounts.
SAID: Mapping[Failure, re.Pattern[str]] = {
    Failure.TIME: re.compile(r"CANCELLED AT \S+ DUE TO TIME LIMIT"),
    Failure.MEMORY: re.compile(r"exceeded memory limit|oom_kill event|[Oo]ut [Oo]f [Mm]emory"),
    Failure.NODE: re.compile(r"CANCELLED AT \S+ DUE TO (NODE FAILURE|PREEMPTION)"),
}
#: A refusal that the same submission will meet again.
PERMANENT = re.compile(
    r"Invalid (partition|account|qos|job array|generic resource|feature|wckey)|"
    r"invalid partition|Requested (node configuration|partition configuration|time limit)|"
    r"Memory (required|specification)|Unable to open file|access denied|AssocMaxJobs|PartitionTimeLimit|"
    r"(unrecognized|invalid) option|Requested operation is presently disabled|User's group not permitted",
    re.IGNORECASE,
)
#: `sacct` where the site keeps no accounts.
NO_ACCOUNTING = re.compile(r"accounting storage is disabled|SLURM accounting storage is disabled", re.IGNORECASE)
#: One process a task computes alone; a driver that wants threads sets them in its own command.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
TASK = re.compile(r"^(?P<job>\d+)_(?P<task>\d+)$")


@dataclass(frozen=True)
class Task:
    """What Slurm says of one task of an array: `token` is the job name, `word` Slurm's own state."""

    token: str
    job_id: str
    index: int
    word: str
    reason: str = ""

    @property
    def state(self) -> JobState:
        """The state in our words."""
        return STATES.get(self.word, JobState.UNKNOWN)

    @property
    def exit_code(self) -> int:
        """The exit status that sacct shows (`code:signal`), negative for a signal, 0 when it shows none."""
        code, _, signal = self.reason.partition(":")
        return -int(signal) if signal.isdecimal() and int(signal) else int(code) if code.isdecimal() else 0


def sbatch(script: str, after: str = "") -> tuple[str, ...]:
    """Return the command that submits a script and prints its job id.

    Each task waits for the task of the same number of the array with the id `after`.
    """
    return ("sbatch", "--parsable", *([f"--dependency=aftercorr:{after}"] if after else []), script)


def test_only(script: str) -> tuple[str, ...]:
    """Return the command that says whether Slurm would take a script, and submits nothing."""
    return ("sbatch", "--test-only", script)


def squeue(tokens: Sequence[str]) -> tuple[str, ...]:
    """Return the command that lists every task of the named jobs that is still in the queue."""
    return ("squeue", "--noheader", "--array", f"--name={','.join(tokens)}", "--format=%i|%j|%T|%r")


def sacct(tokens: Sequence[str], since: float) -> tuple[str, ...]:
    """Return the command that lists every try of every task of the named jobs; `since` is in seconds since 1970.

    The window starts a day early: the default one ends at midnight, and clocks differ.
    """
    start = (datetime.fromtimestamp(since, UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")
    fields = "--format=JobID,JobName,State,ExitCode"
    return ("sacct", "--parsable2", "--noheader", "--duplicates", "--allocations", f"--starttime={start}",
            f"--name={','.join(tokens)}", fields)  # fmt: skip


def own_queue() -> tuple[str, ...]:
    """Return the command that lists every task of this user that waits or runs, one id a line."""
    return ("squeue", "--noheader", "--array", "--me", "--format=%i")


def configuration() -> tuple[str, ...]:
    """Return the command that shows the configuration of the cluster; it fails when the controller does not answer."""
    return ("scontrol", "show", "config")


def partitions() -> tuple[str, ...]:
    """Return the command that lists the nodes of every partition: name, cores, memory (MB), longest time."""
    return ("sinfo", "--noheader", "--Node", "--format=%R|%c|%m|%l")


def partition(name: str) -> tuple[str, ...]:
    """Return the command that shows the rules of a partition."""
    return ("scontrol", "--oneliner", "show", "partition", name)


def associations() -> tuple[str, ...]:
    """Return the command that lists accounts and QOS of this user, and how many tasks each may have in the queue."""
    user = pwd.getpwuid(os.getuid()).pw_name
    return ("sacctmgr", "--noheader", "--parsable2", "show", "assoc", f"user={user}",
            "format=account,qos,maxsubmitjobs,grpsubmitjobs")  # fmt: skip


def qualities() -> tuple[str, ...]:
    """Return the command that lists every QOS and how many tasks it lets a user have in the queue."""
    return ("sacctmgr", "--noheader", "--parsable2", "show", "qos", "format=name,maxsubmitjobsperuser,grpsubmitjobs")


def scancel(token: str) -> tuple[str, ...]:
    """Return the command that cancels the job of a name: ids are reused after a crash of the controller, names not."""
    return ("scancel", f"--name={token}")


def duration(seconds: int) -> str:
    """Return a wall time as `days-hours:minutes:seconds`, rounded up to the minute that Slurm counts in."""
    minutes = max(1, -(-seconds // 60))
    days, rest = divmod(minutes, 24 * 60)
    return f"{days}-{rest // 60:02d}:{rest % 60:02d}:00"


def extra_directives(qos: str, directives: Sequence[str]) -> list[str]:
    """Return the directives of a worker job that dask-jobqueue has no word for."""
    return [*([f"--qos={qos}"] if qos else []), *directives]


@dataclass(frozen=True)
class Nodes:
    """The nodes of a partition: how many, cores and memory (MB) of the largest, longest time of a job (s, 0: none)."""

    count: int
    cores: int
    memory_mb: int
    seconds: int


def nodes(text: str) -> dict[str, Nodes]:
    """Return the partitions that `partitions` lists."""
    found: dict[str, Nodes] = {}
    for line in text.splitlines():
        name, cores, memory, time = line.strip().split("|")
        own = found.get(name, Nodes(0, 0, 0, seconds(time)))
        more = max(own.cores, _number(cores)), max(own.memory_mb, _number(memory))
        found[name] = Nodes(own.count + 1, *more, own.seconds)
    return found


def _number(text: str) -> int:
    """Return the leading number of a text such as `8+`, 0 where there is none."""
    match = re.match(r"\d+", text.strip())
    return int(match.group()) if match else 0


def seconds(text: str) -> int:
    """Return a time of Slurm (`days-hours:minutes:seconds`, its beginning left out) in seconds, 0 for no limit."""
    days, _, rest = text.rpartition("-")
    parts = rest.split(":")
    if not all(part.isdecimal() for part in parts):
        return 0
    if days:
        parts += ["0"] * (3 - len(parts))
    value = 0
    for part in parts:
        value = 60 * value + int(part)
    return value + 86400 * (int(days) if days else 0)


def rules(text: str) -> dict[str, str]:
    """Return the rules of a partition as `scontrol show partition` prints them."""
    return dict(item.split("=", 1) for item in text.split() if "=" in item)


def max_array_size(text: str) -> int:
    """Return MaxArraySize of a configuration, 0 when it does not say."""
    match = re.search(r"^MaxArraySize\s*=\s*(\d+)", text, re.MULTILINE)
    return int(match[1]) if match else 0


def allowed(text: str) -> tuple[list[str], list[str]]:
    """Return the accounts and the QOS that `associations` lists, each once."""
    rows = [line.split("|") for line in text.splitlines() if line.count("|") >= 3]
    qualities = [name for row in rows for name in row[1].split(",") if name]
    return list(dict.fromkeys(row[0] for row in rows if row[0])), list(dict.fromkeys(qualities))


def submit_limits(text: str, *, account: str, qos: str) -> list[int]:
    """Return the limits on tasks in the queue in rows of `associations` or `qualities` that concern a job."""
    found = []
    for row in (line.split("|") for line in text.splitlines()):
        if len(row) == 4 and account and row[0] != account:
            continue
        if len(row) == 3 and row[0] != (qos or "normal"):
            continue
        found += [int(value) for value in row[-2:] if value.isdecimal()]
    return found


def job_id(text: str) -> str:
    """Return the id that `sbatch --parsable` printed (`id` or `id;cluster`), empty when it printed none."""
    first = text.strip().splitlines()[-1].split(";")[0] if text.strip() else ""
    return first if first.isdecimal() else ""


def tasks(text: str) -> list[Task]:
    """Return the tasks in lines `id|name|state|more` of squeue or sacct; collapsed ranges of an array are skipped.

    `CANCELLED by 0` is CANCELLED; `more` is squeue's reason or sacct's exit code.
    """
    found = []
    for line in text.splitlines():
        fields = line.split("|")
        match = TASK.match(fields[0].strip())
        if match and len(fields) >= 4:
            word = (fields[2].split() or [""])[0].rstrip("+")
            found.append(Task(fields[1], match["job"], int(match["task"]), word, fields[3].strip()))
    return found


def job_ids(text: str) -> dict[str, str]:
    """Return the job id by job name in lines of squeue or sacct, whatever tasks they show; the last one wins."""
    pairs = [line.split("|")[:2] for line in text.splitlines() if line.count("|") >= 3]
    ids = {name: re.match(r"\d+", number.strip()) for number, name in pairs}
    return {name: match.group() for name, match in ids.items() if match}


def in_words(task: Task) -> str:
    """Return how a task ended, in words."""
    meaning = MEANINGS.get(task.word, "")
    code = f", exit code {task.reason}" if task.reason not in ("", "0:0") else ""
    return f"Slurm: {task.word}{code}" + (f" ({meaning})" if meaning else "")
