"""Ray Tune, set up for a sweep: its searcher, scheduler, trainable and callback."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ray.exceptions import RayError
from ray.tune import (
    Callback,
    CheckpointConfig,
    FailureConfig,
    ProgressReporter,
    RunConfig,
    Stopper,
    Trainable,
    TuneConfig,
    Tuner,
    with_parameters,
    with_resources,
)
from ray.tune.error import TuneError
from ray.tune.search import SearchGenerator

from snn.data.base import Data
from sweep.cluster import nodes
from sweep.cluster.ray_internals import unrecorded
from sweep.cluster.servers import TUNE_THREAD
from sweep.host.paths import LaunchPaths
from sweep.host.stopping import Stop
from sweep.methods.schedulers.base import Past
from sweep.search.schedulers import make_scheduler
from sweep.search.searcher import StudySearcher
from sweep.spec.sections.resources import Resources
from sweep.spec.specification import Specification

_LOOK_EVERY_S = 0.1
_SIGNAL_S = 0.5  # within this time, all processes of a group have received a signal


class _Ends(Stopper):
    """Ends all trials in good order, when the user asks for it or a rule of the search does.

    Also when the search was halted and nothing trains any more: what is paused goes on when it is
    resumed.
    """

    def __init__(self, stop: Stop, searcher: StudySearcher) -> None:
        self._stop, self._searcher = stop, searcher

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """A trial ends by itself."""
        return False

    def stop_all(self) -> bool:
        """Tune asks this after every event."""
        over = self._stop.asked or self._searcher.ends.over_at_once()
        return over or self._searcher.stuck

    def __getstate__(self) -> dict[str, Any]:
        """Empty: Tune pickles it for a restore that we do not use."""
        return {}


class _Silent(ProgressReporter):
    """Reports nothing: Tune's own reporter clears the output of a notebook's cell."""

    def should_report(self, trials: list[Any], done: bool = False) -> bool:
        """Asked by Tune after every event."""
        return False


class _Asking(SearchGenerator):
    """Asks the searcher again after its last trial, because a trial may have to be run again."""

    def __init__(self, searcher: StudySearcher) -> None:
        super().__init__(searcher)
        self._ours, self._stopped = searcher, False

    def set_finished(self) -> None:
        """Tune calls this when the user stops the sweep."""
        self._stopped = True
        super().set_finished()  # type: ignore[no-untyped-call]

    def is_finished(self) -> bool:
        """Whether no more trials will come."""
        return super().is_finished() and (self._stopped or not self._ours.waiting)


def fit(tuner: Tuner, stop: Stop, lost: Callable[[], str], on_stop: Callable[[], None]) -> str:
    """Run to the end, or until the user stops it; returns why it stopped early, or nothing.

    Tune runs in a thread of its own. When Ray's servers have died, its calls of Ray hang for a
    minute in compiled code. The calling thread does not wait for it: it goes on and closes the
    notes.

    Args:
        tuner: All set up.
        stop: Ends the trials when the user asks for it; at once when the user insists.
        lost: Which of Ray's servers has died, in words; empty while all live.
        on_stop: Called as soon as the user asks for the end: what runs is waited for.
    """
    if stop.asked:
        return ""
    over, errors = threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            with unrecorded():
                tuner.fit()
        except BaseException as error:
            errors.append(error)
        finally:
            over.set()

    with stop.only_noted():
        threading.Thread(target=run, name=TUNE_THREAD, daemon=True).start()
        told = False
        while not over.wait(_LOOK_EVERY_S) and not stop.insisted:
            if stop.asked and not told:
                on_stop()
                told = True
            reason = lost()
            if reason:  # the signal that ended the servers may also have been sent to this process
                time.sleep(0 if stop.asked else _SIGNAL_S)
                return "" if stop.asked else reason
    if not errors:
        return ""
    if isinstance(errors[0], (RayError, TuneError)):
        return lost() or str(errors[0]).strip().splitlines()[-1][:300]
    raise errors[0]


def make_tuner(
    sweep: Specification,
    searcher: StudySearcher,
    observer: Callback,
    paths: LaunchPaths,
    datasets: Mapping[str, Data],
    trainable: type[Trainable],
    stop: Stop,
    needs: Resources,
) -> Tuner:
    """Ray Tune, set up for a sweep.

    Args:
        sweep: The plan.
        searcher: Hands out the trials.
        observer: Gets the events of the trials.
        paths: Of the launch.
        datasets: Put into Ray's object store once, shared by all trials.
        trainable: What trains a trial.
        stop: Whether the user asked for the end.
        needs: What a trial asks for.
    """
    threads = max(1, int(needs.cpu))
    scheduler = make_scheduler(sweep, _past(searcher))
    searcher.join(scheduler)
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
            search_alg=_Asking(searcher),
            scheduler=scheduler,
            num_samples=-1,  # the searcher says when it has finished
            reuse_actors=True,
            trial_dirname_creator=_directory_name,
        ),
        run_config=RunConfig(
            name=paths.tune.name,
            storage_path=str(paths.tune.parent),
            callbacks=[observer],
            stop=_Ends(stop, searcher),
            checkpoint_config=CheckpointConfig(checkpoint_at_end=False),
            failure_config=FailureConfig(max_failures=sweep.max_failures),
            progress_reporter=_Silent(),
            verbose=0,
        ),
    )


def _past(searcher: StudySearcher) -> Iterator[Past]:
    """The trials that earlier drivers of this launch have finished."""
    latest = {config.config_id: (config, outcome) for config, outcome in searcher.resumed}
    for config, outcome in latest.values():
        yield Past(
            config.wire,
            searcher.history(config),
            outcome.state,
            outcome.metrics,
            searcher.ended_early.get(config.group_id, ""),
        )


def _directory_name(trial: Any) -> str:
    return str(trial.config["config_id"])
