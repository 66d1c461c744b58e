"""A stand-in for CCTM 5.5: it reads what CCTM reads, refuses what CCTM refuses, and emits as DESID does.

Written from the run-time contract and from logs of the real thing, without any code of the driver, so that the two can
be held against each other. It computes no air quality: concentrations are constants. Switches in the environment make
it fail: STAND_IN_FAILS=<YYYYDDD>, STAND_IN_SHORT (one hour too few), STAND_IN_NAN=<hour> (of O3), STAND_IN_DEAF (rules
of the scenario have no effect, as with a region that DESID misreads).
"""

import os
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import netCDF4
import numpy as np

ENV = os.environ
HOUR = timedelta(hours=1)
MEANS = {"O3": 0.04, "NO": 0.001, "NO2": 0.02, "TA": 300.0, "PRES": 1e5, "FORM": 0.003, "ASO4J": 5.0, "AECJ": 2.0}
PARTS = {"PM25": 35.0, "PM25_EC": 2.0}
MET = ("GRID_CRO_2D", "GRID_DOT_2D", "MET_CRO_2D", "MET_CRO_3D", "MET_DOT_3D", "MET_BDY_3D", "LUFRAC_CRO")


class Log:
    def __init__(self):
        self.path = Path(f"CTM_LOG_000.{ENV['CTM_APPL']}")
        if self.path.exists():
            sys.stdout.write(f"INIT3/INITLOG3: error opening {self.path}: File exists\n")
            sys.exit(2)
        self.path.write_text("")

    def say(self, text):
        with self.path.open("a") as file:
            file.write(text + "\n")

    def abort(self, routine, text, status=1):
        self.say(
            f"     *** ERROR ABORT in subroutine {routine} on PE 000\n     {text}\n PM3EXIT: date&time specified as 0"
        )
        sys.stdout.write("MPI_ABORT was invoked on rank 0\n")
        sys.exit(status)


def flag(moment):
    return int(f"{moment:%Y%j}"), int(f"{moment:%H%M%S}")


def stamps(file):
    return [moment(f"{date:07d}", clock) for date, clock in file["TFLAG"][:, 0, :].tolist()]


def moment(date, clock):
    return datetime.strptime(f"{date}{int(clock):06d}", "%Y%j%H%M%S").replace(tzinfo=UTC)


def write(path, like, variables, moments, layers=1):
    """Write {name: (units, values (time, layer, y, x))} with the grid of another file."""
    path = Path(path.split()[0])
    if path.exists():  # CCTM updates what is there
        return
    with netCDF4.Dataset(like) as given, netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_OFFSET") as file:
        attributes = {name: given.getncattr(name) for name in given.ncattrs()}
        levels = np.linspace(1.0, 0.0, layers + 1, dtype="f4")
        file.setncatts(attributes | {
            "SDATE": np.int32(flag(moments[0])[0]), "STIME": np.int32(flag(moments[0])[1]), "TSTEP": np.int32(10000),
            "NLAYS": np.int32(layers), "VGLVLS": levels, "NVARS": np.int32(len(variables)),
            "VAR-LIST": "".join(name.ljust(16) for name in variables), "EXEC_ID": ENV["EXECUTION_ID"].ljust(80),
        })  # fmt: skip
        for name, size in (("TSTEP", None), ("DATE-TIME", 2), ("LAY", layers), ("VAR", len(variables)),
                           ("ROW", int(attributes["NROWS"])), ("COL", int(attributes["NCOLS"]))):  # fmt: skip
            file.createDimension(name, size)
        times = file.createVariable("TFLAG", "i4", ("TSTEP", "VAR", "DATE-TIME"))
        times.setncatts({"units": "<YYYYDDD,HHMMSS>", "long_name": "TFLAG", "var_desc": "times"})
        for name, (units, _) in variables.items():
            own = file.createVariable(name, "f4", ("TSTEP", "LAY", "ROW", "COL"))
            own.setncatts({"units": units.ljust(16), "long_name": name.ljust(16), "var_desc": name.ljust(80)})
        for step, moment in enumerate(moments):
            times[step] = np.array([flag(moment)] * len(variables))
        for name, (_, values) in variables.items():
            file[name][: len(moments)] = values


ARRAY = r"^\s*([A-Za-z_]+(?:\(\d+(?:,:)?\))?)\s*="


def namelist(path):
    """Return {array name: values} of a namelist file, in lower case names."""
    text = re.sub(r"^\s*!.*$", "", Path(path).read_text(), flags=re.MULTILINE)
    found = {}
    for match in re.finditer(ARRAY + r"(.*?)(?=" + ARRAY + r"|^/)", text, re.DOTALL | re.MULTILINE):
        values = re.findall(r"'([^']*)'|([-+.\dEe]+)", match[2])
        found[match[1].lower()] = [quoted if quoted or not number else float(number) for quoted, number in values]
    return found


