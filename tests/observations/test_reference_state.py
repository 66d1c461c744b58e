"""Reference states of gases: which one, since when, and the conversion between them."""

import numpy as np

from observations.reference_state import reference_temperature, to_reference

RATIO = 298.15 / 273.15  # 1.0915: the published factor between the two states
TOLERANCE = 5e-5  # the factor is quoted with four decimals


def test_the_state_changes_on_the_first_of_september_2018() -> None:
    days = np.array(["2013-01-01", "2018-08-31", "2018-09-01", "2026-03-01"], dtype="datetime64[D]")
    np.testing.assert_array_equal(reference_temperature(days), [273.15, 273.15, 298.15, 298.15])


def test_the_same_air_has_less_mass_a_cubic_metre_at_the_warmer_state() -> None:
    warm = to_reference([214.0], 273.15, 298.15)
    np.testing.assert_allclose(warm * 1.0915, [214.0], rtol=TOLERANCE)
    np.testing.assert_allclose(to_reference(warm, 298.15, 273.15), [214.0])
    assert np.isnan(to_reference(np.nan, 273.15, 298.15))
    assert abs(RATIO - 1.0915) < TOLERANCE
