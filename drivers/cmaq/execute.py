"""Run the days of scenarios one after another: `python -m drivers.cmaq.execute FOLDER... [--only DAY,...]`.

Each folder is a scenario's (with `run.json`); finished days are skipped, and with `--only` all others but those named,
by the names of their folders. `done.json` appears when every day of a scenario is done and verified. The exit status is
1 when a day failed, 2 for days that are not the scenario's; the reason goes to standard error.
"""

import argparse
import subprocess
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from aqcore.errors import Fault, InputError, RunFailed, did_you_mean
from aqcore.publish import publish_text
from drivers.cmaq.environment import OUTPUT_FOLDER, RUN_SCRIPT
from drivers.cmaq.logs import EXIT_STATUS, LOGS, STANDARD_OUTPUT
from drivers.cmaq.manifest import Manifest, SegmentRun, read_manifest
from drivers.cmaq.outcome import MARKER, marker_text
from drivers.cmaq.verification import VERDICT, verdict

ATTEMPT = "attempt"


def execute(folder: Path, only: Collection[str] = ()) -> None:
    """Run what is not done of a scenario's days (of those named in `only`, where it names some), in order.

    Raises RunFailed at the first day that fails, InputError for names that are no days of the scenario.
    """
    manifest = read_manifest(folder)
    _require_known(folder, manifest, only)
    (folder / MARKER).unlink(missing_ok=True)
    for part in manifest.runs:
        if (not only or part.segment.name in only) and verdict(folder, manifest, part).reason:
            _run(folder, manifest, part)
    if not any(verdict(folder, manifest, part).reason for part in manifest.runs):
        publish_text(folder / MARKER, marker_text(manifest))


def _require_known(folder: Path, manifest: Manifest, only: Collection[str]) -> None:
    names = [part.segment.name for part in manifest.runs]
    unknown = [name for name in only if name not in names]
    if unknown:
        raise InputError(Fault(str(folder), f"has no day {name!r}", did_you_mean(name, names)) for name in unknown)


def _run(folder: Path, manifest: Manifest, part: SegmentRun) -> None:
    place = manifest.folder(folder, part)
    set_aside(place)
    subprocess.run(["bash", str((place / RUN_SCRIPT).resolve())], check=False)
    reason = verdict(folder, manifest, part).reason
    if reason:
        raise RunFailed(f"{place}: {reason}")


def set_aside(place: Path) -> None:
    """Move what an earlier attempt left into a folder of its own: CCTM would update its outputs."""
    named = (OUTPUT_FOLDER, STANDARD_OUTPUT, EXIT_STATUS, VERDICT)
    left = [place / name for name in named if (place / name).exists()]
    left += sorted(place.glob(LOGS))
    if not left:
        return
    number = 1 + len(list(place.glob(f"{ATTEMPT}-*")))
    target = place / f"{ATTEMPT}-{number}"
    target.mkdir()
    for path in left:
        path.rename(target / path.name)


def main(arguments: Sequence[str]) -> int:
    """Run the scenarios of the folders named; return the exit status."""
    parser = argparse.ArgumentParser(prog="drivers.cmaq.execute")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--only", default="")
    given = parser.parse_args(arguments)
    try:
        for folder in given.folders:
            execute(folder, [name for name in given.only.split(",") if name])
    except (RunFailed, InputError) as error:
        sys.stderr.write(f"{error}\n")
        return 1 if isinstance(error, RunFailed) else 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
