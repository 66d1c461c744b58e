"""A Slurm in memory for tests: answers sbatch, squeue, sacct and scancel as the real one does."""

from hpc.slurm.commands import Answer

ENDED = ("COMPLETED", "FAILED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "CANCELLED", "CANCELLED by 0", "STALE")
TIMED_OUT = "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation"


class FakeSlurm:
    """Jobs by id: name and the state word of each task; `live` says whether a task is still in the queue."""

    def __init__(self):
        self.names = {}
        self.tasks = {}
        self.next_id = 100
        self.calls = []
        self.deaf = set()
        self.faults = []
        self.limit = ""
        self.accounts = ("ab0123",)

    def __call__(self, arguments, folder):
        self.calls.append(tuple(arguments))
        command = arguments[0]
        if command in self.deaf:
            return Answer(1, err=f"{command}: error: Unable to contact slurm controller (connect failure)")
        return self.sbatch(arguments, folder) if command == "sbatch" else getattr(self, command)(arguments)

    def sbatch(self, arguments, folder):
        if "--test-only" in arguments:
            return Answer(0, "")
        fault = self.faults.pop(0) if self.faults else ""
        if fault and fault != "lost":
            return Answer(1, err=fault)
        lines = (folder / arguments[-1]).read_text().splitlines()
        option = dict(line.removeprefix("#SBATCH --").split("=", 1) for line in lines if line.startswith("#SBATCH --")
                      and "=" in line)  # fmt: skip
        last = int(option["array"].split("%")[0].split("-")[1])
        self.names[self.next_id] = option["job-name"]
        self.tasks |= {(self.next_id, task): "PENDING" for task in range(last + 1)}
        self.next_id += 1
        return Answer(1, err=TIMED_OUT) if fault else Answer(0, f"{self.next_id - 1}\n")

    def scontrol(self, arguments):
        if "config" in arguments:
            return Answer(0, "Configuration data\nMaxArraySize            = 1001\n")
        return Answer(0, "PartitionName=p AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL State=UP\n")

    def sinfo(self, _):
        return Answer(0, "p|8|8000|2:00:00\np|16|8000|2:00:00\nother|8|8000|infinite\n")

    def sacctmgr(self, arguments):
        if "qos" in arguments:
            return Answer(0, "normal||\n")
        return Answer(0, "".join(f"{account}|normal,high|{self.limit}|\n" for account in self.accounts))

    def squeue(self, arguments):
        if "--me" in arguments:
            live = [word for word in self.tasks.values() if word in ("PENDING", "RUNNING")]
            return Answer(0, "1\n" * len(live))
        return Answer(0, self.lines(arguments, ("PENDING", "RUNNING"), "None"))

    def sacct(self, arguments):
        return Answer(0, self.lines(arguments, ENDED, "1:0"))

    def scancel(self, arguments):
        name = arguments[1].removeprefix("--name=")
        for (job_id, task), word in self.tasks.items():
            if self.names[job_id] == name and word in ("PENDING", "RUNNING"):
                self.tasks[job_id, task] = "CANCELLED by 0"
        return Answer(0)

    def lines(self, arguments, words, more):
        wanted = next(word for word in arguments if word.startswith("--name=")).removeprefix("--name=").split(",")
        return "".join(
            f"{job_id}_{task}|{self.names[job_id]}|{'RUNNING' if word == 'STALE' else word}|{more}\n"
            for (job_id, task), word in self.tasks.items()
            if self.names[job_id] in wanted and word in words
        )

    def set(self, word, *tasks, job_id=100):
        for task in tasks:
            self.tasks[job_id, task] = word

    def count(self, command):
        return sum(call[0] == command and "--test-only" not in call for call in self.calls)
