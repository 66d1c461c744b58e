"""What the cluster would refuse, found before the first submission, as far as Slurm can tell."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from aqcore.errors import Fault, InputError, did_you_mean
from hpc.job import Resources
from hpc.slurm import words
from hpc.slurm.commands import NOT_FOUND
from hpc.slurm.slurm import Slurm

LOGIN_NODE = "call yice on a login node of the cluster, when its controller is up"


def preflight(slurm: Slurm, needs: Mapping[str, Resources], where: str) -> None:
    """Raise `InputError` with everything that the cluster would refuse.

    `needs` are the scripts (names in the folder of the batch) with what each asks for; `where` is the cluster file.
    Checked are the commands, partition, account, QOS, time, memory, cores, array size, scratch; at last every script is
    shown to `sbatch --test-only`, which knows the site's own rules.
    """
    missing = list(_missing(slurm, where))
    if missing:
        raise InputError(missing)
    faults = [*_site(slurm, where), *_partition(slurm, needs.values(), where)]
    faults = faults or list(_tested(slurm, needs, where))
    if faults:
        raise InputError(faults)


def _missing(slurm: Slurm, where: str) -> Iterator[Fault]:
    """Yield a fault when Slurm's commands are not here or its controller does not answer."""
    answer = slurm.ask(words.configuration())
    if not answer.known:
        what = f"Slurm cannot be asked: {answer.err.strip()}"
        yield Fault(where, what, LOGIN_NODE)


def _site(slurm: Slurm, where: str) -> Iterator[Fault]:
    """Yield the faults of keys that hold for every script: array size, account, QOS, scratch."""
    cluster = slurm.cluster
    most = words.max_array_size(slurm.ask(words.configuration()).out)
    if most and cluster.max_array_size > most:
        yield Fault(
            f"{where}:max_array_size", f"{cluster.max_array_size}, but Slurm's MaxArraySize is {most}", f"give {most}"
        )
    if cluster.scratch and not (Path(cluster.scratch).is_dir() and os.access(cluster.scratch, os.W_OK)):
        yield Fault(
            f"{where}:scratch", f"{cluster.scratch} is no folder that can be written here", "make it, or name another"
        )
    if not cluster.accounting:
        return
    answer = slurm.ask(words.associations())
    if not answer.known:
        yield Fault(f"{where}:accounting", f"sacctmgr does not answer: {answer.err.strip()}", "set accounting = false")
        return
    accounts, qualities = words.allowed(answer.out)
    if cluster.account and accounts and cluster.account not in accounts:
        yield Fault(
            f"{where}:account", f"you have no account {cluster.account!r}", did_you_mean(cluster.account, accounts)
        )
    if cluster.qos and qualities and cluster.qos not in qualities:
        yield Fault(f"{where}:qos", f"you may not use QOS {cluster.qos!r}", did_you_mean(cluster.qos, qualities))


def _partition(slurm: Slurm, needs: Iterable[Resources], where: str) -> Iterator[Fault]:
    """Yield the faults of the partition and of what the jobs want of it."""
    cluster = slurm.cluster
    place = f"{where}:partition"
    nodes = words.nodes(slurm.ask(words.partitions()).out)
    if cluster.partition not in nodes:
        yield Fault(place, f"there is no partition {cluster.partition!r}", did_you_mean(cluster.partition, nodes))
        return
    own = nodes[cluster.partition]
    rules = words.rules(slurm.ask(words.partition(cluster.partition)).out)
    if rules.get("State", "UP") != "UP":
        yield Fault(place, f"{cluster.partition!r} is {rules['State'].lower()}", did_you_mean("", nodes))
    for key, value in (("AllowAccounts", cluster.account), ("AllowQos", cluster.qos)):
        allowed = rules.get(key, "ALL").split(",")
        if value and allowed != ["ALL"] and value not in allowed:
            yield Fault(place, f"{cluster.partition!r} is not for {value!r}", did_you_mean(value, allowed))
    for need in dict.fromkeys(needs):
        yield from _too_much(need, own, where)


def _too_much(need: Resources, own: words.Nodes, where: str) -> Iterator[Fault]:
    """Yield what one job wants and no node of the partition gives."""
    if own.seconds and need.seconds > own.seconds:
        what = f"a job asks for {words.duration(need.seconds)}, the partition allows {words.duration(own.seconds)}"
        yield Fault(f"{where}:resources.minutes", what, "ask for less, or take fewer days a job (chunk_days)")
    if need.memory_mb > own.memory_mb:
        what = f"a job asks for {need.memory_mb} MB, a node has {own.memory_mb}"
        yield Fault(f"{where}:resources.memory_mb", what, f"give at most {own.memory_mb}")
    if need.tasks > own.cores * own.count:
        what = f"a job asks for {need.tasks} processes, the partition has {own.cores * own.count} cores"
        yield Fault(f"{where}:resources.tasks", what, "ask for fewer")


def _tested(slurm: Slurm, needs: Mapping[str, Resources], where: str) -> Iterator[Fault]:
    """Yield what `sbatch --test-only` says, one script for each kind of need."""
    kinds = {need: script for script, need in needs.items()}
    for script in kinds.values():
        answer = slurm.ask(words.test_only(script))
        if answer.code == NOT_FOUND:
            yield Fault(where, f"Slurm cannot be asked: {answer.err}", LOGIN_NODE)
            return
        if not answer.known:
            yield Fault(
                where, f"Slurm refuses {slurm.folder / script}: {answer.err.strip()}", "correct the cluster file"
            )
