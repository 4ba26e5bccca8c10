"""A sweep from its specification to its results: the launch, Ray, and the driver."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from analysis.text.redaction import redacted
from snn.errors import SnnError
from sweep.cluster import connection, nodes, packing
from sweep.errors import SpecError, SweepError, first_line
from sweep.host.notices import Notices
from sweep.host.paths import LaunchPaths, study_storage
from sweep.host.stopping import stoppable
from sweep.run import launch
from sweep.run.closing import Draw, no_figures
from sweep.spec.checks.trials import check_backends, check_data, check_networks
from sweep.spec.specification import Specification
from sweep.tracking.same_store import refuse_another_store

if TYPE_CHECKING:
    from ray.tune import Trainable
    from rich.console import Console

    from analysis.store.record import RunRecord
    from snn.data.base import Data
    from sweep.run.driver import Result
    from sweep.search.memory import Memory

RunsOf = Callable[[Sequence[str]], "list[RunRecord]"]


_MOST_LINES = 20  # of a message


def read_datasets(sweep: Specification) -> dict[str, Data]:
    """All data sets that trials of a sweep can use, after a check that they fit the trials.

    Raises:
        SpecError: Some cannot be read, or do not fit; a line each.
    """
    from snn.data import load
    from snn.errors import DataError

    datasets: dict[str, Data] = {}
    mistakes = []
    for name in sweep.values("dataset"):
        try:
            datasets[name] = load(name)
        except DataError as error:
            mistakes.append(str(error))
    if mistakes:
        raise SpecError(*mistakes)
    check_data(sweep, datasets)
    return datasets


def notes(sweep: Specification, datasets: Mapping[str, Data]) -> list[str]:
    """What a user should know of how samples become inputs of the trials, a line each.

    Of a range that is searched, its ends are told.
    """
    found: dict[str, None] = {}
    for point in sweep.space.covering():
        config = sweep.config_of({**sweep.base, **point})
        found |= dict.fromkeys(datasets[config.dataset].seen_by(config).notes)
    return list(found)


def run(
    sweep: Specification,
    console: Console,
    *,
    resume: bool = False,
    address: str | None = None,
    trainable: type[Trainable] | None = None,
    runs_of: RunsOf | None = None,
    draw: Draw = no_figures,
) -> Result:
    """Run a sweep to its end.

    Args:
        sweep: The plan.
        console: Where progress goes.
        resume: Go on with the latest launch instead of a new one.
        address: Of a Ray cluster; default: RAY_ADDRESS, or Ray on this machine.
        trainable: What trains a trial, with the parameters of `SnnTrainable`; by default that, or
            for packed trials `PackedTrainable`.
        runs_of: Reads the runs of the sweeps and files that the sweep starts from.
        draw: Draws the figures that are left at the end.

    Raises:
        SnnError, SweepError: The input is wrong, or a disk, network or server fails; nothing ran.
    """
    earlier = launch.latest(sweep) if resume else None
    needs = packing.settled(sweep)
    which = f"launch {earlier.launch}" if earlier else "a launch"
    with launch.alone(sweep.name, f"{which} of {sweep.name!r}"), stoppable() as stop:
        # What can be refused is refused before Ray starts, which takes seconds.
        check_backends(sweep)
        datasets = read_datasets(sweep)
        check_networks(sweep, datasets)
        memory = memory_of(sweep, datasets, runs_of, earlier)
        told = str(memory) if memory and memory.left_out is not None else ""
        forgets = sweep.scheduler.declared.forgets if earlier else ""
        over = earlier is not None and _is_done(sweep, earlier, console)
        if not over:
            said = (*notes(sweep, datasets), packing.in_words(needs), forgets, told)
            for line in filter(None, (*said, connection.announced(address))):
                console.print(line, soft_wrap=True, highlight=False, markup=False)
        room = connection.not_needed(needs) if over else connection.connected(needs, address)
        with room as slots:
            paths = earlier or launch.begin(sweep)
            with launch.driving(paths):
                try:
                    if resume:
                        refuse_another_store(paths)
                        for changed in launch.keep_rules(sweep, paths):
                            console.print(changed, soft_wrap=True, highlight=False, markup=False)
                    if memory and not paths.start_from.exists():
                        memory.write(paths.start_from)
                    if not over:
                        nodes.check_nodes(paths, needs)
                    from sweep.run.driver import drive

                    chosen = trainable or _trainable(needs.together)
                    with _telling(sweep, console) as told_end:
                        result = drive(
                            sweep, paths, datasets, slots, stop, console, chosen, memory, draw
                        )
                        told_end(result)
                        return result
                except OSError as error:  # the notes themselves could not be written
                    reason = f"{error.strerror or error}: {paths.folder}"
                    raise SweepError(f"{reason}; mend that and go on with --resume") from None
                finally:
                    if not resume:
                        launch.discard_unused(paths)


def _is_done(sweep: Specification, paths: LaunchPaths, console: Console) -> bool:
    """Whether a launch that is resumed has nothing left to run, so that it needs no Ray.

    Raises:
        SweepError: The study's database cannot be reached.
    """
    from sweep.search.database import StudyDatabase  # with Optuna, which is slow to import
    from sweep.search.done import is_done
    from sweep.tracking.tracker import spent_by

    database = StudyDatabase(study_storage(), paths.key, sweep.directions, console.print)
    try:
        return is_done(sweep, database.trials, spent_by(paths))
    finally:
        database.close()


@contextmanager
def _telling(sweep: Specification, console: Console) -> Iterator[Callable[[Result], None]]:
    """Tell those whom the sweep names (`notify`) how it has ended, or why it has failed."""
    notices = Notices(sweep.notify, sweep.name, console.print)

    def end(result: Result) -> None:
        what = "has ended"
        if result.halted or result.interrupted:
            what = "has stopped early" if result.halted else "was interrupted"
        lines = [result.halted, result.ended, result.progress.line(), result.undelivered]
        lines += [f"failed: {name}: {reason}" for name, reason in result.failures.items()]
        follows = sweep.confirm is not None and what == "has ended"
        lines += ["its confirmation follows"] if follows else []
        notices.send(what, redacted("\n".join(filter(None, lines[:_MOST_LINES]))))

    try:
        yield end
    except (SnnError, SweepError, OSError) as error:
        notices.send("has failed", first_line(error))
        raise


def memory_of(
    sweep: Specification,
    datasets: Mapping[str, Data],
    runs_of: RunsOf | None,
    earlier: LaunchPaths | None = None,
) -> Memory | None:
    """What the sampler knows of earlier sweeps; None if it starts from none.

    Args:
        sweep: The plan.
        datasets: All that its trials can ask for.
        runs_of: Reads the runs of sweeps and files.
        earlier: A launch that is resumed; it has kept what it knew.

    Raises:
        AnalysisError: A sweep or a file cannot be read.
    """
    if not sweep.start_from:
        return None
    from sweep.search.memory import Memory, recall

    if earlier and earlier.start_from.exists():
        return Memory.read(earlier.start_from)
    assert runs_of is not None, "somebody must read the runs of earlier sweeps"
    data = {name: dataset.sha256 for name, dataset in datasets.items()}
    return recall(sweep, runs_of(sweep.start_from), data)


def _trainable(together: int) -> type[Trainable]:
    """What trains a trial: a process of its own, or one for several."""
    if together > 1:
        from sweep.trial.packing.trainable import PackedTrainable

        return PackedTrainable
    from sweep.trial.trainable import SnnTrainable

    return SnnTrainable
