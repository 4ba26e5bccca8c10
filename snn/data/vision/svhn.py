"""SVHN: house numbers from the street, in colour (Netzer et al., 2011)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from snn.data.dataset import Dataset
from snn.data.files import File
from snn.data.vision.reading import Part, Source, grey, read
from snn.registry import Component

COMPONENTS = (
    Component(kind="dataset", name="svhn", make="in_colour", label="SVHN"),
    Component(kind="dataset", name="svhn_grey", make="in_grey", label="SVHN grey"),
)


def _read(name: str, root: Path, download: bool) -> Dataset:
    from torchvision import datasets

    def part(train: bool, fetch: bool) -> Part:
        folder = str(root)
        found = datasets.SVHN(folder, split="train" if train else "test", download=fetch)
        images = found.data.transpose(0, 2, 3, 1)  # channels last
        return Part(grey(images) if name == "svhn_grey" else images, found.labels)

    return read(Source(name, "SVHN", files(name), part), root, download)


in_colour = partial(_read, "svhn")
"""Ten digits, 32 × 32 × 3, 73,257 + 26,032."""
in_grey = partial(_read, "svhn_grey")
"""The same by their luminance, 32 × 32."""


def files(name: str) -> tuple[File, ...]:
    """Its files."""
    from torchvision import datasets

    parts = (datasets.SVHN.split_list[part] for part in ("train", "test"))
    return tuple(File(file, md5) for _, file, md5 in parts)
