"""What the logs of a run say: the reason of a failure, from the rank that died."""

from pathlib import Path

from drivers.cmaq.versions import rows_of

EXIT_STATUS = "exit_status"
STANDARD_OUTPUT = "cctm.out"
LOGS = "CTM_LOG_*"
ABORT = "*** ERROR ABORT"

END_CHARACTERS = 400
"""How much of a log is its end: the last heading of a run that died without a word."""

TAIL_BYTES = 200_000
"""How much of the end of a log is searched."""

SIGNALS = {"139": "a segmentation fault (a met variable that CCTM does not ask for by name, such as TEMPG)",
           "134": "an abort of the program itself (SIGABRT)", "137": "killed: most likely out of memory"}  # fmt: skip
"""Exit statuses of a program that a signal ended."""


def failure(folder: Path) -> str:
    """Return the reason that the logs give, with what to do; the rank that died may tell it in its own log only.

    What stands behind an abort counts first: a run that goes well warns of files that it could not open, too.
    """
    logs = [tail(path) for path in sorted(folder.glob(LOGS))]
    texts = [*logs, tail(folder / STANDARD_OUTPUT)]
    aborts = [text for log in texts for text in _aborts(log)]
    searched = {"abort": aborts, "anywhere": texts, "end": [log[-END_CHARACTERS:] for log in logs]}
    rows = [row for row in rows_of("messages.csv") if row["place"] == "abort" or not aborts]
    for row in rows:
        if found := next((text for text in searched[row["place"]] if row["pattern"] in text), None):
            told = f" ({found})" if row["place"] == "abort" else ""
            return f"{row['reason']}{told} -> {row['remedy']}"
    if aborts:
        return aborts[0]
    status = (folder / EXIT_STATUS).read_text().strip() if (folder / EXIT_STATUS).exists() else ""
    if status in SIGNALS:
        return f"{SIGNALS[status]} -> run yice check, and read CTM_LOG_*"
    return "no known message in the logs -> read CTM_LOG_* and cctm.out"


def _aborts(text: str) -> list[str]:
    """Return what follows each abort of a log: the subroutine, and the line below that says why."""
    lines = text.splitlines()
    found = [" ".join(" ".join(lines[n : n + 2]).split()) for n, line in enumerate(lines) if ABORT in line]
    return list(dict.fromkeys(found))


def tail(path: Path) -> str:
    """Return the end of a text file, empty when there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - TAIL_BYTES))
        return stream.read().decode("utf-8", "replace")
