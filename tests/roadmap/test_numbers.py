"""Numbers as the page writes them."""

import math

import pytest

from roadmap.report.numbers import MISSING, decimal, digits_of, scientific, span


@pytest.mark.parametrize(
    ("value", "digits", "sign", "shown"),
    [
        (1234567.0, 0, False, "1,234,567"),
        (2.345, 1, False, "2.3"),
        (-2.3, 1, False, "−2.3"),
        (2.3, 1, True, "+2.3"),
        (-0.04, 1, True, "0.0"),
        (0.04, 1, True, "0.0"),
        (0, 0, True, "0"),
        (-1e-9, 0, False, "0"),
        ("12.5", 1, False, "12.5"),
        (math.inf, 1, False, "inf"),
        (-math.inf, 1, False, "−inf"),
    ],
)
def test_decimal(value: object, digits: int, sign: bool, shown: str) -> None:
    assert decimal(value, digits, sign=sign) == shown


@pytest.mark.parametrize("value", [None, math.nan, "nan"])
def test_a_missing_number_is_a_dash(value: object) -> None:
    assert decimal(value) == MISSING


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="abc"):
        decimal("abc")


def test_an_interval_below_zero_reads_in_words() -> None:
    """`-69.0–-66.3` is what it must never be."""
    interval = span(-69.04, -66.3, 1)
    assert (interval.zh, interval.en) == ("−69.0 至 −66.3", "−69.0 to −66.3")


def test_an_interval_keeps_its_signs() -> None:
    assert span(-1.0, 2.0, sign=True).en == "−1 to +2"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(2.5e-8, "2.5×10⁻⁸"), (0, "0"), (-3.14e12, "−3.1×10¹²"), (1.0, "1.0×10⁰"), (9.96e-7, "1.0×10⁻⁶")],
)
def test_scientific(value: float, shown: str) -> None:
    assert scientific(value) == shown


def test_digits_follow_the_unit() -> None:
    assert (digits_of("mg/m3"), digits_of("ug/m3"), digits_of("μg/m³")) == (2, 1, 1)
