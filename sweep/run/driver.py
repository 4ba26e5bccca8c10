"""The driver of a launch: study, tracker and board around Ray Tune, from start to result."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ray.tune import Trainable
from rich.console import Console

from analysis.records import LONGEST_TAG, State, Tag
from snn.data.base import Data
from sweep.cluster.sharing.slots import NoSlots, Slots
from sweep.host.notices import Notices, Standstill
from sweep.host.paths import LaunchPaths, study_storage
from sweep.host.stopping import Stop
from sweep.run import closing
from sweep.run.display.best import Best
from sweep.run.display.board import Board, Progress
from sweep.run.display.progress import WORKERS
from sweep.run.observer import Observer
from sweep.run.tuner import fit, make_tuner
from sweep.search.database import StudyDatabase
from sweep.search.ends import Ends, make_ends
from sweep.search.identity import claim, refuse_other_notes
from sweep.search.memory import Memory
from sweep.search.searcher import StudySearcher
from sweep.search.study import leaders, missed, open_study, unmet
from sweep.spec.specification import Specification
from sweep.tracking.earlier_runs import Ledger
from sweep.tracking.launch_log import LaunchLog
from sweep.tracking.shown.description import describe
from sweep.tracking.shown.names import naming
from sweep.tracking.shown.view import prepared
from sweep.tracking.tracker import SWEEP_RUN, MlflowTracker
from sweep.trial.outcome import Outcome
from sweep.trial.trainable import SnnTrainable


@dataclass
class Result:
    """How a launch ended.

    Attributes:
        paths: Its folder.
        progress: Its counts.
        failures: Reasons by trial.
        halted: Why it stopped early (a full disk …); empty if it did not.
        interrupted: Whether the user stopped it.
        ended: Which rule ended the search before its plan was done, in words; empty if none did.
        ended_by: The key of the specification that has its limit; empty if none has.
        undelivered: What MLflow or the study's database have not received, in one line.
        unmet: That nothing keeps all limits, in one line; empty if something does.
        missed: That nothing reached the target, in one line; empty if something did.
        leaders: What was searched and found, best first; known without MLflow.
    """

    paths: LaunchPaths
    progress: Progress
    failures: Mapping[str, str] = field(default_factory=dict)
    halted: str = ""
    interrupted: bool = False
    ended: str = ""
    ended_by: str = ""
    undelivered: str = ""
    unmet: str = ""
    missed: str = ""
    leaders: Sequence[Mapping[str, Any]] = ()


def drive(
    sweep: Specification,
    paths: LaunchPaths,
    datasets: Mapping[str, Data],
    slots: Slots,
    stop: Stop,
    console: Console,
    trainable: type[Trainable] = SnnTrainable,
    memory: Memory | None = None,
    draw: closing.Draw = closing.no_figures,
) -> Result:
    """Run a launch to its end, or go on with it.

    Args:
        sweep: The plan.
        paths: Of the launch, whose lock is held.
        datasets: All that its trials can ask for.
        slots: How many trials can run at once; `NoSlots` where none is left to run.
        stop: Whether the user asked for the end.
        console: Where progress goes.
        trainable: What trains a trial, with the parameters of `SnnTrainable`.
        memory: What the sampler knows of earlier sweeps.
        draw: Draws the figures that are left at the end.

    Raises:
        SpecError: The study or the notes belong to another launch; nothing ran.
        SweepError: The study's database cannot be reached; nothing ran.
        OSError: The notes cannot be written.
    """
    refuse_other_notes(paths)
    database = StudyDatabase(study_storage(), paths.key, sweep.directions, console.print)
    data = {name: dataset.sha256 for name, dataset in datasets.items()}
    claim(database, sweep, paths, data)
    tracker = MlflowTracker(paths)
    log = LaunchLog(paths, tracker)
    resumed = bool(tracker.state(SWEEP_RUN)) or isinstance(slots, NoSlots)
    _begin_launch(log, sweep, _told(sweep, "") if tracker.ended else {})
    ends = make_ends(sweep, tracker.spending.so_far)
    (metric, mode), *others = sweep.directions.items()
    best = Best(metric, mode, len(sweep.seeds), sweep.limits, [name for name, _ in others])
    result = Result(paths, Progress(sweep.trials_planned(), metric, best))
    with _closed_if_interrupted(tracker, log), Board(result.progress, console) as board:
        ledger = Ledger(data.values(), board.tell)
        board.tell(ledger.trouble and f"MLflow cannot be read ({ledger.trouble})")
        notices = Notices(sweep.notify, sweep.name, board.tell)
        still = Standstill(notices.send_soon, partial(_waits_for, board))

        def lost() -> str:
            still.look(result.progress.reports)
            return slots.servers.lost()

        slots.wanted = lambda: result.progress.planned - result.progress.ended
        names, seeds = naming(sweep), len(sweep.seeds)
        observer = Observer(paths, tracker, board, ledger, datasets, slots, names, seeds)
        searcher = _searcher(sweep, database, ledger, observer, ends, memory)
        over = _nothing_to_do(searcher, result.progress.planned) if resumed else ""
        if over:
            board.tell(f"nothing to do: {over}")
        else:
            tuner = make_tuner(
                sweep, searcher, observer, paths, datasets, trainable, stop, slots.of_trial
            )
            board.wait(WORKERS)
            result.halted = fit(tuner, stop, lost, board.stopping) or searcher.halted
        observer.interrupt()
    result.failures = observer.failures
    _judge(result, sweep, searcher, over)
    log.standing(result.progress.ended, result.progress.metrics(), every_s=0)
    draw = closing.no_figures if result.interrupted else draw  # the user waits for the end
    files = closing.write(
        paths, searcher.study, result.leaders, sweep.directions, console.print, draw
    )
    _end_launch(log, sweep, result, files)
    result.undelivered = "; ".join(filter(None, (database.close(), tracker.close())))
    return result


def _searcher(
    sweep: Specification,
    database: StudyDatabase,
    ledger: Ledger,
    observer: Observer,
    ends: Ends,
    memory: Memory | None,
) -> StudySearcher:
    """The searcher of a launch; what earlier drivers have settled is counted."""
    searcher = StudySearcher(
        sweep,
        open_study(sweep, database, memory),
        database,
        ledger.lookup,
        observer.reuse,
        observer.slots,
        why=observer.cause,
        history=observer.history,
        on_drop=observer.drop,
        ends=ends,
        known=memory.known(sweep) if memory else (),
    )
    for config, outcome in searcher.resumed:
        observer.count(config, outcome)
    return searcher


def _judge(result: Result, sweep: Specification, searcher: StudySearcher, over: str) -> None:
    """Find out what the launch has found, and how it ended.

    Args:
        result: Is written to.
        sweep: The plan.
        searcher: Of the launch.
        over: Why nothing was left to run; empty if something was.
    """
    study, ends = searcher.study, searcher.ends
    result.leaders = leaders(study, sweep.directions)
    result.unmet, result.missed = unmet(study, sweep), missed(sweep, result.leaders)
    finished = bool(over) or ends.at_once or searcher.finished
    result.interrupted = not result.halted and not finished
    used_up_later = searcher.complete and ends.at_once  # a budget that ended nothing
    if not result.halted and not result.interrupted and not used_up_later:
        result.ended, result.ended_by = ends.reason, ends.key


def _nothing_to_do(searcher: StudySearcher, planned: int) -> str:
    """Why a launch that is resumed has nothing left to run; empty if it has."""
    ends = searcher.ends
    if searcher.complete:
        return f"all {planned} trials of the launch have ended, and none is left"
    over = ends.over_at_once() or (ends.over() and not searcher.waiting)
    return ends.reason if over else ""


def _waits_for(board: Board) -> str:
    running = f"{len(board.progress.running)} running"
    return f"{running}; it has said last: {board.notice}" if board.notice else running


@contextmanager
def _closed_if_interrupted(tracker: MlflowTracker, log: LaunchLog) -> Iterator[None]:
    """Also end the parent run when the user stops the sweep before its first trial."""
    try:
        yield
    except KeyboardInterrupt:
        log.end_launch(Outcome(State.INTERRUPTED))
        tracker.close()
        raise


def _begin_launch(log: LaunchLog, sweep: Specification, told: Mapping[str, str]) -> None:
    params = {
        "sampler": sweep.sampler.name,
        "scheduler": sweep.scheduler.name,
        "trials": sweep.trials_planned(),
        "seeds": list(sweep.seeds),
        "metric": ", ".join(sweep.directions),
    }
    tags = {Tag.SPEC: sweep.to_log()[:LONGEST_TAG], Tag.NOTE: describe(sweep), **told}
    view = prepared(sweep, int(time.time() * 1000))
    about = {Tag.NOTE: sweep.description} if sweep.description else {}
    log.begin_launch(params, tags, view | about)


def _end_launch(log: LaunchLog, sweep: Specification, result: Result, files: Sequence[str]) -> None:
    at_end = {f"trials/{State.RUNNING}": 0.0} if result.progress.running else {}
    told = _told(sweep, result.ended) if result.ended else {}
    log.end_launch(Outcome(_final_state(result), at_end, reason=result.halted), files, told)


def _told(sweep: Specification, ended: str) -> dict[str, str]:
    """What MLflow shows of the rule that ended the search; an empty text where none has."""
    words = [describe(sweep), f"The search has ended: {ended}." if ended else ""]
    return {Tag.ENDED: ended, Tag.NOTE: "\n\n".join(filter(None, words))}


def _final_state(result: Result) -> str:
    if result.interrupted or result.halted:
        return State.INTERRUPTED
    return State.DONE
