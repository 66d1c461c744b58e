"""Classes of failure and what is done about each: node, time, memory, model, input."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hpc.job import Failure, Resources

#: How much more time or memory the next attempt asks for (SLURM: our choice, as other drivers do).
GROWTH = 1.5
#: Exit statuses that say that the input or the set-up is wrong: our own 2, and those of sysexits.h and of shells.
INPUT_CODES: Mapping[int, str] = {
    2: "bad input", 65: "an input is missing or wrong", 66: "a folder or file cannot be read",
    74: "the disk is full or not writable", 126: "the program may not be executed", 127: "the program was not found",
}  # fmt: skip
#: Texts by which a log proves a class, strongest first; the words of Slurm itself stand in `hpc.slurm.words`.
EVIDENCE: Mapping[Failure, re.Pattern[str]] = {
    Failure.INPUT: re.compile(r"No space left on device|Disk quota exceeded|Read-only file system"),
    Failure.MEMORY: re.compile(
        r"exceeded memory limit|oom[-_ ]?kill|[Oo]ut [Oo]f [Mm]emory|MemoryError|Cannot allocate memory|bad_alloc"
    ),
}
SIGKILL_CODES = (-9, 137)


@dataclass(frozen=True)
class Policy:
    """What is done after a failure: sent again by itself or not, with how much more time and memory; in words."""

    again: bool
    time: float = 1.0
    memory: float = 1.0
    words: str = ""


POLICIES: Mapping[Failure, Policy] = {
    Failure.NODE: Policy(again=True, words="its node failed; the same again"),
    Failure.TIME: Policy(again=True, time=GROWTH, words="it needed more time; again with half as much more"),
    Failure.MEMORY: Policy(again=True, memory=GROWTH, words="it needed more memory; again with half as much more"),
    Failure.MODEL: Policy(again=False, words="the model failed; only its scenario stops"),
    Failure.INPUT: Policy(again=False, words="its input or set-up is wrong; only its scenario stops"),
}


def by_exit(code: int, text: str = "") -> Failure:
    """Return the class of a job that ended with a status (negative or above 128: a signal) and left a log."""
    for failure, pattern in EVIDENCE.items():
        if pattern.search(text):
            return failure
    if code in SIGKILL_CODES:
        return Failure.NODE  # nothing proves a lack of memory: killed from outside, the same again
    return Failure.INPUT if code in INPUT_CODES else Failure.MODEL


def grown(need: Resources, failures: tuple[Failure, ...], *, max_seconds: int = 0, max_memory_mb: int = 0) -> Resources:
    """Return what the next attempt asks for after these failures; 0 means no limit."""
    seconds, memory = float(need.seconds), float(need.memory_mb)
    for failure in failures:
        seconds *= POLICIES[failure].time
        memory *= POLICIES[failure].memory
    most_seconds, most_memory = max_seconds or seconds, max_memory_mb or memory
    return replace(need, seconds=round(min(seconds, most_seconds)), memory_mb=round(min(memory, most_memory)))


def may_go_again(
    need: Resources, failures: tuple[Failure, ...], *, retries: int, max_seconds: int, max_memory_mb: int
) -> bool:
    """Return whether a job that failed so is sent again by itself.

    Not after its own fault, not more often than `retries`, and not with more when it has all that the cluster gives.
    """
    if not failures:
        return True
    last = failures[-1]
    if not POLICIES[last].again or len(failures) > retries:
        return False
    limits = {"max_seconds": max_seconds, "max_memory_mb": max_memory_mb}
    more = POLICIES[last].time > 1.0 or POLICIES[last].memory > 1.0
    return not more or grown(need, failures, **limits) != grown(need, failures[:-1], **limits)
