"""MEIC: both forms of its names and files, units, what is taken twice, broken trees."""

import netCDF4
import numpy as np
import pytest
import synthetic_meic as meic

from aqcore.errors import InputError
from emissions.meic_grids import read_grid
from emissions.meic_reader import read_meic
from emissions.speciation import build_speciation
from emissions.stated_species import stated_names, stated_species

EXACT = 1e-12
"""Relative: a sum of some thousand doubles that files hold with all their digits."""

SMALL = {"west": 110.0, "south": 30.0, "shape": (8, 12)}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    folder = tmp_path_factory.mktemp("meic") / "2020"
    return folder, meic.write_tree(folder, species=("CB05_PAR", "CB05_XYL", "CB05_UNR", "SAPRC07_ALK1"), **SMALL)


def test_a_tree_holds_what_was_written_whatever_the_form_of_the_files(tree):
    folder, sums = tree
    inventory = read_meic(folder)
    totals = inventory.total().set_index(["source_class", "pollutant"]).mass_t
    for sector in meic.SECTORS:
        for name in ("NOx", "PM25", "NH3", "CO2"):
            assert totals[f"meic_{sector}", name] == pytest.approx(sums[sector, name], rel=EXACT)
    assert inventory.year == 2020
    assert inventory.cells.shape == (8, 12)


def test_double_underscores_and_spellings_of_fine_particles(tmp_path):
    values = np.arange(1.0, 5.0).reshape(2, 2)
    for month in range(1, 13):
        for name, spelled in (("PM2.5", 1.0), ("pmcoarse", 2.0), ("bc", 0.1)):
            meic.write_ascii(tmp_path / f"2019_{month:02d}__Power__{name}.ASC".replace("ASC", "asc"), spelled * values,
                             110.0, 30.0, 0.25)  # fmt: skip
    inventory = read_meic(tmp_path)
    totals = inventory.total(["pollutant"]).set_index("pollutant").mass_t
    # PMcoarse is PM10 - PM2.5
    assert totals.to_dict() == pytest.approx({"PM25": 120.0, "BC": 12.0, "PM10": 360.0}, rel=EXACT)


def test_rows_come_from_the_north_and_missing_is_none(tmp_path):
    values = np.array([[1.0, 0.0, 3.0], [4.0, 5.0, 6.0]])
    meic.write_ascii(tmp_path / "a.asc", values, 110.0, 30.0, 0.25)
    meic.write_gmt(tmp_path / "a.nc", values, 110.0, 30.0, 0.25)
    for name in ("a.asc", "a.nc"):
        read = read_grid(tmp_path / name)
        assert read.values.tolist() == values.tolist()
        assert read.cells.lon_edges.tolist() == [110.0, 110.25, 110.5, 110.75]
        assert read.cells.lat_edges.tolist() == [30.0, 30.25, 30.5]


def test_gmt_ranges_that_name_centres_and_ascii_centres(tmp_path):
    meic.write_gmt(tmp_path / "c.nc", np.ones((2, 3)), 110.0, 30.0, 0.25)
    with netCDF4.Dataset(tmp_path / "c.nc", "a") as file:
        file["x_range"][:] = [110.125, 110.625]
    assert read_grid(tmp_path / "c.nc").cells.lon_edges == pytest.approx([110.0, 110.25, 110.5, 110.75])
    meic.write_ascii(tmp_path / "c.asc", np.ones((2, 3)), 110.125, 30.125, 0.25)
    text = (tmp_path / "c.asc").read_text().replace("xllcorner", "XLLCENTER").replace("yllcorner", "yllcenter")
    (tmp_path / "c.asc").write_text(text)
    assert read_grid(tmp_path / "c.asc").cells.lat_edges == pytest.approx([30.0, 30.25, 30.5])


def test_voc_is_taken_once_and_what_is_left_is_listed(tree):
    folder, sums = tree
    by_mass = read_meic(folder)
    assert "VOC" in by_mass.pollutants
    assert not set(by_mass.pollutants) & set(stated_names())
    assert len(by_mass.unused) == 12 * 5 * 4
    assert set(by_mass.unused.why) == {"VOC is taken by mass"}
    stated = read_meic(folder, voc="CB05")
    assert "VOC" not in stated.pollutants
    moles = stated.total(["pollutant"]).set_index("pollutant").mass_t
    assert moles["CB05_PAR"] == pytest.approx(sum(sums[s, "CB05_PAR"] for s in meic.SECTORS), rel=EXACT)
    assert set(stated.unused.why) == {"VOC is taken as species of CB05", "VOC is taken by CB05"}


def test_cells_beyond_the_box_are_summed_only(tree):
    folder, sums = tree
    inventory = read_meic(folder, box=(110.6, 30.3, 111.2, 30.9))
    assert inventory.cells.shape == (3, 3)
    totals = inventory.total(["pollutant"]).set_index("pollutant").mass_t
    assert totals["NOx"] == pytest.approx(sum(sums[s, "NOx"] for s in meic.SECTORS), rel=EXACT)
    assert inventory.mass.sum() < 0.5 * totals.sum()


def test_one_year_of_several_is_asked_for(tree, tmp_path):
    for year in (2019, 2020):
        for month in range(1, 13):
            meic.write_ascii(tmp_path / f"{year}_{month:02d}_power_NOx.asc", np.full((2, 2), year - 2000.0), 110, 30, 1)
    with pytest.raises(InputError, match="files of the years 2019, 2020"):
        read_meic(tmp_path)
    assert read_meic(tmp_path, year=2019).mass.sum() == pytest.approx(12 * 4 * 19.0, rel=EXACT)
    with pytest.raises(InputError, match="no file of MEIC of 2018"):
        read_meic(tmp_path, year=2018)


