"""Reading the tables that ship with the package (`emissions/data/*.csv`)."""

from importlib import resources

import pandas as pd


def shipped_table(name: str) -> pd.DataFrame:
    """Return a table of `emissions/data` as text; empty cells are empty strings."""
    with resources.files("emissions").joinpath("data", name).open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


def numbers(table: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """Return the table with the columns `names` as floats; an empty cell is NaN."""
    return table.assign(**{name: pd.to_numeric(table[name].mask(table[name] == "")) for name in names})
