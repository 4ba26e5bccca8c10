"""The way of one image through a network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.figures import pipeline, raster
from analysis.figures.parts.style import LOOKS
from tests.analysis_tests.figures.gallery import activity
from tests.analysis_tests.figures.reading import note, points, texts, ticks, title


def test_every_stage_has_its_panel() -> None:
    figure = pipeline(activity())
    stages = [axes.get_title(loc="left").split(":")[0] for axes in figure.axes]
    assert stages == [
        "pixels",
        "latency code",
        "hidden layer 1",
        "hidden layer 2",
        "readout",
        "probabilities",
    ]
    pixels = figure.axes[0].images[0].get_array()
    assert pixels is not None and pixels.tolist() == activity().image.tolist()
    assert title(figure) == "test image 7, true class c, predicted b (70.0 %)"
    assert note(figure) == "one image, 5 steps of 2 ms"


def test_recorded_events_are_not_called_pixels_of_an_image() -> None:
    figure = pipeline(replace(activity(), encoding="events"))
    assert figure.axes[0].get_title(loc="left").startswith("events:")
    assert note(figure) == "one sample, 5 steps of 2 ms"


def test_predicted_and_true_class_stand_out_also_without_colour() -> None:
    *_, readout, probabilities = pipeline(activity()).axes
    looks = [(line.get_color(), line.get_linestyle()) for line in readout.lines]
    assert looks == [("#BBBBBB", "-"), (LOOKS[0].colour, "-"), (LOOKS[5].colour, "--")]
    assert points(readout.lines[1])[-1] == (8.0, 12.0)
    assert ticks(probabilities, "y") == ["a", "b", "c"]
    assert [bar.get_width() for bar in probabilities.patches] == pytest.approx([10, 70, 20])  # type: ignore[attr-defined]
    assert texts(probabilities) == ["10", "70", "20  ← true"]


def test_currents_are_shades_not_spikes() -> None:
    axes = pipeline(activity("constant")).axes[1]
    assert not axes.lines
    shades = axes.images[0].get_array()
    assert shades is not None and shades.tolist() == activity().inputs.T.tolist()
    assert "no spikes" in axes.get_title(loc="left")


def test_a_sequence_has_inputs_and_a_single_one_is_a_line_over_time() -> None:
    image = np.arange(10, dtype=np.uint8).reshape(2, 5)
    rows = replace(activity("rows"), image=image, has_input_spikes=False)
    axes = pipeline(rows).axes[1]
    assert axes.get_ylabel() == "input" and axes.images
    assert axes.get_title(loc="left").startswith("rows code:\n3 inputs, currents")
    assert axes.get_title(loc="left").endswith(" no spikes:\nwhite = 1")
    single = replace(rows, encoding="pixels", inputs=np.arange(5.0)[:, None])
    (line,) = pipeline(single).axes[1].lines
    assert pipeline(single).axes[1].get_ylabel() == "current (white = 1)"
    assert points(line) == [(2.0 * step, float(step)) for step in range(5)]


def test_currents_that_stay_the_same_are_a_picture_and_not_stripes() -> None:
    drive = np.array([[0.0, 0.5, 1.0]])
    steady = replace(activity("constant"), inputs=np.repeat(drive, 5, axis=0))
    axes = pipeline(steady).axes[1]
    shades = axes.images[0].get_array()
    assert shades is not None and shades.tolist() == drive.tolist()
    assert axes.get_title(loc="left").endswith("the same current at every step:\nwhite = 1")
    inputs, first, *_ = raster(steady).axes
    assert inputs.images[0].get_array().tolist() == drive.tolist()  # type: ignore[union-attr]
    assert first.get_xlim() == (-2, 10)  # of time, which the picture has none of


def test_lines_of_the_readout_are_named_at_their_ends() -> None:
    readout = pipeline(activity()).axes[4]
    assert sorted(texts(readout)) == ["a", "b", "c"]
