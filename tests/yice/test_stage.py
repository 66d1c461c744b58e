"""A stage runs once for the same inputs, and again when anything that it depends on changed."""

from pathlib import Path

import pytest

from yice.stage import Stage, perform, stamp_hash, stamp_path


class Recorder:
    """Counts how often a stage acts."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.inputs = {"area.csv": "1"}
        self.acted = 0

    def act(self) -> None:
        self.acted += 1
        (self.work / "out.csv").write_text(str(self.acted))

    def stage(self) -> Stage:
        return Stage("emissions", lambda: self.inputs, self.act, ("out.csv",))


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path)


def test_second_run_does_nothing(recorder: Recorder) -> None:
    assert perform(recorder.stage(), recorder.work).ran
    assert not perform(recorder.stage(), recorder.work).ran
    assert recorder.acted == 1


def test_changed_input_runs_again(recorder: Recorder) -> None:
    perform(recorder.stage(), recorder.work)
    before = stamp_hash(recorder.work, "emissions")
    recorder.inputs = {"area.csv": "2"}
    assert perform(recorder.stage(), recorder.work).ran
    assert stamp_hash(recorder.work, "emissions") != before


def test_missing_output_runs_again(recorder: Recorder) -> None:
    perform(recorder.stage(), recorder.work)
    (recorder.work / "out.csv").unlink()
    assert perform(recorder.stage(), recorder.work).ran


def test_force_runs_again(recorder: Recorder) -> None:
    perform(recorder.stage(), recorder.work)
    assert perform(recorder.stage(), recorder.work, force=True).ran


def test_failed_stage_has_no_stamp(tmp_path: Path) -> None:
    def fail() -> None:
        raise ValueError("broken")

    stage = Stage("evaluation", dict, fail, ())
    with pytest.raises(ValueError, match="broken"):
        perform(stage, tmp_path)
    assert not stamp_path(tmp_path, "evaluation").exists()
    assert stamp_hash(tmp_path, "evaluation") == ""
