"""Runs of an ablation: what each changes of a baseline, one thing at a time.

Several keys may change together, as the constants of a neuron do; that is one change. The change
takes the place of the keys: it is a param of its own, so that all that compares runs by a param
compares changes. A key that stands in the run but not in the baseline, as it has no effect there,
is part of the change.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from analysis.data.groups import done_runs, require_param
from analysis.data.labels import ACTS_ON, CHANGE, NO_CHANGE, legend_label, sort_key, value_labels
from analysis.data.runs import param_columns
from analysis.errors import AnalysisError
from analysis.records import FACTORS
from analysis.stats.design.networks import makers
from analysis.text.typeset import as_text


def by_change(
    runs: pd.DataFrame, networks: Sequence[str] = (), apart: Sequence[str] = ()
) -> pd.DataFrame:
    """The runs with the param `change` in place of the params that were changed.

    The baseline of a network is its configuration that differs from all its others in the fewest
    params together; there the change is `none`. Elsewhere it says the params that differ from the
    baseline, with their values. `attrs["baselines"]`: network → the values there of all params that
    a change changes.

    Args:
        runs: As `load_runs` gives them.
        networks: Params that make the networks in which the same changes were tried.
        apart: Params whose values are looked at apart; they have a baseline each, too.

    Raises:
        AnalysisError: There are no such params, nothing changes, or a network has no baseline, or
            is several networks.
    """
    kept = dict.fromkeys([*apart, *networks])
    for name in kept:
        require_param(runs, name)
    params = [name for name in param_columns(runs) if name not in ("seed", *kept)]
    texts = runs[params].map(as_text).where(runs[params].notna(), "")
    parts = runs.groupby(list(kept), dropna=False, sort=False) if kept else [("", runs)]
    told, changed = dict[Hashable, str](), set[str]()
    baselines: dict[str, pd.Series[str]] = {}
    for values, part in parts:
        of_part = texts.loc[part.index]
        baseline = _baseline(of_part, _title(list(kept), values))
        differ = of_part.ne(baseline)
        told |= {place: _told(of_part.loc[place][differ.loc[place]]) for place in part.index}
        changed |= {str(name) for name in differ.columns[differ.any()]}
        baselines[", ".join(value_labels(part.iloc[0].to_dict(), list(kept)))] = baseline
    # What differs between networks alone follows from them, as defaults of a code do.
    table = runs.drop(columns=[name for name in params if texts[name].nunique() > 1])
    place = table.columns.get_loc("seed") if "seed" in table else len(table.columns)
    assert isinstance(place, int)
    table.insert(place, CHANGE, pd.Series(told, dtype="str"))
    at_baseline = {name: _told(of[sorted(changed)]) for name, of in baselines.items()}
    table.attrs |= runs.attrs | {"baselines": at_baseline}
    return table


def acted_on(runs: pd.DataFrame, params: Sequence[str], metric: str) -> pd.DataFrame:
    """What params do, as runs: the metric at the second level minus that at the first.

    The two runs agree in all other params and in the seed. A param `acts_on` says which effect it
    is: `recurrent: ff → rec`. The effects of `change` on these runs are interactions: how much it
    changes what the other param does.

    Args:
        runs: As `by_change` gives them; those that are not done are left out.
        params: Each with two levels.
        metric: Column of the runs.

    Raises:
        AnalysisError: There is no param, one has more or fewer than two levels, or no two runs
            differ in it alone.
    """
    if not params:
        raise AnalysisError("interactions of changes need the params that make networks (--across)")
    table: pd.DataFrame = pd.concat(
        [_contrasts(runs, param, metric) for param in params], ignore_index=True
    )
    table.attrs |= runs.attrs
    return table


def _contrasts(runs: pd.DataFrame, param: str, metric: str) -> pd.DataFrame:
    require_param(runs, param)
    done = done_runs(runs, [metric])
    levels = sorted(done[param].dropna().unique().tolist(), key=sort_key)
    if len(levels) != 2:
        told = ", ".join(map(as_text, levels))
        raise AnalysisError(f"{param}: an interaction needs two levels, there are {told}")
    keys = [name for name in param_columns(done) if name != param]
    cells = done[keys].map(as_text).agg("\0".join, axis="columns")
    first, second = (done[done[param] == level].groupby(cells)[metric].mean() for level in levels)
    differences = (second - first).dropna()
    if differences.empty:
        raise AnalysisError(f"{param}: no two runs differ in it alone")
    found = done.groupby(cells, sort=False).first().loc[differences.index]
    effect = f"{param}: {' → '.join([legend_label(param, level) for level in levels])}"
    found[metric] = differences
    found[param] = effect
    contrasts: pd.DataFrame = found.rename(columns={param: ACTS_ON}).reset_index(drop=True)
    return contrasts


def _baseline(texts: pd.DataFrame, network: str) -> pd.Series[str]:
    """The configuration that differs from the others in the fewest params together."""
    different = texts.drop_duplicates()
    if len(different) < 2:
        raise AnalysisError(f"{network}all runs have the same params: nothing changes")
    codes = np.stack([pd.factorize(different[name])[0] for name in different], axis=1)
    total = (codes[:, None] != codes[None]).sum(axis=(1, 2))
    least = np.flatnonzero(total == total.min())
    baseline = different.iloc[int(least[0])]
    found = makers(different, baseline)
    if len(least) > 1:
        varying = [str(name) for name in different if different[name].nunique() > 1]
        varying.sort(key=lambda name: name not in FACTORS)
        raise AnalysisError(
            f"{network}{len(least)} of {len(different)} configurations could be the baseline that "
            f"the others change ({', '.join(varying)} vary); name the params that make networks "
            f"of their own ({_across(found or [name for name in varying if name == 'preset'])}), "
            "or compare the levels of a param (--factor)"
        )
    if found:
        raise AnalysisError(
            f"{network}most changes were tried at several values of {' and of '.join(found)}, so "
            f"that they have no common baseline; name what makes networks ({_across(found)})"
        )
    return baseline


def _across(names: Sequence[str]) -> str:
    return " ".join(f"--across {name}" for name in names) or "--across"


def _title(names: Sequence[str], values: Hashable) -> str:
    """`encoding=latency, recurrent=true: `."""
    several = values if isinstance(values, tuple) else (values,)
    told = [f"{name}={as_text(value)}" for name, value in zip(names, several, strict=False)]
    return f"{', '.join(told)}: " if told else ""


def _told(values: pd.Series[str]) -> str:
    """`threshold=1, beta=0.1`; what has no effect with the change is not told."""
    told = [f"{name}={value}" for name, value in values.items() if value]
    return ", ".join(told) or NO_CHANGE
