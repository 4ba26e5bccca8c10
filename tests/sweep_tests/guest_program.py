"""A program of a user's own, which runs two sweeps and looks at what they leave behind."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
import threading
import warnings
from typing import Any

from sweep import Sweep

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


def small(name: str, n_steps: int) -> Sweep:
    return Sweep(
        name=name,
        base={"dataset": "digits", "epochs": 1, "n_steps": n_steps, "encoding": "constant"},
        points=[{"dynamics": "lif"}],
        sampler="grid",
        scheduler="none",
    )


def main() -> None:
    os.environ.update(TUNE_MAX_PENDING_TRIALS_PG="7", MLFLOW_RUN_ID="mine", PYTHONWARNINGS="error")
    logging.getLogger("ray.tune").setLevel(logging.DEBUG)
    before = state()
    result = small("first", 5).run()
    print(f"first: {len(result.leaders)} done, changed: {changed(before)}")

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
    thread = threading.Thread(target=lambda: results.append(small("second", 6).run()))
    thread.start()
    thread.join()
    (result,) = results
    print(f"second, in a thread: {len(result.leaders)} done, changed: {changed(before)}")
    print(f"that Ray still {ray.get(answer.remote())}")


if __name__ == "__main__":
    main()
