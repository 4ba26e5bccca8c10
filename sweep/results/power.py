"""The power of a design: what differences its comparisons will find, for the dry run."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from analysis.records import DESIGN_SAMPLERS, KIND_TRIAL, NO_PRUNING, State, Tag
from analysis.text.plain import counted
from snn.config import TrialConfig
from sweep.search.random_points import random_points
from sweep.spec.spaces.space import Assignment
from sweep.spec.specification import Specification
from sweep.tracking.earlier_runs import EarlierRun

if TYPE_CHECKING:
    import pandas as pd

_METRIC = "test_accuracy"
_ASSUMED = 0.005
"""The deviation between seeds where no run tells it: half a point of accuracy."""

_ALL = 100  # points: no two accuracies differ by more
_FEWEST = 3  # degrees of freedom of a deviation that is estimated
_MOST_RUNS = 5_000  # that are paired in a dry run
_MOST_DRAWS = 20  # for each configuration of a random search: a small space repeats them
_INSTEAD = "for claims: sampler: grid, scheduler: none, seeds: [0, 1, 2]"


class Noise(NamedTuple):
    """How much the seeds of a configuration differ.

    Attributes:
        deviation: Standard deviation of the test accuracy.
        source: How it is known, in words.
    """

    deviation: float
    source: str


def power_lines(sweep: Specification, earlier: Iterable[EarlierRun]) -> Iterator[str]:
    """What comparisons of the sweep's runs will find, or why they cannot be made.

    Args:
        sweep: The plan.
        earlier: Finished runs on the same data.
    """
    if not (sweep.search or len(sweep.points) > 1):
        return
    methods = _by_results(sweep)
    if methods:
        yield f"none: {' and '.join(methods)} runs by their results; {_INSTEAD}"
    elif len(sweep.seeds) < 2:
        yield f"none: with one seed, chance cannot be told from effect; {_INSTEAD}"
    elif sweep.trials_planned() > _MOST_RUNS:
        yield f"not told of more than {_MOST_RUNS:,} trials"
    else:
        yield from _of_design(sweep, earlier)


def _by_results(sweep: Specification) -> list[str]:
    """What chooses or ends runs by the results of others, so that none may be paired."""
    sampler, scheduler = sweep.sampler.name, sweep.scheduler.name
    return [
        *([f"sampler {sampler} chooses"] if sampler not in DESIGN_SAMPLERS else []),
        *([f"scheduler {scheduler} ends"] if scheduler != NO_PRUNING else []),
        *(["stop.silent ends"] if sweep.ends_silent and scheduler == NO_PRUNING else []),
        *(["constraints choose"] if sweep.limits else []),
    ]


def _of_design(sweep: Specification, earlier: Iterable[EarlierRun]) -> Iterator[str]:
    from analysis.stats.factorial.bundles import bundled, crossed_params
    from analysis.stats.power.planned import planned_power

    configs = [sweep.config(point, seed) for point in _points(sweep) for seed in sweep.seeds]
    noise, planned = noise_of(configs, earlier), _as_runs(configs)
    # Points may set several keys together; they are then one factor.
    table = planned_power(
        bundled(planned, crossed_params(planned))[0] if sweep.points else planned, noise.deviation
    )
    if len(table):
        yield f"seeds differ by {_size(100 * noise.deviation)} points ({noise.source})"
    for factor, rows in table.groupby("factor", sort=False):
        yield f"{factor}: {_found(rows)}"
    refused: Mapping[str, str] = table.attrs["refused"]
    if sweep.points and refused:
        yield _of_changes(sweep, planned, noise)
    else:
        for factor, reason in refused.items():
            which = "not all levels" if factor in set(table["factor"]) else "none"
            yield f"{factor}: {which}: {reason}"
    if len(table):
        yield (
            f"found in 80 % of cases, by p < 0.05 after Holm's correction for "
            f"{counted(len(table), 'comparison')}, if an effect is the same in all configurations"
        )


def _of_changes(sweep: Specification, planned: pd.DataFrame, noise: Noise) -> str:
    """What points that change a baseline find; all points set the keys that make networks."""
    from analysis.errors import AnalysisError
    from analysis.stats.power.planned import planned_changes

    common = set.intersection(*(set(point) for point in sweep.points))
    keys = [key for key in planned.columns if key in common and planned[key].nunique() > 1]
    apart = [key for key in keys if key == "preset"]  # of which each is a baseline
    networks = [key for key in keys if key not in apart]
    options = [*(f"--across {key}" for key in networks), *(f"--within {key}" for key in apart)]
    how = " ".join([f"effects {sweep.name} --changes", *options])
    try:
        table = planned_changes(planned, noise.deviation, networks, apart)
    except AnalysisError:
        return f"of the other keys none alone: points that change a baseline are compared by {how}"
    fewest, most = int(table["n_configurations"].min()), int(table["n_configurations"].max())
    each = counted(most, "network") if fewest == most else f"{fewest} to {most} networks"
    return (
        f"{counted(len(table), 'change')} of a baseline ({how}): {_sizes(table)} "
        f"({each} × {counted(len(sweep.seeds), 'seed')}, for these networks, after Holm's "
        f"correction for {len(table)})"
    )


def _found(rows: pd.DataFrame) -> str:
    """Which differences the comparisons of a factor find."""
    units, seeds = int(rows["n_configurations"].min()), int(rows["n_seeds"].min())
    pairs = f"{units} pair{'s' * (units > 1)} of configurations × {counted(seeds, 'seed')}"
    return f"{_sizes(rows)} ({pairs})"


def _sizes(rows: pd.DataFrame) -> str:
    """From the smallest difference that is found to the greatest."""
    least, most = (100 * float(value) for value in (rows["smallest"].min(), rows["smallest"].max()))
    if least >= _ALL:
        return "no difference can be found: only one above 100 points would be"
    small, great = _size(least), "over 100" if most >= _ALL else _size(most)
    return f"differences of {small if small == great else f'{small} to {great}'} points"


def _size(points: float) -> str:
    """Two digits, and no powers of ten: `0.46`, `4.6`, `46`."""
    return f"{points:.0f}" if points >= 10 else f"{points:.2g}"


def _points(sweep: Specification) -> list[Assignment]:
    """The configurations of a design; of one that is drawn at random, such as could be drawn."""
    planned = sweep.configurations_planned()
    if sweep.points or sweep.sampler.declared.every_point:
        return sweep.space.grid()[:planned]
    found: dict[str, Assignment] = {}
    draws = random_points(sweep.space, seed=sweep.sampler.seed)
    for point in itertools.islice(draws, _MOST_DRAWS * planned):
        found.setdefault(str(sorted(point.items())), point)
        if len(found) == planned:
            break
    return list(found.values())


def noise_of(planned: Iterable[TrialConfig], earlier: Iterable[EarlierRun]) -> Noise:
    """The deviation between seeds: of these configurations, else of all, else assumed."""
    ours = {_without_seed({key: str(v) for key, v in one.params().items()}) for one in planned}
    by_configuration: dict[Any, list[float]] = {}
    for run in earlier:
        if _METRIC in run.metrics:
            key = _without_seed(run.params)
            by_configuration.setdefault(key, []).append(run.metrics[_METRIC])
    of_plan = [values for key, values in by_configuration.items() if key in ours]
    for groups, whose in (
        (of_plan, "of this plan that ran"),
        (list(by_configuration.values()), "that ran before on these data"),
    ):
        several = [values for values in groups if len(values) > 1]
        freedom = sum(len(values) - 1 for values in several)
        if freedom >= _FEWEST:
            squares = sum(_squares(values) for values in several)
            source = f"as in {counted(len(several), 'configuration')} {whose}"
            return Noise(math.sqrt(squares / freedom), source)
    return Noise(_ASSUMED, "assumed: too few runs on these data tell it")


def _without_seed(params: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, value) for key, value in params.items() if key != "seed"))


def _squares(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values)


def _as_runs(configs: Iterable[TrialConfig]) -> pd.DataFrame:
    """The planned runs as a table of finished ones, without results."""
    from analysis.data.runs import tidy
    from analysis.store.record import RunRecord

    def record(config: TrialConfig) -> RunRecord:
        tags = {
            Tag.KIND: KIND_TRIAL,
            Tag.STATE: State.DONE,
            Tag.CONFIG_ID: config.config_id,
            Tag.GROUP_ID: config.group_id,
        }
        params = {key: str(value) for key, value in config.params().items()}
        return RunRecord(
            run_id=config.config_id,
            sweep="",
            name="",
            status="FINISHED",
            start_ms=0,
            end_ms=0,
            params=params,
            tags=tags,
            metrics={_METRIC: 0.0},
        )

    return tidy(map(record, configs))
