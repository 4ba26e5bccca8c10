"""A sweep from its specification to its results: study, Ray Tune, tracker, board."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Console

from snn.data import Dataset, load, split
from sweep import cluster, launch, nodes
from sweep.board import Board, Progress
from sweep.checks import check_backends
from sweep.database import StudyDatabase
from sweep.errors import SweepError
from sweep.ledger import Ledger
from sweep.outcome import EPOCH, Outcome
from sweep.paths import LaunchPaths, study_storage
from sweep.records import State
from sweep.spec import Sweep
from sweep.stopping import Stop, stoppable
from sweep.study import open_study
from sweep.tracking import SWEEP_RUN, MlflowTracker, sweep_tags

if TYPE_CHECKING:
    from ray.tune import Callback, Trainable, Tuner
    from ray.tune.schedulers import TrialScheduler
    from ray.tune.search import Searcher


@dataclass
class Result:
    """How a launch ended.

    Attributes:
        paths: Its folder.
        progress: Its counts.
        failures: Reasons by trial.
        halted: Why it ended before its time (a full disk …); empty if it did not.
        interrupted: Whether the user stopped it.
        undelivered: What MLflow or the study's database have not received, in one line.
    """

    paths: LaunchPaths
    progress: Progress
    failures: Mapping[str, str] = field(default_factory=dict)
    halted: str = ""
    interrupted: bool = False
    undelivered: str = ""


def read_datasets(sweep: Sweep) -> dict[str, Dataset]:
    """All data sets that trials of a sweep can ask for; each can be split as they ask."""
    datasets = {name: load(name) for name in sweep.values("dataset")}
    for dataset in datasets.values():
        for val_fraction in sweep.values("val_fraction"):
            split(dataset, val_fraction, seed=0)
    return datasets


def run(
    sweep: Sweep,
    console: Console,
    *,
    resume: bool = False,
    address: str | None = None,
    trainable: type[Trainable] | None = None,
) -> Result:
    """Run a sweep to its end.

    Args:
        sweep: The plan.
        console: Where progress goes.
        resume: Go on with the latest launch instead of a new one.
        address: Of a Ray cluster; default: RAY_ADDRESS, or Ray on this machine.
        trainable: What trains a trial, with the parameters of `SnnTrainable`, which is the default.

    Raises:
        SnnError, SweepError: What the user gave is wrong, or the world is not ready; nothing ran.
    """
    check_backends(sweep)
    datasets = read_datasets(sweep)
    paths = launch.latest(sweep) if resume else launch.begin(sweep)
    with launch.driving(paths), stoppable() as stop:
        database = StudyDatabase(study_storage(), paths.key, sweep.directions, console.print)
        with cluster.connected(sweep.resources, address) as slots:
            nodes.check_nodes(paths, sweep.resources)
            try:
                return _drive(sweep, database, paths, datasets, slots, console, trainable, stop)
            except OSError as error:  # the notes themselves could not be written
                reason = f"{error.strerror or error}: {paths.folder}"
                raise SweepError(f"{reason}; mend that and go on with --resume") from None


def _drive(
    sweep: Sweep,
    database: StudyDatabase,
    paths: LaunchPaths,
    datasets: Mapping[str, Dataset],
    slots: cluster.Slots,
    console: Console,
    trainable: type[Trainable] | None,
    stop: Stop,
) -> Result:
    from sweep.observer import Observer
    from sweep.search import StudySearcher

    ledger = Ledger(dataset.sha256 for dataset in datasets.values())
    tracker = MlflowTracker(paths)
    _begin_parent(tracker, sweep, paths)
    metric, mode = next(iter(sweep.directions.items()))
    result = Result(paths, Progress(sweep.trials_planned(), metric, mode))
    with _closed_if_interrupted(tracker), Board(result.progress, console) as board:
        board.tell(ledger.trouble and f"MLflow cannot be read ({ledger.trouble})")
        observer = Observer(paths, tracker, board, ledger, datasets)
        study = open_study(sweep, database)
        searcher = StudySearcher(sweep, study, database, ledger.lookup, observer.reuse, slots)
        for config, outcome in searcher.resumed:
            observer.count(config, outcome)
        tuner = _tuner(sweep, searcher, observer, paths, datasets, trainable)
        result.halted = _fit(tuner, stop) or searcher.halted
        observer.interrupt()
    result.failures = observer.failures
    result.interrupted = not result.halted and not searcher.finished
    tracker.end(SWEEP_RUN, Outcome(_final_state(result), reason=result.halted), {})
    result.undelivered = "; ".join(filter(None, (database.close(), tracker.close())))
    return result


def _fit(tuner: Tuner, stop: Stop) -> str:
    """Run to the end, or until the user stops it; why it broke off, if it did."""
    from ray.exceptions import RayError
    from ray.tune.error import TuneError

    try:
        if not stop.asked:
            tuner.fit()
    except (RayError, TuneError) as error:
        return str(error).strip().splitlines()[-1][:300]
    except KeyboardInterrupt:  # the second one; the first ends `fit` in good order
        pass
    return ""


def _tuner(
    sweep: Sweep,
    searcher: Searcher,
    observer: Callback,
    paths: LaunchPaths,
    datasets: Mapping[str, Dataset],
    trainable: type[Trainable] | None,
) -> Tuner:
    from ray.tune import (
        CheckpointConfig,
        FailureConfig,
        RunConfig,
        TuneConfig,
        Tuner,
        with_parameters,
        with_resources,
    )

    from sweep.trainable import SnnTrainable

    needs = sweep.resources
    threads = max(1, int(needs.cpu))
    shared = with_parameters(
        trainable or SnnTrainable,
        datasets=datasets,
        paths=paths,
        threads=threads,
        device=needs.device,
        release=nodes.RELEASE,
    )
    return Tuner(
        with_resources(shared, {"cpu": needs.cpu, "gpu": needs.gpu}),
        tune_config=TuneConfig(
            search_alg=searcher,
            scheduler=_scheduler(sweep),
            num_samples=-1,  # the searcher says when it has finished
            reuse_actors=True,
            trial_dirname_creator=_directory_name,
        ),
        run_config=RunConfig(
            name=paths.tune.name,
            storage_path=str(paths.tune.parent),
            callbacks=[observer],
            checkpoint_config=CheckpointConfig(checkpoint_at_end=False),
            failure_config=FailureConfig(max_failures=sweep.max_failures),
            verbose=0,
        ),
    )


def _scheduler(sweep: Sweep) -> TrialScheduler:
    from ray.tune.schedulers import ASHAScheduler, FIFOScheduler, HyperBandScheduler

    metric, mode = next(iter(sweep.directions.items()))
    plan = sweep.scheduler
    common: dict[str, Any] = {"time_attr": EPOCH, "metric": metric, "mode": mode}
    if plan.name == "asha":
        return ASHAScheduler(
            max_t=max(sweep.values("epochs")) + 1,  # the trials end by themselves
            grace_period=plan.grace,
            reduction_factor=plan.reduction,
            **common,
        )
    if plan.name == "hyperband":
        return HyperBandScheduler(
            max_t=max(sweep.values("epochs")), reduction_factor=plan.reduction, **common
        )
    return FIFOScheduler()  # type: ignore[no-untyped-call]


def _directory_name(trial: Any) -> str:
    return str(trial.config["config_id"])


@contextmanager
def _closed_if_interrupted(tracker: MlflowTracker) -> Iterator[None]:
    """End the parent run, too, when the user stops the sweep before its trials have begun."""
    try:
        yield
    except KeyboardInterrupt:
        tracker.end(SWEEP_RUN, Outcome(State.INTERRUPTED), {})
        tracker.close()
        raise


def _begin_parent(tracker: MlflowTracker, sweep: Sweep, paths: LaunchPaths) -> None:
    params = {
        "sampler": sweep.sampler.name,
        "scheduler": sweep.scheduler.name,
        "trials": sweep.trials_planned(),
        "seeds": list(sweep.seeds),
        "metric": ", ".join(sweep.directions),
    }
    tracker.begin(SWEEP_RUN, f"{paths.name} {paths.launch}", params, sweep_tags(paths))


def _final_state(result: Result) -> str:
    if result.interrupted or result.halted:
        return State.INTERRUPTED
    return State.DONE
