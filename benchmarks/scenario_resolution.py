"""Speed of the scenarios: 60 measures on 100,000 enterprises, and 10,000 sampled scenarios by sector and region.

Run `python benchmarks/scenario_resolution.py`; prints one JSON line a measurement, in CPU seconds of this process. The
inventory is synthetic. The peer multiplies source by source in plain Python; it runs on a hundredth of the sources and
is scaled up.
"""

import json
import time

import numpy as np
import pandas as pd
import xarray as xr

from emissions.inventory import Inventory
from emissions.source_classes import SECTORS, source_classes
from scenarios import Effect, Measure, Scenario, Target, resolve
from scenarios.sampled import Axis, sample
from scenarios.window import Window, read_span
from scenarios.window_plan import WindowPlan

ENTERPRISES, MEASURES, SAMPLES = 100_000, 60, 10_000
POLLUTANTS = ("SO2", "NOx", "VOC", "NH3", "CO", "PM10", "PM25", "BC", "OC", "CO2")
DISTRICTS = tuple(f"1101{number:02d}" for number in range(1, 21))


def report(name: str, value: float, unit: str, peer: str = "", peer_value: float | None = None) -> None:
    ratio = None if peer_value is None else round(peer_value / value, 2)
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, "peer": peer, "peer_value": peer_value,
                      "ratio": ratio}), flush=True)  # fmt: skip


def inventory(rng: np.random.Generator) -> Inventory:
    classes = rng.choice(list(source_classes()), ENTERPRISES)
    names = np.array([f"P{number}" for number in range(ENTERPRISES)], dtype=object)
    sources = pd.DataFrame(
        {
            "kind": "point",
            "district": rng.choice(DISTRICTS, ENTERPRISES),
            "source_class": classes,
            "sector": [source_classes()[name].sector for name in classes],
            "name": names,
            "enterprise": [f"E{number // 3}" for number in range(ENTERPRISES)],
            "grade": rng.choice(list("ABCD"), ENTERPRISES),
            "park": rng.choice(["east", "west", ""], ENTERPRISES),
        },
        index=pd.Index(names, name="source_id"),
    )
    mass = rng.random((ENTERPRISES, len(POLLUTANTS)))
    mass[:, 6] = mass[:, 5] / 2
    mass[:, 7:9] = mass[:, [6]] / 5
    coords = {"source": names, "pollutant": np.array(POLLUTANTS, dtype=object)}
    return Inventory(sources, xr.DataArray(mass, coords, ("source", "pollutant")))


def measures(rng: np.random.Generator, inventory: Inventory) -> list[Measure]:
    """Half by district and grade, half by lists of 5,000 enterprises: nearly every source is reached differently."""
    effects = {name: Effect(0.3, 0.1, 0.8) for name in ("SO2", "NOx", "VOC", "PM25")}
    enterprises = inventory.sources["enterprise"].to_numpy()
    targets = [
        Target(districts=tuple(rng.choice(DISTRICTS, 5)), grades=("B", "C", "D"))
        if number % 2
        else Target(enterprises=tuple(rng.choice(enterprises, 5000)))
        for number in range(MEASURES)
    ]
    return [Measure(f"M{number:02d}", "m", "m", target, effects) for number, target in enumerate(targets)]


def in_windows(rules: list[Measure]) -> Scenario:
    """Half of the measures all year, the others in four seasons; red and orange alerts on some days of winter."""
    dates = ("01-01/03-31", "04-01/06-30", "07-01/09-30", "10-01/12-31")
    always, sometimes = rules[::2], rules[1::2]
    windows = [Window(f"season_{n}", (read_span(span),), frozenset(range(6 * n, 24))) for n, span in enumerate(dates)]
    plans = [WindowPlan(own, tuple(rule.id for rule in sometimes[number::4])) for number, own in enumerate(windows)]
    alerts = [WindowPlan(Window(level, (read_span(span),)), emergency=level, ungraded="D")
              for level, span in (("red", "01-10/01-14"), ("orange", "02-10/02-20"))]  # fmt: skip
    return Scenario("windows", measures=tuple(rule.id for rule in always), windows=(*plans, *alerts))


def plain_python(inventory: Inventory, own: list[Measure], count: int) -> float:
    """Seconds to multiply the first `count` sources one by one."""
    rows = inventory.sources.head(count).to_dict("records")
    sets = [{name: frozenset(values) for name, values in measure.target.named().items()} for measure in own]
    remaining = [measure.remaining() for measure in own]
    column = {"districts": "district", "grades": "grade", "enterprises": "enterprise"}
    start = time.process_time()
    for row in rows:
        factors = dict.fromkeys(POLLUTANTS, 1.0)
        for wanted, left in zip(sets, remaining, strict=True):
            if all(row[column[name]] in values for name, values in wanted.items()):
                for pollutant, value in left.items():
                    factors[pollutant] *= value
    return time.process_time() - start


def main() -> None:
    rng = np.random.default_rng(1)
    own = inventory(rng)
    rules = measures(rng, own)
    start = time.process_time()
    resolve([Scenario("all", measures=tuple(rule.id for rule in rules))], rules, own)
    seconds = time.process_time() - start
    peer = plain_python(own, rules, ENTERPRISES // 100) * 100
    report("60 measures on 100,000 enterprises, with the reach table", seconds, "s", "plain Python, factors only", peer)
    start = time.process_time()
    windowed = resolve([in_windows(rules)], rules, own)
    report("the same with half of them in four windows and two alerts", time.process_time() - start, "s")
    year = np.arange("2023-01-01T00", "2024-01-01T00", dtype="datetime64[h]").reshape(365, 24)
    start = time.process_time()
    states = windowed.factors_at("windows", year)
    report(f"factors of the 8,760 hours of a year ({states.count} states)", time.process_time() - start, "s")
    axes = [Axis(f"{sector} {name}", (name,), sectors=(sector,)) for sector in SECTORS for name in ("NOx", "VOC")]
    labels = {"sector": [f"S{number}" for number in range(18)] + list(SECTORS), "district": list(DISTRICTS),
              "pollutant": [*POLLUTANTS, "HCHO", "CH4"]}  # fmt: skip
    start = time.process_time()
    sample(axes, 64, method="sobol", seed=1)
    report("loading scipy's Sobol directions, once a process", time.process_time() - start, "s")
    start = time.process_time()
    sample(axes, SAMPLES, method="sobol", seed=1).factors(labels)
    report("10,000 samples over 30 sectors x 20 regions x 12 pollutants", time.process_time() - start, "s")


if __name__ == "__main__":
    main()
