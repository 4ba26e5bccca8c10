"""Intervals over seeds and test images cover what they say; those over seeds alone do not."""

from __future__ import annotations

import time

import numpy as np
import pytest

from analysis.stats.images.crossed_bootstrap import (
    BOTH,
    IMAGES,
    accuracy_interval,
    crossed_interval,
    difference_interval,
)
from analysis.stats.inference import student_interval
from tests.analysis_tests.stats.images.coverage import SETTINGS, Setting, covered


@pytest.mark.parametrize(
    ("setting", "alone"),
    [
        (Setting(8, n_images=200, seed=0.02), 0.8),  # images count most
        (Setting(4, n_images=200, seed=0.2), 1),  # four seeds that differ much
    ],
)
def test_the_intervals_cover_seeds_and_images_together(setting: Setting, alone: float) -> None:
    """Those over seeds alone do not, where images count."""
    shares = covered(setting, 120, np.random.default_rng(3), resamples=100)
    for name in ("paired", "unpaired", "accuracy"):
        assert 0.90 <= shares[name] <= 0.99, name  # 0.95 ± 3 standard errors
    assert shares["over seeds alone"] < alone


def test_the_spread_of_many_seeds_without_images_of_their_own_is_students() -> None:
    """Where all images are alike, only the seeds are left."""
    values = np.random.default_rng(0).normal(size=(200, 1)).repeat(50, axis=1)
    found = crossed_interval(values)
    error = values[:, 0].std(ddof=1) / np.sqrt(200)
    assert found.covers == BOTH and found.mean == pytest.approx(values.mean())
    assert (found.high - found.low) / 2 == pytest.approx(1.972 * error, rel=0.03)


@pytest.mark.parametrize("n_seeds", [2, 3])
def test_the_interval_is_never_narrower_than_that_over_seeds_alone(n_seeds: int) -> None:
    """With two seeds it was, by a factor of up to 5: images gave it degrees of freedom."""
    random = np.random.default_rng(n_seeds)
    for spread in (0.02, 0.2):
        for _ in range(20):
            a, b = Setting(n_seeds, n_images=200, seed=spread).draw(random)
            low, high = difference_interval(a, b, True, 100)[1:3]
            below, above = student_interval(b.mean(axis=1) - a.mean(axis=1))
            assert high - low >= (1 - 1e-9) * (above - below)


@pytest.mark.parametrize("n_seeds", [2, 3])
def test_intervals_of_two_and_three_seeds_cover_the_truth(n_seeds: int) -> None:
    shares = covered(Setting(n_seeds, n_images=200, seed=0.08), 60, np.random.default_rng(1), 100)
    for name in ("paired", "unpaired", "accuracy"):
        assert shares[name] >= 0.92, name


def test_one_network_has_the_interval_of_its_images() -> None:
    hits = np.arange(1000)[None] % 10 > 0
    found = accuracy_interval(hits)
    assert found.covers == IMAGES and found.mean == 0.9
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * np.sqrt(0.09 / 1000), rel=0.03)
    assert difference_interval(hits, np.repeat(hits, 2, axis=0), paired=False).covers == IMAGES


def test_networks_without_a_mistake_are_not_known_to_have_none() -> None:
    low, high = accuracy_interval(np.ones((3, 300), bool))[1:3]
    assert high == 1 and low == pytest.approx(0.025 ** (1 / 300))
    low, high = accuracy_interval(np.zeros((3, 300), bool))[1:3]
    assert low == 0 and high == pytest.approx(1 - 0.025 ** (1 / 300))


def test_equal_networks_do_not_differ() -> None:
    hits = np.random.default_rng(0).random((3, 100)) < 0.9
    assert difference_interval(hits, hits, paired=True)[:3] == (0, 0, 0)


def test_ten_thousand_images_and_five_seeds_take_less_than_a_second() -> None:
    a, b = SETTINGS["5 seeds, 10,000 images"].draw(np.random.default_rng(0))
    began = time.process_time()
    difference_interval(a, b, paired=False)
    assert time.process_time() - began < 1
