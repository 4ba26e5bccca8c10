"""Several params as one factor, such as the constants of a neuron that are changed together.

The factor is a param of its own in place of theirs, so that all that compares runs by a param
compares it. A value is those of the params: `1.6/0.03`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from analysis.data.groups import require_param
from analysis.errors import AnalysisError
from analysis.stats.pairing.factors import NOT_FACTORS, free_params
from analysis.text.typeset import as_text

_BETWEEN = "/"


def bundled(runs: pd.DataFrame, factors: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """The runs with each bundle as a param, and the names of all factors.

    The values of a bundle are in the order in which the runs were started: the first one is the
    baseline. `attrs["bundles"]`: name → params, as a reader is told them.

    >>> _, names = bundled(load_runs([committed("published-fashion")]), ["size=hidden,epochs"])
    >>> names
    ['size']

    Args:
        runs: As `load_runs` gives them.
        factors: Each a param, or a bundle: `beta,threshold`, or with a name of its own
            `constants=beta,threshold`.

    Raises:
        AnalysisError: A bundle has a param that the runs do not have, or that is in another one;
            or its name is taken.
    """
    table, names, taken = runs, list[str](), set[str]()
    told = dict[str, str]()
    for factor in factors:
        name, params = _parsed(factor)
        names.append(name)
        if params == [name]:  # one param, as it is
            continue
        for param in params:
            require_param(runs, param)
            if param in NOT_FACTORS:
                raise AnalysisError(f"{factor}: {param} is not a factor")
            if param in taken:
                raise AnalysisError(f"{factor}: {param} is in another factor, too")
        if name in runs or name in told:
            raise AnalysisError(f"{factor}: {name} is taken; give another name")
        taken |= {*params}
        table = _with(table, name, params)
        told[name] = _BETWEEN.join(params)
    if told:
        table.attrs |= runs.attrs | {"bundles": told}
    return table, names


def crossed_params(done: pd.DataFrame, others: Collection[str] = ()) -> list[str]:
    """The params that vary, for `bundled`: those that determine each other are a bundle.

    Args:
        done: Finished runs.
        others: Params that are none of the factors.
    """
    free = [name for name in free_params(done) if name not in {*others, *NOT_FACTORS}]
    codes = {name: pd.factorize(done[name].map(as_text))[0].tobytes() for name in free}
    same = dict[bytes, list[str]]()
    for name in free:
        same.setdefault(codes[name], []).append(name)
    return [",".join(names) for names in same.values()]


def _parsed(factor: str) -> tuple[str, list[str]]:
    """`constants=beta,threshold` → its name and its params; without a name, they are the name."""
    name, _, told = factor.rpartition("=")
    params = [param.strip() for param in told.split(",")]
    if not all(params) or len(set(params)) < len(params):
        raise AnalysisError(
            f"{factor}: give a param, or several different ones as NAME=PARAM,PARAM"
        )
    return name.strip() or ", ".join(params), params


def _with(runs: pd.DataFrame, name: str, params: Sequence[str]) -> pd.DataFrame:
    texts = runs[[*params]].map(as_text).agg(_BETWEEN.join, axis="columns")
    order = texts.loc[runs["start"].sort_values(kind="stable").index].unique()
    table = runs.drop(columns=[*params])
    values = texts.astype(pd.CategoricalDtype([*order], ordered=True))
    table.insert([*runs.columns].index(params[0]), name, values)
    return table
