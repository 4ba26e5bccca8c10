"""QMNIST: MNIST made again, with all 60,000 test images (Yadav & Bottou, 2019)."""

from __future__ import annotations

from pathlib import Path

from snn.data.dataset import Dataset
from snn.data.files import Archive, File
from snn.data.vision.reading import Part, Source, read
from snn.registry import Component

COMPONENTS = (Component(kind="dataset", name="qmnist", make="qmnist", label="QMNIST"),)


def qmnist(root: Path, download: bool) -> Dataset:
    """Ten digits, 28 × 28, 60,000 + 60,000."""
    from torchvision import datasets

    def part(train: bool, fetch: bool) -> Part:
        found = datasets.QMNIST(str(root), train=train, download=fetch)
        return Part(found.data.numpy(), found.targets[:, 0].numpy())  # the rest is of the writers

    return read(Source("qmnist", "QMNIST", files("qmnist"), part), root, download)


def files(name: str) -> tuple[File, ...]:
    """Its files."""
    from torchvision import datasets

    packed = {
        f"QMNIST/raw/{url.rpartition('/')[2]}": md5
        for part in ("train", "test")
        for url, md5 in datasets.QMNIST.resources[part]
    }
    return tuple(
        File(path.removesuffix(".gz"), "", Archive(path, md5)) for path, md5 in packed.items()
    )