def rows(values, width):
    return [values[i : i + width] for i in range(0, len(values), width)]


def factor_field(rules, masks, shape):
    """Sum over active regions of what they keep times stacked factors; a mask within another is its subset."""
    fields = {"EVERYWHERE": np.ones(shape), **{name: masks[name] for name, _ in rules if name != "EVERYWHERE"}}
    below = {a: [b for b in fields if b != a and (fields[b] <= fields[a]).all()] for a in fields}
    kept = {}
    for name in sorted(fields, key=lambda one: len(below[one])):
        twins = any(name in below[other] for other in below[name])
        kept[name] = (
            np.zeros(shape)
            if twins
            else np.clip(fields[name] - sum((kept[b] for b in below[name]), np.zeros(shape)), 0, None)
        )
    total = np.zeros(shape)
    for name, field in kept.items():
        around = [name, *(other for other in fields if name in below[other] and other not in below[name])]
        total += field * np.prod([factor for region, factor in rules if region in around])
    return total


def molar_masses():
    found = {}
    for name in ("gc_matrix_nml", "ae_matrix_nml", "nr_matrix_nml"):
        for species, mass in re.findall(r"'([A-Z0-9_]+)'\s*,\s*([\d.]+)", Path(ENV[name]).read_text()):
            found[species] = float(mass)
    return found


def main():
    log = Log()
    start = moment(ENV["CTM_STDATE"], ENV["CTM_STTIME"])
    hours = int(ENV["CTM_RUNLEN"]) // 10000
    look(log, start, start + hours * HOUR)
    control, rules, regions = read_rules(log)
    emit(log, control, rules, regions, start, hours)
    first = ENV["GR_EMIS_001"]
    with netCDF4.Dataset(first) as file:
        shape = (int(file.NROWS), int(file.NCOLS))
    steps = [start + n * HOUR for n in range(hours - ("STAND_IN_SHORT" in ENV))]
    means = {
        name: ("ppmV" if value < 1 else "1", np.full((len(steps), 1, *shape), value)) for name, value in MEANS.items()
    }
    if "STAND_IN_NAN" in ENV:
        means["O3"][1][int(ENV["STAND_IN_NAN"]), 0, 0, 0] = np.nan
    write(ENV["A_CONC_1"], first, means, steps)
    write(
        ENV["CTM_AELMO_1"], first, {n: ("ug m-3", np.full((len(steps), 1, *shape), v)) for n, v in PARTS.items()}, steps
    )
    ends = [moment + HOUR for moment in steps]
    write(ENV["CTM_DRY_DEP_1"], first, {"O3": ("kg/hectare", np.full((len(steps), 1, *shape), 0.1))}, ends)
    write(ENV["S_CGRID"], first, {"O3": ("ppmV", np.full((1, 3, *shape), 0.04))}, [start + hours * HOUR], layers=3)
    if "SA_IOLIST" in ENV:
        tags = re.findall(r"^TAG NAME\s*\|(\S+)", Path(ENV["SA_IOLIST"]).read_text(), re.MULTILINE)
        parts = {f"O3_{tag}": ("ppmV", np.full((len(steps), 1, *shape), 0.01)) for tag in (*tags, "ICO", "BCO", "OTH")}
        write(ENV["SA_ACONC_1"], first, parts, steps)
    closing = "     |>---   PROGRAM COMPLETED SUCCESSFULLY   ---<|"
    log.say(closing)
    sys.stdout.write(f"{closing}\n     The elapsed time for this simulation was      12.5 seconds.\n")


def look(log, start, end):
    """Refuse inputs that are missing or do not reach the end of the run."""
    if ENV.get("STAND_IN_FAILS") == ENV["CTM_STDATE"]:
        log.abort("X", "Could not extract GR_EMIS_001")
    for name in (*MET, "INIT_CONC_1", "BNDY_CONC_1", "GRIDDESC", "OMI", "CSQY_DATA", "OPTICS_DATA", "DESID_CTRL_NML",
                 "DESID_CHEM_CTRL_NML", "MISC_CTRL_NML"):  # fmt: skip
        if not Path(ENV[name]).exists():
            log.abort("OPEN", f"Could not open {name}")
    for name in ("MET_CRO_3D", "BNDY_CONC_1"):
        with netCDF4.Dataset(ENV[name]) as file:
            if file.TSTEP and not (stamps(file)[0] <= start and stamps(file)[-1] >= end):
                log.abort("retrieve_time_dep", f"Could not extract {name}")


