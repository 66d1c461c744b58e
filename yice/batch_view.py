"""How a batch looks on the terminal: scenarios x days, what failed and why, pace, end and cost."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from hpc.board import NOTHING, Board, Trouble
from hpc.estimate import Estimate
from hpc.failures import POLICIES
from hpc.job import Failure, JobState
from hpc.tally import STATES

MARKS = {
    JobState.DONE: ("█", "green"), JobState.RUNNING: ("▶", "bold cyan"), JobState.PENDING: ("·", "dim"),
    JobState.FAILED: ("✗", "bold red"), JobState.CANCELLED: ("c", "yellow"), JobState.SUSPECT: ("!", "bold magenta"),
    JobState.UNKNOWN: ("?", "yellow"), JobState.BLOCKED: ("–", "red"), JobState.LOST: ("L", "bold red"),
}  # fmt: skip
SHOWN_SCENARIOS = 40
OTHER_LINES = 4
"""Of a board: two lines at its head, the heads of the columns, and the line about what is not shown."""
SHOWN_TROUBLES = 12
REASON_LENGTH = 300


def board_view(board: Board, lines: int | None = None) -> RenderableType:
    """Return a board for the terminal; of many scenarios those that go on or need somebody come first.

    With `lines` it is cut to about as many: half of them are for what needs somebody, when something does.
    """
    most = SHOWN_SCENARIOS
    if lines is not None:
        free = lines - OTHER_LINES
        most = min(most, max(1, free // 2 if board.troubles else free))
    parts: list[RenderableType] = [_head(board), _grid(board, most)]
    if board.troubles:
        parts.append(_troubles(board.troubles))
    return Group(*parts)


def _head(board: Board) -> Text:
    """Return the first lines: counts, pace, end, cost."""
    done = board.counts.get("done", 0)
    text = Text(f"{board.driver} on {board.cluster}: {done} of {board.total} run-days are done", style="bold")
    for name, count in board.counts.items():
        sign, style = MARKS[JobState(name)]
        text.append("   ").append(sign, style).append(f" {count} {name}", "not bold")
    lines = []
    if board.per_hour is not None:
        lines.append(f"{board.per_hour:,.0f} run-days an hour")
    if board.finish is not None:
        lines.append(f"all done about {datetime.fromtimestamp(board.finish).astimezone():%Y-%m-%d %H:%M}")
    cost = f"{board.core_hours:,.2f} core hours so far"
    lines.append(f"{cost} of about {board.expected_core_hours:,.2f}" if board.expected_core_hours else cost)
    return text.append("\n" + "; ".join(lines), "")


def _grid(board: Board, most: int) -> Table:
    """Return scenarios x days, one sign a day."""
    table = Table(box=None, pad_edge=False, show_header=True, header_style="dim")
    table.add_column("scenario", no_wrap=True)
    table.add_column(f"{board.days[0]} … {board.days[-1]}" if len(board.days) > 1 else "", overflow="fold")
    order = sorted(range(len(board.scenarios)), key=lambda row: _urgency(board, row))
    for row in order[:most]:
        table.add_row(escape(board.scenarios[row]), _line(board.cells[row].tolist()))
    if rest := order[most:]:
        done = sum(set(board.cells[row].tolist()) <= {_code(JobState.DONE), NOTHING} for row in rest)
        table.add_row(f"… {len(rest)} more", Text(f"{done} of them done (--json lists all)", "dim"))
    return table


def _urgency(board: Board, row: int) -> tuple[int, int]:
    """Return where a scenario stands in the list: trouble, running, waiting, done."""
    states = {STATES[code] for code in board.cells[row].tolist() if code != NOTHING}
    calm = {JobState.DONE, JobState.PENDING, JobState.RUNNING}
    rank = 0 if states - calm else 1 if JobState.RUNNING in states else 2 if JobState.PENDING in states else 3
    return rank, row


def _line(codes: Sequence[int]) -> Text:
    line = Text()
    for code in codes:
        sign, style = (" ", "") if code == NOTHING else MARKS[STATES[code]]
        line.append(sign, style)
    return line


def _code(state: JobState) -> int:
    return STATES.index(state)


def _troubles(troubles: Sequence[Trouble]) -> Table:
    table = Table(title="What needs somebody", title_justify="left", header_style="bold")
    for name in ("scenario", "day", "what", "why"):
        table.add_column(name, overflow="fold")
    for own in troubles[:SHOWN_TROUBLES]:
        policy = f"{POLICIES[Failure(own.failure)].words}: " if own.failure else ""
        why = policy + own.reason
        table.add_row(*map(escape, (own.scenario, own.day, own.state, why[:REASON_LENGTH])))
    if len(troubles) > SHOWN_TROUBLES:
        table.add_row(f"… {len(troubles) - SHOWN_TROUBLES} more", "", "", "--json lists all")
    return table


def estimate_rows(own: Estimate) -> list[tuple[str, str]]:
    """Return the estimate of a batch as rows of a table."""
    basis = f"from {own.learned} run-days done" if own.learned else "a bound: the time that the jobs ask for"
    disk = "not known before the first run-day is done" if own.disk_mb is None else f"{own.disk_mb:,.0f} MB"
    return [
        ("jobs", str(own.jobs)), ("run-days", str(own.run_days)), ("core hours", f"{own.core_hours:,.2f}"),
        ("disk", disk), ("time", f"{own.hours:,.2f} h at least, not counting the queue"), ("estimated", basis),
    ]  # fmt: skip
