"""How a batch looks while one watches it: cut to the terminal, ended by Ctrl-C or with the batch, printed in full."""

from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from hpc.board import Board, Trouble
from hpc.job import JobState
from hpc.tally import CODES
from yice import batch_commands, console
from yice.batch_view import OTHER_LINES, board_view
from yice.options import Options

SCENARIOS = 30


def board(states: list[JobState], *troubles: Trouble) -> Board:
    cells = np.array([[CODES[state]] for state in states], np.uint8)
    names = tuple(f"s{number:02d}" for number in range(len(states)))
    return Board("box_model", "x", names, ("all",), cells, troubles, 1.0, None, None, None)


def shown(own: Board, lines: int | None = None) -> list[str]:
    terminal = Console(width=100, record=True, quiet=True)
    with terminal.capture() as text:
        terminal.quiet = False
        terminal.print(board_view(own, lines))
    return text.get().splitlines()


def test_a_board_is_cut_to_the_lines_there_are_and_what_goes_on_stays() -> None:
    own = board([JobState.DONE] * (SCENARIOS - 1) + [JobState.RUNNING])
    lines = shown(own, 12)
    assert len(lines) == 12
    assert lines[3].split() == ["s29", "▶"]
    assert "22 more" in lines[-1]
    assert len(shown(own)) == SCENARIOS + OTHER_LINES - 1


def test_half_of_the_lines_are_for_what_needs_somebody() -> None:
    trouble = Trouble("s00", "all", "failed", "", "no space left")
    lines = shown(board([JobState.FAILED] + [JobState.DONE] * (SCENARIOS - 1), trouble), 20)
    assert len(lines) < 20
    assert any("no space left" in line for line in lines)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Board]:
    """The boards that one look after the other sees."""
    boards: list[Board] = []
    monkeypatch.setattr(batch_commands, "_seen", lambda *_: boards.pop(0))
    monkeypatch.setattr(batch_commands, "WATCH_SECONDS", 0.0)
    monkeypatch.setattr(console, "out", Console(width=100))
    monkeypatch.setattr(console, "err", Console(width=100, stderr=True))
    return boards


def watch(*, as_json: bool = False) -> None:
    batch_commands.status(Options(Path(), Path(), as_json=as_json), "box_model", watch=True)


def test_watching_ends_when_nothing_goes_on(looks: list[Board], capsys: pytest.CaptureFixture[str]) -> None:
    done, failed, running = JobState.DONE, JobState.FAILED, JobState.RUNNING
    looks += [board([running, running]), board([running, running]), board([done, running]), board([done, failed])]
    watch()
    out, err = capsys.readouterr()
    assert err.splitlines() == ["2 running", "1 running, 1 done", "1 done, 1 failed"]
    assert out.startswith("box_model on x: 1 of 2 run-days are done")
    assert looks == []


def test_watching_as_json_prints_the_last_board_only(looks: list[Board], capsys: pytest.CaptureFixture[str]) -> None:
    looks += [board([JobState.RUNNING]), board([JobState.DONE])]
    watch(as_json=True)
    assert capsys.readouterr().out.count('"run_days"') == 1


def test_ctrl_c_ends_watching_and_says_that_the_batch_goes_on(
    looks: list[Board], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks.append(board([JobState.RUNNING]))

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("yice.batch_commands.time.sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        watch()
    out, err = capsys.readouterr()
    assert "0 of 1 run-days are done" in out
    assert "The batch goes on" in err
