"""Where the networks of runs are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sweep.commands.parts.common import say
from sweep.commands.parts.reading import read_runs


def best_checkpoint(name: str, leader: int | None = None) -> Path:
    """The network of the best run of a sweep: its file here, or else its artifact in MLflow.

    Where the runs are on several data sets, a line says which one the network knows: accuracies on
    different data say little about which is better.

    Args:
        name: Of the sweep.
        leader: Of which configuration instead of the best, by its place in `show`, from 1.

    Raises:
        AnalysisError: There are fewer leaders, or the network is gone.
    """
    from analysis.data.groups import best_run, several_values
    from analysis.data.origins.plans import searched_params
    from analysis.text.typeset import as_text

    found = read_runs([name])
    run = best_run(found, leader)
    done = found[found["state"] == "done"]
    if leader is None and several_values(done, ["dataset"]):
        say(
            f"{name} has runs on {', '.join(sorted(done['dataset'].unique()))}; the best by "
            f"validation is on {run['dataset']}; for another, give --leader N, as it "
            f"is counted by: spikesweep show {name}"
        )
    checkpoint = checkpoint_of_run([name], str(run["run_id"]))
    if leader is not None:
        its = run.dropna()
        told = (f"{key}={as_text(its[key])}" for key in searched_params(found) if key in its)
        say(f"leader {leader} of {name}: {', '.join(told)}")
    return checkpoint


def checkpoint_of_run(names: Sequence[str], run_id: str) -> Path:
    """The network of a run of these sweeps.

    Raises:
        AnalysisError: It is gone, or the runs are those of files.
    """
    from analysis.errors import AnalysisError
    from analysis.run_files.format import is_run_file
    from analysis.store.artifacts import checkpoint_of

    if all(is_run_file(name) for name in names):
        raise AnalysisError(
            f"the network of run {run_id} stays where it was trained, not in a file"
        )
    path: Path = checkpoint_of(run_id)
    return path