def read_rules(log):
    """Return the control arrays, the rules and the regions; refuse what DESID refuses."""
    control, rules = namelist(ENV["DESID_CTRL_NML"]), rows(namelist(ENV["DESID_CHEM_CTRL_NML"])["desid_rules_nml"], 8)
    regions = {row[0]: row for row in rows(control["desid_reg_nml"], 3)}
    for row in rules:
        if row[7] not in ("a", "m", "o"):
            log.abort("DESID", f"operation {row[7]} is not allowed", 2)
        if row[0] not in regions and row[0] != "EVERYWHERE":
            log.abort("DESID", "Regions used in the Emissions Scaling must be defined")
    return control, rules, regions


def emit(log, control, rules, regions, start, hours):
    """Read every stream, apply the rules, and write the column sums that are asked for."""
    masses = molar_masses()
    streams = [("GR_EMIS", n) for n in range(1, 1 + int(ENV["N_EMIS_GR"]))]
    streams += [("STK_EMIS", n) for n in range(1, 1 + int(ENV["N_EMIS_PT"]))]
    by_label = {}
    for kind, number in streams:
        logical = f"{kind}_{number:03d}"
        if not Path(ENV[logical]).exists():
            log.abort("OPEN", f"Could not open {logical}")
        with netCDF4.Dataset(ENV[logical]) as file:
            times = stamps(file)
            if start not in times or start + hours * HOUR not in times:
                log.abort("retrieve_time_dep", f"Could not extract {logical}")
            first = times.index(start)
            data = {name: np.asarray(file[name][first : first + hours + 1], "f8").sum(axis=1)
                    for name in file.variables if name != "TFLAG"}  # fmt: skip
        if any((values < 0).any() for values in data.values()):
            log.abort("EMIS_DEFN", "Negative Emissions Detected")
        if kind == "STK_EMIS":
            data = stacks(data, ENV[f"STK_GRPS_{number:03d}"])
        by_label[ENV[f"{kind}_LAB_{number:03d}"]] = data
    shape = next(iter(by_label.values()))
    shape = next(iter(shape.values())).shape[1:]
    masks = {}
    for label, (_, variable, name) in regions.items():
        if label != "EVERYWHERE":
            with netCDF4.Dataset(ENV[variable]) as file:
                masks[label] = np.asarray(file[name][0, 0], "f8") if name in file.variables else np.zeros(shape)
    for number in range(1, 1 + int(control["desid_n_diag_rules"][0])):
        label = control[f"desid_diag_streams_nml({number},:)"][0]
        names = control[f"desid_diag_spec_nml({number},:)"]
        if len(names) >= control["desid_max_diag_spec"][0]:
            log.abort("EMIS_SPC_MAP", f"No Emission Species have been selected for group {number}")
        told = diagnosed(by_label[label], label, rules, masks, masses, shape)
        chosen = {name: told[name] for name in names if name in told}
        moments = [start + n * HOUR for n in range(hours + 1)]
        path = f"{ENV['OUTDIR']}/CCTM_DESID{number}_{label}_{ENV['CTM_APPL']}.nc"
        write(path, ENV["GR_EMIS_001"], {n: ("mol s-1", v[:, None]) for n, v in chosen.items()}, moments)


def stacks(data, path):
    with netCDF4.Dataset(path) as file, netCDF4.Dataset(ENV["GR_EMIS_001"]) as grid:
        column = np.floor((file["XLOCA"][:].ravel() - grid.XORIG) / grid.XCELL).astype(int)
        row = np.floor((file["YLOCA"][:].ravel() - grid.YORIG) / grid.YCELL).astype(int)
        shape = (int(grid.NROWS), int(grid.NCOLS))
    fields = {}
    for name, values in data.items():
        fields[name] = np.zeros((len(values), *shape))
        for stack, (y, x) in enumerate(zip(row, column, strict=True)):
            fields[name][:, y, x] += values[:, stack, 0]
    return fields


def diagnosed(data, label, rules, masks, masses, shape):
    """Return what a stream emits of each model species."""
    found = {}
    for region, stream, variable, species, phase, factor, basis, operation in rules:
        if operation != "a" or stream not in ("ALL", label) or variable not in data or region != "EVERYWHERE":
            continue
        own = [(r[0], r[5]) for r in rules if r[7] == "m" and r[1] in ("ALL", label) and r[2] in ("ALL", variable)]
        field = factor_field(own, masks, shape) if own and "STAND_IN_DEAF" not in ENV else 1.0
        to_moles = masses[species] if basis == "MASS" and phase == "GAS" and variable.startswith("P") else 1.0
        found[species] = found.get(species, 0.0) + data[variable] * field * factor / to_moles
    return found


if __name__ == "__main__":
    main()
