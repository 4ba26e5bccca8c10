"""What the best networks do, drawn: the part of a report for which networks are opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from analysis.report import Note, Picture

_IMAGE = "test:0"


def best_networks(runs: pd.DataFrame) -> Iterator[Picture | Note]:
    """Of every data set, what the best network mistakes, and its way with one image.

    What cannot be drawn has a note instead: files may be gone, data may be elsewhere.
    """
    done = runs[runs["state"] == "done"]
    for dataset, members in done.groupby("dataset") if "dataset" in done else ():
        yield from _of_data_set(str(dataset), members)


def confusion(best: pd.Series[Any]) -> Figure:
    """Which classes the network of a run takes for which.

    Raises:
        AnalysisError: The run's confusion matrix is not to be had.
    """
    from analysis import figures
    from analysis.data.labels import CONSTANTS, class_names, value_labels
    from analysis.store.artifacts import confusion_of

    matrix = confusion_of(str(best["run_id"]))
    shown = [name for name in CONSTANTS if name in best]
    title = value_labels(best.to_dict(), shown)
    return figures.confusion(matrix, class_names(best["dataset"], len(matrix)), title=title)


def _of_data_set(dataset: str, runs: pd.DataFrame) -> Iterator[Picture | Note]:
    from analysis.errors import AnalysisError
    from sweep.commands.results import best_run

    layers = runs.dropna(subset="dynamics") if "dynamics" in runs else runs.iloc[:0]
    spiking = layers[layers["dynamics"] != "mlp"] if len(layers) else layers
    try:
        best = best_run(runs)
        best_spiking = best if spiking.empty else best_run(spiking)
    except AnalysisError:
        return  # the leaders say why there is none
    yield _drawn(
        f"confusion-{dataset}",
        f"{dataset}: which classes the best network by validation takes for which (test set).",
        lambda: confusion(best),
    )
    if not spiking.empty:
        yield _drawn(
            f"pipeline-{dataset}",
            f"{dataset}: the way of the first test image through the best spiking network.",
            lambda: _pipeline(best_spiking),
        )


def _drawn(name: str, text: str, draw: Callable[[], Figure]) -> Picture | Note:
    from analysis.errors import AnalysisError
    from analysis.report import Note, Picture
    from snn.errors import SnnError
    from sweep.errors import SpecError

    try:
        return Picture(name=name, text=text, figure=draw())
    except (AnalysisError, SnnError, SpecError) as error:
        return Note(text=f"{text.rstrip('.')}: not drawn, {error}.", missing=True)


def _pipeline(best: pd.Series[Any]) -> Figure:
    from analysis import figures
    from analysis.store.artifacts import checkpoint_of

    file = checkpoint_of(str(best["run_id"]))  # before torch is imported for nothing
    from snn.networks import pictures
    from snn.training import checkpoint
    from sweep.commands.activity import activities

    network, _ = checkpoint.load_network(file)
    pixels = pictures.read([_IMAGE], network)
    (activity,) = activities(network, [_IMAGE], pixels, network.probabilities(pixels))
    return figures.pipeline(activity)