def test_files_of_other_names_are_listed(tmp_path):
    for month in range(1, 13):
        meic.write_ascii(tmp_path / f"2020_{month:02d}_power_NOx.asc", np.ones((2, 2)), 110, 30, 1)
    (tmp_path / "readme.txt").write_text("about")
    assert read_meic(tmp_path).unused.why.tolist() == ["its name is none of MEIC's (YYYY_MM_sector_SPECIES.asc or .nc)"]


# ------------------------------------------------------------------------------- the map of stated species


def test_every_species_of_meics_cb05_is_mapped_to_a_species_of_the_model_or_to_none():
    lumped = ["PAR", "OLE", "TOL", "XYL", "IOLE", "ALDX", "TERP", "UNR", "NVOL"]
    single = ["FORM", "ALD2", "ETH", "ISOP", "MEOH", "ETOH", "CH4", "ETHA"]
    names = {f"CB05_{name}" for name in lumped + single}
    mapped = stated_species("cb6r5_ae7")
    assert mapped.keys() == names
    species = set(build_speciation().fractions["species"].to_numpy().tolist())
    assert {one.species for one in mapped.values() if one.species} <= species
    # CMAQ's CB6 has no rule for XYL: it would silently not be emitted
    assert mapped["CB05_XYL"].species == "XYLMN"
    assert [name for name, one in mapped.items() if one.species is None] == ["CB05_UNR", "CB05_NVOL", "CB05_CH4"]
    assert all(one.why for one in mapped.values())


def test_a_mechanism_without_a_map_is_refused():
    with pytest.raises(InputError, match="no map from CB05 to saprc07tic"):
        stated_species("saprc07tic_ae7i")


# ------------------------------------------------------------------------------------------- broken trees


def one_file(folder, name="2020_01_power_NOx.asc", text=None):
    path = folder / name
    meic.write_ascii(path, np.ones((2, 3)), 110.0, 30.0, 0.25)
    if text is not None:
        path.write_text(text(path.read_text()))
    return path


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("2020_01_powr_NOx.asc", None, "unknown sector 'powr' -> did you mean power"),
        ("2020_01_power_NOy.asc", None, "unknown species 'NOy' -> did you mean NOx"),
        ("2020_01_power_CB05_XYLMN.asc", None, "unknown species 'CB05_XYLMN'"),
        ("2020_13_power_NOx.asc", None, "month 13 -> months are 01 to 12"),
        (None, lambda text: text.replace("nrows 2", "nrows 3"), "2 rows of 3 values, the header says 3 of 3"),
        (None, lambda text: text.replace("cellsize 0.25\n", ""), "is no line of the header"),
        (None, lambda text: text.replace("NODATA_value", "missing"), "the header lacks nodata_value"),
        (None, lambda text: text.replace("cellsize 0.25", "cellsize 0"), "states no cells"),
        (None, lambda text: text + "1 2\n", "the values cannot be read"),
        (None, lambda text: text.replace("1 1 1", "1 x 1", 1), "the values cannot be read"),
        (None, lambda text: text.replace("1 1 1", "1 -3 1", 1), "the first is -3"),
        (None, None, "months 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 are missing"),
        ("2020_01_power_PMcoarse.asc", None, "PMcoarse without PM2.5"),
    ],
)
def test_each_broken_tree_has_its_message(tmp_path, name, change, message):
    path = one_file(tmp_path, name or "2020_01_power_NOx.asc", change)
    with pytest.raises(InputError, match=message) as caught:
        read_meic(tmp_path)
    assert any(path.name in fault.where or "NOx" in fault.where for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda file: file.renameVariable("z", "values"), "no variable z"),
        (lambda file: file["dimension"].__setitem__(0, 4), "6 values for 4 x 2 cells"),
        (lambda file: file["x_range"].__setitem__(1, 170.0), "110..170 in steps of 0.25 are not 3 cells"),
    ],
)
def test_each_broken_netcdf_has_its_message(tmp_path, change, message):
    meic.write_gmt(tmp_path / "2020_01_power_NOx.nc", np.ones((2, 3)), 110.0, 30.0, 0.25)
    with netCDF4.Dataset(tmp_path / "2020_01_power_NOx.nc", "a") as file:
        change(file)
    with pytest.raises(InputError, match=message):
        read_meic(tmp_path)


def test_a_text_that_calls_itself_netcdf(tmp_path):
    (tmp_path / "2020_01_power_NOx.nc").write_text("no")
    with pytest.raises(InputError, match="not a netCDF file"):
        read_meic(tmp_path)


def test_files_of_two_grids_do_not_mix(tmp_path):
    one_file(tmp_path)
    meic.write_ascii(tmp_path / "2020_02_power_NOx.asc", np.ones((2, 3)), 111.0, 30.0, 0.25)
    with pytest.raises(InputError, match="another grid than the other files"):
        read_meic(tmp_path)


def test_species_that_are_not_stated_for_a_sector_with_voc(tree, tmp_path):
    one_file(tmp_path, "2020_01_power_VOC.asc")
    with pytest.raises(InputError, match="VOC is stated, but no species of CB05"):
        read_meic(tmp_path, voc="CB05")
    with pytest.raises(InputError, match="no map from 'SAPRC07'"):
        read_meic(tmp_path, voc="SAPRC07")


def test_an_empty_folder(tmp_path):
    with pytest.raises(InputError, match=r"no file of MEIC in this folder.*2020_01_power_NOx.asc"):
        read_meic(tmp_path)
