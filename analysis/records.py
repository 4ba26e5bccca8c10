"""Names of metrics, tags and statuses: what the sweep writes and the analysis reads.

Imports nothing but the standard library, so that both sides can share it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

MAX, MIN = "max", "min"

EPOCH_METRICS: Mapping[str, str] = MappingProxyType(
    {
        "train_loss": MIN,
        "train_accuracy": MAX,
        "val_loss": MIN,
        "val_accuracy": MAX,
        "spikes_per_inference": MIN,
        "synops_per_inference": MIN,
        "macs_per_inference": MIN,
        "acs_per_inference": MIN,
        "beta_mean": MAX,
        "epoch_seconds": MIN,
        "samples_per_second": MAX,
    }
)
"""What is measured after every epoch, and in which direction it is better.

`train_loss` is what the training minimises: the configured loss, with its smoothing, and the
penalty on spikes. It compares only runs of one `loss`. `val_loss` and `test_loss` are the
cross-entropy (the negative log likelihood of the probabilities that the network gives) whatever the
loss is. They compare runs of all losses, and a sweep over `loss` may optimise `val_loss`.
"""

SEARCHABLE = (
    "val_accuracy",
    "val_loss",
    "spikes_per_inference",
    "synops_per_inference",
    "macs_per_inference",
    "acs_per_inference",
)
"""The metrics that a sweep may optimise: all but those of the test set, and but the timings."""

RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {name: (0.0, 1.0 if name.endswith("accuracy") else math.inf) for name in SEARCHABLE}
)
"""The least and the greatest value that each of them can have."""

FINAL_METRICS: Mapping[str, str] = MappingProxyType(
    {
        "test_accuracy": MAX,
        "test_loss": MIN,
        "best_epoch": MIN,
    }
    | {f"best_{name}": EPOCH_METRICS[name] for name in SEARCHABLE}
)
"""What is measured once, for the epoch that validation chose; `best_…` are that epoch's metrics."""

ENERGY = "energy_per_inference"
"""What follows from other metrics when runs are read: see `analysis.data.energy`."""

UNITS: Mapping[str, str] = MappingProxyType({ENERGY: "nJ"})
"""Of the metrics whose name does not say it."""


CONDITIONS = ("preset", "dynamics", "encoding")
"""The params that the defaults of others depend on, and these are:"""

CONDITIONAL = (
    "batch_size",
    "beta",
    "beta_form",
    "choose_by",
    "dark_pixels_fire",
    "encoder_tau",
    "initial_weights",
    "learn_tau_mem",
    "lr_in_proportion",
    "readout",
    "reset_takes_current",
    "surrogate_slope",
    "tau_adapt",
    "tau_mem",
    "tau_out",
    "threshold",
    "threshold_gradient",
)


class Tag:
    """MLflow tags of a run."""

    CONFIG_ID = "spikesweep.config_id"
    GROUP_ID = "spikesweep.group_id"
    SWEEP = "spikesweep.sweep"
    TRIAL = "spikesweep.trial"
    GIT_SHA = "spikesweep.git_sha"
    DATA_SHA256 = "spikesweep.data_sha256"
    NODE = "spikesweep.node"
    BACKEND = "spikesweep.backend"
    ERROR = "spikesweep.error"
    STATE = "spikesweep.state"
    PRUNED = "spikesweep.pruned"  # why its configuration was ended early; on all runs of it
    SEEDS = "spikesweep.seeds"  # of a trial: how many seeds its sweep asks for
    REUSED_FROM = "spikesweep.reused_from"
    CHECKPOINT = "spikesweep.checkpoint"
    SPEC = "spikesweep.spec"
    PLUGINS = "spikesweep.plugins"
    LABELS = "spikesweep.labels"  # JSON: param → label of the value, of components of users
    VERSIONS = "spikesweep.versions"
    MACHINE = "spikesweep.machine"
    ENDED = "spikesweep.ended"  # of a launch: which rule ended the search before its plan was done
    KIND = "spikesweep.kind"
    IMPORTED_FROM = "spikesweep.imported_from"
    PARENT = "mlflow.parentRunId"
    NOTE = "mlflow.note.content"  # MLflow shows it as the description
    COLOUR = "mlflow.runColor"


BREAKS_A_LIMIT = "breaks a limit"
"""Begins the reason (tag `PRUNED`) of what was trained to its end and may not lead its sweep."""

CONFUSION_FILE = "confusion.json"
GROUPS_FILE = "groups.json"
"""Beside the network of a run, in its folder and among its artifacts: a list of rows."""

PREDICTIONS_FILE = "predictions.parquet"
"""Beside them: what the network answered to every test image (`analysis.predictions`)."""

KEPT_FILES = (GROUPS_FILE, PREDICTIONS_FILE)
"""The files of a run that go with it into files of runs."""

FRONT = "front"
"""The column that says whether a configuration is on the Pareto front of its sweep."""

PLACE = "#"
"""The column of the place among the leaders, from 1; only in tables for people."""

COLUMNS = (
    "run_id",
    "sweep",
    "config_id",
    "group_id",
    "state",
    "error",
    "reused_from",
    "seeds_asked",
    "searched_by",
    "launched",
    "start",
    "duration_s",
    "n",
    FRONT,
)
"""Columns of tables that are neither params nor metrics: no param may be called so."""

DESIGN_SAMPLERS, NO_PRUNING = ("grid", "random"), "none"
"""Samplers and the scheduler that choose and end no run by the results of others.

Only what they made is an experiment, whose runs may be paired. A test holds them to the registry.
"""

CONFIRMED = "-confirm"
"""What follows the name of a sweep in the name of its confirmation."""

RUN_FILE = ".parquet"
"""Ends the name of a file of runs, and of no sweep: so the two are told apart."""

KIND_SWEEP, KIND_TRIAL = "sweep", "trial"

LONGEST_PARAM, LONGEST_TAG = 6_000, 8_000  # characters that MLflow takes

LONGEST_NAME = 64
SWEEP_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""Names of sweeps: they name experiments, studies and folders, and are shown."""

EXPERIMENT_TAGS: Mapping[str, str] = MappingProxyType(
    {"mlflow.experimentKind": "custom_model_development"}
)
"""Tags of a sweep's experiment: without it, MLflow's UI opens one as of language models' traces."""


class State:
    """The state of a trial, kept in a tag: MLflow knows only FINISHED, FAILED and KILLED."""

    RUNNING = "running"
    DONE = "done"
    PRUNED = "pruned"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


MLFLOW_STATUS: Mapping[str, str] = MappingProxyType(
    {
        State.RUNNING: "RUNNING",
        State.DONE: "FINISHED",
        State.PRUNED: "FINISHED",  # MLflow's UI marks what was killed just as what has failed
        State.FAILED: "FAILED",
        State.INTERRUPTED: "KILLED",
    }
)

COLOURS: Mapping[str, str] = MappingProxyType({State.PRUNED: "#B0B0B0", State.FAILED: "#D55E00"})
"""Of the runs in MLflow's lists and charts, by state; MLflow gives all others one by itself."""

FACTORS = ("dataset", "preset", "dynamics", "recurrent", "encoding", "hidden", "learn_beta")
"""The params that a reader looks for first, in this order; others follow by name."""

CONSTANTS = (*FACTORS, "n_steps", "epochs")
"""The params that a title or a caption names where they are the same for all that is shown."""
