"""The verbs about batches that were handed over: status, cancel, retry, logs. Nothing of the city is read for them."""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from rich.live import Live

from aqcore.errors import Fault, InputError, RunFailed, did_you_mean
from hpc.board import OPEN, Board, board
from hpc.job import Executor, JobState, JobStatus
from hpc.local.executor import LocalExecutor
from hpc.markers import log_tail
from hpc.slurm.cluster import Cluster, read_cluster
from hpc.slurm.executor import SlurmExecutor
from hpc.table import LOCAL, TABLE, Table, read_batch, read_table
from hpc.tally import read_tally
from yice import console
from yice.batch_view import board_view
from yice.options import Options
from yice.places import JOBS, RUNS

CLUSTERS = "clusters"
LOG_LINES = 60
SHOWN_NAMES = 12
WATCH_SECONDS = 2.0
OUTPUT = "cctm.out"
"""What CCTM prints, in the folder of its day."""


def site_of(city: Path, name: str) -> Cluster:
    """Return the cluster of a city's file `clusters/NAME.toml`. Raises `InputError` when there is none."""
    folder = city / CLUSTERS
    path = folder / f"{name}.toml"
    if not path.is_file():
        known = sorted(file.stem for file in folder.glob("*.toml"))
        raise InputError([Fault("--cluster", f"there is no {path}", did_you_mean(name, [LOCAL, *known]))])
    return read_cluster(path)


class Screen:
    """A live board on stderr where that is a terminal, a line whenever a count changes otherwise.

    When it closes, also by Ctrl-C, the last board is printed in full on stdout (unless not `enabled`).
    """

    def __init__(self, *, enabled: bool) -> None:
        shown = enabled and sys.stderr.isatty()
        self._enabled = enabled
        self._live = Live(console=console.err, auto_refresh=False, transient=True) if shown else None
        self._last: Board | None = None
        self._told = ""

    def __enter__(self) -> Callable[[Board], None]:
        if self._live is not None:
            self._live.__enter__()
        return self._show

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.__exit__(kind, error, trace)
        if self._enabled and self._last is not None:
            console.out.print(board_view(self._last))
        if kind is KeyboardInterrupt:
            console.say("The batch goes on; `yice status` shows it again, `yice cancel` ends it.")

    def _show(self, own: Board) -> None:
        self._last = own
        if self._live is not None:
            self._live.update(board_view(own, console.err.height - 1), refresh=True)
            return
        line = ", ".join(f"{count} {name}" for name, count in own.counts.items())
        if line != self._told:
            console.say(line)
            self._told = line


def _folder(options: Options, driver: str) -> Path:
    return options.work.resolve() / RUNS / JOBS / driver


def _table(options: Options, driver: str) -> Table:
    """Return the batch that was submitted. Raises `InputError` when none was."""
    table = read_table(_folder(options, driver))
    if table is None:
        what = f"no batch of {driver} was submitted ({_folder(options, driver) / TABLE} is not there)"
        remedy = f"yice submit {options.folder} --driver {driver} --cluster NAME"
        raise InputError([Fault(str(options.work), what, remedy)])
    return table


def _executor(options: Options, table: Table) -> Executor:
    if table.cluster == LOCAL:
        return LocalExecutor(processes=options.processes)
    return SlurmExecutor(site_of(options.folder, table.cluster), options.work.resolve() / RUNS / JOBS)


def _slurm(options: Options, table: Table) -> SlurmExecutor:
    executor = _executor(options, table)
    if not isinstance(executor, SlurmExecutor):
        remedy = "interrupt that `yice submit` with Ctrl-C, or start it again: it goes on with what is not done"
        raise InputError([Fault("--driver", f"the batch of {table.driver} runs on this machine", remedy)])
    return executor


def board_of(folder: Path, live: Sequence[JobStatus]) -> Board:
    """Return the board of the batch in a folder, with what was seen just now."""
    table = read_table(folder)
    if table is None:
        raise RunFailed(f"{folder / TABLE} has gone")
    return board(table, read_tally(folder, table), [own for own in live if own.job.name in table.index])


