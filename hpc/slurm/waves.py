"""Chains of jobs as job arrays: the first jobs of all chains are one array, their successors the next, and so on."""

import hashlib
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from hpc.job import Job, Resources

UNNAMED = re.compile(r"[^A-Za-z0-9_.-]")
NAME_LENGTH = 64


@dataclass(frozen=True)
class Array:
    """One Slurm array: `token` is its job name, unique by batch, place, chunk and attempt.

    Task i waits for task i of the array `after` (a token; empty: for nothing).
    """

    token: str
    script: str
    units: str
    jobs: tuple[Job, ...]
    resources: Resources
    after: str = ""


def chains(jobs: Sequence[Job]) -> list[tuple[Job, ...]]:
    """Return jobs as chains, each job behind the one it is after, as far as these jobs go."""
    ends: dict[str, list[Job]] = {}
    for job in jobs:
        chain = ends.pop(job.after, None) if job.after else None
        ends[job.name] = [*chain, job] if chain else [job]
    return [tuple(chain) for chain in ends.values()]


def arrays(name: str, jobs: Sequence[Job], most: int, *, attempt: int = 1) -> list[Array]:
    """Return jobs of a batch as arrays of at most `most` tasks, wave after wave, so that all chains start at once.

    Chains of the same resources, job by job, form the rows of arrays: aftercorr links tasks of the same number.
    """
    stem = _stem(name, jobs, attempt)
    found: list[tuple[int, int, tuple[Job, ...]]] = []
    for column, rows in enumerate(_blocks(jobs, most)):
        found += [(wave, column, tasks) for wave, tasks in enumerate(zip(*rows, strict=True))]
    tokens: dict[tuple[int, int], str] = {}
    result = []
    for number, (wave, column, tasks) in enumerate(sorted(found, key=lambda own: own[:2])):
        token = tokens[wave, column] = f"{stem}-{number:02d}"
        names = (f"array_{attempt}_{number:02d}.slurm", f"units_{attempt}_{number:02d}.tsv")
        result.append(Array(token, *names, tasks, tasks[0].resources, tokens.get((wave - 1, column), "")))
    return result


def _stem(name: str, jobs: Sequence[Job], attempt: int) -> str:
    digest = hashlib.sha256("\n".join(str(job.folder) for job in jobs).encode()).hexdigest()[:8]
    return f"{UNNAMED.sub('_', name)[:NAME_LENGTH] or 'batch'}-{digest}-a{attempt}"


def _blocks(jobs: Sequence[Job], most: int) -> Iterator[list[tuple[Job, ...]]]:
    """Yield chains of equal resources, at most `most` at a time, in the order of the batch."""
    alike: dict[tuple[Resources, ...], list[tuple[Job, ...]]] = {}
    for chain in chains(jobs):
        alike.setdefault(tuple(job.resources for job in chain), []).append(chain)
    for rows in alike.values():
        for start in range(0, len(rows), most):
            yield rows[start : start + most]


def startable(jobs: Sequence[Job], wanted: Container[str], done: Container[str]) -> list[Job]:
    """Return the wanted jobs that can go now: first of their chain, behind a done job, or behind another that goes."""
    going: set[str] = set()
    result = []
    for job in jobs:
        if job.name in wanted and (not job.after or job.after in done or job.after in going):
            going.add(job.name)
            result.append(job)
    return result
