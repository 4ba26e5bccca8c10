"""Runs by block: what a configuration reaches for each speaker, subject or other group.

Speakers are held out in turn by a param such as `dataset: spoken_digits@speaker=3`. They are the
sample that a statement is made from, not the seeds: two seeds tell nothing about another speaker.
So the seeds of a block are averaged first, and the blocks then take the place of the seeds.
"""

from __future__ import annotations

import hashlib

import pandas as pd

from analysis.data.groups import done_runs, require_param
from analysis.data.runs import METRICS, param_columns
from analysis.errors import AnalysisError
from analysis.records import State
from analysis.text.typeset import as_text


def by_block(runs: pd.DataFrame, block: str) -> pd.DataFrame:
    """The finished runs, averaged over the seeds of every configuration in every block.

    The param is gone: configurations that differ in it alone are one. In place of the seed stands
    the number of the block, in the order of the values. Unfinished runs stay as they are.

    Args:
        runs: As `load_runs` gives them.
        block: The param whose values are the blocks.

    Raises:
        AnalysisError: There is no such param, or it has one value, or none in some of the runs.
    """
    require_param(runs, block)
    done = done_runs(runs, [])
    lacking = done.loc[done[block].isna(), "run_id"]
    if len(lacking):
        raise AnalysisError(f"{block}: {len(lacking)} finished runs have none, so it is no block")
    blocks = sorted(done[block].unique(), key=as_text)
    if len(blocks) < 2:
        raise AnalysisError(
            f"{block}: all finished runs have {as_text(blocks[0])}; blocks need at least 2 values"
        )
    params = [name for name in param_columns(runs) if name not in ("seed", block)]
    names = ["\n".join(map(as_text, values)) for values in done[params].itertuples(index=False)]
    groups, numbers = [_digest(name) for name in names], done[block].map(blocks.index)
    done = done.assign(group_id=groups, seed=numbers)
    parts = done.groupby(["group_id", "seed"], sort=False)
    metrics = [name for name in METRICS if name in done]
    means = parts[metrics].mean()
    others = [name for name in done.columns if name not in (*metrics, "group_id", "seed", block)]
    found = parts[others].first().join(means).reset_index()
    found["config_id"] = found["group_id"] + "-" + found["seed"].map(str)
    unfinished = runs[runs["state"] != State.DONE].drop(columns=block)
    kept = [found] if unfinished.empty else [found, unfinished]
    table: pd.DataFrame = pd.concat(kept, ignore_index=True)[[c for c in runs if c != block]]
    table.attrs |= runs.attrs
    return table


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
