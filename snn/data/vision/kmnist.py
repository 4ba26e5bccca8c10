"""KMNIST: cursive Japanese characters in the form of MNIST (Clanuwat et al., 2018)."""

from __future__ import annotations

from pathlib import Path

from snn.data.dataset import Dataset
from snn.data.files import Archive, File
from snn.data.vision.reading import Part, Source, read
from snn.registry import Component

COMPONENTS = (Component(kind="dataset", name="kmnist", make="kmnist", label="KMNIST"),)


def kmnist(root: Path, download: bool) -> Dataset:
    """Ten characters, 28 × 28, 60,000 + 10,000."""
    from torchvision import datasets

    def part(train: bool, fetch: bool) -> Part:
        found = datasets.KMNIST(str(root), train=train, download=fetch)
        return Part(found.data.numpy(), found.targets.numpy())

    return read(Source("kmnist", "KMNIST", files("kmnist"), part), root, download)


def files(name: str) -> tuple[File, ...]:
    """Its files."""
    from torchvision import datasets

    folder = "KMNIST/raw"
    return tuple(
        File(f"{folder}/{packed.removesuffix('.gz')}", "", Archive(f"{folder}/{packed}", md5))
        for packed, md5 in datasets.KMNIST.resources
    )