def _seen(options: Options, driver: str) -> Board:
    """Return the board of the submitted batch as it is now."""
    table = _table(options, driver)
    folder = _folder(options, driver)
    executor, batch = _executor(options, table), read_batch(folder)
    live = executor.observe(batch) if isinstance(executor, SlurmExecutor) else executor.states(batch)
    return board_of(folder, live)


def has_batch(options: Options, driver: str) -> bool:
    """Return whether a batch of a driver was handed to an executor."""
    return (_folder(options, driver) / TABLE).is_file()


def status(options: Options, driver: str, *, watch: bool) -> None:
    """Show the board of a batch, at once or, with `watch`, also until it has ended."""
    own = _watched(options, driver) if watch else _seen(options, driver)
    if options.as_json:
        console.document(own.document())
    elif not watch:
        console.out.print(board_view(own))


def _watched(options: Options, driver: str) -> Board:
    """Show the board again and again until nothing of the batch goes on; return the last one."""
    with Screen(enabled=not options.as_json) as show:
        while True:
            own = _seen(options, driver)
            show(own)
            if not any(own.counts.get(state, 0) for state in OPEN):
                return own
            time.sleep(WATCH_SECONDS)


def cancel(options: Options, driver: str) -> None:
    """Cancel what waits or runs of a batch."""
    table = _table(options, driver)
    executor, batch = _slurm(options, table), read_batch(_folder(options, driver))
    queued = [job.name for job in executor.find(batch)]
    executor.cancel(batch)
    if options.as_json:
        console.document({"cancelled": queued})
    elif queued:
        console.say(
            f"{len(queued)} of {len(batch.jobs)} jobs were cancelled; `yice submit` goes on with what is not done"
        )
    else:
        console.say(f"Nothing of {driver} waits or runs on {table.cluster}.")


def retry(options: Options, driver: str, scenarios: Sequence[str], *, lost: bool) -> None:
    """Send failed, suspect and cancelled jobs again (of some scenarios only), with `lost` also those that are lost."""
    table = _table(options, driver)
    executor, batch = _slurm(options, table), read_batch(_folder(options, driver))
    unknown = [name for name in scenarios if name not in table.scenarios]
    if unknown:
        raise InputError(
            Fault("SCENARIO", f"{name!r} is not in the batch", did_you_mean(name, table.scenarios)) for name in unknown
        )
    again = {JobState.FAILED, JobState.SUSPECT, JobState.CANCELLED, *((JobState.LOST,) if lost else ())}
    mine = [
        own for own in executor.states(batch)
        if not scenarios or any(cell.scenario in scenarios for cell in own.job.cells)
    ]  # fmt: skip
    names = [own.job.name for own in mine if own.state in again]
    if names:
        executor.retry(batch, names)
    if options.as_json:
        console.document({"sent": names})
    elif names:
        console.say(f"Sent again, with what waits behind: {', '.join(names[:SHOWN_NAMES])}{_more(names)}")
    else:
        left = sum(own.state == JobState.LOST for own in mine)
        console.say(f"Nothing to send again{f'; {left} jobs are lost: --lost sends them' * (left > 0)}.")


def _more(names: Sequence[str]) -> str:
    return f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""


def logs(options: Options, driver: str, scenario: str, day: str) -> None:
    """Print the end of the log of the job that computes a run-day, and of what the model itself printed."""
    table = _table(options, driver)
    if scenario not in table.scenarios:
        raise InputError(
            [Fault("SCENARIO", f"{scenario!r} is not in the batch", did_you_mean(scenario, table.scenarios))]
        )
    number = table.job_of(scenario, day)
    if number is None:
        raise InputError([Fault("DAY", f"{scenario} has no day {day!r}", did_you_mean(day, table.days))])
    found = [read_batch(_folder(options, driver)).jobs[number].log]
    days = [cell for cell in table.cells_of(number) if cell.scenario == scenario and day in ("", cell.day)]
    found += [table.proof_of(cell).with_name(OUTPUT) for cell in days]
    if not any(log_tail(log) for log in found):
        console.say(f"{found[0]} is empty: the job has not started, or said nothing")
    for log in dict.fromkeys(found):
        if text := log_tail(log, lines=LOG_LINES):
            console.say(f"[bold]{log}[/]")
            console.out.print(text.replace(" | ", "\n"), markup=False, highlight=False, soft_wrap=True)
