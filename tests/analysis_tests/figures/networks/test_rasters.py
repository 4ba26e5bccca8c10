"""Spikes and membranes over time."""

from __future__ import annotations

import pytest

from analysis.figures import raster
from tests.analysis_tests.figures.gallery import activity
from tests.analysis_tests.figures.reading import labelled_lines, legend, points, title


def test_every_spike_is_a_dot_at_its_time_and_neuron() -> None:
    figure = raster(activity())
    inputs, first, second, *_ = figure.axes
    assert points(inputs.lines[0]) == [(2.0, 0.0), (6.0, 2.0)]  # steps of 2 ms
    assert points(second.lines[0]) == [(6.0, 1.0), (8.0, 1.0)]
    assert inputs.get_title(loc="left") == "latency code: 3 pixels, 2 spikes"
    assert first.get_title(loc="left") == "hidden layer 1: 4 neurons, 3 spikes"
    assert second.get_title(loc="left") == "hidden layer 2: 2 neurons, 2 spikes"


def test_membranes_are_those_of_the_busiest_neurons_with_threshold_and_spikes() -> None:
    figure = raster(activity(), traces=1)
    axes = figure.axes[-1]
    lines = labelled_lines(axes)
    assert axes.get_title(loc="left") == "neuron 1: 2 spikes"
    assert [y for _, y in points(lines["membrane"])] == pytest.approx([0, 0.5, 1, 1.5, 2])
    assert {y for _, y in points(lines["threshold"])} == {1.2}
    assert points(lines["spike"]) == [(6.0, 1.5), (8.0, 2.0)]
    assert legend(figure) == ["membrane", "threshold", "spike"]
    assert len(figure.axes) == 4


def test_the_title_says_what_was_shown_and_what_was_seen() -> None:
    assert title(raster(activity())).endswith("test image 7, true class c, predicted b (70.0 %)")
    assert title(raster(activity(label=None))).endswith("test image 7, predicted b (70.0 %)")
