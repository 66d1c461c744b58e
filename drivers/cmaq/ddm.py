"""The control file of sensitivities (SEN_INPUT), written and checked as DDM-3D reads it: by columns."""

from collections.abc import Iterator, Sequence

from aqcore.errors import Fault, did_you_mean
from drivers.cmaq.apportionment_settings import DdmSettings, Sensitivity
from drivers.cmaq.desid_rules import Rule
from drivers.cmaq.isam import unknown_faults
from drivers.cmaq.streams import Labels

LINE_LENGTH = 1024
"""Characters of a line of streams, species or regions from CMAQ 5.5.0.3 on (80 before)."""

KINDS = {"emissions": "EMIS", "initial": "ICON", "boundary": "BCON", "rate": "RATE", "second": "HIGH"}
"""How SEN_INPUT calls each kind (CMAQ 5.5, ddm3d/sinput.F)."""

ALL_STREAMS = "TOTA"

READ_AS_WORDS = ("SPECIES", "TOTA")
"""Words that DDM looks for anywhere in the line of streams."""

NOX = ("NO", "NO2", "HONO")
"""Emission variables of NOx."""

SPECIES_OF_MEANS = 218
"""Variables of ASENS for each parameter (CCTM 5.5.0.3, cb6r5_ae7: 654 for three)."""

MOST_PARAMETERS = 2048 // SPECIES_OF_MEANS
"""A file of the I/O API holds 2048 variables."""

PAIR = 2
"""Parameters of a second derivative."""


def control_file(settings: DdmSettings, labels: Labels, rules: Sequence[Rule], voc: Sequence[str]) -> str:
    """Return the text of SEN_INPUT.

    `rules` are the default rules of the mechanism and `voc` its emission variables of organic gases, from which NOx and
    VOC are spelled out as model species.
    """
    lines = []
    for one in settings.parameters:
        lines += [one.name, f" {KINDS[one.kind]}", *_body(one, labels, rules, voc), ""]
    return "\n".join([*lines, "END", ""])


def _body(one: Sensitivity, labels: Labels, rules: Sequence[Rule], voc: Sequence[str]) -> list[str]:
    if one.kind == "second":
        return [f" {name}" for name in one.of]
    if one.kind == "rate":
        return [" REACTION", *(f"  {name}" for name in one.reactions)]
    streams = ", ".join(label for sector in one.sectors for label in labels.streams.get(sector, ()))
    head = [f"  {streams or ALL_STREAMS}"] if one.kind == "emissions" else []
    masks = ", ".join(labels.regions[code] for code in one.districts if code in labels.regions)
    region = [" REGION", f"  {masks}"] if masks and one.kind == "emissions" else []
    return [*head, " SPECIES", f"  {', '.join(model_species(one, rules, voc))}", *region]


def model_species(one: Sensitivity, rules: Sequence[Rule], voc: Sequence[str]) -> list[str]:
    """Return the model species of a parameter: NOx and VOC become the gases that their emission variables feed."""
    groups = {"NOX": NOX, "VOC": tuple(voc)}
    found: dict[str, None] = {}
    for name in one.species:
        variables = groups.get(name.upper())
        if variables is None:
            found[name] = None
            continue
        found |= dict.fromkeys(r.species for r in rules if r.op == "a" and r.phase == "GAS" and r.variable in variables)
    return list(found)


def ddm_faults(settings: DdmSettings, labels: Labels, rules: Sequence[Rule], voc: Sequence[str]) -> Iterator[Fault]:
    """Yield what DDM-3D would refuse or misread; arguments as in `control_file`."""
    if len(settings.parameters) > MOST_PARAMETERS:
        what = f"{len(settings.parameters)} parameters; of {SPECIES_OF_MEANS} species a file holds {MOST_PARAMETERS}"
        yield Fault("cmaq.ddm.parameters", what, "split them over two city files")
    for number, one in enumerate(settings.parameters):
        where = f"cmaq.ddm.parameters[{number}]"
        earlier = [other.name for other in settings.parameters[:number] if other.kind != "second"]
        if one.name in [other.name for other in settings.parameters[:number]] or one.name == "END":
            yield Fault(where, f"the name {one.name} is taken", "choose another of three characters")
        yield from unknown_faults(where, one.sectors, one.districts, labels)
        yield from _missing_faults(where, one, earlier)
        if one.kind == "emissions":
            yield from _never_emitted(where, one, rules)
        for line in _body(one, labels, rules, voc):
            if len(line) > LINE_LENGTH:
                yield Fault(where, f"a line needs {len(line)} characters, DDM reads {LINE_LENGTH}", "name fewer")


def _never_emitted(where: str, one: Sensitivity, rules: Sequence[Rule]) -> Iterator[Fault]:
    """Yield the species that no rule feeds: nothing is emitted of them, or the mechanism has no such species."""
    known = dict.fromkeys(["NOx", "VOC", *(rule.species for rule in rules if rule.op == "a")])
    for name in one.species:
        if name not in known and name.upper() not in {"NOX", "VOC"}:
            yield Fault(f"{where}.species", f"no rule emits {name!r}", did_you_mean(name, known))


def _missing_faults(where: str, one: Sensitivity, earlier: Sequence[str]) -> Iterator[Fault]:
    """Yield what a parameter of its kind lacks or must not have."""
    if one.kind == "second":
        if len(one.of) != PAIR:
            yield Fault(f"{where}.of", f"{len(one.of)} parameters", "name two, or one twice")
        for name in one.of:
            if name not in earlier:
                what = f"no first-order parameter {name!r} stands above"
                yield Fault(f"{where}.of", what, did_you_mean(name, earlier))
    elif one.kind == "rate" and not one.reactions:
        yield Fault(f"{where}.reactions", "is empty", "name reactions by their labels in the mechanism")
    elif one.kind != "rate" and not one.species:
        yield Fault(f"{where}.species", "is empty", "name model species, NOx or VOC")
    if one.kind != "emissions" and (one.sectors or one.districts):
        yield Fault(where, f"sectors and districts of a parameter of kind {one.kind}", "only emissions have them")
    for name in one.sectors:
        if any(word in name for word in READ_AS_WORDS):
            yield Fault(where, f"DDM takes a stream named {name} for a key word", "give the sector another name")
