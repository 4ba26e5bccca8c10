"""Data sets that are made by a formula."""

from __future__ import annotations

import numpy as np

from snn import load
from snn.data.sources import files, is_here, verify


def test_yin_yang_is_points_of_three_classes_with_their_mirror_images() -> None:
    points = load("yin_yang")
    assert (len(points.train_labels), len(points.test_labels)) == (5000, 1000)
    assert points.shape == (1, 4, 1) and points.class_names == ("yin", "yang", "dot")
    x, y, right, top = points.train_images.T.astype(int)
    assert (abs(x + right - 255) <= 1).all() and (abs(y + top - 255) <= 1).all()
    assert np.bincount(points.train_labels).min() > 1500
    assert not files("yin_yang") and is_here("yin_yang") and not list(verify("yin_yang"))


def test_every_point_lies_where_its_class_is() -> None:
    points = load("yin_yang")
    x, y = points.train_images[:, :2].T / 255
    label, rounding = points.train_labels, 0.005
    left, right = np.hypot(x - 0.25, y - 0.5), np.hypot(x - 0.75, y - 0.5)
    assert (np.hypot(x - 0.5, y - 0.5) < 0.5 + rounding).all()
    assert ((np.minimum(left, right) < 0.1 + rounding)[label == 2]).all()
    assert ((np.minimum(left, right) > 0.1 - rounding)[label != 2]).all()
    lower, upper = y < 0.5 - rounding, y > 0.5 + rounding
    far = right > 0.25 + rounding
    assert (label[upper & far & (np.minimum(left, right) > 0.1 + rounding)] == 1).all()
    assert (label[lower & (left > 0.25 + rounding) & (right > 0.1 + rounding)] == 0).all()


def test_yin_yang_is_the_published_set() -> None:
    """What the authors' code gives, `YinYangDataset(size=5000, seed=42)` and `(1000, 40)`."""
    sha256 = "17b16d1669500eb08111adc4cf70ac312a966e6d667f143c91792354e399306a"
    assert load("yin_yang").sha256 == sha256
