"""USPS: digits from envelopes (Hull, 1994)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from snn.data.dataset import Dataset
from snn.data.files import File
from snn.data.vision.reading import Part, Source, read
from snn.registry import Component

COMPONENTS = (Component(kind="dataset", name="usps", make="usps", label="USPS"),)


def usps(root: Path, download: bool) -> Dataset:
    """Ten digits, 16 × 16, 7,291 + 2,007."""
    from torchvision import datasets

    def part(train: bool, fetch: bool) -> Part:
        found = datasets.USPS(str(root), train=train, download=fetch)
        return Part(found.data, np.array(found.targets))

    return read(Source("usps", "USPS", files("usps"), part), root, download)


def files(name: str) -> tuple[File, ...]:
    """Its files."""
    from torchvision import datasets

    parts = (datasets.USPS.split_list[part] for part in ("train", "test"))
    return tuple(File(file, md5) for _, file, md5 in parts)
