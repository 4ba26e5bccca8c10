"""Runs as a study of Optuna in memory, for the figures that Optuna draws.

So they are the same for runs in a store, in files, and of several sweeps together.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.data.groups import COSTS, is_number
from analysis.data.labels import in_order, legend_label
from analysis.figures.parts.layout import scale_of
from analysis.records import State
from analysis.text.typeset import as_text

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution


def study_of(
    groups: pd.DataFrame, params: Sequence[str], metric: str, logarithmic: Collection[str] = ()
) -> Study:
    """A trial for every configuration, in this order, with the mean of a metric.

    Accuracies are in percent, categories have their labels. A param that has no effect in a
    configuration is not among those of its trial.

    Args:
        groups: As `group_runs` gives them, with the column `{metric}_mean`.
        params: The params to keep.
        metric: What the trials are judged by.
        logarithmic: Those of the params that were searched so.
    """
    import optuna

    distributions = {name: _distribution(groups[name], log=name in logarithmic) for name in params}
    study = _new([metric])
    values = groups[f"{metric}_mean"] * scale_of(metric)
    rows: list[dict[Any, Any]] = groups[list(params)].to_dict("records")
    for row, value in zip(rows, values, strict=True):
        known = {name: x for name, x in row.items() if not pd.isna(x)}
        study.add_trial(
            optuna.create_trial(
                params={name: _value(name, x, distributions[name]) for name, x in known.items()},
                distributions={name: distributions[name] for name in known},
                value=float(value),
            )
        )
    return study


def study_of_two(values: pd.DataFrame) -> Study:
    """A trial for every row, with two metrics; names that are costs are the less the better."""
    import optuna

    study = _new(list(values.columns))
    for row in values.to_numpy():
        study.add_trial(optuna.create_trial(values=[float(x) for x in row]))
    return study


def study_of_times(runs: pd.DataFrame) -> Study:
    """A trial for every run that has ended, in the order of their begin, with its times in UTC."""
    from optuna.trial import FrozenTrial, TrialState

    states = {State.DONE: TrialState.COMPLETE, State.PRUNED: TrialState.PRUNED}
    study = _new(["best_val_accuracy"])
    for number, (start, seconds, state) in enumerate(
        zip(runs["start"], runs["duration_s"], runs["state"], strict=True)
    ):
        begin = start.tz_convert(None).to_pydatetime()
        told = states.get(state, TrialState.FAIL)
        trial = FrozenTrial(
            number=number,
            state=told,
            value=0.0 if told == TrialState.COMPLETE else None,
            datetime_start=begin,
            datetime_complete=begin + pd.Timedelta(seconds=seconds).to_pytimedelta(),
            params={},
            distributions={},
            user_attrs={},
            system_attrs={},
            intermediate_values={},
            trial_id=number,
        )
        study.add_trial(trial)
    return study


def _new(metrics: Sequence[str]) -> Study:
    import optuna
    from optuna.study import StudyDirection

    told = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # it greets every new study
    try:
        less, more = StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE
        directions = [less if name in COSTS else more for name in metrics]
        return optuna.create_study(directions=directions)
    finally:
        optuna.logging.set_verbosity(told)


def _distribution(column: pd.Series[Any], *, log: bool) -> BaseDistribution:
    from optuna import distributions

    if not is_number(column):
        name = str(column.name)
        return distributions.CategoricalDistribution(
            [legend_label(name, text) for text in in_order(column.dropna())]
        )
    low, high = float(column.min()), float(column.max())
    return distributions.FloatDistribution(low, high, log=log)


def _value(name: str, value: Any, distribution: BaseDistribution) -> Any:
    from optuna.distributions import FloatDistribution

    is_scale = isinstance(distribution, FloatDistribution)
    return float(value) if is_scale else legend_label(name, as_text(value))
