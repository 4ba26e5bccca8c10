"""Images read piece by piece, by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from snn import Trainer, TrialConfig, load
from snn.data.shapes import Shape
from snn.encoding import encoder
from snn.errors import ArrayError, ConfigError

IMAGE = torch.tensor(
    [[0, 51, 255, 102, 0, 0]], dtype=torch.uint8
)  # 2 rows of 3, or 1 × 2 in colour

WIDE = Shape(2, 3)


def values(encoding: str, shape: Shape = WIDE, **keys: object) -> Tensor:
    """(T, N) what the network gets of the image."""
    config = TrialConfig.parse({"encoding": encoding, **keys})
    return encoder(config, shape)(IMAGE).dense()[:, 0]


def test_rows_are_shown_from_the_top_and_pixels_row_by_row() -> None:
    torch.testing.assert_close(values("rows"), torch.tensor([[0, 0.2, 1], [0.4, 0, 0]]))
    torch.testing.assert_close(values("pixels"), torch.tensor([[0, 0.2, 1, 0.4, 0, 0]]).T)


def test_the_channels_of_a_pixel_are_inputs_side_by_side() -> None:
    colour = torch.tensor([[0, 0.2, 1], [0.4, 0, 0]])
    torch.testing.assert_close(values("pixels", Shape(1, 2, 3)), colour)
    torch.testing.assert_close(values("rows", Shape(1, 2, 3)), colour.view(1, 6))


def test_permuted_pixels_have_one_order_in_all_runs_and_another_of_another_seed() -> None:
    shape = Shape(8, 8)
    image = torch.arange(64, dtype=torch.uint8)[None]

    def order(**keys: object) -> list[int]:
        config = TrialConfig.parse({"encoding": "permuted", **keys})
        return (encoder(config, shape)(image).dense() * 255).round().int().flatten().tolist()

    assert sorted(order()) == list(range(64)) != order()
    assert order(seed=1) == order(seed=2) == order()
    assert order(permutation_seed=1) != order()


def test_a_threshold_that_is_crossed_gives_a_spike_of_its_on_or_off_input() -> None:
    found = values("pixels", crossing_levels=2, answer_steps=1)  # thresholds at 1/3 and 2/3
    on_1, on_2, off_1, off_2 = found.T.tolist()
    assert on_1 == on_2 == [0, 0, 1, 0, 0, 0, 0]
    assert off_2 == [0, 0, 0, 1, 0, 0, 0]
    assert off_1 == [0, 0, 0, 0, 1, 0, 0]
    of_rows = values("rows", crossing_levels=1, answer_steps=1)  # from pixels to those below
    assert of_rows.tolist() == [[0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0]]


def test_after_the_image_it_is_dark() -> None:
    white = torch.full((1, 4), 255, dtype=torch.uint8)
    for levels, last in ((0, [0]), (1, [0, 1])):
        config = TrialConfig(encoding="rows", answer_steps=3, crossing_levels=levels)
        made = encoder(config, Shape(4, 1))
        dense = made(white).dense()[:, 0]
        assert len(dense) == made.n_steps == 7
        assert dense[4].tolist() == last and not dense[5:].any()


def test_the_number_of_steps_is_that_of_the_images_whatever_n_steps_is() -> None:
    one, other = (TrialConfig(encoding="rows", n_steps=n) for n in (10, 20))
    assert one.config_id == other.config_id and not one.uses("n_steps")
    assert one.why_unused("n_steps").decider == "encoding"
    assert "latency" in one.why_unused("n_steps").users
    assert TrialConfig(n_steps=10).config_id != TrialConfig(n_steps=20).config_id
    assert TrialConfig(answer_steps=5).config_id == TrialConfig().config_id


def test_more_steps_than_can_be_trained_are_refused() -> None:
    with pytest.raises(ConfigError, match="50176 steps of images of 224 × 224 pixels"):
        encoder(TrialConfig(encoding="pixels"), Shape(224, 224))


def test_images_of_another_size_are_refused() -> None:
    with pytest.raises(ArrayError, match="6 per image, not 2 × 2"):
        encoder(TrialConfig(encoding="rows"), Shape(2, 2))(IMAGE)


@pytest.mark.parametrize("levels", [0, 4])
def test_digits_are_learned_row_by_row(levels: int) -> None:
    keys = {
        "encoding": "rows",
        "crossing_levels": levels,
        "recurrent": True,
        "tau_mem": 3.0,
        "lr": 2e-3,
    }
    size = {"dataset": "digits", "epochs": 12, "batch_size": 32, "hidden": 64, "readout": "mean"}
    trainer = Trainer(TrialConfig.parse(size | keys), load("digits"))
    for _ in range(12):
        metrics = trainer.train_epoch()
    assert metrics["val_accuracy"] > 0.7  # of 0.1 by chance
