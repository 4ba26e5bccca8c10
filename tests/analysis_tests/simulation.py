"""Runs with known effects: do the intervals cover them, do the tests keep their level?

`python -m tests.analysis_tests.simulation` tries it 500 times and prints what came out.
"""

from __future__ import annotations

import argparse
from itertools import product

import numpy as np
import pandas as pd

from analysis.stats.effects import effects
from tests.analysis_tests.conftest import make_runs

TRUTH = {"dynamics": 0.02, "recurrent": -0.03, "encoding": 0.0, "hidden": 0.004}
"""Effects on the accuracy; level minus baseline."""

MARGIN = 0.01
_SEEDS = range(3)
_CONFIGURATION_STD, _SEED_STD = 0.008, 0.006


def grid() -> pd.DataFrame:
    """2 × 2 × 2 × 2 configurations with three seeds each."""
    rows = [
        {
            "group": f"{d}{r}{e}{h}",
            "dynamics": d,
            "recurrent": r,
            "encoding": e,
            "hidden": h,
            "seed": seed,
        }
        for d, r, e, h in product(
            ("lif", "alif"), (False, True), ("latency", "periodic"), (100, 200)
        )
        for seed in _SEEDS
    ]
    return make_runs(rows)


def outcomes(
    runs: pd.DataFrame, truth: dict[str, float], generator: np.random.Generator
) -> pd.DataFrame:
    """The runs with accuracies: the effects, what a configuration, a seed and a run add by chance.

    What a configuration adds makes the effect of a factor differ from unit to unit.
    """
    levels = {
        "dynamics": runs["dynamics"] == "alif",
        "recurrent": runs["recurrent"],
        "encoding": runs["encoding"] == "periodic",
        "hidden": runs["hidden"] == 200,
    }
    accuracy = 0.9 + sum(truth[name] * level.astype(float) for name, level in levels.items())
    for key, std in (("group_id", _CONFIGURATION_STD), ("seed", _SEED_STD)):
        codes = pd.factorize(runs[key], sort=True)[0]
        accuracy = accuracy + generator.normal(0, std, codes.max() + 1)[codes]
    accuracy = accuracy + generator.normal(0, _SEED_STD, len(runs))
    return runs.assign(test_accuracy=accuracy)


def simulate(count: int, seed: int = 0) -> dict[str, float]:
    """Shares of `count` simulations: intervals that cover, and wrong claims of each kind."""
    generator, runs = np.random.default_rng(seed), grid()
    nothing = dict.fromkeys(TRUTH, 0.0)
    at_margin = dict.fromkeys(TRUTH, MARGIN)
    covered, false_positive, false_equivalence, power = 0, 0, 0, 0
    for _ in range(count):
        table = effects(outcomes(runs, TRUTH, generator)).set_index("factor")
        truth = pd.Series(TRUTH)[table.index]
        covered += int(((table["low"] <= truth) & (truth <= table["high"])).sum())
        power += int(table.loc["recurrent", "verdict"] == "lower")
        null = effects(outcomes(runs, nothing, generator))
        false_positive += int((null["p_holm"] < 0.05).any())
        edge = effects(outcomes(runs, at_margin, generator), margin=MARGIN)
        false_equivalence += int((edge["p_equivalence"] < 0.05).sum())
    return {
        "coverage": covered / (count * len(TRUTH)),
        "false_positives": false_positive / count,
        "false_equivalence": false_equivalence / (count * len(TRUTH)),
        "power": power / count,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="of simulations [default: 500]")
    for name, share in simulate(parser.parse_args().count).items():
        print(f"{name:<18} {share:.3f}")
