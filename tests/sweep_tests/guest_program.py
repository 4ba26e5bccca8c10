"""A program of a user's own, which runs two sweeps and looks at what they leave behind.

Both have a plugin of the same name; it is changed between them. Both are made before one is run.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
import threading
import warnings
from hashlib import sha256
from pathlib import Path
from typing import Any

from sweep import Sweep
from sweep.results.result import Result

PLUGIN = """
from snn.registry import Component

COMPONENTS = (Component(kind="schedule", name="mine", make="mine"),)


def mine(progress):
    return 1 - {} * progress
"""
LOGGERS = ("", "ray", "ray.tune", "mlflow", "alembic", "urllib3", "sqlalchemy", "optuna")


def state() -> dict[str, Any]:
    """What sweeps change while they run."""
    return {
        "environment": dict(os.environ),
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "wakeup": signal.set_wakeup_fd(-1),
        "mask": signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        "levels": {name: logging.getLogger(name).level for name in LOGGERS},
        "warnings": list(warnings.filters),
        "hook": sys.excepthook,
        "crashes": faulthandler.is_enabled(),
        "threads": {thread.name for thread in threading.enumerate()},
        "folder": os.getcwd(),
    }


def changed(before: dict[str, Any]) -> list[str]:
    """The names of what is otherwise."""
    now = state()
    return [name for name in before if before[name] != now[name]]


def small(name: str, n_steps: int, factor: float) -> Sweep:
    Path("mine.py").write_text(PLUGIN.format(factor))
    own = {"encoding": "constant", "lr_schedule": "mine", "backend": "reference"}
    return Sweep(
        name=name,
        plugins=["mine.py"],
        base={"dataset": "digits", "epochs": 1, "n_steps": n_steps, **own},
        points=[{"dynamics": "lif"}],
        sampler="grid",
        scheduler="none",
    )


def has_its_own_plugin(result: Result, factor: float) -> bool:
    """Whether the best run is of the file as it was when its sweep was made."""
    return result.best().config.plugins == [sha256(PLUGIN.format(factor).encode()).hexdigest()]


def main() -> None:
    os.environ.update(TUNE_MAX_PENDING_TRIALS_PG="7", MLFLOW_RUN_ID="mine", PYTHONWARNINGS="error")
    logging.getLogger("ray.tune").setLevel(logging.DEBUG)
    first, second = small("first", 5, 0.5), small("second", 6, 0.25)
    Path("mine.py").unlink()
    Sweep(name="without")
    before = state()
    result = first.run()
    print(f"first: {len(result.leaders)} done, changed: {changed(before)}")
    own = has_its_own_plugin(result, 0.5)

    import ray

    print(f"Ray runs: {ray.is_initialized()}")
    del os.environ["PYTHONWARNINGS"]  # which Ray itself cannot bear

    @ray.remote
    def answer() -> str:
        return "answers"

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    print(f"a Ray of its own {ray.get(answer.remote())}")
    before = state()
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(second.run()))
    thread.start()
    thread.join()
    (result,) = results
    print(f"second, in a thread: {len(result.leaders)} done, changed: {changed(before)}")
    print(f"that Ray still {ray.get(answer.remote())}")
    own = own and has_its_own_plugin(result, 0.25)
    print(f"each with its own plugin: {own}")


if __name__ == "__main__":
    main()
