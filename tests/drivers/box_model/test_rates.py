"""Rate coefficients against numbers worked by hand from the published parameters, one reaction of each form."""

import numpy as np
import pytest

from aqcore.errors import InputError
from drivers.box_model.mechanism_table import load_whole
from drivers.box_model.rates import environment, number_density, rate_coefficients

# The expected numbers carry seven digits; the formulas differ from them only by that rounding.
HAND = 1e-6

T = np.array([[270.0, 298.15, 310.0]])
P = np.array([[81_060.0, 101_325.0, 101_325.0]])  # 0.8, 1, 1 atm
WATER = 0.01
J_NO2, UPTAKE = 9e-3, 5e-6

# M = P / (1.380649e-23 T) 1e-6 = 2.174501e19, 2.461492e19, 2.367400e19 cm-3. By hand, at 298.15 K and 1 atm:
# R3   2.07e-12 exp(-1400/298.15) = 2.07e-12 x 9.13518e-3 = 1.890981e-14
# R45  k0 = 1.8e-30 (298.15/300)^-3 M = 4.513675e-11, x = k0/2.8e-11 = 1.612027, log10 x = 0.207372,
#      0.6^(1/(1 + 0.207372^2)) = 0.6^0.958770 = 0.612771, k0/(1+x) x that = 1.728035e-11 x 0.612771 = 1.058890e-11
# R46  2.4e-14 e^(460/T) + k3/(1 + k3/k2), k2 = 2.7e-17 e^(2199/T), k3 = 6.5e-34 e^(1335/T) M
# R60  1.0 x R59 = 2.9e-12 e^(500/T);  R201 0.028 J(NO2);  HET_NTR2 1.4 x uptake
# HAL  min(6.7006e-11 e^(10.7435 P) + 3.4153e-8 e^(-0.6713 P), 2e-6), P in atm, over open sea
EXPECTED = {
    "R3": (1.158972e-14, 1.890981e-14, 2.262770e-14),  # arrhenius
    "R2": (7.816707e04, 7.739574e04, 6.469242e04),  # arrhenius with third bodies O2 and M
    "R45": (1.146728e-11, 1.058890e-11, 9.834811e-12),  # troe, F 0.6, N 1
    "R48": (8.216895e-13, 7.494938e-13, 6.911552e-13),  # troe, F 0.4, N 1.26
    "R19": (3.587667e-12, 2.897448e-12, 2.585615e-12),  # pressure_sum
    "R20": (3.775682e-12, 1.599300e-12, 1.035270e-12),  # pressure_sum with water
    "R46": (2.206925e-13, 1.540912e-13, 1.374518e-13),  # nitric_acid
    "R60": (1.847766e-11, 1.551363e-11, 1.455033e-11),  # relative
    "R201": (2.52e-4, 2.52e-4, 2.52e-4),  # photolysis, scaled
    "HET_NTR2": (7e-6, 7e-6, 7e-6),  # heterogeneous
    "HAL_Ozone": (3.820277e-07, 2e-6, 2e-6),  # sea_surface
}


@pytest.fixture(scope="module")
def whole():
    return load_whole("cb6r5_ae7")


def names(mechanism, **own):
    light = dict.fromkeys(mechanism.photolysis, 0.0) | {"NO2_IUPAC10": J_NO2}
    uptake = dict.fromkeys(mechanism.heterogeneous, 0.0) | {"HETERO_NTR2": UPTAKE}
    return {"photolysis": light, "heterogeneous": uptake} | own


def test_number_density_is_loschmidt_at_standard_conditions():
    # CODATA 2018: 2.686780111e25 m-3 at 273.15 K and 101325 Pa
    n0 = number_density(np.array([273.15]), np.array([101_325.0]))
    np.testing.assert_allclose(n0, 2.686780111e19, rtol=1e-9)


@pytest.mark.parametrize("label", EXPECTED)
def test_each_form_equals_the_hand_worked_numbers(whole, label):
    env = environment(whole, T, P, WATER, **names(whole), open_sea=1.0)
    k = rate_coefficients(whole, env)[0, whole.labels.index(label)]
    np.testing.assert_allclose(k, EXPECTED[label], rtol=HAND)


def test_over_land_the_sea_takes_no_ozone(whole):
    k = rate_coefficients(whole, environment(whole, T, P, WATER, **names(whole)))
    assert np.all(k[0, whole.labels.index("HAL_Ozone")] == 0.0)


def test_every_coefficient_is_finite_and_not_negative(whole):
    k = rate_coefficients(whole, environment(whole, T, P, WATER, **names(whole)))
    assert np.isfinite(k).all()
    assert (k >= 0.0).all()
    assert k.shape == (1, len(whole.reactions), 3)


def test_methane_can_follow_the_year_of_the_case(whole):
    row = whole.labels.index("R124")
    own = rate_coefficients(whole, environment(whole, T, P, WATER, **names(whole)))[0, row]
    more = environment(whole, T, P, WATER, **names(whole), mixing_ratios={"CH4": np.array([[1.85e-6, 3.7e-6, 3.7e-6]])})
    np.testing.assert_allclose(rate_coefficients(whole, more)[0, row] / own, [1.0, 2.0, 2.0], rtol=1e-12)


def test_all_faults_of_an_environment_come_at_once(whole):
    given = names(whole)
    del given["photolysis"]["ISPD"]
    given["photolysis"]["NO2_IUPAC11"] = 1.0
    given["heterogeneous"]["HETERO_NO2"] = -1.0
    with pytest.raises(InputError) as error:
        environment(whole, T - 273.15, P, WATER, **given)
    text = str(error.value)
    assert "temperature is -3.15 K" in text
    assert "'ISPD' is missing" in text
    assert "'NO2_IUPAC11' is not a photolysis rate" in text
    assert "NO2_IUPAC10" in text
    assert "heterogeneous HETERO_NO2 is -1 s-1" in text
    assert len(error.value.faults) == 4
