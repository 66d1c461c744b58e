"""What the command line asks for."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """City and work folder, observations, typical days, processes, JSON."""

    folder: Path
    work: Path
    observations: Path | None = None
    typical: bool = False
    processes: int = 1
    as_json: bool = False
