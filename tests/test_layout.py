"""Each package that is imported is ours and lies in this clone."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("aqcore", "observations", "emissions", "scenarios", "drivers", "hpc", "evaluation", "roadmap", "yice")


@pytest.mark.parametrize("name", PACKAGES)
def test_package_lies_in_this_clone(name: str) -> None:
    file = importlib.import_module(name).__file__
    assert file is not None
    assert Path(file).resolve() == (ROOT / name / "__init__.py").resolve()


def test_no_package_under_tests() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []
