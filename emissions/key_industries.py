"""Key industries: who emits the VOC that matter, ranked by mass, ozone potential (OFP) and aerosol potential.

The industry of a source is the division of its industry code (GB/T 4754-2017) where the inventory states one, else its
source class. An enterprise is a credit code, else the name of the enterprise, else that of the source; it bears the
name of its first source. A park is the one that the inventory states.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from aqcore.errors import Fault, InputError, did_you_mean
from emissions.inventory import Inventory
from emissions.shipped_tables import shipped_table
from emissions.source_classes import source_classes
from emissions.voc_compounds import compound_name
from emissions.voc_emissions import POTENTIALS, VocEmissions

MEASURES = ("mass_t", *POTENTIALS)
"""What is ranked: t VOC, t ozone and t aerosol a year."""

KEY_SHARE = 0.8
"""The largest emitters that together make up this share of the ozone potential are key."""

OUTSIDE_PARKS = "园区外"
"""Park of the sources that the inventory puts in none."""
AREA_SOURCES = "面源"
"""Enterprise of sources that belong to none."""

SUBJECTS: dict[str, tuple[str, ...]] = {
    "industry": ("industry", "industry_zh", "industry_en"),
    "source_class": ("source_class", "class_zh", "class_en"),
    "sector": ("sector",),
    "district": ("district",),
    "park": ("park_name",),
    "enterprise": ("enterprise_id", "enterprise_name", "district", "park_name"),
}
"""What can be ranked, and the columns that name it."""

ROUNDING = 1e-12
"""Relative miss of a sum through rounding."""

LEADING = 3
"""Compounds that a ranking names beside each row."""


@cache
def divisions() -> dict[str, tuple[str, str]]:
    """Return the Chinese and English name of each two-digit division of GB/T 4754-2017."""
    rows = shipped_table("industries.csv").to_dict("records")
    return {str(row["division"]): (str(row["name_zh"]), str(row["name_en"])) for row in rows}


def described(sources: pd.DataFrame) -> pd.DataFrame:
    """Return `Inventory.sources` with the columns that `SUBJECTS` names.

    `industry` is `C` and the division, or the source class; `industry_basis` says which: `industry code` or `source
    class`. A code whose division is unknown counts by its class and has the basis `unknown code`.
    """
    classes = source_classes()
    code = sources["industry_code"].astype(str).str.strip().str.lstrip("ABCDEFGHIJKLMNOPQRST")
    division = code.str[:2]
    known = division.isin(list(divisions())).to_numpy()
    own = sources["source_class"]
    zh = own.map({name: one.name_zh for name, one in classes.items()})
    en = own.map({name: one.name_en for name, one in classes.items()})
    stated = (code != "").to_numpy()
    return sources.assign(
        industry=np.where(known, "C" + division, own),
        industry_zh=np.where(known, division.map({key: one[0] for key, one in divisions().items()}), zh),
        industry_en=np.where(known, division.map({key: one[1] for key, one in divisions().items()}), en),
        industry_basis=np.select([known, stated], ["industry code", "unknown code"], "source class"),
        class_zh=zh,
        class_en=en,
        **_enterprises(sources),
    )


def _enterprises(sources: pd.DataFrame) -> dict[str, np.ndarray]:
    point = (sources["kind"] == "point").to_numpy()
    named = sources["enterprise"].where(sources["enterprise"] != "", sources["name"])
    named = named.where(named != "", pd.Series(sources.index, sources.index))
    belongs = point | (sources["enterprise"] != "").to_numpy()
    name = np.where(belongs, named, AREA_SOURCES)
    identity = np.where(belongs & (sources["credit_code"] != "").to_numpy(), sources["credit_code"], name)
    one_name = pd.Series(name).groupby(identity).transform("first").to_numpy()
    park = sources["park"].where(sources["park"] != "", OUTSIDE_PARKS)
    return {"enterprise_id": identity, "enterprise_name": one_name, "park_name": park.to_numpy()}


def ranking(voc: VocEmissions, subject: str, *, key_share: float = KEY_SHARE) -> pd.DataFrame:
    """Rank the VOC of industries, source classes, sectors, districts, parks or enterprises, or compounds.

    Parameters
    ----------
    voc
        The VOC by compound.
    subject
        One of `SUBJECTS`, or `compound`.
    key_share
        Share (0 to 1) of the ozone potential of the listed that the key ones make up together.

    Returns
    -------
    pd.DataFrame
        Largest ozone potential first. Columns: those that name the subject; `sources` (number); `mass_t`, `ofp_t`,
        `soa_t` (t/a), `*_pct` of the whole, `rank_mass`, `rank_ofp`, `rank_soa`, `cumulative_ofp_pct`, `key`; except
        for compounds `ofp_per_mass`, `mir_pct` (mass with a MIR), `constructed_pct` (mass from rows with that flag)
        and `leading`, the compounds with the largest ozone potential.

    Raises
    ------
    InputError
        For an unknown subject and a share outside 0 to 1.

    """
    if subject != "compound" and subject not in SUBJECTS:
        raise InputError(
            [Fault("ranking", f"unknown subject {subject!r}", did_you_mean(subject, [*SUBJECTS, "compound"]))]
        )
    if not 0.0 < key_share <= 1.0:
        raise InputError([Fault("key_share", f"{key_share!r} is no share", "give more than 0 and at most 1")])
    if subject == "compound":
        return _ranked(voc.table(()), key_share, voc)
    own = replace(voc, sources=described(voc.sources))
    keys = list(SUBJECTS[subject])
    table = own.reactivity(keys).drop(columns=["mir_read_pct", "soa_pct"])
    table = table[table["mass_t"] > 0.0].merge(_counts(own, keys), on=keys, how="left")
    table = table.merge(_leading(own, keys), on=keys, how="left").fillna({"leading": ""})
    if subject == "enterprise":
        table = table[table["enterprise_id"] != AREA_SOURCES].merge(_main_industry(own, keys), on=keys, how="left")
    return _ranked(table, key_share, voc)


def _main_industry(voc: VocEmissions, keys: list[str]) -> pd.DataFrame:
    """Return for each key the industry with most of its VOC."""
    frame = voc.sources[[*keys, "industry_zh", "industry_en"]].assign(mass=voc.voc)
    sums = frame.groupby([*keys, "industry_zh", "industry_en"], sort=False)["mass"].sum().reset_index()
    return sums.sort_values("mass", ascending=False, kind="stable").drop_duplicates(keys).drop(columns="mass")


def _counts(voc: VocEmissions, keys: list[str]) -> pd.DataFrame:
    """Return for each key the number of sources that emit VOC and the percentage of their mass that is constructed."""
    frame = voc.sources[keys].assign(mass=voc.voc, made=np.where(voc.sources["flag"] == "constructed", voc.voc, 0.0))
    frame = frame[frame["mass"] > 0.0]
    sums = frame.groupby(keys, sort=False).agg(sources=("mass", "size"), mass=("mass", "sum"), made=("made", "sum"))
    return sums.assign(constructed_pct=100.0 * sums["made"] / sums["mass"]).drop(columns=["mass", "made"]).reset_index()


def _leading(voc: VocEmissions, keys: list[str]) -> pd.DataFrame:
    """Return for each key the names of the compounds with the largest ozone potential."""
    table = voc.table(keys)
    first = table[table["ofp_t"] > 0.0].groupby(keys, sort=False).head(LEADING)
    named = first.assign(leading=[compound_name(name) for name in first["compound"]])
    return named.groupby(keys, sort=False)["leading"].agg("、".join).reset_index()


def _ranked(table: pd.DataFrame, key_share: float, voc: VocEmissions) -> pd.DataFrame:
    """Return the table with percentages of all VOC and ranks, largest ozone potential first."""
    filled = table.fillna(dict.fromkeys(POTENTIALS, 0.0)).sort_values("ofp_t", ascending=False, kind="stable")
    filled, whole = filled.reset_index(drop=True), voc.reactivity(())
    for name in MEASURES:
        short, total = name.removesuffix("_t"), float(whole[name].iloc[0])
        filled[f"{short}_pct"] = 100.0 * filled[name] / (total if total > 0.0 else 1.0)
        filled[f"rank_{short}"] = filled[name].rank(ascending=False, method="min").astype(int)
    filled["cumulative_ofp_pct"] = filled["ofp_pct"].cumsum()
    before = filled["ofp_t"].cumsum() - filled["ofp_t"]
    least = key_share * filled["ofp_t"].sum() * (1.0 - ROUNDING)
    return filled.assign(key=(before < least) & (filled["ofp_t"] > 0.0))


def key_subjects(
    voc: VocEmissions, subjects: Sequence[str] = ("industry", "district", "park", "enterprise", "compound")
) -> dict[str, pd.DataFrame]:
    """Return the rankings of several subjects by name."""
    return {subject: ranking(voc, subject) for subject in subjects}


def industry_basis(inventory: Inventory) -> pd.DataFrame:
    """Return by which rule the industries were found: columns industry_basis, sources, `VOC_t` (t/a)."""
    sources = described(inventory.sources)
    mass = inventory.mass.sel(pollutant="VOC").to_numpy() if "VOC" in inventory.pollutants else np.zeros(len(sources))
    groups = sources.assign(VOC_t=mass).groupby("industry_basis", sort=False)["VOC_t"].agg(["size", "sum"])
    return groups.rename(columns={"size": "sources", "sum": "VOC_t"}).reset_index()
