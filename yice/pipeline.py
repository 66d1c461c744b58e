"""The way through the house: the stages in their order."""

from collections.abc import Callable

from yice.stage import Stage
from yice.stages import emissions, evaluation, report, roadmap, runs, scenarios
from yice.workspace import Workspace

STAGES: dict[str, Callable[[Workspace], Stage]] = {
    "emissions": emissions.stage,
    "scenarios": scenarios.stage,
    "runs": runs.stage,
    "evaluation": evaluation.stage,
    "roadmap": roadmap.stage,
    "report": report.stage,
}
"""Name -> stage, in the order of the data."""


def up_to(last: str) -> list[str]:
    """Return the names of the stages from the first to `last`."""
    names = list(STAGES)
    return names[: names.index(last) + 1]
