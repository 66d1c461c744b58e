"""What the logs of a run say: the reason of a failure from the rank that died, species without initial values."""

import re
from pathlib import Path

from drivers.cmaq.versions import rows_of

EXIT_STATUS = "exit_status"
STANDARD_OUTPUT = "cctm.out"
LOGS = "CTM_LOG_*"
ABORT = "*** ERROR ABORT"

TAIL_BYTES = 200_000
"""How much of the end of a log is searched."""

SIGNALS = {"139": "a segmentation fault (a met variable that CCTM does not ask for by name, such as TEMPG)",
           "134": "an abort of the program itself (SIGABRT)", "137": "killed: most likely out of memory"}  # fmt: skip
"""Exit statuses of a program that a signal ended."""


def failure(folder: Path) -> str:
    """Return the reason that the logs give, with what to do; the rank that died may tell it in its own log only."""
    texts = [tail(path) for path in (*sorted(folder.glob(LOGS)), folder / STANDARD_OUTPUT) if path.exists()]
    for row in rows_of("messages.csv"):
        if any(row["pattern"] in text for text in texts):
            return f"{row['reason']} -> {row['remedy']}"
    for text in texts:
        lines = text.splitlines()
        for number, line in enumerate(lines):
            if ABORT in line:
                return " ".join(" ".join(lines[number : number + 2]).split())
    status = (folder / EXIT_STATUS).read_text().strip() if (folder / EXIT_STATUS).exists() else ""
    if status in SIGNALS:
        return f"{SIGNALS[status]} -> run yice check, and read CTM_LOG_*"
    return "no known message in the logs -> read CTM_LOG_* and cctm.out"


def tail(path: Path) -> str:
    """Return the end of a text file, empty when there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - TAIL_BYTES))
        return stream.read().decode("utf-8", "replace")


_NO_INITIAL = re.compile(r"No (?:IC|BC) found for species\s+(\S+)\s+in\s+(\S+?);?\s")
_UNUSED = re.compile(r"^\s+(\S+)\s*$")


def species_without_air(folder: Path) -> dict[str, list[str]]:
    """Return the species that INIT_CONC_1 or BNDY_CONC_1 lacks, by logical name: CCTM takes almost nothing for them."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob(LOGS))[:1]:
        for species, logical in _NO_INITIAL.findall(path.read_text(encoding="utf-8", errors="replace")):
            found.setdefault(logical, []).append(species)
    return found
