"""Measured composition of PM2.5: read, checked, every fault named."""

from pathlib import Path

import pytest

from aqcore.errors import InputError
from observations.composition import SPECIES, read_composition

EXACT = 1e-12
FRACTIONS = {"SO4": 0.2, "NO3": 0.25, "NH4": 0.15, "OM": 0.25, "EC": 0.05, "other": 0.1}


def written(folder: Path, fractions: dict[str, dict[str, object]], flag: str = "constructed") -> Path:
    lines = ["season,species,fraction,source,flag"]
    lines += [
        f"{season},{species},{fraction},illustrative,{flag}"
        for season, its in fractions.items()
        for species, fraction in its.items()
    ]
    path = folder / "composition.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_fractions_by_season(tmp_path: Path) -> None:
    summer = FRACTIONS | {"SO4": 0.3, "NO3": 0.15}
    composition = read_composition(written(tmp_path, {"winter": FRACTIONS, "summer": summer}))
    assert dict(composition.of_season("summer")) == pytest.approx(summer, rel=EXACT)
    assert tuple(composition.of_season("winter")) == SPECIES
    assert len(composition.table) == 12
    with pytest.raises(InputError, match="no season 'autumn'"):
        composition.of_season("autumn")


def test_rounded_fractions_are_made_to_sum_to_one(tmp_path: Path) -> None:
    composition = read_composition(written(tmp_path, {"winter": FRACTIONS | {"other": 0.105}}))
    assert sum(composition.of_season("winter").values()) == pytest.approx(1.0, rel=EXACT)
    assert composition.of_season("winter")["SO4"] == pytest.approx(0.2 / 1.005, rel=EXACT)


def test_every_bad_cell_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, {"winter": FRACTIONS | {"EC": 1.5, "BC": 0.1, "OM": "much"}}, flag="sure")
    with pytest.raises(InputError) as error:
        read_composition(path)
    found = [fault.where.split(":", 1)[1] for fault in error.value.faults]
    assert {"5:fraction", "6:fraction", "8:species", "2:flag"} <= set(found)


def test_every_bad_season_is_named(tmp_path: Path) -> None:
    without = {name: value for name, value in FRACTIONS.items() if name != "EC"}
    path = written(tmp_path, {"winter": without, "summer": FRACTIONS | {"SO4": 0.0, "NO3": 0.0, "OM": 0.7}})
    with pytest.raises(InputError) as error:
        read_composition(path)
    found = [fault.what for fault in error.value.faults]
    assert found == [
        "season 'winter' has 0 rows of EC",
        "the fractions of season 'winter' sum to 0.950",
        "season 'summer' has ammonium without sulfate and nitrate",
    ]
