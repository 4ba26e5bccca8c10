"""Several drivers at once on one folder: SQLite files shared by all."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import optuna
from mlflow.tracking import MlflowClient
from ray.tune.search import Searcher

from analysis.records import State, Tag
from snn.config import TrialConfig
from sweep.host.paths import LaunchPaths, study_storage
from sweep.search.database import StudyDatabase
from sweep.search.searcher import StudySearcher
from sweep.search.study import open_study
from sweep.spec.parsing import parse_sweep
from sweep.tracking.tracker import SWEEP_RUN, MlflowTracker, sweep_tags, trial_tags
from sweep.trial.outcome import EPOCH, OUTCOME, Outcome

DRIVERS, SLOTS, TRIALS, EPOCHS = 4, 4, 12, 3


def drive(folder: Path, name: str) -> None:
    """A driver whose trials report in turns, as many at a time as there are slots; no Ray."""
    os.chdir(folder)
    plan = {"base": {"dataset": "digits"}, "search": {"lr": {"loguniform": [1e-4, 1e-2]}}}
    sweep = parse_sweep({"name": name, "scheduler": "none", "trials": TRIALS, **plan})
    paths = LaunchPaths(folder / "ray_results", name, 1)
    with (folder / f"{name}.said").open("w") as said:
        database = StudyDatabase(study_storage(), paths.key, sweep.directions, said.write)
        tracker = MlflowTracker(paths)
        tracker.begin(SWEEP_RUN, name, {}, sweep_tags(paths))
        study = open_study(sweep, database)
        searcher = StudySearcher(
            sweep, study, database, lambda _: None, lambda *_: None, lambda: SLOTS
        )
        running: dict[str, TrialConfig] = {}
        suggested: Any = None
        for number in itertools.count():
            suggested = searcher.suggest(f"t{number}")
            if isinstance(suggested, dict):
                config = TrialConfig.parse(suggested["trial"])
                running[f"t{number}"] = config
                tracker.begin(config.config_id, name, {}, trial_tags(paths, config))
                continue
            if not running and suggested == Searcher.FINISHED:
                break
            for epoch in range(1, EPOCHS + 1):
                for trial, config in running.items():
                    result = {EPOCH: epoch, "val_accuracy": epoch / 10}
                    tracker.epoch(config.config_id, epoch, {"val_accuracy": epoch / 10})
                    if epoch < EPOCHS:
                        searcher.on_trial_result(trial, result)
            for trial, config in running.items():
                end = {"best_val_accuracy": 0.3}
                searcher.on_trial_complete(trial, result | end | {OUTCOME: State.DONE})
                tracker.end(config.config_id, Outcome(State.DONE, end), {})
            running.clear()
        tracker.end(SWEEP_RUN, Outcome(State.DONE), {})
        said.write(database.close() + tracker.close())


def test_four_drivers_of_four_trials_each_share_sqlite_and_nothing_is_locked(
    processes: ForkServerContext, in_folder: Path
) -> None:
    names = [f"driver-{n}" for n in range(DRIVERS)]
    drivers = [processes.Process(target=drive, args=(in_folder, name)) for name in names]
    for driver in drivers:
        driver.start()
    for driver in drivers:
        driver.join(timeout=200)
    assert [driver.exitcode for driver in drivers] == [0] * DRIVERS
    assert [(in_folder / f"{name}.said").read_text() for name in names] == [""] * DRIVERS
    client = MlflowClient(f"sqlite:///{in_folder / 'mlflow.db'}")
    for name in names:
        study = optuna.load_study(study_name=f"{name}/1", storage=study_storage())
        assert Counter(trial.state.name for trial in study.trials) == {"COMPLETE": TRIALS}
        assert all(len(trial.intermediate_values) == EPOCHS for trial in study.trials)
        experiment = client.get_experiment_by_name(name)
        assert experiment is not None
        runs = client.search_runs([experiment.experiment_id], f"tags.`{Tag.KIND}` = 'trial'")
        assert Counter(run.info.status for run in runs) == {"FINISHED": TRIALS}
        for run in runs:
            history = client.get_metric_history(run.info.run_id, "val_accuracy")
            assert [metric.step for metric in history] == [1, 2, 3]
