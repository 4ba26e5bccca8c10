"""What a network does with an image, handed to the figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from snn.config import TrialConfig
from snn.networks import build, pictures
from snn.training.checkpoints import checkpoint
from sweep.commands.parts.activity import activities
from sweep.errors import SpecError
from tests.sweep_tests.workplace import Workplace


def config(**changes: object) -> TrialConfig:
    plain = {"dataset": "digits", "n_steps": 12, "hidden": [10, 6], "encoding": "poisson"}
    return TrialConfig.parse(plain | changes)


NAMES = ["test:3", "test:4"]


def test_it_is_what_the_prediction_saw() -> None:
    """Also with the random code: one generator, one batch, the same spikes."""
    network = build(config(), 64, 10)
    pixels = pictures.read(NAMES, network)
    probabilities = network.probabilities(pixels)
    found = activities(network, NAMES, pixels, probabilities)
    for at, activity in enumerate(found):
        assert activity.name == f"test image {3 + at}"
        assert activity.label == pictures.label(NAMES[at], network)
        assert activity.image.ravel().tolist() == pixels[at].tolist()
        assert activity.inputs.shape == (12, 64)
        assert [layer.spikes.shape for layer in activity.layers] == [(12, 10), (12, 6)]
        for layer in activity.layers:
            assert np.array_equal(layer.spikes, layer.potentials >= layer.thresholds)
        logits = torch.tensor(activity.readout.max(axis=0))
        assert logits.softmax(dim=0).tolist() == pytest.approx(probabilities[at].tolist(), abs=1e-4)


def test_a_file_has_no_label_and_the_articles_have_names(tmp_path: Path) -> None:
    from PIL import Image

    file = str(tmp_path / "bag.png")
    Image.new("L", (28, 28), 200).save(file)
    network = build(config(dataset="fashion_mnist"), 784, 10)
    pixels = pictures.read([file], network)
    (activity,) = activities(network, [file], pixels, network.probabilities(pixels))
    assert activity.label is None and activity.name == file
    assert activity.class_names[8] == "Bag"
    assert activity.image.shape == (28, 28)


def test_a_sequence_is_shown_as_the_network_reads_it(tmp_path: Path) -> None:
    """Also by a network that comes from a file, which has fewer weights than pixels."""
    for levels, inputs in ((0, 8), (2, 32)):
        read = {"encoding": "rows", "crossing_levels": levels, "answer_steps": 3}
        checkpoint.save_network(tmp_path / "n.pt", build(config(**read), 64, 10), {})
        network, _ = checkpoint.load_network(tmp_path / "n.pt")
        pixels = pictures.read(NAMES[:1], network)
        (found,) = activities(network, NAMES[:1], pixels, network.probabilities(pixels))
        assert found.inputs.shape == (11, inputs)
        assert found.has_input_spikes is (levels > 0)
        if not levels:
            assert (found.inputs[:8] * 255).round().astype(int).tolist() == found.image.tolist()


def test_a_network_without_spikes_is_refused_in_one_line(place: Workplace) -> None:
    network = build(config(dynamics="mlp"), 64, 10)
    pixels = pictures.read(NAMES, network)
    with pytest.raises(SpecError, match="no spikes"):
        activities(network, NAMES, pixels, network.probabilities(pixels))
    checkpoint.save_network(place.folder / "mlp.pt", network, {})
    done = place.run("predict", "mlp.pt", "test:3", "--figure", "f.png")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "spikesweep: the network is an mlp: it has no spikes to draw\n"


def test_predictions_are_drawn_one_figure_per_image(place: Workplace) -> None:
    checkpoint.save_network(place.folder / "n.pt", build(config(), 64, 10), {})
    one = place.run("predict", "n.pt", "test:3", "--figure", "one.svg")
    both = place.run("predict", "n.pt", *NAMES, "--figure", "both.png")
    assert (one.returncode, both.returncode) == (0, 0), one.stderr + both.stderr
    assert len(both.stdout.splitlines()) == 2
    drawn = {path.name for path in place.folder.iterdir()} - {"n.pt"}
    assert drawn == {"one.svg", "both-1.png", "both-2.png"}
