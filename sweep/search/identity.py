"""Whether a study belongs to a launch, so that no result of another sweep is taken from it.

A study is found by a name that has the id of its launch. It is marked with the digests of the
specification and of the images, and each of its trials has the configuration that was run.
Studies of the first version have none of this. Their trials are taken if they lie in the space of
the sweep and the launch itself has notes or a checkpoint of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from optuna.trial import FrozenTrial

from analysis.records import Tag
from snn.config import TrialConfig
from snn.errors import ConfigError
from sweep.errors import SpecError
from sweep.host.paths import LaunchPaths
from sweep.search.database import StudyDatabase
from sweep.spec.spaces.space import Assignment
from sweep.spec.specification import Specification
from sweep.tracking.outbox import Event, Outbox
from sweep.tracking.tracker import SWEEP_RUN
from sweep.trial.params import differences

ASSIGNMENT, CONFIG, OUTCOME = "assignment", "config", "outcome"
"""User attributes of a trial: what was suggested, all that was run, and how each seed ended."""

ENDED_EARLY, BREAKS = "ended_early", "breaks"
"""User attributes: why a configuration was ended early, and which limits it breaks, in words."""

_MARK, _BEFORE = "spikesweep", "before"
"""The mark of a study; within it, keys of the specification as they were before a renaming."""


def configuration_record(config: TrialConfig) -> str:
    """The configuration as a trial of a study records it: without the seed."""
    return json.dumps({key: v for key, v in config.params().items() if key != "seed"})


def claim(
    database: StudyDatabase, sweep: Specification, paths: LaunchPaths, data: Mapping[str, str]
) -> None:
    """Check that a study belongs to a launch, and mark a new one.

    Args:
        database: Has the study open.
        sweep: What the launch runs.
        paths: Of the launch.
        data: SHA-256 of every data set by name.

    Raises:
        SpecError: It is of other configurations, of another specification or of other images.
        SweepError: The database cannot be reached.
    """
    wrong = _wrong_trial(database.trials, sweep, paths)
    known = database.marks.get(_MARK, {})
    digest = _digest(sweep, known.get(_BEFORE, {}))
    mark = {"launch": paths.id, "specification": digest, "data": dict(data)}
    if not wrong and known and {**known, **mark} != known:
        wrong = _wrong_mark(known, mark, paths)
    if wrong:
        database.close()
        raise SpecError(
            f"--resume: the study {paths.key} in the Optuna database does not belong to this "
            f"launch: {wrong}; run it without --resume"
        )
    if not known:
        database.mark(_MARK, mark)


def renamed(marks: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The marks of a study whose sweep gets another name, so that it still belongs to its launch.

    Args:
        marks: Those that it has.
        before: The keys of the specification that change, with their old values.
    """
    mark = marks.get(_MARK)
    return {_MARK: {**mark, _BEFORE: {**before, **mark.get(_BEFORE, {})}}} if mark else {}


def refuse_other_notes(paths: LaunchPaths) -> None:
    """Check that a launch folder was not renamed: its notes are logged under its first name.

    Raises:
        SpecError: It was.
    """
    begins = _begins(paths) if paths.outbox.exists() else []
    noted = next((event["tags"][Tag.TRIAL] for event in begins if event["run"] == SWEEP_RUN), None)
    if noted not in (None, paths.key):
        raise SpecError(
            f"--resume: the notes in {paths.outbox} are of launch {noted}, not {paths.key}; give "
            "the folder its name back, or run it without --resume; `spikesweep rename` renames a "
            "whole sweep"
        )


def _digest(sweep: Specification, before: Mapping[str, Any]) -> str:
    """Digest of the specification as given: defaults may change in a later version.

    Args:
        sweep: The plan.
        before: Keys that had other values when the study was made.
    """
    given = {**sweep.lasting(defaults=False), **before}
    return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()


def _wrong_mark(known: Mapping[str, Any], mark: Mapping[str, Any], paths: LaunchPaths) -> str:
    if known.get("launch") != mark["launch"]:
        return f"it is of launch {known.get('launch') or 'without an id'}, not {mark['launch']}"
    if known.get("specification") != mark["specification"]:
        return f"it was made for another specification than {paths.spec}"
    images = known.get("data", {})
    changed = [name for name, sha in mark["data"].items() if images.get(name) != sha]
    return f"the images of {', '.join(changed)} have changed since"


def _wrong_trial(trials: list[FrozenTrial], sweep: Specification, paths: LaunchPaths) -> str:
    """What is wrong with the first trial that does not belong to this launch."""
    own: set[str] | None = None
    for trial in trials:
        attributes = trial.user_attrs
        if ASSIGNMENT not in attributes:
            continue
        assignment = json.loads(attributes[ASSIGNMENT])
        try:
            configs = {seed: sweep.config(assignment, seed) for seed in sweep.seeds}
        except ConfigError as error:
            return f"trial {trial.number}: {error}"
        if CONFIG in attributes:
            wrong = differences(json.loads(attributes[CONFIG]), configs[sweep.seeds[0]])
        else:
            own = {event["run"] for event in _begins(paths)} if own is None else own
            wrong = _outside(assignment, sweep) or _unknown(attributes, configs, own, paths)
        if wrong:
            return f"trial {trial.number}: {wrong}"
    return ""


def _outside(assignment: Assignment, sweep: Specification) -> str:
    """Which values of a trial lie outside the search space."""
    return "" if sweep.space.takes(assignment) else f"{assignment} is not in search or points"


def _unknown(
    attributes: Mapping[str, Any],
    configs: Mapping[int, TrialConfig],
    own: set[str],
    paths: LaunchPaths,
) -> str:
    """Which seed has a result that this launch did not record."""
    for seed, config in configs.items():
        noted = config.config_id in own or paths.trial(config.config_id).last.exists()
        if f"{OUTCOME}:{seed}" in attributes and not noted:
            return f"this launch has not run {config.config_id}, seed {seed}"
    return ""


def _begins(paths: LaunchPaths) -> list[Event]:
    """The notes of the runs that a launch has begun."""
    outbox = Outbox(paths.outbox, paths.delivered, paths.refused)
    try:
        return [event for event in outbox.all_events() if event["do"] == "begin"]
    finally:
        outbox.close()
