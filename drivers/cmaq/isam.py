"""The control file of source apportionment (SA_IOLIST), written and checked as ISAM reads it."""

from collections.abc import Iterator, Sequence

from aqcore.errors import Fault, did_you_mean
from drivers.cmaq.apportionment_settings import IsamSettings, Tag
from drivers.cmaq.desid_rules import EVERYWHERE
from drivers.cmaq.streams import Labels

RESERVED = ("ICO", "BCO", "OTH", "BID")
"""Tags that ISAM adds itself."""

LIST_LENGTH = 96
"""Characters of a tag's regions and of its streams that ISAM keeps; it cuts longer lists off without a word (5.5)."""

LINE_LENGTH = 128
"""Characters of a line that ISAM reads."""

HEAD = "TAG CLASSES     |"


def control_file(settings: IsamSettings, labels: Labels) -> str:
    """Return the text of SA_IOLIST."""
    lines = ["!!! written by yice: sources by sector and district", HEAD + ", ".join(settings.classes), ""]
    for tag in settings.tags:
        lines += [
            f"TAG NAME        |{tag.name}",
            f"REGION(S)       |{regions_of(tag, labels)}",
            f"EMIS STREAM(S)  |{streams_of(tag, labels)}",
            "",
        ]
    return "\n".join([*lines, "ENDLIST eof", ""])


def regions_of(tag: Tag, labels: Labels) -> str:
    """Return the list of a tag's regions; a district that alone fills the grid has no mask and stands for all."""
    named = [labels.regions[code] for code in tag.districts if code in labels.regions]
    return ",".join(named) or EVERYWHERE


def streams_of(tag: Tag, labels: Labels) -> str:
    """Return the list of a tag's streams."""
    return ",".join(label for sector in tag.sectors for label in labels.streams.get(sector, ()))


def isam_faults(settings: IsamSettings, labels: Labels) -> Iterator[Fault]:
    """Yield what ISAM would refuse, cut off or count twice.

    The same emission in two tags, names that ISAM adds itself or that stand twice, unknown sectors and districts, and
    lists longer than ISAM keeps.
    """
    for number, tag in enumerate(settings.tags):
        where = f"cmaq.isam.tags[{number}]"
        if tag.name in RESERVED or tag.name in [other.name for other in settings.tags[:number]]:
            yield Fault(where, f"the name {tag.name} is taken", f"choose another; ISAM adds {', '.join(RESERVED)}")
        yield from unknown_faults(where, tag.sectors, tag.districts, labels)
        if not tag.sectors:
            yield Fault(where, "has no sector", "name the sectors whose emission it follows")
        for what, text in (("regions", regions_of(tag, labels)), ("streams", streams_of(tag, labels))):
            if len(text) > LIST_LENGTH:
                yield Fault(where, f"its {what} need {len(text)} characters, ISAM keeps {LIST_LENGTH}", "split the tag")
        for other in settings.tags[:number]:
            if shared := _shared(tag, other):
                yield Fault(where, f"follows {shared}, as {other.name} does", "give each emission to one tag only")


def unknown_faults(where: str, sectors: Sequence[str], districts: Sequence[str], labels: Labels) -> Iterator[Fault]:
    """Yield a fault for each sector without a stream and each district that the city has not."""
    for sector in sectors:
        if sector not in labels.streams:
            yield Fault(where, f"no sector {sector!r}", did_you_mean(sector, labels.streams))
    for code in districts:
        if code not in labels.districts:
            yield Fault(where, f"no district {code!r}", did_you_mean(code, labels.districts))


def _shared(one: Tag, two: Tag) -> str:
    """Return what two tags both follow, in words, empty when nothing."""
    sectors = [sector for sector in one.sectors if sector in two.sectors]
    everywhere = not one.districts or not two.districts
    districts = [code for code in one.districts if code in two.districts]
    if not sectors or not (everywhere or districts):
        return ""
    return ", ".join(sectors) + (f" in {', '.join(districts)}" if districts else "")
