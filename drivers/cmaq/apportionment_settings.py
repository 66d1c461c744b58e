"""Settings of source apportionment (ISAM) and sensitivities (DDM-3D): the tables `[cmaq.isam]` and `[cmaq.ddm]`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

TAG_LENGTH = 3
"""Characters of a tag or sensitivity: outputs are `<SPECIES>_<TAG>` in 16 characters (DDM reads exactly 3)."""

Name = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,2}$")]
ParameterName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{2}$")]

ISAM_CLASSES = (
    "SULFATE", "NITRATE", "AMMONIUM", "EC", "OA_TOT", "NVPOA", "VOC", "PM_TOT", "PM_IONS", "OZONE", "CHLORINE",
    "HAP_GAS", "HAP_AERO", "HAP_TOT", "PAH_TEQ", "BENAPYRENE", "MERCURY", "ALL",
)  # fmt: skip
"""Classes of species that ISAM tracks (CMAQ 5.5, isam/SA_DEFN.F)."""

IsamClass = Literal[
    "SULFATE", "NITRATE", "AMMONIUM", "EC", "OA_TOT", "NVPOA", "VOC", "PM_TOT", "PM_IONS", "OZONE", "CHLORINE",
    "HAP_GAS", "HAP_AERO", "HAP_TOT", "PAH_TEQ", "BENAPYRENE", "MERCURY", "ALL",
]  # fmt: skip

_FORBID = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=_FORBID)
class Tag:
    """What one tag follows: sectors in districts; no district means everywhere."""

    name: Name
    sectors: tuple[str, ...]
    districts: tuple[str, ...] = ()


@dataclass(frozen=True, config=_FORBID)
class IsamSettings:
    """Source apportionment.

    `executable` is CCTM built with ISAM. `classes` are the species that are tracked, `tags` the sources; what no tag
    follows appears as OTH, with ICO and BCO for initial and boundary air. `scenario` is the one that is followed.
    """

    executable: Path
    tags: Annotated[tuple[Tag, ...], Field(min_length=1)]
    classes: Annotated[tuple[IsamClass, ...], Field(min_length=1)] = ("OZONE",)
    scenario: str = "base"


@dataclass(frozen=True, config=_FORBID)
class Sensitivity:
    """One parameter whose first-order sensitivity is computed.

    `kind` emissions (of `sectors` in `districts`, none named: all), initial or boundary (of `species`), rate (of
    `reactions`, by label), or second: the second-order one of the two parameters `of`. `species` are model species, or
    NOx or VOC, which stand for the emitted ones.
    """

    name: ParameterName
    kind: Literal["emissions", "initial", "boundary", "rate", "second"] = "emissions"
    species: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    reactions: tuple[str, ...] = ()
    of: tuple[str, ...] = ()


@dataclass(frozen=True, config=_FORBID)
class DdmSettings:
    """Sensitivities by DDM-3D around one scenario; `executable` is CCTM built with DDM-3D (not with STAGE)."""

    executable: Path
    parameters: Annotated[tuple[Sensitivity, ...], Field(min_length=1)]
    scenario: str = "base"
