"""Main effects and interactions of crossed factors, with what is known of them, in one table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.data.groups import done_runs, groups_within
from analysis.errors import AnalysisError
from analysis.records import State
from analysis.stats.design.experiment import require_experiment
from analysis.stats.effects import effects
from analysis.stats.factorial.bundles import bundled, crossed_params
from analysis.stats.factorial.terms import SIDE, TERM, Terms, terms_of
from analysis.stats.margins import MARGIN, Margin

_PART = "part"
"""The param that says which of the parts that are looked at apart a run is of."""


def factorial(
    runs: pd.DataFrame,
    factors: Sequence[str] = (),
    networks: Sequence[str] = (),
    metric: str = "test_accuracy",
    *,
    margin: float | Margin = MARGIN,
    within: Sequence[str] = (),
    looks: int = 1,
) -> pd.DataFrame:
    """The effects of crossed factors and of all pairs of them, as means over the other factors.

    A row for each term, as `effects` gives them, corrected together; see
    `analysis.stats.factorial.terms` for what is estimated. Of an interaction, `factor` has both
    names (`a × b`), and `baseline` and `level` have the levels of both. The units are the
    networks, with the seeds that they share; of a single network its seeds. `n_configurations` are
    networks; `matched` is the share of combinations of the other factors that a term is a mean of.

    `attrs`: as of `effects`; `refused`, terms that are aliased, and why; `crossed`, how many
    combinations of the factors there are, and `networks`.

    >>> runs = load_runs([committed("published-fashion")])
    >>> table = factorial(runs, ["encoding", "hidden"], ["dynamics", "recurrent"],
    ...                   within=["preset"])
    >>> table["factor"].unique().tolist()
    ['encoding', 'hidden', 'encoding × hidden']

    Args:
        runs: As `load_runs` gives them.
        factors: Two or more params, or bundles as `bundled` makes them; when empty, all params that
            vary, those that always change together as one.
        networks: Params that make the networks in which the factors were crossed.
        metric: Column of the runs.
        margin: As of `effects`.
        within: Params whose values are looked at apart, each for itself.
        looks: As of `effects`.

    Raises:
        AnalysisError: A search chose or pruned some of the runs, a param that varies is not named,
            or no term can be estimated.
    """
    require_experiment(runs)
    done = done_runs(runs, [metric])
    apart = [name for name in networks if name not in within]
    if not factors:
        runs, factors = bundled(runs, crossed_params(done, {*apart, *within}))
        done = done_runs(runs, [metric])
    parts = [
        (name, terms_of(members, factors, apart, metric))
        for name, members in groups_within(done, within)
    ]
    made = [part.runs.assign(**{_PART: place}) for place, (_, part) in enumerate(parts)]
    table = _effects(pd.concat(made, ignore_index=True), metric, margin, looks, parts)
    table.attrs["left_out"] = (
        runs.loc[runs["state"] != State.DONE, "state"].value_counts().to_dict()
    )
    table.attrs["crossed"] = len(done[[*factors]].drop_duplicates())
    table.attrs["networks"] = apart
    table.attrs["bundles"] = runs.attrs.get("bundles", {})
    return table


def _effects(
    made: pd.DataFrame,
    metric: str,
    margin: float | Margin,
    looks: int,
    parts: Sequence[tuple[str, Terms]],
) -> pd.DataFrame:
    """The terms as `effects` judges them, with their names."""
    refused = {
        f"{name}, {term}" if name else term: reason
        for name, part in parts
        for term, reason in part.refused.items()
    }
    if made.empty:
        raise AnalysisError(": ".join(next(iter(refused.items()))))
    try:
        table = effects(made, [SIDE], metric, margin=margin, within=[_PART, TERM], looks=looks)
    except AnalysisError as error:
        raise AnalysisError(str(error).removeprefix(f"{SIDE}: ")) from None
    names = {
        f"{_PART}={place}, {TERM}={number}": (place, number)
        for place, (_, part) in enumerate(parts)
        for number in part.terms
    }
    where = [names[group] for group in table["group"]]
    terms = [parts[place][1].terms[number] for place, number in where]
    told = table.assign(
        group=[parts[place][0] for place, _ in where],
        factor=[term.name for term in terms],
        baseline=[", ".join(term.before) for term in terms],
        level=[", ".join(term.after) for term in terms],
        matched=[parts[place][1].used[number] for place, number in where],
    )
    told.attrs |= table.attrs | {"refused": refused}
    return told
