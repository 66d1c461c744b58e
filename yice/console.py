"""What the command line prints: tables and documents on stdout, progress and faults on stderr."""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from aqcore.errors import Fault

out = Console(emoji=False)
err = Console(stderr=True, emoji=False)
"""Without emoji: a place such as `scenarios.toml:x:factors` is a place."""


class Right(str):
    """A number that is spelled already and stands to the right."""

    __slots__ = ()


class Tick(Protocol):
    """A callback that long work calls with the part done and the whole."""

    def __call__(self, done: int, total: int) -> None:
        """Report `done` of `total` steps."""


@contextmanager
def progress(label: str) -> Iterator[Tick]:
    """Show a bar on stderr while the block runs; the block calls the yielded callback."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(label, total=None)

        def tick(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield tick


def say(text: str) -> None:
    """Print one line of news on stderr."""
    err.print(text)


def line(text: str) -> None:
    """Print one line of a result on stdout, as it is."""
    out.print(escape(text), soft_wrap=True, highlight=False)


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]], *, compact: bool = False) -> None:
    """Print a table on stdout; numbers stand to the right. A compact one has no lines, so that ten columns fit."""
    look: dict[str, Any] = {"box": SIMPLE_HEAD, "padding": (0, 1, 0, 0), "pad_edge": False} if compact else {}
    shown = Table(title=escape(title), title_justify="left", header_style="bold", show_header=any(header), **look)
    for position, name in enumerate(header):
        numeric = bool(rows) and all(isinstance(row[position], (int, float, Right)) for row in rows)
        widest = max((len(_cell(row[position])) for row in rows), default=0) if numeric and compact else None
        shown.add_column(escape(name), justify="right" if numeric else "left", no_wrap=position == 0, min_width=widest)
    for row in rows:
        shown.add_row(*[escape(_cell(value)) for value in row])
    out.print(shown)


def _cell(value: object) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def document(value: Any) -> None:
    """Print one JSON document on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n")


def faults(found: Sequence[Fault], *, left: str, as_json: bool) -> None:
    """Print every fault of the input: to people on stderr, to scripts as one JSON document."""
    if as_json:
        document({"error": "input", "left": left, "faults": [fault.__dict__ for fault in found]})
        return
    count = "1 fault" if len(found) == 1 else f"{len(found)} faults"
    err.print(f"[bold red]The input has {count}; {left}.[/]")
    for number, fault in enumerate(found, 1):
        err.print(f"{number:>3}. [bold]{escape(fault.where)}[/]: {escape(fault.what)}", soft_wrap=True)
        err.print(f"     [green]->[/] {escape(fault.remedy)}", soft_wrap=True)


SHOWN = 15
"""Faults of run directories that are listed; `--json` gives all."""


def to_mend(found: Sequence[Fault]) -> None:
    """Print what run directories still lack on stderr, equal faults of several runs once."""
    if not found:
        return
    counts = Counter(found)
    err.print(f"[bold yellow]{len(counts)} things to mend before these can run:[/]")
    for fault, count in list(counts.items())[:SHOWN]:
        times = f" [dim]({count} runs)[/]" if count > 1 else ""
        err.print(f"  {escape(fault.where)}: {escape(fault.what)}{times}", soft_wrap=True)
        err.print(f"     [green]->[/] {escape(fault.remedy)}", soft_wrap=True)
    if len(counts) > SHOWN:
        err.print(f"  ... and {len(counts) - SHOWN} more (--json lists all)")


def failure(message: str, *, as_json: bool) -> None:
    """Print why a run failed."""
    if as_json:
        document({"error": "run", "message": message})
        return
    err.print("[bold red]A run failed.[/]")
    err.print(escape(message), soft_wrap=True)
