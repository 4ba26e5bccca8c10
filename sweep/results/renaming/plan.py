"""What is renamed of a sweep, and whether it may be: nothing is changed here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.records import RUN_FILE, SWEEP_NAME, Tag
from analysis.store.tracking_store import experiments_of, sweep_runs
from analysis.text.addresses import shown
from analysis.text.plain import counted
from sweep.errors import SpecError
from sweep.host.paths import launches, storage_root, study_storage
from sweep.results.half_renamed import Journal, journal_of, refuse_half_renamed
from sweep.results.holdings import (
    Holdings,
    holdings,
    in_words,
    studies_of,
    study_names,
    world,
)
from sweep.run import launch
from sweep.spec.fresh_seeds import CONFIRMED
from sweep.tracking.store import open_store, store_exists, store_uri

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

_OF_TRAININGS = "train"  # single trainings look for each other under this name


@dataclass(frozen=True)
class Renaming:
    """What is renamed of a sweep.

    Attributes:
        journal: The whole plan.
        begun: Whether an earlier command has begun with it.
        runs: How many there are in MLflow, in words.
    """

    journal: Journal
    begun: bool
    runs: str

    def lines(self) -> Iterator[str]:
        """What will be renamed, for people."""
        plan, root = self.journal, storage_root()
        yield f"becomes {plan.now}{': the rest of it' if self.begun else ''}"
        if plan.experiments:
            yield f"MLflow  {self.runs} in {shown(store_uri())}"
        if plan.studies:
            studies = "study" if len(plan.studies) == 1 else "studies"
            yield f"Optuna  {len(plan.studies)} {studies} in {shown(study_storage())}"
        for number in plan.launches:
            yield f"files   {root / plan.before / str(number)} → {root / plan.now / str(number)}"


def renamings(before: str, now: str) -> list[Renaming]:
    """What is renamed: the confirmation of a sweep, if there is one, and the sweep.

    Raises:
        SpecError: There is no such sweep, it runs, or the new name is taken or none.
        SweepError: A store cannot be read.
    """
    _check_names(before, now)
    found = _renaming(before, now)
    others = (f"{before}{CONFIRMED}", f"{now}{CONFIRMED}")
    if journal_of(others[0]) or _exists(others[0]):
        return [_renaming(*others), found]  # the sweep last: until then, it is found again
    return [found]


def _check_names(before: str, now: str) -> None:
    if not re.fullmatch(SWEEP_NAME, now) or now.endswith(RUN_FILE):
        raise SpecError(
            f"{now}: is no name of a sweep; allowed are letters, digits, '-', '_' and '.', at most "
            f"64, without {RUN_FILE} at the end"
        )
    if before == now:
        raise SpecError(f"{now}: is its name already")
    for name in (before, now):
        if name == _OF_TRAININGS:
            raise SpecError(f"{name}: is the name of what `spikesweep train` trains")
    search = before.removesuffix(CONFIRMED)
    if search != before and _exists(search):
        raise SpecError(f"{before}: gets another name with its search: spikesweep rename {search}")


def _renaming(before: str, now: str) -> Renaming:
    begun = journal_of(before)
    if begun and begun.now == now:
        return Renaming(begun, begun=True, runs=_count(begun))
    for name in (before, now):
        refuse_half_renamed(name)
    with launch.alone(before, repr(before)):
        held = holdings(before)
        _refuse_running(held)
        _refuse_taken(now, held)
    numbers = tuple(paths.launch for paths in held.launches)
    plan = Journal(before, now, held.experiments, held.studies, numbers)
    return Renaming(plan, begun=False, runs=held.runs)


def _exists(name: str) -> bool:
    with world(f"read what there is of {name}"):
        if launches(storage_root(), name):
            return True
        return store_exists() and bool(experiments_of(open_store(), [name]))


def _count(plan: Journal) -> str:
    if not plan.experiments:
        return in_words(())
    return in_words(sweep_runs(open_store(), dict.fromkeys(plan.experiments, "")))


def _refuse_running(held: Holdings) -> None:
    if held.running:
        raise SpecError(
            f"{held.name}: {counted(held.running, 'launch')} of it run, by MLflow; wait for the "
            "end, or stop it; if its driver is gone, `spikesweep sync` closes its runs"
        )


def _refuse_taken(now: str, held: Holdings) -> None:
    """Check that nothing else has the new name.

    Raises:
        SpecError: Something has.
    """
    root, what = storage_root(), ""
    targets = {f"{now}{study.removeprefix(held.name)}" for study in held.studies}
    if launches(root, now):
        what = f"launches in {root / now}"
    elif studies_of(now, ()) or targets.intersection(study_names()):
        what = f"studies in {shown(study_storage())}"
    elif store_exists():
        what = _taken_in_mlflow(open_store(), now, held)
    if what:
        raise SpecError(f"{now}: there are {what} of this name already; choose another")


def _taken_in_mlflow(client: MlflowClient, now: str, held: Holdings) -> str:
    ours = [client.get_experiment(key) for key in held.experiments]
    launched = {experiment.tags.get(Tag.SWEEP, held.name) for experiment in ours}
    if len(ours) > 1 or launched - {held.name}:
        raise SpecError(
            f"{held.name}: was given this name in MLflow, and was launched as "
            f"{', '.join(launched)}; rename that"
        )
    named = client.get_experiment_by_name(now)
    found = {*experiments_of(client, [now]), *([named.experiment_id] if named else [])}
    return f"runs in {shown(store_uri())}" if found - set(held.experiments) else ""
