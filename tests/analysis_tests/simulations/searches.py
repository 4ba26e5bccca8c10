"""What pairs of a search would find, if they were not refused."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.stats.effects import effects
from tests.analysis_tests.conftest import make_runs

_SHARE = 0.3


def pruned_search(generator: np.random.Generator, trials: int = 120) -> pd.DataFrame:
    """A random search over discrete values, three seeds each, that has lost its worst 30 %.

    The factor has no effect on the mean; at one level the results scatter three times as much.
    """
    rows = []
    for _ in range(trials):
        dynamics = str(generator.choice(["lif", "alif"]))
        size, layers = int(generator.choice([100, 200])), int(generator.choice([1, 2, 3]))
        luck = generator.normal(0, 0.006 if dynamics == "lif" else 0.02)
        group = f"{dynamics}{size}{layers}"
        for seed in range(3):
            rows.append(
                {"group": group, "dynamics": dynamics, "hidden": size, "n_steps": layers}
                | {"seed": seed, "test_accuracy": 0.9 + luck + generator.normal(0, 0.004)}
            )
    runs = make_runs(rows)
    return runs[runs["test_accuracy"] > runs["test_accuracy"].quantile(_SHARE)]


def false_positives(count: int) -> float:
    """How often the level that scatters more looks better, at 5 %."""
    generator = np.random.default_rng(8)
    found = 0
    for _ in range(count):
        try:
            table = effects(pruned_search(generator, 24), ["dynamics"])
        except AnalysisError:
            continue
        found += bool((table["p"] < 0.05).any())
    return found / count
