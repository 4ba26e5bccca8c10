"""A small example of every figure."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis import figures
from analysis.data.activity import ImageActivity, LayerActivity
from analysis.records import State
from tests.analysis_tests.conftest import make_runs

NAN = float("nan")


def runs() -> pd.DataFrame:
    """A search over 12 spiking networks and a baseline, with two seeds."""
    rows = []
    combinations = itertools.product(("lif", "alif"), (False, True), (32, 64, 128))
    for number, (dynamics, recurrent, hidden) in enumerate(combinations):
        for seed in (0, 1):
            accuracy = 0.5 + 0.03 * number + 0.01 * seed
            rows.append(
                {
                    "group": f"g{number:02}",
                    "dataset": "mnist",
                    "dynamics": dynamics,
                    "recurrent": recurrent,
                    "hidden": hidden,
                    "lr": 10 ** (-4 + number / 6),
                    "seed": seed,
                    "best_val_accuracy": accuracy,
                    "test_accuracy": accuracy - 0.02,
                    "best_synops_per_inference": 1000.0 * (number + 1),
                }
            )
    baseline = {
        "group": "mlp",
        "dataset": "mnist",
        "dynamics": "mlp",
        "recurrent": None,
        "hidden": 64,
        "lr": 1e-3,
        "best_synops_per_inference": 4000.0,
        "best_val_accuracy": 0.9,
    }
    rows += [baseline | {"seed": seed} for seed in (0, 1)]
    return make_runs(rows)


def searches() -> dict[str, pd.DataFrame]:
    """Three searches of each of two kinds."""
    kinds = {}
    for kind, better in (("spiking", 0.0), ("MLP", 0.05)):
        found = [
            runs().assign(
                sweep=f"{kind} {search}",
                test_accuracy=lambda table, more=better + search / 50: (
                    table["test_accuracy"] + more
                ),
            )
            for search in range(3)
        ]
        kinds[kind] = pd.concat(found, ignore_index=True)
    return kinds


def history(table: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {"run_id": run, "epoch": epoch, "val_accuracy": best * epoch / 4}
        for run, best in zip(table["run_id"], table["best_val_accuracy"], strict=True)
        for epoch in range(1, 5)
    ]
    return pd.DataFrame(rows)


def effect(**changes: object) -> dict[str, object]:
    plain = {
        "factor": "recurrent",
        "baseline": False,
        "level": True,
        "n_configurations": 8,
        "n_seeds": 3,
        "n_pairs": 24,
        "estimate": 0.02,
        "low": 0.01,
        "high": 0.03,
        "p_holm": 0.012,
        "margin": 0.005,
        "verdict": "higher",
    }
    return plain | changes


def activity(encoding: str = "latency", label: int | None = 2) -> ImageActivity:
    """Three pixels, five steps of 2 ms, layers of four and of two neurons, three classes."""
    inputs = np.zeros((5, 3))
    inputs[1, 0] = inputs[3, 2] = 1.0

    def layer(size: int) -> LayerActivity:
        potentials = np.linspace(0, 2, 5)[:, None] * np.arange(1, size + 1) / size
        thresholds = np.full((5, size), 1.2)
        return LayerActivity(
            spikes=potentials >= thresholds, potentials=potentials, thresholds=thresholds
        )

    return ImageActivity(
        name="test image 7",
        image=np.arange(3, dtype=np.uint8).reshape(1, 3),
        encoding=encoding,
        inputs=inputs,
        layers=(layer(4), layer(2)),
        readout=np.outer(np.arange(5.0), [1.0, 3.0, 2.0]),
        probabilities=np.array([0.1, 0.7, 0.2]),
        class_names=("a", "b", "c"),
        dt_ms=2.0,
        label=label,
        has_input_spikes=encoding != "constant",
    )


def steady() -> ImageActivity:
    """The same current at every step: a picture."""
    still = activity("constant")
    return replace(still, inputs=np.repeat([[0.0, 0.5, 1.0]], 5, axis=0))


IMPORTANCE = pd.DataFrame(
    {
        "param": ["lr", "hidden", "recurrent"],
        "importance": [0.6, 0.25, 0.02],
        "low": [0.55, 0.2, 0.01],
        "high": [0.66, 0.3, 0.04],
    }
)

IMPORTANCE.attrs = {"metric": "best_val_accuracy", "notes": ["of 12 configurations"]}


def of_search(kind: str, *by: str) -> Figure:
    """A figure of a search in which some runs were pruned and one failed."""
    table = runs()
    table.loc[[1, 2], "state"] = State.PRUNED
    table.loc[3, "state"] = State.FAILED
    figure = figures.FIGURES[kind]
    source = figures.Source(runs=table, history=lambda *_: history(table))
    return figure.draw(source, figures.Options(metric=figure.metric, by=by))


GALLERY: Mapping[str, Callable[[], Figure]] = {
    "bars": lambda: figures.accuracy_bars(runs()),
    "dots": lambda: figures.accuracy_dots(runs()),
    "strip": lambda: figures.strip(runs(), "dynamics", coloured_by="recurrent"),
    "curves": lambda: figures.learning_curves(runs(), history(runs()), by="dynamics"),
    "neurons": lambda: figures.accuracy_by_neurons(runs()),
    "synops": lambda: figures.accuracy_by_synops(runs()),
    "fronts": lambda: figures.fronts(searches(), [2_000, 5_000, 10_000]),
    "importance": lambda: figures.importance(IMPORTANCE),
    "parallel": lambda: figures.parallel_coordinates(runs()),
    "confusion": lambda: figures.confusion(
        np.array([[90, 10], [0, 100]]), ["T-shirt/top", "Ankle boot"]
    ),
    "forest": lambda: figures.forest(
        pd.DataFrame(
            [
                effect(group="MNIST", published=0.025),
                effect(group="Fashion-MNIST", estimate=NAN, low=NAN, high=NAN, verdict="undecided"),
            ]
        )
    ),
    "raster": lambda: figures.raster(activity()),
    "pipeline": lambda: figures.pipeline(activity()),
    "slice": lambda: of_search("slice", "dynamics", "lr"),
    "expected": lambda: of_search("expected", "dynamics"),
    "profile": lambda: of_search("profile", "dynamics"),
}

LOOKED_AT: Mapping[str, Callable[[], Figure]] = {
    **GALLERY,
    "raster, steady": lambda: figures.raster(steady()),
    "pipeline, steady": lambda: figures.pipeline(steady()),
    "confusion, right": lambda: figures.confusion(np.diag([9, 9]), ["a", "b"]),
    "contour": lambda: of_search("contour", "hidden", "lr"),
    "rank": lambda: of_search("rank", "dynamics", "hidden", "lr"),
    "edf": lambda: of_search("edf", "dynamics"),
    "history": lambda: of_search("history"),
    "timeline": lambda: of_search("timeline"),
    "hypervolume": lambda: of_search("hypervolume"),
}
"""With those whose files are not compared byte by byte, which takes long."""
