"""Launches as sweeps leave them, in the working directory, without Ray and without a training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.records import Tag
from snn.data import load
from sweep.host.paths import LaunchPaths
from sweep.run.launch import begin
from sweep.search.database import StudyDatabase
from sweep.search.identity import claim
from sweep.spec.parsing import parse_sweep
from sweep.tracking.launch_log import LaunchLog
from sweep.tracking.tracker import MlflowTracker
from sweep.trial.outcome import Outcome
from tests.sweep_tests.workplace import SMALL

DATA = {"digits": "its digest"}


def study_database(key: str, directions: Mapping[str, str]) -> StudyDatabase:
    return StudyDatabase(f"sqlite:///{Path.cwd()}/optuna.db", key, directions, print)


def launched(
    name: str, *, end: str = "done", tags: Mapping[str, str] | None = None, **changes: Any
) -> LaunchPaths:
    """A launch with a trial that is done, its network, its study and its notes.

    Args:
        name: Of the sweep.
        end: Its state; empty: it runs.
        tags: Of the trial.
        changes: Keys of the specification.
    """
    sweep = parse_sweep({**SMALL, "name": name, **changes})
    paths = begin(sweep)
    database = study_database(paths.key, sweep.directions)
    claim(database, sweep, paths, DATA)
    assert database.close() == ""
    tracker = MlflowTracker(paths)
    log = LaunchLog(paths, tracker)
    log.begin_launch(tags={Tag.SPEC: sweep.to_log()})
    config = sweep.config({"dynamics": "lif", "lr": 0.002}, 0)
    paths.trial(config.config_id).folder.mkdir(parents=True)
    paths.trial(config.config_id).best.write_bytes(b"a network")
    log.begin(config, load("digits"), tags or {})
    log.end(config, Outcome("done", {"best_val_accuracy": 0.5}))
    if end:
        log.end_launch(Outcome(end))
    assert tracker.close() == ""
    return paths
