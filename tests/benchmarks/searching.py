"""What the search itself costs: CPU of the searcher and the scheduler per trial, without Ray.

    python -m tests.benchmarks.searching [--scheduler race] [--seeds 3] [--trials 900]

The searcher, the scheduler and Optuna's study are the real ones. Trials have random curves, and
report in a random order, two at a time. Prints a line for every few hundred trials, so that a cost
that grows with their number is seen.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from ray.tune.experiment import Trial

from snn.config import TrialConfig
from sweep.spec.parsing import parse_sweep
from tests.sweep_tests.search.tune import Tune, World

_EPOCHS, _EVENTS = 5, 600
_OF_SEARCHER = "suggest", "on_trial_result", "on_trial_complete"
_OF_SCHEDULER = (
    *("on_trial_add", "on_trial_result", "on_trial_complete", "on_trial_error"),
    *("on_trial_remove", "choose_trial_to_run"),
)


class Clock:
    """CPU seconds within some methods; a call within another is counted once."""

    def __init__(self) -> None:
        self.spent, self._depth = 0.0, 0

    def watch(self, owner: Any, *names: str) -> None:
        """Count the calls of these methods of an object from now on."""
        for name in names:
            setattr(owner, name, self._timed(getattr(owner, name)))

    def _timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            began, self._depth = time.process_time(), self._depth + 1
            try:
                return call(*arguments, **named)
            finally:
                self._depth -= 1
                self.spent += 0.0 if self._depth else time.process_time() - began

        return timed


def curve(config: TrialConfig, epoch: int) -> Mapping[str, float]:
    """Metrics that are always the same for a configuration, seed and epoch."""
    drawn = random.Random(f"{config.config_id} {epoch}")
    return {"val_accuracy": drawn.random(), "val_loss": drawn.random()}


def measure(scheduler: str, seeds: int, trials: int) -> None:
    """Run a search to its end, and print what it costs on the way."""
    plan = {
        "name": "s",
        "base": {"dataset": "digits", "epochs": _EPOCHS},
        "search": {"lr": {"loguniform": [1e-4, 1e-1]}, "hidden": {"int": [16, 256]}},
        "sampler": "random",
        "scheduler": {"name": scheduler, "grace": 1, "reduction": 2},
        "seeds": list(range(seeds)),
        "trials": trials,
    }
    tune, clock = Tune(World(parse_sweep(plan), curve)), Clock()
    clock.watch(tune.searcher, *_OF_SEARCHER)
    clock.watch(tune.scheduler, *_OF_SCHEDULER)
    before, over = (0, 0.0), False
    while not over:
        over = tune.go(random.Random(0).randrange, events=_EVENTS)
        ended = sum(trial.status in (Trial.TERMINATED, Trial.ERROR) for trial in tune.trials)
        each = 1000 * (clock.spent - before[1]) / max(1, ended - before[0])
        print(f"{before[0]} to {ended}: {each:.1f} ms per trial", flush=True)
        before = ended, clock.spent


def main() -> None:
    """Measure what the options ask for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.searching")
    parser.add_argument("--scheduler", choices=["asha", "race"], default="race")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=900, help="configurations")
    given = parser.parse_args()
    measure(given.scheduler, given.seeds, given.trials)


if __name__ == "__main__":
    main()
