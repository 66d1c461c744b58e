"""Files that F0AM (MATLAB, Octave) runs: a set-up script, the mechanism, and our coefficients as a table.

Coefficients are read from `k.csv` (one row a step, cm3 molecule s), not computed from met: F0AM then solves the same
equations. Emission is a reaction of F0AM's species ONE, loss a first-order reaction. A mechanism that has a species RO2
names it as F0AM's own sum.
"""

from pathlib import Path

import numpy as np

from drivers.box_model.mechanism import Mechanism
from drivers.box_model.peer_case import Array, PeerCase, write_text
from drivers.box_model.rates import number_density

PPB = 1e-9
PA_PER_MBAR = 100.0
K_FILE, NAME = "k.csv", "yice_case"


def write_f0am(case: PeerCase, folder: Path) -> list[Path]:
    """Write `yice_case.m`, `yice_K.m`, `yice_J.m`, `yice_AllRxns.m` and `k.csv`; return their paths."""
    lines = _reactions(case.mechanism) + _sources(case)
    files = {
        f"{NAME}.m": setup(case),
        "yice_K.m": f"function K = yice_K(Met)\nK.table = csvread('{K_FILE}');\n",
        "yice_J.m": "function J = yice_J(Met, flag)\nJ.none = zeros(size(Met.T));\n",
        "yice_AllRxns.m": "\n".join([_species(case.mechanism), "AddSpecies", *lines]) + "\n",
        K_FILE: _table(case),
    }
    return write_text(folder, files)


def setup(case: PeerCase) -> str:
    """Return the script that fills Met, InitConc and ModelOptions and calls the model."""
    air = number_density(case.temperature[:1], case.pressure[:1])[0]
    initial = [
        f"  '{name}' {value / (air * PPB):.10g} 0;"
        for name, value in zip(case.mechanism.species, case.y0, strict=True)
        if value > 0.0
    ]
    return "\n".join(
        [
            f"% {case.mechanism.name}: coefficients, emission and loss by step stand in {K_FILE}",
            f"Met = {{'P' {_column(case.pressure[:-1] / PA_PER_MBAR)}; 'T' {_column(case.temperature[:-1])};",
            "  'RH' 50; 'kdil' 0; 'SZA' 0; 'jcorr' 1};  % what these would give is in the coefficients",
            "InitConc = {",
            *initial,
            "};",
            "BkgdConc = {'DEFAULT' 0};",
            "ChemFiles = {'yice_K(Met)'; 'yice_J(Met,0)'; 'yice_AllRxns'};",
            f"ModelOptions.IntTime = {case.times[1] - case.times[0]:.10g};",
            "ModelOptions.LinkSteps = 1; ModelOptions.EndPointsOnly = 1; ModelOptions.Verbose = 0;",
            "ModelOptions.SavePath = 'DoNotSave';",
            "S = F0AM_ModelCore(Met, InitConc, ChemFiles, BkgdConc, ModelOptions);",
            "",
        ]
    )


def _column(values: Array) -> str:
    return "[" + "; ".join(f"{value:.10g}" for value in values) + "]"


def _species(mechanism: Mechanism) -> str:
    names = "; ".join(f"'{name}'" for name in mechanism.species if name != "RO2")
    own = "RO2ToAdd = {'RO2'};" if "RO2" in mechanism.species else "RO2ToAdd = {};"
    return f"SpeciesToAdd = {{{names}}};\n{own}"


def _reactions(mechanism: Mechanism) -> list[str]:
    return [
        _block(number, reaction.equation(), reaction.reactants, reaction.net())
        for number, reaction in enumerate(mechanism.reactions, 1)
    ]


def _sources(case: PeerCase) -> list[str]:
    """Return emission and loss of every species in the order of their columns of the table."""
    number, blocks = len(case.mechanism.reactions), []
    for name in _acting(case, case.emission):
        number += 1
        blocks.append(_block(number, f"ONE = {name}", ("ONE",), {name: 1.0}))
    for name in _acting(case, case.loss):
        number += 1
        blocks.append(_block(number, f"{name} = ", (name,), {name: -1.0}))
    return blocks


def _block(number: int, equation: str, reactants: tuple[str, ...], net: dict[str, float]) -> str:
    taken = " ".join(f"Gstr{{i,{place}}} = '{name}';" for place, name in enumerate(reactants, 1))
    changes = " ".join(f"f{name}(i) = f{name}(i) {amount:+.10g};" for name, amount in net.items())
    text = equation.replace("->", "=")
    return f"i = i + 1; Rnames{{i}} = '{text}'; k(:,i) = table(:,{number}); {taken} {changes}".rstrip()


def _acting(case: PeerCase, values: Array) -> list[str]:
    return [name for name, column in zip(case.mechanism.species, values.T, strict=True) if column.any()]


def _table(case: PeerCase) -> str:
    """Return the rows of the steps: reactions, then emission, then loss."""
    rows = [case.mechanism.index(name) for name in _acting(case, case.emission)]
    lost = [case.mechanism.index(name) for name in _acting(case, case.loss)]
    table = np.concatenate([case.k, case.emission[:, rows], case.loss[:, lost]], axis=1)[:-1]
    return "\n".join(",".join(f"{value:.10g}" for value in row) for row in table) + "\n"
