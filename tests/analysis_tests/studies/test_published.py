"""The published results, in our names and units."""

from __future__ import annotations

import pytest

from analysis.errors import AnalysisError
from analysis.studies.published import published_results, published_value


def test_the_three_figures_have_sixteen_bars_each() -> None:
    table = published_results()
    assert dict(table["figure"].value_counts()) == {
        "MNIST_precision": 16,
        "FMNIST_precision": 16,
        "MNIST_precision_128N": 16,
    }


def test_the_published_best_is_found_by_our_names() -> None:
    table = published_results()
    best = table.loc[table[table["dataset"] == "mnist"]["test_accuracy"].idxmax()]
    assert best["test_accuracy"] == 0.9619
    assert (best["dynamics"], best["encoding"], best["hidden"]) == ("alif", "latency", 128)
    assert (best["recurrent"], best["learn_beta"], best["epochs"]) == (True, True, 30)
    worst = table.loc[table["test_accuracy"].idxmin()]
    assert (worst["dataset"], worst["test_accuracy"]) == ("fashion_mnist", 0.1)


def test_what_is_not_published_is_missing() -> None:
    table = published_results()
    late = table["figure"] == "MNIST_precision_128N"
    assert table.loc[late, "val_accuracy"].isna().all()
    assert table.loc[~late, "val_accuracy"].between(0.09, 0.94).all()
    assert table.loc[~late, "learn_beta"].isna().all()
    assert str(table["learn_beta"].dtype) == "boolean"
    assert set(table["encoding"]) == {"latency", "periodic"}


def test_a_configuration_finds_its_published_value() -> None:
    table = published_results()
    best = {
        "dataset": "mnist",
        "dynamics": "alif",
        "recurrent": True,
        "encoding": "latency",
        "hidden": 128,
        "epochs": 30,
        "learn_beta": True,
    }
    assert published_value(table, best, "test_accuracy") == 0.9619
    assert published_value(table, best | {"hidden": 256}, "test_accuracy") is None
    assert published_value(table, best, "val_accuracy") is None  # not published
    # What is not stated is not asked for, and params that the table does not know tell nothing.
    of_lif = {"dynamics": "lif", "hidden": "100", "epochs": 15, "learn_beta": None, "lr": 0.1}
    assert published_value(table, best | of_lif, "test_accuracy") is not None


def test_a_configuration_that_fits_several_values_is_refused() -> None:
    table = published_results()
    with pytest.raises(AnalysisError, match="values of test_accuracy for dataset=mnist"):
        published_value(table, {"dataset": "mnist"}, "test_accuracy")
    with pytest.raises(AnalysisError, match="the reference has no loss"):
        published_value(table, {"dataset": "mnist"}, "loss")
