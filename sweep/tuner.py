"""Ray Tune, set up for a sweep: its searcher, scheduler, trainable and callback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ray.exceptions import RayError
from ray.tune import (
    Callback,
    CheckpointConfig,
    FailureConfig,
    RunConfig,
    Trainable,
    TuneConfig,
    Tuner,
    with_parameters,
    with_resources,
)
from ray.tune.error import TuneError
from ray.tune.search import Searcher

from snn.data import Dataset
from sweep import nodes
from sweep.paths import LaunchPaths
from sweep.scheduler import make_scheduler
from sweep.spec import Sweep
from sweep.stopping import Stop


def fit(tuner: Tuner, stop: Stop) -> str:
    """Run to the end, or until the user stops it; why it broke off, if it did."""
    try:
        if not stop.asked:
            tuner.fit()
    except (RayError, TuneError) as error:
        return str(error).strip().splitlines()[-1][:300]
    except KeyboardInterrupt:  # the second one; the first ends `fit` in good order
        pass
    return ""


def make_tuner(
    sweep: Sweep,
    searcher: Searcher,
    observer: Callback,
    paths: LaunchPaths,
    datasets: Mapping[str, Dataset],
    trainable: type[Trainable],
) -> Tuner:
    """Everything that Ray Tune needs to run a sweep to its end.

    Args:
        sweep: The plan.
        searcher: Hands out the trials.
        observer: Is told what happens to them.
        paths: Of the launch.
        datasets: Put into Ray's object store once, shared by all trials.
        trainable: What trains a trial.
    """
    needs = sweep.resources
    threads = max(1, int(needs.cpu))
    shared = with_parameters(
        trainable,
        datasets=datasets,
        paths=paths,
        threads=threads,
        device=needs.device,
        release=nodes.RELEASE,
    )
    return Tuner(
        with_resources(shared, needs.wanted),
        tune_config=TuneConfig(
            search_alg=searcher,
            scheduler=make_scheduler(sweep),
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


def _directory_name(trial: Any) -> str:
    return str(trial.config["config_id"])
