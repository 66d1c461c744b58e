"""Exponential and logarithm of vectors in plain arithmetic, so that rates need no library call for each lane.

Cody & Waite range reduction; exp by its Taylor series on |r| <= ln(2)/2 (degree 13, remainder below 5e-18), log by the
series of 2 artanh(s), |s| <= 0.1716 (ten terms, remainder below 1e-17). Accuracy: a few units in the last place, tested
against numpy.
"""

import math

from drivers.box_model.rosenbrock.ir import Function

MAGIC = 6755399441055744.0  # 1.5 2^52: adding it leaves the nearest integer in the low bits of a double
LN2_HIGH = 6.93147180369123816490e-01  # ln 2 with its last 20 bits zero, so that n LN2_HIGH is exact,
LN2_LOW = 1.90821492927058770002e-10  # and the rest
EXP_RANGE = 700.0  # beyond, e^x is no rate
EXP_TERMS = 13
LOG_TERMS = 10
MANTISSA_BITS = 52
EXPONENT_BIAS = 1023


def exponential(f: Function, x: str) -> str:
    """Return e^x of a vector, x clipped to +-700."""
    x = f.greater(f.lesser(x, f.constant(EXP_RANGE)), f.constant(-EXP_RANGE))
    shifted = f.op("fadd", f.op("fmul", x, f.constant(1.0 / math.log(2.0))), f.constant(MAGIC))
    n = f.op("fsub", shifted, f.constant(MAGIC))
    r = f.op("fsub", x, f.op("fmul", n, f.constant(LN2_HIGH)))
    r = f.op("fsub", r, f.op("fmul", n, f.constant(LN2_LOW)))
    series = [1.0 / math.factorial(i) for i in range(EXP_TERMS + 1)]
    power = _shift(f, _bits(f, shifted))
    return _double(f, f.value(f"add {f.integers} {_bits(f, polynomial(f, r, series))}, {power}"))


def logarithm(f: Function, x: str) -> str:
    """Return ln x of a vector of positive normal numbers."""
    bits = _bits(f, x)
    raw = f.value(f"lshr {f.integers} {bits}, {f.integer(MANTISSA_BITS)}")
    exponent = f.value(f"sub {f.integers} {raw}, {f.integer(EXPONENT_BIAS)}")
    fraction = f.value(f"and {f.integers} {bits}, {f.integer((1 << MANTISSA_BITS) - 1)}")
    mantissa = _double(f, f.value(f"or {f.integers} {fraction}, {f.integer(EXPONENT_BIAS << MANTISSA_BITS)}"))
    large = f.compare("ogt", mantissa, f.constant(math.sqrt(2.0)))
    mantissa = f.select(large, f.op("fmul", mantissa, f.constant(0.5)), mantissa)
    n = f.value(f"sitofp {f.integers} {exponent} to {f.vector}")
    n = f.select(large, f.op("fadd", n, f.constant(1.0)), n)
    one = f.constant(1.0)
    s = f.op("fdiv", f.op("fsub", mantissa, one), f.op("fadd", mantissa, one))
    series = [2.0 / (2 * i + 1) for i in range(LOG_TERMS)]
    tail = f.op("fmul", s, polynomial(f, f.op("fmul", s, s), series))
    low = f.op("fadd", f.op("fmul", n, f.constant(LN2_LOW)), tail)
    return f.op("fadd", f.op("fmul", n, f.constant(LN2_HIGH)), low)


def polynomial(f: Function, x: str, coefficients: list[float]) -> str:
    """Return sum_i coefficients[i] x^i after Horner."""
    total = f.constant(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = f.op("fadd", f.op("fmul", total, x), f.constant(coefficient))
    return total


def in_place_kernel(name: str, lanes: int) -> str:
    """Return @exponentials(x, n) or @logarithms(x, n): every one of n vectors replaced by its exp or ln."""
    f = Function(name, ["ptr %x", "i64 %n"], lanes)
    act = {"exponentials": exponential, "logarithms": logarithm}[name]
    with f.loop("%n") as i:
        f.store(act(f, f.load("%x", i)), "%x", i)
    return f.text()


def _bits(f: Function, x: str) -> str:
    return f.value(f"bitcast {f.vector} {x} to {f.integers}")


def _double(f: Function, bits: str) -> str:
    return f.value(f"bitcast {f.integers} {bits} to {f.vector}")


def _shift(f: Function, bits: str) -> str:
    return f.value(f"shl {f.integers} {bits}, {f.integer(MANTISSA_BITS)}")
