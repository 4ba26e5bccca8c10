"""Accuracy against size: layers are summed, the best by validation stands for its size."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.errors import AnalysisError
from analysis.figures import accuracy_by_neurons
from analysis.figures.accuracies.neurons import total_neurons
from tests.analysis_tests.figures.reading import RunsOf, labelled_lines, legend, note, points, ticks


@pytest.mark.parametrize(("hidden", "total"), [(128, 128), ("96", 96), ("[64, 32, 8]", 104)])
def test_the_neurons_of_all_layers_count(hidden: int | str, total: int) -> None:
    assert total_neurons(hidden) == total


def run(group: str, hidden: int | str, accuracy: float, **params: Any) -> dict[str, Any]:
    plain = {"dynamics": "lif", "recurrent": False, "best_val_accuracy": accuracy}
    return {"group": group, "hidden": str(hidden), "test_accuracy": accuracy, **plain, **params}


def test_a_line_per_kind_of_network_with_sizes_in_order(runs_of: RunsOf) -> None:
    rows = [
        run("a", 128, 0.9),
        run("b", 32, 0.7),
        run("c", "[32, 32]", 0.8),
        run("d", 32, 0.6, recurrent=True),
        run("e", 32, 0.5, dynamics="mlp", recurrent=None),
    ]
    figure = accuracy_by_neurons(runs_of(rows))
    assert legend(figure) == ["LIF ff", "LIF rec", "MLP"]
    lines = labelled_lines(figure.axes[0])
    assert [y for _, y in points(lines["LIF ff"])] == pytest.approx([70, 80, 90])
    assert [x for x, _ in points(lines["LIF ff"])] == pytest.approx([32, 64, 128], abs=2)
    assert ticks(figure.axes[0], "x") == ["32", "64", "128"]
    assert len({line.get_marker() for line in lines.values()}) == 3
    assert len({str(line.get_linestyle()) for line in lines.values()}) == 3


def test_of_several_configurations_the_best_by_validation_is_shown(runs_of: RunsOf) -> None:
    rows = [
        run("a", 32, 0.7, lr=0.1, test_accuracy=0.6),
        run("b", 32, 0.6, lr=0.2, test_accuracy=0.9),
        run("c", 64, 0.8, lr=0.1),
    ]
    figure = accuracy_by_neurons(runs_of(rows))
    (line,) = labelled_lines(figure.axes[0]).values()
    assert [y for _, y in points(line)] == pytest.approx([60, 80])
    assert "each point the best by validation (of 3 in all)" in note(figure)


def test_another_param_can_tell_the_lines_apart_and_sizes_may_be_logarithmic(
    runs_of: RunsOf,
) -> None:
    rows = [
        run(f"{code}{size}", size, 0.5 + size / 5000, encoding=code)
        for code in ("latency", "poisson")
        for size in (16, 256, 1024)
    ]
    figure = accuracy_by_neurons(runs_of(rows), by="encoding")
    assert legend(figure) == ["latency", "poisson"]
    assert figure.axes[0].get_xscale() == "log"
    with pytest.raises(AnalysisError, match="no param 'code'"):
        accuracy_by_neurons(runs_of(rows), by="code")


def test_spike_codes_have_panels_of_their_own_and_no_line_connects_them(runs_of: RunsOf) -> None:
    rows = [
        run("a", 32, 0.9, encoding="constant"),
        run("b", 64, 0.6, encoding="latency"),
    ]
    figure = accuracy_by_neurons(runs_of(rows))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["constant", "latency"]
    drawn = [points(labelled_lines(axes)["LIF ff"]) for axes in figure.axes]
    assert [y for line in drawn for _, y in line] == pytest.approx([90, 60])


def test_where_a_search_tried_many_sizes_every_configuration_is_a_point(runs_of: RunsOf) -> None:
    rows = [run(f"g{n}", 8 + n // 2, 0.5 + n / 100, lr=n / 100) for n in range(24)]
    (line,) = labelled_lines(accuracy_by_neurons(runs_of(rows)).axes[0]).values()
    assert len(points(line)) == 24 and line.get_linestyle() == "None"
