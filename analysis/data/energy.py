"""The energy of the operations of an inference, at stated prices.

A multiply-accumulate is a multiplication and an addition, an accumulate an addition alone. The
prices are those of single-precision arithmetic in 45 nm at 0.9 V. They are the arithmetic alone: to
read a 64-bit word from a cache of 8 kB costs 10 pJ there, more than twice a multiply-accumulate,
and from main memory over 1,000 pJ. Neither memory nor the steps of the neurons themselves (a leak
is a multiplication for every neuron and step) nor silent hardware is in it. So it orders networks
by their arithmetic, and says nothing of a chip.

Source: Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014, figure
1.1.9.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

ADDITION, MULTIPLICATION = 0.9, 3.7
"""In pJ."""

_OF_SPIKES = frozenset({"latency", "periodic", "poisson"})
"""Codes with which every operation is an addition."""

_MLP = "mlp"
_NANO = 1e-3  # nJ in a pJ
_AGAIN = (
    "train it again with this version (with another seed or in another MLflow store: finished runs "
    "are reused)"
)


def energy(runs: pd.DataFrame) -> pd.Series[float]:
    """The energy of the operations per inference of every run, in nJ; missing if not known.

    It is that of the epoch that validation chose. Runs of earlier versions have no additions and
    multiplications apart: there, all synaptic operations of a spike code are additions, and those
    of an MLP multiply-accumulates; for other codes it is not known.

    Args:
        runs: Their params and metrics, a row each.
    """
    macs, acs = runs["best_macs_per_inference"], runs["best_acs_per_inference"]
    known, all_of_them = macs.notna() & acs.notna(), runs["best_synops_per_inference"]
    dynamics, encoding = (
        runs[name] if name in runs else pd.Series("", runs.index)
        for name in ("dynamics", "encoding")
    )
    is_mlp = dynamics.eq(_MLP).fillna(False)
    is_added = encoding.isin(_OF_SPIKES) & ~is_mlp
    macs = macs.where(known, all_of_them.where(is_mlp, (0 * all_of_them).where(is_added)))
    acs = acs.where(known, all_of_them.where(is_added, (0 * all_of_them).where(is_mlp)))
    return _NANO * (macs * (MULTIPLICATION + ADDITION) + acs * ADDITION)


def why_unknown(run: pd.Series[Any]) -> str:
    """Why the energy of a finished run is not known, and what to do about it."""
    if isinstance(run.get("network"), str):
        return (
            f"operations are counted of our networks only, and {run['network']} is one of your "
            "own; leave its runs out"
        )
    if pd.isna(run.get("best_synops_per_inference")):
        return f"it counted no operations; {_AGAIN}"
    code = run.get("encoding")
    told = f"; of the code {code}, they are of both kinds" if isinstance(code, str) else ""
    return f"an earlier version counted its additions and multiplications together{told}; {_AGAIN}"
