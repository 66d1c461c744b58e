"""The generated code piece by piece: elimination order, vector mathematics, rate coefficients, object cache."""

import ctypes

import numpy as np
import pytest

from drivers.box_model.mechanism_table import load_whole
from drivers.box_model.rates import environment, rate_coefficients
from drivers.box_model.rosenbrock import native
from drivers.box_model.rosenbrock.generate import Program
from drivers.box_model.rosenbrock.kernels import decomposition_kernels, solve_kernel, tendency_kernel
from drivers.box_model.rosenbrock.methods import RODAS3
from drivers.box_model.rosenbrock.packing import pack, unpack
from drivers.box_model.rosenbrock.rate_kernel import RateKernel, environment_rows, packed_environment
from drivers.box_model.rosenbrock.shared_rates import share
from drivers.box_model.rosenbrock.sparsity import build_system, jacobian_pattern, markowitz
from drivers.box_model.rosenbrock.vector_math import in_place_kernel

# Own exp and ln against the library's: a few units in the last place of a double (2.2e-16).
ULPS = 1e-15
# Coefficients multiply some ten such factors, and exponents of some 50 magnify the rounding of C/T.
COEFFICIENT = 1e-13
# Straight-line sums against numpy's, in another order of summation.
SUMMATION = 1e-11


def built(*texts):
    """Compile functions for this machine and return a caller of them by name on arrays of vectors."""
    import llvmlite.binding as llvm

    target = native.host()
    code = native._compile("\n".join(texts).replace("define internal", "define"), target)
    triple = llvm.Target.from_default_triple()
    machine = triple.create_target_machine(cpu=target.cpu, features=target.features, jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(code))
    engine.finalize_object()

    def call(name, *arguments):
        kinds = [ctypes.c_void_p if isinstance(a, np.ndarray) else ctypes.c_int64 for a in arguments]
        function = ctypes.CFUNCTYPE(None, *kinds)(engine.get_function_address(name))
        function(*(a.ctypes.data if isinstance(a, np.ndarray) else a for a in arguments))

    return call


@pytest.fixture(scope="module")
def lanes():
    return native.host().lanes


def test_lanes_follow_the_processor(lanes):
    assert lanes in {2, 4, 8}


def test_markowitz_finds_the_arrow_without_fill():
    # an arrow pointing up-left fills completely when its head goes first; Markowitz takes the head last
    pattern = np.eye(6, dtype=bool)
    pattern[0, :] = pattern[:, 0] = True
    order, filled = markowitz(pattern)
    assert filled.sum() == pattern.sum()
    assert 0 in order[-2:]


def test_fill_of_cb6_stays_small(cb6):
    gas = cb6.subset(("core", "chlorine", "hetero"))
    pattern = jacobian_pattern(gas)
    _, filled = markowitz(pattern)
    assert filled.sum() < 1.25 * pattern.sum()


@pytest.mark.parametrize("name", ["exponentials", "logarithms"])
def test_vector_mathematics(lanes, name):
    rng = np.random.default_rng(1)
    if name == "exponentials":
        x, function = rng.uniform(-690.0, 690.0, (500, lanes)), np.exp
    else:
        x, function = 10.0 ** rng.uniform(-300.0, 300.0, (500, lanes)), np.log
    expected = function(x)
    call = built(in_place_kernel(name, lanes))
    call(name, x, x.shape[0])
    np.testing.assert_allclose(x, expected, rtol=ULPS * (1.0 if name == "logarithms" else 5.0))


def test_exponential_of_the_impossible_stays_a_number(lanes):
    x = np.full((2, lanes), [[1e4], [-1e4]]).astype(float)
    built(in_place_kernel("exponentials", lanes))("exponentials", x, 2)
    assert np.isfinite(x).all()
    assert (x > 0).all()


@pytest.mark.parametrize("name", ["cb6r5_ae7", "cb6r3_ae7"])
def test_rates_in_the_engine_equal_the_readable_ones(lanes, name):
    whole = load_whole(name)
    rng = np.random.default_rng(2)
    T, P = rng.uniform(240.0, 320.0, (1, lanes)), rng.uniform(6e4, 1.05e5, (1, lanes))
    light = {j: rng.uniform(0.0, 1e-2, (1, lanes)) for j in whole.photolysis}
    uptake = {h: rng.uniform(0.0, 1e-3, (1, lanes)) for h in whole.heterogeneous}
    env = environment(whole, T, P, 0.012, light, uptake, open_sea=0.3, mixing_ratios={"CH4": 1.95e-6})
    shared = share(whole)
    kernel = RateKernel(whole, shared.distinct, lanes)
    call = built(in_place_kernel("exponentials", lanes), in_place_kernel("logarithms", lanes), kernel.text())
    rows = packed_environment(whole, env, lanes)
    assert rows.shape == (1, 1, len(environment_rows(whole)), lanes)
    k = np.empty((len(shared.distinct), lanes))
    call("coefficients", rows, k, *(np.empty((n, lanes)) for n in kernel.scratch))
    for number, expected in enumerate(rate_coefficients(whole, env)[0]):
        row = shared.rows[number]
        found = k[row] if isinstance(row, int) else row
        np.testing.assert_allclose(found, expected, rtol=COEFFICIENT, err_msg=whole.labels[number])


def test_what_never_varies_is_no_row(cb6):
    shared = share(cb6)
    by_label = dict(zip(cb6.labels, shared.rows, strict=True))
    assert by_label["R31"] == 1.7e-11  # NO3 + O: neither temperature nor third body
    assert by_label["R60"] == by_label["R59"] == by_label["R67"]  # one coefficient for three reactions
    assert isinstance(by_label["R39"], int)  # N2O5 + H2O: constant, but for the water
    assert by_label["R1"] != by_label["R197"]  # the same light, scaled
    assert len(shared.distinct) < 0.65 * len(cb6.reactions)


