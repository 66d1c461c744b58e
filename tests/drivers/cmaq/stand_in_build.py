"""A build folder as CMAQ's own build script leaves one, with the stand-in for CCTM; all synthetic."""

import stat
import sys
from pathlib import Path

from drivers.cmaq.versions import rows_of

STAND_IN = Path(__file__).with_name("stand_in_cctm.py")


def species_namelist(kind: str) -> str:
    """Return a namelist with the species that the rules need, in the layout of CMAQ's own."""
    rules = rows_of("desid_rules_cb6r5_ae7.csv")
    gases = {r["cmaq_species"] for r in rules if r["phase"] == "GAS"}
    particles = {r["cmaq_species"] for r in rules if r["phase"] != "GAS"}
    wanted = {"gc": gases - {"NH3"}, "ae": particles, "nr": {"NH3"}, "tr": set()}[kind]
    rows = "".join(f"'{name}', 10.0, '', -1, 'Yes',\n" for name in sorted(wanted))
    return f"&{kind.upper()}_nml\n\n{kind.upper()}_SPECIES_DATA =\n{rows}\n/\n"


def write_executable(path: Path) -> Path:
    """Write the stand-in as an executable and return its path."""
    path.write_text(f"#!{sys.executable}\n{STAND_IN.read_text(encoding='utf-8')}", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def write_build(folder: Path) -> Path:
    """Write executables of all kinds, namelists and data files into a folder and return it."""
    folder.mkdir(parents=True)
    for name in ("CCTM_v55.exe", "CCTM_v55_ISAM.exe", "CCTM_v55_DDM3D.exe"):
        write_executable(folder / name)
    for kind in ("gc", "ae", "nr"):
        (folder / f"{kind.upper()}_cb6r5_ae7_aq.nml").write_text(species_namelist(kind), encoding="utf-8")
    (folder / "Species_Table_TR_0.nml").write_text(species_namelist("tr"), encoding="utf-8")
    (folder / "CMAQ_Control_Misc.nml").write_text("&elmo\n/\n", encoding="utf-8")
    for name in ("PHOT_OPTICS.dat", "CSQY_DATA_cb6r5_ae7_aq"):
        (folder / name).write_text("synthetic\n", encoding="utf-8")
    return folder
