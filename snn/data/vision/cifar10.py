"""CIFAR-10: animals and vehicles, in colour (Krizhevsky, 2009).

Its files are pickles, which can run code when they are read. So they are read only if their MD5
sums are those of the published ones.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from snn.data.dataset import Dataset
from snn.data.files import File
from snn.data.vision.reading import Part, Source, grey, read
from snn.registry import Component

COMPONENTS = (
    Component(kind="dataset", name="cifar10", make="in_colour", label="CIFAR-10"),
    Component(kind="dataset", name="cifar10_grey", make="in_grey", label="CIFAR-10 grey"),
)
_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)


def _read(name: str, root: Path, download: bool) -> Dataset:
    from torchvision import datasets

    def part(train: bool, fetch: bool) -> Part:
        found = datasets.CIFAR10(str(root), train=train, download=fetch)
        images = grey(found.data) if name == "cifar10_grey" else np.ascontiguousarray(found.data)
        return Part(images, np.array(found.targets))

    return read(Source(name, "CIFAR-10", files(name), part), root, download, _CLASSES)


in_colour = partial(_read, "cifar10")
"""Ten classes, 32 × 32 × 3, 50,000 + 10,000."""
in_grey = partial(_read, "cifar10_grey")
"""The same by their luminance, 32 × 32."""


def files(name: str) -> tuple[File, ...]:
    """Its files."""
    from torchvision import datasets

    known = datasets.CIFAR10
    parts = [*known.train_list, *known.test_list, [known.meta["filename"], known.meta["md5"]]]
    return tuple(File(f"{known.base_folder}/{file}", md5) for file, md5 in parts)