@pytest.mark.parametrize("boxes", [1, 3, 4, 7, 8])
def test_packing_there_and_back_keeps_every_box(boxes):
    values = np.arange(2.0 * 3 * boxes).reshape(2, 3, boxes)
    packed = np.full((-(-boxes // 4), 2, 3, 4), np.nan)
    pack(values, packed)
    assert packed[0, 1, 2, 0] == values[1, 2, 0]
    np.testing.assert_array_equal(packed[-1, ..., -1], values[..., -1])  # the last box fills the lanes
    goal = np.full((2, 3, boxes), np.nan)
    unpack(packed, goal)
    np.testing.assert_array_equal(goal, values)


def test_a_packed_environment_repeats_its_last_box(cb6, day, lanes):
    env = day.batch(slice(0, lanes + 1)).environment
    packed = packed_environment(cb6, env, lanes)
    assert packed.shape[0] == 2
    np.testing.assert_array_equal(packed[0, :, 0], env.temperature[:, :lanes])
    np.testing.assert_array_equal(packed[1, :, 0], np.repeat(env.temperature[:, lanes:], lanes, axis=1))


@pytest.mark.parametrize("holds", [False, True])
def test_tendency_matrix_and_solution_against_dense_algebra(cb6, lanes, holds):
    system = build_system(cb6)
    order = np.array(system.order)
    rng = np.random.default_rng(3)
    y, E0, E1 = rng.uniform(0.1, 2.0, (3, system.size, lanes))
    L0, L1 = rng.uniform(0.0, 0.5, (2, system.size, lanes))
    k0, k1 = rng.uniform(0.0, 1.0, (2, system.reactions, lanes))
    free, slope = np.ones_like(y), np.zeros_like(y)
    if holds:
        free[::7], slope[::7] = 0.0, 0.25
    tau, d = np.full((1, lanes), 1.5), np.full((1, lanes), 80.0)
    f, w, G = np.empty_like(y), np.empty((2 * system.reactions, lanes)), np.empty((system.entries, lanes))
    parts = (tendency_kernel(system, lanes, holds=holds), decomposition_kernels(system, lanes, holds=holds))
    call = built(*parts, solve_kernel(system, lanes))
    call("tendency", y, k0, k1, E0, E1, L0, L1, tau, f, w, *((free, slope) if holds else ()))
    call("decompose", y, k0, k1, L0, L1, tau, d, G, w, *((free,) if holds else ()))
    k, E, L = (a + 1.5 * b for a, b in ((k0, k1), (E0, E1), (L0, L1)))
    S = cb6.stoichiometry()[order]
    x = rng.uniform(-1.0, 1.0, y.shape)
    solved = x.copy()
    call("solve", G, solved)
    for lane in range(lanes):
        rates, slopes = _rates_and_slopes(system, y[:, lane], k[:, lane])
        tendency = free[:, lane] * (S @ rates + E[:, lane] - L[:, lane] * y[:, lane]) + slope[:, lane]
        np.testing.assert_allclose(f[:, lane], tendency, rtol=SUMMATION, atol=SUMMATION * np.abs(tendency).max())
        matrix = d[0, lane] * np.eye(system.size) - free[:, lane, None] * (S @ slopes - np.diag(L[:, lane]))
        np.testing.assert_allclose(matrix @ solved[:, lane], x[:, lane], rtol=1e-9, atol=1e-9)


def _rates_and_slopes(system, y, k):
    rates, slopes = k.copy(), np.zeros((system.reactions, system.size))
    for r, places in enumerate(system.reactants):
        for slot, place in enumerate(places):
            rates[r] *= y[place]
            slopes[r, place] += k[r] * np.prod([y[p] for other, p in enumerate(places) if other != slot])
    return rates, slopes


def test_the_cache_serves_and_survives_damage(toy, tmp_path, monkeypatch):
    monkeypatch.setenv("YICE_CACHE", str(tmp_path / "cache"))
    target = native.host()
    program = Program(toy(("A", "B", 1e-4)), RODAS3, target.lanes, holds=False, own_rates=False)
    compiled = []

    def source():
        compiled.append(1)
        return program.source()

    key = native.cache_key(target, "toy")
    native.load_solver(key, source, target)
    native.load_solver(key, source, target)
    assert compiled == [1]
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(kept.read_bytes()[:-9])
    native.load_solver(key, source, target)
    assert compiled == [1, 1]


def test_a_cache_that_cannot_be_written_is_done_without(toy, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("YICE_CACHE", str(tmp_path / "file"))
    target = native.host()
    program = Program(toy(("A", "B", 1e-4)), RODAS3, target.lanes, holds=False, own_rates=False)
    assert native.load_solver(native.cache_key(target, "x"), program.source, target).run is not None


def test_the_key_tells_mechanisms_processors_and_methods_apart():
    target = native.host()
    keys = {
        native.cache_key(target, "mechanism", "rodas3"),
        native.cache_key(target, "mechanism", "rodas4"),
        native.cache_key(target, "another", "rodas3"),
        native.cache_key(native.Target("other-cpu", target.features, target.lanes), "mechanism", "rodas3"),
    }
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("platform", "variables", "tail"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, ("x", "yice")),
        ("darwin", {}, ("Library", "Caches", "yice")),
        ("win32", {"LOCALAPPDATA": "/local"}, ("local", "yice", "cache")),
    ],
)
def test_cache_folder_of_each_platform(monkeypatch, platform, variables, tail):
    monkeypatch.delenv("YICE_CACHE")
    monkeypatch.setattr("sys.platform", platform)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert native.cache_folder().parts[-len(tail) :] == tail
