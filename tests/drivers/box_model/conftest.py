"""What the tests of the box model share: a cache of object code, a kinetic toy, and the synthetic batch."""

import numpy as np
import pytest

from drivers.box_model.mechanism import Mechanism, Reaction
from drivers.box_model.mechanism_table import load
from drivers.box_model.rate_forms import Arrhenius, Form, Rate
from drivers.box_model.reference_case import build, draw


@pytest.fixture(scope="session", autouse=True)
def object_cache(tmp_path_factory):
    """Compile each solver once a session, also over several workers, and leave the user's own cache alone."""
    root = tmp_path_factory.getbasetemp()
    shared = root.parent if root.name.startswith("popen-") else root
    patch = pytest.MonkeyPatch()
    patch.setenv("YICE_CACHE", str(shared / "yice-cache"))
    yield shared / "yice-cache"
    patch.undo()


@pytest.fixture(scope="session")
def cb6():
    """CB6r5 as a box runs it."""
    return load("cb6r5_ae7")


@pytest.fixture(scope="session")
def day(cb6):
    """Twelve boxes from noon to noon, urban and rural, summer and winter."""
    return build(cb6, draw(12, seed=1))


@pytest.fixture(scope="session")
def toy():
    """Return a mechanism from (reactants, products, coefficient) lines, e.g. ("A", "B", 1e-4)."""

    def make(*lines):
        reactions = []
        for number, (left, right, k) in enumerate(lines):
            products = tuple(
                (part.split()[-1], float(part.split()[0]) if " " in part else 1.0) for part in right.split(" + ")
            )
            rate = Rate(Form.ARRHENIUS, (Arrhenius(k),))
            reactions.append(Reaction(f"R{number}", tuple(left.split(" + ")), (), products if right else (), rate))
        return Mechanism("toy", tuple(reactions))

    return make


@pytest.fixture(scope="session")
def solve_toy():
    """Solve a toy with constant coefficients; keywords replace emission, loss or anything else of `Engine.solve`."""

    def solve(engine, y0, times, outputs, *, emission=None, loss=None, k=None, **own):
        mechanism, y0 = engine.mechanism, np.asarray(y0, dtype=float)
        nodes = (len(times), *y0.shape)
        own_k = np.array([r.rate.terms[0].A for r in mechanism.reactions])
        k = np.broadcast_to(own_k[None, :, None], (len(times), len(own_k), y0.shape[1])) if k is None else k
        E, L = (np.zeros(nodes) if a is None else np.broadcast_to(a, nodes) for a in (emission, loss))
        return engine.solve(y0, k, np.asarray(times, dtype=float), E, L, np.asarray(outputs, dtype=float), **own)

    return solve
