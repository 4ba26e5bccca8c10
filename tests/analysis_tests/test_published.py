"""The published results, in our names and units."""

from __future__ import annotations

from analysis.published import published_results


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
